"""Rows of courses and sessions, and the facts that go with them: nothing is announced that is not written, nor the reverse."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from datetime import datetime
from uuid import UUID

from asyncpg import Record
from pydantic import TypeAdapter

from shared.contracts.catalog import Place, Prerequisites, ReservedSeats, SeatPlan, SessionAnnounced, SessionDescribed
from shared.database import sql
from shared.database.pool import Connection
from shared.messaging import log

SQL = sql.load(__file__, "catalog.sql")
PUBLISHER = "catalog"
RESERVED: TypeAdapter[tuple[ReservedSeats, ...]] = TypeAdapter(tuple[ReservedSeats, ...])


@dataclass(frozen=True, slots=True)
class Course:
    """A row of `course`, in the order of its columns."""

    course_id: UUID
    fieldlab_id: str
    theme: str
    title_nl: str
    title_en: str
    description_nl: str
    description_en: str
    hours: int
    level: int
    mode_of_delivery: str
    skill_label: str | None
    skill_uri: str | None
    state: str
    sample: bool = False
    required_course: UUID | None = None
    statement_nl: str = ""
    statement_en: str = ""

    @property
    def told(self) -> tuple[object, ...]:
        """What the facts about its sessions say of it."""
        return (
            self.title_nl, self.title_en, self.theme, self.hours, self.level, self.required_course, self.statement_nl,
            self.statement_en,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Session:
    """A row of `session`, in the order of its columns."""

    session_id: UUID
    course_id: UUID
    starts_at: datetime
    ends_at: datetime
    location: str
    description_nl: str
    description_en: str
    capacity: int
    closes_at: datetime
    minimum: int | None
    needs_approval: bool
    offer_hours: int | None
    approval_hours: int
    holds_seat: bool
    decide_at: datetime | None = None
    reserved: str = "[]"
    """What is kept for whom, as the JSON of a list of `ReservedSeats`."""

    @property
    def told(self) -> tuple[object, ...]:
        """What the facts about it say of it."""
        return self.starts_at, self.ends_at, self.location


@dataclass(frozen=True, slots=True)
class Opening:
    """A row of `session_opening`, in the order of its columns: how a session opens, where that is not at once for anybody."""

    session_id: UUID
    opens_at: datetime | None
    draw_at: datetime | None
    waiting_room: bool


async def lock_course(conn: Connection, course_id: UUID, *, to_change: bool = False) -> Course | None:
    """A course that nobody changes until the transaction ends."""
    row = await conn.fetchrow(SQL.lock_course_to_change if to_change else SQL.lock_course, course_id)
    return Course(**{name: row[name] for name in Course.__slots__}) if row else None


async def lock_session_to_change(conn: Connection, session_id: UUID) -> Session | None:
    row = await conn.fetchrow(SQL.lock_session_to_change, session_id)
    return Session(**{name: row[name] for name in Session.__slots__}) if row else None


async def opens_last(conn: Connection, session_id: UUID) -> datetime | None:
    """When a session opens or is drawn for, the later of the two; None where it opened at once."""
    at: datetime | None = await conn.fetchval(SQL.opens_last, session_id)
    return at


async def has_sessions(conn: Connection, course_id: UUID) -> bool:
    found: bool = await conn.fetchval(SQL.has_sessions, course_id)
    return found


async def add_courses(conn: Connection, courses: Sequence[Course]) -> None:
    """Those that are there already stay as they are."""
    if courses:
        added = await conn.fetch(SQL.add_courses, *zip(*map(astuple, courses), strict=True))
        await index_courses(conn, [row["course_id"] for row in added])


async def change_course(conn: Connection, before: Course, after: Course, now: datetime) -> None:
    """`before` is locked. Sessions that are not over are described anew where their facts would say something else."""
    await conn.execute(
        SQL.change_course,
        after.course_id, after.theme, after.title_nl, after.title_en, after.description_nl, after.description_en, after.hours,
        after.level, after.mode_of_delivery, after.state, after.required_course, after.statement_nl, after.statement_en,
    )  # fmt: skip
    await index_courses(conn, [after.course_id])
    if after.told != before.told:
        await describe_sessions_of(conn, [after.course_id], now)


async def index_courses(conn: Connection, course_ids: Sequence[UUID]) -> None:
    """Note the words that these courses are found by."""
    await conn.execute(SQL.index_courses, course_ids)


async def add_sessions(conn: Connection, sessions: Sequence[Session], now: datetime, openings: Sequence[Opening] = ()) -> None:
    """Add and announce; those that are there already stay as they are, and are not announced again."""
    if sessions:
        added = await conn.fetch(SQL.add_sessions, *zip(*map(astuple, sessions), strict=True))
        if openings:
            await conn.execute(SQL.add_openings, *zip(*map(astuple, openings), strict=True))
        rows = await conn.fetch(SQL.announced, [row["session_id"] for row in added])
        await log.append(conn, PUBLISHER, [SessionAnnounced(**_told(row, now), seats=_seats(row)) for row in rows])


async def change_session(conn: Connection, before: Session, after: Session, now: datetime) -> None:
    """`before` is locked. It is described anew where its facts would say something else."""
    await conn.execute(
        SQL.change_session,
        after.session_id, after.starts_at, after.ends_at, after.location, after.description_nl, after.description_en,
    )  # fmt: skip
    if after.told != before.told:
        await _describe(conn, [after.session_id], now)


async def describe_sessions_of(conn: Connection, course_ids: Sequence[UUID], now: datetime) -> None:
    """Say anew what these courses' sessions are, as far as they are not over."""
    await _describe(conn, [row["session_id"] for row in await conn.fetch(SQL.not_over, course_ids, now)], now)


