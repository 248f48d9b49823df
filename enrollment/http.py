"""Translate in, ask, translate out."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from math import ceil
from typing import Annotated, Literal
from uuid import UUID, uuid4, uuid5

from aiohttp import web
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter, ValidationInfo, field_validator
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from enrollment import queries, retention, tickets
from enrollment.commands import (
    AcceptOffer,
    ApproveRequest,
    CancelEnrollment,
    CancelSession,
    ChangeSeats,
    ChangeSession,
    Command,
    GoOn,
    HandOver,
    LeaveLine,
    MarkAttendance,
    OfAnApprover,
    OfAnOrganiser,
    OrganiserOf,
    RefuseOffer,
    RejectRequest,
    RequestSeat,
    Why,
)
from enrollment.desk import Desk
from enrollment.domain import Answer, Refused, SeatsAre, Settled, Ticketed
from enrollment.uptake.http import get_uptake
from shared.contracts.catalog import ReservedSeats, SeatGroup
from shared.contracts.enrollment import (
    CorrectionReason,
    DeclineReason,
    FundingScheme,
    Outcome,
    Sector,
    SizeClass,
    State,
    WorkerGroup,
)
from shared.database.pool import connection, transaction
from shared.errors import Rejected, not_found
from shared.messaging import answers
from shared.text import Whole, filled_in
from shared.web.principal import KEY, Principal, for_services, signed_in
from shared.web.problems import MOST_FAULTS, body_of, rejection
from shared.web.reading import reading
from shared.web.server import POOL, json

DESK = web.AppKey("desk", Desk)
RETENTION_MONTHS = web.AppKey("retention months", int)
IDEMPOTENCY_KEY = "Idempotency-Key"

Municipality = Annotated[str, Field(pattern=r"^GM[0-9]{4}$")]


class Input(BaseModel):
    """What comes in from outside: strict, and nothing unknown."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", frozen=True)


class EnrollmentRequest(Input):
    """A worker's request for a seat. All but the session is voluntary: it serves the region's report, and opens kept seats."""

    session_id: UUID
    work_municipality: Municipality | None = None
    home_municipality: Municipality | None = None
    employer_size_class: SizeClass | None = None
    sector: Sector | None = None
    worker_group: WorkerGroup | None = None
    funding_scheme: FundingScheme | None = None
    group_id: UUID | None = None
    at_once: bool = False
    jobseeker: bool = False
    states_prerequisite: bool = False


class BatchedRequest(Input):
    """One of many requests that the gateway hands over together."""

    principal: str
    key: str | None = None
    request: EnrollmentRequest


BATCH = TypeAdapter(list[BatchedRequest])
PEOPLE = TypeAdapter(list[UUID])
WAITING = TypeAdapter(Annotated[int, Field(ge=0)])


class Nothing(Input):
    """A body in which no field is needed; it may be left out."""


class EnrollmentFilter(Input):
    session_id: UUID | None = None
    state: State | None = None
    page: Whole = Field(default=1, ge=1, le=1_000_000)
    page_size: Whole = Field(default=20, ge=1, le=100)


def a_worker(asks: Principal) -> Principal:
    """Whoever asks, if they are here as a worker. Raises Rejected (403) otherwise."""
    if not asks.has("worker"):
        raise Rejected("not-a-worker", 403, "Only a worker can enroll, for themselves. Sign in as a worker.")
    return asks


class TicketFilter(Input):
    session_id: UUID | None = None
    state: Literal["waiting", "enrolled", "refused", "withdrawn"] | None = None
    page: Whole = Field(default=1, ge=1, le=1_000_000)
    page_size: Whole = Field(default=20, ge=1, le=100)


class DrawPage(Input):
    page: Whole = Field(default=1, ge=1, le=1_000_000)
    page_size: Whole = Field(default=20, ge=1, le=1000)


def request_seat(asks: Principal, request: EnrollmentRequest, key: str | None, *, queues: bool = False) -> RequestSeat:
    return RequestSeat(
        command_id=answers.command_id(asks.person_id, key) if key else uuid4(),
        session_id=request.session_id,
        enrollment_id=uuid4(),
        person_id=asks.person_id,
        work_municipality=request.work_municipality,
        home_municipality=request.home_municipality,
        employer_size_class=request.employer_size_class,
        sector=request.sector,
        worker_group=request.worker_group,
        funding_scheme=request.funding_scheme,
        group_id=request.group_id,
        at_once=request.at_once,
        jobseeker=request.jobseeker,
        states_prerequisite=request.states_prerequisite,
        queues=queues,
        keyed=answers.keyed(request.model_dump_json()) if key else None,
    )


