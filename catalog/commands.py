"""What organisers do to courses and sessions. Each opens one transaction, with the facts in it, and answers with the result.

Who may do it was settled before, and the input is valid by itself; here it meets what is there.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from uuid import UUID, uuid4

import orjson
from pydantic_core import PydanticCustomError

from catalog import queries, store
from catalog.inputs import CourseChanges, NewCourse, NewSession, SessionChanges, check_times
from catalog.queries import Shape
from catalog.store import Course, Opening, Session
from shared.database.pool import Connection, Pool, transaction
from shared.errors import Rejected, not_found
from shared.messaging import answers
from shared.messaging.answers import Keyed


@dataclass(frozen=True, slots=True)
class Once:
    """A request with an Idempotency-Key: it takes effect once, and is answered alike ever after."""

    command_id: UUID
    keyed: Keyed


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: Shape


async def add_course(pool: Pool, wanted: NewCourse, once: Once | None, now: datetime) -> Answer:
    async with transaction(pool) as conn:
        if once and (first := await _first_answer(conn, once)):
            return first
        titles = [title for title in (wanted.title_nl, wanted.title, wanted.title_en) if title]
        description_nl, description_en = _descriptions(wanted, nl="", en="")
        course = Course(
            course_id=uuid4(),
            fieldlab_id=wanted.fieldlab_id,
            theme=wanted.theme,
            title_nl=titles[0],
            title_en=wanted.title_en or wanted.title or titles[0],
            description_nl=description_nl,
            description_en=description_en,
            hours=wanted.hours,
            level=wanted.level,
            mode_of_delivery=wanted.mode_of_delivery,
            skill_label=None,
            skill_uri=None,
            state=wanted.state,
            required_course=wanted.requires_course_id or None,
            statement_nl=wanted.statement_nl or wanted.statement_en or "",
            statement_en=wanted.statement_en or "",
        )
        await _must_exist(conn, course)
        await store.add_courses(conn, [course])
        return await _answered(conn, once, Answer(201, await _course(conn, course, now)))


async def change_course(pool: Pool, course_id: UUID, changes: CourseChanges, now: datetime) -> Answer:
    """A course that has sessions stays published: people hold seats in them. Raises Rejected (409) otherwise."""
    async with transaction(pool) as conn:
        course = await store.lock_course(conn, course_id, to_change=True)
        if course is None:
            raise not_found()
        description_nl, description_en = _descriptions(changes, nl=course.description_nl, en=course.description_en)
        after = replace(
            course,
            title_nl=changes.title_nl or changes.title or course.title_nl,
            title_en=changes.title_en or changes.title or course.title_en,
            description_nl=description_nl,
            description_en=description_en,
            theme=changes.theme or course.theme,
            hours=changes.hours or course.hours,
            level=changes.level or course.level,
            mode_of_delivery=changes.mode_of_delivery or course.mode_of_delivery,
            state=changes.state or course.state,
            required_course=course.required_course
            if changes.requires_course_id is None
            else changes.requires_course_id or None,
            statement_nl=course.statement_nl if changes.statement_nl is None else changes.statement_nl,
            statement_en=course.statement_en if changes.statement_en is None else changes.statement_en,
        )
        await _must_exist(conn, after)
        if course.state == "published" and after.state == "draft" and await store.has_sessions(conn, course_id):
            raise Rejected("course-has-sessions", detail="A course that has sessions stays published.")
        if after != course:
            await store.change_course(conn, course, after, now)
        return Answer(200, await _course(conn, after, now))


async def add_session(pool: Pool, course_id: UUID, wanted: NewSession, once: Once | None, now: datetime) -> Answer:
    """Raises Rejected (409) for a course that is not published."""
    async with transaction(pool) as conn:
        if once and (first := await _first_answer(conn, once)):
            return first
        course = await store.lock_course(conn, course_id)
        if course is None:
            raise not_found()
        if course.state != "published":
            raise Rejected("course-not-published", detail="Publish the course first; then sessions can be added to it.")
        description_nl, description_en = _descriptions(wanted, nl="", en="")
        session = Session(
            session_id=uuid4(),
            course_id=course_id,
            starts_at=wanted.starts_at,
            ends_at=wanted.ends_at,
            location=wanted.location or await _place(conn, course.fieldlab_id),
            description_nl=description_nl,
            description_en=description_en,
            capacity=wanted.capacity,
            closes_at=wanted.enrollment_closes_at or wanted.starts_at,
            minimum=wanted.minimum,
            needs_approval=wanted.needs_approval,
            offer_hours=wanted.offer_hours,
            approval_hours=wanted.approval_hours,
            holds_seat=wanted.holds_seat,
            decide_at=wanted.decide_at,
            reserved=orjson.dumps([one.model_dump(mode="json") for one in wanted.reserved]).decode(),
        )
        await store.add_sessions(conn, [session], now, _openings(session.session_id, wanted))
        return await _answered(conn, once, Answer(201, await _session(conn, session.session_id, now)))


async def change_session(pool: Pool, course_id: UUID, session_id: UUID, changes: SessionChanges, now: datetime) -> Answer:
    """Raises Rejected: 409 for a session that has started, 400 for times that do not go with those that stay."""
    async with transaction(pool) as conn:
        await store.lock_course(conn, course_id)  # before the session, as everywhere
        session = await store.lock_session_to_change(conn, session_id)
        if session is None:
            raise not_found()
        description_nl, description_en = _descriptions(changes, nl=session.description_nl, en=session.description_en)
        after = replace(
            session,
            starts_at=changes.starts_at or session.starts_at,
            ends_at=changes.ends_at or session.ends_at,
            location=changes.location or session.location,
            description_nl=description_nl,
            description_en=description_en,
        )
        try:
            check_times(after.starts_at, after.ends_at)
        except PydanticCustomError as fault:
            pointer = "#/endsAt" if changes.ends_at else "#/startsAt"
            told = {"pointer": pointer, "code": fault.type, "detail": fault.message()}
            raise Rejected("invalid-input", 400, f"{fault.message()}.", errors=[told]) from fault
        if session.starts_at <= now:
            raise Rejected("session-started", detail="This session has started; it stays as it is.")
        opens = await store.opens_last(conn, session_id)
        if opens is not None and after.starts_at <= opens:
            detail = "It opens, or is drawn for, later than that"
            told = {"pointer": "#/startsAt", "code": "starts_too_early", "detail": detail}
            raise Rejected("invalid-input", 400, f"{detail}.", errors=[told])
        if after != session:
            await store.change_session(conn, session, after, now)
        return Answer(200, await _session(conn, session_id, now))


def _openings(session_id: UUID, wanted: NewSession) -> list[Opening]:
    """Nothing for a session that opens at once, to whoever comes first."""
    opening = Opening(session_id, wanted.opens_at, wanted.draw_at, wanted.waiting_room)
    return [opening] if wanted.opens_at or wanted.draw_at or wanted.waiting_room else []


def _descriptions(given: NewCourse | CourseChanges | NewSession | SessionChanges, *, nl: str, en: str) -> tuple[str, str]:
    """The text in each language: its own if given, else the one for both, else what stands. An empty one is a text too."""
    both = (nl, en) if given.description is None else (given.description, given.description)
    return (
        both[0] if given.description_nl is None else given.description_nl,
        both[1] if given.description_en is None else given.description_en,
    )


async def _course(conn: Connection, course: Course, now: datetime) -> Shape:
    shape = await queries.course(conn, course.course_id, [course.fieldlab_id], now)
    assert shape is not None
    return shape


async def _session(conn: Connection, session_id: UUID, now: datetime) -> Shape:
    shape = await queries.session(conn, session_id, now)
    assert shape is not None
    return shape


async def _must_exist(conn: Connection, course: Course) -> None:
    """Raises Rejected (400) where a course asks for one that nobody can complete."""
    if course.required_course is None:
        return
    required = await queries.course(conn, course.required_course, [course.fieldlab_id], datetime.now(UTC))
    if required is None or course.required_course == course.course_id:
        fault = {"pointer": "#/requiresCourseId", "code": "unknown_course", "detail": "Name another course that is published"}
        raise Rejected("invalid-input", 400, "There is no such course to ask for.", errors=[fault])


async def _place(conn: Connection, fieldlab_id: str) -> str:
    fieldlab = await queries.fieldlab(conn, fieldlab_id)
    assert fieldlab is not None
    return str(fieldlab["place"])


async def _first_answer(conn: Connection, once: Once) -> Answer | None:
    """What this very request was answered before; whoever asks while it is under way waits for it.

    Raises Rejected (422) if the key came with another request.
    """
    await conn.execute(store.SQL.lock_key, str(once.command_id))
    first = (await answers.load(conn, [once.command_id])).get(once.command_id)
    if first is None:
        return None
    if first.request_hash != once.keyed.request_hash:
        raise answers.reused()
    told = orjson.loads(first.answer)
    return Answer(told["status"], told["body"])


async def _answered(conn: Connection, once: Once | None, answer: Answer) -> Answer:
    if once:
        text = orjson.dumps({"status": answer.status, "body": answer.body}, option=orjson.OPT_UTC_Z).decode()
        await answers.keep(conn, [(once.command_id, once.keyed, text)])
    return answer
