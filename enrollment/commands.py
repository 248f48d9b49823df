"""What may be asked of the desk. A command is a question: it is answered once, and may be refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID, uuid4

from shared.contracts.catalog import ReservedSeats, SessionAnnounced, SessionDescribed
from shared.contracts.enrollment import (
    CorrectionReason,
    DeclineReason,
    FundingScheme,
    Outcome,
    Sector,
    SizeClass,
    WorkerGroup,
)
from shared.messaging.answers import Keyed

Why = Literal["illness", "work", "other-session", "other"]
"""Why somebody withdraws, if they care to say."""


@dataclass(frozen=True, slots=True)
class RequestSeat:
    """A person wants a seat in a session. The two ids are chosen by whoever asks, so that asking again is harmless."""

    command_id: UUID
    session_id: UUID
    enrollment_id: UUID
    person_id: UUID
    work_municipality: str | None = None
    home_municipality: str | None = None
    employer_size_class: SizeClass | None = None
    sector: Sector | None = None
    worker_group: WorkerGroup | None = None
    funding_scheme: FundingScheme | None = None
    group_id: UUID | None = None
    """Who waits with the same one gets seats together, or waits on."""
    at_once: bool = False
    """Take a seat that falls free without being asked first."""
    jobseeker: bool = False
    """Whether the person says, for this seat, that they are looking for work."""
    states_prerequisite: bool = False
    """Whether they say that they bring what the course asks for."""
    ticket_id: UUID = field(default_factory=uuid4)
    """Of the ticket that they get where there is a draw, or a queue in front of the desk: nobody chooses it."""
    queues: bool = False
    """Whether there is no time to decide it now, so that a ticket is all they get."""
    asked_at: datetime | None = None
    """When it was asked, of who waited for their turn with a ticket."""
    keyed: Keyed | None = None


@dataclass(frozen=True, slots=True)
class CancelEnrollment:
    """A person withdraws."""

    command_id: UUID
    session_id: UUID
    enrollment_id: UUID
    person_id: UUID
    keyed: Keyed | None = None
    why: Why | None = None
    """Counted, and kept with nobody's name."""


@dataclass(frozen=True, slots=True)
class AcceptOffer:
    """A person takes the seat that is held for them."""

    command_id: UUID
    session_id: UUID
    enrollment_id: UUID
    person_id: UUID
    keyed: Keyed | None = None


@dataclass(frozen=True, slots=True)
class RefuseOffer:
    """A person lets the seat that is held for them go."""

    command_id: UUID
    session_id: UUID
    enrollment_id: UUID
    person_id: UUID
    keyed: Keyed | None = None


@dataclass(frozen=True, slots=True)
class ChangeSession:
    """A person who holds a seat wants one in another session of the same course instead, or else to keep the one they have."""

    command_id: UUID
    session_id: UUID
    enrollment_id: UUID
    person_id: UUID
    to_session_id: UUID
    to_enrollment_id: UUID
    """Chosen by whoever asks, so that asking again is harmless."""
    keyed: Keyed | None = None


@dataclass(frozen=True, slots=True)
class HandOver:
    """Two people agreed that the seat of the one goes to the other; whoever passes it on saw to it that both did."""

    command_id: UUID
    session_id: UUID
    enrollment_id: UUID
    person_id: UUID
    """Who holds the seat."""
    wanted: RequestSeat
    """The enrollment of who takes it, as if they had asked for it; its ids are chosen by whoever asks."""
    keyed: None = None


OfTheirOwn = CancelEnrollment | AcceptOffer | RefuseOffer | ChangeSession | HandOver
"""What somebody asks about an enrollment of their own."""


@dataclass(frozen=True, slots=True)
class LeaveLine:
    """A person who waits with a ticket, in a line or for a draw, no longer wants to."""

    command_id: UUID
    session_id: UUID
    ticket_id: UUID
    person_id: UUID
    keyed: Keyed | None = None


@dataclass(frozen=True, slots=True)
class LapseOffer:
    """The time of an offer is over, or of waiting at all; nobody asks this but the clock."""

    command_id: UUID
    session_id: UUID
    enrollment_id: UUID
    keyed: None = None


@dataclass(frozen=True, slots=True)
class OpenSession:
    """The catalogue announced a session: give out its seats from now on."""

    command_id: UUID
    announced: SessionAnnounced
    seed: str | None = field(default=None, repr=False)
    """Of its draw, if there is to be one: 32 random bytes in hexadecimal."""
    keyed: None = None

    @property
    def session_id(self) -> UUID:
        return self.announced.session_id


@dataclass(frozen=True, slots=True)
class DescribeSession:
    """The catalogue describes a session differently: what later facts say of it changes."""

    command_id: UUID
    described: SessionDescribed
    keyed: None = None

    @property
    def session_id(self) -> UUID:
        return self.described.session_id


