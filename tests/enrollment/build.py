"""Short ways to say what a test is about."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from enrollment.commands import (
    AcceptOffer,
    CancelEnrollment,
    ChangeSession,
    HandOver,
    LapseOffer,
    OpenSession,
    RefuseOffer,
    RequestSeat,
)
from shared.contracts.catalog import Place, SeatPlan, SessionAnnounced

NOW = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)

DORDRECHT = Place(
    municipality="GM0505",
    province="PV28",
    labour_market_region="AM24",
    landsdeel="LD-zuidwest",
    hub="HUB-west",
    reference_date=date(2025, 1, 1),
)
EINDHOVEN = Place(
    municipality="GM0772",
    province="PV30",
    labour_market_region="AM29",
    landsdeel="LD-zuidoost",
    hub="HUB-zuid",
    reference_date=date(2025, 1, 1),
)

A_COURSE = UUID(int=7)


def announced(
    session_id: UUID | None = None,
    *,
    seats: int = 10,
    starts_in: timedelta = timedelta(days=30),
    offers: int | None = None,
    approval: bool | None = None,
    course: UUID = A_COURSE,
    opens_in: timedelta | None = None,
    draw_in: timedelta | None = None,
    **plan: Any,
) -> SessionAnnounced:
    """`plan` is the rest of what the organiser asks of the desk."""
    return SessionAnnounced(
        session_id=session_id or uuid4(),
        revision=1,
        occurred_at=NOW,
        course_id=course,
        fieldlab_id="duurzaamheidsfabriek",
        fieldlab_name="De Duurzaamheidsfabriek",
        fieldlab_place=DORDRECHT,
        theme="digital-factory",
        title_nl="PLC-programmeren voor monteurs",
        title_en="PLC programming for technicians",
        hours=40,
        level=4,
        starts_at=NOW + starts_in,
        ends_at=NOW + starts_in + timedelta(hours=8),
        location="Dordrecht",
        sample=True,
        seats=SeatPlan(
            capacity=seats,
            closes_at=NOW + starts_in - timedelta(days=1),
            offer_hours=offers,
            needs_approval=approval is not None,
            holds_seat=approval,
            opens_at=None if opens_in is None else NOW + opens_in,
            draw_at=None if draw_in is None else NOW + draw_in,
            **plan,
        ),
    )


def opening(
    seats: int = 10,
    session_id: UUID | None = None,
    *,
    offers: int | None = None,
    starts_in: timedelta = timedelta(days=30),
    approval: bool | None = None,
    course: UUID = A_COURSE,
    **plan: Any,
) -> OpenSession:
    """`offers` is for how many hours a freed seat is offered; None gives it at once. `approval` is whether a request for
    approval holds a seat; None asks for none. `plan` is the rest of what the organiser asks of the desk.
    """
    asked = announced(session_id, seats=seats, offers=offers, starts_in=starts_in, approval=approval, course=course, **plan)
    return OpenSession(uuid4(), asked)


def a_request(
    session_id: UUID,
    person_id: UUID | None = None,
    work: str | None = None,
    *,
    group: UUID | None = None,
    at_once: bool = False,
) -> RequestSeat:
    return RequestSeat(
        command_id=uuid4(),
        session_id=session_id,
        enrollment_id=uuid4(),
        person_id=person_id or uuid4(),
        work_municipality=work,
        group_id=group,
        at_once=at_once,
    )


def a_cancellation(request: RequestSeat) -> CancelEnrollment:
    return CancelEnrollment(uuid4(), request.session_id, request.enrollment_id, request.person_id)


def an_acceptance(request: RequestSeat) -> AcceptOffer:
    return AcceptOffer(uuid4(), request.session_id, request.enrollment_id, request.person_id)


def a_refusal(request: RequestSeat) -> RefuseOffer:
    return RefuseOffer(uuid4(), request.session_id, request.enrollment_id, request.person_id)


def an_end(request: RequestSeat) -> LapseOffer:
    return LapseOffer(uuid4(), request.session_id, request.enrollment_id)


def a_move(request: RequestSeat, to_session_id: UUID) -> ChangeSession:
    """The person of a request wants to be in another session instead."""
    return ChangeSession(uuid4(), request.session_id, request.enrollment_id, request.person_id, to_session_id, uuid4())


def a_hand_over(request: RequestSeat, to_person_id: UUID | None = None, work: str | None = None) -> HandOver:
    """The seat of a request goes to somebody else."""
    wanted = a_request(request.session_id, to_person_id, work)
    return HandOver(wanted.command_id, request.session_id, request.enrollment_id, request.person_id, wanted)
