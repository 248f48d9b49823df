"""What the catalogue does with the desk's facts: it shows the seats that are left."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson

from shared.contracts.catalog import ReservedSeats
from shared.contracts.enrollment import (
    AttendanceMarked,
    EnrollmentAnonymised,
    EnrollmentCancelled,
    EnrollmentDeclined,
    EnrollmentMoved,
    EnrollmentRequested,
    EnrollmentWaitlisted,
    MinimumMissed,
    SeatConfirmed,
    SeatOffered,
    SeatsChanged,
    SessionCancelled,
    SessionDrawn,
    SessionGoesOn,
    SessionOpened,
)
from shared.contracts.gateway import PersonForgotten
from shared.database import sql
from shared.database.pool import Connection
from shared.messaging.consumer import Subscriptions
from shared.messaging.forgetting import on_forgotten
from shared.messaging.message import Envelope

SQL = sql.load(__file__, "catalog.sql")


async def on_opened(conn: Connection, facts: Sequence[Envelope[SessionOpened]]) -> None:
    await on_seats(conn, facts)
    await _learn_rules(conn, [fact.event for fact in facts])


async def on_changed(conn: Connection, facts: Sequence[Envelope[SeatsChanged]]) -> None:
    await on_seats(conn, facts)
    await _learn_rules(conn, [fact.event for fact in facts])


async def on_cancelled(conn: Connection, facts: Sequence[Envelope[SessionCancelled]]) -> None:
    await on_seats(conn, facts)
    await conn.execute(SQL.learn_cancelled, [fact.event.session_id for fact in facts])


async def on_goes_on(conn: Connection, facts: Sequence[Envelope[SessionGoesOn]]) -> None:
    await on_seats(conn, facts)
    await conn.execute(SQL.learn_goes_on, [fact.event.session_id for fact in facts])


async def on_seats(conn: Connection, facts: Sequence[Envelope[Any]]) -> None:
    """Facts of one session come under many subjects and so in any order: the revision of its seats says which is newest."""
    events = [fact.event for fact in facts]
    await conn.execute(
        SQL.learn_seats,
        [event.session_id for event in events],
        [event.seats.revision for event in events],
        [event.seats.capacity for event in events],
        [event.seats.seats_left for event in events],
        [event.seats.waiting for event in events],
        [event.seats.reserved and orjson.dumps(event.seats.reserved).decode() for event in events],
    )


async def _learn_rules(conn: Connection, events: Sequence[SessionOpened | SeatsChanged]) -> None:
    """What was asked when a session was announced stands until the desk tells otherwise."""
    changes = [event if isinstance(event, SeatsChanged) else None for event in events]
    await conn.execute(
        SQL.learn_rules,
        [event.session_id for event in events],
        [event.seats.revision for event in events],
        [event.closes_at for event in events],
        [change.offer_hours if change else None for change in changes],
        [change.needs_approval if change else None for change in changes],
        [change.approval_hours if change else None for change in changes],
        [change.holds_seat if change else None for change in changes],
        [event.minimum for event in events],
        [event.decide_at for event in events],
        [_kept(event.reserved) for event in events],
    )


def _kept(reserved: Sequence[ReservedSeats] | None) -> str | None:
    return None if reserved is None else orjson.dumps([one.model_dump(mode="json") for one in reserved]).decode()


SUBSCRIPTIONS: Subscriptions = {
    EnrollmentRequested: on_seats,
    EnrollmentDeclined: on_seats,
    SessionOpened: on_opened,
    SeatsChanged: on_changed,
    SessionCancelled: on_cancelled,
    SessionDrawn: on_seats,
    SessionGoesOn: on_goes_on,
    MinimumMissed: on_seats,
    SeatConfirmed: on_seats,
    EnrollmentWaitlisted: on_seats,
    SeatOffered: on_seats,
    EnrollmentCancelled: on_seats,
    AttendanceMarked: on_seats,
    EnrollmentMoved: on_seats,
    EnrollmentAnonymised: on_seats,
    PersonForgotten: on_forgotten,
}
