"""What differs from mail to mail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

Translate = Callable[[str], str]


@dataclass(frozen=True)
class Wording:
    """What differs from template to template."""

    subject: str
    lines: tuple[str, ...]
    button: str
    afterwards: tuple[str, ...]
    """Below the button."""