@dataclass(frozen=True, slots=True)
class Anonymise:
    """Forget whose the enrollments of these people in a session are: each is under another id from now on.

    A seat or a place in a session that is still to come is given up.
    """

    command_id: UUID
    session_id: UUID
    anonymous_ids: Mapping[UUID, UUID]
    """By person, the id that takes the place of theirs and belongs to nobody."""
    whole_session: bool = False
    """Whether that is everybody who was in: then the session itself is done with."""
    keyed: None = None


@dataclass(frozen=True, slots=True)
class ChangeSeats:
    """The organiser changes a session's seats; None leaves as it is."""

    command_id: UUID
    session_id: UUID
    fieldlabs: frozenset[str]
    """Which fieldlabs the asker organises: a session of another does not exist for them."""
    capacity: int | None = None
    closes_at: datetime | None = None
    offer_hours: int | None = None
    needs_approval: bool | None = None
    """Of those who come from now on; so are the two below."""
    approval_hours: int | None = None
    holds_seat: bool | None = None
    minimum: int | None = None
    decide_at: datetime | None = None
    reserved: tuple[ReservedSeats, ...] | None = None
    """All that is kept from now on; a group that is not in it is lifted."""
    keyed: Keyed | None = None
    withdraw_hours: int | None = None


@dataclass(frozen=True, slots=True)
class CancelSession:
    """The organiser cancels a session as a whole."""

    command_id: UUID
    session_id: UUID
    fieldlabs: frozenset[str]
    keyed: Keyed | None = None


@dataclass(frozen=True, slots=True)
class MarkAttendance:
    """The organiser says who was there. One command carries all marks: they count together, or none does."""

    command_id: UUID
    session_id: UUID
    fieldlabs: frozenset[str]
    marks: Mapping[UUID, Outcome]
    """By enrollment, what became of it."""
    reason: CorrectionReason | None = None
    """Why, where a mark corrects one that was made before."""
    keyed: Keyed | None = None


@dataclass(frozen=True, slots=True)
class DrawTickets:
    """The moment of a draw has come; nobody asks this but the clock."""

    command_id: UUID
    session_id: UUID
    keyed: None = None


@dataclass(frozen=True, slots=True)
class AdmitTickets:
    """Let in who has waited longest with a ticket; nobody asks this but the clock."""

    command_id: UUID
    session_id: UUID
    at_most: int
    keyed: None = None


@dataclass(frozen=True, slots=True)
class GoOn:
    """The organiser decides that a session takes place, however many come."""

    command_id: UUID
    session_id: UUID
    fieldlabs: frozenset[str]
    keyed: Keyed | None = None


@dataclass(frozen=True, slots=True)
class KeepTime:
    """A moment in the rules of a session has come; nobody asks this but the clock."""

    command_id: UUID
    session_id: UUID
    keyed: None = None


OfAnOrganiser = ChangeSeats | CancelSession | GoOn | MarkAttendance
"""What an organiser asks about a session of their own fieldlab."""


@dataclass(frozen=True, slots=True)
class OrganiserOf:
    """Decides as an organiser of one of these fieldlabs: any of them stands in for another."""

    person_id: UUID
    fieldlabs: frozenset[str]


Approver = OrganiserOf
"""As what somebody decides about requests. Another kind of approver is another class here, joined to what it is over where the
desk locks.
"""


@dataclass(frozen=True, slots=True)
class ApproveRequest:
    """An approver says yes."""

    command_id: UUID
    session_id: UUID
    enrollment_id: UUID
    approver: Approver
    keyed: Keyed | None = None


@dataclass(frozen=True, slots=True)
class RejectRequest:
    """An approver says no, and why if they like."""

    command_id: UUID
    session_id: UUID
    enrollment_id: UUID
    approver: Approver
    reason: DeclineReason | None = None
    keyed: Keyed | None = None


OfAnApprover = ApproveRequest | RejectRequest
"""What an approver asks about a request that is theirs to decide."""


@dataclass(frozen=True, slots=True)
class LapseRequest:
    """The time to decide about a request is over; nobody asks this but the clock."""

    command_id: UUID
    session_id: UUID
    enrollment_id: UUID
    keyed: None = None


OfTickets = DrawTickets | AdmitTickets
OfTheClock = LapseOffer | LapseRequest | KeepTime | OfTickets
Command = (
    RequestSeat | OfTheirOwn | LeaveLine | OfAnOrganiser | OfAnApprover | OfTheClock | OpenSession | DescribeSession | Anonymise
)


def named_sessions(command: Command) -> tuple[UUID, ...]:
    """The sessions that a command names: all of them are locked before anything is decided."""
    return (command.session_id, command.to_session_id) if isinstance(command, ChangeSession) else (command.session_id,)
