"""The rules of the desk. Pure: values in, values out; no clock, no database, no chance.

`decide` takes commands in turn; each meets the session as the one before it left it. So it does not matter how commands are
cut into batches: deciding two lists one after the other gives what deciding them together gives.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from heapq import heappop, heappush
from typing import assert_never
from uuid import UUID

from enrollment.commands import Anonymise, CancelEnrollment, Command, DescribeSession, OpenSession, RequestSeat
from shared.contracts.catalog import Place, SessionFact
from shared.contracts.enrollment import (
    EnrollmentAnonymised,
    EnrollmentCancelled,
    EnrollmentWaitlisted,
    Participation,
    SeatConfirmed,
    SeatCount,
    SessionOpened,
    State,
)
from shared.contracts.event import Event

VOLUNTARY = ("home", "worker_group")
"""What of a participation a person told of themselves, for the figures alone; the rest is about the work and the course."""


@dataclass(frozen=True, slots=True)
class Enrollment:
    """One person for one session. It holds a seat, or a place in the queue, or neither once it is cancelled."""

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
    reason: str | None = None
    anonymous: bool = False
    """Whether the person's id is one that belongs to nobody."""


@dataclass(slots=True)
class Session:
    """A session with what the commands at hand need of it: the enrollments they name, and the head of the queue."""

    session_id: UUID
    about: Participation
    starts_at: datetime
    ends_at: datetime
    closes_at: datetime
    capacity: int
    anonymised_at: datetime | None = None
    """When everybody who was in was forgotten."""
    next_seat: int = 1
    freed: list[int] = field(default_factory=list)
    waiting: int = 0
    next_place: int = 1
    revision: int = 0
    enrollments: dict[UUID, Enrollment] = field(default_factory=dict)
    people: dict[UUID, UUID] = field(default_factory=dict)
    """Who is in: the enrollment of each person that holds a seat or a place."""
    queue: list[tuple[int, UUID]] = field(default_factory=list)
    """The head of the queue as a heap of (place, enrollment); who left it meanwhile is skipped."""
    changed: dict[UUID, Enrollment] = field(default_factory=dict)
    """Those that decisions touched, as they are now."""

    @property
    def seats_left(self) -> int:
        return self.capacity - (self.next_seat - 1) + len(self.freed)

    def copy(self) -> Session:
        return replace(
            self, freed=[*self.freed], enrollments={**self.enrollments}, people={**self.people}, queue=[*self.queue],
            changed={**self.changed},
        )  # fmt: skip

    def know(self, enrollment: Enrollment) -> None:
        """Take in an enrollment as it is now."""
        self.enrollments[enrollment.enrollment_id] = enrollment
        if enrollment.state != "cancelled":
            self.people[enrollment.person_id] = enrollment.enrollment_id
        elif self.people.get(enrollment.person_id) == enrollment.enrollment_id:
            del self.people[enrollment.person_id]
        if enrollment.place is not None:
            heappush(self.queue, (enrollment.place, enrollment.enrollment_id))

    def active_of(self, person_id: UUID) -> Enrollment | None:
        enrollment_id = self.people.get(person_id)
        return self.enrollments[enrollment_id] if enrollment_id else None

    def next_in_line(self) -> Enrollment | None:
        while self.queue:
            place, enrollment_id = self.queue[0]
            if self.enrollments[enrollment_id].place == place:
                return self.enrollments[enrollment_id]
            heappop(self.queue)
        return None


@dataclass(slots=True)
class Ledger:
    """Everything that was locked for the commands at hand."""

    sessions: dict[UUID, Session]
    places: dict[str, Place]
    """The regions of the municipalities that the commands name."""
    gone: set[UUID] = field(default_factory=set)
    """Those who ask and were forgotten a moment ago."""

    def copy(self) -> Ledger:
        return Ledger({key: session.copy() for key, session in self.sessions.items()}, self.places, self.gone)


@dataclass(frozen=True, slots=True)
class Settled:
    """The enrollment as it is after the command; `new` if the command made it."""

    enrollment: Enrollment
    new: bool = False
    position: int | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """There is nothing to tell but that it is so."""


@dataclass(frozen=True, slots=True)
class Forgotten:
    """So many enrollments are nobody's any more; with some of them a seat or a place was given up."""

    enrollments: int
    given_up: int


@dataclass(frozen=True, slots=True)
class Refused:
    """An expected no. Nothing changed."""

    slug: str
    status: int = 409


TOO_EARLY = Refused("session-not-open")
"""The session was announced a moment ago, or never: asking again is the way to find out."""

Answer = Settled | Done | Forgotten | Refused


