"""One identity provider, as seen by us: where people go, and who comes back from there."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import httpx
from joserfc.errors import InvalidKeyIdError
from joserfc.jwk import KeySet
from pydantic import BaseModel, ConfigDict

from gateway.oidc import id_tokens
from gateway.oidc.calls import AsyncOAuth2Client, Bounded, NotUsable, OAuthError, asking, get_json
from gateway.oidc.id_tokens import Claims, Expected
from gateway.people import inputs
from gateway.people.identities import Account, Secrets, Visit
from gateway.settings import IdentityProvider, is_private_line

T = TypeVar("T")
KEPT_SECONDS = 600.0
NEW_KEYS_EVERY = 60.0  # seconds: whoever sends tokens with made-up keys has us ask no more often than this


class Metadata(BaseModel):
    """What a provider publishes about itself (OpenID Connect Discovery 1.0), as far as we use it."""

    model_config = ConfigDict(frozen=True, strict=True)

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None = None
    authorization_response_iss_parameter_supported: bool = False
    token_endpoint_auth_methods_supported: list[str] = ["client_secret_basic"]  # what the standard says of who says nothing


@dataclass(frozen=True)
class Arrival:
    """Somebody who came back from a provider, signed in there."""

    account: Account
    claims: Claims
    access_token: str


class Kept(Generic[T]):
    """Something of a provider's, fetched when it is needed and kept for a while. One fetches; others wait for it."""

    def __init__(self, fetch: Callable[[], Awaitable[T]]) -> None:
        self._fetch = fetch
        self._one_at_a_time = asyncio.Lock()
        self._kept: tuple[float, T] | None = None

    async def get(self, not_older_than: float = KEPT_SECONDS) -> T:
        """Raises whatever fetching raises; what was kept before is not a way out then."""
        clock = asyncio.get_running_loop()
        async with self._one_at_a_time:
            if self._kept is None or self._kept[0] + not_older_than < clock.time():
                self._kept = (clock.time(), await self._fetch())
            return self._kept[1]


class Provider:
    """An identity provider. Whatever goes wrong there is raised as Rejected, with a slug that says what to do about it."""

    def __init__(self, told: IdentityProvider, line: Bounded, *, demo: bool) -> None:
        self.id, self.name, self.issuer = told.id, told.name, told.issuer
        self._told = told
        self._line = line
        self._http = httpx.AsyncClient(transport=line)
        self._demo = demo
        self._metadata = Kept(self._read_metadata)
        self._keys = Kept(self._read_keys)

    async def way_there(self, secrets: Secrets, back: str) -> str:
        """The address that a browser goes to, to sign in there and come back. Raises Rejected (503, 502)."""
        async with asking(self.id):
            metadata = await self._metadata.get()
            client = self._client(metadata, back)
            address, _state = client.create_authorization_url(
                metadata.authorization_endpoint, state=secrets.state, nonce=secrets.nonce, code_verifier=secrets.verifier
            )
        return str(address)

    async def arrival(self, answer: Mapping[str, str], visit: Visit, back: str) -> Arrival:
        """Who came back with this answer to this very address. Raises Rejected (403, 502, 503)."""
        async with asking(self.id):
            metadata = await self._metadata.get()
            self._check_sender(answer, metadata)
            if "error" in answer:
                raise OAuthError(answer["error"])
            tokens = await self._client(metadata, back).fetch_token(
                metadata.token_endpoint,
                grant_type="authorization_code",
                code=answer["code"],
                code_verifier=visit.verifier,
            )
            claims = await self._claims(tokens["id_token"], visit.nonce)
            return Arrival(Account(self.issuer, claims["sub"]), claims, tokens["access_token"])

    async def verified_address(self, arrival: Arrival) -> str | None:
        """The mail address of who came back, if the provider says that it checked it. Raises Rejected (502, 503)."""
        claims = arrival.claims
        if not {"email", "email_verified"} <= claims.keys():
            async with asking(self.id):
                claims = await self._more_about(arrival)
        if claims.get("email_verified") is not True:
            return None
        address, fault = inputs.address(str(claims.get("email")))
        return None if fault else address

    def _client(self, metadata: Metadata, back: str) -> AsyncOAuth2Client:
        """A client for one conversation: it remembers tokens."""
        by_header = "client_secret_basic" in metadata.token_endpoint_auth_methods_supported
        return AsyncOAuth2Client(
            self._told.client_id,
            self._told.client_secret.get_secret_value(),
            token_endpoint_auth_method="client_secret_basic" if by_header else "client_secret_post",
            scope=" ".join(self._told.scopes),
            redirect_uri=back,
            code_challenge_method="S256",
            transport=self._line,
        )

    def _check_sender(self, answer: Mapping[str, str], metadata: Metadata) -> None:
        """That no other provider gave this answer (RFC 9207). Raises NotUsable."""
        if "iss" not in answer and not metadata.authorization_response_iss_parameter_supported:
            return
        if answer.get("iss") != self.issuer:
            raise NotUsable("iss of the answer is not right")

    async def _claims(self, id_token: str, nonce: str) -> Claims:
        expected = Expected(self.issuer, self._told.client_id, nonce)
        try:
            return id_tokens.check(id_token, await self._keys.get(), expected)
        except InvalidKeyIdError:
            return id_tokens.check(id_token, await self._keys.get(NEW_KEYS_EVERY), expected)

    async def _more_about(self, arrival: Arrival) -> Claims:
        """What the provider tells to who asks for it separately. Raises NotUsable when that is about somebody else."""
        address = (await self._metadata.get()).userinfo_endpoint
        if address is None:
            return {}
        told: dict[str, Any] = await get_json(self._http, address, arrival.access_token)
        if told["sub"] != arrival.account.subject:
            raise NotUsable("sub of the user info is not right")
        return told

    async def _read_metadata(self) -> Metadata:
        address = f"{self.issuer.rstrip('/')}/.well-known/openid-configuration"
        metadata = Metadata.model_validate(await get_json(self._http, address))
        if metadata.issuer != self.issuer:
            raise NotUsable(f"the provider calls itself {metadata.issuer}, not {self.issuer}")
        for used in (metadata.authorization_endpoint, metadata.token_endpoint, metadata.jwks_uri, metadata.userinfo_endpoint):
            if used is not None and not is_private_line(used, demo=self._demo):
                raise NotUsable(f"{used} is no https address")
        return metadata

    async def _read_keys(self) -> KeySet:
        return id_tokens.usable(await get_json(self._http, (await self._metadata.get()).jwks_uri))
