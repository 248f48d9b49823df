"""Questions about enrollments. Each carries who asks, so that nobody sees what is not theirs."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

import orjson
from asyncpg import Record

from enrollment.domain import Enrollment
from shared.database import sql
from shared.database.pool import Connection
from shared.web.principal import Principal

SQL = sql.load(__file__, "enrollment.sql")


@dataclass(frozen=True)
class View:
    """An enrollment as it is shown; `position` counts from 1 and is there only for who waits."""

    id: UUID
    session_id: UUID
    person_id: UUID
    state: str
    revision: int
    position: int | None = None
    reason: str | None = None


async def enrollment(conn: Connection, asks: Principal, enrollment_id: UUID) -> View | None:
    row = await conn.fetchrow(SQL.enrollment, enrollment_id, asks.person_id, list(asks.scopes("organiser")))
    return _view(row) if row else None


async def enrollments(
    conn: Connection, asks: Principal, *, session_id: UUID | None, state: str | None, page: int, page_size: int
) -> tuple[Sequence[View], int]:
    """One page, newest first, and how many there are in all."""
    rows = await conn.fetch(
        SQL.enrollments,
        asks.person_id, list(asks.scopes("organiser")), session_id, state, page_size, (page - 1) * page_size,
    )  # fmt: skip
    return [_view(row) for row in rows], rows[0]["total"] if rows else 0


async def own_data(conn: Connection, asks: Principal) -> Sequence[dict[str, object]]:
    """All enrollments of who asks, each with everything that is kept with it."""
    return [
        {
            "id": row["enrollment_id"], "sessionId": row["session_id"], "state": row["state"], "reason": row["reason"],
            "position": row["position"] if row["state"] == "waitlisted" else None, "registeredAt": row["registered_at"],
            "decidedAt": row["decided_at"], "about": orjson.loads(row["about"]),
        }
        for row in await conn.fetch(SQL.own_data, asks.person_id)
    ]  # fmt: skip


async def known_people(conn: Connection, person_ids: Collection[UUID]) -> Sequence[UUID]:
    """Those of them under whose id an enrollment stands."""
    return [row["person_id"] for row in await conn.fetch(SQL.known_people, list(person_ids))]


def view(enrollment: Enrollment, position: int | None) -> View:
    """The same, of what the desk just answered."""
    return View(
        enrollment.enrollment_id, enrollment.session_id, enrollment.person_id, enrollment.state, enrollment.revision,
        position, enrollment.reason,
    )  # fmt: skip


def _view(row: Record) -> View:
    return View(
        row["enrollment_id"], row["session_id"], row["person_id"], row["state"], row["revision"],
        row["position"] if row["state"] == "waitlisted" else None, row["reason"],
    )  # fmt: skip
