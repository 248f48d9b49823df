"""How a session changes: rows and facts follow from the same step, so that they cannot drift apart."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from enrollment.domain.ledger import Enrollment, Session, Step
from enrollment.domain.rules import Declared
from shared.contracts.catalog import SeatGroup
from shared.contracts.enrollment import (
    Approval,
    EnrollmentAnonymised,
    EnrollmentCancelled,
    EnrollmentDeclined,
    EnrollmentMoved,
    EnrollmentRequested,
    EnrollmentWaitlisted,
    SeatConfirmed,
    SeatCount,
    SeatOffered,
)
from shared.contracts.event import Event

SHORTEST_OFFER = timedelta(minutes=30)


def fill(session: Session, cause: UUID, now: datetime, facts: list[Event]) -> None:
    """Whoever is next in line gets the seats that are free, as long as there are both and it has not begun."""
    while session.cancelled_at is None and now < session.starts_at and (served := session.next_to_be_served()):
        for enrollment in served:
            if enrollment.approval == "with-seat":
                request(session, enrollment, cause, now, facts)
            elif session.offer_hours is None or enrollment.at_once:
                confirm(session, enrollment, cause, now, facts)
            else:
                offer(session, enrollment, cause, now, facts)


def offer_ends(session: Session, now: datetime) -> datetime:
    """So many hours from now; near the start no more than half of what is left until it, for there are others in line."""
    assert session.offer_hours is not None
    return _ends(session, session.offer_hours, now)


def approval_ends(session: Session, now: datetime) -> datetime:
    """As long as the session says, and near the start less, as for an offer."""
    return _ends(session, session.approval_hours, now)


def _ends(session: Session, hours: int, now: datetime) -> datetime:
    left = session.starts_at - now
    lasts = min(timedelta(hours=hours), left / 2)
    return now + min(max(lasts, SHORTEST_OFFER), max(left, timedelta(0)))


def admit(
    session: Session, enrollment: Enrollment, cause: UUID, now: datetime, facts: list[Event], *, instead_of: UUID | None = None
) -> Enrollment:
    """A seat for who is new here or was just approved, or a place at the end of the queue."""
    company = session.company_of(enrollment) if enrollment.group_id else []
    if not company and session.source(enrollment.declared.groups):
        if enrollment.approval == "with-seat":
            return request(session, enrollment, cause, now, facts)
        return confirm(session, enrollment, cause, now, facts, instead_of=instead_of)
    waitlist(session, enrollment, cause, now, facts)
    fill(session, cause, now, facts)
    return session.enrollments[enrollment.enrollment_id]


def request(session: Session, enrollment: Enrollment, cause: UUID, now: datetime, facts: list[Event]) -> Enrollment:
    """An approver is to decide; meanwhile a free seat is held, unless the approval comes before a seat."""
    until, from_waiting_list = approval_ends(session, now), enrollment.place is not None
    holds_seat = enrollment.approval == "with-seat"
    asking = _take_seat(session, enrollment) if holds_seat else enrollment
    after = step(session, replace(asking, state="requested", approval_until=until), now)
    facts.append(
        EnrollmentRequested(
            **told(session, after, cause), until=until, holds_seat=holds_seat, from_waiting_list=from_waiting_list
        )
    )
    return after


def confirm(
    session: Session, enrollment: Enrollment, cause: UUID, now: datetime, facts: list[Event], *, instead_of: UUID | None = None
) -> Enrollment:
    """A seat for sure: a free one, or the one that is held."""
    approved = enrollment.state == "requested" or None
    from_waiting_list = enrollment.place is not None
    seated = enrollment if enrollment.seat_no is not None else _take_seat(session, enrollment)
    after = step(session, replace(seated, state="confirmed", offered_until=None, approval_until=None), now)
    facts.append(
        SeatConfirmed(
            **told(session, after, cause), from_waiting_list=from_waiting_list, approved=approved, instead_of=instead_of
        )
    )
    return after


def offer(session: Session, enrollment: Enrollment, cause: UUID, now: datetime, facts: list[Event]) -> Enrollment:
    """A free seat is held for somebody who was waiting, until they say so or the time is over."""
    until = offer_ends(session, now)
    after = step(session, replace(_take_seat(session, enrollment), state="offered", offered_until=until), now)
    facts.append(SeatOffered(**told(session, after, cause), until=until))
    return after


def waitlist(session: Session, enrollment: Enrollment, cause: UUID, now: datetime, facts: list[Event]) -> Enrollment:
    """A place at the end of the queue. Who waits in the group already comes along to the end, so that nobody is passed."""
    company = session.company_of(enrollment) if enrollment.group_id else []
    size = len(company) + 1
    shared = frozenset.intersection(*(one.declared.groups for one in (enrollment, *company)))
    if size <= 2:
        _count_alone(session, 1 if size == 1 else -1, *company or [enrollment])
    for other in company:
        touch(session, replace(_sharing(other, shared), place=_last_place(session), company=size))
    session.waiting += 1
    approval: Approval | None = "needed" if enrollment.approval == "with-seat" else enrollment.approval and "given"
    joined = replace(
        enrollment, state="waitlisted", place=_last_place(session), company=size, approval_until=None,
        declared=replace(enrollment.declared, shared=shared),
    )  # fmt: skip
    after = step(session, joined, now, position=session.waiting)
    facts.append(EnrollmentWaitlisted(**told(session, after, cause), position=session.waiting, approval=approval))
    return after


def release(
    session: Session, enrollment: Enrollment, reason: str, cause: UUID, now: datetime, facts: list[Event]
) -> Enrollment:
    """Somebody is out: their seat is free, or their place in the queue is gone."""
    held_seat = enrollment.seat_no is not None
    after = step(session, replace(_let_go(session, enrollment), state="cancelled", reason=reason), now)
    facts.append(EnrollmentCancelled(**told(session, after, cause), reason=reason, held_seat=held_seat))
    return after


def decline(
    session: Session, enrollment: Enrollment, reason: str, cause: UUID, now: datetime, facts: list[Event]
) -> Enrollment:
    """A request got no yes: the seat that was held, if any, is free."""
    held_seat = enrollment.seat_no is not None
    after = step(session, replace(_let_go(session, enrollment), state="declined", reason=reason), now)
    facts.append(EnrollmentDeclined(**told(session, after, cause), reason=reason, held_seat=held_seat))
    return after


def move(session: Session, enrollment: Enrollment, described: int, cause: UUID, now: datetime, facts: list[Event]) -> None:
    """It stands as it stood, for a session at another time or place."""
    session.revision += 1
    went = Step(enrollment.state, now, reason="session-moved")
    after = replace(enrollment, revision=enrollment.revision + 1, steps=(*enrollment.steps, went))
    touch(session, after)
    facts.append(
        EnrollmentMoved(
            **{**told(session, after, cause), "occurred_at": now}, stands=after.state, decided_at=after.decided_at,
            described=described,
        )
    )  # fmt: skip


def disown(
    session: Session, enrollment: Enrollment, anonymous_id: UUID, blanked: tuple[str, ...], cause: UUID, now: datetime,
    facts: list[Event],
) -> None:  # fmt: skip
    """It stands as it stood, and is nobody's."""
    session.people.pop(enrollment.person_id, None)
    if enrollment.company == 1:
        session.rules = session.rules.counted(enrollment.declared.groups, -1)
    about = enrollment.about.model_copy(update=dict.fromkeys(blanked))
    session.revision += 1
    after = replace(
        enrollment, person_id=anonymous_id, about=about, anonymous=True, revision=enrollment.revision + 1, declared=Declared()
    )
    touch(session, after)
    facts.append(
        EnrollmentAnonymised(
            **{**told(session, after, cause), "occurred_at": now}, stands=after.state, decided_at=after.decided_at
        )
    )


