"""An organiser's page of who asks for approval, and deciding about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import orjson
from aiohttp import web

from gateway import acts, names, words
from gateway.api.passing import id_in_path
from gateway.clients import CATALOG, ENROLLMENT
from gateway.edge import signed_in
from gateway.forms import form
from gateway.names import Json
from gateway.pages import catalogue
from gateway.pages.catalogue import SessionOfCourse
from gateway.pages.organiser import organiser
from gateway.pages.page import go, in_words, show
from gateway.people import people
from gateway.problems import language_of
from shared.database.pool import connection
from shared.errors import Rejected, not_found
from shared.web.server import POOL


@dataclass(frozen=True)
class Request:
    """Somebody who asks for approval, as an organiser of the fieldlab sees them."""

    id: str
    name: str
    """Or their address, of who gave no name."""
    is_own: bool
    until: datetime
    holds_seat: bool


async def get_requests(request: web.Request) -> web.Response:
    return await _show(request, await _own_session(request))


async def get_approve(request: web.Request) -> web.Response:
    """Where a page leads that was left open: the list has the buttons."""
    session, _wanted = await _to_decide(request)
    return go(request, "requests", {"session": session.id})


@acts.act("request-approved")
async def post_approve(request: web.Request) -> web.Response:
    session, wanted = await _to_decide(request)
    try:
        await _decide(request, wanted, "approval", {})
    except Rejected as no:
        return await _refused(request, session, no)
    return go(request, "requests", {"session": session.id}, done="request-approved")


async def get_decline(request: web.Request) -> web.Response:
    session, wanted = await _to_decide(request)
    if wanted["state"] != "requested":
        return go(request, "requests", {"session": session.id})
    asking = await _named(request, session, [wanted])
    if not asking:
        raise not_found()
    reasons = {slug: words.REASONS[slug] for slug in words.NO_REASONS}
    return await show(request, "organiser/decline.html", session=session, asking=asking[0], reasons=reasons)


@acts.act("request-declined")
async def post_decline(request: web.Request) -> web.Response:
    session, wanted = await _to_decide(request)
    reason = (await form(request)).get("reason", "")
    try:
        await _decide(request, wanted, "rejection", {"reason": reason} if reason in words.NO_REASONS else {})
    except Rejected as no:
        return await _refused(request, session, no)
    return go(request, "requests", {"session": session.id}, done="request-declined")


async def _decide(request: web.Request, wanted: Json, verb: str, told: Json) -> None:
    address = f"/enrollments/{wanted['id']}/{verb}"
    await request.app[ENROLLMENT].call("POST", address, signed_in(request), body=orjson.dumps(told))
    acts.note(request, f"enrollments/{wanted['id']}", about=[UUID(wanted["personId"])])


async def _refused(request: web.Request, session: SessionOfCourse, no: Rejected) -> web.Response:
    """The list as it is by now, with why not."""
    if no.status not in (403, 409):
        raise no
    return await _show(request, session, refusal=in_words(no), status=no.status)


async def _own_session(request: web.Request) -> SessionOfCourse:
    """The session in the address. Raises Rejected: 404 if there is none, 403 if it is somebody else's."""
    asks = organiser(request)
    shape = await request.app[CATALOG].get_json(f"/sessions/{id_in_path(request, 'session')}", asks)
    if not asks.has("organiser", shape["fieldlabId"]):
        raise Rejected("not-the-organiser", 403)
    return catalogue.session(shape, language_of(request))


async def _to_decide(request: web.Request) -> tuple[SessionOfCourse, Json]:
    """The enrollment in the address with its session. Raises Rejected: 403 for who organises nothing, 404 for one that is not
    at a fieldlab of theirs.
    """
    asks = organiser(request)
    address = f"/enrollments/{id_in_path(request, 'enrollment')}"
    wanted = await request.app[ENROLLMENT].get_json(address, asks)
    shape = await request.app[CATALOG].get_json(f"/sessions/{wanted['sessionId']}", asks)
    if not asks.has("organiser", shape["fieldlabId"]):
        raise not_found()
    return catalogue.session(shape, language_of(request)), wanted


async def _show(
    request: web.Request, session: SessionOfCourse, *, refusal: tuple[str, str] | None = None, status: int = 200
) -> web.Response:
    asked = {"sessionId": session.id, "state": "requested"}
    waiting = await names.whole_list(request.app[ENROLLMENT], "/enrollments", organiser(request), **asked)
    asking = sorted(await _named(request, session, waiting), key=lambda one: one.until)
    return await show(request, "organiser/requests.html", session=session, asking=asking, refusal=refusal, status=status)


async def _named(request: web.Request, session: SessionOfCourse, requests: Sequence[Json]) -> Sequence[Request]:
    """With the names of those who ask, whom the enrollments show to be at the asker's own fieldlab; that they were looked at is
    written down first.
    """
    ids = {UUID(one["personId"]) for one in requests}
    await acts.saw(request, "requests-seen", ids, f"sessions/{session.id}")
    async with connection(request.app[POOL]) as conn:
        known = {str(one.person_id): one.name or one.email for one in await people.people(conn, ids)}
    own = str(signed_in(request).person_id)
    return [
        Request(
            id=one["id"],
            name=known[one["personId"]],
            is_own=one["personId"] == own,
            until=datetime.fromisoformat(one["approvalUntil"]),
            holds_seat=one["holdsSeat"],
        )
        for one in requests
        if one["personId"] in known
    ]
