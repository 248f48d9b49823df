"""Facts the admission desk publishes: what happened to a session's seats, and to one person's enrollment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal
from uuid import UUID

from pydantic import AwareDatetime

from shared.contracts.catalog import Place, ReservedSeats, SeatGroup
from shared.contracts.event import Event, Value

State = Literal[
    "requested", "confirmed", "waitlisted", "offered", "declined", "cancelled", "attended", "completed", "no_show"
]  # fmt: skip

Outcome = Literal["attended", "completed", "no_show"]
"""What became of a seat: its holder was there and did not (yet) pass, was there and passed, or was absent."""

CorrectionReason = Literal["mistake", "came-late", "left-early", "passed-later", "result-revised"]
"""Why an outcome was corrected. A choice and no text: what people write about others holds names, and why somebody was ill."""

SizeClass = Literal["micro", "small", "medium", "large"]
"""Staff of the employer by the European SME definition (2003/361/EC): under 10, under 50, under 250, 250 and over."""

Sector = Literal[
    "A", "B", "C", "D", "E", "F", "G", "H", "I", "J", "K", "L", "M", "N", "O", "P", "Q", "R", "S", "T", "U"
]  # fmt: skip
"""Section of the Dutch business classification SBI 2008; C is manufacturing."""

WorkerGroup = Literal["employed", "self-employed", "jobseeker", "student"]
Approval = Literal["needed", "given"]

DeclineReason = Literal["prior-knowledge", "other-group", "no-room", "other-date", "contact-us"]
"""Why an approver says no. A choice and not a text: it is told in the reader's language, and says nothing else of anybody."""

FundingScheme = Literal["own", "employer", "slim", "a-plus-o", "oom", "region"]


class SeatCount(Value):
    """The seats of a session after the fact. A state, not a change: a reader assigns, and never adds."""

    revision: int
    """Rises under the session's lock, so that late arrivals can be told apart."""
    capacity: int
    seats_left: int
    """Free for everybody; those that are kept for a group are not among them."""
    waiting: int
    reserved: Mapping[SeatGroup, int] | None = None
    """How many are still kept for each group; there only where some were."""


class DrawAnnounced(Value):
    """A draw that is to come: the hash of its seed commits us to a seed that nobody has seen."""

    at: AwareDatetime
    seed_hash: str
    """SHA-256 of the seed, in hexadecimal."""


class SessionOpened(Event):
    """The desk gives out the seats of this session from now on."""

    type: ClassVar[str] = "nl.skillslabs.enrollment.session-opened"

    session_id: UUID
    seats: SeatCount
    closes_at: AwareDatetime
    starts_at: AwareDatetime
    opens_at: AwareDatetime | None = None
    draw: DrawAnnounced | None = None
    minimum: int | None = None
    decide_at: AwareDatetime | None = None
    reserved: tuple[ReservedSeats, ...] | None = None

    @property
    def subject(self) -> str:
        return f"sessions/{self.session_id}"


class SessionDrawn(Event):
    """The seed of a session's draw is shown. The tickets are served in the order of SHA-256(seed followed by ticket id)."""

    type: ClassVar[str] = "nl.skillslabs.enrollment.session-drawn"

    session_id: UUID
    seats: SeatCount
    seed: str
    """In hexadecimal."""
    seed_hash: str

    @property
    def subject(self) -> str:
        return f"sessions/{self.session_id}"


class SeatsChanged(Event):
    """How many seats a session has, until when people enroll, for how long a freed seat is offered, whether those who come from
    now on need an approval, how many have to come, or what is kept for whom is otherwise: by the organiser, or because a time
    was over.
    """

    type: ClassVar[str] = "nl.skillslabs.enrollment.seats-changed"

    session_id: UUID
    seats: SeatCount
    closes_at: AwareDatetime
    offer_hours: int | None = None
    needs_approval: bool | None = None
    """None in facts of before there were approvals; so are the two below."""
    approval_hours: int | None = None
    holds_seat: bool | None = None
    withdraw_hours: int | None = None
    """For how many hours before the start a withdrawal is late."""
    minimum: int | None = None
    decide_at: AwareDatetime | None = None
    reserved: tuple[ReservedSeats, ...] | None = None

    @property
    def subject(self) -> str:
        return f"sessions/{self.session_id}"


class SessionGoesOn(Event):
    """A session takes place for sure: enough people hold a seat, or the organiser says so."""

    type: ClassVar[str] = "nl.skillslabs.enrollment.session-goes-on"

    session_id: UUID
    seats: SeatCount
    minimum: int
    enough: bool
    """Whether the minimum was reached; otherwise the organiser went on without."""

    @property
    def subject(self) -> str:
        return f"sessions/{self.session_id}"


class MinimumMissed(Event):
    """When it was to be decided, fewer than the minimum held a seat: the organiser goes on anyway, or calls it off."""

    type: ClassVar[str] = "nl.skillslabs.enrollment.minimum-missed"

    session_id: UUID
    seats: SeatCount
    minimum: int
    confirmed: int

    @property
    def subject(self) -> str:
        return f"sessions/{self.session_id}"


class SessionCancelled(Event):
    """A session does not take place. Whoever was in is out; each of their enrollments says so itself."""

    type: ClassVar[str] = "nl.skillslabs.enrollment.session-cancelled"

    session_id: UUID
    seats: SeatCount

    @property
    def subject(self) -> str:
        return f"sessions/{self.session_id}"


class Participation(Value):
    """What a report needs to know of an enrollment, as it was when the person registered: the projection joins nothing."""

    course_id: UUID
    fieldlab_id: str
    theme: str
    hours: int
    level: int
    fieldlab: Place
    work: Place | None = None
    home: Place | None = None
    employer_size_class: SizeClass | None = None
    sector: Sector | None = None
    worker_group: WorkerGroup | None = None
    funding_scheme: FundingScheme | None = None


