"""A small OpenID provider with real keys and real tokens, for organisations that there are not. A test may tamper with it."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
import threading
import time
from base64 import b64decode, urlsafe_b64encode
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from aiohttp import web
from joserfc import jwk, jwt

from shared.launch.postgres import free_port

CLIENT_ID = "skillslab"
PATH = "/realms/school"
Claims = dict[str, Any]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Account:
    """Who signs in there: without being asked, as if they had done so before."""

    sub: str
    email: str = ""
    is_verified: bool = True

    @property
    def claims(self) -> Claims:
        return {"email": self.email, "email_verified": self.is_verified} if self.email else {}


@dataclass
class Asked:
    """What a code was given out for."""

    account: Account
    redirect_uri: str
    challenge: str
    nonce: str


def nothing(_claims: Claims) -> None:
    """No tampering."""


@dataclass
class Provider:
    """Its attributes may be changed while it serves; `behave` puts them back."""

    port: int = field(default_factory=free_port)
    client_secret: str = field(default_factory=secrets.token_urlsafe)
    account: Account = field(default_factory=lambda: Account("nobody"))
    asked: Counter[str] = field(default_factory=Counter)
    """Requests, by the end of their path."""

    def __post_init__(self) -> None:
        self.own_key: jwk.Key = jwk.generate_key("RSA", 2048, {"kid": "first", "use": "sig"})
        self._codes: dict[str, Asked] = {}
        self._tokens: dict[str, Account] = {}
        self.behave()

    def behave(self) -> None:
        self.key, self.algorithm = self.own_key, "RS256"
        self.told_by_userinfo = False
        self.tamper_with_answer: Callable[[dict[str, str]], object] = nothing
        self.tamper_with_claims: Callable[[Claims], object] = nothing
        self.tamper_with_tokens: Callable[[Claims], object] = nothing
        self.tamper_with_metadata: Callable[[Claims], object] = nothing
        self.tamper_with_userinfo: Callable[[Claims], object] = nothing
        self.sign: Callable[[Claims], str] = self.signed
        self.challenge_of: Callable[[str], str] = s256
        self.instead: dict[str, Handler] = {}
        self.asked.clear()

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.port}{PATH}"

    def told(self, **more: object) -> Mapping[str, object]:
        """Its entry in SKILLSLAB_OIDC_PROVIDERS."""
        return {
            "id": "school", "name": "Voorbeeld College", "issuer": self.issuer, "client_id": CLIENT_ID,
            "client_secret": self.client_secret, **more,
        }  # fmt: skip

    def signed(self, claims: Claims, **header: object) -> str:
        return jwt.encode({"alg": self.algorithm, "kid": self.key.kid, **header}, claims, self.key, algorithms=[self.algorithm])

    def routes(self) -> list[web.RouteDef]:
        table: Mapping[str, tuple[str, Handler]] = {
            "/.well-known/openid-configuration": ("GET", self.get_metadata),
            "/authorize": ("GET", self.get_authorize),
            "/token": ("POST", self.post_token),
            "/keys": ("GET", self.get_keys),
            "/userinfo": ("GET", self.get_userinfo),
        }
        return [web.route(method, PATH + path, self._counted(path, handler)) for path, (method, handler) in table.items()]

    def _counted(self, path: str, handler: Handler) -> Handler:
        async def count(request: web.Request) -> web.StreamResponse:
            self.asked[path.rsplit("/", 1)[1]] += 1
            return await self.instead.get(path, handler)(request)

        return count

    async def get_metadata(self, request: web.Request) -> web.Response:
        metadata: Claims = {
            "issuer": self.issuer, "authorization_endpoint": f"{self.issuer}/authorize", "jwks_uri": f"{self.issuer}/keys",
            "token_endpoint": f"{self.issuer}/token", "userinfo_endpoint": f"{self.issuer}/userinfo",
            "authorization_response_iss_parameter_supported": True, "response_types_supported": ["code"],
            "subject_types_supported": ["public"], "id_token_signing_alg_values_supported": [self.algorithm],
        }  # fmt: skip
        self.tamper_with_metadata(metadata)
        return web.json_response(metadata)

    async def get_authorize(self, request: web.Request) -> web.Response:
        """Whoever comes is signed in already, and goes back at once."""
        given = request.query
        assert (given["client_id"], given["response_type"]) == (CLIENT_ID, "code")
        assert given["code_challenge_method"] == "S256"
        assert "openid" in given["scope"].split()
        code = secrets.token_urlsafe()
        self._codes[code] = Asked(self.account, given["redirect_uri"], given["code_challenge"], given["nonce"])
        answer = {"code": code, "state": given["state"], "iss": self.issuer}
        self.tamper_with_answer(answer)
        return web.Response(status=302, headers={"Location": f"{given['redirect_uri']}?{urlencode(answer)}"})

    async def post_token(self, request: web.Request) -> web.Response:
        given = await request.post()
        if b64decode(request.headers["Authorization"].removeprefix("Basic ")).decode() != f"{CLIENT_ID}:{self.client_secret}":
            return web.json_response({"error": "invalid_client"}, status=401)
        asked = self._codes.pop(str(given["code"]), None)  # a code counts once
        if (
            asked is None
            or asked.redirect_uri != given["redirect_uri"]
            or asked.challenge != self.challenge_of(str(given["code_verifier"]))
        ):
            return web.json_response({"error": "invalid_grant"}, status=400)
        access_token = secrets.token_urlsafe()
        self._tokens[access_token] = asked.account
        now = int(time.time())
        claims: Claims = {
            "iss": self.issuer, "sub": asked.account.sub, "aud": CLIENT_ID, "iat": now, "exp": now + 300, "nonce": asked.nonce,
        }  # fmt: skip
        claims |= {} if self.told_by_userinfo else asked.account.claims
        self.tamper_with_claims(claims)
        tokens = {"access_token": access_token, "token_type": "Bearer", "expires_in": 300, "id_token": self.sign(claims)}
        self.tamper_with_tokens(tokens)
        return web.json_response(tokens)

    async def get_keys(self, request: web.Request) -> web.Response:
        return web.json_response({"keys": [self.key.as_dict(private=False)]})

    async def get_userinfo(self, request: web.Request) -> web.Response:
        account = self._tokens[request.headers["Authorization"].removeprefix("Bearer ")]
        told = {"sub": account.sub, **account.claims}
        self.tamper_with_userinfo(told)
        return web.json_response(told)


def s256(verifier: str) -> str:
    return urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


@contextmanager
def provider_running() -> Iterator[Provider]:
    """A provider that serves in a thread of its own, whatever else runs in this one."""
    provider, loop, serving = Provider(), asyncio.new_event_loop(), threading.Event()
    stop = asyncio.Event()

    async def serve() -> None:
        app = web.Application()
        app.add_routes(provider.routes())
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", provider.port).start()
        serving.set()
        await stop.wait()
        await runner.cleanup()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()), name="provider")
    thread.start()
    try:
        if not serving.wait(10):
            raise RuntimeError("the provider does not serve")
        yield provider
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.close()
