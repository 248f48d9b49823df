"""Who waits in front of the desk: how a session opens, and the tickets of who came. Values alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from math import ceil
from typing import Literal
from uuid import UUID

from enrollment.commands import RequestSeat

TicketState = Literal["waiting", "enrolled", "refused", "withdrawn"]

PACE_TO_BEGIN_WITH = 200.0
"""Tickets a second that a small machine lets in; what is said until it is measured."""


@dataclass(frozen=True, slots=True)
class Room:
    """How a session opens, and how far its line has come."""

    opens_at: datetime | None = None
    draw_at: datetime | None = None
    always: bool = False
    """Whether everybody gets a ticket, and not only at a rush."""
    seed_hash: str | None = None
    """SHA-256 of the seed, in hexadecimal: published before anybody comes."""
    seed: str | None = field(default=None, repr=False)
    """In hexadecimal. The desk has it when it makes it, and from the draw on."""
    drawn_at: datetime | None = None
    next_arrival: int = 1
    next_turn: int = 1
    served: int = 0
    """The turn of who was let in last."""
    waiting: int = 0
    pace: float | None = None
    """How many were let in per second, lately."""
    paced_at: datetime | None = None
    """When the latest of them were."""

    @property
    def is_to_be_drawn(self) -> bool:
        return self.draw_at is not None and self.drawn_at is None

    def takes_part(self, at: datetime) -> bool:
        """Whether who comes at this moment is in the draw."""
        return self.draw_at is not None and self.drawn_at is None and at < self.draw_at

    def position(self, turn: int | None) -> int | None:
        """The place in line, counted from 1; some before it may have left, so that it is never worse than this."""
        return None if turn is None else max(turn - self.served, 1)

    def seconds_until(self, turn: int | None, now: datetime) -> int:
        """How long it takes until this turn comes, at the pace of lately. Before the draw a turn may be any: then the last."""
        before_it = 0.0
        if self.is_to_be_drawn and self.draw_at is not None:
            before_it = max((self.draw_at - now).total_seconds(), 0.0)
        ahead = self.waiting if turn is None else max(turn - self.served, 1)
        return ceil(before_it + ahead / (self.pace or PACE_TO_BEGIN_WITH)) + 1


@dataclass(frozen=True, slots=True)
class Ticket:
    """Somebody's place in a draw, or in front of a busy desk."""

    request: RequestSeat
    """What they asked for, with the ids of the ticket and of the enrollment that it becomes."""
    asked_at: datetime
    arrival: int
    turn: int | None
    """Lower comes first; unknown until the draw."""
    in_draw: bool
    state: TicketState = "waiting"
    reason: str | None = None
    """Why it came to nothing."""
    revision: int = 0
    """How many facts there are about it."""
    settled_at: datetime | None = None
    anonymous: bool = False

    @property
    def ticket_id(self) -> UUID:
        return self.request.ticket_id

    @property
    def person_id(self) -> UUID:
        return self.request.person_id
