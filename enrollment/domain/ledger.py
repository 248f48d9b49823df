"""What the rules work on: everything that was locked for the commands at hand, and what they answer."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from heapq import heappop, heappush
from typing import Literal
from uuid import UUID

from enrollment.domain.claims import Claim, Claims
from enrollment.domain.room import Room, Ticket
from enrollment.domain.rules import NOTHING, Declared, Going, Reservation, Rules, Source
from shared.contracts.catalog import Place, SeatGroup
from shared.contracts.enrollment import Participation, State
from shared.contracts.event import Event

OUT: frozenset[State] = frozenset(["cancelled", "declined"])
"""States of who is no longer in."""

ApprovalNeed = Literal["with-seat", "first", "given"]
"""What an enrollment needs of an approver: a yes while a seat is held for it, a yes before it gets one, or nothing any more."""

APPROVAL_HOURS = 72
"""Within how many hours a request is decided where the session does not say."""


@dataclass(frozen=True, slots=True)
class Step:
    """Where an enrollment came to stand, and when; for the person, who sees how it went."""

    state: State
    at: datetime
    position: int | None = None
    """The place in the queue at that moment, counted from 1."""
    until: datetime | None = None
    """Until when the seat was offered, or the request was to be decided."""
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Enrollment:
    """One person for one session. It holds a seat, or a place in the queue, or neither: once it is over, and while it waits for
    an approval that comes before a seat.
    """

    enrollment_id: UUID
    session_id: UUID
    person_id: UUID
    state: State
    revision: int
    registered_at: datetime
    decided_at: datetime
    about: Participation
    seat_no: int | None = None
    place: int | None = None
    """Its number in the queue, from a counter that never goes back; who has a lower one is served first."""
    group_id: UUID | None = None
    """Who waits in the same group is served together or not yet."""
    company: int | None = None
    """Of who waits: how many they are, so many seats it takes; 1 for who waits alone."""
    at_once: bool = False
    """Whether the person takes whatever seat comes, without being asked."""
    offered_until: datetime | None = None
    approval: ApprovalNeed | None = None
    """None where no approval is asked; how it is asked was for the session to say when the person came."""
    approval_until: datetime | None = None
    """Until when a request is to be decided, while it waits."""
    reason: str | None = None
    anonymous: bool = False
    """Whether the person's id is one that belongs to nobody."""
    steps: tuple[Step, ...] = ()
    declared: Declared = NOTHING

    @property
    def is_in(self) -> bool:
        return self.state not in OUT