@dataclass(frozen=True, slots=True)
class Decision:
    """What follows from commands: the ledger after them, the facts in order, and an answer to each command."""

    ledger: Ledger
    facts: Sequence[Event]
    answers: Sequence[Answer]


def decide(ledger: Ledger, commands: Iterable[Command], now: datetime) -> Decision:
    """Take the commands in turn. `ledger` itself is left as it was; `now` is the moment that closing times are held against."""
    after = ledger.copy()
    facts: list[Event] = []
    answers = [_answer(after, command, now, facts) for command in commands]
    return Decision(after, facts, answers)


def _answer(ledger: Ledger, command: Command, now: datetime, facts: list[Event]) -> Answer:
    match command:
        case RequestSeat():
            return _request_seat(ledger, command, now, facts)
        case CancelEnrollment():
            return _cancel(ledger, command, now, facts)
        case OpenSession():
            return _open(ledger, command, now, facts)
        case DescribeSession():
            return _describe(ledger, command)
        case Anonymise():
            return _anonymise(ledger, command, now, facts)
        case _:
            assert_never(command)


def _request_seat(ledger: Ledger, command: RequestSeat, now: datetime, facts: list[Event]) -> Answer:
    """A seat, a place in the queue for one, or the reason why not. Whoever is in already gets what they have."""
    session = ledger.sessions.get(command.session_id)
    if command.person_id in ledger.gone:
        return Refused("not-signed-in", 401)
    if session is None:
        return TOO_EARLY
    if first := session.active_of(command.person_id):
        return Settled(first, new=first.enrollment_id == command.enrollment_id, position=None)
    if now >= session.closes_at or now >= session.starts_at:
        return Refused("enrollment-closed")
    for code in (command.work_municipality, command.home_municipality):
        if code is not None and code not in ledger.places:
            return Refused("unknown-municipality", 400)

    enrollment = Enrollment(
        enrollment_id=command.enrollment_id,
        session_id=command.session_id,
        person_id=command.person_id,
        state="waitlisted",
        revision=0,
        registered_at=now,
        decided_at=now,
        about=_participation(session, command, ledger.places),
    )
    if session.seats_left:
        confirmed = _confirm(session, enrollment, command.command_id, now, facts)
        return Settled(confirmed, new=True)
    waitlisted = _waitlist(session, enrollment, command.command_id, now, facts)
    return Settled(waitlisted, new=True, position=session.waiting)


def _cancel(ledger: Ledger, command: CancelEnrollment, now: datetime, facts: list[Event]) -> Answer:
    """Withdraw, and let the next in line have the seat. What is withdrawn already stays so: no second fact. That the
    enrollment is the asker's was seen to when it was locked.
    """
    session = ledger.sessions.get(command.session_id)
    enrollment = session.enrollments.get(command.enrollment_id) if session else None
    if session is None or enrollment is None:
        return Refused("not-found", 404)
    if enrollment.state == "cancelled":
        return Settled(enrollment)
    if now >= session.starts_at:
        return Refused("session-started")
    return Settled(_withdraw(session, enrollment, command.command_id, now, facts))


def _withdraw(session: Session, enrollment: Enrollment, cause: UUID, now: datetime, facts: list[Event]) -> Enrollment:
    """Somebody is out, and what they had goes to the next in line."""
    cancelled = _release(session, enrollment, cause, now, facts)
    while session.seats_left and (next_one := session.next_in_line()):
        _confirm(session, next_one, cause, now, facts)
    return cancelled


def _anonymise(ledger: Ledger, command: Anonymise, now: datetime, facts: list[Event]) -> Answer:
    session = ledger.sessions.get(command.session_id)
    if session is None:
        return Forgotten(0, 0)
    theirs = [one for one in session.enrollments.values() if one.person_id in command.anonymous_ids]
    coming = [one for one in theirs if one.state != "cancelled" and now < session.starts_at]
    for enrollment in coming:
        _withdraw(session, session.enrollments[enrollment.enrollment_id], command.command_id, now, facts)
    for enrollment in theirs:
        _disown(session, session.enrollments[enrollment.enrollment_id], command, now, facts)
    if command.whole_session:
        session.anonymised_at = now
    return Forgotten(len(theirs), len(coming))


def _open(ledger: Ledger, command: OpenSession, now: datetime, facts: list[Event]) -> Answer:
    if command.session_id in ledger.sessions:
        return Done()
    announced = command.announced
    session = Session(
        session_id=announced.session_id,
        about=_about(announced),
        starts_at=announced.starts_at,
        ends_at=announced.ends_at,
        closes_at=announced.seats.closes_at,
        capacity=announced.seats.capacity,
        revision=1,
    )
    ledger.sessions[session.session_id] = session
    facts.append(
        SessionOpened(
            session_id=session.session_id, revision=1, occurred_at=now, seats=_seats(session),
            closes_at=session.closes_at, starts_at=session.starts_at,
        )
    )  # fmt: skip
    return Done()


