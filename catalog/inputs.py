"""What comes in from outside: strict, nothing unknown, and every fault told at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Literal, TypeVar
from uuid import UUID

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from shared.contracts.catalog import SeatGroup
from shared.text import Day, Line, Whole, Words, YesOrNo, filled_in, readable, without_citizen_number

REGION = r"^(NL|PV[0-9]{2}|AM[0-9]{2}|GM[0-9]{4}|LD-[a-z]+|HUB-[a-z]+)$"
SLUG = r"^[a-z0-9-]{1,64}$"
AT_MOST_AHEAD = timedelta(days=3653)
AT_MOST_LASTS = timedelta(days=366)

F = TypeVar("F", bound="Filter")


def _written_out(value: object) -> object:
    if not isinstance(value, str) or "T" not in value.upper():
        raise PydanticCustomError(
            "datetime_parsing", "Write a date and time with its offset, such as 2027-03-01T08:30:00+01:00"
        )
    return value


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise PydanticCustomError("datetime_parsing", "This moment does not exist in UTC") from error


def _whole(value: object) -> object:
    """JSON has one kind of number: 8.0 is the same as 8."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


Prose = Annotated[
    str,
    StringConstraints(max_length=5000),
    AfterValidator(readable),
    AfterValidator(without_citizen_number),
    AfterValidator(str.strip),
]
Moment = Annotated[AwareDatetime, Field(strict=False), BeforeValidator(_written_out), AfterValidator(_in_utc)]
Query = Annotated[
    Annotated[str, StringConstraints(max_length=200), AfterValidator(readable), AfterValidator(str.strip)] | None,
    AfterValidator(lambda words: words or None),
]
"""Words to find; spaces alone are none."""

CourseState = Literal["draft", "published"]
Mode = Literal["presential", "blended", "online", "work_based"]
Number = Annotated[int, BeforeValidator(_whole)]
Hours = Annotated[Number, Field(ge=1, le=2000)]
Level = Annotated[Number, Field(ge=1, le=8)]


