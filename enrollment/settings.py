"""What this service reads from its environment."""

from __future__ import annotations

from shared.settings import ServiceSettings


class EnrollmentSettings(ServiceSettings):
    """The addresses are those of the service itself and of those it calls."""

    enrollment_url: str
    catalog_url: str
