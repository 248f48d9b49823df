"""What Skillslab knows about somebody: to see, to correct, and where they are signed in."""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import web

from gateway.edge import signed_in
from gateway.forms import form
from gateway.pages.addresses import path
from gateway.pages.page import go, redirect, show
from gateway.pages.roles import browser_of
from gateway.people import credentials, inputs, people
from gateway.problems import FIELD_FAULTS, language_of
from shared.database.pool import transaction
from shared.errors import Rejected
from shared.translations import LANGUAGES
from shared.web.reading import reading
from shared.web.server import POOL


async def get_my_data(request: web.Request) -> web.Response:
    return await _show(request, {}, {})


async def post_my_data(request: web.Request) -> web.Response:
    """Correct name and language."""
    asks = signed_in(request)
    given = await form(request)
    if code := inputs.fault_in_name(given.get("name", "")):
        return await _show(request, given, {"name": FIELD_FAULTS[code] % {"limit": 200}}, status=400)
    language = next((one for one in LANGUAGES if one == given.get("language")), language_of(request))
    async with transaction(request.app[POOL]) as conn:
        await people.correct(conn, asks.person_id, given.get("name"), language)
    return redirect(path("my-data", language, saved="true"))


async def post_sign_out_elsewhere(request: web.Request) -> web.Response:
    """End every session but this one, at once."""
    asks, cookie = signed_in(request), browser_of(request)
    async with transaction(request.app[POOL]) as conn:
        await credentials.close_other_sessions(conn, asks.person_id, cookie)
    return go(request, "my-data")


async def _show(
    request: web.Request, given: Mapping[str, str], faults: Mapping[str, str], *, status: int = 200
) -> web.Response:
    asks, cookie = signed_in(request), browser_of(request)
    async with reading(request.app[POOL], asks) as conn:
        person = await people.person(conn, asks.person_id)
        sessions = await credentials.sessions(conn, asks.person_id, cookie)
    if person is None:
        raise Rejected("not-signed-in", 401)
    return await show(
        request,
        "people/my-data.html",
        status=status,
        person=person,
        given={"name": person.name, "language": person.language, **given},
        faults=faults,
        sessions=sessions,
        saved=request.query.get("saved") == "true",
    )
