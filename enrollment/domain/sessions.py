"""What the catalogue and the organiser ask of the desk about a session."""

from __future__ import annotations

from datetime import datetime

from enrollment.commands import DescribeSession, OpenSession
from enrollment.domain import steps
from enrollment.domain.ledger import TOO_EARLY, Answer, Done, Ledger, Session
from shared.contracts.catalog import SessionFact
from shared.contracts.enrollment import Participation, SessionOpened
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
        revision=1,
    )
    ledger.sessions[session.session_id] = session
    facts.append(
        SessionOpened(
            session_id=session.session_id, revision=1, occurred_at=now, seats=steps.seats(session),
            closes_at=session.closes_at, starts_at=session.starts_at,
        )
    )  # fmt: skip
    return Done()


def describe(ledger: Ledger, command: DescribeSession) -> Answer:
    """What later facts say of the session changes; its seats do not."""
    session = ledger.sessions.get(command.session_id)
    if session is None:
        return TOO_EARLY
    session.about = _about(command.described)
    session.starts_at, session.ends_at = command.described.starts_at, command.described.ends_at
    return Done()


def _about(described: SessionFact) -> Participation:
    return Participation(
        course_id=described.course_id,
        fieldlab_id=described.fieldlab_id,
        theme=described.theme,
        hours=described.hours,
        level=described.level,
        fieldlab=described.fieldlab_place,
    )
