"""Who was there, and who passed: marked by the organisers of a session."""

from __future__ import annotations

from uuid import UUID

import orjson
from aiohttp import web

from gateway import acts
from gateway.api.operation import Operations
from gateway.api.passing import forward, id_in_path
from gateway.api.shapes import Attendance, MarkedEnrollments
from gateway.clients import ENROLLMENT
from gateway.edge import signed_in

attendance = Operations("Courses")


@attendance.declare(
    "POST", "/v1/sessions/{sessionId}/attendance", "Mark who was there", {200: MarkedEnrollments}, who="organiser",
    body=Attendance, body_required=False,
    problems=["403 not-the-organiser", "404 not-found", "409 session-not-started", "409 session-cancelled",
              "409 holds-no-seat", "409 correction-needs-a-reason"],
)  # fmt: skip
@acts.act("attendance-marked")
async def post_attendance(request: web.Request) -> web.Response:
    """From the start of the session on. All marks count, or none does: `errors` says which enrollment a refusal is about. The
    same mark again changes nothing; another than before is a correction, and needs a reason. Nobody loses a seat by it.
    """
    asks = signed_in(request)
    session_id = id_in_path(request, "sessionId")
    answer = await forward(request, request.app[ENROLLMENT])
    assert isinstance(answer.body, bytes)
    marked = {UUID(item["personId"]) for item in orjson.loads(answer.body)["items"]}
    corrects = bool(orjson.loads(await request.read() or b"{}").get("reason"))
    note_marks(request, session_id, marked - {asks.person_id}, corrects=corrects)
    return answer


def note_marks(request: web.Request, session_id: object, people: set[UUID], *, corrects: bool) -> None:
    """Have it written down of whom it was marked; people see there that somebody did so."""
    acts.note(request, f"sessions/{session_id}", about=people, action="attendance-corrected" if corrects else "")
