"""Which class speaks for which type. An event that is not listed here does not exist."""

from __future__ import annotations

from shared.contracts import catalog, enrollment, gateway
from shared.contracts.event import Event

PUBLISHERS: dict[str, tuple[type[Event], ...]] = {
    "catalog": (
        catalog.MunicipalityPlaced,
        catalog.SessionAnnounced,
        catalog.SessionDescribed,
    ),
    "enrollment": (
        enrollment.SessionOpened,
        enrollment.SeatsChanged,
        enrollment.SessionCancelled,
        enrollment.SessionGoesOn,
        enrollment.MinimumMissed,
        enrollment.SeatConfirmed,
        enrollment.EnrollmentWaitlisted,
        enrollment.EnrollmentRequested,
        enrollment.EnrollmentDeclined,
        enrollment.SeatOffered,
        enrollment.EnrollmentCancelled,
        enrollment.AttendanceMarked,
        enrollment.EnrollmentMoved,
        enrollment.EnrollmentAnonymised,
        enrollment.SessionDrawn,
        enrollment.TicketTaken,
        enrollment.TicketEnded,
        enrollment.TicketAnonymised,
    ),
    "gateway": (gateway.SignInRequested, gateway.PersonInvited, gateway.TransferOffered, gateway.PersonForgotten),
}

EVENTS: dict[str, type[Event]] = {event.type: event for events in PUBLISHERS.values() for event in events}


class UnknownType(Exception):
    """No class is registered for this type."""


def decode(type_: str, data: bytes | str) -> Event:
    """The fact behind a type and its JSON. Raises UnknownType, or pydantic's ValidationError if the JSON does not fit."""
    event = EVENTS.get(type_)
    if event is None:
        raise UnknownType(type_)
    return event.model_validate_json(data)
