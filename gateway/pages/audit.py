"""The audit log, for operators: who did what to which record, when and from where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from aiohttp import web

from gateway import acts, names, words
from gateway.forms import form
from gateway.names import Names
from gateway.pages.operator import operator
from gateway.pages.page import go, show
from gateway.pages.roles import scope_name
from gateway.people import audit, inputs, people
from gateway.people.audit import PAGE_SIZE, Entry, Wanted
from gateway.problems import FIELD_FAULTS, language_of
from shared.database.pool import connection
from shared.translations import Language
from shared.web.reading import reading
from shared.web.server import POOL


def _(text: str) -> str:
    """Marks a text for translation."""
    return text


NOBODY = _("Nobody here has this address.")


@dataclass(frozen=True)
class Line:
    entry: Entry
    scope_name: str


@acts.act("audit-read")
async def get_audit(request: web.Request) -> web.Response:
    """What is looked for stands in the address, but for a mail address: that is looked up first, and never part of one."""
    return await _show(request, wanted_in(request), {}, {})


@acts.act("audit-read")
async def post_audit(request: web.Request) -> web.Response:
    """Look somebody up by their address, and go on to what is written about them."""
    operator(request)
    given = await form(request)
    email, fault = inputs.address(given.get("email", ""))
    if fault:
        return await _show(request, Wanted(), given, {"email": FIELD_FAULTS[fault]}, status=400)
    async with connection(request.app[POOL]) as conn:
        person_id = await people.with_address(conn, email)
    if person_id is None:
        return await _show(request, Wanted(), given, {"email": NOBODY}, status=404)
    acts.note(request, f"people/{person_id}", about=[person_id])
    return go(request, "audit", None, person=person_id)


def wanted_in(request: web.Request) -> Wanted:
    """What the address asks for; what makes no sense there does not narrow."""
    query = request.query
    before = query.get("before", "")
    return Wanted(
        person_id=_id(query.get("person", "")),
        action=query["action"] if query.get("action") in words.ACTIONS else None,
        record=query.get("record", "")[:200] or None,
        from_=_day(query.get("from", "")),
        to=_day(query.get("to", "")),
        before=int(before) if before.isascii() and before.isdigit() and len(before) < 19 else None,
    )


async def _show(
    request: web.Request, wanted: Wanted, given: Mapping[str, str], faults: Mapping[str, str], *, status: int = 200
) -> web.Response:
    asks, language = operator(request), language_of(request)
    async with reading(request.app[POOL], asks) as conn:
        entries = await audit.search(conn, wanted, PAGE_SIZE + 1)
    known = await names.names(request)
    shown = entries[:PAGE_SIZE]
    return await show(
        request,
        "people/audit.html",
        status=status,
        lines=[_line(entry, known, language) for entry in shown],
        wanted=wanted,
        given=given,
        faults=faults,
        older=shown[-1].entry_id if len(entries) > PAGE_SIZE else None,
    )


def _line(entry: Entry, known: Names, language: Language) -> Line:
    return Line(entry, scope_name(known, entry.act.role, "", language))


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
