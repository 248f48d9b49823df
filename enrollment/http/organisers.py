"""What organisers of a fieldlab ask: approvals, seats, sessions, attendance, and for how long it is remembered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated
from uuid import UUID, uuid4

from aiohttp import web
from pydantic import AwareDatetime, Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from enrollment import queries, retention
from enrollment.commands import (
    ApproveRequest,
    CancelSession,
    ChangeSeats,
    GoOn,
    MarkAttendance,
    OfAnApprover,
    OfAnOrganiser,
    OrganiserOf,
    RejectRequest,
)
from enrollment.domain import Refused, SeatsAre
from enrollment.http.asking import DESK, IDEMPOTENCY_KEY, Input, Nothing, agreed, ask, enrollment_id, shown
from shared.contracts.catalog import ReservedSeats, SeatGroup
from shared.contracts.enrollment import (
    CorrectionReason,
    DeclineReason,
    Outcome,
)
from shared.database.pool import connection, transaction
from shared.errors import Rejected, not_found
from shared.messaging import answers
from shared.text import Number
from shared.web.principal import Principal, signed_in
from shared.web.problems import MOST_FAULTS
from shared.web.reading import reading
from shared.web.server import POOL, json

RETENTION_MONTHS = web.AppKey("retention months", int)


class Rejection(Input):
    reason: DeclineReason | None = None


async def post_approval(request: web.Request) -> web.Response:
    asks, found = await _to_decide(request)
    Nothing.model_validate_json(await request.read() or b"{}")
    key = request.headers.get(IDEMPOTENCY_KEY)
    return await _decide(
        request,
        ApproveRequest(
            command_id=answers.command_id(asks.person_id, key) if key else uuid4(),
            session_id=found.session_id,
            enrollment_id=found.id,
            approver=OrganiserOf(asks.person_id, frozenset(asks.scopes("organiser"))),
            keyed=answers.keyed(f"approve {found.id}") if key else None,
        ),
    )


async def post_rejection(request: web.Request) -> web.Response:
    asks, found = await _to_decide(request)
    wanted = Rejection.model_validate_json(await request.read() or b"{}")
    key = request.headers.get(IDEMPOTENCY_KEY)
    return await _decide(
        request,
        RejectRequest(
            command_id=answers.command_id(asks.person_id, key) if key else uuid4(),
            session_id=found.session_id,
            enrollment_id=found.id,
            approver=OrganiserOf(asks.person_id, frozenset(asks.scopes("organiser"))),
            reason=wanted.reason,
            keyed=answers.keyed(f"reject {found.id} {wanted.reason}") if key else None,
        ),
    )


async def _to_decide(request: web.Request) -> tuple[Principal, queries.View]:
    """The request in the path. Raises Rejected: 404 for one that they may not see, 403 for one that they see because it is
    their own.
    """
    asks = signed_in(request)
    async with reading(request.app[POOL], asks) as conn:
        found = await queries.enrollment(conn, asks, enrollment_id(request))
        fieldlab = await queries.fieldlab_of(conn, found.session_id) if found else None
    if found is None:
        raise not_found()
    if not asks.has("organiser", fieldlab):
        raise Rejected("not-the-organiser", 403, "This is for organisers of this fieldlab.")
    return asks, found


async def _decide(request: web.Request, command: OfAnApprover) -> web.Response:
    return json(shown((await ask(request.app, signed_in(request), command)).view))


LATELY = timedelta(days=2)


class KeptSeats(Input):
    group: SeatGroup
    seats: Number = Field(ge=1, le=10_000)
    until: AwareDatetime


class SeatChanges(Input):
    """What to change of a session's seats; what is left out stays as it is."""

    capacity: Number | None = Field(default=None, ge=1, le=10_000)
    enrollment_closes_at: AwareDatetime | None = None
    offer_hours: Number | None = Field(default=None, ge=1, le=720)
    needs_approval: bool | None = None
    approval_hours: Number | None = Field(default=None, ge=1, le=720)
    holds_seat: bool | None = None
    minimum: Number | None = Field(default=None, ge=1, le=10_000)
    decide_at: AwareDatetime | None = None
    reserved: tuple[KeptSeats, ...] | None = Field(default=None, max_length=3)
    withdraw_hours: Number | None = Field(default=None, ge=0, le=720)

    @field_validator("enrollment_closes_at", "decide_at")
    @classmethod
    def _not_long_ago(cls, at: datetime | None) -> datetime | None:
        """At once is a time to close; long ago is a mistake, and may be no date that everybody can read."""
        if at is not None and at < datetime.now(UTC) - LATELY:
            raise PydanticCustomError("in_the_past", "Choose a moment that is still to come")
        return at

    @field_validator("reserved")
    @classmethod
    def _each_group_once(cls, reserved: tuple[KeptSeats, ...] | None) -> tuple[KeptSeats, ...] | None:
        if reserved and len({one.group for one in reserved}) < len(reserved):
            raise PydanticCustomError("group_twice", "Name each group once")
        return reserved


