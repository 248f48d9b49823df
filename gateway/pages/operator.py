"""The operator's page: who has which role on the whole platform, and inviting the first one of each kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import web

from gateway import acts, names
from gateway.clients import RELAY
from gateway.edge import signed_in
from gateway.forms import form
from gateway.names import Names
from gateway.pages.page import go, in_words, show
from gateway.pages.roles import as_record, scope_name
from gateway.people import inputs, roles
from gateway.people.roles import Held
from gateway.problems import FIELD_FAULTS, language_of
from shared.database.pool import Connection, transaction
from shared.errors import Rejected
from shared.translations import Language
from shared.web.principal import Principal, Role, RoleName
from shared.web.reading import reading
from shared.web.server import POOL

ROLES: tuple[RoleName, ...] = ("organiser", "region", "employer", "employer-contact", "operator")
PAGE_SIZE = 50


def _(text: str) -> str:
    """Marks a text for translation."""
    return text


NOT_A_PLACE = _("This is no fieldlab or region that we know. Choose one from the list.")
NO_EMPLOYER = _("Write the name of the employer.")


@dataclass(frozen=True)
class Row:
    """Somebody with a role, as it is shown."""

    held: Held
    scope_name: str


async def get_operator(request: web.Request) -> web.Response:
    return await _show(request, {}, {})


@acts.act("invited")
async def post_invite(request: web.Request) -> web.Response:
    asks, language = operator(request), language_of(request)
    given = await form(request)
    known = await names.names(request)
    name = given.get("role", "")
    email, faulty = inputs.address(given.get("email", ""))
    faults = {"email": FIELD_FAULTS[faulty]} if faulty else {}
    if name not in ROLES:
        faults["role"] = FIELD_FAULTS["not_theirs"]
    elif fault := _fault_in_scope(known, name, given.get("place", "")):
        faults["place"] = fault
    if faults:
        return await _show(request, given, faults, status=400)
    try:
        async with transaction(request.app[POOL]) as conn:
            role, shown = await _role(conn, known, name, given.get("place", ""), language)
            await roles.invite(conn, asks, email, role, shown, language)
    except Rejected as no:
        if no.status not in (409, 429):
            raise
        return await _show(request, given, {}, refusal=in_words(no), status=no.status)
    request.app[RELAY].wake()
    acts.note(request, as_record(role))
    return go(request, "operator", done="invited")


def operator(request: web.Request) -> Principal:
    """Whoever asks, if they are an operator. Raises Rejected (403) otherwise."""
    asks = signed_in(request)
    if not asks.has("operator"):
        raise Rejected("not-the-operator", 403)
    return asks


def _fault_in_scope(known: Names, name: str, place: str) -> str | None:
    match name:
        case "organiser":
            return None if _fieldlab(known, place) else NOT_A_PLACE
        case "region":
            return None if known.find(place) else NOT_A_PLACE
        case "operator":
            return None
    if not place:
        return NO_EMPLOYER
    code = inputs.fault_in_name(place)
    return FIELD_FAULTS[code] % {"limit": 200} if code else None


def _fieldlab(known: Names, place: str) -> str | None:
    if place in known.fieldlabs:
        return place
    return next((fieldlab for fieldlab, name in known.fieldlabs.items() if names.plain(name) == names.plain(place)), None)


async def _role(conn: Connection, known: Names, name: str, place: str, language: Language) -> tuple[Role, str]:
    """The role, and its scope in words. An employer is one of that name, or new."""
    match name:
        case "organiser":
            fieldlab = _fieldlab(known, place) or ""
            return Role("organiser", fieldlab), known.fieldlabs[fieldlab]
        case "region":
            code = known.find(place) or "NL"
            return Role("region", code), known.region(code, language)
        case "employer" | "employer-contact":
            return Role(name, await roles.employer_called(conn, place)), place
    return Role("operator"), ""


async def _show(
    request: web.Request,
    given: Mapping[str, str],
    faults: Mapping[str, str],
    *,
    refusal: tuple[str, str] | None = None,
    status: int = 200,
) -> web.Response:
    asks, language = operator(request), language_of(request)
    asked = request.query.get("page", "1")
    page = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 6 and int(asked) else 1
    async with reading(request.app[POOL], asks) as conn:
        held, total = await roles.holders(conn, ROLES, page=page, page_size=PAGE_SIZE)
        invitations = await roles.pending(conn, ROLES)
    await acts.saw(request, "people-seen", {one.person_id for one in held})
    known = await names.names(request)
    return await show(
        request,
        "people/operator.html",
        status=status,
        given={"role": "organiser", **given},
        faults=faults,
        refusal=refusal,
        rows=[Row(one, scope_name(known, one.role, one.employer_name, language)) for one in held],
        invitations=invitations,
        page=page,
        pages=-(-total // PAGE_SIZE),
        places=[*known.fieldlabs.values(), *known.places(language)],
        role_names=ROLES,
        me=asks.person_id,
    )
