"""The gateway in this process, so that its guards can be taken away, beside a provider; and guests who come to both."""

from __future__ import annotations

import html
import json
import os
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch
from uuid import uuid4

import aiohttp
import pytest_asyncio
from aiohttp import web
from yarl import URL

from gateway import edge, forms, pages
from gateway.app import open_service
from gateway.pages.addresses import path
from gateway.people import credentials, people
from gateway.settings import GatewaySettings
from shared.database.migrate import migrate, migrate_bus
from shared.database.pool import Pool, connection, transaction
from shared.launch import environment
from shared.launch.postgres import Postgres, free_port
from shared.translations import Language
from shared.web.server import POOL, Background
from tests.provider import Account, Provider
from tests.servers import scratch

LETTERS = str.maketrans("0123456789", "ghijklmnop")
"""Chance must not make an address with nine digits that could be a citizen service number: such a one is refused."""
WRITTEN = ("person", "identity", "web_session", "role", "sign_in", "audit_entry")


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Any
    text: str
    url: URL

    @property
    def location(self) -> str:
        return str(self.headers.get("Location", ""))

    @property
    def refused(self) -> str:
        """The slug with which somebody was sent back to a page of ours."""
        return URL(self.location).query.get("refused", "")

    @property
    def words(self) -> str:
        return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", self.text)).split())


@dataclass
class Guest:
    """Somebody with a browser of their own."""

    base_url: str
    http: aiohttp.ClientSession

    async def get(self, address: str, *, follow: bool = False) -> Answer:
        return await self._ask("GET", address, follow=follow)

    async def post(self, page: str, fields: dict[str, str] | None = None) -> Answer:
        told = dict(fields or {})
        if session := self.cookie(edge.COOKIE):
            told[forms.TOKEN] = forms.token_for(session)
        return await self._ask("POST", page, data=told, headers={"Sec-Fetch-Site": "same-origin"})

    async def leave(
        self, language: Language = "nl", *, provider: str = "school", to_connect: bool = False, next_page: str = ""
    ) -> str:
        """Press the button; gives the address at the provider that the browser goes on to."""
        button = "connect" if to_connect else "provider-sign-in"
        answer = await self.post(path(button, language, {"provider": provider}), {"next": next_page})
        assert answer.status == 200, (answer.status, answer.location)
        return str(answer.headers["Refresh"]).removeprefix("0; url=")

    async def at_provider(self, address: str) -> str:
        """Sign in there; gives the address that leads back."""
        return (await self.get(address)).location

    async def sign_in(self, language: Language = "nl", *, next_page: str = "") -> Answer:
        return await self.get(await self.at_provider(await self.leave(language, next_page=next_page)))

    async def connect(self, language: Language = "nl") -> Answer:
        return await self.get(await self.at_provider(await self.leave(language, to_connect=True)))

    async def me(self) -> dict[str, Any] | None:
        answer = await self.get("/v1/me")
        return json.loads(answer.text) if answer.status == 200 else None

    def cookie(self, name: str) -> str:
        return next((one.value for one in self.http.cookie_jar if one.key == name), "")

    def take(self, **cookies: str) -> None:
        """Have these cookies, and no others."""
        self.http.cookie_jar.clear()
        self.http.cookie_jar.update_cookies(
            {name.replace("_", "-"): value for name, value in cookies.items()}, URL(self.base_url)
        )

    async def _ask(self, method: str, address: str, *, follow: bool = False, **sent: Any) -> Answer:
        url = URL(address if address.startswith("http") else self.base_url + address, encoded=True)
        async with self.http.request(method, url, allow_redirects=follow, **sent) as response:
            return Answer(response.status, response.headers, await response.text(), response.url)


@dataclass
class Door:
    """The gateway and its provider."""

    base_url: str
    outside: web.Application
    provider: Provider
    stack: AsyncExitStack = field(default_factory=AsyncExitStack)

    @property
    def pool(self) -> Pool:
        return self.outside[POOL]

    async def guest(self) -> Guest:
        jar = aiohttp.CookieJar(unsafe=True)  # for hosts that are numbers, too
        return Guest(self.base_url, await self.stack.enter_async_context(aiohttp.ClientSession(cookie_jar=jar)))

    async def known(self, email: str) -> tuple[Guest, str]:
        """Somebody who has an account here, and is signed in by a link."""
        guest = await self.guest()
        async with transaction(self.pool) as conn:
            person_id = await people.meet(conn, email, "", "nl")
            session = await credentials.open_session(conn, person_id, "")
        guest.take(skillslab=session)
        return guest, str(person_id)

    def somebody(self, **what: Any) -> Account:
        """Somebody new is signed in at the provider."""
        name = uuid4().hex.translate(LETTERS)
        self.provider.account = Account(**{"sub": name, "email": f"{name}@school.example", **what})
        return self.provider.account

    async def written(self) -> str:
        """All that a sign-in could change."""
        tables = [f"(SELECT coalesce(json_agg(t ORDER BY t::text), '[]') FROM {name} t)" for name in WRITTEN]
        async with connection(self.pool) as conn:
            return str(await conn.fetchval(f"SELECT json_build_array({', '.join(tables)})::text"))

    def forget(self) -> None:
        """What the gateway kept of the provider."""
        for one in self.outside[pages.PROVIDERS].values():
            one._metadata._kept = one._keys._kept = None


@asynccontextmanager
async def open_door(server: Postgres, folder: Path, provider: Provider) -> AsyncIterator[Door]:
    url, port = server.url("door"), free_port()
    nowhere, another = (
        provider.told(id=name, name=name.title(), issuer=f"http://127.0.0.1:{free_port()}") for name in ("away", "another")
    )
    told = {
        **environment.keys(folder, ["gateway"]),
        **{f"SKILLSLAB_{name}_URL": f"http://127.0.0.1:{free_port()}"
           for name in ("GATEWAY", "CATALOG", "ENROLLMENT", "NOTIFICATIONS")},
        "SKILLSLAB_DATA": str(folder), "SKILLSLAB_DATABASE_URL": url, "SKILLSLAB_BUS_URL": f"{url}_bus",
        "SKILLSLAB_PORT": str(port), "SKILLSLAB_DEMO": "1",
        "SKILLSLAB_OIDC_PROVIDERS": json.dumps([provider.told(), nowhere, another]),
    }  # fmt: skip
    await migrate("gateway", url)
    await migrate_bus(f"{url}_bus")
    async with AsyncExitStack() as stack:
        stack.enter_context(patch.dict(os.environ, told))
        listeners = await stack.enter_async_context(open_service(GatewaySettings(), Background()))
        for listener in listeners:
            runner = web.AppRunner(listener.app, access_log=None, shutdown_timeout=1)
            await runner.setup()
            stack.push_async_callback(runner.cleanup)
            await web.TCPSite(runner, listener.host, listener.port).start()
        yield Door(f"http://127.0.0.1:{port}", listeners[-1].app, provider)


@pytest_asyncio.fixture(loop_scope="package", scope="package")
async def open_for_all(postgres: Postgres, provider: Provider) -> AsyncIterator[Door]:
    with scratch("door") as folder:
        async with open_door(postgres, folder, provider) as door:
            yield door


@pytest_asyncio.fixture(loop_scope="package")
async def door(open_for_all: Door) -> AsyncIterator[Door]:
    """With a provider that behaves, of which nothing is known yet."""
    open_for_all.provider.behave()
    open_for_all.forget()
    async with open_for_all.stack:
        yield open_for_all
