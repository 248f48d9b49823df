"""Where everything is put together. Nothing else constructs anything."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from catalog import http, reactions, reference, samples, search
from catalog.search import Vocabulary
from catalog.settings import CatalogSettings
from catalog.store import PUBLISHER
from shared.database.address import database_of
from shared.database.pool import Pool, connection, open_pool, transaction
from shared.messaging import answers, forgetting
from shared.messaging.consumer import Consumer
from shared.messaging.couriers import connect
from shared.messaging.housekeeping import keep_house
from shared.messaging.relay import Relay
from shared.web.client import Client, open_session
from shared.web.erasure_page import erasure_route
from shared.web.log_page import log_route
from shared.web.principal import PrincipalKey
from shared.web.server import POOL, Background, Listener, internal_app, port_of


@asynccontextmanager
async def open_service(settings: CatalogSettings, background: Background) -> AsyncIterator[Sequence[Listener]]:
    """Everything this service consists of, from the database up; taken down in the opposite order."""
    key = settings.internal_key.get_secret_value()
    pool = await open_pool(database_of(settings.database_url, PUBLISHER), service=PUBLISHER, size=8)
    transport = connect(settings.bus_url, settings.organisation_number)
    try:
        await fill(pool, demo=settings.demo)
        async with open_session() as session:
            enrollment = Client(session, settings.enrollment_url, PrincipalKey(key), PUBLISHER)
            relay = Relay(pool, transport)
            gateway = Client(session, settings.gateway_url, PrincipalKey(key), PUBLISHER)
            logs = {"enrollment": enrollment.log(), "gateway": gateway.log()}
            seats = Consumer(PUBLISHER, pool, transport, reactions.SUBSCRIPTIONS, logs, walk_every=settings.walk_seconds)

            async def ready() -> dict[str, bool]:
                async with connection(pool) as conn:
                    return {"database": await conn.fetchval("SELECT true"), "reference": await reference.is_loaded(conn)}

            app = internal_app(key, [*http.ROUTES, log_route(pool, PUBLISHER), erasure_route(pool)], ready)
            app[POOL], app[http.ANNOUNCE] = pool, relay.wake
            app[http.COURSE_WORDS] = Vocabulary(search.SQL.course_vocabulary)
            app[http.FIELDLAB_WORDS] = Vocabulary(search.SQL.fieldlab_vocabulary)
            async with background:
                background.start(relay.run(), "relay")
                background.start(seats.run(), "seats")
                background.start(keep_house(pool, relay, [answers.forget, forgetting.sweep]), "house")
                yield [Listener(app, settings.internal_host, port_of(settings.catalog_url))]
    finally:
        await transport.close()
        pool.terminate()


async def fill(pool: Pool, *, demo: bool) -> None:
    """Have the reference data in the tables, and for a demo the sample courses too, before anybody is served."""
    now = datetime.now(UTC)
    async with transaction(pool) as conn:
        await reference.load(conn, now)
        if demo:
            await samples.load(conn, now)
