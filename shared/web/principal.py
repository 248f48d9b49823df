"""Who asks. The gateway signs it for a minute; each service checks the signature and decides for itself."""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal
from uuid import UUID

import orjson
from aiohttp import web
from itsdangerous import BadSignature, TimestampSigner

from shared.errors import Rejected, not_found

HEADER = "Skillslab-Principal"
VALID_SECONDS = 60

RoleName = Literal["worker", "employer", "employer-contact", "organiser", "region", "operator", "service"]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True)
class Role:
    """What someone may be to somebody else. `scope` is a fieldlab, an employer, a region, or a service's own name."""

    name: RoleName
    scope: str = ""


@dataclass(frozen=True)
class Principal:
    """A person, or one of our own services, with the roles that count for this request."""

    person_id: UUID
    roles: tuple[Role, ...]

    def has(self, name: RoleName, scope: str | None = None) -> bool:
        return any(role.name == name and scope in (None, role.scope) for role in self.roles)

    def scopes(self, name: RoleName) -> set[str]:
        """The fieldlabs, employers or regions in which this principal has a role."""
        return {role.scope for role in self.roles if role.name == name}


class PrincipalKey:
    """Signs and checks principals with the key that all services share."""

    def __init__(self, key: str) -> None:
        self._signer = TimestampSigner(key, salt="principal", digest_method=hashlib.sha256)

    def sign(self, principal: Principal) -> str:
        text = orjson.dumps([str(principal.person_id), [[role.name, role.scope] for role in principal.roles]])
        return self._signer.sign(urlsafe_b64encode(text)).decode()

    def check(self, signed: str) -> Principal:
        """The principal behind a signature. Raises Rejected (401) for one that is false, broken or over a minute old."""
        try:
            text = self._signer.unsign(signed, max_age=VALID_SECONDS)
        except BadSignature as bad:
            raise Rejected("not-signed-in", 401, "The principal's signature is not valid, or too old.") from bad
        return _parse(text)


KEY = web.AppKey("internal key", PrincipalKey)


@lru_cache(maxsize=4096)
def _parse(text: bytes) -> Principal:
    person_id, roles = orjson.loads(urlsafe_b64decode(text))
    return Principal(UUID(person_id), tuple(Role(name, scope) for name, scope in roles))


def service(name: str) -> Principal:
    """The principal of one of our own services, for calls that no person asked for."""
    return Principal(UUID(int=0), (Role("service", name),))


def signed_in(request: web.Request) -> Principal:
    """Who asks. Raises Rejected (401) for an anonymous request."""
    header = request.headers.get(HEADER)
    if header is None:
        raise Rejected("not-signed-in", 401, "Sign in first.")
    return request.app[KEY].check(header)


def anyone(request: web.Request) -> Principal | None:
    """Who asks, if they say so."""
    return signed_in(request) if HEADER in request.headers else None


def for_services(handler: Handler) -> Handler:
    """Only our own services get in; for anybody else the address does not exist."""

    async def check(request: web.Request) -> web.StreamResponse:
        if not signed_in(request).has("service"):
            raise not_found()
        return await handler(request)

    return check
