"""Who else does the same for the same fieldlab, region or employer: inviting them, and withdrawing a role."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from aiohttp import web

from gateway import names
from gateway.api.passing import id_in_path
from gateway.edge import signed_in
from gateway.forms import form
from gateway.pages.page import RELAY, go, in_words, show
from gateway.pages.roles import role_in, scope_name
from gateway.people import inputs, roles
from gateway.problems import FIELD_FAULTS, language_of
from shared.database.pool import transaction
from shared.errors import Rejected, not_found
from shared.web.principal import Principal, Role
from shared.web.reading import reading
from shared.web.server import POOL


async def get_colleagues(request: web.Request) -> web.Response:
    return await _show(request, {}, {})


async def post_invite(request: web.Request) -> web.Response:
    """Ask a colleague by mail to take a role that the asker looks after."""
    asks, language = signed_in(request), language_of(request)
    given = await form(request)
    role = _named(asks, given.get("role", ""))
    email = inputs.address(given.get("email", ""))
    if email is None:
        return await _show(request, given, {"email": FIELD_FAULTS["email"]}, status=400)
    try:
        async with transaction(request.app[POOL]) as conn:
            name = await roles.employer_name(conn, role.scope) if role.name.startswith("employer") else ""
            shown = scope_name(await names.names(request), role, name or "", language)
            await roles.invite(conn, asks, email, role, shown, language)
    except Rejected as no:
        if no.status != 429:
            raise
        return await _show(request, given, {}, refusal=in_words(no), status=no.status)
    request.app[RELAY].wake()
    return go(request, "colleagues", invited="true")


async def post_withdraw_invitation(request: web.Request) -> web.Response:
    asks = signed_in(request)
    async with transaction(request.app[POOL]) as conn:
        await roles.withdraw_invitation(conn, asks, id_in_path(request, "invitation"))
    return go(request, "operator" if asks.has("operator") else "colleagues")


async def post_withdraw_role(request: web.Request) -> web.Response:
    """End somebody's role at once. Raises Rejected (404) for a role that the asker does not look after."""
    asks = signed_in(request)
    given = await form(request)
    role = role_in(given)
    try:
        person_id = UUID(given.get("person", ""))
    except ValueError as error:
        raise not_found() from error
    if not roles.looks_after(asks, role):
        raise not_found()
    async with transaction(request.app[POOL]) as conn:
        await roles.withdraw(conn, person_id, role)
    return go(request, "operator" if asks.has("operator") else "colleagues")


def _named(asks: Principal, name: str) -> Role:
    """The role of this name that the asker invites colleagues to. Raises Rejected (404) for any other."""
    found = next((role for role in roles.looked_after(asks) if role.name == name), None)
    if found is None:
        raise not_found()
    return found


async def _show(
    request: web.Request,
    given: Mapping[str, str],
    faults: Mapping[str, str],
    *,
    refusal: tuple[str, str] | None = None,
    status: int = 200,
) -> web.Response:
    asks, language = signed_in(request), language_of(request)
    own = roles.looked_after(asks)
    if not own:
        raise Rejected("no-colleagues", 403)
    role_names, scope = [role.name for role in own], own[0].scope
    async with reading(request.app[POOL], asks) as conn:
        held, _total = await roles.holders(conn, role_names, scope)
        invitations = await roles.pending(conn, role_names, scope)
        employer = await roles.employer_name(conn, scope) if own[0].name.startswith("employer") else ""
    known = await names.names(request)
    return await show(
        request,
        "people/colleagues.html",
        status=status,
        given={"role": own[0].name, **given},
        faults=faults,
        refusal=refusal,
        invited=request.query.get("invited") == "true",
        own=own,
        place_name=scope_name(known, own[0], employer or "", language),
        held=held,
        invitations=invitations,
        me=asks.person_id,
    )
