"""Waiting for one's turn with a ticket, and a draw with all that it takes to check it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from aiohttp import web

from gateway import acts, names
from gateway.api.passing import id_in_path
from gateway.clients import CATALOG, ENROLLMENT
from gateway.edge import SETTINGS, signed_in, who_asks
from gateway.names import Json
from gateway.pages import catalogue
from gateway.pages.addresses import path
from gateway.pages.catalogue import SessionOfCourse
from gateway.pages.page import as_worker, go, in_words, is_partial, show
from gateway.problems import language_of
from shared.errors import Rejected

TICKETS_ON_A_PAGE = 100
CHECK = """\
import hashlib, itertools, json, urllib.request as web
pages = map("ADDRESS?pageSize=1000&page={}".format, itertools.count(1))
draws = list(itertools.takewhile(lambda draw: draw["items"], (json.load(web.urlopen(page)) for page in pages)))
seed, tickets = bytes.fromhex(draws[0]["seed"]), [one["ticketId"] for draw in draws for one in draw["items"]]
print(hashlib.sha256(seed).hexdigest() == draws[0]["seedHash"])
print(tickets == sorted(tickets, key=lambda one: hashlib.sha256(seed + bytes.fromhex(one.replace("-", ""))).digest()))
"""
"""What anybody can run to do a draw again; the page shows it with the address of its own session."""
SOONEST, LATEST = 2, 60
"""Seconds after which an open page looks again how far it is: more often when it is nearly the person's turn."""


@dataclass(frozen=True)
class Ticket:
    """A place in a draw, or in line."""

    id: str
    state: str
    asked_at: datetime
    position: int | None
    seconds: int
    """Until it is their turn, as far as can be told."""
    draw_at: datetime | None
    session: SessionOfCourse
    enrollment_id: str | None = None
    """What it became."""

    @property
    def minutes(self) -> int:
        """Rounded up; 0 for less than one."""
        return -(-self.seconds // 60) if self.seconds > 60 else 0

    @property
    def look_again(self) -> int | None:
        """After how many seconds there may be something new to see."""
        return min(max(self.seconds // 4, SOONEST), LATEST) if self.state == "waiting" else None


@dataclass(frozen=True)
class Draw:
    draw_at: datetime
    drawn_at: datetime | None
    seed_hash: str
    seed: str | None
    tickets: Sequence[str]
    page: int
    total: int

    @property
    def first(self) -> int:
        """The number in the whole list of the first ticket on this page."""
        return (self.page - 1) * TICKETS_ON_A_PAGE + 1

    @property
    def has_more(self) -> bool:
        return self.page * TICKETS_ON_A_PAGE < self.total


async def get_ticket(request: web.Request) -> web.Response:
    """How far it is. Once it is somebody's turn this leads to their enrollment."""
    asks = as_worker(signed_in(request))
    shape = await request.app[ENROLLMENT].get_json(f"/tickets/{id_in_path(request, 'ticket')}", asks)
    if enrollment := shape.get("enrollment"):
        return _on_to(request, enrollment["id"])
    return await _show_ticket(request, shape)


async def _show_ticket(request: web.Request, shape: Json, *, status: int = 200) -> web.Response:
    ticket = await _with_session(request, shape)
    refusal = in_words(Rejected(shape["reason"])) if shape.get("reason") else None
    return await show(request, "tickets/page.html", ticket=ticket, refusal=refusal, status=status)


async def get_leave(request: web.Request) -> web.Response:
    """Asks whether somebody is sure, as long as there is something to leave."""
    asks = as_worker(signed_in(request))
    shape = await request.app[ENROLLMENT].get_json(f"/tickets/{id_in_path(request, 'ticket')}", asks)
    if shape["state"] != "waiting":
        return go(request, "ticket", {"ticket": shape["id"]})
    return await show(request, "tickets/leave.html", ticket=await _with_session(request, shape))


@acts.act("left-line")
async def post_leave(request: web.Request) -> web.Response:
    """Leave. Whose turn came meanwhile reads so, with the way to what it became."""
    asks, ticket_id = as_worker(signed_in(request)), id_in_path(request, "ticket")
    try:
        await request.app[ENROLLMENT].call("POST", f"/tickets/{ticket_id}/withdrawal", asks)
    except Rejected as no:
        if no.status != 409:
            raise
        shape = await request.app[ENROLLMENT].get_json(f"/tickets/{ticket_id}", asks)
        return await _show_ticket(request, shape, status=409)
    return go(request, "ticket", {"ticket": ticket_id}, done="left-line")


def _on_to(request: web.Request, enrollment_id: str) -> web.Response:
    if is_partial(request):
        where = path("enrollment", language_of(request), {"enrollment": enrollment_id})
        return web.Response(headers={"HX-Redirect": where, "Cache-Control": "no-store"})
    return go(request, "enrollment", {"enrollment": enrollment_id})


async def get_draw(request: web.Request) -> web.Response:
    """For anybody; who takes part sees which ticket is theirs."""
    session_id = id_in_path(request, "session")
    page = request.query.get("page", "1")
    number = int(page) if page.isascii() and page.isdigit() and 0 < len(page) < 6 else 1
    shape = await request.app[ENROLLMENT].get_json(
        f"/sessions/{session_id}/draw", page=max(number, 1), pageSize=TICKETS_ON_A_PAGE
    )
    session = await request.app[CATALOG].get_json(f"/sessions/{session_id}")
    drawn_at = shape.get("drawnAt")
    return await show(
        request,
        "tickets/draw.html",
        session=catalogue.session(session, language_of(request)),
        own=await _own(request, str(session_id)),
        check=CHECK.replace("ADDRESS", f"{request.app[SETTINGS].address}/v1/sessions/{session_id}/draw"),
        draw=Draw(
            draw_at=datetime.fromisoformat(shape["drawAt"]),
            drawn_at=datetime.fromisoformat(drawn_at) if drawn_at else None,
            seed_hash=shape["seedHash"],
            seed=shape.get("seed"),
            tickets=[one["ticketId"] for one in shape["items"]],
            page=shape["page"],
            total=shape["total"],
        ),
    )


async def waiting(request: web.Request, session_id: str | None = None) -> Sequence[Ticket]:
    """The visitor's own tickets that wait, the newest first."""
    asks = as_worker(signed_in(request))
    found = await names.whole_list(request.app[ENROLLMENT], "/tickets", asks, state="waiting", sessionId=session_id)
    return [await _with_session(request, shape) for shape in found]


async def _own(request: web.Request, session_id: str) -> Sequence[str]:
    asks = who_asks(request)
    if asks is None:
        return []
    found = await request.app[ENROLLMENT].get_json("/tickets", as_worker(asks), sessionId=session_id)
    return [shape["id"] for shape in found["items"]]


async def _with_session(request: web.Request, shape: Json) -> Ticket:
    session = await request.app[CATALOG].get_json(f"/sessions/{shape['sessionId']}")
    draw_at = shape.get("drawAt")
    return Ticket(
        id=shape["id"],
        state=shape["state"],
        asked_at=datetime.fromisoformat(shape["askedAt"]),
        position=shape.get("position"),
        seconds=shape.get("estimatedSeconds", 0),
        draw_at=datetime.fromisoformat(draw_at) if draw_at else None,
        session=catalogue.session(session, language_of(request)),
        enrollment_id=shape.get("enrollmentId"),
    )
