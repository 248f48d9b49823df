"""Moving to another session of the same course."""

from __future__ import annotations

from aiohttp import web

from gateway import acts
from gateway.api.operation import Operations
from gateway.api.passing import forward, id_in_path, made, sent
from gateway.api.shapes import Enrollment, OtherSession
from gateway.api.transfers import drop
from gateway.clients import CATALOG, ENROLLMENT
from gateway.edge import signed_in
from shared.errors import Rejected

moving = Operations("Enrollments")


@moving.declare(
    "POST", "/v1/enrollments/{enrollmentId}/move", "Move to another session of the course", {201: Enrollment, 200: Enrollment},
    who="signed in", body=OtherSession,
    problems=["403 not-yours", "409 other-session-full", "409 other-session-asks-approval",
              "409 other-session-in-line", "409 opens-later", "409 other-course",
              "409 already-there", "409 no-seat", "409 offer-lapsed", "409 approval-lapsed", "409 session-started",
              "409 session-not-open", "409 session-cancelled", "409 enrollment-closed"],
    leads_to={"get_enrollment": "enrollmentId", "post_cancellation": "enrollmentId"},
)  # fmt: skip
@acts.act("moved")
async def post_move(request: web.Request) -> web.Response:
    """In one step, for who holds a seat: a seat there, and the one here goes to the next in line. Where there is none left
    nothing changes. The answer is the enrollment there. Again changes nothing and answers the same.
    """
    asks, left = signed_in(request), id_in_path(request, "enrollmentId")
    acts.note(request, f"enrollments/{left}")
    try:
        answer = made(await forward(request, request.app[ENROLLMENT]), "/v1/enrollments")
    except Rejected as no:
        if no.slug == "session-not-open":
            there = await sent(request, OtherSession)
            await request.app[CATALOG].get(f"/sessions/{there.to_session_id}", asks)  # raises 404 if there is none at all
        raise
    await drop(request, left)
    return answer