@dataclass(slots=True)
class Session:
    """A session with what the commands at hand need of it: the enrollments they name, and the head of the queue."""

    session_id: UUID
    about: Participation
    starts_at: datetime
    ends_at: datetime
    closes_at: datetime
    capacity: int
    offer_hours: int | None = None
    """For how long a freed seat is offered to the next in line; who has none gets it at once."""
    needs_approval: bool = False
    """Of those who come from now on; so are the two below."""
    approval_hours: int = APPROVAL_HOURS
    holds_seat: bool = True
    """Whether a request holds a seat until it is decided."""
    withdraw_hours: int = 0
    """For how many hours before the start a withdrawal is late."""
    deadline_changed: bool = False
    """Whether these decisions changed that."""
    rules: Rules = field(default_factory=Rules)
    location: str | None = None
    cancelled_at: datetime | None = None
    anonymised_at: datetime | None = None
    """When everybody who was in was forgotten."""
    next_seat: int = 1
    freed: list[int] = field(default_factory=list)
    waiting: int = 0
    waiting_alone: int = 0
    """Those of them who would take a single seat: nobody of these waits beside a free one."""
    requests: int = 0
    """How many requests wait for an approval."""
    next_place: int = 1
    revision: int = 0
    """One more with each change of the seats."""
    told: int = 1
    """How many facts there are about the session itself."""
    enrollments: dict[UUID, Enrollment] = field(default_factory=dict)
    people: dict[UUID, UUID] = field(default_factory=dict)
    """Who is in: the enrollment of each person that holds a seat or a place."""
    queue: list[tuple[int, UUID]] = field(default_factory=list)
    """The head of the queue as a heap of (place, enrollment); who left it, or moved in it, is skipped."""
    changed: dict[UUID, Enrollment] = field(default_factory=dict)
    """Those that decisions touched, as they are now."""
    has_fewer_seats: bool = False
    """Whether it lost seats in this round."""
    reseated: dict[UUID, int] = field(default_factory=dict)
    """Whoever got another seat number because theirs is no more."""
    reasons: dict[str, int] = field(default_factory=dict)
    """How often which reason was given with a withdrawal, by these decisions."""
    room: Room = field(default_factory=Room)
    """How it opens, and how far the line in front of it has come."""
    tickets: dict[UUID, Ticket] = field(default_factory=dict)
    """Those of who asks, and of whose turn it is, as they are now."""
    held: dict[UUID, UUID] = field(default_factory=dict)
    """By person, the ticket that waits."""
    changed_tickets: dict[UUID, Ticket] = field(default_factory=dict)
    is_drawn_now: bool = False
    claims: Claims = field(default_factory=Claims, compare=False)
    """Who is in which session of which course: those of the whole ledger."""
    came: set[UUID] = field(default_factory=set)
    left: set[UUID] = field(default_factory=set)
    """Whoever claimed the course for this session, and whoever gave that up."""

    @property
    def seats_left(self) -> int:
        """Those that nobody has, kept for a group or not."""
        return self.capacity - (self.next_seat - 1) + len(self.freed)

    @property
    def seats_for_all(self) -> int:
        """Those of them that are not kept for a group."""
        return self.seats_left - self.rules.kept

    @property
    def approval_asked(self) -> ApprovalNeed | None:
        """What who comes now needs of an approver."""
        if not self.needs_approval:
            return None
        return "with-seat" if self.holds_seat else "first"

    @property
    def rules_due(self) -> datetime | None:
        """When the clock has to look at the rules again."""
        return None if self.cancelled_at else self.rules.due

    def line_has_to_end(self, now: datetime) -> bool:
        """Whether it has begun while people wait: a seat that fell free now would be nobody's."""
        return self.waiting > 0 and now >= self.starts_at

    def source(self, groups: Collection[SeatGroup], size: int = 1) -> Source | None:
        """Where so many seats come from for who is in these groups, if there are so many."""
        return self.rules.source(groups, size, self.seats_for_all)

    def copy(self, claims: Claims) -> Session:
        return replace(
            self, claims=claims, came={*self.came}, left={*self.left}, freed=[*self.freed], enrollments={**self.enrollments},
            people={**self.people}, queue=[*self.queue], changed={**self.changed}, reseated={**self.reseated},
            reasons={**self.reasons}, tickets={**self.tickets}, held={**self.held}, changed_tickets={**self.changed_tickets},
        )  # fmt: skip

    def know(self, enrollment: Enrollment) -> None:
        """Take in an enrollment as it is now."""
        self.enrollments[enrollment.enrollment_id] = enrollment
        if enrollment.is_in:
            self.people[enrollment.person_id] = enrollment.enrollment_id
        elif self.people.get(enrollment.person_id) == enrollment.enrollment_id:
            del self.people[enrollment.person_id]
        if enrollment.place is not None:
            heappush(self.queue, (enrollment.place, enrollment.enrollment_id))

    def know_ticket(self, ticket: Ticket) -> None:
        """Take in a ticket as it is now."""
        self.tickets[ticket.ticket_id] = ticket
        if ticket.state == "waiting":
            self.held[ticket.person_id] = ticket.ticket_id
        elif self.held.get(ticket.person_id) == ticket.ticket_id:
            del self.held[ticket.person_id]

    def hold(self, ticket: Ticket) -> None:
        """Have a ticket written down as it is now."""
        self.know_ticket(ticket)
        self.changed_tickets[ticket.ticket_id] = ticket

    def ticket_of(self, person_id: UUID) -> Ticket | None:
        """The one that they wait with."""
        ticket_id = self.held.get(person_id)
        return self.tickets[ticket_id] if ticket_id else None

    def claim(self, enrollment: Enrollment) -> None:
        """Have the claims say what an enrollment says as it is now. What is nobody's claims nothing."""
        before = self.enrollments.get(enrollment.enrollment_id)
        if before and before.person_id != enrollment.person_id:
            self._give_up(before.person_id)
        comes = before is None or not before.is_in or before.person_id != enrollment.person_id
        if enrollment.is_in and comes and not enrollment.anonymous:
            self.came.add(enrollment.person_id)
            claim = Claim(self.session_id, enrollment.enrollment_id, self.starts_at, self.ends_at)
            self.claims.put(enrollment.person_id, self.about.course_id, claim)
        elif not enrollment.is_in:
            self._give_up(enrollment.person_id)

    def _give_up(self, person_id: UUID) -> None:
        self.left.add(person_id)
        self.claims.drop(person_id, self.about.course_id, self.session_id)

    def active_of(self, person_id: UUID) -> Enrollment | None:
        enrollment_id = self.people.get(person_id)
        return self.enrollments[enrollment_id] if enrollment_id else None

    def company_of(self, enrollment: Enrollment) -> list[Enrollment]:
        """Who waits together with somebody, in the order of their places; themselves, if they wait."""
        if enrollment.group_id is None:
            return [enrollment] if enrollment.place is not None else []
        theirs = (one for one in self.enrollments.values() if one.group_id == enrollment.group_id and one.place is not None)
        return sorted(theirs, key=lambda one: one.place or 0)

    def next_to_be_served(self) -> list[Enrollment]:
        """The first in line for whom there are seats enough: one person, or a group as a whole. Nobody, if there is none.

        A group for which there are not enough seats yet keeps its place, and lets others go before it.
        """
        if not self.seats_left:
            return []
        passed: list[tuple[int, UUID]] = []
        served: list[Enrollment] = []
        while self.queue and not served:
            place, enrollment_id = self.queue[0]
            waiting = self.enrollments[enrollment_id]
            is_there = waiting.place == place
            if is_there and self.source(waiting.declared.shared, waiting.company or 1):
                served = self.company_of(waiting)
                break
            heappop(self.queue)
            passed += [(place, enrollment_id)] if is_there else []
        for entry in passed:
            heappush(self.queue, entry)
        return served


