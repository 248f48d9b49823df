"""Enrolling: the form for a session, what became of it, one's own enrollments, and withdrawing."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID, uuid4

import orjson
from aiohttp import web

from gateway import acts, names, words
from gateway.api.enrollments import ask_for_seat
from gateway.api.passing import id_in_path
from gateway.api.shapes import EnrollmentRequest
from gateway.api.transfers import drop
from gateway.clients import CATALOG, ENROLLMENT, NOTIFICATIONS
from gateway.edge import SETTINGS, signed_in
from gateway.forms import form
from gateway.names import Json, Names
from gateway.pages import catalogue, tickets
from gateway.pages.addresses import path
from gateway.pages.catalogue import SessionOfCourse
from gateway.pages.courses import OUT, enrolled
from gateway.pages.page import as_worker, go, in_words, show
from gateway.people import transfers
from gateway.problems import language_of
from shared.errors import Rejected
from shared.web.reading import reading
from shared.web.server import POOL

SESSIONS_AT_ONCE = 100
GROUP = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def _(text: str) -> str:
    """Marks a text for translation."""
    return text


CHOICES: Mapping[str, Mapping[str, str]] = {
    "employerSizeClass": words.SIZE_CLASSES,
    "sector": words.SECTORS,
    "workerGroup": words.WORKER_GROUPS,
    "fundingScheme": words.FUNDING,
}
MUNICIPALITIES = ("workMunicipality", "homeMunicipality")
SETTLED = ("to-other-session", "transferred")
"""Reasons after which nobody looks for another date."""
UNKNOWN_PLACE = _("We do not know this place. Write another one, or leave this empty.")


@dataclass(frozen=True)
class Step:
    """Where an enrollment came to stand, and when."""

    state: str
    at: datetime
    position: int | None
    until: datetime | None
    reason: str | None


@dataclass(frozen=True)
class Enrollment:
    id: str
    state: str
    position: int | None
    reason: str | None
    offered_until: datetime | None
    """Until when a place is held, while it is."""
    group_id: str | None
    steps: Sequence[Step]
    """How it came to stand as it does, oldest first; only where one enrollment is asked for."""
    session: SessionOfCourse
    approval: str | None = None
    """`needed` or `given`, where an approval is asked."""
    approval_until: datetime | None = None
    """Until when a request is decided, while it waits."""
    holds_seat: bool = False
    withdraw_until: datetime | None = None
    """Until when who has a place withdraws without it being late; only where one enrollment is asked for."""
    stated: str | None = None
    """What somebody said to bring."""

    @property
    def is_late(self) -> bool:
        return self.withdraw_until is not None and self.withdraw_until <= datetime.now(UTC)

    @property
    def is_coming(self) -> bool:
        return self.state not in OUT and self.session.ends_at > datetime.now(UTC)

    @property
    def can_answer(self) -> bool:
        return self.state == "offered"

    @property
    def has_seat(self) -> bool:
        """Whether a place is theirs or held for them, in a training that is still to come."""
        holds_one = self.state in ("confirmed", "offered") or (self.state == "requested" and self.holds_seat)
        return holds_one and self.session.starts_at > datetime.now(UTC)

    @property
    def can_hand_over(self) -> bool:
        return self.has_seat and self.state == "confirmed" and not self.session.needs_approval

    @property
    def can_withdraw(self) -> bool:
        return self.state not in OUT and self.session.starts_at > datetime.now(UTC)


async def get_enroll(request: web.Request) -> web.Response:
    signed_in(request)
    session = await _session(request)
    if mine := (await enrolled(request)).get(session.id):
        return go(request, "enrollment", {"enrollment": mine["id"]})
    if held := await tickets.waiting(request, session.id):
        return go(request, "ticket", {"ticket": held[0].id})
    given = await _filled_in_last_time(request)
    if is_group(request.query.get("group", "")):
        given = {**given, "group": request.query["group"]}
    return await _show_form(request, session, given, {})


@acts.act("enrolled")
async def post_enroll(request: web.Request) -> web.Response:
    """Ask for a seat. A no comes back with the form; a yes leads to the page of the enrollment."""
    asks = signed_in(request)
    session = await _session(request)
    given = await form(request)
    known = await names.names(request)
    told, faults = read(given, known)
    if given.get("without"):
        told, faults = _without_unknown_places(told, faults)
    if faults:
        return await _show_form(request, session, given, faults, status=400)
    wanted = EnrollmentRequest.model_validate({"sessionId": session.id, **told, **_how_to_wait(given)})
    try:
        answer = await ask_for_seat(request.app, as_worker(asks), wanted, None)
    except Rejected as no:
        if no.status != 409:
            raise
        return await _show_form(request, session, given, {}, refusal=in_words(no), status=409)
    if answer.status == 202:
        ticket_id = orjson.loads(answer.body)["ticketId"]
        acts.note(request, f"tickets/{ticket_id}")
        return go(request, "ticket", {"ticket": ticket_id})
    enrollment_id = orjson.loads(answer.body)["id"]
    acts.note(request, f"enrollments/{enrollment_id}")
    return go(request, "enrollment", {"enrollment": enrollment_id})


def read(given: Mapping[str, str], known: Names) -> tuple[dict[str, object], dict[str, str]]:
    """What a form says, as the desk takes it, and what is wrong with it. Whatever is left empty is left out."""
    told: dict[str, object] = {}
    faults: dict[str, str] = {}
    for name in MUNICIPALITIES:
        if typed := given.get(name):
            code = known.find_municipality(typed) or known.find_municipality(given.get(f"{name}-meant", ""))
            if code is None:
                faults[name] = UNKNOWN_PLACE
            told[name] = code
    for name, choices in CHOICES.items():
        if chosen := given.get(name):
            if chosen not in choices:
                faults[name] = _("Choose one of the answers, or leave this empty.")
            told[name] = chosen
    return told, faults


def _how_to_wait(given: Mapping[str, str]) -> dict[str, object]:
    """With whom somebody waits, if it comes to that, whether a place is theirs without a question, and what they say for it."""
    ticks = ("atOnce", "jobseeker", "statesPrerequisite")
    told: dict[str, object] = {name: given.get(name) == "true" for name in ticks}
    if is_group(given.get("group", "")):
        told["groupId"] = given["group"]
    elif given.get("together") == "true":
        told["groupId"] = str(uuid4())
    return told


def is_group(text: str) -> bool:
    return bool(GROUP.fullmatch(text))


def _without_unknown_places(told: Mapping[str, object], faults: Mapping[str, str]) -> tuple[dict[str, object], dict[str, str]]:
    """The same, for who would rather enroll than find out how we spell their town."""
    unknown = {name for name, fault in faults.items() if fault == UNKNOWN_PLACE}
    return (
        {name: value for name, value in told.items() if name not in unknown},
        {name: fault for name, fault in faults.items() if name not in unknown},
    )


async def _filled_in_last_time(request: web.Request) -> Mapping[str, str]:
    """Where somebody works, as they told with their latest enrollment: most people still work there."""
    told = await request.app[ENROLLMENT].get_json("/own-data", as_worker(signed_in(request)))
    places = [one["about"]["work"]["municipality"] for one in told["enrollments"] if one["about"].get("work")]
    known = await names.names(request)
    return {"workMunicipality": known.municipalities[places[-1]].name} if places and places[-1] in known.municipalities else {}


async def get_enrollments(request: web.Request) -> web.Response:
    asks = signed_in(request)
    own = await names.whole_list(request.app[ENROLLMENT], "/enrollments", as_worker(asks))
    async with reading(request.app[POOL], asks) as conn:
        offers = await transfers.transfers(conn, asks.person_id)
    all_of_them = await _with_sessions(request, own)
    coming = sorted((one for one in all_of_them if one.is_coming), key=lambda one: one.session.starts_at)
    return await show(
        request,
        "enrollments/list.html",
        coming=coming,
        past=[one for one in all_of_them if not one.is_coming],
        offered=[one for one in offers if not one.given],
        tickets=await tickets.waiting(request),
    )


async def get_enrollment(request: web.Request) -> web.Response:
    return await _show_enrollment(request)


async def get_calendar(request: web.Request) -> web.Response:
    """The calendar file of the mail about an enrollment, for who wants it here. Whoever makes the mails makes it."""
    address = f"/enrollments/{id_in_path(request, 'enrollment')}/calendar"
    content = await request.app[NOTIFICATIONS].get(address, as_worker(signed_in(request)))
    headers = {"Content-Disposition": 'attachment; filename="skillslab.ics"', "Cache-Control": "no-store"}
    return web.Response(body=content, content_type="text/calendar", charset="utf-8", headers=headers)


async def get_withdraw(request: web.Request) -> web.Response:
    return await _show_withdraw(request, await _enrollment(request))


@acts.act("withdrew")
async def post_withdraw(request: web.Request) -> web.Response:
    enrollment = await _enrollment(request)
    why = (await form(request)).get("why", "")
    body = orjson.dumps({"why": why} if why in words.WHY else {})
    address = f"/enrollments/{enrollment.id}/cancellation"
    try:
        await request.app[ENROLLMENT].call("POST", address, as_worker(signed_in(request)), body=body)
    except Rejected as no:
        if no.status != 409:
            raise
        return await _show_withdraw(request, enrollment, in_words(no), status=409)
    await drop(request, UUID(enrollment.id))
    return go(request, "enrollment", {"enrollment": enrollment.id})


async def get_accept(request: web.Request) -> web.Response:
    """Where a mail leads, or a page that was left open: the enrollment itself has the button, or says why there is none."""
    return go(request, "enrollment", {"enrollment": (await _enrollment(request)).id})


@acts.act("offer-accepted")
async def post_accept(request: web.Request) -> web.Response:
    return await _answer_offer(request, "acceptance")


async def get_refuse(request: web.Request) -> web.Response:
    enrollment = await _enrollment(request)
    if not enrollment.can_answer:
        return go(request, "enrollment", {"enrollment": enrollment.id})
    return await show(request, "enrollments/refuse.html", enrollment=enrollment)


@acts.act("offer-refused")
async def post_refuse(request: web.Request) -> web.Response:
    return await _answer_offer(request, "refusal")


async def _answer_offer(request: web.Request, answer: str) -> web.Response:
    """Tell the desk. A no comes back on the page of the enrollment, as it stands by then."""
    asks, enrollment_id = signed_in(request), id_in_path(request, "enrollment")
    try:
        await request.app[ENROLLMENT].call("POST", f"/enrollments/{enrollment_id}/{answer}", as_worker(asks))
    except Rejected as no:
        if no.status != 409:
            raise
        return await _show_enrollment(request, refusal=in_words(no), status=409)
    return go(request, "enrollment", {"enrollment": enrollment_id})


async def _show_enrollment(request: web.Request, *, refusal: tuple[str, str] | None = None, status: int = 200) -> web.Response:
    enrollment = await _enrollment(request)
    group = path("enroll", language_of(request), {"session": enrollment.session.id}, group=enrollment.group_id)
    return await show(
        request,
        "enrollments/page.html",
        status=status,
        enrollment=enrollment,
        refusal=refusal,
        overlaps=[one for one in await _in_now(request) if _at_once(one.session, enrollment.session)]
        if enrollment.is_coming
        else [],
        group_url=f"{request.app[SETTINGS].address}{group}" if enrollment.group_id else "",
        another=await _another(request, enrollment) if enrollment.state in OUT and enrollment.reason not in SETTLED else None,
    )


async def _another(request: web.Request, enrollment: Enrollment) -> SessionOfCourse | None:
    """The next session of the same course that takes enrollments, for who lost this one."""
    shape = await request.app[CATALOG].get_json(f"/courses/{enrollment.session.course_id}")
    others = (one for one in catalogue.sessions(shape, language_of(request)) if one.id != enrollment.session.id)
    return next((one for one in others if one.can_enroll), None)


async def _show_form(
    request: web.Request,
    session: SessionOfCourse,
    given: Mapping[str, str],
    faults: Mapping[str, str],
    *,
    refusal: tuple[str, str] | None = None,
    status: int = 200,
) -> web.Response:
    known = await names.names(request)
    unknown = [name for name in MUNICIPALITIES if name in faults]
    theirs = await _in_now(request)
    return await show(
        request,
        "enrollments/form.html",
        status=status,
        session=session,
        given=given,
        faults=faults,
        near={name: known.near(given[name], municipalities_only=True) for name in unknown},
        refusal=refusal,
        other=next((one for one in theirs if one.session.course_id == session.course_id), None),
        overlaps=[one for one in theirs if _at_once(one.session, session)],
        municipalities=[municipality.name for municipality in known.municipalities.values()],
    )


async def _in_now(request: web.Request) -> Sequence[Enrollment]:
    """What the visitor is in that is not over, the earliest first."""
    theirs = await _with_sessions(request, list((await enrolled(request)).values()))
    return sorted((one for one in theirs if one.is_coming), key=lambda one: one.session.starts_at)


def _at_once(one: SessionOfCourse, other: SessionOfCourse) -> bool:
    return one.id != other.id and one.starts_at < other.ends_at and other.starts_at < one.ends_at


async def _show_withdraw(
    request: web.Request, enrollment: Enrollment, refusal: tuple[str, str] | None = None, *, status: int = 200
) -> web.Response:
    return await show(request, "enrollments/withdraw.html", status=status, enrollment=enrollment, refusal=refusal)


async def _session(request: web.Request) -> SessionOfCourse:
    shape = await request.app[CATALOG].get_json(f"/sessions/{id_in_path(request, 'session')}")
    return catalogue.session(shape, language_of(request))


async def _enrollment(request: web.Request) -> Enrollment:
    """The visitor's own enrollment in the address. Raises Rejected (404) for one that is not theirs."""
    asks = signed_in(request)
    address = f"/enrollments/{id_in_path(request, 'enrollment')}"
    shape = await request.app[ENROLLMENT].get_json(address, as_worker(asks))
    session = await request.app[CATALOG].get_json(f"/sessions/{shape['sessionId']}")
    return _shown(shape, catalogue.session(session, language_of(request)))


