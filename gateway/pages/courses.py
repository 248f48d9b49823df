"""A course with its sessions."""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import web

from gateway import names
from gateway.api.passing import id_in_path
from gateway.clients import CATALOG, ENROLLMENT
from gateway.edge import who_asks
from gateway.pages import catalogue
from gateway.pages.page import as_worker, show
from gateway.problems import language_of

OUT = ("cancelled", "declined")
"""States of who is no longer in."""


async def get_course(request: web.Request) -> web.Response:
    language = language_of(request)
    shape = await request.app[CATALOG].get_json(f"/courses/{id_in_path(request, 'course')}", who_asks(request))
    return await show(
        request,
        "courses/page.html",
        course=catalogue.course(shape, language),
        sessions=catalogue.sessions(shape, language),
        enrolled=await enrolled(request),
    )


async def enrolled(request: web.Request) -> Mapping[str, Mapping[str, object]]:
    """The visitor's own enrollments that hold a seat or a place in the queue, by session."""
    asks = who_asks(request)
    if asks is None:
        return {}
    own = await names.whole_list(request.app[ENROLLMENT], "/enrollments", as_worker(asks))
    return {one["sessionId"]: one for one in own if one["state"] not in OUT}
