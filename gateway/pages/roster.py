"""The roster of a session: who has a place, by name, and whether they were there. For its organisers alone."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import orjson
from aiohttp import web

from gateway import acts, names
from gateway.api.attendance import note_marks
from gateway.api.passing import id_in_path
from gateway.clients import CATALOG, ENROLLMENT
from gateway.edge import signed_in
from gateway.forms import form
from gateway.pages import catalogue
from gateway.pages.catalogue import SessionOfCourse
from gateway.pages.organiser import explained, organiser
from gateway.pages.page import go, in_words, show
from gateway.people import people
from gateway.problems import language_of
from shared.database.pool import connection
from shared.errors import Rejected
from shared.web.server import POOL

HOLD_A_PLACE = ("confirmed", "attended", "completed", "no_show")
MARK_OF: Mapping[str, str] = {"attended": "present", "no_show": "absent", "completed": "completed"}
MARKS = ("present", "absent", "completed")
AT_ONCE = 80
"""People on a page: a form takes a hundred fields."""
FIELD = re.compile(rf"mark\.([0-9a-f]{{8}}(?:-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}})\.({'|'.join(HOLD_A_PLACE)})")


def _(text: str) -> str:
    """Marks a text for translation."""
    return text


@dataclass(frozen=True)
class Place:
    """Somebody who has a place. The name is empty for who was erased."""

    enrollment_id: str
    person_id: UUID
    state: str
    name: str

    @property
    def mark(self) -> str:
        return MARK_OF.get(self.state, "")

    @property
    def field(self) -> str:
        """Says what was shown: of whom nothing else is chosen, nothing is told to the desk."""
        return f"mark.{self.enrollment_id}.{self.state}"


@dataclass(frozen=True)
class Roster:
    """One page of it, in the order of the names."""

    places: Sequence[Place]
    page: int
    pages: int
    total: int

    @property
    def is_marked(self) -> bool:
        return any(place.mark for place in self.places)

    @property
    def unmarked(self) -> int:
        return sum(not place.mark for place in self.places)


async def get_roster(request: web.Request) -> web.Response:
    session = await _own_session(request)
    return await _show(request, session, await _roster(request, session, request.query.get("page", "")), {})


@acts.act("attendance-marked")
async def post_roster(request: web.Request) -> web.Response:
    """Mark whoever is chosen, and everybody else on the page as well if that is asked. A no comes back with the choices."""
    session = await _own_session(request)
    given = await form(request)
    roster = await _roster(request, session, given.get("page", ""))
    told, corrects = chosen(given)
    if given.get("rest") == "present":
        told["present"] += [place.enrollment_id for place in roster.places if not place.mark and not given.get(place.field)]
    if not any(told.values()):
        return await _show(request, session, roster, given, {"": _("Choose for at least one person what to mark.")}, status=400)
    if corrects and not given.get("reason"):
        return await _show(request, session, roster, given, {"reason": _("Say why you correct it.")}, status=400)
    body = {**told, "reason": given["reason"]} if corrects else told
    try:
        await request.app[ENROLLMENT].call(
            "POST", f"/sessions/{session.id}/attendance", signed_in(request), body=orjson.dumps(body)
        )
    except Rejected as no:
        if no.status == 409:
            return await _show(request, session, roster, given, refusal=in_words(no), status=409)
        return await _show(request, session, roster, given, explained(no, language_of(request)), status=400)
    marked = {place.person_id for place in roster.places if any(place.enrollment_id in ids for ids in told.values())}
    note_marks(request, session.id, marked - {signed_in(request).person_id}, corrects=corrects)
    page = roster.page if roster.page > 1 else None
    return go(request, "roster", {"session": session.id}, page=page, done="attendance-marked")


def chosen(given: Mapping[str, str]) -> tuple[dict[str, list[str]], bool]:
    """What of a form is otherwise than it was shown, by mark; and whether that corrects what was marked before."""
    told: dict[str, list[str]] = {mark: [] for mark in MARKS}
    corrects = False
    for name, mark in given.items():
        found = FIELD.fullmatch(name)
        if found and mark in told and mark != MARK_OF.get(found[2]):
            told[mark].append(found[1])
            goes_on = found[2] == "confirmed" or (found[2], mark) == ("attended", "completed")
            corrects = corrects or not goes_on
    return told, corrects


async def _own_session(request: web.Request) -> SessionOfCourse:
    """The session in the address. Raises Rejected: 404 if there is none, 403 if it is somebody else's."""
    asks = organiser(request)
    shape = await request.app[CATALOG].get_json(f"/sessions/{id_in_path(request, 'session')}", asks)
    if not asks.has("organiser", shape["fieldlabId"]):
        raise Rejected("not-the-organiser", 403)
    return catalogue.session(shape, language_of(request))


async def _roster(request: web.Request, session: SessionOfCourse, page: str) -> Roster:
    """Who has a place is for the desk to say, to this very organiser; only then their names are looked up."""
    asks, enrollment = signed_in(request), request.app[ENROLLMENT]
    lists = await asyncio.gather(
        *(names.whole_list(enrollment, "/enrollments", asks, sessionId=session.id, state=state) for state in HOLD_A_PLACE)
    )
    held = {item["id"]: item for items in lists for item in items}  # once, though it was marked while we asked
    async with connection(request.app[POOL]) as conn:
        found = await people.people(conn, {UUID(item["personId"]) for item in held.values()})
    called = {person.person_id: person.name or person.email for person in found}
    places = [
        Place(item["id"], UUID(item["personId"]), item["state"], called.get(UUID(item["personId"]), ""))
        for item in held.values()
    ]
    places.sort(key=lambda place: (not place.name, names.plain(place.name), place.enrollment_id))
    pages = max(-(-len(places) // AT_ONCE), 1)
    number = min(max(int(page), 1), pages) if re.fullmatch(r"[0-9]{1,6}", page) else 1
    return Roster(places[(number - 1) * AT_ONCE : number * AT_ONCE], number, pages, len(places))


async def _show(
    request: web.Request, session: SessionOfCourse, roster: Roster, given: Mapping[str, str],
    faults: Mapping[str, str] | None = None, *, refusal: tuple[str, str] | None = None, status: int = 200,
) -> web.Response:  # fmt: skip
    """With whose names it shows written down first."""
    await acts.saw(request, "roster-seen", {place.person_id for place in roster.places if place.name}, f"sessions/{session.id}")
    return await show(
        request, "organiser/roster.html", status=status, session=session, roster=roster, given=given, faults=faults or {},
        refusal=refusal,
    )  # fmt: skip
