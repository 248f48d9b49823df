"""Who else does the same for the same fieldlab, region or employer: inviting them, and withdrawing a role."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from aiohttp import web

from gateway import acts, names
from gateway.api.passing import id_in_path
from gateway.clients import RELAY
from gateway.edge import signed_in
from gateway.forms import form
from gateway.pages.page import go, in_words, show
from gateway.pages.roles import as_record, role_in, scope_name
from gateway.people import inputs, roles
from gateway.problems import FIELD_FAULTS, language_of
from shared.database.pool import transaction
from shared.errors import Rejected, not_found
from shared.web.principal import Principal, Role
from shared.web.reading import reading
from shared.web.server import POOL


async def get_colleagues(request: web.Request) -> web.Response:
    return await _show(request, {}, {})


@acts.act("invited")
async def post_invite(request: web.Request) -> web.Response:
    """Ask a colleague by mail to take a role that the asker looks after."""
    asks, language = signed_in(request), language_of(request)
    given = await form(request)
    role = _named(asks, given.get("role", ""))
    email, fault = inputs.address(given.get("email", ""))
    if fault:
        return await _show(request, given, {"email": FIELD_FAULTS[fault]}, status=400)
    try:
        async with transaction(request.app[POOL]) as conn:
            name = await roles.employer_name(conn, role.scope) if role.name.startswith("employer") else ""
            shown = scope_name(await names.names(request), role, name or "", language)
            await roles.invite(conn, asks, email, role, shown, language)
    except Rejected as no:
        if no.status not in (409, 429):
            raise
        return await _show(request, given, {}, refusal=in_words(no), status=no.status)
    request.app[RELAY].wake()
    acts.note(request, as_record(role))
    return go(request, "colleagues", done="invited")


@acts.act("invitation-withdrawn")
async def post_withdraw_invitation(request: web.Request) -> web.Response:
    asks = signed_in(request)
    async with transaction(request.app[POOL]) as conn:
        await roles.withdraw_invitation(conn, asks, id_in_path(request, "invitation"))
    return go(request, _whence(asks), done="invitation-withdrawn")


async def get_invite(request: web.Request) -> web.Response:
    """Where a form with a fault leaves somebody who then loads the page anew."""
    return go(request, "colleagues")


async def get_withdraw_role(request: web.Request) -> web.Response:
    """Ask whether it is meant: whose role ends is out of it at once."""
    asks, language = signed_in(request), language_of(request)
    person_id, role = _held_by(asks, dict(request.query))
    async with reading(request.app[POOL], asks) as conn:
        held, _total = await roles.holders(conn, [role.name], role.scope)
    found = next((one for one in held if one.person_id == person_id), None)
    if found is None:
        raise not_found()
    await acts.saw(request, "people-seen", {person_id})
    shown = scope_name(await names.names(request), role, found.employer_name, language)
    return await show(request, "people/withdraw-role.html", held=found, scope_name=shown, whence=_whence(asks))


@acts.act("role-withdrawn")
async def post_withdraw_role(request: web.Request) -> web.Response:
    """End somebody's role at once. Raises Rejected (404) for a role that the asker does not look after."""
    asks = signed_in(request)
    person_id, role = _held_by(asks, await form(request))
    async with transaction(request.app[POOL]) as conn:
        await roles.withdraw(conn, person_id, role)
    acts.note(request, as_record(role), about=[person_id])
    return go(request, _whence(asks), done="role-withdrawn")


def _held_by(asks: Principal, given: Mapping[str, str]) -> tuple[UUID, Role]:
    """Whose role it is about, and which. Raises Rejected (404) for a role that the asker does not look after."""
    role = role_in(given)
    try:
        person_id = UUID(given.get("person", ""))
    except ValueError as error:
        raise not_found() from error
    if not roles.looks_after(asks, role):
        raise not_found()
    return person_id, role


def _whence(asks: Principal) -> str:
    """The page on which somebody looks after roles."""
    return "operator" if asks.has("operator") else "colleagues"


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
    await acts.saw(request, "people-seen", {one.person_id for one in held})
    known = await names.names(request)
    return await show(
        request,
        "people/colleagues.html",
        status=status,
        given={"role": own[0].name, **given},
        faults=faults,
        refusal=refusal,
        own=own,
        place_name=scope_name(known, own[0], employer or "", language),
        held=held,
        invitations=invitations,
        me=asks.person_id,
    )
