"""What the catalogue and the organiser ask of the desk about a session."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from enrollment.commands import CancelSession, ChangeSeats, DescribeSession, OpenSession
from enrollment.domain import steps
from enrollment.domain.ledger import TOO_EARLY, Answer, Done, Enrollment, Ledger, Refused, SeatsAre, Session
from shared.contracts.catalog import SessionFact
from shared.contracts.enrollment import Participation, SeatsChanged, SessionCancelled, SessionOpened
from shared.contracts.event import Event


def open_session(ledger: Ledger, command: OpenSession, now: datetime, facts: list[Event]) -> Answer:
    """Give out its seats from now on. Again changes nothing."""
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
        offer_hours=announced.seats.offer_hours,
        location=announced.location,
        revision=1,
        claims=ledger.claims,
    )
    ledger.sessions[session.session_id] = session
    facts.append(
        SessionOpened(
            session_id=session.session_id, revision=1, occurred_at=now, seats=steps.seats(session),
            closes_at=session.closes_at, starts_at=session.starts_at,
        )
    )  # fmt: skip
    return Done()


def describe(ledger: Ledger, command: DescribeSession, now: datetime, facts: list[Event]) -> Answer:
    """What later facts say of the session changes. Whoever is in is told when it is at another time or place."""
    session, described = ledger.sessions.get(command.session_id), command.described
    if session is None:
        return TOO_EARLY
    before = (session.starts_at, session.ends_at, session.location or described.location)
    session.about = _about(described)
    session.starts_at, session.ends_at, session.location = described.starts_at, described.ends_at, described.location
    if before != (session.starts_at, session.ends_at, session.location) and session.cancelled_at is None:
        for enrollment in _everybody_in(session):
            steps.move(session, enrollment, described.revision, command.command_id, now, facts)
    return Done()


def change_seats(ledger: Ledger, command: ChangeSeats, now: datetime, facts: list[Event]) -> Answer:
    """More seats go to who waits in the same decision. Never fewer than are held, and none in what is over."""
    session = ledger.sessions[command.session_id]
    if refused := _cannot_change(session, now):
        return refused
    capacity = session.capacity if command.capacity is None else command.capacity
    if capacity < session.capacity - session.seats_left:
        return Refused("seats-are-held")
    if command.closes_at is not None and command.closes_at > session.starts_at:
        return Refused("closes-after-the-start", 400)
    before = (session.capacity, session.closes_at, session.offer_hours)
    _resize(session, capacity)
    session.closes_at = command.closes_at or session.closes_at
    session.offer_hours = command.offer_hours or session.offer_hours
    if before != (session.capacity, session.closes_at, session.offer_hours):
        session.revision += 1
        session.told += 1
        facts.append(
            SeatsChanged(
                session_id=session.session_id, revision=session.told, occurred_at=now, seats=steps.seats(session),
                closes_at=session.closes_at, offer_hours=session.offer_hours,
            )
        )  # fmt: skip
        steps.fill(session, command.command_id, now, facts)
    return seats_are(session)


def cancel(ledger: Ledger, command: CancelSession, now: datetime, facts: list[Event]) -> Answer:
    """It does not take place: everybody who is in is out. Again changes nothing and answers the same."""
    session = ledger.sessions[command.session_id]
    if session.cancelled_at is not None:
        return seats_are(session)
    if refused := _cannot_change(session, now):
        return refused
    session.cancelled_at = now
    for enrollment in _everybody_in(session):
        steps.release(
            session, session.enrollments[enrollment.enrollment_id], "session-cancelled", command.command_id, now, facts
        )
    session.revision += 1
    session.told += 1
    facts.append(
        SessionCancelled(
            session_id=session.session_id, revision=session.told, occurred_at=now, seats=steps.seats(session)
        )
    )  # fmt: skip
    return seats_are(session)


def seats_are(session: Session) -> SeatsAre:
    return SeatsAre(
        session.session_id, session.capacity, session.seats_left, session.waiting, session.closes_at, session.offer_hours,
        session.cancelled_at is not None, session.revision,
    )  # fmt: skip


def _cannot_change(session: Session, now: datetime) -> Refused | None:
    if session.cancelled_at is not None:
        return Refused("session-cancelled")
    return Refused("session-started") if now >= session.starts_at else None


def _everybody_in(session: Session) -> list[Enrollment]:
    """Who holds a seat, and then who waits, in the order in which they are served."""
    return sorted(
        (one for one in session.enrollments.values() if one.is_in), key=lambda one: (one.place or 0, one.seat_no or 0)
    )


def _resize(session: Session, capacity: int) -> None:
    """Whoever has a seat whose number is no more gets one that is free."""
    if capacity < session.capacity:
        session.freed = [seat for seat in session.freed if seat <= capacity]
        for enrollment in list(session.enrollments.values()):
            if enrollment.seat_no is not None and enrollment.seat_no > capacity:
                seat_no = session.freed.pop()
                session.reseated[enrollment.enrollment_id] = seat_no
                session.enrollments[enrollment.enrollment_id] = replace(enrollment, seat_no=seat_no)
        session.next_seat = min(session.next_seat, capacity + 1)
    session.capacity = capacity


def _about(described: SessionFact) -> Participation:
    return Participation(
        course_id=described.course_id,
        fieldlab_id=described.fieldlab_id,
        theme=described.theme,
        hours=described.hours,
        level=described.level,
        fieldlab=described.fieldlab_place,
    )
