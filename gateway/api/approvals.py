"""Requests for approval: decided by an organiser of the fieldlab."""

from __future__ import annotations

from uuid import UUID

import orjson
from aiohttp import web

from gateway import acts
from gateway.api.operation import Operations
from gateway.api.passing import forward, id_in_path
from gateway.api.shapes import Enrollment, Nothing, Rejection
from gateway.clients import ENROLLMENT
from gateway.edge import signed_in

approvals = Operations("Approvals")
REFUSED = ["403 not-the-organiser", "403 own-request", "409 no-request"]


@approvals.declare(
    "POST", "/v1/enrollments/{enrollmentId}/approval", "Approve a request", {200: Enrollment}, who="organiser",
    body=Nothing, body_required=False, problems=[*REFUSED, "409 approval-lapsed"],
)  # fmt: skip
@acts.act("request-approved")
async def post_approval(request: web.Request) -> web.Response:
    """As any organiser of the fieldlab. A seat that is held is the person's; without one they get a seat, or a place in the
    queue. Again changes nothing and answers the same.
    """
    return await _decide(request)


@approvals.declare(
    "POST", "/v1/enrollments/{enrollmentId}/rejection", "Decline a request", {200: Enrollment}, who="organiser",
    body=Rejection, body_required=False, problems=REFUSED,
)  # fmt: skip
@acts.act("request-declined")
async def post_rejection(request: web.Request) -> web.Response:
    """As any organiser of the fieldlab. A seat that was held goes to the next in line at once. Again changes nothing, and the
    first reason stays.
    """
    return await _decide(request)


async def _decide(request: web.Request) -> web.Response:
    signed_in(request)
    enrollment_id = id_in_path(request, "enrollmentId")
    answer = await forward(request, request.app[ENROLLMENT])
    assert isinstance(answer.body, bytes)
    acts.note(request, f"enrollments/{enrollment_id}", about=[UUID(orjson.loads(answer.body)["personId"])])
    return answer
