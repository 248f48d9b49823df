"""Questions about tickets and draws. A ticket is for who holds it; a draw is for anyone, and names nobody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import orjson
from asyncpg import Record

from enrollment import rooms
from enrollment.domain import Room, Ticketed
from shared.database import sql
from shared.database.pool import Connection
from shared.web.principal import Principal

SQL = sql.load(__file__, "openings.sql")


@dataclass(frozen=True)
class View:
    """A ticket as its holder sees it."""

    ticket_id: UUID
    session_id: UUID
    state: str
    asked_at: datetime
    position: int | None
    """Counted from 1; only of who waits, and not before a draw."""
    estimated_seconds: int | None
    draw_at: datetime | None
    """Of who is in a draw that is still to come."""
    reason: str | None
    enrollment_id: UUID | None
    """What it became."""


async def ticket(conn: Connection, asks: Principal, ticket_id: UUID, now: datetime) -> View | None:
    row = await conn.fetchrow(SQL.ticket, ticket_id, asks.person_id)
    if row is None:
        return None
    room = await conn.fetchrow(SQL.room, row["session_id"])
    assert room is not None
    return _view(row, rooms.room_of(room), now)


async def tickets(
    conn: Connection, asks: Principal, now: datetime, *, session_id: UUID | None, state: str | None, page: int, page_size: int
) -> tuple[Sequence[View], int]:
    """One page of one's own, newest first, and how many there are in all."""
    rows = await conn.fetch(SQL.tickets, asks.person_id, session_id, state, page_size, (page - 1) * page_size)
    if not rows:
        return [], 0
    lines = {
        row["session_id"]: rooms.room_of(row) for row in await conn.fetch(SQL.rooms_of, [row["session_id"] for row in rows])
    }
    return [_view(row, lines[row["session_id"]], now) for row in rows], rows[0]["total"]


async def draw(conn: Connection, session_id: UUID, *, page: int, page_size: int) -> Mapping[str, object] | None:
    """A session's draw with a page of its tickets; None where chance decides nothing."""
    row = await conn.fetchrow(SQL.room, session_id)
    if row is None or row["draw_at"] is None:
        return None
    found = await conn.fetch(SQL.drawn, session_id, page_size, (page - 1) * page_size)
    shape: dict[str, object] = {"sessionId": session_id, "drawAt": row["draw_at"], "seedHash": row["seed_hash"]}
    if row["drawn_at"]:
        shape |= {"seed": row["seed"], "drawnAt": row["drawn_at"]}
    return shape | {
        "items": [
            {"ticketId": one["ticket_id"], **({"turn": one["turn"]} if one["turn"] is not None else {})} for one in found
        ],
        "page": page,
        "pageSize": page_size,
        "total": await conn.fetchval(SQL.how_many_drawn, session_id),
    }


async def own_data(conn: Connection, asks: Principal) -> Sequence[dict[str, object]]:
    """All tickets of who asks, each with what is kept with it."""
    return [
        {
            "id": row["ticket_id"], "sessionId": row["session_id"], "state": row["state"], "reason": row["reason"],
            "askedAt": row["asked_at"], "settledAt": row["settled_at"], "asked": orjson.loads(row["wish"]),
        }
        for row in await conn.fetch(SQL.own_tickets, asks.person_id)
    ]  # fmt: skip


def taken(answer: Ticketed) -> dict[str, object]:
    """What is answered to who asked for a seat and got a ticket."""
    shape: dict[str, object] = {"ticketId": answer.ticket_id, "sessionId": answer.session_id}
    if answer.position is not None:
        shape["position"] = answer.position
    if answer.draw_at is not None:
        shape["drawAt"] = answer.draw_at
    return {**shape, "estimatedSeconds": answer.estimated_seconds}


def shown(view: View) -> dict[str, object]:
    """A ticket in the public shape; what does not apply is left out."""
    shape: dict[str, object] = {
        "id": view.ticket_id, "sessionId": view.session_id, "state": view.state, "askedAt": view.asked_at,
    }  # fmt: skip
    told = {
        "position": view.position, "estimatedSeconds": view.estimated_seconds, "drawAt": view.draw_at, "reason": view.reason,
        "enrollmentId": view.enrollment_id,
    }  # fmt: skip
    return shape | {name: value for name, value in told.items() if value is not None}


def _view(row: Record, room: Room, now: datetime) -> View:
    waits = row["state"] == "waiting"
    return View(
        row["ticket_id"], row["session_id"], row["state"], row["asked_at"],
        room.position(row["turn"]) if waits else None,
        room.seconds_until(row["turn"], now) if waits else None,
        room.draw_at if waits and row["in_draw"] and room.is_to_be_drawn else None,
        row["reason"],
        row["enrollment_id"] if row["state"] == "enrolled" else None,
    )  # fmt: skip
