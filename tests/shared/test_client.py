"""How services find each other."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import pytest
from aiohttp import web

from shared.errors import Rejected
from shared.launch.postgres import free_port
from shared.web import client
from shared.web.client import Client, open_session
from shared.web.principal import PrincipalKey
from tests.sabotage import twin


async def serve(address: str, port: int) -> web.AppRunner:
    async def get_address(request: web.Request) -> web.Response:
        return web.json_response(address)

    app = web.Application()
    app.add_routes([web.get("/address", get_address)])
    runner = web.AppRunner(app, shutdown_timeout=0)
    await runner.setup()
    await web.TCPSite(runner, address, port).start()
    return runner


async def where(service: Client) -> str:
    try:
        return str(await service.get_json("/address"))
    except Rejected:
        return "nowhere"


def remembers_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "ADDRESS_SECONDS", 600)


@twin(remembers_for_long)
async def test_a_service_that_comes_back_at_another_address_is_found_within_two_seconds(
    monkeypatch: pytest.MonkeyPatch, guard: None
) -> None:
    """As with a container that is made anew. Only the system knows this name: who asks a name server past it finds nobody."""
    port, address = free_port(), "127.0.0.2"

    def getaddrinfo(host: str, *_: Any, **__: Any) -> list[Any]:
        assert host == "catalog.test"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    async with open_session() as session:
        catalog = Client(session, f"http://catalog.test:{port}", PrincipalKey("k" * 32), "test")
        first = await serve("127.0.0.2", port)
        assert await where(catalog) == "127.0.0.2"
        await first.cleanup()
        second, address = await serve("127.0.0.3", port), "127.0.0.3"
        await asyncio.sleep(1.1)

        found = await where(catalog)
        await second.cleanup()
    assert found == "127.0.0.3"
