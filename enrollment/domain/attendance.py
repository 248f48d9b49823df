"""Who was there, and who passed. Nobody's seat changes by it: whoever was absent had the seat, and nobody else."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from enrollment.commands import MarkAttendance
from enrollment.domain import steps
from enrollment.domain.ledger import Answer, Done, Enrollment, Ledger, Refused, Session, Step
from shared.contracts.enrollment import AttendanceMarked, CorrectionReason, Outcome, State
from shared.contracts.event import Event

HOLDS_A_SEAT: frozenset[State] = frozenset(["confirmed", "attended", "completed", "no_show"])
"""States of who has a seat for good; one that is only offered is nobody's yet."""

GOES_ON: frozenset[tuple[State, Outcome]] = frozenset(
    [("confirmed", "attended"), ("confirmed", "completed"), ("confirmed", "no_show"), ("attended", "completed")]
)
"""From where to where an outcome goes by itself: whoever was there may pass later. Anything else takes back what was said."""


def mark(ledger: Ledger, command: MarkAttendance, now: datetime, facts: list[Event]) -> Answer:
    """Note what became of seats: of all that are named, or of none. The same again changes nothing; otherwise than before is a
    correction, which has a reason.
    """
    session = ledger.sessions[command.session_id]
    if session.cancelled_at is not None:
        return Refused("session-cancelled")
    if now < session.starts_at:
        return Refused("session-not-started")
    missing = [enrollment_id for enrollment_id in command.marks if _named(ledger, session, enrollment_id) is None]
    if missing:
        return Refused("not-found", 404, _in_order(missing))
    named = [(session.enrollments[enrollment_id], outcome) for enrollment_id, outcome in command.marks.items()]
    without = [enrollment.enrollment_id for enrollment, _ in named if enrollment.state not in HOLDS_A_SEAT]
    if without:
        return Refused("holds-no-seat", about=_in_order(without))
    new = [(enrollment, outcome) for enrollment, outcome in named if enrollment.state != outcome]
    corrected = [enrollment.enrollment_id for enrollment, outcome in new if (enrollment.state, outcome) not in GOES_ON]
    if corrected and command.reason is None:
        return Refused("correction-needs-a-reason", about=_in_order(corrected))
    for enrollment, outcome in new:
        reason = command.reason if enrollment.enrollment_id in corrected else None
        _note(session, enrollment, outcome, reason, command.command_id, now, facts)
    return Done()


def _named(ledger: Ledger, session: Session, enrollment_id: UUID) -> Enrollment | None:
    """One of this very session: an id of another's is none, though that session may be at hand as well."""
    return session.enrollments.get(enrollment_id)


def _in_order(enrollment_ids: Iterable[UUID]) -> tuple[UUID, ...]:
    return tuple(sorted(enrollment_ids))


def _note(
    session: Session, enrollment: Enrollment, outcome: Outcome, reason: CorrectionReason | None, cause: UUID, now: datetime,
    facts: list[Event],
) -> None:  # fmt: skip
    session.revision += 1
    went = Step(outcome, now, reason=reason)
    after = replace(
        enrollment, state=outcome, revision=enrollment.revision + 1, decided_at=now, steps=(*enrollment.steps, went)
    )
    steps.touch(session, after)
    facts.append(AttendanceMarked(**steps.told(session, after, cause), stands=outcome, stood=enrollment.state, reason=reason))
