"""Tokens for programs: made for one role, for reading alone or for changing too, and ended at once."""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import web

from gateway import names
from gateway.api.passing import id_in_path
from gateway.edge import signed_in
from gateway.forms import form
from gateway.pages.page import go, show
from gateway.pages.roles import browser_of, scope_name
from gateway.people import credentials, inputs, roles
from gateway.people.credentials import WORKER
from gateway.problems import FIELD_FAULTS, language_of
from shared.database.pool import transaction
from shared.web.reading import reading
from shared.web.server import POOL

DAYS = {"30": 30, "90": 90, "365": 365}


async def get_tokens(request: web.Request) -> web.Response:
    return await _show(request, {}, {})


async def post_token(request: web.Request) -> web.Response:
    """Make one, and show it: this page is the only place where it ever stands."""
    asks = signed_in(request)
    browser_of(request)
    given = await form(request)
    faults = {}
    if not given.get("name"):
        faults["name"] = FIELD_FAULTS["missing"]
    elif code := inputs.fault_in_name(given["name"]):
        faults["name"] = FIELD_FAULTS[code] % {"limit": 100}
    async with transaction(request.app[POOL]) as conn:
        own = [WORKER, *(held.role for held in await roles.of(conn, asks.person_id))]
        role = next((role for role in own if f"{role.name} {role.scope}".strip() == given.get("role")), None)
        if role is None:
            faults["role"] = FIELD_FAULTS["not_theirs"]
        if faults or role is None:
            token = ""
        else:
            days = DAYS.get(given.get("days", ""), 90)
            can_write = given.get("canWrite") == "true"
            _id, token, _ends = await credentials.make_token(
                conn, asks.person_id, role, name=given["name"][:100], can_write=can_write, days=days
            )
    return await _show(request, {} if token else given, faults, token=token, status=400 if faults else 200)


async def post_revoke(request: web.Request) -> web.Response:
    asks = signed_in(request)
    async with transaction(request.app[POOL]) as conn:
        await credentials.revoke_token(conn, asks.person_id, id_in_path(request, "token"))
    return go(request, "tokens")


async def _show(
    request: web.Request, given: Mapping[str, str], faults: Mapping[str, str], *, token: str = "", status: int = 200
) -> web.Response:
    asks, language = signed_in(request), language_of(request)
    async with reading(request.app[POOL], asks) as conn:
        kept = await credentials.tokens(conn, asks.person_id)
        held = await roles.of(conn, asks.person_id)
    known = await names.names(request)
    scopes = {one.role: scope_name(known, one.role, one.employer_name, language) for one in held}
    return await show(
        request,
        "people/tokens.html",
        status=status,
        given={"days": "90", **given},
        faults=faults,
        token=token,
        tokens=[(one, scopes.get(one.role, "")) for one in kept],
        own=[(f"{role.name} {role.scope}".strip(), role, scopes.get(role, "")) for role in (WORKER, *scopes)],
    )
