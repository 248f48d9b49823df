"""Moving to another session of the same course: the old seat is let go only once the new one is held."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from enrollment.commands import ChangeSession, RequestSeat
from enrollment.domain import people, steps
from enrollment.domain.ledger import TOO_EARLY, Answer, Enrollment, Ledger, Refused, Session, Settled
from shared.contracts.event import Event

MOVED = "to-other-session"
FULL = Refused("other-session-full")
ASKS_APPROVAL = Refused("other-session-asks-approval")
GOOD_ENOUGH = frozenset(("confirmed",))
"""For what somebody lets the seat go that they have."""


def change_session(ledger: Ledger, command: ChangeSession, now: datetime, facts: list[Event]) -> Answer:
    """A seat there instead of the one here, and the one here for the next in line; or everything as it was, and why."""
    here, there = ledger.sessions.get(command.session_id), ledger.sessions.get(command.to_session_id)
    enrollment = here.enrollments.get(command.enrollment_id) if here else None
    if here is None or enrollment is None:
        return people.NOT_FOUND
    if there is None:
        return TOO_EARLY
    if enrollment.reason == MOVED and (moved := there.active_of(command.person_id)):
        return Settled(moved, new=moved.enrollment_id == command.to_enrollment_id)
    if refused := _cannot_leave(here, enrollment, now) or _cannot_go(here, there, command):
        return refused
    held = _held_there(ledger, there, enrollment, command, now)
    if isinstance(held, Refused):
        return held
    tried, new_facts, new = held
    ledger.sessions[there.session_id] = tried
    facts.extend(new_facts)
    steps.release(here, enrollment, MOVED, command.command_id, now, facts)
    steps.fill(here, command.command_id, now, facts)
    return Settled(new, new=new.enrollment_id == command.to_enrollment_id)


def _cannot_leave(here: Session, enrollment: Enrollment, now: datetime) -> Refused | None:
    """Only who holds a seat has one to change: a place in the queue is not worth a seat elsewhere."""
    if enrollment.seat_no is None:
        return Refused("no-seat")
    if now >= here.starts_at:
        return Refused("session-started")
    if enrollment.offered_until is not None and people.is_over(here, enrollment.offered_until, now):
        return Refused("offer-lapsed")
    if enrollment.approval_until is not None and people.is_over(here, enrollment.approval_until, now):
        return Refused("approval-lapsed")
    return None


def _cannot_go(here: Session, there: Session, command: ChangeSession) -> Refused | None:
    if here.about.course_id != there.about.course_id:
        return Refused("other-course")
    theirs = there.active_of(command.person_id)
    return Refused("already-there") if theirs is not None and theirs.offered_until is None else None


def _held_there(
    ledger: Ledger, there: Session, enrollment: Enrollment, command: ChangeSession, now: datetime
) -> tuple[Session, list[Event], Enrollment] | Refused:
    """The other session with a seat for the person: the one that is held for them, or a free one by the rules for everybody.

    It is tried on a copy, so that whatever is not a seat at once leaves no trace.
    """
    tried, new_facts = there.copy(), list[Event]()
    cause = command.command_id
    if (offered := tried.active_of(command.person_id)) and offered.offered_until is not None:
        if now >= tried.starts_at or people.is_over(tried, offered.offered_until, now):
            return Refused("offer-lapsed")
        new = steps.confirm(tried, offered, cause, now, new_facts, instead_of=enrollment.enrollment_id)
        return tried, new_facts, new
    about = enrollment.about
    places = {place.municipality: place for place in (about.work, about.home) if place is not None}
    wanted = RequestSeat(
        command_id=cause,
        session_id=there.session_id,
        enrollment_id=command.to_enrollment_id,
        person_id=command.person_id,
        work_municipality=about.work.municipality if about.work else None,
        home_municipality=about.home.municipality if about.home else None,
        employer_size_class=about.employer_size_class,
        sector=about.sector,
        worker_group=about.worker_group,
        funding_scheme=about.funding_scheme,
    )
    trial = replace(ledger, sessions={**ledger.sessions, there.session_id: tried}, places={**ledger.places, **places})
    answer = people.request_seat(trial, wanted, now, new_facts, instead_of=enrollment.enrollment_id)
    if isinstance(answer, Refused):
        return answer
    if isinstance(answer, Settled) and answer.enrollment.state in GOOD_ENOUGH:
        return tried, new_facts, answer.enrollment
    return FULL if there.approval_asked is None else ASKS_APPROVAL
