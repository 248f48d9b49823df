"""What somebody is here: choosing between roles, taking one up by invitation, giving one up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aiohttp import web

from gateway import acts, names
from gateway.api.passing import id_in_path
from gateway.edge import cookie_of_session, signed_in
from gateway.forms import form
from gateway.names import Names
from gateway.pages.page import go, in_words, redirect, show
from gateway.pages.sign_in import own_page
from gateway.people import credentials, people, roles
from gateway.people.credentials import WORKER
from gateway.people.roles import Held
from gateway.problems import language_of
from shared.database.pool import transaction
from shared.errors import Rejected
from shared.translations import Language
from shared.web.principal import Principal, Role
from shared.web.reading import reading
from shared.web.server import POOL


@dataclass(frozen=True)
class Choice:
    """A role that somebody may choose on this browser."""

    role: Role
    scope_name: str
    chosen: bool


def scope_name(known: Names, role: Role, employer_name: str, language: Language) -> str:
    """The fieldlab, employer or region of a role in words; empty for who has none."""
    match role.name:
        case "organiser":
            return known.fieldlabs.get(role.scope, role.scope)
        case "region":
            return known.region(role.scope, language)
        case "employer" | "employer-contact":
            return employer_name
    return ""


async def get_roles(request: web.Request) -> web.Response:
    return await _show(request)


async def get_give_up(request: web.Request) -> web.Response:
    """Where a refusal leaves somebody who then loads the page anew."""
    return go(request, "roles")


@acts.act("role-chosen")
async def post_act_as(request: web.Request) -> web.Response:
    """Be this on this browser from now on, and begin at what it is about."""
    role = role_in(await form(request))
    cookie = browser_of(request)
    async with transaction(request.app[POOL]) as conn:
        await credentials.act_as(conn, cookie, role)
    principal = Principal(signed_in(request).person_id, (WORKER, role))
    acts.note(request, as_record(role))
    return redirect(own_page(principal, language_of(request)))


@acts.act("role-given-up")
async def post_give_up(request: web.Request) -> web.Response:
    asks, role = signed_in(request), role_in(await form(request))
    try:
        async with transaction(request.app[POOL]) as conn:
            await roles.withdraw(conn, asks.person_id, role)
    except Rejected as no:
        if no.slug != "last-operator":
            raise
        return await _show(request, refusal=in_words(no), status=no.status)
    acts.note(request, as_record(role))
    return go(request, "roles", done="role-given-up")


@acts.act("role-accepted")
async def post_accept(request: web.Request) -> web.Response:
    """Take the role, and be it here at once."""
    asks, cookie = signed_in(request), browser_of(request)
    async with transaction(request.app[POOL]) as conn:
        role = await roles.accept(conn, asks.person_id, id_in_path(request, "invitation"))
        await credentials.act_as(conn, cookie, role)
    acts.note(request, as_record(role))
    return go(request, "roles")


@acts.act("invitation-declined")
async def post_decline(request: web.Request) -> web.Response:
    asks = signed_in(request)
    async with transaction(request.app[POOL]) as conn:
        await roles.decline(conn, asks.person_id, id_in_path(request, "invitation"))
    return go(request, "roles", done="invitation-declined")


def as_record(role: Role) -> str:
    """How a role is named in the audit log."""
    return "/".join(filter(None, ("roles", role.name, role.scope)))


def role_in(given: object) -> Role:
    """The role that a form names. One that does not exist is nobody's."""
    fields = given if isinstance(given, dict) else {}
    return Role(fields.get("role", ""), fields.get("scope", ""))


def browser_of(request: web.Request) -> str:
    """The cookie of the browser that asks. Raises Rejected (401) for a program: roles are chosen on a page."""
    cookie = cookie_of_session(request)
    if not cookie:
        raise Rejected("not-signed-in", 401)
    return cookie


async def _show(request: web.Request, *, refusal: tuple[str, str] | None = None, status: int = 200) -> web.Response:
    asks, language = signed_in(request), language_of(request)
    async with reading(request.app[POOL], asks) as conn:
        held = await roles.of(conn, asks.person_id)
        person = await people.person(conn, asks.person_id)
        invitations = await roles.invitations_to(conn, person.email) if person else []
    known = await names.names(request)
    return await show(
        request,
        "people/roles.html",
        status=status,
        choices=_choices(asks, held, known, language),
        invitations=invitations,
        refusal=refusal,
    )


def _choices(asks: Principal, held: Sequence[Held], known: Names, language: Language) -> Sequence[Choice]:
    acting = asks.roles[-1]
    everything = [Choice(WORKER, "", acting == WORKER)]
    everything += [
        Choice(one.role, scope_name(known, one.role, one.employer_name, language), acting == one.role) for one in held
    ]
    return everything
