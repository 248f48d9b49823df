"""Where everything is put together. Nothing else constructs anything."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from notifications import http, reactions, upkeep
from notifications.channels.email.mail import Writer
from notifications.channels.email.smtp import MailServer
from notifications.sender import Sender
from notifications.settings import NotificationsSettings
from shared.database.address import database_of
from shared.database.pool import connection, open_pool
from shared.messaging.consumer import Consumer
from shared.messaging.couriers import connect
from shared.web.client import Client, open_session
from shared.web.erasure_page import erasure_route
from shared.web.principal import PrincipalKey
from shared.web.server import POOL, Background, Listener, internal_app, port_of

NAME = "notifications"
SENDERS = 4  # connections to the mail server, per process


@asynccontextmanager
async def open_service(settings: NotificationsSettings, background: Background) -> AsyncIterator[Sequence[Listener]]:
    """Everything this service consists of, from the database up; taken down in the opposite order."""
    key = settings.internal_key.get_secret_value()
    writer = Writer(settings.mail_from, settings.public_url)
    pool = await open_pool(database_of(settings.database_url, NAME), service=NAME, size=12)
    transport = connect(settings.bus_url, settings.organisation_number)
    async with open_session() as session, smtp_address(settings) as address:
        gateway, catalog, enrollment = (
            Client(session, url, PrincipalKey(key), NAME)
            for url in (settings.gateway_url, settings.catalog_url, settings.enrollment_url)
        )
        server = MailServer(address, writer.sender)
        senders = [Sender(pool, gateway, writer, server) for _ in range(SENDERS)]

        def wake() -> None:
            for sender in senders:
                sender.wake()

        async def ready() -> dict[str, bool]:
            async with connection(pool) as conn:
                database = await conn.fetchval("SELECT true")
            return {"database": database, "mail": await server.answers()}

        logs = {"catalog": catalog.log(), "enrollment": enrollment.log(), "gateway": gateway.log()}
        consumer = Consumer(NAME, pool, transport, reactions.SUBSCRIPTIONS, logs, wake, settings.walk_seconds)
        app = internal_app(key, [*http.ROUTES, erasure_route(pool)], ready)
        app[POOL], app[http.GATEWAY], app[http.WRITER] = pool, gateway, writer
        try:
            async with background:
                background.start(consumer.run(), "consumer")
                background.start(upkeep.look_after(pool), "upkeep")
                for number, sender in enumerate(senders, 1):
                    background.start(sender.run(), f"sender {number}")
                yield [Listener(app, settings.internal_host, port_of(settings.notifications_url))]
        finally:
            await transport.close()
            pool.terminate()


@asynccontextmanager
async def smtp_address(settings: NotificationsSettings) -> AsyncIterator[str]:
    """The mail server that the environment names, or else our own with its local mailbox."""
    if settings.smtp_url:
        yield settings.smtp_url
        return
    from notifications.channels.email.mailbox import open_mailbox  # noqa: PLC0415  (production has no mailbox installed)

    async with open_mailbox(settings.data / "mailbox") as address:
        yield address
