"""Facts become rows of the report. What reacts to what is one visible dict."""

from __future__ import annotations

from collections.abc import Sequence

from shared.contracts.catalog import MunicipalityPlaced
from shared.contracts.enrollment import (
    AboutEnrollment,
    AttendanceMarked,
    EnrollmentAnonymised,
    EnrollmentCancelled,
    EnrollmentDeclined,
    EnrollmentMoved,
    EnrollmentRequested,
    EnrollmentWaitlisted,
    SeatConfirmed,
    SeatOffered,
)
from shared.database import sql
from shared.database.pool import Connection
from shared.messaging.consumer import Subscriptions
from shared.messaging.message import Envelope

SQL = sql.load(__file__, "uptake.sql")
COUNTED = (
    EnrollmentRequested, SeatConfirmed, EnrollmentWaitlisted, SeatOffered, EnrollmentDeclined, EnrollmentCancelled,
    EnrollmentMoved, EnrollmentAnonymised, AttendanceMarked,
)  # fmt: skip


async def on_enrollments(conn: Connection, facts: Sequence[Envelope[AboutEnrollment]]) -> None:
    messages = [fact.message for fact in facts]
    await conn.execute(
        SQL.project,
        [message.type for message in messages],
        [message.subject for message in messages],
        [message.revision for message in messages],
        [message.data.decode() for message in messages],
    )


async def on_municipalities(conn: Connection, facts: Sequence[Envelope[MunicipalityPlaced]]) -> None:
    places = list({fact.event.place.municipality: fact.event.place for fact in facts}.values())
    await conn.execute(
        SQL.place,
        [place.municipality for place in places],
        [place.province for place in places],
        [place.labour_market_region for place in places],
        [place.landsdeel for place in places],
        [place.hub for place in places],
    )


async def rebuild(conn: Connection) -> None:
    """Make the table anew from the log, within the caller's transaction. Facts that come in meanwhile are applied after it."""
    await conn.execute("LOCK TABLE uptake_enrollment IN SHARE ROW EXCLUSIVE MODE")
    await conn.execute("DELETE FROM uptake_enrollment")
    await conn.execute(SQL.rebuild, [event.type for event in COUNTED])


SUBSCRIPTIONS: Subscriptions = {
    EnrollmentRequested: on_enrollments,
    EnrollmentDeclined: on_enrollments,
    SeatConfirmed: on_enrollments,
    EnrollmentWaitlisted: on_enrollments,
    SeatOffered: on_enrollments,
    EnrollmentCancelled: on_enrollments,
    AttendanceMarked: on_enrollments,
    EnrollmentMoved: on_enrollments,
    EnrollmentAnonymised: on_enrollments,
    MunicipalityPlaced: on_municipalities,
}
