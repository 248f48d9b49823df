"""What the catalogue does with the desk's facts: it shows the seats that are left."""

from __future__ import annotations

from collections.abc import Sequence

from shared.contracts.enrollment import (
    AboutEnrollment,
    EnrollmentAnonymised,
    EnrollmentCancelled,
    EnrollmentWaitlisted,
    SeatConfirmed,
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
    await conn.execute(
        SQL.learn_closing,
        [fact.event.session_id for fact in facts],
        [fact.event.seats.revision for fact in facts],
        [fact.event.closes_at for fact in facts],
    )


async def on_seats(conn: Connection, facts: Sequence[Envelope[SessionOpened] | Envelope[AboutEnrollment]]) -> None:
    """Facts of one session come under many subjects and so in any order: the revision of its seats says which is newest."""
    events = [fact.event for fact in facts]
    await conn.execute(
        SQL.learn_seats,
        [event.session_id for event in events],
        [event.seats.revision for event in events],
        [event.seats.capacity for event in events],
        [event.seats.seats_left for event in events],
        [event.seats.waiting for event in events],
    )


SUBSCRIPTIONS: Subscriptions = {
    SessionOpened: on_opened,
    SeatConfirmed: on_seats,
    EnrollmentWaitlisted: on_seats,
    EnrollmentCancelled: on_seats,
    EnrollmentAnonymised: on_seats,
    PersonForgotten: on_forgotten,
}