async def own(request: web.Request) -> Enrollment:
    """The same, for the pages about one of its aspects."""
    return await _enrollment(request)


async def _with_sessions(request: web.Request, own: Sequence[Json]) -> Sequence[Enrollment]:
    """Each enrollment with its session; all sessions are asked for together."""
    ids = list(dict.fromkeys(one["sessionId"] for one in own))
    chunks = [ids[start : start + SESSIONS_AT_ONCE] for start in range(0, len(ids), SESSIONS_AT_ONCE)]
    catalog = request.app[CATALOG]
    answers = await asyncio.gather(*(catalog.get_json("/sessions", ids=",".join(chunk)) for chunk in chunks))
    language = language_of(request)
    sessions = {shape["id"]: catalogue.session(shape, language) for answer in answers for shape in answer["items"]}
    return [_shown(one, sessions[one["sessionId"]]) for one in own if one["sessionId"] in sessions]


def _shown(shape: Json, session: SessionOfCourse) -> Enrollment:
    return Enrollment(
        id=shape["id"],
        state=shape["state"],
        position=shape.get("position"),
        reason=shape.get("reason"),
        offered_until=_moment(shape.get("offeredUntil")),
        group_id=shape.get("groupId"),
        steps=[_step(step) for step in shape.get("steps", ())],
        session=session,
        approval=shape.get("approval"),
        approval_until=_moment(shape.get("approvalUntil")),
        holds_seat=shape.get("holdsSeat", False),
        withdraw_until=_moment(shape.get("withdrawUntil")),
        stated=shape.get("stated"),
    )


def _step(shape: Json) -> Step:
    at = _moment(shape["at"])
    assert at is not None
    return Step(shape["state"], at, shape.get("position"), _moment(shape.get("until")), shape.get("reason"))


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
