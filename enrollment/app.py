"""Where everything is put together. Nothing else constructs anything."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from enrollment import admission, clock, forgetting, http, reactions
from enrollment.desk import PUBLISHER, Desk, forget_claims
from enrollment.settings import EnrollmentSettings
from enrollment.uptake import projection
from shared.database.address import database_of
from shared.database.pool import connection, open_pool
from shared.messaging import answers
from shared.messaging.consumer import Consumer
from shared.messaging.couriers import connect
from shared.messaging.housekeeping import keep_house
from shared.messaging.log import Page, read
from shared.messaging.relay import Relay
from shared.web.client import Client, open_session
from shared.web.erasure_page import erasure_route
from shared.web.log_page import log_route
from shared.web.principal import PrincipalKey
from shared.web.server import POOL, Background, Listener, internal_app, port_of


@asynccontextmanager
async def open_service(settings: EnrollmentSettings, background: Background) -> AsyncIterator[Sequence[Listener]]:
    """Everything this service consists of, from the database up; taken down in the opposite order."""
    key = settings.internal_key.get_secret_value()
    pool = await open_pool(database_of(settings.database_url, "enrollment"), service="enrollment", size=16)
    transport = connect(settings.bus_url, settings.organisation_number)
    async with open_session() as session:
        catalog = Client(session, settings.catalog_url, PrincipalKey(key), PUBLISHER)
        gateway = Client(session, settings.gateway_url, PrincipalKey(key), PUBLISHER)
        relay = Relay(pool, transport)
        desk = Desk(pool, relay.wake)
        to_forget = asyncio.Event()

        def applied() -> None:
            relay.wake()
            to_forget.set()

        async def own_log(after: str) -> Page:
            async with connection(pool) as conn:
                return await read(conn, PUBLISHER, after)

        async def ready() -> dict[str, bool]:
            async with connection(pool) as conn:
                return {"database": await conn.fetchval("SELECT true")}

        logs = {PUBLISHER: own_log, "catalog": catalog.log()}
        every = settings.walk_seconds
        others = {"catalog": catalog.log(), "gateway": gateway.log()}
        told = Consumer(PUBLISHER, pool, transport, reactions.SUBSCRIPTIONS, others, applied, every)
        uptake = Consumer("uptake", pool, transport, projection.SUBSCRIPTIONS, logs, walk_every=every)

        app = internal_app(key, [*http.ROUTES, log_route(pool, PUBLISHER), erasure_route(pool)], ready)
        app[http.DESK], app[POOL], app[http.RETENTION_MONTHS] = desk, pool, settings.retention_months
        try:
            async with background:
                background.start(desk.run(), "desk")
                background.start(clock.end_what_is_over(pool, desk.ask), "clock")
                background.start(clock.keep_time(pool, desk.ask), "rules")
                background.start(admission.let_in(pool, desk), "admission")
                background.start(relay.run(desk.in_a_rush), "relay")
                background.start(told.run(), "told")
                background.start(uptake.run(), "uptake")
                background.start(forgetting.look_after(pool, to_forget, relay.wake, settings.retention_months), "forgetting")
                background.start(keep_house(pool, relay, [answers.forget, forget_claims]), "house")
                yield [Listener(app, settings.internal_host, port_of(settings.enrollment_url))]
        finally:
            await transport.close()
            pool.terminate()
