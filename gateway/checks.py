"""What must hold of people's data: that nobody else sees it. See shared.checks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from shared.checks.service import ServiceChecks


class Checks(ServiceChecks):
    open_to_all: ClassVar[Mapping[str, str]] = {"employer": "true"}
