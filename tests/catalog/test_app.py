"""The service as a whole, put together as it runs, with a desk that speaks over a courier."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from secrets import token_hex
from typing import Any, NamedTuple
from uuid import UUID

import aiohttp
import asyncpg
import pytest
from aiohttp import web
from pydantic import SecretStr

from catalog.app import open_service
from catalog.settings import CatalogSettings
from shared.contracts.catalog import MunicipalityPlaced, SessionAnnounced
from shared.contracts.enrollment import SeatConfirmed, SessionOpened
from shared.contracts.event import Event
from shared.database.pool import Pool, transaction
from shared.launch.postgres import Postgres, free_port
from shared.messaging import log
from shared.messaging.pgmq import PGMQ
from shared.messaging.relay import Relay
from shared.web.log_page import log_route
from shared.web.principal import HEADER, PrincipalKey, service
from shared.web.server import Background, internal_app
from tests.catalog.build import FIELDLAB, KEY, confirmed, opened, seats, worker
from tests.conftest import MakeDatabase, OpenPool, Templates


class Running(NamedTuple):
    url: str
    bus: PGMQ
    desk: Pool

    async def get(self, path: str, headers: dict[str, str] | None = None) -> tuple[int, Any]:
        async with aiohttp.ClientSession() as session, session.get(self.url + path, headers=headers) as response:
            return response.status, await response.json()

    async def log(self, *facts: Event) -> None:
        async with transaction(self.desk) as conn:
            await log.append(conn, "enrollment", facts)

    async def until_seats_left(self, session_id: UUID, count: int) -> None:
        async with asyncio.timeout(20):
            while True:
                _, shown = await self.get(f"/sessions/{session_id}")
                if (shown["state"], shown["seatsLeft"]) == ("open", count):
                    return
                await asyncio.sleep(0.05)


async def listen(app: web.Application, port: int) -> web.AppRunner:
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    return runner


@pytest.fixture
async def running(
    postgres: Postgres, templates: Templates, make_database: MakeDatabase, make_pool: OpenPool
) -> AsyncIterator[Running]:
    template = await asyncio.to_thread(templates.of, "catalog")
    prefix = f"whole_{token_hex(4)}"
    conn = await asyncpg.connect(postgres.url())
    await conn.execute(f"CREATE DATABASE {prefix}_catalog TEMPLATE {template}")
    bus_url, desk, desk_port, port = await make_database("bus"), await make_pool("messaging"), free_port(), free_port()
    bus = PGMQ(bus_url, "12345678")

    async def ready() -> dict[str, bool]:
        return {}

    settings = CatalogSettings(
        database_url=postgres.url(prefix),
        bus_url=bus_url,
        demo=True,
        internal_key=SecretStr(KEY),
        catalog_url=f"http://127.0.0.1:{port}",
        enrollment_url=f"http://127.0.0.1:{desk_port}",
        gateway_url=f"http://127.0.0.1:{free_port()}",
    )
    runners = [await listen(internal_app(KEY, [log_route(desk, "enrollment")], ready), desk_port)]
    async with open_service(settings, Background()) as (listener,):
        runners.append(await listen(listener.app, listener.port))
        yield Running(settings.catalog_url, bus, desk)
        for runner in runners:
            await runner.cleanup()
    await bus.close()
    await conn.execute(f"DROP DATABASE {prefix}_catalog WITH (FORCE)")
    await conn.close()


async def test_it_shows_what_the_desk_says_be_it_brought_or_only_logged(running: Running) -> None:
    _, courses = await running.get(f"/courses?fieldlabId={FIELDLAB}")
    session_id = UUID(courses["items"][0]["nextSession"]["id"])
    await running.bus.declare("catalog", [SessionOpened.type, SeatConfirmed.type])  # it may not have come round to that yet
    relay = Relay(running.desk, running.bus)

    await running.log(opened(session_id), confirmed(session_id, seats(2, 9)))
    await relay.send_batch()
    await running.until_seats_left(session_id, 9)

    first = confirmed(session_id, seats(3, 8))
    await running.log(first)
    await running.desk.execute("DELETE FROM outbox")  # the courier loses it
    await running.log(first.model_copy(update={"revision": 2, "seats": seats(4, 7)}))
    await relay.send_batch()  # the one after it comes before its turn, so it looks into the log
    await running.until_seats_left(session_id, 7)


async def test_it_is_ready_and_its_log_is_for_the_other_services_alone(running: Running) -> None:
    assert await running.get("/health/ready") == (200, {"status": "ready", "parts": {"database": True, "reference": True}})
    signed = {HEADER: PrincipalKey(KEY).sign(service("enrollment"))}
    status, page = await running.get("/internal/log", signed)

    assert status == 200
    assert {message["type"] for message in page["messages"]} <= {MunicipalityPlaced.type, SessionAnnounced.type}
    assert len(page["messages"]) > 342
    assert (await running.get("/internal/log", {HEADER: PrincipalKey(KEY).sign(worker())}))[0] == 404
    assert (await running.get("/internal/log"))[0] == 401
