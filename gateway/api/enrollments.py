"""Enrollments: the person's own, and those at an organiser's fieldlab."""

from __future__ import annotations

from uuid import UUID

import orjson
from aiohttp import web

from gateway import acts
from gateway.api.operation import Operations
from gateway.api.passing import forward, id_in_path, idempotency_key, made, sent
from gateway.api.shapes import (
    Enrollment,
    EnrollmentFilter,
    EnrollmentRequest,
    EnrollmentWithSteps,
    Nothing,
    Page,
    TicketTaken,
    Withdrawal,
)
from gateway.clients import CATALOG, ENROLLMENT, REQUESTS, Answer, Request
from gateway.edge import signed_in
from gateway.people import transfers
from shared.database.pool import transaction
from shared.errors import Rejected
from shared.web.principal import Principal
from shared.web.server import POOL, json_bytes

enrollments = Operations("Enrollments")


@enrollments.declare(
    "POST", "/v1/enrollments", "Ask for a seat", {201: Enrollment, 200: Enrollment, 202: TicketTaken}, who="worker",
    body=EnrollmentRequest,
    problems=["403 not-a-worker", "404 not-found", "409 session-not-open", "409 opens-later", "409 enrollment-closed",
              "409 group-full", "409 session-cancelled",
              "409 other-session-of-course", "409 prerequisite-missing",
              "400 unknown-municipality"],
    leads_to={"get_enrollment": "enrollmentId", "post_cancellation": "enrollmentId"},
)  # fmt: skip
@acts.act("enrolled")
async def post_enrollment(request: web.Request) -> web.Response:
    """A seat, or a place in the queue when there is none left. A second request by the same person for the same session
    answers 200 with the first. Where a draw is to come, or the desk is busy, it answers 202 with a ticket, and again with the
    same one: `GET /v1/tickets/{ticketId}` ends in the enrollment.
    """
    principal = signed_in(request)
    must_be_worker(principal)
    wanted = await sent(request, EnrollmentRequest)
    answer = await ask_for_seat(request.app, principal, wanted, idempotency_key(request))
    if answer.status == 202:
        return ticket_made(request, answer)
    return made(json_bytes(answer.body, answer.status), "/v1/enrollments")


def ticket_made(request: web.Request, answer: Answer) -> web.Response:
    """What is answered to who has a ticket now, and where to see how it goes on."""
    ticket_id = orjson.loads(answer.body)["ticketId"]
    acts.note(request, f"tickets/{ticket_id}")
    response = json_bytes(answer.body, answer.status)
    response.headers["Location"] = f"/v1/tickets/{ticket_id}"
    return response


def must_be_worker(principal: Principal) -> None:
    if not principal.has("worker"):
        raise Rejected("not-a-worker", 403)


async def ask_for_seat(app: web.Application, principal: Principal, wanted: EnrollmentRequest, key: str | None) -> Answer:
    """The desk's answer. Raises Rejected: 404 for a session that does not exist, 409 for what cannot be now."""
    request = Request(principal, wanted.model_dump(mode="json", by_alias=True, exclude_unset=True), key)
    try:
        return await app[REQUESTS].ask(request)
    except Rejected as no:
        if no.slug == "session-not-open":
            await app[CATALOG].get(f"/sessions/{wanted.session_id}", principal)  # raises 404 if there is none at all
        raise


@enrollments.declare(
    "GET", "/v1/enrollments", "List enrollments", {200: Page[Enrollment]}, who="signed in", query=EnrollmentFilter
)
async def get_enrollments(request: web.Request) -> web.Response:
    """Newest first: your own and, as an organiser, those at your fieldlab."""
    signed_in(request)
    answer = await forward(request, request.app[ENROLLMENT])
    await told_of(request, answer, "enrollments-seen")
    return answer


@enrollments.declare("GET", "/v1/enrollments/{enrollmentId}", "One enrollment", {200: EnrollmentWithSteps}, who="signed in")
async def get_enrollment(request: web.Request) -> web.Response:
    """Your own or, as an organiser, one at your fieldlab."""
    signed_in(request)
    wanted = id_in_path(request, "enrollmentId")
    answer = await forward(request, request.app[ENROLLMENT])
    await told_of(request, answer, "enrollments-seen", f"enrollments/{wanted}")
    return answer


async def told_of(request: web.Request, answer: web.Response, action: str, record: str = "") -> None:
    """Write down whose enrollments are in an answer to somebody else. A worker is only ever told of their own."""
    if signed_in(request).has("organiser") and isinstance(answer.body, bytes):
        told = orjson.loads(answer.body)
        await acts.saw(request, action, {UUID(item["personId"]) for item in told.get("items", [told])}, record)


@enrollments.declare(
    "POST", "/v1/enrollments/{enrollmentId}/cancellation", "Withdraw", {200: Enrollment}, who="signed in",
    body=Withdrawal, body_required=False, problems=["403 not-yours", "409 session-started"],
)  # fmt: skip
@acts.act("withdrew")
async def post_cancellation(request: web.Request) -> web.Response:
    """The seat goes to the next in line at once. Withdrawing again changes nothing and answers the same. After `withdrawUntil`
    it is recorded as late.
    """
    asks, left = signed_in(request), id_in_path(request, "enrollmentId")
    answer = await forward(request, request.app[ENROLLMENT])
    async with transaction(request.app[POOL]) as conn:
        await transfers.drop(conn, asks.person_id, left)
    return answer


@enrollments.declare(
    "POST", "/v1/enrollments/{enrollmentId}/acceptance", "Take the seat that is held for you", {200: Enrollment},
    who="signed in", body=Nothing, body_required=False, problems=["403 not-yours", "409 no-offer", "409 offer-lapsed"],
)  # fmt: skip
@acts.act("offer-accepted")
async def post_acceptance(request: web.Request) -> web.Response:
    """Until `offeredUntil`. Again changes nothing and answers the same."""
    signed_in(request)
    id_in_path(request, "enrollmentId")
    return await forward(request, request.app[ENROLLMENT])


@enrollments.declare(
    "POST", "/v1/enrollments/{enrollmentId}/refusal", "Let the seat that is held for you go", {200: Enrollment},
    who="signed in", body=Nothing, body_required=False, problems=["403 not-yours", "409 no-offer"],
)  # fmt: skip
@acts.act("offer-refused")
async def post_refusal(request: web.Request) -> web.Response:
    """It goes to the next in line at once, and you leave the list."""
    signed_in(request)
    id_in_path(request, "enrollmentId")
    return await forward(request, request.app[ENROLLMENT])
