"""Courses and their sessions: read by anyone, made by the organisers of a fieldlab."""

from __future__ import annotations

from aiohttp import web

from gateway import acts
from gateway.api.operation import Operations
from gateway.api.passing import forward, id_in_path, made
from gateway.api.shapes import (
    Course,
    CourseChanges,
    CourseFilter,
    CourseWithSessions,
    FoundCourses,
    NewCourse,
    NewSession,
    Nothing,
    Page,
    SeatChanges,
    Seats,
    Session,
    SessionChanges,
    SessionsById,
    WithdrawalReasons,
)
from gateway.clients import CATALOG, ENROLLMENT
from gateway.edge import signed_in

courses = Operations("Courses")
NOT_THEIRS = ["403 not-the-organiser"]


@courses.declare("GET", "/v1/courses", "Find courses", {200: FoundCourses}, query=CourseFilter)
async def get_courses(request: web.Request) -> web.Response:
    """Full-text search in Dutch and English that forgives a misspelt word and finds it inside a longer one."""
    return await forward(request, request.app[CATALOG])


@courses.declare(
    "POST", "/v1/courses", "Add a course", {201: Course}, who="organiser", body=NewCourse, problems=NOT_THEIRS,
    leads_to={"get_course": "courseId", "patch_course": "courseId", "post_session": "courseId"},
)  # fmt: skip
@acts.act("course-made")
async def post_course(request: web.Request) -> web.Response:
    """At your own fieldlab. It is published at once unless `state` says draft."""
    signed_in(request)
    return made(await forward(request, request.app[CATALOG]), "/v1/courses")


@courses.declare("GET", "/v1/courses/{courseId}", "One course", {200: CourseWithSessions})
async def get_course(request: web.Request) -> web.Response:
    """With its sessions that are not over. A draft is there only for the organisers of its fieldlab."""
    return await forward(request, request.app[CATALOG])


@courses.declare(
    "PATCH", "/v1/courses/{courseId}", "Change a course", {200: Course}, who="organiser", body=CourseChanges,
    problems=[*NOT_THEIRS, "409 course-has-sessions"],
)  # fmt: skip
@acts.act("course-changed")
async def patch_course(request: web.Request) -> web.Response:
    """What is left out stays as it is."""
    signed_in(request)
    return await forward(request, request.app[CATALOG])


@courses.declare(
    "POST", "/v1/courses/{courseId}/sessions", "Announce a session", {201: Session}, who="organiser", body=NewSession,
    problems=[*NOT_THEIRS, "409 course-not-published"],
    leads_to={"get_session": "sessionId", "patch_session": "sessionId", "post_enrollment": "sessionId"},
)  # fmt: skip
@acts.act("session-announced")
async def post_session(request: web.Request) -> web.Response:
    """It is `announced` until the desk opens it, within a second."""
    signed_in(request)
    return made(await forward(request, request.app[CATALOG]), "/v1/sessions")


@courses.declare("GET", "/v1/sessions", "Sessions by id", {200: Page[Session]}, query=SessionsById)
async def get_sessions(request: web.Request) -> web.Response:
    """Up to a hundred at once, in whatever state."""
    return await forward(request, request.app[CATALOG])


@courses.declare("GET", "/v1/sessions/{sessionId}", "One session", {200: Session})
async def get_session(request: web.Request) -> web.Response:
    """With its seats as the desk last told."""
    return await forward(request, request.app[CATALOG])


@courses.declare(
    "PATCH", "/v1/sessions/{sessionId}", "Describe a session differently", {200: Session}, who="organiser",
    body=SessionChanges, problems=[*NOT_THEIRS, "409 session-started"],
)  # fmt: skip
@acts.act("session-changed")
async def patch_session(request: web.Request) -> web.Response:
    """Its texts, place and times. Its seats are the desk's."""
    signed_in(request)
    return await forward(request, request.app[CATALOG])


@courses.declare(
    "GET", "/v1/sessions/{sessionId}/seats", "The seats as the desk has them", {200: Seats}, who="organiser",
    problems=NOT_THEIRS,
)  # fmt: skip
async def get_seats(request: web.Request) -> web.Response:
    """The session itself shows them too, a moment later."""
    signed_in(request)
    id_in_path(request, "sessionId")
    return await forward(request, request.app[ENROLLMENT])


@courses.declare(
    "GET", "/v1/sessions/{sessionId}/withdrawal-reasons", "Why people withdrew", {200: WithdrawalReasons}, who="organiser",
    problems=NOT_THEIRS,
)  # fmt: skip
async def get_withdrawal_reasons(request: web.Request) -> web.Response:
    """Counts of the reasons that people chose to give, over all sessions of the course at this fieldlab; fewer than five are
    withheld. Who gave which is kept nowhere.
    """
    signed_in(request)
    id_in_path(request, "sessionId")
    return await forward(request, request.app[ENROLLMENT])


@courses.declare(
    "PATCH", "/v1/sessions/{sessionId}/seats", "Change the seats", {200: Seats}, who="organiser", body=SeatChanges,
    problems=[*NOT_THEIRS, "400 closes-after-the-start", "409 seats-are-held", "409 seats-are-kept", "409 session-started",
              "409 session-cancelled"],
)  # fmt: skip
@acts.act("seats-changed")
async def patch_seats(request: web.Request) -> web.Response:
    """How many there are, and until when people enroll. More of them go to who waits at once; there are never fewer than are
    held.
    """
    signed_in(request)
    id_in_path(request, "sessionId")
    return await forward(request, request.app[ENROLLMENT])


@courses.declare(
    "POST", "/v1/sessions/{sessionId}/cancellation", "Cancel a session", {200: Seats}, who="organiser", body=Nothing,
    body_required=False, problems=[*NOT_THEIRS, "409 session-started"],
)  # fmt: skip
@acts.act("session-cancelled")
async def post_session_cancellation(request: web.Request) -> web.Response:
    """It does not take place: everybody who was in is out, and is told. Again changes nothing and answers the same."""
    signed_in(request)
    id_in_path(request, "sessionId")
    return await forward(request, request.app[ENROLLMENT])


@courses.declare(
    "POST", "/v1/sessions/{sessionId}/confirmation", "Say that a session takes place", {200: Seats}, who="organiser",
    body=Nothing, body_required=False, problems=[*NOT_THEIRS, "409 session-started", "409 session-cancelled"],
)  # fmt: skip
@acts.act("session-confirmed")
async def post_session_confirmation(request: web.Request) -> web.Response:
    """However many come: it no longer depends on its minimum. Again changes nothing and answers the same."""
    signed_in(request)
    id_in_path(request, "sessionId")
    return await forward(request, request.app[ENROLLMENT])
