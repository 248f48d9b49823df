"""What people may ask of the desk about themselves, and what the time asks for them."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from enrollment.commands import AcceptOffer, Anonymise, CancelEnrollment, LapseOffer, OfTheirOwn, RefuseOffer, RequestSeat
from enrollment.domain import openings, steps
from enrollment.domain.claims import Claim
from enrollment.domain.ledger import TOO_EARLY, Answer, Enrollment, Fault, Forgotten, Ledger, Refused, Session, Settled
from enrollment.domain.rules import Declared, groups_of
from shared.contracts.catalog import Place
from shared.contracts.enrollment import Participation
from shared.contracts.event import Event

VOLUNTARY = ("home", "worker_group")
"""What of a participation a person told of themselves, for the figures alone; the rest is about the work and the course."""
MOST_IN_A_GROUP = 10

NOT_FOUND = Refused("not-found", 404)
UNKNOWN_PLACE = Refused("unknown-municipality", 400)


def request_seat(
    ledger: Ledger, command: RequestSeat, now: datetime, facts: list[Event], *, instead_of: UUID | None = None
) -> Answer:
    """A seat, a place in the queue for one, or the reason why not. Whoever is in already gets what they have.

    `instead_of` is the enrollment in another session of the course that is given up for it: with it they fulfilled what the
    course asks for.
    """
    session = ledger.sessions.get(command.session_id)
    if command.person_id in ledger.gone:
        return Refused("not-signed-in", 401)
    if session is None:
        return TOO_EARLY
    if session.cancelled_at is not None:
        return Refused("session-cancelled")
    if first := session.active_of(command.person_id):
        return Settled(first, new=first.enrollment_id == command.enrollment_id, position=None)
    if held := openings.ticket_held(session, command, now):
        return held
    if refused := _why_not(ledger, session, command, now, instead_of):
        return refused
    if ticket := openings.ticket_instead(session, command, now, facts):
        return ticket

    about = participation(session, command, ledger.places)
    enrollment = Enrollment(
        enrollment_id=command.enrollment_id,
        session_id=command.session_id,
        person_id=command.person_id,
        state="waitlisted",
        revision=0,
        registered_at=now,
        decided_at=now,
        about=about,
        declared=declared(session, command, about),
        group_id=command.group_id,
        at_once=command.at_once,
        approval=session.approval_asked,
    )
    company = session.company_of(enrollment) if command.group_id else []
    if len(company) >= MOST_IN_A_GROUP:
        return Refused("group-full")
    if enrollment.approval == "first":
        after = steps.request(session, enrollment, command.command_id, now, facts)
    else:
        after = steps.admit(session, enrollment, command.command_id, now, facts, instead_of=instead_of)
    position = after.steps[-1].position if after.place is not None else None
    return Settled(after, True, position, _overlaps(session, command.person_id))


def _why_not(ledger: Ledger, session: Session, command: RequestSeat, now: datetime, instead_of: UUID | None) -> Refused | None:
    """Why nobody who asks for this gets in, with a ticket or without. Whoever waited for their turn is asked this again."""
    if (command.asked_at or now) >= session.closes_at or now >= session.starts_at:
        return Refused("enrollment-closed")
    if refused := openings.not_open_yet(session, command.asked_at or now):
        return refused
    if names_unknown_place(ledger, command):
        return UNKNOWN_PLACE
    if instead_of is not None:
        return None
    return elsewhere(ledger, session, command.person_id, now) or missing(ledger, session, command)


def elsewhere(ledger: Ledger, session: Session, person_id: UUID, now: datetime) -> Refused | None:
    """The no to whoever is in another session of the same course, with a seat or in the queue."""
    if claim := ledger.claims.elsewhere(person_id, session.about.course_id, session.session_id, now):
        return Refused("other-session-of-course", faults=(Fault("#/sessionId", "other_session", str(claim.session_id)),))
    return None


def missing(ledger: Ledger, session: Session, command: RequestSeat) -> Refused | None:
    """The no to whoever neither completed the course that is asked for, nor says what is asked for of themselves."""
    requires = session.rules.requires
    if requires is None:
        return None
    faults = []
    if requires.course_id:
        if (command.person_id, requires.course_id) in ledger.completed:
            return None
        faults.append(Fault("#/sessionId", "course_not_completed", str(requires.course_id)))
    if requires.statement_nl:
        if command.states_prerequisite:
            return None
        texts = dict.fromkeys(filter(None, (requires.statement_nl, requires.statement_en)))
        faults.append(Fault("#/statesPrerequisite", "statement_missing", " / ".join(texts)))
    return Refused("prerequisite-missing", faults=tuple(faults)) if faults else None


def declared(session: Session, command: RequestSeat, about: Participation) -> Declared:
    requires, reserved = session.rules.requires, session.rules.reserved
    groups = groups_of(about.fieldlab, about.work, about.employer_size_class, reserved, jobseeker=command.jobseeker)
    return Declared(groups, stated=requires.statement_nl if requires and command.states_prerequisite else None)


def _overlaps(session: Session, person_id: UUID) -> tuple[Claim, ...]:
    return session.claims.overlapping(person_id, session.session_id, session.starts_at, session.ends_at)


def cancel(ledger: Ledger, command: CancelEnrollment, now: datetime, facts: list[Event]) -> Answer:
    """Withdraw, and let the next in line have what falls free. Again changes nothing and answers the same."""
    session, enrollment = _theirs(ledger, command)
    if session is None or enrollment is None:
        return NOT_FOUND
    if not enrollment.is_in:
        return Settled(enrollment)
    if now >= session.starts_at:
        return Refused("session-started")
    if command.why is not None:
        session.reasons[command.why] = session.reasons.get(command.why, 0) + 1
    reason = "by-person-late" if now >= free_until(session, enrollment) else "by-person"
    return Settled(_out(session, enrollment, reason, command.command_id, now, facts))


def free_until(session: Session, enrollment: Enrollment) -> datetime:
    """Until when somebody withdraws without it being late: to the start for who holds no seat, for whom it was moved, and for
    who came when it would have been late at once.
    """
    moved = any(step.reason == "session-moved" for step in enrollment.steps)
    late_from = session.starts_at - timedelta(hours=session.withdraw_hours)
    is_free = moved or enrollment.state != "confirmed" or enrollment.registered_at >= late_from
    return session.starts_at if is_free else late_from


def accept(ledger: Ledger, command: AcceptOffer, now: datetime, facts: list[Event]) -> Answer:
    """Take the seat that is held. Whoever has it already has it; whoever is too late hears so, and the next is asked."""
    session, enrollment = _theirs(ledger, command)
    if session is None or enrollment is None:
        return NOT_FOUND
    if enrollment.state == "confirmed":
        return Settled(enrollment)
    if enrollment.offered_until is None:
        return Refused("offer-lapsed" if enrollment.reason == "offer-lapsed" else "no-offer")
    if is_over(session, enrollment.offered_until, now):
        lapse(ledger, LapseOffer(command.command_id, command.session_id, command.enrollment_id), now, facts)
        return Refused("offer-lapsed")
    return Settled(steps.confirm(session, enrollment, command.command_id, now, facts))


def refuse(ledger: Ledger, command: RefuseOffer, now: datetime, facts: list[Event]) -> Answer:
    """Let the seat that is held go to the next in line, and be out."""
    session, enrollment = _theirs(ledger, command)
    if session is None or enrollment is None:
        return NOT_FOUND
    if not enrollment.is_in:
        return Settled(enrollment)
    if enrollment.offered_until is None:
        return Refused("no-offer")
    if now >= session.starts_at:
        return Refused("session-started")
    return Settled(_out(session, enrollment, "offer-refused", command.command_id, now, facts))


def lapse(ledger: Ledger, command: LapseOffer, now: datetime, facts: list[Event]) -> Answer:
    """End an offer whose time is over, and the waiting for a session that has begun. What was answered meanwhile stays so.

    Once a session has begun its line ends first, and its offers then: nobody ever waits beside a free seat.
    """
    session = ledger.sessions.get(command.session_id)
    enrollment = session.enrollments.get(command.enrollment_id) if session else None
    if session is None or enrollment is None:
        return NOT_FOUND
    if enrollment.state == "waitlisted" and now >= session.starts_at:
        return Settled(_out(session, enrollment, "list-ended", command.command_id, now, facts))
    if enrollment.offered_until is None or not is_over(session, enrollment.offered_until, now):
        return Settled(enrollment)
    if session.line_has_to_end(now):
        return Settled(enrollment)
    return Settled(_out(session, enrollment, "offer-lapsed", command.command_id, now, facts))


def anonymise(ledger: Ledger, command: Anonymise, now: datetime, facts: list[Event]) -> Answer:
    """Forget whose enrollments these are; what is still to come for them goes to others."""
    session = ledger.sessions.get(command.session_id)
    if session is None:
        return Forgotten(0, 0)
    theirs = [one for one in session.enrollments.values() if one.person_id in command.anonymous_ids]
    coming = [one for one in theirs if one.is_in and now < session.starts_at]
    for enrollment in coming:
        _out(session, session.enrollments[enrollment.enrollment_id], "by-person", command.command_id, now, facts)
    for enrollment in theirs:
        as_it_is = session.enrollments[enrollment.enrollment_id]
        anonymous_id = command.anonymous_ids[as_it_is.person_id]
        steps.disown(session, as_it_is, anonymous_id, VOLUNTARY, command.command_id, now, facts)
    openings.disown(session, command.anonymous_ids, now, facts)
    if command.whole_session:
        session.anonymised_at = now
    return Forgotten(len(theirs), len(coming))


def is_over(session: Session, until: datetime, now: datetime) -> bool:
    """Whether an offer or a request has ended. A session that was moved forward ends them when it starts."""
    return now >= min(until, session.starts_at)


def _theirs(ledger: Ledger, command: OfTheirOwn) -> tuple[Session | None, Enrollment | None]:
    session = ledger.sessions.get(command.session_id)
    return session, session.enrollments.get(command.enrollment_id) if session else None


def _out(session: Session, enrollment: Enrollment, reason: str, cause: UUID, now: datetime, facts: list[Event]) -> Enrollment:
    out = steps.release(session, enrollment, reason, cause, now, facts)
    steps.fill(session, cause, now, facts)
    return out


def names_unknown_place(ledger: Ledger, command: RequestSeat) -> bool:
    codes = (command.work_municipality, command.home_municipality)
    return any(code is not None and code not in ledger.places for code in codes)


def participation(session: Session, command: RequestSeat, places: dict[str, Place]) -> Participation:
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
