"""Tickets: in a draw, or in front of a busy desk."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal
from uuid import UUID, uuid4

from aiohttp import web
from pydantic import Field

from enrollment import queries, tickets
from enrollment.commands import LeaveLine
from enrollment.http.asking import DESK, IDEMPOTENCY_KEY, Input, Nothing, agreed, id_of, shown
from shared.errors import not_found
from shared.messaging import answers
from shared.text import Whole, filled_in
from shared.web.principal import signed_in
from shared.web.reading import reading
from shared.web.server import POOL, json


class TicketFilter(Input):
    session_id: UUID | None = None
    state: Literal["waiting", "enrolled", "refused", "withdrawn"] | None = None
    page: Whole = Field(default=1, ge=1, le=1_000_000)
    page_size: Whole = Field(default=20, ge=1, le=100)


class DrawPage(Input):
    page: Whole = Field(default=1, ge=1, le=1_000_000)
    page_size: Whole = Field(default=20, ge=1, le=1000)


async def get_tickets(request: web.Request) -> web.Response:
    asks = signed_in(request)
    wanted = TicketFilter.model_validate(filled_in(request.query))
    async with reading(request.app[POOL], asks) as conn:
        views, total = await tickets.tickets(
            conn, asks, request.app[DESK].now(),
            session_id=wanted.session_id, state=wanted.state, page=wanted.page, page_size=wanted.page_size,
        )  # fmt: skip
    return json({"items": list(map(tickets.shown, views)), "page": wanted.page, "pageSize": wanted.page_size, "total": total})


async def get_ticket(request: web.Request) -> web.Response:
    """One's own, with the enrollment that it became."""
    asks = signed_in(request)
    async with reading(request.app[POOL], asks) as conn:
        view = await tickets.ticket(conn, asks, id_of(request, "ticket_id"), request.app[DESK].now())
        if view is None:
            raise not_found()
        enrollment = await queries.enrollment(conn, asks, view.enrollment_id) if view.enrollment_id else None
    return json(tickets.shown(view) | ({"enrollment": shown(enrollment)} if enrollment else {}))


async def post_ticket_withdrawal(request: web.Request) -> web.Response:
    """The ticket as it is after it."""
    asks = signed_in(request)
    async with reading(request.app[POOL], asks) as conn:
        found = await tickets.ticket(conn, asks, id_of(request, "ticket_id"), request.app[DESK].now())
    if found is None:
        raise not_found()
    Nothing.model_validate_json(await request.read() or b"{}")
    key = request.headers.get(IDEMPOTENCY_KEY)
    await agreed(
        request.app,
        LeaveLine(
            command_id=answers.command_id(asks.person_id, key) if key else uuid4(),
            session_id=found.session_id,
            ticket_id=found.ticket_id,
            person_id=asks.person_id,
            keyed=answers.keyed(f"leave {found.ticket_id}") if key else None,
        ),
    )
    return await get_ticket(request)


async def get_draw(request: web.Request) -> web.Response:
    wanted = DrawPage.model_validate(filled_in(request.query))
    async with reading(request.app[POOL], None) as conn:
        found = await tickets.draw(conn, id_of(request, "session_id"), page=wanted.page, page_size=wanted.page_size)
    if found is None:
        raise not_found()
    return json(found)


ROUTES: Sequence[web.RouteDef] = [
    web.get("/tickets", get_tickets),
    web.get("/tickets/{ticket_id}", get_ticket),
    web.post("/tickets/{ticket_id}/withdrawal", post_ticket_withdrawal),
    web.get("/sessions/{session_id}/draw", get_draw),
]