class Body(BaseModel):
    """The body of a request. Values are never guessed: "12" is no number."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", frozen=True, strict=True)


class Changes(Body):
    """What to change; what is left out stays as it is."""

    @field_validator("*", mode="before")
    @classmethod
    def _left_out_rather_than_null(cls, value: object) -> object:
        if value is None:
            raise PydanticCustomError("null", "Leave this out to keep it as it is; an empty text clears a description")
        return value


def _known_theme(theme: str, info: ValidationInfo) -> str:
    if theme not in _codes(info, "themes"):
        raise PydanticCustomError("unknown_theme", "There is no such theme; GET /v1/themes lists them")
    return theme


def _context(info: ValidationInfo) -> Mapping[str, object]:
    assert info.context is not None
    context: Mapping[str, object] = info.context
    return context


def _codes(info: ValidationInfo, name: str) -> Collection[str]:
    codes = _context(info)[name]
    assert isinstance(codes, set)
    return codes


Theme = Annotated[str, AfterValidator(_known_theme)]
AnotherCourse = Annotated[UUID, Field(strict=False)] | Literal[""]
"""A course that somebody completes first; an empty text for none."""


class NewCourse(Body):
    """A course to be. Only a title is needed: `title` counts for both languages, `titleNl` and `titleEn` for one.

    `fieldlabId` may be left out by who is organiser of just one. Left out, a course takes a day (8 hours) at EQF level 3, on
    location, under the theme `smart-working`, and is published at once. Validated with the context `fieldlabs` (the codes of
    those that the asker organises) and `themes` (all their codes).
    """

    fieldlab_id: str
    title_nl: Line | None = None
    title_en: Line | None = None
    title: Annotated[Line | None, Field(validate_default=True)] = None
    description: Prose | None = None
    description_nl: Prose | None = None
    description_en: Prose | None = None
    theme: Theme = "smart-working"
    hours: Hours = 8
    level: Level = 3
    mode_of_delivery: Mode = "presential"
    state: CourseState = "published"
    requires_course_id: AnotherCourse | None = None
    statement_nl: Words | None = None
    statement_en: Words | None = None

    @model_validator(mode="before")
    @classmethod
    def _the_only_fieldlab(cls, given: object, info: ValidationInfo) -> object:
        if not isinstance(given, dict) or given.get("fieldlabId") is not None:
            return given
        own = _codes(info, "fieldlabs")
        return {**given, "fieldlabId": min(own) if len(own) == 1 else ""}

    @field_validator("fieldlab_id")
    @classmethod
    def _own_fieldlab(cls, fieldlab_id: str, info: ValidationInfo) -> str:
        if fieldlab_id not in _codes(info, "fieldlabs"):
            raise PydanticCustomError("unknown_fieldlab", "Name one of the fieldlabs that you are organiser of")
        return fieldlab_id

    @field_validator("title")
    @classmethod
    def _some_title(cls, title: str | None, info: ValidationInfo) -> str | None:
        if title is None and {"title_nl", "title_en"} <= info.data.keys() and not any(map(info.data.get, _TITLES)):
            raise PydanticCustomError("missing", "Give a title, or titleNl and titleEn")
        return title


_TITLES = ("title_nl", "title_en")


class CourseChanges(Changes):
    """What to change of a course. `title` and `description` count for both languages."""

    title: Line | None = None
    title_nl: Line | None = None
    title_en: Line | None = None
    description: Prose | None = None
    description_nl: Prose | None = None
    description_en: Prose | None = None
    theme: Theme | None = None
    hours: Hours | None = None
    level: Level | None = None
    mode_of_delivery: Mode | None = None
    state: CourseState | None = None
    requires_course_id: AnotherCourse | None = None
    statement_nl: Words | None = None
    statement_en: Words | None = None


def _now(info: ValidationInfo) -> datetime:
    now = _context(info)["now"]
    assert isinstance(now, datetime)
    return now


def _yet_to_come(moment: datetime, info: ValidationInfo) -> datetime:
    now = _now(info)
    if moment <= now:
        raise PydanticCustomError("in_the_past", "Choose a moment that is still to come")
    if moment > now + AT_MOST_AHEAD:
        raise PydanticCustomError("too_far_ahead", "Choose a moment within ten years")
    return moment


def check_times(starts_at: datetime, ends_at: datetime) -> None:
    """Raises PydanticCustomError for an end that does not go with this start."""
    if ends_at <= starts_at:
        raise PydanticCustomError("ends_too_early", "A session ends after it starts")
    if ends_at > starts_at + AT_MOST_LASTS:
        raise PydanticCustomError("lasts_too_long", "A session lasts a year at most")


def _after_the_start(ends_at: datetime | None, info: ValidationInfo) -> datetime | None:
    starts_at = info.data.get("starts_at")
    if ends_at and starts_at:
        check_times(starts_at, ends_at)
    return ends_at


Start = Annotated[Moment, AfterValidator(_yet_to_come)]


class KeptSeats(Body):
    group: SeatGroup
    seats: Annotated[Number, Field(ge=1, le=10_000)]
    until: Start


class NewSession(Body):
    """A session to be. Enrollment closes when it starts unless it says otherwise, and it is held at the fieldlab's place.

    Validated with the context `now`.
    """

    starts_at: Start
    ends_at: Annotated[Moment, AfterValidator(_after_the_start)]
    capacity: Annotated[Number, Field(ge=1, le=10_000)]
    enrollment_closes_at: Moment | None = None
    minimum: Annotated[Number | None, Field(ge=1, le=10_000)] = None
    location: Line | None = None
    needs_approval: bool = False
    offer_hours: Annotated[Number | None, Field(ge=1, le=720)] = None
    approval_hours: Annotated[Number, Field(ge=1, le=720)] = 72
    holds_seat: bool = True
    opens_at: Moment | None = None
    draw_at: Moment | None = None
    waiting_room: bool = False
    decide_at: Start | None = None
    reserved: Annotated[list[KeptSeats], Field(max_length=3)] = []
    description: Prose | None = None
    description_nl: Prose | None = None
    description_en: Prose | None = None

    @field_validator("opens_at", "draw_at")
    @classmethod
    def _while_there_is_time(cls, moment: datetime | None, info: ValidationInfo) -> datetime | None:
        closes_at = info.data.get("enrollment_closes_at") or info.data.get("starts_at")
        if moment and closes_at and moment >= closes_at:
            raise PydanticCustomError("opens_too_late", "Choose a moment before enrollment closes")
        return moment

    @field_validator("draw_at")
    @classmethod
    def _time_to_come_in(cls, draw_at: datetime | None, info: ValidationInfo) -> datetime | None:
        opens_at = info.data.get("opens_at")
        if draw_at and (draw_at <= _now(info) or (opens_at and draw_at <= opens_at)):
            raise PydanticCustomError("draws_too_early", "The draw is after enrollment opens, and still to come")
        return draw_at

    @field_validator("decide_at")
    @classmethod
    def _decided_before_the_start(cls, decide_at: datetime | None, info: ValidationInfo) -> datetime | None:
        starts_at = info.data.get("starts_at")
        if decide_at and starts_at and decide_at > starts_at:
            raise PydanticCustomError("decides_too_late", "It is decided before the session starts")
        return decide_at

    @field_validator("reserved")
    @classmethod
    def _kept_within_the_session(cls, reserved: list[KeptSeats], info: ValidationInfo) -> list[KeptSeats]:
        starts_at = info.data.get("starts_at")
        if len({one.group for one in reserved}) < len(reserved):
            raise PydanticCustomError("group_twice", "Name each group once")
        if starts_at and any(one.until > starts_at for one in reserved):
            raise PydanticCustomError("kept_too_long", "Seats are kept until the session starts, or before")
        if sum(one.seats for one in reserved) > info.data.get("capacity", 30_000):
            raise PydanticCustomError("kept_too_many", "No more seats can be kept than there are")
        return reserved

    @field_validator("enrollment_closes_at")
    @classmethod
    def _before_the_start(cls, closes_at: datetime | None, info: ValidationInfo) -> datetime | None:
        starts_at = info.data.get("starts_at")
        if closes_at and starts_at and closes_at > starts_at:
            raise PydanticCustomError("closes_too_late", "Enrollment closes when the session starts, or before")
        return closes_at

    @field_validator("minimum")
    @classmethod
    def _within_capacity(cls, minimum: int | None, info: ValidationInfo) -> int | None:
        if minimum and minimum > info.data.get("capacity", minimum):
            raise PydanticCustomError("minimum", "The minimum cannot be more than the capacity")
        return minimum


class SessionChanges(Changes):
    """What to change of a session: its texts, its place, its times. Its seats are the desk's. Validated with `now`."""

    starts_at: Start | None = None
    ends_at: Annotated[Moment | None, AfterValidator(_after_the_start)] = None
    location: Line | None = None
    description: Prose | None = None
    description_nl: Prose | None = None
    description_en: Prose | None = None


