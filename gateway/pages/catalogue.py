"""Courses, sessions and fieldlabs as a page shows them, in one language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from gateway.pages import formats, seat_rules
from gateway.pages.seat_rules import Requires, SeatRules
from shared.translations import Language

Json = Mapping[str, Any]


@dataclass(frozen=True)
class Session:
    """A session with its seats."""

    id: str
    state: str
    starts_at: datetime
    ends_at: datetime
    closes_at: datetime
    location: str
    capacity: int
    seats_left: int
    waiting: int
    opens_at: datetime | None
    """From when people enroll, where that is not at once."""

    @property
    def can_enroll(self) -> bool:
        return self.state == "open"

    @property
    def has_begun(self) -> bool:
        return self.starts_at <= datetime.now(UTC)

    @property
    def is_full(self) -> bool:
        return self.seats_left == 0

    @property
    def is_kept(self) -> bool:
        """Whether the places that are left are kept for a group."""
        return False

    @property
    def taken(self) -> int:
        return self.capacity - self.seats_left

    @property
    def is_on_one_day(self) -> bool:
        return formats.same_day(self.starts_at, self.ends_at)


@dataclass(frozen=True)
class SessionOfCourse(Session):
    """A session that says itself what it is about."""

    course_id: str
    title: str
    description: str
    fieldlab_id: str
    fieldlab_name: str
    municipality_name: str
    hours: int
    level: int
    sample: bool
    offer_hours: int | None
    """For how long a place that falls free is offered to who is next; none where it is theirs at once."""
    needs_approval: bool
    approval_hours: int
    """Within how many hours a request for approval is decided."""
    holds_seat: bool
    """Whether a request holds a place until it is decided."""
    draw_at: datetime | None
    """Whoever comes before it takes part in a draw."""
    waiting_room: bool
    rules: SeatRules
    requests: int = 0
    """How many requests wait to be decided; only where its organiser asks."""
    withdraw_hours: int = 0
    """For how many hours before the start a withdrawal is late, where the desk was asked."""

    @property
    def taken(self) -> int:
        return self.capacity - self.seats_left - self.rules.left

    @property
    def is_kept(self) -> bool:
        return self.is_full and self.rules.left > 0

    @property
    def gives_at_once(self) -> bool:
        """Whether who asks for a place may have it there and then."""
        has_places = not self.is_full or self.is_kept
        return has_places and not (self.needs_approval or self.is_to_be_drawn or self.waiting_room)

    @property
    def is_to_be_drawn(self) -> bool:
        return self.draw_at is not None and self.draw_at > datetime.now(UTC) and self.state in ("open", "announced")


@dataclass(frozen=True)
class Course:
    id: str
    title: str
    description: str
    fieldlab_id: str
    fieldlab_name: str
    place: str
    theme: str
    theme_name: str
    hours: int
    level: int
    mode: str
    skill: Mapping[str, str] | None
    is_published: bool
    sample: bool
    next_session: Session | None = None
    coming: int = 0
    """How many sessions are still to come."""
    requires: Requires | None = None


@dataclass(frozen=True)
class Fieldlab:
    id: str
    name: str
    kind: str
    topic: str
    place: str
    municipality_name: str
    province: str
    certainty: str
    municipality_certainty: str
    evidence: str
    evidence_note: str
    note: str
    source: str


def course(shape: Json, language: Language) -> Course:
    following = shape.get("nextSession")
    return Course(
        id=shape["id"],
        title=text(shape, "title", language),
        description=text(shape, "description", language),
        fieldlab_id=shape["fieldlabId"],
        fieldlab_name=shape["fieldlabName"],
        place=shape["place"],
        theme=shape["theme"],
        theme_name=text(shape, "theme", language),
        hours=shape["hours"],
        level=shape["level"],
        mode=shape["modeOfDelivery"],
        skill=shape["skill"],
        is_published=shape["state"] == "published",
        sample=shape["sample"],
        next_session=Session(**seats(following)) if following else None,
        coming=shape.get("comingSessions", 0),
        requires=seat_rules.requires(shape["requires"], language),
    )


def session(shape: Json, language: Language) -> SessionOfCourse:
    return SessionOfCourse(
        **seats(shape),
        course_id=shape["courseId"],
        title=text(shape, "title", language),
        description=text(shape, "description", language),
        fieldlab_id=shape["fieldlabId"],
        fieldlab_name=shape["fieldlabName"],
        municipality_name=shape["municipalityName"],
        hours=shape["hours"],
        level=shape["level"],
        sample=shape["sample"],
        offer_hours=shape["offerHours"],
        needs_approval=shape["needsApproval"],
        approval_hours=shape["approvalHours"],
        holds_seat=shape["holdsSeat"],
        draw_at=datetime.fromisoformat(shape["drawAt"]) if shape["drawAt"] else None,
        waiting_room=shape["waitingRoom"],
        rules=seat_rules.rules(shape, language),
    )


def sessions(course_shape: Json, language: Language) -> Sequence[SessionOfCourse]:
    return [session(shape, language) for shape in course_shape["sessions"]]


def seats(shape: Json) -> dict[str, Any]:
    return {
        "id": shape["id"],
        "state": shape["state"],
        "starts_at": datetime.fromisoformat(shape["startsAt"]),
        "ends_at": datetime.fromisoformat(shape["endsAt"]),
        "closes_at": datetime.fromisoformat(shape["enrollmentClosesAt"]),
        "location": shape["location"],
        "capacity": shape["capacity"],
        "seats_left": shape["seatsLeft"],
        "waiting": shape["waiting"],
        "opens_at": datetime.fromisoformat(shape["opensAt"]) if shape["opensAt"] else None,
    }


def fieldlab(shape: Json, language: Language) -> Fieldlab:
    return Fieldlab(
        id=shape["id"],
        name=shape["name"],
        kind=shape["kind"],
        topic=text(shape, "topic", language),
        place=shape["place"],
        municipality_name=shape["municipalityName"],
        province=shape["province"],
        certainty=shape["certainty"],
        municipality_certainty=shape["municipalityCertainty"],
        evidence=shape["skillslabEvidence"],
        evidence_note=text(shape, "skillslabNote", language),
        note=text(shape, "note", language),
        source=shape["source"],
    )


def text(shape: Json, name: str, language: Language) -> str:
    """A text in this language, or in Dutch where there is no other."""
    found: str = (shape[f"{name}Nl"] if language == "nl" else shape[f"{name}En"]) or shape[f"{name}Nl"] or ""
    return found
