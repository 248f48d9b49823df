"""Facts the catalogue publishes: where municipalities lie, and how sessions are described."""

from __future__ import annotations

from datetime import date
from typing import ClassVar, Literal
from uuid import UUID

from pydantic import AwareDatetime

from shared.contracts.event import Event, Value


class Place(Value):
    """A municipality with every region it lay in on the reference date. Codes are of CBS; landsdeel and hub are our own.

    The four regions follow from the municipality and never from each other: nine labour-market regions cross a province
    border. See docs/regions.md.
    """

    municipality: str
    province: str
    labour_market_region: str
    landsdeel: str
    hub: str
    reference_date: date


class MunicipalityPlaced(Event):
    """A municipality lies in these regions, by the table of the reference date."""

    type: ClassVar[str] = "nl.skillslabs.catalog.municipality-placed"

    name: str
    place: Place

    @property
    def subject(self) -> str:
        return f"municipalities/{self.place.municipality}"


SeatGroup = Literal["sme", "own-region", "jobseekers"]
"""For whom seats may be kept: people of a small or medium-sized employer, people who work in the labour-market region that the
fieldlab lies in, and people who say for this seat that they are looking for work.
"""


class ReservedSeats(Value):
    """Seats that are kept for a group until a moment, and are for all after it."""

    group: SeatGroup
    seats: int
    until: AwareDatetime


class Prerequisites(Value):
    """What somebody brings to a course: another that they completed, or what they say of themselves; of two, one is enough."""

    course_id: UUID | None = None
    statement_nl: str | None = None
    statement_en: str | None = None


class SeatPlan(Value):
    """What the organiser asks of the desk when a session is announced. From then on the desk owns it."""

    capacity: int
    closes_at: AwareDatetime
    minimum: int | None = None
    needs_approval: bool = False
    offer_hours: int | None = None
    approval_hours: int | None = None
    """Within how many hours a request for approval is decided; None for the desk's own term."""
    holds_seat: bool | None = None
    """Whether a request for approval holds a seat until it is decided; None is yes."""
    opens_at: AwareDatetime | None = None
    draw_at: AwareDatetime | None = None
    """Whoever comes before it takes part in a draw, which decides in which order they are served."""
    waiting_room: bool | None = None
    """Whether everybody waits for their turn, and not only at a rush."""
    decide_at: AwareDatetime | None = None
    """When it is decided whether the minimum is reached."""
    reserved: tuple[ReservedSeats, ...] | None = None


class SessionFact(Event):
    """How a session is described, whole, so that a reader keeps the latest and joins nothing."""

    session_id: UUID
    course_id: UUID
    fieldlab_id: str
    fieldlab_name: str
    fieldlab_place: Place
    theme: str
    title_nl: str
    title_en: str
    hours: int
    level: int
    """EQF level of the course, 1 to 8."""
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    location: str
    sample: bool
    """Made-up example data, to be labelled as such wherever it is shown."""
    requires: Prerequisites | None = None

    @property
    def subject(self) -> str:
        return f"sessions/{self.session_id}"


class SessionAnnounced(SessionFact):
    """An organiser published a session; the desk is asked to open its seats."""

    type: ClassVar[str] = "nl.skillslabs.catalog.session-announced"

    seats: SeatPlan


class SessionDescribed(SessionFact):
    """The texts, place or times of a session changed."""

    type: ClassVar[str] = "nl.skillslabs.catalog.session-described"
