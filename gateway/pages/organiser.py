"""An organiser's own courses with their sessions, and the forms to add one of either."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import uuid4

import orjson
from aiohttp import web

from gateway import acts, names, words
from gateway.api.passing import IDEMPOTENCY_KEY, id_in_path
from gateway.clients import CATALOG, ENROLLMENT
from gateway.edge import signed_in
from gateway.forms import form
from gateway.pages import approvals, catalogue, seat_rules
from gateway.pages.begun import sessions_begun
from gateway.pages.catalogue import Course, SessionOfCourse
from gateway.pages.fields import NO_TIME, moment, take_numbers
from gateway.pages.page import go, in_words, show
from gateway.problems import FIELD_FAULTS, advice, language_of, text
from shared.errors import Rejected
from shared.translations import Language
from shared.web.principal import Principal


def _(text: str) -> str:
    """Marks a text for translation."""
    return text


SENT_BEFORE = _("You sent this form before, with other answers, and that was published. Send it again to publish this one too.")
KEY = re.compile(r"[0-9a-f]{32}")

STANDARD = {
    "startTime": "08:30", "endTime": "16:30", "capacity": "12", "offerHours": "24", "approvalHours": "72", "opensTime": "09:00",
    "way": "first-come", "drawTime": "12:00",
}  # fmt: skip
"""What a new date begins as; without days: those are for somebody to choose."""
COURSE_TEXTS = (
    "titleNl", "titleEn", "descriptionNl", "descriptionEn", "theme", "modeOfDelivery", "requiresCourseId", "statementNl",
    "statementEn",
)  # fmt: skip
COURSE_NUMBERS = ("hours", "level")


@dataclass(frozen=True)
class Offer:
    """A course with its sessions that are not over."""

    course: Course
    sessions: Sequence[SessionOfCourse]


async def get_organiser(request: web.Request) -> web.Response:
    asks = organiser(request)
    language = language_of(request)
    known = await names.names(request)
    labs = [
        (fieldlab, known.fieldlabs.get(fieldlab, fieldlab), await _offers(request, asks, fieldlab))
        for fieldlab in sorted(asks.scopes("organiser"))
    ]
    begun = await sessions_begun(request, asks)
    asking = await names.whole_list(request.app[ENROLLMENT], "/enrollments", asks, state="requested")
    requests = Counter(one["sessionId"] for one in asking)
    return await show(request, "organiser/page.html", labs=labs, begun=begun, requests=requests, language_of_page=language)


async def get_new_course(request: web.Request) -> web.Response:
    asks = organiser(request)
    wanted = request.query.get("fieldlab", "")
    own = sorted(asks.scopes("organiser"))
    given = {"fieldlabId": wanted if wanted in own else own[0], "hours": "8", "level": "3", "modeOfDelivery": "presential"}
    return await _show_course_form(request, asks, given, {})


@acts.act("course-made")
async def post_new_course(request: web.Request) -> web.Response:
    asks = organiser(request)
    given = await form(request)
    told: dict[str, object] = {name: given[name] for name in COURSE_TEXTS if given.get(name)}
    told["fieldlabId"] = given.get("fieldlabId", "")
    faults = take_numbers(given, COURSE_NUMBERS, told)
    if not given.get("titleNl"):
        faults["titleNl"] = FIELD_FAULTS["missing"]
    if faults:
        return await _show_course_form(request, asks, given, faults, status=400)
    try:
        made = await _make(request, asks, "/courses", told, given)
    except Rejected as no:
        return await _show_course_form(request, asks, given, explained(no, language_of(request)), status=no.status)
    acts.note(request, f"courses/{made}")
    return go(request, "organiser", done="course-made")


async def _make(request: web.Request, asks: Principal, path: str, told: object, given: Mapping[str, str]) -> str:
    """Have the catalogue make it; returns its id. A form that is sent twice makes one: it carries its Idempotency-Key."""
    key = given.get("key", "")
    headers = {IDEMPOTENCY_KEY: key} if KEY.fullmatch(key) else None
    _, made = await request.app[CATALOG].call("POST", path, asks, body=orjson.dumps(told), headers=headers)
    return str(orjson.loads(made)["id"])


async def get_new_session(request: web.Request) -> web.Response:
    asks = organiser(request)
    course = await _own_course(request, asks)
    return await _show_session_form(request, course, STANDARD, {})


@acts.act("session-announced")
async def post_new_session(request: web.Request) -> web.Response:
    asks = organiser(request)
    course = await _own_course(request, asks)
    given = await form(request)
    told: dict[str, object] = {"location": given["location"]} if given.get("location") else {}
    faults = take_numbers(given, ("capacity", *(["offerHours"] if given.get("offerHours") else [])), told)
    faults |= approvals.take(given, told)
    for name, fields in (("startsAt", ("startDay", "startTime")), ("endsAt", ("endDay", "endTime"))):
        at = moment(*(given.get(field, "") for field in fields))
        if at is None:
            faults[fields[0]] = NO_TIME
        else:
            told[name] = at.isoformat()
    if given.get("closeDay"):
        closes = moment(given["closeDay"], "17:00")
        if closes is None:
            faults["closeDay"] = NO_TIME
        else:
            told["enrollmentClosesAt"] = closes.isoformat()
    faults |= _take_opening(given, told)
    starts_at = moment(given.get("startDay", ""), given.get("startTime", ""))
    faults |= seat_rules.read(given, told, {}, starts_at)
    if faults:
        return await _show_session_form(request, course, given, faults, status=400)
    try:
        made = await _make(request, asks, f"/courses/{course.id}/sessions", told, given)
    except Rejected as no:
        return await _show_session_form(request, course, given, explained(no, language_of(request)), status=no.status)
    acts.note(request, f"sessions/{made}")
    return go(request, "organiser", done="session-announced")


NO_DRAW = _("Choose a draw above, or leave this empty.")


def _take_opening(given: Mapping[str, str], told: dict[str, object]) -> dict[str, str]:
    """Put with what is told how the session opens; returns what is no time."""
    faults: dict[str, str] = {}
    wanted = [("opensAt", "opensDay", "opensTime")] if given.get("opensDay") else []
    if given.get("way") == "draw":
        wanted.append(("drawAt", "drawDay", "drawTime"))
    elif given.get("drawDay"):
        faults["drawDay"] = NO_DRAW
    for name, day, clock in wanted:
        at = moment(given.get(day, ""), given.get(clock, ""))
        if at is None:
            faults[day] = NO_TIME
        else:
            told[name] = at.isoformat()
    if given.get("waitingRoom") == "true":
        told["waitingRoom"] = True
    return faults


def organiser(request: web.Request) -> Principal:
    """Whoever asks, if they organise a fieldlab. Raises Rejected (403) otherwise."""
    asks = signed_in(request)
    if not asks.has("organiser"):
        raise Rejected("not-the-organiser", 403)
    return asks


def explained(no: Rejected, language: Language) -> Mapping[str, str]:
    """What is wrong, by the field of the form; under no name what is about none. Raises it again if no form can mend it."""
    if no.status not in (400, 409) and no.slug != "idempotency-key-reused":
        raise no
    if no.slug == "idempotency-key-reused":
        return {"": text(SENT_BEFORE, language)}
    if not no.errors:
        return {"": in_words(no)[1]}
    fields = {
        "startsAt": "startDay", "endsAt": "endDay", "enrollmentClosesAt": "closeDay", "title": "titleNl",
        "opensAt": "opensDay", "drawAt": "drawDay", "decideAt": "decideDay", "reserved": "keptUntil",
    }  # fmt: skip
    faults = {}
    for fault in no.errors:
        pointer = fault["pointer"].removeprefix("#").removeprefix("/")
        faults[fields.get(pointer.partition("/")[0], pointer)] = advice(fault, language)
    return faults


async def _offers(request: web.Request, asks: Principal, fieldlab: str) -> Sequence[Offer]:
    """With drafts, which only an organiser of the fieldlab sees."""
    language, catalog = language_of(request), request.app[CATALOG]
    courses = await names.whole_list(catalog, "/courses", asks, fieldlabId=fieldlab)
    whole = await asyncio.gather(*(catalog.get_json(f"/courses/{course['id']}", asks) for course in courses))
    return [Offer(catalogue.course(shape, language), catalogue.sessions(shape, language)) for shape in whole]


async def _courses(request: web.Request, asks: Principal) -> Mapping[str, str]:
    """The titles of the published courses at the asker's fieldlabs, by id: what a course may build on."""
    catalog, language = request.app[CATALOG], language_of(request)
    own = sorted(asks.scopes("organiser"))
    found = await asyncio.gather(*(names.whole_list(catalog, "/courses", asks, fieldlabId=one) for one in own))
    shapes = [shape for some in found for shape in some if shape["state"] == "published"]
    return {shape["id"]: catalogue.text(shape, "title", language) for shape in shapes}