@dataclass(frozen=True)
class Told:
    """What the desk's answer is on the wire."""

    status: int
    view: queries.View | Ticketed


async def ask(app: web.Application, asks: Principal, command: Command) -> Told:
    """The desk's answer, for the person who asked. Raises Rejected for an expected no."""
    answer = await _agreed(app, command)
    if isinstance(answer, Ticketed):
        return Told(202, answer)
    assert isinstance(answer, Settled), "the desk settles what people ask about themselves"
    enrollment, position = answer.enrollment, answer.position
    if enrollment.state == "waitlisted" and position is None:
        async with reading(app[POOL], asks) as conn:
            found = await queries.enrollment(conn, asks, enrollment.enrollment_id)
        if found is None:
            raise not_found()
        return Told(200, found)
    return Told(201 if answer.new else 200, queries.view(enrollment, position, answer.overlaps))


async def _agreed(app: web.Application, command: Command) -> Answer:
    answer = await app[DESK].ask(command)
    if isinstance(answer, Refused):
        if answer.retry_at is not None:
            raise _later(answer, answer.retry_at)
        faults = [
            {"pointer": one.pointer, "code": one.code, "limit": one.limit, "detail": answer.slug} for one in answer.faults
        ]
        raise Rejected(answer.slug, answer.status, retry_after=1 if answer.slug == "session-not-open" else None, errors=faults)
    return answer


def _later(no: Refused, at: datetime) -> Rejected:
    """A no that says when it will be otherwise, for programs and people alike."""
    seconds = max(ceil((at - datetime.now(UTC)).total_seconds()), 1)
    moment = f"{at:%Y-%m-%dT%H:%M:%SZ}"
    told = {"pointer": "#", "code": "opens_at", "detail": f"Enrolling opens at {moment}.", "limit": moment}
    return Rejected(no.slug, no.status, retry_after=seconds, errors=[told])


async def post_enrollment(request: web.Request) -> web.Response:
    asks = a_worker(signed_in(request))
    wanted = EnrollmentRequest.model_validate_json(await request.read())
    told = await ask(request.app, asks, request_seat(asks, wanted, request.headers.get(IDEMPOTENCY_KEY)))
    return json(shown(told.view), told.status)


async def post_enrollment_batch(request: web.Request) -> web.Response:
    """Many people's requests at once, each with its own principal, answered one by one in the same order. `waiting` is how many
    more there are behind them: at a rush they get tickets.
    """
    batch = BATCH.validate_json(await request.read())
    rushed = request.app[DESK].is_rushed(WAITING.validate_python(request.query.get("waiting", 0)))
    return json(await asyncio.gather(*(_one_of_batch(request.app, item, rushed) for item in batch)))


async def _one_of_batch(app: web.Application, item: BatchedRequest, rushed: bool) -> dict[str, object]:
    try:
        asks = a_worker(app[KEY].check(item.principal))
        told = await ask(app, asks, request_seat(asks, item.request, item.key, queues=rushed))
    except Exception as error:
        rejected = rejection(error)
        return {"status": rejected.status, "body": body_of(rejected), "retryAfter": rejected.retry_after}
    return {"status": told.status, "body": shown(told.view)}


async def get_enrollments(request: web.Request) -> web.Response:
    asks = signed_in(request)
    wanted = EnrollmentFilter.model_validate(filled_in(request.query))
    async with reading(request.app[POOL], asks) as conn:
        views, total = await queries.enrollments(
            conn, asks, session_id=wanted.session_id, state=wanted.state, page=wanted.page, page_size=wanted.page_size
        )
    return json({"items": list(map(shown, views)), "page": wanted.page, "pageSize": wanted.page_size, "total": total})


async def get_enrollment(request: web.Request) -> web.Response:
    asks = signed_in(request)
    async with reading(request.app[POOL], asks) as conn:
        found = await queries.enrollment(conn, asks, enrollment_id(request))
    if found is None:
        raise not_found()
    return json(shown(found))