@dataclass(slots=True)
class Ledger:
    """Everything that was locked for the commands at hand."""

    sessions: dict[UUID, Session]
    places: dict[str, Place]
    """The regions of the municipalities that the commands name."""
    gone: set[UUID] = field(default_factory=set)
    """Those who ask and were forgotten a moment ago."""
    claims: Claims = field(default_factory=Claims)
    completed: frozenset[tuple[UUID, UUID]] = frozenset()
    """Who of those who ask completed which of the courses that are asked for: person and course."""

    def copy(self) -> Ledger:
        claims = self.claims.copy()
        return replace(self, sessions={key: one.copy(claims) for key, one in self.sessions.items()}, claims=claims)


@dataclass(frozen=True, slots=True)
class Settled:
    """The enrollment as it is after the command; `new` if the command made it."""

    enrollment: Enrollment
    new: bool = False
    position: int | None = None
    overlaps: tuple[Claim, ...] = ()
    """What else the person is in at the same time."""


@dataclass(frozen=True, slots=True)
class Ticketed:
    """A place in a draw, or in front of a busy desk."""

    ticket_id: UUID
    session_id: UUID
    position: int | None
    """Counted from 1; nobody has one before the draw."""
    estimated_seconds: int
    """Until it is their turn, at the pace of lately."""
    draw_at: datetime | None = None
    """When chance decides who is first, where it does."""


@dataclass(frozen=True, slots=True)
class Left:
    """A ticket that was given up, now or before."""

    ticket_id: UUID
    session_id: UUID
    settled_at: datetime


@dataclass(frozen=True, slots=True)
class Admitted:
    """So many tickets were settled, and so many wait."""

    tickets: int
    waiting: int


@dataclass(frozen=True, slots=True)
class Done:
    """There is nothing to tell but that it is so."""


@dataclass(frozen=True, slots=True)
class SeatsAre:
    """The seats of a session as they are after an organiser's command."""

    session_id: UUID
    capacity: int
    seats_left: int
    waiting: int
    closes_at: datetime
    offer_hours: int | None
    cancelled: bool
    revision: int
    needs_approval: bool = False
    approval_hours: int = APPROVAL_HOURS
    holds_seat: bool = True
    requests: int = 0
    minimum: int | None = None
    decide_at: datetime | None = None
    going: Going | None = None
    reserved: tuple[Reservation, ...] = ()
    withdraw_hours: int = 0


@dataclass(frozen=True, slots=True)
class Forgotten:
    """So many enrollments are nobody's any more; with some of them a seat or a place was given up."""

    enrollments: int
    given_up: int


@dataclass(frozen=True, slots=True)
class Fault:
    """What of a request is in the way of it."""

    pointer: str
    code: str
    limit: str = ""
    """Which one, or how much."""


@dataclass(frozen=True, slots=True)
class Refused:
    """An expected no. Nothing changed."""

    slug: str
    status: int = 409
    about: tuple[UUID, ...] = ()
    """Which of the enrollments that were named it is about."""
    faults: tuple[Fault, ...] = ()
    retry_at: datetime | None = None
    """When it will be otherwise, where that is known."""


TOO_EARLY = Refused("session-not-open")
"""The session was announced a moment ago, or never: asking again is the way to find out."""

Answer = Settled | Ticketed | Left | Admitted | Done | SeatsAre | Forgotten | Refused


def is_too_early(answer: Answer) -> bool:
    """Whether asking again later is what the answer says: then it is no answer for ever."""
    return answer == TOO_EARLY or (isinstance(answer, Refused) and answer.retry_at is not None)


@dataclass(frozen=True, slots=True)
class Decision:
    """What follows from commands: the ledger after them, the facts in order, and an answer to each command."""

    ledger: Ledger
    facts: Sequence[Event]
    answers: Sequence[Answer]