async def _own_course(request: web.Request, asks: Principal) -> Course:
    """The course in the address. Raises Rejected: 404 if there is none, 403 if it is somebody else's."""
    shape = await request.app[CATALOG].get_json(f"/courses/{id_in_path(request, 'course')}", asks)
    if not asks.has("organiser", shape["fieldlabId"]):
        raise Rejected("not-the-organiser", 403)
    return catalogue.course(shape, language_of(request))


async def _show_course_form(
    request: web.Request, asks: Principal, given: Mapping[str, str], faults: Mapping[str, str], *, status: int = 200
) -> web.Response:
    language = language_of(request)
    known = await names.names(request)
    return await show(
        request,
        "organiser/course.html",
        status=status,
        given=given,
        faults=faults,
        key=_key(given, faults),
        fieldlabs={fieldlab: known.fieldlabs.get(fieldlab, fieldlab) for fieldlab in sorted(asks.scopes("organiser"))},
        themes={theme: known.theme(theme, language) for theme in known.themes},
        levels={str(level): text for level, text in words.LEVELS.items()},
        courses=await _courses(request, asks),
    )


async def _show_session_form(
    request: web.Request, course: Course, given: Mapping[str, str], faults: Mapping[str, str], *, status: int = 200
) -> web.Response:
    return await show(
        request,
        "organiser/session.html",
        status=status,
        course=course,
        given=given,
        faults=faults,
        key=_key(given, faults),
        approvals=approvals.WORDS,
        ways=words.WAYS,
    )


def _key(given: Mapping[str, str], faults: Mapping[str, str]) -> str:
    """What makes this form one of a kind. One that came back keeps its own, but for what was published already."""
    kept = given.get("key", "")
    return kept if KEY.fullmatch(kept) and "" not in faults else uuid4().hex
