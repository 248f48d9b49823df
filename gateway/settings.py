"""What this service reads from its environment."""

from __future__ import annotations

from pydantic import Field, SecretStr

from shared.settings import ServiceSettings


class GatewaySettings(ServiceSettings):
    gateway_url: str
    """Where our own services find this one; the public port is `port`."""
    catalog_url: str
    enrollment_url: str
    notifications_url: str
    host: str = "127.0.0.1"
    port: int = 8080
    public_url: str = ""
    """Where people find it; `http://<host>:<port>` when empty."""
    gateway_key: SecretStr = Field(min_length=32)
    """Derives sign-in links. Nobody but this service has it."""
    smtp_url: str = ""
    """Only to know whether mail ends in the local mailbox."""

    @property
    def address(self) -> str:
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")

    @property
    def has_mailbox(self) -> bool:
        """Whether `/mailbox` shows the mail: in demo mode, without an SMTP server."""
        return self.demo and not self.smtp_url