def _describe(ledger: Ledger, command: DescribeSession) -> Answer:
    session = ledger.sessions.get(command.session_id)
    if session is None:
        return TOO_EARLY
    session.about = _about(command.described)
    session.starts_at, session.ends_at = command.described.starts_at, command.described.ends_at
    return Done()


# How a session changes: rows and facts follow from the same step, so that they cannot drift apart.


def _confirm(session: Session, enrollment: Enrollment, cause: UUID, now: datetime, facts: list[Event]) -> Enrollment:
    if session.freed:
        seat_no = session.freed.pop()
    else:
        seat_no = session.next_seat
        session.next_seat += 1
    from_waiting_list = enrollment.place is not None
    session.waiting -= from_waiting_list
    after = _step(session, replace(enrollment, state="confirmed", seat_no=seat_no, place=None), now)
    facts.append(SeatConfirmed(**_told(session, after, cause), from_waiting_list=from_waiting_list))
    return after


def _waitlist(session: Session, enrollment: Enrollment, cause: UUID, now: datetime, facts: list[Event]) -> Enrollment:
    place = session.next_place
    session.next_place += 1
    session.waiting += 1
    after = _step(session, replace(enrollment, state="waitlisted", place=place), now)
    facts.append(EnrollmentWaitlisted(**_told(session, after, cause), position=session.waiting))
    return after


def _release(session: Session, enrollment: Enrollment, cause: UUID, now: datetime, facts: list[Event]) -> Enrollment:
    held_seat = enrollment.seat_no is not None
    if enrollment.seat_no is not None:
        session.freed.append(enrollment.seat_no)
    else:
        session.waiting -= 1
    after = _step(session, replace(enrollment, state="cancelled", seat_no=None, place=None, reason="by-person"), now)
    facts.append(EnrollmentCancelled(**_told(session, after, cause), reason="by-person", held_seat=held_seat))
    return after


def _disown(session: Session, enrollment: Enrollment, command: Anonymise, now: datetime, facts: list[Event]) -> None:
    session.people.pop(enrollment.person_id, None)
    anonymous_id = command.anonymous_ids[enrollment.person_id]
    about = enrollment.about.model_copy(update=dict.fromkeys(VOLUNTARY))
    same = replace(enrollment, person_id=anonymous_id, about=about, anonymous=True)
    after = _step(session, same, enrollment.decided_at)
    told = {**_told(session, after, command.command_id), "occurred_at": now}
    facts.append(EnrollmentAnonymised(**told, stands=after.state, decided_at=after.decided_at))


def _step(session: Session, enrollment: Enrollment, decided_at: datetime) -> Enrollment:
    session.revision += 1
    after = replace(enrollment, revision=enrollment.revision + 1, decided_at=decided_at)
    session.know(after)
    session.changed[after.enrollment_id] = after
    return after


def _told(session: Session, enrollment: Enrollment, cause: UUID) -> dict[str, object]:
    """What every fact about an enrollment says."""
    return {
        "enrollment_id": enrollment.enrollment_id,
        "session_id": enrollment.session_id,
        "person_id": enrollment.person_id,
        "registered_at": enrollment.registered_at,
        "occurred_at": enrollment.decided_at,
        "about": enrollment.about,
        "revision": enrollment.revision,
        "seats": _seats(session),
        "command_id": cause,
    }


def _seats(session: Session) -> SeatCount:
    return SeatCount(
        revision=session.revision, capacity=session.capacity, seats_left=session.seats_left, waiting=session.waiting
    )


def _about(described: SessionFact) -> Participation:
    return Participation(
        course_id=described.course_id,
        fieldlab_id=described.fieldlab_id,
        theme=described.theme,
        hours=described.hours,
        level=described.level,
        fieldlab=described.fieldlab_place,
    )


def _participation(session: Session, command: RequestSeat, places: dict[str, Place]) -> Participation:
    """The session's part of the report, and the person's, as they are today."""
    return session.about.model_copy(
        update={
            "work": places[command.work_municipality] if command.work_municipality else None,
            "home": places[command.home_municipality] if command.home_municipality else None,
            "employer_size_class": command.employer_size_class,
            "sector": command.sector,
            "worker_group": command.worker_group,
            "funding_scheme": command.funding_scheme,
        }
    )
