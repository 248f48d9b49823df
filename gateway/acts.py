"""What people do here is written down before they hear that it is done; so is whose data they looked at."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import wraps
from uuid import UUID

import orjson
import structlog
from aiohttp import web

from gateway.edge import client_address, is_api, who_asks
from gateway.people.audit import Act, Trail
from shared.web.principal import Principal, Role
from shared.web.problems import Handler

TRAIL = web.AppKey("trail", Trail)
ACTION = "action"

KINDS = {
    "enrollmentId": "enrollments", "enrollment": "enrollments", "sessionId": "sessions", "session": "sessions",
    "courseId": "courses", "course": "courses", "fieldlabId": "fieldlabs", "invitation": "invitations", "token": "tokens",
    "transferId": "transfers", "transfer": "transfers", "identity": "accounts", "browser": "browsers",
    "ticketId": "tickets", "ticket": "tickets",
}  # fmt: skip
"""What a part of an address names."""


@dataclass(frozen=True)
class Note:
    """What a handler adds to its act: to what, about whom, and who it was where that was not known before."""

    record: str = ""
    about: tuple[UUID, ...] = ()
    actor: Principal | None = None
    action: str = ""
    """What it turned out to be, where that is something more particular."""


NOTE = web.RequestKey("note", Note)


def act(action: str) -> Callable[[Handler], Handler]:
    """Have what a handler does written down under this name, if it does it; a test holds that each handler that changes
    something has one.
    """

    def named(handler: Handler) -> Handler:
        @wraps(handler)
        async def acting(request: web.Request) -> web.StreamResponse:
            response = await handler(request)
            if response.status < 400:
                note = request.get(NOTE, Note())
                await write(request, note.action or action, note.record or _record(request, response), note.about, note.actor)
            return response

        setattr(acting, ACTION, action)
        return acting

    return named


def note(
    request: web.Request, record: str = "", *, about: Collection[UUID] = (), actor: Principal | None = None, action: str = ""
) -> None:
    """Say to what, about whom, or by whom the act at hand is."""
    request[NOTE] = Note(record, tuple(about), actor, action)


async def did(request: web.Request, action: str) -> None:
    """Write down what turned out to be done, in a handler that may do one thing or another."""
    noted = request.get(NOTE, Note())
    await write(request, action, noted.record, noted.about, noted.actor)


async def saw(request: web.Request, action: str, people: Collection[UUID], record: str = "") -> None:
    """Write down that who asks is shown data of these people; their own is nobody's business."""
    asks = who_asks(request)
    others = [person_id for person_id in people if asks is None or person_id != asks.person_id]
    if others:
        await write(request, action, record, others)


async def write(
    request: web.Request, action: str, record: str, about: Collection[UUID] = (), actor: Principal | None = None
) -> None:
    asks = actor or who_asks(request)
    if asks is None:
        return
    role = asks.roles[-1] if asks.roles else Role("worker")
    request_id = str(structlog.contextvars.get_contextvars().get("request_id", ""))
    told = Act(asks.person_id, role, action, record, tuple(about), client_address(request), request_id)
    await request.app[TRAIL].acts.ask(told)


def _record(request: web.Request, response: web.StreamResponse) -> str:
    """What the address names, or else what was made there, by the answer that says so."""
    named = [f"{KINDS[name]}/{value}" for name, value in request.match_info.items() if name in KINDS]
    if named and response.status != 201:
        return named[-1]
    if is_api(request) and isinstance(response, web.Response) and isinstance(response.body, bytes):
        return f"{request.path.rpartition('/')[2]}/{orjson.loads(response.body)['id']}"
    return ""
