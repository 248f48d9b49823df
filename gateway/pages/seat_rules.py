"""What a session keeps for whom, how many have to come, and what its course asks for: on a page, and in a form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from gateway.pages import formats
from gateway.pages.fields import NO_DAY, moment, take_numbers
from shared.translations import Language


def _(text: str) -> str:
    """Marks a text for translation."""
    return text


CLOSES_AT = "17:00"
NO_MINIMUM = _("Say from how many people it takes place, or leave this empty.")
FIELDS: Mapping[str, str] = {"sme": "keptSme", "own-region": "keptRegion", "jobseekers": "keptJobseekers"}
"""The field of a form in which it stands how many places are kept for a group."""


@dataclass(frozen=True)
class Kept:
    """Places that were set apart for a group, and how many of them nobody has yet."""

    group: str
    seats: int
    left: int
    until: datetime


@dataclass(frozen=True)
class Requires:
    """What a course asks for first."""

    course_id: str | None
    course_title: str | None
    statement: str | None


@dataclass(frozen=True)
class SeatRules:
    minimum: int | None
    decide_at: datetime | None
    goes_on: bool
    kept: Sequence[Kept]
    region: str
    """The labour-market region of the fieldlab."""
    requires: Requires | None

    @property
    def left(self) -> int:
        """Places that are free, and kept for a group."""
        return sum(one.left for one in self.kept)

    @property
    def is_late(self) -> bool:
        """Whether it should have been decided by now whether it takes place."""
        return not self.goes_on and self.decide_at is not None and self.decide_at <= datetime.now(UTC)


def rules(shape: Mapping[str, Any], language: Language) -> SeatRules:
    """The rules in the shape of a session."""
    return SeatRules(
        minimum=shape["minimum"],
        decide_at=datetime.fromisoformat(shape["decideAt"]) if shape["decideAt"] else None,
        goes_on=shape["goesOn"],
        kept=kept(shape["reserved"]),
        region=shape["regionName"],
        requires=requires(shape["requires"], language),
    )


def kept(shapes: Sequence[Mapping[str, Any]]) -> Sequence[Kept]:
    return [Kept(one["group"], one["seats"], one["left"], datetime.fromisoformat(one["until"])) for one in shapes]


def requires(shape: Mapping[str, Any] | None, language: Language) -> Requires | None:
    if shape is None:
        return None
    ending = "Nl" if language == "nl" else "En"
    return Requires(shape["courseId"], shape[f"courseTitle{ending}"], shape[f"statement{ending}"])


def as_form(shown: SeatRules) -> dict[str, str]:
    """What a form about these rules is filled in with."""
    given = {FIELDS[one.group]: str(one.seats) for one in shown.kept}
    if shown.kept:
        given["keptUntil"] = _day(min(one.until for one in shown.kept))
    if shown.minimum:
        given["minimum"] = str(shown.minimum)
    if shown.decide_at:
        given["decideDay"] = _day(shown.decide_at)
    return given


def read(
    given: Mapping[str, str], told: dict[str, object], before: Mapping[str, str], starts_at: datetime | None
) -> dict[str, str]:
    """Put what a form says otherwise than `before` with what is told; returns what is wrong with it."""
    faults: dict[str, str] = {}
    if given.get("minimum") and given["minimum"] != before.get("minimum"):
        faults |= take_numbers(given, ["minimum"], told)
    if given.get("decideDay") and not given.get("minimum"):
        faults["decideDay"] = NO_MINIMUM
    elif given.get("decideDay") and given["decideDay"] != before.get("decideDay"):
        _take_day(given["decideDay"], "decideDay", "decideAt", starts_at, told, faults)
    fields = [*FIELDS.values(), "keptUntil"]
    if any(given.get(name, "") != before.get(name, "") for name in fields):
        faults |= _read_kept(given, told, starts_at)
    return faults


def _read_kept(given: Mapping[str, str], told: dict[str, object], starts_at: datetime | None) -> dict[str, str]:
    numbers: dict[str, object] = {}
    filled = [name for name in FIELDS.values() if given.get(name) and given[name] != "0"]
    faults = take_numbers(given, filled, numbers)
    until: dict[str, object] = {}
    if numbers:
        _take_day(given.get("keptUntil", ""), "keptUntil", "until", starts_at, until, faults)
    told["reserved"] = [{"group": group, "seats": numbers[name], **until} for group, name in FIELDS.items() if name in numbers]
    return faults


def _take_day(
    day: str, field: str, name: str, starts_at: datetime | None, told: dict[str, object], faults: dict[str, str]
) -> None:
    """Until 17:00 that day; on the day on which the session starts, until it does."""
    at = moment(day, CLOSES_AT)
    if at is None:
        faults[field] = NO_DAY
    else:
        told[name] = (min(at, starts_at) if starts_at and _day(starts_at) == day else at).isoformat()


def _day(at: datetime) -> str:
    return formats.local(at).strftime("%Y-%m-%d")
