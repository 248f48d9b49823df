"""Tokens for programs: made for one role, for reading alone or for changing too, and ended at once."""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import web

from gateway import acts, names
from gateway.api.passing import id_in_path
from gateway.edge import SETTINGS, cookie_name, signed_in
from gateway.forms import form
from gateway.pages.again import lately
from gateway.pages.page import go, show
from gateway.pages.roles import browser_of, scope_name
from gateway.pages.sign_in import is_secure
from gateway.people import credentials, inputs, roles
from gateway.people.credentials import WORKER
from gateway.problems import FIELD_FAULTS, language_of
from shared.database.pool import connection, transaction
from shared.web.principal import Principal
from shared.web.reading import reading
from shared.web.server import POOL

NEW_TOKEN = "skillslab-new-token"  # noqa: S105  (the name of the cookie)
HANDED_OVER_SECONDS = 60
DAYS = {"30": 30, "90": 90, "365": 365}


async def get_tokens(request: web.Request) -> web.Response:
    token = await _handed_over(request, signed_in(request))
    response = await _show(request, {}, {}, token=token)
    response.del_cookie(_cookie(request), path="/", secure=is_secure(request))
    return response


@lately("tokens")
@acts.act("token-made")
async def post_token(request: web.Request) -> web.Response:
    """Make one. The page that follows shows it, once: loading that page again makes no second token and shows none."""
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
        if not faults and role is not None:
            days = DAYS.get(given.get("days", ""), 90)
            can_write = given.get("canWrite") == "true"
            token_id, token, _ends = await credentials.make_token(
                conn, asks.person_id, role, name=given["name"][:100], can_write=can_write, days=days
            )
            acts.note(request, f"tokens/{token_id}")
            return _hand_over(request, token)
    return await _show(request, given, faults, status=400)


def _hand_over(request: web.Request, token: str) -> web.Response:
    """On to the page that shows it. Only the browser carries it there: an address is written down, and we keep a hash alone."""
    response = go(request, "tokens")
    response.set_cookie(
        _cookie(request), token, path="/", httponly=True, samesite="Strict", secure=is_secure(request),
        max_age=HANDED_OVER_SECONDS,
    )  # fmt: skip
    return response


async def _handed_over(request: web.Request, asks: Principal) -> str:
    """The token that this browser brings along, if it is one of who asks; empty otherwise."""
    token = request.cookies.get(_cookie(request), "")
    if not token:
        return ""
    async with connection(request.app[POOL]) as conn:
        return token if await credentials.is_own_token(conn, asks.person_id, token) else ""


def _cookie(request: web.Request) -> str:
    return cookie_name(request.app[SETTINGS], NEW_TOKEN)


@acts.act("token-ended")
async def post_revoke(request: web.Request) -> web.Response:
    asks = signed_in(request)
    async with transaction(request.app[POOL]) as conn:
        await credentials.revoke_token(conn, asks.person_id, id_in_path(request, "token"))
    return go(request, "tokens", done="token-ended")


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
