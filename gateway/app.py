"""Where everything is put together. Nothing else constructs anything."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from itertools import chain
from typing import TYPE_CHECKING

from aiohttp import web

from gateway import acts, clients, demo, edge, handing_over, internal, pages, retention
from gateway.api.approvals import approvals
from gateway.api.attendance import attendance
from gateway.api.courses import courses
from gateway.api.documents import document_routes
from gateway.api.enrollments import enrollments
from gateway.api.me import me
from gateway.api.moving import moving
from gateway.api.openapi import openapi
from gateway.api.operation import routes
from gateway.api.reference import reference
from gateway.api.retention import retention as retention_terms
from gateway.api.tickets import tickets
from gateway.api.transfers import handing
from gateway.api.uptake import uptake
from gateway.clients import EnrollmentRequests
from gateway.limits import Limits
from gateway.names import NAMES_KEPT, NamesKept
from gateway.people import audit, erasing, people, transfers
from gateway.people.audit import Trail
from gateway.people.credentials import Credentials
from gateway.people.sign_in import PUBLISHER, SignIns
from gateway.settings import GatewaySettings
from shared.database.address import database_of
from shared.database.pool import Pool, connection, open_pool, transaction
from shared.errors import Rejected
from shared.messaging import answers
from shared.messaging.couriers import connect
from shared.messaging.housekeeping import keep_house
from shared.messaging.relay import Relay
from shared.web.client import Client, open_session
from shared.web.log_page import log_route
from shared.web.principal import PrincipalKey
from shared.web.server import MAX_BODY, POOL, Background, Check, Listener, health, internal_app, measured, port_of
from shared.web.unreadable import ALONG

if TYPE_CHECKING:
    from gateway.oidc.provider import Provider

OPERATIONS = list(
    chain(
        reference.all,
        courses.all,
        attendance.all,
        enrollments.all,
        tickets.all,
        approvals.all,
        moving.all,
        handing.all,
        uptake.all,
        me.all,
        retention_terms.all,
    )
)


@asynccontextmanager
async def open_service(settings: GatewaySettings, background: Background) -> AsyncIterator[Sequence[Listener]]:
    """Everything this service consists of, from the database up; taken down in the opposite order."""
    internal_key = settings.internal_key.get_secret_value()
    key = PrincipalKey(internal_key)
    pool = await open_pool(database_of(settings.database_url, PUBLISHER), service=PUBLISHER)
    transport = connect(settings.bus_url, settings.organisation_number)
    async with transaction(pool) as conn:
        await (demo.furnish(conn, settings) if settings.demo else demo.clear_away(conn))
    async with open_session() as session, open_providers(settings) as providers:
        services = {
            name: Client(session, url, key, PUBLISHER)
            for name, url in (
                ("catalog", settings.catalog_url),
                ("enrollment", settings.enrollment_url),
                ("notifications", settings.notifications_url),
            )
        }
        relay = Relay(pool, transport)
        credentials, trail = Credentials(pool), Trail(pool)
        requests = EnrollmentRequests(services["enrollment"], key)
        sign_ins = SignIns(settings.gateway_key.get_secret_value())

        async def ready() -> dict[str, bool]:
            return {"database": await _answers(pool), **await _all_ready(services)}

        inside = internal_app(internal_key, [*internal.ROUTES, log_route(pool, PUBLISHER)], ready)
        outside = public_app(settings, ready)
        outside[edge.CREDENTIALS], outside[acts.TRAIL] = credentials, trail
        outside[clients.CATALOG], outside[clients.ENROLLMENT] = services["catalog"], services["enrollment"]
        outside[clients.NOTIFICATIONS] = services["notifications"]
        outside[clients.REQUESTS], outside[clients.RELAY] = requests, relay
        outside[pages.PROVIDERS] = providers
        inside[internal.ADDRESS] = settings.address
        for app in (inside, outside):
            app[POOL], app[internal.SIGN_INS] = pool, sign_ins
        try:
            async with background:
                background.start(credentials.tokens.run(), "tokens")
                background.start(credentials.sessions.run(), "sessions")
                background.start(requests.rounds.run(), "requests")
                background.start(trail.acts.run(), "trail")
                background.start(retention.look_after(pool, services["enrollment"], relay.wake), "retention")
                background.start(handing_over.look_after(pool, services["enrollment"]), "hand-overs")
                background.start(relay.run(), "relay")
                background.start(
                    keep_house(
                        pool, relay, [answers.forget, people.forget_old, transfers.let_lapse, erasing.sweep, audit.let_go]
                    ),
                    "house",
                )
                yield [
                    Listener(inside, settings.internal_host, port_of(settings.gateway_url)),
                    Listener(outside, settings.host, settings.port),
                ]
        finally:
            await transport.close()
            pool.terminate()


@asynccontextmanager
async def open_providers(settings: GatewaySettings) -> AsyncIterator[Mapping[str, Provider]]:
    """The identity providers of organisations, by their id, on one line that all share."""
    if not settings.oidc_providers:
        yield {}
        return
    from gateway.oidc.calls import Bounded  # noqa: PLC0415  (these libraries cost memory, and many platforms need none)
    from gateway.oidc.provider import Provider  # noqa: PLC0415

    line = Bounded()
    try:
        yield {told.id: Provider(told, line, demo=settings.demo) for told in settings.oidc_providers}
    finally:
        await line.aclose()


def public_app(settings: GatewaySettings, ready: Check) -> web.Application:
    """What people and programs outside see."""
    app = web.Application(
        middlewares=[measured, edge.answered, edge.at_home, edge.authenticated, edge.limited, edge.received, edge.same_origin],
        client_max_size=MAX_BODY,
    )
    app[edge.SETTINGS], app[edge.LIMITS] = settings, Limits(settings)
    app[NAMES_KEPT] = NamesKept()
    app[ALONG] = lambda response: edge.put_along(response, settings, as_api=True)
    app.add_routes(routes(OPERATIONS))
    app.add_routes(document_routes(openapi(OPERATIONS, settings.address, edge.cookie_name(settings))))
    app.add_routes(health(ready))
    pages.add_to(app)
    return app


async def _answers(pool: Pool) -> bool:
    async with connection(pool) as conn:
        return bool(await conn.fetchval("SELECT true"))


async def _all_ready(services: dict[str, Client]) -> dict[str, bool]:
    """Each of the other services, and whether it is ready. Of the one that mails it is enough that it lives: mail can wait."""

    async def is_ready(name: str) -> bool:
        try:
            await services[name].get("/health/live" if name == "notifications" else "/health/ready")
        except Rejected:
            return False
        return True

    return dict(zip(services, await asyncio.gather(*map(is_ready, services)), strict=True))
