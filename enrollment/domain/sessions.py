"""What the catalogue and the organiser ask of the desk about a session."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from enrollment.commands import CancelSession, ChangeSeats, DescribeSession, OpenSession
from enrollment.domain import openings, steps
from enrollment.domain.deciding import cannot_change, changed_rules, may_be_changed, seats_are, tell_changed
from enrollment.domain.ledger import APPROVAL_HOURS, TOO_EARLY, Answer, Done, Enrollment, Ledger, Refused, Session
from enrollment.domain.rules import Reservation, Rules, decision_moment
from shared.contracts.catalog import SessionAnnounced, SessionFact
from shared.contracts.enrollment import Participation, SessionCancelled, SessionOpened
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
        needs_approval=announced.seats.needs_approval,
        approval_hours=announced.seats.approval_hours or APPROVAL_HOURS,
        holds_seat=announced.seats.holds_seat is not False,
        location=announced.location,
        rules=_rules(announced, now),
        revision=1,
        room=openings.opened(announced.seats, command.seed),
        claims=ledger.claims,
    )
    ledger.sessions[session.session_id] = session
    facts.append(
        SessionOpened(
            session_id=session.session_id, revision=1, occurred_at=now, seats=steps.seats(session),
            closes_at=session.closes_at, starts_at=session.starts_at, opens_at=session.room.opens_at,
            draw=openings.announced(session.room), minimum=session.rules.minimum, decide_at=session.rules.decide_at,
            reserved=tuple(one.told for one in session.rules.reserved) or None,
        )
    )  # fmt: skip
    return Done()


def describe(ledger: Ledger, command: DescribeSession, now: datetime, facts: list[Event]) -> Answer:
    """What later facts say of the session changes. Whoever is in is told when it is at another time or place."""
    session, described = ledger.sessions.get(command.session_id), command.described
    if session is None:
        return TOO_EARLY
    moved = moves(session, described)
    session.about = _about(described)
    decide_at = session.rules.decide_at and min(session.rules.decide_at, described.starts_at)
    session.rules = replace(session.rules, requires=described.requires, decide_at=decide_at)
    session.starts_at, session.ends_at, session.location = described.starts_at, described.ends_at, described.location
    if moved and session.cancelled_at is None:
        for enrollment in _everybody_in(session):
            steps.move(session, enrollment, described.revision, command.command_id, now, facts)
    return Done()


def moves(session: Session, described: SessionFact) -> bool:
    """Whether a description puts a session at another time or place; where it was held is unknown of one that is old."""
    before = (session.starts_at, session.ends_at, session.location or described.location)
    return before != (described.starts_at, described.ends_at, described.location)


def change_seats(ledger: Ledger, command: ChangeSeats, now: datetime, facts: list[Event]) -> Answer:
    """More seats go to who waits in the same decision. Never fewer than are held, and none in what is over."""
    session = ledger.sessions[command.session_id]
    if refused := cannot_change(session, now):
        return refused
    capacity = session.capacity if command.capacity is None else command.capacity
    rules = changed_rules(session, command, capacity, now)
    if isinstance(rules, Refused):
        return rules
    if command.closes_at is not None and command.closes_at > session.starts_at:
        return Refused("closes-after-the-start", 400)
    before = may_be_changed(session)
    _resize(session, capacity)
    session.rules = rules
    session.closes_at = command.closes_at or session.closes_at
    session.offer_hours = command.offer_hours or session.offer_hours
    session.approval_hours = command.approval_hours or session.approval_hours
    session.needs_approval = session.needs_approval if command.needs_approval is None else command.needs_approval
    session.holds_seat = session.holds_seat if command.holds_seat is None else command.holds_seat
    if command.withdraw_hours is not None and command.withdraw_hours != session.withdraw_hours:
        session.withdraw_hours, session.deadline_changed = command.withdraw_hours, True
    if before != may_be_changed(session):
        tell_changed(session, now, facts)
        steps.fill(session, command.command_id, now, facts)
    return seats_are(session)


def cancel(ledger: Ledger, command: CancelSession, now: datetime, facts: list[Event]) -> Answer:
    """It does not take place: everybody who is in is out. Again changes nothing and answers the same."""
    session = ledger.sessions[command.session_id]
    if session.cancelled_at is not None:
        return seats_are(session)
    if refused := cannot_change(session, now):
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
                if enrollment.enrollment_id in session.changed:
                    session.changed[enrollment.enrollment_id] = session.enrollments[enrollment.enrollment_id]
        session.has_fewer_seats = True
        session.next_seat = min(session.next_seat, capacity + 1)
    session.capacity = capacity


def _rules(announced: SessionAnnounced, now: datetime) -> Rules:
    """As the organiser asked for them; what is kept is never more than there is."""
    plan = announced.seats
    left, kept = plan.capacity, []
    for one in plan.reserved or ():
        kept.append(Reservation(one.group, min(one.seats, left), min(one.seats, left), one.until))
        left -= kept[-1].left
    if plan.minimum is None:
        return Rules(requires=announced.requires, reserved=tuple(kept))
    decide_at = plan.decide_at or decision_moment(announced.starts_at, plan.closes_at, now)
    return Rules(plan.minimum, decide_at, "pending", announced.requires, tuple(kept))


def _about(described: SessionFact) -> Participation:
    return Participation(
        course_id=described.course_id,
        fieldlab_id=described.fieldlab_id,
        theme=described.theme,
        hours=described.hours,
        level=described.level,
        fieldlab=described.fieldlab_place,
    )