async def get_tickets(request: web.Request) -> web.Response:
    asks = signed_in(request)
    wanted = TicketFilter.model_validate(filled_in(request.query))
    async with reading(request.app[POOL], asks) as conn:
        views, total = await tickets.tickets(
            conn, asks, request.app[DESK].now(),
            session_id=wanted.session_id, state=wanted.state, page=wanted.page, page_size=wanted.page_size,
        )  # fmt: skip
    return json({"items": list(map(tickets.shown, views)), "page": wanted.page, "pageSize": wanted.page_size, "total": total})


async def get_ticket(request: web.Request) -> web.Response:
    """One's own, with the enrollment that it became."""
    asks = signed_in(request)
    async with reading(request.app[POOL], asks) as conn:
        view = await tickets.ticket(conn, asks, id_of(request, "ticket_id"), request.app[DESK].now())
        if view is None:
            raise not_found()
        enrollment = await queries.enrollment(conn, asks, view.enrollment_id) if view.enrollment_id else None
    return json(tickets.shown(view) | ({"enrollment": shown(enrollment)} if enrollment else {}))


async def post_ticket_withdrawal(request: web.Request) -> web.Response:
    """The ticket as it is after it."""
    asks = signed_in(request)
    async with reading(request.app[POOL], asks) as conn:
        found = await tickets.ticket(conn, asks, id_of(request, "ticket_id"), request.app[DESK].now())
    if found is None:
        raise not_found()
    Nothing.model_validate_json(await request.read() or b"{}")
    key = request.headers.get(IDEMPOTENCY_KEY)
    await _agreed(
        request.app,
        LeaveLine(
            command_id=answers.command_id(asks.person_id, key) if key else uuid4(),
            session_id=found.session_id,
            ticket_id=found.ticket_id,
            person_id=asks.person_id,
            keyed=answers.keyed(f"leave {found.ticket_id}") if key else None,
        ),
    )
    return await get_ticket(request)


async def get_draw(request: web.Request) -> web.Response:
    wanted = DrawPage.model_validate(filled_in(request.query))
    async with reading(request.app[POOL], None) as conn:
        found = await tickets.draw(conn, id_of(request, "session_id"), page=wanted.page, page_size=wanted.page_size)
    if found is None:
        raise not_found()
    return json(found)


class Withdrawal(Input):
    """Why, if the person cares to say: it is counted, without a name."""

    why: Why | None = None


async def post_cancellation(request: web.Request) -> web.Response:
    asks, found = signed_in(request), await own_enrollment(request, "cancel")
    why = Withdrawal.model_validate_json(await request.read() or b"{}").why
    key = request.headers.get(IDEMPOTENCY_KEY)
    asked = CancelEnrollment(
        command_id=answers.command_id(asks.person_id, key) if key else uuid4(),
        session_id=found.session_id,
        enrollment_id=found.id,
        person_id=asks.person_id,
        keyed=answers.keyed(f"cancel {found.id}") if key else None,  # a hash of one of a few reasons would tell which
        why=why,
    )
    told = await ask(request.app, asks, asked)
    return json(shown(told.view))


async def post_acceptance(request: web.Request) -> web.Response:
    return await _ask_of_own(request, AcceptOffer, "accept")


async def post_refusal(request: web.Request) -> web.Response:
    return await _ask_of_own(request, RefuseOffer, "refuse")


class OtherSession(Input):
    """Where somebody wants a seat instead of the one that they hold."""

    to_session_id: UUID


async def post_move(request: web.Request) -> web.Response:
    asks, found = signed_in(request), await own_enrollment(request, "move")
    wanted = OtherSession.model_validate_json(await request.read())
    key = request.headers.get(IDEMPOTENCY_KEY)
    asked = ChangeSession(
        command_id=answers.command_id(asks.person_id, key) if key else uuid4(),
        session_id=found.session_id,
        enrollment_id=found.id,
        person_id=asks.person_id,
        to_session_id=wanted.to_session_id,
        to_enrollment_id=uuid4(),
        keyed=answers.keyed(f"move {found.id} to {wanted.to_session_id}") if key else None,
    )
    told = await ask(request.app, asks, asked)
    return json(shown(told.view), told.status)


