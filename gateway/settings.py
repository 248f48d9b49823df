"""What this service reads from its environment."""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator
from pydantic_core import from_json
from pydantic_settings import NoDecode

from shared.settings import ServiceSettings

THIS_MACHINE = ("localhost", "127.0.0.1", "::1")


def is_private_line(address: str, *, demo: bool) -> bool:
    """Whether nobody can listen in on what is said to an address: https, or in a demo this very machine.

    Raises ValueError for what is no address at all.
    """
    if not re.fullmatch(r"[!-~]+", address):  # urlsplit would leave out line ends
        raise ValueError("an address has no spaces, line ends or letters beyond a to z in it")
    url = urlsplit(address)
    host = url.hostname or ""
    if url.scheme == "http" and demo:
        return host in THIS_MACHINE or host.endswith(".localhost")
    return url.scheme == "https" and host != ""


class IdentityProvider(BaseModel):
    """Where the people of an organisation sign in with the account that they have there (OpenID Connect)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")
    """Part of the address that the provider sends people back to, so it stays."""
    name: str = Field(min_length=1, max_length=60)
    """What stands on the button."""
    issuer: str
    """As the provider writes it itself, to the letter. It names the accounts, so it stays too."""
    client_id: str = Field(min_length=1)
    client_secret: SecretStr = Field(min_length=1)
    scopes: tuple[str, ...] = ("openid", "email")
    """What is asked for. The mail address is needed once, to meet somebody new."""

    @field_validator("issuer")
    @classmethod
    def _an_issuer_is_a_bare_address(cls, issuer: str) -> str:
        url = urlsplit(issuer)
        if url.query or url.fragment or url.username is not None:
            raise ValueError("an issuer has no user, query or fragment in its address")
        return issuer

    @field_validator("scopes")
    @classmethod
    def _openid_is_asked_for(cls, scopes: tuple[str, ...]) -> tuple[str, ...]:
        if "openid" not in scopes:
            raise ValueError('without "openid" among the scopes a provider does not say who signed in')
        return scopes


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
    oidc_providers: Annotated[tuple[IdentityProvider, ...], NoDecode] = ()
    """Identity providers of organisations, as a JSON list; each with id, name, issuer, client_id, client_secret, and scopes
    where others than `["openid", "email"]` are needed. Nobody but this service has it.
    """

    @field_validator("oidc_providers", mode="before")
    @classmethod
    def _providers_come_as_json(cls, told: object) -> object:
        if not isinstance(told, str):
            return told
        try:
            providers = from_json(told)
        except ValueError as wrong:
            raise ValueError(f"this must be a list in JSON: {wrong}") from wrong
        if not isinstance(providers, list):
            raise ValueError("this must be a list in JSON, also with a single provider in it")
        return providers

    @model_validator(mode="after")
    def _a_demo_is_no_production(self) -> Self:
        if self.demo and (self.address.startswith("https://") or not _is_near(urlsplit(self.address).hostname or "")):
            raise ValueError(
                "a demo lets anybody in as anybody, so it does not run at a public address: "
                "unset SKILLSLAB_DEMO, or set SKILLSLAB_PUBLIC_URL to where only you can come"
            )
        return self

    @model_validator(mode="after")
    def _providers_can_be_told_apart_and_trusted(self) -> Self:
        for what in ("id", "issuer"):
            values = [getattr(provider, what) for provider in self.oidc_providers]
            if len(set(values)) < len(values):
                raise ValueError(f"SKILLSLAB_OIDC_PROVIDERS: two providers have the same {what}")
        for provider in self.oidc_providers:
            if not is_private_line(provider.issuer, demo=self.demo):
                raise ValueError(
                    f"SKILLSLAB_OIDC_PROVIDERS: the issuer of {provider.id} must be an https address "
                    "(http is for a provider on this machine, in a demo)"
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
