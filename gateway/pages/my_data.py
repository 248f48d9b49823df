"""What Skillslab knows about somebody: to see, to correct, to take along, and to have forgotten; and how they sign in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from aiohttp import web
from asyncpg import Record

from gateway import acts, names
from gateway.api import me
from gateway.api.passing import id_in_path
from gateway.edge import SETTINGS, signed_in
from gateway.forms import form
from gateway.names import Names
from gateway.pages import refusals
from gateway.pages.addresses import path
from gateway.pages.again import lately
from gateway.pages.page import go, in_words, redirect, show
from gateway.pages.roles import browser_of, scope_name
from gateway.pages.sign_in import forget_cookie
from gateway.people import audit, credentials, identities, inputs, people
from gateway.people.identities import Identity
from gateway.problems import FIELD_FAULTS, language_of
from gateway.settings import IdentityProvider
from shared.database.pool import transaction
from shared.errors import Rejected
from shared.translations import LANGUAGES, Language
from shared.web.principal import Role
from shared.web.reading import reading
from shared.web.server import POOL

MOST_LOOKS = 200


@dataclass(frozen=True)
class Look:
    """That somebody looked at data, by what they are; which colleague it was is not told."""

    at: datetime
    role: str
    scope_name: str
    action: str


@dataclass(frozen=True)
class Connected:
    """An account of an organisation, with the organisation's name."""

    identity: Identity
    name: str


async def get_my_data(request: web.Request) -> web.Response:
    status, refusal = refusals.told(request)
    return await _show(request, {}, {}, refusal=refusal, status=status)


@acts.act("data-corrected")
async def post_my_data(request: web.Request) -> web.Response:
    """Correct name and language, and choose which mails to get."""
    asks = signed_in(request)
    given = await form(request)
    if code := inputs.fault_in_name(given.get("name", "")):
        return await _show(request, given, {"name": FIELD_FAULTS[code] % {"limit": 200}}, status=400)
    language = next((one for one in LANGUAGES if one == given.get("language")), language_of(request))
    declines = [mail for mail in people.CAN_DECLINE if given.get(f"mail-{mail}") != "true"]
    async with transaction(request.app[POOL]) as conn:
        await people.correct(conn, asks.person_id, given.get("name"), language, declines)
    return redirect(path("my-data", language, done="saved"))


@lately("my-data")
@acts.act("signed-out-elsewhere")
async def post_sign_out_elsewhere(request: web.Request) -> web.Response:
    """End every session but this one, at once."""
    asks, cookie = signed_in(request), browser_of(request)
    async with transaction(request.app[POOL]) as conn:
        await credentials.close_other_sessions(conn, asks.person_id, cookie)
    return go(request, "my-data", done="signed-out-elsewhere")


@lately("my-data")
@acts.act("signed-out-there")
async def post_sign_out_there(request: web.Request) -> web.Response:
    """End one session, at once."""
    asks, _cookie = signed_in(request), browser_of(request)
    async with transaction(request.app[POOL]) as conn:
        await credentials.close_session_of(conn, asks.person_id, id_in_path(request, "browser"))
    return go(request, "my-data", done="signed-out-there")


async def get_everything(request: web.Request) -> web.Response:
    """All of it on one page, to read or to print."""
    told = await me.everything(request)
    return await show(request, "people/everything.html", told=told)


async def get_who_looked(request: web.Request) -> web.Response:
    asks, language = signed_in(request), language_of(request)
    async with reading(request.app[POOL], asks) as conn:
        rows = await audit.looks(conn, asks.person_id, MOST_LOOKS)
    known = await names.names(request)
    return await show(request, "people/who-looked.html", looks=_looks(rows, known, language))


async def get_erase(request: web.Request) -> web.Response:
    return await _show_erase(request)


@lately("erase")
async def post_erase(request: web.Request) -> web.Response:
    """Forget who asks; the page that follows tells how far it is, to whoever has its address."""
    browser_of(request)
    try:
        erasure_id = await me.erase(request)
    except Rejected as no:
        if no.slug != "last-operator":
            raise
        return await _show_erase(request, refusal=in_words(no), status=no.status)
    return forget_cookie(request, go(request, "erasure", {"erasure": erasure_id}))


async def get_erasure(request: web.Request) -> web.Response:
    erasure = await me.erasure_of(request, id_in_path(request, "erasure"))
    return await show(request, "people/erasure.html", erasure=erasure)


async def _show_erase(request: web.Request, *, refusal: tuple[str, str] | None = None, status: int = 200) -> web.Response:
    browser_of(request)
    return await show(request, "people/erase.html", status=status, kept=me.KEPT, refusal=refusal)


async def _show(
    request: web.Request,
    given: Mapping[str, str],
    faults: Mapping[str, str],
    *,
    refusal: tuple[str, str] | None = None,
    status: int = 200,
) -> web.Response:
    asks, cookie = signed_in(request), browser_of(request)
    async with reading(request.app[POOL], asks) as conn:
        person = await me.known(conn, asks)
        sessions = await credentials.sessions(conn, asks.person_id, cookie)
        held = await identities.of(conn, asks.person_id)
    wanted = {f"mail-{mail}": "true" for mail in people.CAN_DECLINE if mail not in person.declines}
    return await show(
        request,
        "people/my-data.html",
        status=status,
        person=person,
        given=given or {"name": person.name, "language": person.language, **wanted},
        faults=faults,
        sessions=sessions,
        connected=_connected(held, request.app[SETTINGS].oidc_providers),
        providers=_not_connected(held, request.app[SETTINGS].oidc_providers),
        refusal=refusal,
    )


def _connected(held: Sequence[Identity], providers: Sequence[IdentityProvider]) -> Sequence[Connected]:
    """With the address of the issuer where its provider is no longer there."""
    called = {provider.issuer: provider.name for provider in providers}
    return [Connected(one, called.get(one.issuer, one.issuer)) for one in held]


def _not_connected(held: Sequence[Identity], providers: Sequence[IdentityProvider]) -> Sequence[IdentityProvider]:
    issuers = {one.issuer for one in held}
    return [provider for provider in providers if provider.issuer not in issuers]


def _looks(rows: Sequence[Record], known: Names, language: Language) -> Sequence[Look]:
    return [
        Look(row["at"], row["role"], scope_name(known, Role(row["role"], row["scope"]), "", language), row["action"])
        for row in rows
    ]