async def own_enrollment(request: web.Request, verb: str) -> queries.View:
    """The enrollment in the path, of who asks. Raises Rejected: 404 for one that they may not see, 403 for one that they see as
    an organiser.
    """
    asks = signed_in(request)
    wanted = enrollment_id(request)
    async with reading(request.app[POOL], asks) as conn:
        found = await queries.enrollment(conn, asks, wanted)
    if found is None:
        raise not_found()
    if found.person_id != asks.person_id:
        raise Rejected("not-yours", 403, f"You can see this enrollment, and only the person concerned can {verb} it.")
    return found


async def _ask_of_own(request: web.Request, command: type[AcceptOffer | RefuseOffer], verb: str) -> web.Response:
    """What only the person concerned asks about an enrollment, without any more to say about it."""
    asks, found = signed_in(request), await own_enrollment(request, verb)
    Nothing.model_validate_json(await request.read() or b"{}")
    key = request.headers.get(IDEMPOTENCY_KEY)
    asked = command(
        command_id=answers.command_id(asks.person_id, key) if key else uuid4(),
        session_id=found.session_id,
        enrollment_id=found.id,
        person_id=asks.person_id,
        keyed=answers.keyed(f"{verb} {found.id}") if key else None,
    )
    told = await ask(request.app, asks, asked)
    return json(shown(told.view))


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


class KeptSeats(Input):
    group: SeatGroup
    seats: int = Field(ge=1, le=10_000)
    until: AwareDatetime


class SeatChanges(Input):
    """What to change of a session's seats; what is left out stays as it is."""

    capacity: int | None = Field(default=None, ge=1, le=10_000)
    enrollment_closes_at: AwareDatetime | None = None
    offer_hours: int | None = Field(default=None, ge=1, le=720)
    needs_approval: bool | None = None
    approval_hours: int | None = Field(default=None, ge=1, le=720)
    holds_seat: bool | None = None
    minimum: int | None = Field(default=None, ge=1, le=10_000)
    decide_at: AwareDatetime | None = None
    reserved: tuple[KeptSeats, ...] | None = Field(default=None, max_length=3)
    withdraw_hours: int | None = Field(default=None, ge=0, le=720)

    @field_validator("reserved")
    @classmethod
    def _each_group_once(cls, reserved: tuple[KeptSeats, ...] | None) -> tuple[KeptSeats, ...] | None:
        if reserved and len({one.group for one in reserved}) < len(reserved):
            raise PydanticCustomError("group_twice", "Name each group once")
        return reserved


async def get_reasons(request: web.Request) -> web.Response:
    asks, session_id = signed_in(request), await own_session(request)
    async with reading(request.app[POOL], asks) as conn:
        found = await queries.reasons(conn, session_id)
    return json({"withheld": found is None, "reasons": found or {}})


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
    answer = await _agreed(request.app, command)
    assert isinstance(answer, SeatsAre), "the desk tells organisers how the seats are"
    return json(queries.seats_view(answer))


Marked = Annotated[list[UUID], Field(max_length=10_000)]
OUTCOMES: Mapping[str, Outcome] = {"present": "attended", "absent": "no_show", "completed": "completed"}
"""What a list of the body says of the enrollments in it."""
MOST_ROSTERS = 50


class Attendance(Input):
    """Who was there, who was not, and who was there and passed, by enrollment. Whoever is in no list stays as they are."""

    present: Marked = []
    absent: Marked = []
    completed: Marked = []
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


class HandOverRequest(EnrollmentRequest):
    """What the gateway passes on once the colleague said yes to what the holder offered."""

    transfer_id: UUID
    enrollment_id: UUID
    from_person_id: UUID
    to_person_id: UUID


async def post_hand_over(request: web.Request) -> web.Response:
    """For the gateway, which knows who offered what to whom. Again changes nothing and answers the same."""
    told = HandOverRequest.model_validate_json(await request.read())
    colleague = Principal(told.to_person_id, ())
    enrollment_id = uuid5(told.transfer_id, str(told.to_person_id))
    command = HandOver(
        command_id=told.transfer_id,
        session_id=told.session_id,
        enrollment_id=told.enrollment_id,
        person_id=told.from_person_id,
        wanted=replace(request_seat(colleague, told, None), command_id=told.transfer_id, enrollment_id=enrollment_id),
    )
    answered = await ask(request.app, colleague, command)
    return json(shown(answered.view), answered.status)


