"""Moving to another session of the same course: the old seat is let go only once the new one is held."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from enrollment.commands import ChangeSession, RequestSeat
from enrollment.domain import people, steps
from enrollment.domain.ledger import TOO_EARLY, Answer, Enrollment, Ledger, Refused, Session, Settled, Ticketed
from shared.contracts.event import Event

MOVED = "to-other-session"
FULL = Refused("other-session-full")
IN_LINE = Refused("other-session-in-line")
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
    trial, new_facts = ledger.copy(), list[Event]()
    held = _held_there(trial, enrollment, command, now, new_facts)
    if isinstance(held, Refused):
        return held
    ledger.sessions, ledger.claims = trial.sessions, trial.claims
    facts.extend(new_facts)
    here = ledger.sessions[command.session_id]
    steps.release(here, enrollment, MOVED, command.command_id, now, facts)
    steps.fill(here, command.command_id, now, facts)
    return held


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
    return Refused("already-there") if there.active_of(command.person_id) else None


def _held_there(
    trial: Ledger, enrollment: Enrollment, command: ChangeSession, now: datetime, facts: list[Event]
) -> Settled | Refused:
    """A free seat there by the rules for everybody. It is tried on a copy: whatever is no seat at once leaves no trace."""
    about, declared = enrollment.about, enrollment.declared
    places = {place.municipality: place for place in (about.work, about.home) if place is not None}
    trial.places = {**trial.places, **places}
    wanted = RequestSeat(
        command_id=command.command_id,
        session_id=command.to_session_id,
        enrollment_id=command.to_enrollment_id,
        person_id=command.person_id,
        work_municipality=about.work.municipality if about.work else None,
        home_municipality=about.home.municipality if about.home else None,
        employer_size_class=about.employer_size_class,
        sector=about.sector,
        worker_group=about.worker_group,
        funding_scheme=about.funding_scheme,
        jobseeker="jobseekers" in declared.groups,
        states_prerequisite=declared.stated is not None,
    )
    answer = people.request_seat(trial, wanted, now, facts, instead_of=enrollment.enrollment_id)
    match answer:
        case Settled() if answer.enrollment.state in GOOD_ENOUGH:
            return replace(answer, new=True)
        case Refused():
            return answer
        case Ticketed():
            return IN_LINE
        case _:
            return FULL if trial.sessions[command.to_session_id].approval_asked is None else ASKS_APPROVAL
