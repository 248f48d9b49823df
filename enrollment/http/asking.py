"""What every route needs: who asks the desk, what it answers on the wire, and which ids an address names."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from math import ceil
from uuid import UUID

from aiohttp import web
from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from enrollment import queries, tickets
from enrollment.commands import (
    Command,
)
from enrollment.desk import Desk
from enrollment.domain import Answer, Refused, Settled, Ticketed
from shared.errors import Rejected, not_found
from shared.web.principal import Principal
from shared.web.reading import reading
from shared.web.server import POOL

DESK = web.AppKey("desk", Desk)


IDEMPOTENCY_KEY = "Idempotency-Key"


class Input(BaseModel):
    """What comes in from outside: strict, and nothing unknown."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", frozen=True)


class Nothing(Input):
    """A body in which no field is needed; it may be left out."""


@dataclass(frozen=True)
class Told:
    """What the desk's answer is on the wire."""

    status: int
    view: queries.View | Ticketed


async def ask(app: web.Application, asks: Principal, command: Command) -> Told:
    """The desk's answer, for the person who asked. Raises Rejected for an expected no."""
    answer = await agreed(app, command)
    if isinstance(answer, Ticketed):
        return Told(202, answer)
    assert isinstance(answer, Settled), "the desk settles what people ask about themselves"
    enrollment, position = answer.enrollment, answer.position
    if enrollment.state == "waitlisted" and position is None:
        async with reading(app[POOL], asks) as conn:
            found = await queries.enrollment(conn, asks, enrollment.enrollment_id)
        if found is None:
            raise not_found()
        return Told(200, found)
    return Told(201 if answer.new else 200, queries.view(enrollment, position, answer.overlaps))


async def agreed(app: web.Application, command: Command) -> Answer:
    answer = await app[DESK].ask(command)
    if isinstance(answer, Refused):
        if answer.retry_at is not None:
            raise _later(answer, answer.retry_at)
        faults = [
            {"pointer": one.pointer, "code": one.code, "limit": one.limit, "detail": answer.slug} for one in answer.faults
        ]
        raise Rejected(answer.slug, answer.status, retry_after=1 if answer.slug == "session-not-open" else None, errors=faults)
    return answer


def _later(no: Refused, at: datetime) -> Rejected:
    """A no that says when it will be otherwise, for programs and people alike."""
    seconds = max(ceil((at - datetime.now(UTC)).total_seconds()), 1)
    moment = f"{at:%Y-%m-%dT%H:%M:%SZ}"
    told = {"pointer": "#", "code": "opens_at", "detail": f"Enrolling opens at {moment}.", "limit": moment}
    return Rejected(no.slug, no.status, retry_after=seconds, errors=[told])


def shown(view: queries.View | Ticketed) -> dict[str, object]:
    """An enrollment or a ticket in the public shape; what does not apply is left out."""
    if isinstance(view, Ticketed):
        return tickets.taken(view)
    shape: dict[str, object] = {
        "id": view.id, "sessionId": view.session_id, "personId": view.person_id, "state": view.state, "revision": view.revision,
    }  # fmt: skip
    if view.position is not None:
        shape["position"] = view.position
    if view.reason is not None:
        shape["reason"] = view.reason
    if view.offered_until is not None:
        shape["offeredUntil"] = view.offered_until
    if view.group_id is not None:
        shape["groupId"] = view.group_id
    if view.approval is not None:
        shape["approval"] = "given" if view.approval == "given" else "needed"
    if view.approval_until is not None:
        shape["approvalUntil"] = view.approval_until
        shape["holdsSeat"] = view.approval == "with-seat"
    if view.withdraw_until is not None:
        shape["withdrawUntil"] = view.withdraw_until
    if view.steps:
        shape["steps"] = view.steps
    if view.stated is not None:
        shape["stated"] = view.stated
    if view.overlaps:
        shape["warnings"] = [
            {"kind": "overlaps", "sessionId": one.session_id, "enrollmentId": one.enrollment_id} for one in view.overlaps
        ]
    return shape


def enrollment_id(request: web.Request) -> UUID:
    """The id in the path. One that cannot be anybody's is simply not found."""
    return id_of(request, "enrollment_id")


def id_of(request: web.Request, name: str) -> UUID:
    try:
        return UUID(request.match_info[name])
    except ValueError as error:
        raise not_found() from error