def _take_seat(session: Session, enrollment: Enrollment) -> Enrollment:
    source = session.source(enrollment.declared.groups)
    assert source is not None, "nobody is given a seat that is not there, or not for them"
    session.rules = session.rules.taken(source)
    if session.freed:
        seat_no = session.freed.pop()
    else:
        seat_no = session.next_seat
        session.next_seat += 1
    waited = enrollment.place is not None
    seated = _leave_queue(session, enrollment) if waited else enrollment
    declared = seated.declared if source == "all" else replace(seated.declared, seat_group=source)
    return replace(seated, seat_no=seat_no, declared=declared)


def _let_go(session: Session, enrollment: Enrollment) -> Enrollment:
    """Without the seat or the place in the queue; a request may hold neither."""
    left = replace(enrollment, offered_until=None, approval_until=None)
    if left.seat_no is not None:
        session.freed.append(left.seat_no)
        session.rules = session.rules.given_back(left.declared.seat_group)
        return replace(left, seat_no=None, declared=replace(left.declared, seat_group=None))
    return _leave_queue(session, left) if left.place is not None else left


def _leave_queue(session: Session, enrollment: Enrollment) -> Enrollment:
    """Those who stay in the group wait for fewer seats from now on."""
    others = [one for one in session.company_of(enrollment) if one.enrollment_id != enrollment.enrollment_id]
    session.waiting -= 1
    if not others:
        _count_alone(session, -1, enrollment)
    shared = frozenset.intersection(*(one.declared.groups for one in others)) if others else frozenset()
    for other in others:
        touch(session, replace(_sharing(other, shared), company=len(others)))
    if len(others) == 1:
        _count_alone(session, 1, others[0])
    return replace(_sharing(enrollment, frozenset()), place=None, company=None)


