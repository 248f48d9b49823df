"""A platform without its processes: four databases on one server, desks that decide, and consumers that read the logs."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID, uuid4

import asyncpg

from catalog import reactions as catalog
from enrollment import desk, places
from enrollment import reactions as enrollment
from enrollment.commands import AdmitTickets, Command, RequestSeat
from enrollment.uptake import projection
from notifications import reactions as notifications
from shared.database.address import database_of
from shared.database.pool import Pool, connection, open_pool, transaction
from shared.launch.postgres import Postgres
from shared.messaging import answers, log
from shared.messaging.consumer import Consumer
from shared.messaging.log import Page
from shared.messaging.transport import Transport
from tests.conftest import Templates
from tests.enrollment.build import DORDRECHT, EINDHOVEN, NOW, a_cancellation, a_request, opening

SERVICES = ("gateway", "catalog", "enrollment", "notifications")
NO_COURIER = cast("Transport", None)
"""Nothing is brought here: everything is read from the logs."""


class World:
    def __init__(self, server: Postgres, prefix: str, pools: dict[str, Pool]) -> None:
        self.prefix = prefix
        self.server_url = server.url(prefix)
        self.pools = pools
        subscribed: Sequence[tuple[str, str, Any]] = (
            ("catalog", "catalog", catalog.SUBSCRIPTIONS), ("uptake", "enrollment", projection.SUBSCRIPTIONS),
            ("enrollment", "enrollment", enrollment.SUBSCRIPTIONS),
            ("notifications", "notifications", notifications.SUBSCRIPTIONS),
        )  # fmt: skip
        logs = {source: self._log(source) for source in ("catalog", "enrollment", "gateway")}
        self.consumers = [Consumer(name, pools[service], NO_COURIER, subs, logs) for name, service, subs in subscribed]

    def _log(self, source: str) -> log.ReadLog:
        async def read(after: str) -> Page:
            async with connection(self.pools[source]) as conn:
                return await log.read(conn, source, after)

        return read

    async def decide(self, commands: Sequence[Command], now: datetime = NOW) -> None:
        async with transaction(self.pools["enrollment"]) as conn:
            await desk.settle(conn, commands, now)

    async def tell(self, *but: str) -> None:
        """Every consumer reads on, but for some."""
        for consumer in self.consumers:
            for source in ("catalog", "enrollment", "gateway"):
                if consumer.name not in but:
                    await consumer.walk(source)

    async def a_lived_session(self) -> UUID:
        """Two seats: one is held, one offered after somebody withdrew; a group of two and one more wait. Then two came in a
        rush, of whom one was let in. All told.
        """
        command, group = opening(2, offers=24), uuid4()
        session_id = command.session_id
        holder, leaver, first, last = (a_request(session_id, work="GM0505") for _ in range(4))
        together = [a_request(session_id, group=group) for _ in range(2)]
        await self.decide([command, keyed(holder), leaver, first, *together, last])
        await self.decide([a_cancellation(leaver)], NOW + timedelta(hours=1))
        rush = [replace(one, queues=True) for one in (a_request(session_id), keyed(a_request(session_id)))]
        await self.decide(rush, NOW + timedelta(hours=2))
        await self.decide([AdmitTickets(uuid4(), session_id, 1)], NOW + timedelta(hours=2))
        return session_id


def keyed(request: RequestSeat) -> RequestSeat:
    """The same with an Idempotency-Key."""
    return RequestSeat(
        answers.command_id(request.person_id, "k"), request.session_id, request.enrollment_id, request.person_id,
        request.work_municipality, keyed=answers.keyed(str(request.session_id)),
    )  # fmt: skip


@asynccontextmanager
async def a_world(server: Postgres, templates: Templates) -> AsyncIterator[World]:
    prefix = f"world{secrets.token_hex(3)}"
    admin = await asyncpg.connect(server.url())
    pools: dict[str, Pool] = {}
    try:
        for service in SERVICES:
            template = await asyncio.to_thread(templates.of, service)
            await admin.execute(f"CREATE DATABASE {prefix}_{service} TEMPLATE {template}")
            pools[service] = await open_pool(database_of(server.url(prefix), service), service="test", size=10)
        async with transaction(pools["enrollment"]) as conn:
            await places.save(conn, [DORDRECHT, EINDHOVEN])
        yield World(server, prefix, pools)
    finally:
        for service, pool in pools.items():
            pool.terminate()
            await admin.execute(f"DROP DATABASE IF EXISTS {prefix}_{service} WITH (FORCE)")
        await admin.close()