class AboutEnrollment(Event):
    """What every fact about one person's enrollment carries, and the seats of the session after it."""

    enrollment_id: UUID
    session_id: UUID
    person_id: UUID
    registered_at: AwareDatetime
    about: Participation
    seats: SeatCount
    command_id: UUID
    """The question that this answers; a promotion names the cancellation that made room."""

    @property
    def subject(self) -> str:
        return f"enrollments/{self.enrollment_id}"


class EnrollmentFact(AboutEnrollment):
    """Where one person's enrollment stands now."""

    state: ClassVar[State]


class SeatConfirmed(EnrollmentFact):
    """A worker holds a seat."""

    type: ClassVar[str] = "nl.skillslabs.enrollment.confirmed"
    state: ClassVar[State] = "confirmed"

    from_waiting_list: bool = False
    """Whether it fell to them while they waited, and they said nothing to it."""
    approved: bool | None = None
    """Whether this is the answer to a request for approval; None is no."""
    instead_of: UUID | None = None
    """The enrollment that made room for this one: the person's own in another session of the course, or that of a colleague
    who handed this very seat over.
    """


class EnrollmentWaitlisted(EnrollmentFact):
    """A worker holds a place in the queue for a seat."""

    type: ClassVar[str] = "nl.skillslabs.enrollment.waitlisted"
    state: ClassVar[State] = "waitlisted"

    position: int
    """The place at that moment, counted from 1."""
    approval: Approval | None = None
    """`given` where this is the answer to a request for approval; `needed` where one is made when it is their turn."""


class EnrollmentRequested(EnrollmentFact):
    """A worker waits for an approval, with a seat that is held for them or without one."""

    type: ClassVar[str] = "nl.skillslabs.enrollment.requested"
    state: ClassVar[State] = "requested"

    until: AwareDatetime
    """After this moment the request has lapsed."""
    holds_seat: bool
    from_waiting_list: bool = False


class EnrollmentDeclined(EnrollmentFact):
    """A request for approval got a no, or no answer in time; its seat, if it held one, is free again."""

    type: ClassVar[str] = "nl.skillslabs.enrollment.declined"
    state: ClassVar[State] = "declined"

    reason: str
    """Why, as a slug: one of DeclineReason, `by-organiser` where none was given, or `approval-lapsed`. There may be ones that
    are newer than the reader.
    """
    held_seat: bool


class SeatOffered(EnrollmentFact):
    """A seat fell free, and is held for somebody who waited until they say whether they want it."""

    type: ClassVar[str] = "nl.skillslabs.enrollment.offered"
    state: ClassVar[State] = "offered"

    until: AwareDatetime
    """After this moment it goes to the next in line."""


class EnrollmentCancelled(EnrollmentFact):
    """An enrollment ended; its seat, if it held one, is free again, or is somebody else's by the next fact (`transferred`)."""

    type: ClassVar[str] = "nl.skillslabs.enrollment.cancelled"
    state: ClassVar[State] = "cancelled"

    reason: str
    """Why, as a slug: `by-person`, `by-person-late`, `offer-refused`, `offer-lapsed`, `session-cancelled`, `to-other-session`,
    `transferred`. There may be ones that are newer than the reader.
    """
    held_seat: bool


class AttendanceMarked(AboutEnrollment):
    """The organiser noted whether the holder of a seat was there, and whether they passed; or corrected what was noted."""

    type: ClassVar[str] = "nl.skillslabs.enrollment.attendance-marked"

    stands: Outcome
    stood: State
    """What it was until then."""
    reason: CorrectionReason | None = None
    """Why, where it is a correction."""


class EnrollmentMoved(AboutEnrollment):
    """The session of this enrollment is at another time or place; where the enrollment stands has not changed."""

    type: ClassVar[str] = "nl.skillslabs.enrollment.moved"

    stands: State
    decided_at: AwareDatetime
    """When it came to stand so, which is what reports count by."""
    described: int
    """The revision of the catalogue's description that moved it."""


class EnrollmentAnonymised(AboutEnrollment):
    """Whose enrollment this is can no longer be told: it stands as it stood, under an id that belongs to nobody, and without
    what the person told of themselves. Whoever keeps the earlier id puts this one in its place.
    """

    type: ClassVar[str] = "nl.skillslabs.enrollment.anonymised"

    stands: State
    decided_at: AwareDatetime
    """When it came to stand so, which is what reports count by."""


class AboutTicket(Event):
    """What every fact about a ticket carries. One that only waits for a busy desk is told of when it comes to nothing."""

    ticket_id: UUID
    session_id: UUID
    person_id: UUID

    @property
    def subject(self) -> str:
        return f"tickets/{self.ticket_id}"


class TicketTaken(AboutTicket):
    """Somebody takes part in the draw for a session."""

    type: ClassVar[str] = "nl.skillslabs.enrollment.ticket-taken"

    draw_at: AwareDatetime


class TicketEnded(AboutTicket):
    """A ticket came to nothing; one that became an enrollment is told by that."""

    type: ClassVar[str] = "nl.skillslabs.enrollment.ticket-ended"

    reason: str
    """Why, as a slug: `session-cancelled`, `enrollment-closed`, `other-session-of-course`, `withdrawn` and so on. There may be
    ones newer than the reader.
    """


class TicketAnonymised(AboutTicket):
    """Whose ticket this was can no longer be told. Whoever keeps the earlier id puts this one in its place."""

    type: ClassVar[str] = "nl.skillslabs.enrollment.ticket-anonymised"