class Filter(BaseModel):
    """A query string. What is left empty, as a form does, is not asked."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", frozen=True)

    @classmethod
    def of(cls: type[F], query: Mapping[str, str]) -> F:
        """Raises pydantic's ValidationError."""
        return cls.model_validate_strings(filled_in(query), strict=True)


class Paged(Filter):
    page: Whole = Field(default=1, ge=1, le=1_000_000)
    page_size: Whole = Field(default=20, ge=1, le=100)


class RegionFilter(Paged):
    kind: Literal["province", "landsdeel", "hub", "labourMarketRegion"] | None = None


class MunicipalityFilter(Paged):
    q: Query = None


class FieldlabFilter(Paged):
    q: Query = None
    region: str | None = Field(default=None, pattern=REGION)


class CourseFilter(Paged):
    """Every part narrows. `from` and `to` are inclusive days, in Amsterdam, on which a session starts; `available` asks for a
    free seat in a session that is open. The three ask it of one and the same session.
    """

    q: Query = None
    fieldlab_id: str | None = Field(default=None, pattern=SLUG)
    region: str | None = Field(default=None, pattern=REGION)
    theme: str | None = Field(default=None, pattern=SLUG)
    state: CourseState | None = None
    from_: Day | None = Field(default=None, alias="from")
    to: Day | None = None
    available: YesOrNo = False

    @field_validator("to")
    @classmethod
    def _in_order(cls, to: date | None, info: ValidationInfo) -> date | None:
        from_ = info.data.get("from_")
        if to and from_ and to < from_:
            raise PydanticCustomError("days_reversed", "`to` cannot be before `from`")
        return to


def _split(value: object) -> object:
    return value.split(",") if isinstance(value, str) else value


class SessionsById(Filter):
    ids: Annotated[list[UUID], BeforeValidator(_split), Field(min_length=1, max_length=100)]