async def _describe(conn: Connection, session_ids: Sequence[UUID], now: datetime) -> None:
    await conn.execute(SQL.next_revision, session_ids)
    rows = await conn.fetch(SQL.announced, session_ids)
    await log.append(conn, PUBLISHER, [SessionDescribed(**_told(row, now)) for row in rows])


def place(row: Record, municipality: str = "municipality") -> Place:
    """The regions in a row; `municipality` is the name of the column with the code."""
    return Place(
        municipality=row[municipality],
        province=row["province"],
        labour_market_region=row["labour_market_region"],
        landsdeel=row["landsdeel"],
        hub=row["hub"],
        reference_date=row["reference_date"],
    )


def _told(row: Record, now: datetime) -> dict[str, object]:
    """What every fact about a session says."""
    return {
        "session_id": row["session_id"],
        "revision": row["revision"],
        "occurred_at": now,
        "course_id": row["course_id"],
        "fieldlab_id": row["fieldlab_id"],
        "fieldlab_name": row["fieldlab_name"],
        "fieldlab_place": place(row),
        "theme": row["theme"],
        "title_nl": row["title_nl"],
        "title_en": row["title_en"],
        "hours": row["hours"],
        "level": row["level"],
        "starts_at": row["starts_at"],
        "ends_at": row["ends_at"],
        "location": row["location"],
        "sample": row["sample"],
        "requires": _requires(row),
    }


def _requires(row: Record) -> Prerequisites | None:
    if row["required_course"] is None and not row["statement_nl"]:
        return None
    return Prerequisites(
        course_id=row["required_course"], statement_nl=row["statement_nl"] or None, statement_en=row["statement_en"] or None
    )


def _seats(row: Record) -> SeatPlan:
    return SeatPlan(
        capacity=row["asked_capacity"],
        closes_at=row["asked_closes_at"],
        minimum=row["minimum"],
        needs_approval=row["needs_approval"],
        offer_hours=row["offer_hours"],
        approval_hours=row["approval_hours"],
        holds_seat=row["holds_seat"],
        opens_at=row["opens_at"],
        draw_at=row["draw_at"],
        waiting_room=row["waiting_room"] or None,
        decide_at=row["decide_at"],
        reserved=RESERVED.validate_json(row["asked_reserved"]) or None,
    )