async def get_reasons(request: web.Request) -> web.Response:
    asks, session_id = signed_in(request), await own_session(request)
    async with reading(request.app[POOL], asks) as conn:
        found, late = await queries.reasons(conn, session_id), await queries.withdrew_late(conn, session_id)
    return json({"withheld": found is None, "reasons": found or {}, "late": late})


async def get_seats(request: web.Request) -> web.Response:
    asks, session_id = signed_in(request), await own_session(request)
    async with reading(request.app[POOL], asks) as conn:
        return json(await queries.seats(conn, session_id))


async def patch_seats(request: web.Request) -> web.Response:
    asks, session_id = signed_in(request), await own_session(request)
    wanted = SeatChanges.model_validate_json(await request.read())
    return await _ask_as_organiser(
        request,
        ChangeSeats(
            command_id=uuid4(),
            session_id=session_id,
            fieldlabs=frozenset(asks.scopes("organiser")),
            capacity=wanted.capacity,
            closes_at=wanted.enrollment_closes_at,
            offer_hours=wanted.offer_hours,
            needs_approval=wanted.needs_approval,
            approval_hours=wanted.approval_hours,
            holds_seat=wanted.holds_seat,
            withdraw_hours=wanted.withdraw_hours,
            minimum=wanted.minimum,
            decide_at=wanted.decide_at,
            reserved=None
            if wanted.reserved is None
            else tuple(ReservedSeats(group=one.group, seats=one.seats, until=one.until) for one in wanted.reserved),
        ),
    )


async def post_session_cancellation(request: web.Request) -> web.Response:
    return await _say_of_session(request, CancelSession, "cancel")


async def post_session_confirmation(request: web.Request) -> web.Response:
    return await _say_of_session(request, GoOn, "confirm")


async def _say_of_session(request: web.Request, command: type[CancelSession | GoOn], verb: str) -> web.Response:
    asks, session_id = signed_in(request), await own_session(request)
    Nothing.model_validate_json(await request.read() or b"{}")
    key = request.headers.get(IDEMPOTENCY_KEY)
    return await _ask_as_organiser(
        request,
        command(
            command_id=answers.command_id(asks.person_id, key) if key else uuid4(),
            session_id=session_id,
            fieldlabs=frozenset(asks.scopes("organiser")),
            keyed=answers.keyed(f"{verb} session {session_id}") if key else None,
        ),
    )


async def _ask_as_organiser(request: web.Request, command: OfAnOrganiser) -> web.Response:
    answer = await agreed(request.app, command)
    assert isinstance(answer, SeatsAre), "the desk tells organisers how the seats are"
    return json(queries.seats_view(answer))


Marked = Annotated[list[UUID], Field(max_length=10_000)]


OUTCOMES: Mapping[str, Outcome] = {"present": "attended", "absent": "no_show", "completed": "completed"}
"""What a list of the body says of the enrollments in it."""


MOST_ROSTERS = 50


class Attendance(Input):
    """Who was there, who was not, and who was there and passed, by enrollment. Whoever is in no list stays as they are."""

    present: Marked = Field(default_factory=list)
    absent: Marked = Field(default_factory=list)
    completed: Marked = Field(default_factory=list)
    reason: CorrectionReason | None = None

    @field_validator("absent", "completed")
    @classmethod
    def _once(cls, named: list[UUID], info: ValidationInfo) -> list[UUID]:
        before = {one for name in ("present", "absent") for one in info.data.get(name, ())}
        if before & {*named}:
            raise PydanticCustomError("marked_twice", "an enrollment can be in one of the lists only")
        return named

    def marks(self) -> dict[UUID, Outcome]:
        return {one: outcome for name, outcome in OUTCOMES.items() for one in getattr(self, name)}


async def get_attendance(request: web.Request) -> web.Response:
    asks = signed_in(request)
    async with reading(request.app[POOL], asks) as conn:
        return json({"items": await queries.attendance(conn, asks, MOST_ROSTERS)})


