"""Handing a seat over: a colleague has the very same one from then on, and nobody in line is passed, for none fell free."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from enrollment.commands import HandOver
from enrollment.domain import people, steps
from enrollment.domain.ledger import Answer, Enrollment, Ledger, Refused, Session, Settled
from shared.contracts.enrollment import EnrollmentCancelled, SeatConfirmed
from shared.contracts.event import Event

HANDED_OVER = "transferred"
NEEDS_APPROVAL = Refused("approval-needed")
IS_KEPT = Refused("seat-is-kept")
"""The seat was taken of those for a group that the colleague is not in, and others of that group may still come for it."""


def hand_over(ledger: Ledger, command: HandOver, now: datetime, facts: list[Event]) -> Answer:
    """The holder is out and the colleague in, in one decision; or everything as it was, and why."""
    session, wanted = ledger.sessions.get(command.session_id), command.wanted
    enrollment = session.enrollments.get(command.enrollment_id) if session else None
    if session is None or enrollment is None:
        return people.NOT_FOUND
    theirs = session.active_of(wanted.person_id)
    if enrollment.reason == HANDED_OVER and theirs is not None and theirs.enrollment_id == wanted.enrollment_id:
        return Settled(theirs, new=True)
    if wanted.person_id in ledger.gone:
        return Refused("not-signed-in", 401)
    if now >= session.starts_at:
        return Refused("session-started")
    if enrollment.state != "confirmed":
        return Refused("seat-gone")
    if session.approval_asked is not None:
        return NEEDS_APPROVAL
    if theirs is not None:
        return Refused("already-enrolled")
    if people.names_unknown_place(ledger, wanted):
        return people.UNKNOWN_PLACE
    if refused := people.elsewhere(ledger, session, wanted.person_id, now) or people.missing(ledger, session, wanted):
        return refused
    about = people.participation(session, wanted, ledger.places)
    declared = people.declared(session, wanted, about)
    if session.rules.is_kept(enrollment.declared.seat_group) and enrollment.declared.seat_group not in declared.groups:
        return IS_KEPT
    newcomer = Enrollment(
        enrollment_id=wanted.enrollment_id,
        session_id=session.session_id,
        person_id=wanted.person_id,
        state="confirmed",
        revision=0,
        registered_at=now,
        decided_at=now,
        about=about,
        declared=replace(declared, seat_group=enrollment.declared.seat_group),
    )
    return Settled(_seat_changes_hands(session, enrollment, newcomer, command.command_id, now, facts), new=True)


def _seat_changes_hands(
    session: Session, holder: Enrollment, newcomer: Enrollment, cause: UUID, now: datetime, facts: list[Event]
) -> Enrollment:
    without = replace(holder, seat_no=None, declared=replace(holder.declared, seat_group=None))
    out = steps.step(session, replace(without, state="cancelled", reason=HANDED_OVER), now)
    facts.append(EnrollmentCancelled(**steps.told(session, out, cause), reason=HANDED_OVER, held_seat=True))
    after = steps.step(session, replace(newcomer, seat_no=holder.seat_no), now)
    facts.append(SeatConfirmed(**steps.told(session, after, cause), instead_of=holder.enrollment_id))
    return after