def _count_alone(session: Session, change: int, one: Enrollment) -> None:
    """Somebody waits alone from now on, or does not any more."""
    session.waiting_alone += change
    session.rules = session.rules.counted(one.declared.groups, change)


def _sharing(enrollment: Enrollment, shared: frozenset[SeatGroup]) -> Enrollment:
    declared = enrollment.declared
    return enrollment if declared.shared == shared else replace(enrollment, declared=replace(declared, shared=shared))


def _last_place(session: Session) -> int:
    place = session.next_place
    session.next_place += 1
    return place


def step(session: Session, enrollment: Enrollment, now: datetime, *, position: int | None = None) -> Enrollment:
    """An enrollment comes to stand otherwise: one more revision, of it and of the session's seats."""
    session.revision += 1
    before = session.enrollments.get(enrollment.enrollment_id)
    session.requests += (enrollment.state == "requested") - (before is not None and before.state == "requested")
    until = enrollment.offered_until or enrollment.approval_until
    went = Step(enrollment.state, now, position, until, enrollment.reason)
    after = replace(enrollment, revision=enrollment.revision + 1, decided_at=now, steps=(*enrollment.steps, went))
    touch(session, after)
    return after


def touch(session: Session, enrollment: Enrollment) -> None:
    """Have an enrollment written down as it is now."""
    session.claim(enrollment)
    session.know(enrollment)
    session.changed[enrollment.enrollment_id] = enrollment


def told(session: Session, enrollment: Enrollment, cause: UUID) -> dict[str, object]:
    """What every fact about an enrollment says."""
    return {
        "enrollment_id": enrollment.enrollment_id,
        "session_id": enrollment.session_id,
        "person_id": enrollment.person_id,
        "registered_at": enrollment.registered_at,
        "occurred_at": enrollment.decided_at,
        "about": enrollment.about,
        "revision": enrollment.revision,
        "seats": seats(session),
        "command_id": cause,
    }


def seats(session: Session) -> SeatCount:
    return SeatCount(
        revision=session.revision, capacity=session.capacity, seats_left=session.seats_for_all, waiting=session.waiting,
        reserved={one.group: one.left for one in session.rules.reserved} or None,
    )  # fmt: skip
