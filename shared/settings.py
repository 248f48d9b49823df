"""What every process reads from its environment. Each service adds its own; nothing secret has a default."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Environment variables with the prefix `SKILLSLAB_`; README.md explains those a user may want to set."""

    model_config = SettingsConfigDict(env_prefix="SKILLSLAB_", extra="ignore")

    database_url: str
    """A PostgreSQL server; the path is the prefix of each service's own database name."""
    bus_url: str
    """`amqp://…` is RabbitMQ, `postgresql://…` is PGMQ in that database."""
    data: Path = Path(".skillslab")
    demo: bool = False
    log_level: str = "INFO"
    internal_host: str = "127.0.0.1"
    """Where the services listen for each other."""
    organisation_number: str = Field(default="00000000", pattern=r"^\d{8}$")
    """The KVK number of whoever runs the platform; part of the `source` of its events."""


class ServiceSettings(Settings):
    """What a running service needs beyond that."""

    internal_key: SecretStr = Field(min_length=32)
    """Signs who asks, from service to service."""
    walk_seconds: float = Field(default=60.0, gt=0)
    """How often a consumer reads the publishers' logs for what the courier did not bring."""
