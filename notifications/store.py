"""The ledger and the sessions' descriptions, in rows. One statement each, however many rows."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from notifications.deliveries import Delivery, Notice, Step
from shared.contracts.catalog import SessionFact
from shared.database import sql
from shared.database.pool import Connection

SQL = sql.load(__file__, "notifications.sql")


@dataclass(frozen=True)
class Session:
    """How the catalogue last described a session. Times are in UTC."""

    session_id: UUID
    fieldlab_name: str
    title_nl: str
    title_en: str
    starts_at: datetime
    ends_at: datetime
    location: str
    sample: bool
    course_id: UUID | None = None
    revision: int = 1


@dataclass(frozen=True)
class Waiting:
    """How many deliveries are not finished, and for how many seconds the oldest of them has been waiting."""

    count: int
    oldest_seconds: float


async def save_sessions(conn: Connection, sessions: Sequence[SessionFact]) -> None:
    """Keep these descriptions, one per session; an older one than is known changes nothing."""
    await conn.execute(
        SQL.save_sessions,
        [session.session_id for session in sessions],
        [session.revision for session in sessions],
        [session.fieldlab_name for session in sessions],
        [session.title_nl for session in sessions],
        [session.title_en for session in sessions],
        [session.starts_at for session in sessions],
        [session.ends_at for session in sessions],
        [session.location for session in sessions],
        [session.sample for session in sessions],
        [session.course_id for session in sessions],
    )


async def sessions(conn: Connection, session_ids: Collection[UUID]) -> dict[UUID, Session]:
    """The descriptions of these sessions, as far as they have arrived."""
    rows = await conn.fetch(SQL.sessions, list(session_ids))
    return {row["session_id"]: Session(**row) for row in rows}


async def queue(conn: Connection, notices: Sequence[Notice]) -> None:
    """Write down what is to be told. What was written down before, ever, is left as it is."""
    await conn.execute(
        SQL.queue,
        [notice.message_id for notice in notices],
        [notice.fact_id for notice in notices],
        [notice.recipient_id for notice in notices],
        [notice.template for notice in notices],
        [notice.subject for notice in notices],
        [notice.revision for notice in notices],
        [notice.logged_at for notice in notices],
        [notice.session_id for notice in notices],
        [notice.enrollment_id for notice in notices],
        [notice.position for notice in notices],
        [notice.until for notice in notices],
        [notice.described for notice in notices],
        [notice.stale for notice in notices],
        [notice.because for notice in notices],
    )


async def claim(conn: Connection, lease: UUID, duration: timedelta, limit: int) -> list[Delivery]:
    """Take what is due in hand under a lease, oldest first. A transaction of its own: others must see it at once."""
    rows = await conn.fetch(SQL.claim, lease, duration, limit)
    return sorted((Delivery(**row) for row in rows), key=lambda delivery: delivery.delivery_id)


async def renew(conn: Connection, lease: UUID, duration: timedelta) -> None:
    """Keep in hand what is not finished yet."""
    await conn.execute(SQL.renew, lease, duration)


async def begin_sending(conn: Connection, lease: UUID, deliveries: Sequence[Delivery], duration: timedelta) -> set[int]:
    """Write down that these are about to be sent; returns the ids of those that are still ours to send."""
    rows = await conn.fetch(SQL.begin_sending, lease, [delivery.delivery_id for delivery in deliveries], duration)
    return {row["delivery_id"] for row in rows}


async def record(conn: Connection, lease: UUID, steps: Sequence[Step]) -> None:
    """Write down what became of deliveries. Those that somebody else has in hand by now are left to them."""
    await conn.execute(
        SQL.record,
        lease,
        [step.delivery_id for step in steps],
        [step.state for step in steps],
        [step.copies for step in steps],
        [step.attempts for step in steps],
        [step.reason for step in steps],
        [step.pause for step in steps],
        [step.finished for step in steps],
    )


async def release(conn: Connection, lease: UUID) -> None:
    """Give back what was claimed and not begun."""
    await conn.execute(SQL.release, lease)


async def lose_sight(conn: Connection, wait: timedelta) -> int:
    """Note that nobody knows about mails whose sender is gone; returns how many."""
    return len(await conn.fetch(SQL.lose_sight, wait))


async def rekey(conn: Connection, whose: Mapping[str, UUID]) -> None:
    """Put these ids on whatever was told, or is to be, about these subjects."""
    await conn.execute(SQL.rekey, list(whose), list(whose.values()))


async def knows(conn: Connection, person_id: UUID) -> bool:
    """Whether anything in the ledger is under this id."""
    known: bool = await conn.fetchval(SQL.any_to, person_id)
    return known


async def told(conn: Connection, person_id: UUID) -> Sequence[dict[str, object]]:
    """What somebody was told, the oldest first."""
    return [
        {
            "about": row["template"], "sessionId": row["session_id"], "enrollmentId": row["enrollment_id"],
            "state": row["state"], "queuedAt": row["queued_at"], "finishedAt": row["finished_at"],
        }
        for row in await conn.fetch(SQL.told, person_id)
    ]  # fmt: skip


async def latest(conn: Connection, person_id: UUID, enrollment_id: UUID) -> Delivery | None:
    """The newest of what somebody was told, or is about to be, of an enrollment."""
    row = await conn.fetchrow(SQL.latest, person_id, enrollment_id)
    return Delivery(**row) if row else None


async def waiting(conn: Connection) -> Waiting:
    row = await conn.fetchrow(SQL.waiting)
    assert row is not None
    return Waiting(row["waiting"], row["oldest_seconds"])
