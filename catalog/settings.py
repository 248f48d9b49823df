"""What this service reads from its environment."""

from __future__ import annotations

from shared.settings import ServiceSettings


class CatalogSettings(ServiceSettings):
    """The addresses are those of the service itself and of those it calls."""

    catalog_url: str
    enrollment_url: str
    gateway_url: str
