"""What people ask about themselves; and what the gateway asks for them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated
from uuid import UUID, uuid4, uuid5

from aiohttp import web
from pydantic import Field, TypeAdapter

from enrollment import queries, tickets
from enrollment.commands import (
    AcceptOffer,
    CancelEnrollment,
    ChangeSession,
    HandOver,
    RefuseOffer,
    RequestSeat,
    Why,
)
from enrollment.http.asking import DESK, IDEMPOTENCY_KEY, Input, Nothing, ask, enrollment_id, shown
from shared.contracts.enrollment import (
    FundingScheme,
    Sector,
    SizeClass,
    State,
    WorkerGroup,
)
from shared.database.pool import connection
from shared.errors import Rejected, not_found
from shared.messaging import answers
from shared.text import Whole, filled_in
from shared.web.principal import KEY, Principal, for_services, signed_in
from shared.web.problems import body_of, rejection
from shared.web.reading import reading
from shared.web.server import POOL, json

Municipality = Annotated[str, Field(pattern=r"^GM[0-9]{4}$")]


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


ROUTES: Sequence[web.RouteDef] = [
    web.post("/enrollments", post_enrollment),
    web.post("/enrollment-batches", for_services(post_enrollment_batch)),
    web.get("/enrollments", get_enrollments),
    web.get("/enrollments/{enrollment_id}", get_enrollment),
    web.post("/enrollments/{enrollment_id}/cancellation", post_cancellation),
    web.post("/enrollments/{enrollment_id}/acceptance", post_acceptance),
    web.post("/enrollments/{enrollment_id}/refusal", post_refusal),
    web.post("/enrollments/{enrollment_id}/move", post_move),
    web.get("/own-data", get_own_data),
    web.post("/internal/hand-overs", for_services(post_hand_over)),
    web.post("/internal/known-people", for_services(post_known_people)),
]
