"""What this service reads from its environment."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, model_validator

from shared.settings import ServiceSettings


def _is_near(host: str) -> bool:
    """Whether a name or an address is of this machine, or of a network that is not the internet."""
    try:
        return ip_address(host).is_private
    except ValueError:
        return "." not in host or host.endswith((".localhost", ".test", ".internal"))


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
    proxies: int = Field(default=0, ge=0)
    """How many reverse proxies of ours stand in front: the last so many entries of X-Forwarded-For are theirs to write."""
    writes_per_person: int = Field(default=200, ge=1)
    """Changes by one person in ten seconds."""
    reads_per_person: int = Field(default=2000, ge=1)
    """Questions by one person in ten seconds."""
    reads_per_address: int = Field(default=60_000, ge=1)
    """Questions by nobody in particular from one network address in a minute: a whole company may share one."""
    writes_per_address: int = Field(default=600, ge=1)
    """Changes likewise, such as asking for a link or guessing at tokens."""
    sign_ins_per_address: int = Field(default=300, ge=1)
    """Links asked for and codes tried from one network address in ten minutes."""
    smtp_url: str = ""
    """Only to know whether mail ends in the local mailbox."""

    @model_validator(mode="after")
    def _a_demo_is_no_production(self) -> Self:
        if self.demo and (self.address.startswith("https://") or not _is_near(urlsplit(self.address).hostname or "")):
            raise ValueError(
                "a demo lets anybody in as anybody, so it does not run at a public address: "
                "unset SKILLSLAB_DEMO, or set SKILLSLAB_PUBLIC_URL to where only you can come"
            )
        return self

    @property
    def own_hosts(self) -> frozenset[str]:
        """The names, with their ports, by which a demo is found."""
        near = {f"{name}:{self.port}" for name in ("127.0.0.1", "localhost", "[::1]", self.host)}
        return frozenset({urlsplit(self.address).netloc, *near})

    @property
    def address(self) -> str:
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")

    @property
    def has_mailbox(self) -> bool:
        """Whether `/mailbox` shows the mail: in demo mode, without an SMTP server."""
        return self.demo and not self.smtp_url
