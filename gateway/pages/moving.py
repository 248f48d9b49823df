"""Moving to another date of the same course, from the page of an enrollment."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import orjson
from aiohttp import web

from gateway import acts
from gateway.api.transfers import drop
from gateway.clients import CATALOG, ENROLLMENT
from gateway.edge import signed_in
from gateway.forms import form
from gateway.pages import catalogue, enroll
from gateway.pages.catalogue import SessionOfCourse
from gateway.pages.enroll import Enrollment
from gateway.pages.page import as_worker, go, in_words, show
from gateway.problems import language_of
from shared.errors import Rejected, not_found


async def get_move(request: web.Request) -> web.Response:
    enrollment = await enroll.own(request)
    if not enrollment.has_seat:
        return go(request, "enrollment", {"enrollment": enrollment.id})
    return await _show(request, enrollment)


@acts.act("moved")
async def post_move(request: web.Request) -> web.Response:
    """To the date whose button was pressed. A no comes back with the dates as they are by then."""
    enrollment = await enroll.own(request)
    acts.note(request, f"enrollments/{enrollment.id}")
    others = await _other_dates(request, enrollment)
    wanted = (await form(request)).get("session", "")
    if wanted not in {one.id for one in others}:
        raise not_found()
    try:
        _, answer = await request.app[ENROLLMENT].call(
            "POST", f"/enrollments/{enrollment.id}/move", as_worker(signed_in(request)),
            body=orjson.dumps({"toSessionId": wanted}),
        )  # fmt: skip
    except Rejected as no:
        if no.status != 409:
            raise
        return await _show(request, enrollment, refusal=in_words(no), status=409)
    await drop(request, UUID(enrollment.id))
    return go(request, "enrollment", {"enrollment": orjson.loads(answer)["id"]}, done="moved")


async def _other_dates(request: web.Request, enrollment: Enrollment) -> Sequence[SessionOfCourse]:
    shape = await request.app[CATALOG].get_json(f"/courses/{enrollment.session.course_id}")
    return [one for one in catalogue.sessions(shape, language_of(request)) if one.id != enrollment.session.id]


async def _show(
    request: web.Request, enrollment: Enrollment, *, refusal: tuple[str, str] | None = None, status: int = 200
) -> web.Response:
    return await show(
        request,
        "enrollments/other-date.html",
        status=status,
        enrollment=enrollment,
        others=[one for one in await _other_dates(request, enrollment) if one.can_enroll],
        refusal=refusal,
    )