async def get_own_data(request: web.Request) -> web.Response:
    """Everything that stands here about who asks, in full."""
    asks = signed_in(request)
    async with reading(request.app[POOL], asks) as conn:
        return json({"enrollments": await queries.own_data(conn, asks), "tickets": await tickets.own_data(conn, asks)})


async def post_known_people(request: web.Request) -> web.Response:
    """Which of these people still have an enrollment that is told to be theirs."""
    asked = PEOPLE.validate_json(await request.read())
    async with connection(request.app[POOL]) as conn:
        return json(await queries.known_people(conn, asked))


class RetentionTerm(Input):
    months: int = Field(ge=1, le=120)


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


def shown(view: queries.View | Ticketed) -> dict[str, object]:
    """An enrollment or a ticket in the public shape; what does not apply is left out."""
    if isinstance(view, Ticketed):
        return tickets.taken(view)
    shape: dict[str, object] = {
        "id": view.id, "sessionId": view.session_id, "personId": view.person_id, "state": view.state, "revision": view.revision,
    }  # fmt: skip
    if view.position is not None:
        shape["position"] = view.position
    if view.reason is not None:
        shape["reason"] = view.reason
    if view.offered_until is not None:
        shape["offeredUntil"] = view.offered_until
    if view.group_id is not None:
        shape["groupId"] = view.group_id
    if view.approval is not None:
        shape["approval"] = "given" if view.approval == "given" else "needed"
    if view.approval_until is not None:
        shape["approvalUntil"] = view.approval_until
        shape["holdsSeat"] = view.approval == "with-seat"
    if view.withdraw_until is not None:
        shape["withdrawUntil"] = view.withdraw_until
    if view.steps:
        shape["steps"] = view.steps
    if view.stated is not None:
        shape["stated"] = view.stated
    if view.overlaps:
        shape["warnings"] = [
            {"kind": "overlaps", "sessionId": one.session_id, "enrollmentId": one.enrollment_id} for one in view.overlaps
        ]
    return shape


def enrollment_id(request: web.Request) -> UUID:
    """The id in the path. One that cannot be anybody's is simply not found."""
    return id_of(request, "enrollment_id")


def id_of(request: web.Request, name: str) -> UUID:
    try:
        return UUID(request.match_info[name])
    except ValueError as error:
        raise not_found() from error


ROUTES: Sequence[web.RouteDef] = [
    web.post("/enrollments", post_enrollment),
    web.post("/enrollment-batches", for_services(post_enrollment_batch)),
    web.get("/enrollments", get_enrollments),
    web.get("/enrollments/{enrollment_id}", get_enrollment),
    web.post("/enrollments/{enrollment_id}/cancellation", post_cancellation),
    web.post("/enrollments/{enrollment_id}/acceptance", post_acceptance),
    web.post("/enrollments/{enrollment_id}/refusal", post_refusal),
    web.post("/enrollments/{enrollment_id}/approval", post_approval),
    web.post("/enrollments/{enrollment_id}/rejection", post_rejection),
    web.post("/enrollments/{enrollment_id}/move", post_move),
    web.get("/tickets", get_tickets),
    web.get("/tickets/{ticket_id}", get_ticket),
    web.post("/tickets/{ticket_id}/withdrawal", post_ticket_withdrawal),
    web.get("/sessions/{session_id}/draw", get_draw),
    web.get("/sessions/{session_id}/seats", get_seats),
    web.patch("/sessions/{session_id}/seats", patch_seats),
    web.get("/sessions/{session_id}/withdrawal-reasons", get_reasons),
    web.post("/sessions/{session_id}/cancellation", post_session_cancellation),
    web.post("/sessions/{session_id}/confirmation", post_session_confirmation),
    web.get("/attendance", get_attendance),
    web.post("/sessions/{session_id}/attendance", post_attendance),
    web.get("/uptake", get_uptake),
    web.get("/own-data", get_own_data),
    web.get("/retention", get_retention),
    web.put("/retention/{fieldlab_id}", put_retention),
    web.post("/internal/hand-overs", for_services(post_hand_over)),
    web.post("/internal/known-people", for_services(post_known_people)),
]
