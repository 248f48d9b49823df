"""An organiser's page of one session: its seats, when and where it is, and calling it off."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

import orjson
from aiohttp import web

from gateway import acts
from gateway.api.passing import id_in_path
from gateway.clients import CATALOG, ENROLLMENT
from gateway.edge import signed_in
from gateway.forms import form
from gateway.pages import approvals, catalogue, formats, seat_rules
from gateway.pages.catalogue import SessionOfCourse
from gateway.pages.fields import NO_TIME, moment, take_numbers
from gateway.pages.organiser import explained, organiser
from gateway.pages.page import go, in_words, show
from gateway.problems import language_of
from shared.errors import Rejected
from shared.web.client import Client

CLOSES_AT = "17:00"
TIMES = (("startsAt", ("startDay", "startTime")), ("endsAt", ("endDay", "endTime")))

Given = Mapping[str, str]


def _(text: str) -> str:
    """Marks a text for translation."""
    return text


STAYS = _("Once there is a number here it can be changed, and not taken away.")


async def get_session(request: web.Request) -> web.Response:
    session = await _own_session(request)
    return await _show(request, session, seats=_seats_of(session), described=_description_of(session))


@acts.act("seats-changed")
async def post_seats(request: web.Request) -> web.Response:
    """More seats go to who waits at once; fewer than are held the desk refuses."""
    session = await _own_session(request)
    given = await form(request)
    told: dict[str, object] = {}
    numbers = ["capacity", "offerHours"] if given.get("offerHours") or session.offer_hours else ["capacity"]
    numbers += ["withdrawHours"] if given.get("withdrawHours") else []
    faults = take_numbers(given, numbers, told)
    faults |= {name: STAYS for name in ("offerHours", "minimum") if not given.get(name) and _seats_of(session).get(name)}
    faults |= approvals.take(given, told)
    if given.get("closeDay", "") != _seats_of(session)["closeDay"]:
        closes = moment(given.get("closeDay", ""), CLOSES_AT)
        if closes is None:
            faults["closeDay"] = NO_TIME
        else:
            told["enrollmentClosesAt"] = min(closes, session.starts_at).isoformat()
    faults |= seat_rules.read(given, told, _seats_of(session), session.starts_at)
    if not faults:
        try:
            await _ask(request, ENROLLMENT, "PATCH", f"/sessions/{session.id}/seats", told)
        except Rejected as no:
            faults = dict(explained(no, language_of(request)))
    if faults:
        return await _show(request, session, seats=given, described=_description_of(session), faults=faults, status=400)
    return go(request, "own-session", {"session": session.id}, done="seats-changed")


async def get_move(request: web.Request) -> web.Response:
    return go(request, "own-session", {"session": (await _own_session(request)).id})


@acts.act("session-changed")
async def post_move(request: web.Request) -> web.Response:
    """Another time or place: everybody who is in is told, and their calendars follow."""
    session = await _own_session(request)
    given = await form(request)
    told: dict[str, object] = {"location": given["location"]} if given.get("location") else {}
    faults: dict[str, str] = {}
    for name, fields in TIMES:
        at = moment(*(given.get(field, "") for field in fields))
        if at is None:
            faults[fields[0]] = NO_TIME
        else:
            told[name] = at.isoformat()
    if not faults:
        try:
            await _ask(request, CATALOG, "PATCH", f"/sessions/{session.id}", told)
        except Rejected as no:
            faults = dict(explained(no, language_of(request)))
    if faults:
        return await _show(request, session, seats=_seats_of(session), described=given, faults=faults, status=400)
    return go(request, "own-session", {"session": session.id}, done="session-changed")


async def get_go_on(request: web.Request) -> web.Response:
    return go(request, "own-session", {"session": (await _own_session(request)).id})


@acts.act("session-confirmed")
async def post_go_on(request: web.Request) -> web.Response:
    """It takes place, however many come."""
    session = await _own_session(request)
    try:
        await _ask(request, ENROLLMENT, "POST", f"/sessions/{session.id}/confirmation", {})
    except Rejected as no:
        faults = explained(no, language_of(request))
        seats = _seats_of(session)
        return await _show(request, session, seats=seats, described=_description_of(session), faults=faults, status=409)
    return go(request, "own-session", {"session": session.id}, done="session-confirmed")


async def get_call_off(request: web.Request) -> web.Response:
    return await _show_call_off(request, await _own_session(request))


@acts.act("session-cancelled")
async def post_call_off(request: web.Request) -> web.Response:
    session = await _own_session(request)
    try:
        await _ask(request, ENROLLMENT, "POST", f"/sessions/{session.id}/cancellation", {})
    except Rejected as no:
        if no.status != 409:
            raise
        return await _show_call_off(request, session, refusal=in_words(no), status=409)
    return go(request, "own-session", {"session": session.id}, done="session-cancelled")


async def _ask(request: web.Request, service: web.AppKey[Client], method: str, path: str, told: object) -> None:
    await request.app[service].call(method, path, signed_in(request), body=orjson.dumps(told))


async def _own_session(request: web.Request) -> SessionOfCourse:
    """The session in the address, with its seats as the desk has them: those of the catalogue may be a moment old.

    Raises Rejected: 404 if there is none, 403 if it is somebody else's.
    """
    asks = organiser(request)
    shape = await request.app[CATALOG].get_json(f"/sessions/{id_in_path(request, 'session')}", asks)
    if not asks.has("organiser", shape["fieldlabId"]):
        raise Rejected("not-the-organiser", 403)
    session = catalogue.session(shape, language_of(request))
    if session.state == "announced":
        return session
    seats = await request.app[ENROLLMENT].get_json(f"/sessions/{session.id}/seats", asks)
    return replace(
        session, withdraw_hours=seats["withdrawHours"],
        capacity=seats["capacity"], seats_left=seats["seatsLeft"], waiting=seats["waiting"],
        closes_at=datetime.fromisoformat(seats["enrollmentClosesAt"]), offer_hours=seats["offerHours"],
        needs_approval=seats["needsApproval"], approval_hours=seats["approvalHours"], holds_seat=seats["holdsSeat"],
        requests=seats["requests"],
        state="cancelled" if seats["cancelled"] else session.state,
        rules=replace(
            session.rules, minimum=seats["minimum"], goes_on=seats["going"] in (None, "sure"),
            decide_at=datetime.fromisoformat(seats["decideAt"]) if seats["decideAt"] else None,
            kept=seat_rules.kept(seats["reserved"]),
        ),
    )  # fmt: skip


def _seats_of(session: SessionOfCourse) -> Given:
    return {
        "capacity": str(session.capacity),
        "offerHours": str(session.offer_hours or ""),
        "withdrawHours": str(session.withdraw_hours),
        "closeDay": formats.local(session.closes_at).strftime("%Y-%m-%d"),
        "approval": approvals.chosen(session.needs_approval, session.holds_seat),
        "approvalHours": str(session.approval_hours),
        **seat_rules.as_form(session.rules),
    }


def _description_of(session: SessionOfCourse) -> Given:
    starts, ends = formats.local(session.starts_at), formats.local(session.ends_at)
    return {
        "startDay": starts.strftime("%Y-%m-%d"), "startTime": starts.strftime("%H:%M"),
        "endDay": ends.strftime("%Y-%m-%d"), "endTime": ends.strftime("%H:%M"),
        "location": session.location,
    }  # fmt: skip


async def _show(
    request: web.Request, session: SessionOfCourse, *, seats: Given, described: Given, faults: Mapping[str, str] | None = None,
    status: int = 200,
) -> web.Response:  # fmt: skip
    asks = signed_in(request)
    known = session.state != "announced"
    left = await request.app[ENROLLMENT].get_json(f"/sessions/{session.id}/withdrawal-reasons", asks) if known else {}
    can_change = session.state not in ("announced", "cancelled") and session.starts_at > datetime.now(UTC)
    return await show(
        request, "organiser/own-session.html", status=status, session=session, seats=seats, described=described,
        faults=faults or {}, can_change=can_change, approvals=approvals.WORDS, reasons=left.get("reasons", {}),
        late=left.get("late", 0),
    )  # fmt: skip


async def _show_call_off(
    request: web.Request, session: SessionOfCourse, *, refusal: tuple[str, str] | None = None, status: int = 200
) -> web.Response:
    return await show(request, "organiser/call-off.html", status=status, session=session, refusal=refusal)