async def post_attendance(request: web.Request) -> web.Response:
    """The enrollments that were named, as they are after it."""
    asks, session_id = signed_in(request), await own_session(request)
    wanted = Attendance.model_validate_json(await request.read() or b"{}")
    key = request.headers.get(IDEMPOTENCY_KEY)
    marks = wanted.marks()
    answer = await request.app[DESK].ask(
        MarkAttendance(
            command_id=answers.command_id(asks.person_id, key) if key else uuid4(),
            session_id=session_id,
            fieldlabs=frozenset(asks.scopes("organiser")),
            marks=marks,
            reason=wanted.reason,
            keyed=answers.keyed(f"attendance of {session_id} {wanted.model_dump_json()}") if key else None,
        )
    )
    if isinstance(answer, Refused):
        raise Rejected(answer.slug, answer.status, errors=_pointed_at(wanted, answer))
    async with reading(request.app[POOL], asks) as conn:
        return json({"items": list(map(shown, await queries.named(conn, asks, session_id, marks)))})


def _pointed_at(wanted: Attendance, no: Refused) -> list[dict[str, str]]:
    """Where in the body the enrollments stand that a no is about."""
    return [
        {"pointer": f"#/{name}/{number}", "code": no.slug.replace("-", "_"), "detail": no.slug.replace("-", " ")}
        for name in OUTCOMES
        for number, one in enumerate(getattr(wanted, name))
        if one in no.about
    ][:MOST_FAULTS]


async def own_session(request: web.Request) -> UUID:
    """The session in the path. Raises Rejected: 404 if there is none, 403 if it is not at a fieldlab of the asker's."""
    asks = signed_in(request)
    try:
        session_id = UUID(request.match_info["session_id"])
    except ValueError as error:
        raise not_found() from error
    async with reading(request.app[POOL], asks) as conn:
        fieldlab = await queries.fieldlab_of(conn, session_id)
    if fieldlab is None:
        raise not_found()
    if not asks.has("organiser", fieldlab):
        raise Rejected("not-the-organiser", 403, "This is for organisers of this fieldlab.")
    return session_id


class RetentionTerm(Input):
    months: Number = Field(ge=1, le=120)


async def get_retention(request: web.Request) -> web.Response:
    """The terms of the fieldlabs that are asked for, and what the next run will anonymise of each. For who organises them."""
    asks = signed_in(request)
    wanted = [fieldlab for fieldlab in request.query.get("fieldlabs", "").split(",") if fieldlab]
    if not wanted or not set(wanted) <= asks.scopes("organiser"):
        raise not_found()
    months = request.app[RETENTION_MONTHS]
    async with connection(request.app[POOL]) as conn:
        terms = await retention.terms(conn, wanted, months)
        due = [session for session in await retention.due(conn, datetime.now(UTC), months) if session.fieldlab_id in wanted]
    return json(
        {
            "default": months,
            "items": [
                {
                    "fieldlabId": term.fieldlab_id, "months": term.months, "own": term.own,
                    "due": sum(session.enrollments for session in due if session.fieldlab_id == term.fieldlab_id),
                }
                for term in terms
            ],
        }
    )  # fmt: skip


async def put_retention(request: web.Request) -> web.Response:
    """Choose the term of a fieldlab."""
    asks, fieldlab = signed_in(request), request.match_info["fieldlab_id"]
    if not asks.has("organiser", fieldlab):
        raise not_found()
    wanted = RetentionTerm.model_validate_json(await request.read())
    async with transaction(request.app[POOL]) as conn:
        await retention.choose(conn, fieldlab, wanted.months)
    return json({"fieldlabId": fieldlab, "months": wanted.months, "own": True, "due": 0})


ROUTES: Sequence[web.RouteDef] = [
    web.post("/enrollments/{enrollment_id}/approval", post_approval),
    web.post("/enrollments/{enrollment_id}/rejection", post_rejection),
    web.get("/sessions/{session_id}/seats", get_seats),
    web.patch("/sessions/{session_id}/seats", patch_seats),
    web.get("/sessions/{session_id}/withdrawal-reasons", get_reasons),
    web.post("/sessions/{session_id}/cancellation", post_session_cancellation),
    web.post("/sessions/{session_id}/confirmation", post_session_confirmation),
    web.get("/attendance", get_attendance),
    web.post("/sessions/{session_id}/attendance", post_attendance),
    web.get("/retention", get_retention),
    web.put("/retention/{fieldlab_id}", put_retention),
]
