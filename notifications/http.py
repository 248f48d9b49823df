"""What people may know of what they were told."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from aiohttp import web

from notifications import recipients, store
from notifications.channels.email.mail import Writer
from shared.database.pool import connection
from shared.errors import not_found
from shared.web.client import Client
from shared.web.principal import signed_in
from shared.web.reading import reading
from shared.web.server import POOL, json

GATEWAY = web.AppKey("gateway", Client)
WRITER = web.AppKey("writer", Writer)


async def get_own_data(request: web.Request) -> web.Response:
    """Every mail that who asks got, or is about to get: about what, and when. Its text is kept nowhere."""
    asks = signed_in(request)
    async with reading(request.app[POOL], asks) as conn:
        return json({"mails": await store.told(conn, asks.person_id)})


async def get_calendar(request: web.Request) -> web.Response:
    """The calendar file of the latest mail about an enrollment of who asks, made anew: to a calendar the two are the same."""
    asks = signed_in(request)
    async with reading(request.app[POOL], asks) as conn:
        delivery = await store.latest(conn, asks.person_id, enrollment_id(request))
    if delivery is None or delivery.session_id is None:
        raise not_found()
    async with connection(request.app[POOL]) as conn:
        sessions = await store.sessions(conn, [delivery.session_id])
    told = await recipients.ask(request.app[GATEWAY], [delivery])
    if not sessions or not told:
        raise not_found()
    content = request.app[WRITER].calendar(delivery, told[delivery.delivery_id], sessions[delivery.session_id])
    return web.Response(body=content, content_type="text/calendar", charset="utf-8")


def enrollment_id(request: web.Request) -> UUID:
    """The id in the path. One that cannot be anybody's is simply not found."""
    try:
        return UUID(request.match_info["enrollment_id"])
    except ValueError as error:
        raise not_found() from error


ROUTES: Sequence[web.RouteDef] = [
    web.get("/own-data", get_own_data),
    web.get("/enrollments/{enrollment_id}/calendar", get_calendar),
]
