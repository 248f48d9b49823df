"""Requests for approval: what an approver may ask of the desk, and what the time asks for them.

Who needs an approval with a seat waits in line for it like anybody; the request is made when a seat is theirs to have, and the
yes makes it certain. Where the approval comes before a seat, the line is of those who were approved: the yes gives a free seat
or a place at its end. Either way nobody is served past somebody who stood in line before them.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from enrollment.commands import ApproveRequest, LapseRequest, OfAnApprover, RejectRequest
from enrollment.domain import steps
from enrollment.domain.ledger import Answer, Enrollment, Ledger, Refused, Session, Settled
from enrollment.domain.people import MOST_IN_A_GROUP, NOT_FOUND, is_over
from shared.contracts.event import Event

NO_REQUEST = Refused("no-request")
OWN_REQUEST = Refused("own-request", 403)
LAPSED = "approval-lapsed"
WITHOUT_A_REASON = "by-organiser"

AboutRequest = OfAnApprover | LapseRequest


def answer(ledger: Ledger, command: AboutRequest, now: datetime, facts: list[Event]) -> Answer:
    """Decide, or be told why not. The same again changes nothing."""
    session = ledger.sessions.get(command.session_id)
    enrollment = session.enrollments.get(command.enrollment_id) if session else None
    if session is None or enrollment is None:
        return NOT_FOUND
    if not isinstance(command, LapseRequest) and enrollment.person_id == command.approver.person_id:
        return OWN_REQUEST
    match command:
        case ApproveRequest():
            return _approve(session, enrollment, command.command_id, now, facts)
        case RejectRequest():
            return _reject(session, enrollment, command, now, facts)
        case LapseRequest():
            return _lapse(session, enrollment, command.command_id, now, facts)


def _approve(session: Session, enrollment: Enrollment, cause: UUID, now: datetime, facts: list[Event]) -> Answer:
    """A seat that is held is theirs; who holds none gets one, or a place in the queue."""
    if enrollment.approval == "given":
        return Settled(enrollment)
    if enrollment.approval_until is None:
        return Refused(LAPSED) if enrollment.reason == LAPSED else NO_REQUEST
    if is_over(session, enrollment.approval_until, now):
        _no(session, enrollment, LAPSED, cause, now, facts)
        return Refused(LAPSED)
    approved = replace(enrollment, approval="given")
    if approved.seat_no is not None:
        return Settled(steps.confirm(session, approved, cause, now, facts))
    if len(session.company_of(approved)) >= MOST_IN_A_GROUP:
        approved = replace(approved, group_id=None)  # others filled the group meanwhile
    after = steps.admit(session, approved, cause, now, facts)
    return Settled(after, position=after.steps[-1].position if after.place is not None else None)


def _reject(session: Session, enrollment: Enrollment, command: RejectRequest, now: datetime, facts: list[Event]) -> Answer:
    """A seat that was held goes to the next in line. The first reason stays."""
    if enrollment.state == "declined":
        return Settled(enrollment)
    if enrollment.approval_until is None:
        return NO_REQUEST
    return Settled(_no(session, enrollment, command.reason or WITHOUT_A_REASON, command.command_id, now, facts))


def _lapse(session: Session, enrollment: Enrollment, cause: UUID, now: datetime, facts: list[Event]) -> Answer:
    """What was not decided in time is declined. What was decided meanwhile stays decided."""
    if enrollment.approval_until is None or not is_over(session, enrollment.approval_until, now):
        return Settled(enrollment)
    return Settled(_no(session, enrollment, LAPSED, cause, now, facts))


def _no(session: Session, enrollment: Enrollment, reason: str, cause: UUID, now: datetime, facts: list[Event]) -> Enrollment:
    declined = steps.decline(session, enrollment, reason, cause, now, facts)
    steps.fill(session, cause, now, facts)
    return declined
