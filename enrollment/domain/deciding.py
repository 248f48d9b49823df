"""Whether a session takes place, and until when it keeps seats: what comes with time, and what the organiser says."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from enrollment.commands import ChangeSeats, GoOn, KeepTime
from enrollment.domain import steps
from enrollment.domain.attendance import HOLDS_A_SEAT
from enrollment.domain.ledger import TOO_EARLY, Answer, Fault, Ledger, Refused, SeatsAre, Session
from enrollment.domain.rules import Rules, decision_moment
from shared.contracts.enrollment import MinimumMissed, SeatsChanged, SessionGoesOn
from shared.contracts.event import Event


def go_on(ledger: Ledger, command: GoOn, now: datetime, facts: list[Event]) -> Answer:
    """It takes place for sure, however many come. Again changes nothing and answers the same."""
    session = ledger.sessions[command.session_id]
    if refused := cannot_change(session, now):
        return refused
    if session.rules.going in ("pending", "short"):
        _goes_on(session, now, facts, enough=False)
    return seats_are(session)


def keep_time(ledger: Ledger, command: KeepTime, now: datetime, facts: list[Event]) -> Answer:
    """Decide what is to be decided by now, and give what was kept until now to all."""
    session = ledger.sessions.get(command.session_id)
    if session is None:
        return TOO_EARLY
    due = session.rules_due
    # Once it has begun nobody is served any more: what was kept is for all when nobody waits for it.
    if due is None or due > now or session.line_has_to_end(now):
        return seats_are(session)
    if session.rules.going == "pending" and session.rules.decide_at and session.rules.decide_at <= now:
        _decide(session, now, facts)
    lifted = session.rules.lifted(now)
    if lifted != session.rules:
        session.rules = lifted
        tell_changed(session, now, facts)
        steps.fill(session, command.command_id, now, facts)
    return seats_are(session)


def _decide(session: Session, now: datetime, facts: list[Event]) -> None:
    """All who hold a seat are in the ledger here."""
    confirmed = sum(one.state in HOLDS_A_SEAT for one in session.enrollments.values())
    minimum = session.rules.minimum or 0
    if confirmed >= minimum:
        _goes_on(session, now, facts, enough=True)
    else:
        session.rules = replace(session.rules, going="short")
        revision = _told_once_more(session)
        facts.append(
            MinimumMissed(
                session_id=session.session_id, revision=revision, occurred_at=now, seats=steps.seats(session), minimum=minimum,
                confirmed=confirmed,
            )
        )  # fmt: skip


def _goes_on(session: Session, now: datetime, facts: list[Event], *, enough: bool) -> None:
    session.rules = replace(session.rules, going="sure")
    revision = _told_once_more(session)
    facts.append(
        SessionGoesOn(
            session_id=session.session_id, revision=revision, occurred_at=now, seats=steps.seats(session),
            minimum=session.rules.minimum or 0, enough=enough,
        )
    )  # fmt: skip


def changed_rules(session: Session, command: ChangeSeats, capacity: int, now: datetime) -> Rules | Refused:
    """The rules as the organiser wants them, or why they cannot be so."""
    rules = session.rules
    faults = []
    if command.decide_at and command.decide_at > session.starts_at:
        faults.append(Fault("#/decideAt", "decides_too_late"))
    if command.minimum and command.minimum > capacity:
        faults.append(Fault("#/minimum", "minimum"))
    for nr, one in enumerate(command.reserved or ()):
        if not now < one.until <= session.starts_at:
            faults.append(Fault(f"#/reserved/{nr}/until", "kept_too_long"))
    if faults:
        return Refused("invalid-input", 400, faults=tuple(faults))
    if command.reserved is not None:
        rules = rules.keeping(command.reserved)
    minimum = command.minimum or rules.minimum
    if minimum and rules.going != "sure" and (command.minimum or command.decide_at):
        decide_at = command.decide_at or rules.decide_at or decision_moment(session.starts_at, session.closes_at, now)
        rules = replace(rules, minimum=minimum, decide_at=decide_at, going="pending")
    held = session.capacity - session.seats_left
    if capacity < held:
        return Refused("seats-are-held")
    return Refused("seats-are-kept") if capacity < held + rules.kept else rules


def tell_changed(session: Session, now: datetime, facts: list[Event]) -> None:
    revision = _told_once_more(session)
    facts.append(
        SeatsChanged(
            session_id=session.session_id, revision=revision, occurred_at=now, seats=steps.seats(session),
            closes_at=session.closes_at, offer_hours=session.offer_hours, needs_approval=session.needs_approval,
            approval_hours=session.approval_hours, holds_seat=session.holds_seat, minimum=session.rules.minimum,
            decide_at=session.rules.decide_at, reserved=tuple(one.told for one in session.rules.reserved),
            withdraw_hours=session.withdraw_hours,
        )
    )  # fmt: skip


def _told_once_more(session: Session) -> int:
    session.revision += 1
    session.told += 1
    return session.told


def cannot_change(session: Session, now: datetime) -> Refused | None:
    if session.cancelled_at is not None:
        return Refused("session-cancelled")
    return Refused("session-started") if now >= session.starts_at else None


def seats_are(session: Session) -> SeatsAre:
    return SeatsAre(
        session.session_id, session.capacity, session.seats_for_all, session.waiting, session.closes_at, session.offer_hours,
        session.cancelled_at is not None, session.revision, session.needs_approval, session.approval_hours, session.holds_seat,
        session.requests, session.rules.minimum, session.rules.decide_at, session.rules.going, session.rules.reserved,
        session.withdraw_hours,
    )  # fmt: skip


def may_be_changed(session: Session) -> tuple[object, ...]:
    """What an organiser may change of the seats."""
    return (
        session.capacity, session.closes_at, session.offer_hours, session.needs_approval, session.approval_hours,
        session.holds_seat, session.rules, session.withdraw_hours,
    )  # fmt: skip
