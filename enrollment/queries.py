"""Questions about enrollments. Each carries who asks, so that nobody sees what is not theirs."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

import orjson
from asyncpg import Record
from pydantic import TypeAdapter

from enrollment.domain import Enrollment, SeatsAre
from enrollment.domain.claims import Claim
from enrollment.domain.rules import Rules
from shared.database import sql
from shared.database.pool import Connection
from shared.web.principal import Principal

SQL = sql.load(__file__, "enrollment.sql")
RULES: TypeAdapter[Rules] = TypeAdapter(Rules)


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
    offered_until: datetime | None = None
    group_id: UUID | None = None
    approval: str | None = None
    approval_until: datetime | None = None
    steps: Sequence[Mapping[str, object]] = ()
    """How it came to stand as it does; only of a single one that is asked for."""
    withdraw_until: datetime | None = None
    """Until when who holds a seat withdraws without it being late; likewise."""
    overlaps: Sequence[Claim] = ()
    """What else the person is in at the same time; only of one of their own."""
    stated: str | None = None
    """What they said to bring."""


async def enrollment(conn: Connection, asks: Principal, enrollment_id: UUID) -> View | None:
    row = await conn.fetchrow(SQL.enrollment, enrollment_id, asks.person_id, list(asks.scopes("organiser")))
    if row is None:
        return None
    of_their_own = row["person_id"] == asks.person_id and row["state"] != "cancelled"
    others = await conn.fetch(SQL.overlapping, asks.person_id, enrollment_id) if of_their_own else ()
    return replace(_view(row), overlaps=[Claim(**one) for one in others])


async def enrollments(
    conn: Connection, asks: Principal, *, session_id: UUID | None, state: str | None, page: int, page_size: int
) -> tuple[Sequence[View], int]:
    """One page, newest first, and how many there are in all."""
    rows = await conn.fetch(
        SQL.enrollments,
        asks.person_id, list(asks.scopes("organiser")), session_id, state, page_size, (page - 1) * page_size,
    )  # fmt: skip
    return [_view(row) for row in rows], rows[0]["total"] if rows else 0


async def fieldlab_of(conn: Connection, session_id: UUID) -> str | None:
    """Where a session is held; that is public."""
    fieldlab: str | None = await conn.fetchval(SQL.fieldlab_of, session_id)
    return fieldlab


async def seats(conn: Connection, session_id: UUID) -> Mapping[str, object] | None:
    """The seats of a session as the desk has them."""
    row = await conn.fetchrow(SQL.seats, session_id)
    if row is None:
        return None
    rules = RULES.validate_json(row["rules"])
    return seats_view(
        SeatsAre(
            row["session_id"], row["capacity"], row["seats_left"], row["waiting"], row["closes_at"], row["offer_hours"],
            row["cancelled"], row["revision"], row["needs_approval"], row["approval_hours"], row["holds_seat"], row["requests"],
            rules.minimum, rules.decide_at, rules.going, rules.reserved, row["withdraw_hours"],
        )
    )  # fmt: skip


def seats_view(seats: SeatsAre) -> Mapping[str, object]:
    return {
        "sessionId": seats.session_id, "capacity": seats.capacity, "seatsLeft": seats.seats_left, "waiting": seats.waiting,
        "enrollmentClosesAt": seats.closes_at, "offerHours": seats.offer_hours, "cancelled": seats.cancelled,
        "revision": seats.revision, "needsApproval": seats.needs_approval, "approvalHours": seats.approval_hours,
        "holdsSeat": seats.holds_seat, "requests": seats.requests, "minimum": seats.minimum, "decideAt": seats.decide_at,
        "going": seats.going, "withdrawHours": seats.withdraw_hours,
        "reserved": [
            {"group": one.group, "seats": one.seats, "left": one.left, "until": one.until} for one in seats.reserved
        ],
    }  # fmt: skip


async def named(conn: Connection, asks: Principal, session_id: UUID, enrollment_ids: Collection[UUID]) -> Sequence[View]:
    """These enrollments of a session that who asks organises."""
    rows = await conn.fetch(SQL.enrollments_named, session_id, list(enrollment_ids), list(asks.scopes("organiser")))
    return [_view(row) for row in rows]


async def attendance(conn: Connection, asks: Principal, limit: int) -> Sequence[Mapping[str, object]]:
    """Sessions at the asker's fieldlabs that have begun, those with people who are not marked yet first."""
    rows = await conn.fetch(SQL.attendance, list(asks.scopes("organiser")), limit)
    return [{"sessionId": row["session_id"], "people": row["people"], "unmarked": row["unmarked"]} for row in rows]


FEWEST_REASONS = 5
"""Fewer say too much about who gave them."""


async def reasons(conn: Connection, session_id: UUID) -> Mapping[str, int] | None:
    """How often which reason was given with a withdrawal from the course of this session; None for so few that it is hidden."""
    given: Mapping[str, int] = {row["why"]: row["given"] for row in await conn.fetch(SQL.reasons, session_id)}
    return given if sum(given.values()) >= FEWEST_REASONS else None


async def withdrew_late(conn: Connection, session_id: UUID) -> int:
    """How many people withdrew from a session when it was late."""
    late: int = await conn.fetchval(SQL.withdrew_late, session_id)
    return late


async def own_data(conn: Connection, asks: Principal) -> Sequence[dict[str, object]]:
    """All enrollments of who asks, each with everything that is kept with it."""
    return [
        {
            "id": row["enrollment_id"], "sessionId": row["session_id"], "state": row["state"], "reason": row["reason"],
            "position": row["position"] if row["state"] == "waitlisted" else None, "registeredAt": row["registered_at"],
            "decidedAt": row["decided_at"], "about": orjson.loads(row["about"]), "steps": orjson.loads(row["steps"]),
            "declared": _declared(row),
        }
        for row in await conn.fetch(SQL.own_data, asks.person_id)
    ]  # fmt: skip


async def known_people(conn: Connection, person_ids: Collection[UUID]) -> Sequence[UUID]:
    """Those of them under whose id an enrollment stands."""
    return [row["person_id"] for row in await conn.fetch(SQL.known_people, list(person_ids))]


def _declared(row: Record) -> Mapping[str, object]:
    """What somebody told for a seat, by the names of the API."""
    declared = orjson.loads(row["declared"])
    return {
        "groups": sorted(declared.get("groups", ())), "keptFor": declared.get("seat_group"), "stated": declared.get("stated")
    }  # fmt: skip


def view(enrollment: Enrollment, position: int | None, overlaps: Sequence[Claim] = ()) -> View:
    """The same, of what the desk just answered."""
    return View(
        enrollment.enrollment_id, enrollment.session_id, enrollment.person_id, enrollment.state, enrollment.revision,
        position, enrollment.reason, enrollment.offered_until, enrollment.group_id, enrollment.approval,
        enrollment.approval_until, overlaps=overlaps, stated=enrollment.declared.stated,
    )  # fmt: skip


def _view(row: Record) -> View:
    return View(
        row["enrollment_id"], row["session_id"], row["person_id"], row["state"], row["revision"],
        row["position"] if row["state"] == "waitlisted" else None, row["reason"], row["offered_until"], row["group_id"],
        row["approval"], row["approval_until"],
        orjson.loads(row["steps"]) if "steps" in row.keys() else (),  # noqa: SIM118  (a record is no dict)
        row.get("withdraw_until"),
        stated=orjson.loads(row["declared"]).get("stated") if "declared" in row.keys() else None,  # noqa: SIM118
    )  # fmt: skip
