"""What this service reads from its environment."""

from __future__ import annotations

from pydantic import Field

from shared.settings import ServiceSettings


class EnrollmentSettings(ServiceSettings):
    """The addresses are those of the service itself and of those it calls."""

    enrollment_url: str
    catalog_url: str
    gateway_url: str
    retention_months: int = Field(default=24, ge=1, le=120)
    """For how long after a session's end it is remembered who took part, where its fieldlab does not say otherwise. No law
    gives a term for this; two years is the usual guide.
    """
