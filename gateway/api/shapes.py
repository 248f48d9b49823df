"""The public shapes. Fields are documented where a name alone does not say it."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Generic, Literal, TypeVar
from uuid import UUID

from pydantic import AwareDatetime, ConfigDict, Field, model_validator
from pydantic.config import JsonDict
from pydantic.json_schema import SkipJsonSchema
from pydantic_core import PydanticCustomError

from gateway.api.operation import Input, Shape
from shared.contracts.catalog import SeatGroup
from shared.contracts.enrollment import (
    Approval,
    CorrectionReason,
    DeclineReason,
    FundingScheme,
    Sector,
    SizeClass,
    State,
    WorkerGroup,
)
from shared.text import Number, Words

T = TypeVar("T", bound=Shape)

LeftOut = SkipJsonSchema[None]
"""May be left out, and is never null."""

REGION = r"^(NL|PV[0-9]{2}|AM[0-9]{2}|GM[0-9]{4}|LD-[a-z]+|HUB-[a-z]+)$"
RegionCode = Annotated[
    str, Field(pattern=REGION, description="NL, PV28, AM22, GM0599, LD-zuidwest or HUB-west", examples=["PV28"])
]
MunicipalityCode = Annotated[str, Field(pattern=r"^GM[0-9]{4}$", description="CBS code, such as GM0599", examples=["GM0599"])]
Slug = Annotated[str, Field(pattern=r"^[a-z0-9-]{1,64}$")]
FieldlabId = Annotated[Slug, Field(examples=["duurzaamheidsfabriek"])]
ThemeId = Annotated[Slug, Field(description="One of /v1/themes.", examples=["smart-working"])]

UNSEEN = r"\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069"
"""Control characters, and those that turn the order in which text is shown."""
NOT_ON_A_LINE = r"\u0000-\u0008\u000a-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069"
"""The same, and what breaks a line."""
Name = Annotated[Words, Field(json_schema_extra={"pattern": f"^[^{NOT_ON_A_LINE}]*$"})]
Sought = Annotated[str, Field(max_length=200, pattern=f"^[^{UNSEEN}]*$")]


class Paging(Input):
    page: int = Field(default=1, ge=1, le=1_000_000)
    page_size: int = Field(default=20, ge=1, le=100)


class Page(Shape, Generic[T]):
    items: list[T]
    page: int
    page_size: int
    total: int
    """How many there are on all pages together."""


Why = Literal["illness", "work", "other-session", "other"]

# Reference data


class RegionFilter(Paging):
    kind: Literal["province", "landsdeel", "hub", "labourMarketRegion"] | None = None


class Region(Shape):
    code: str
    kind: Literal["province", "landsdeel", "hub", "labourMarketRegion"]
    name: str
    name_nl: str
    name_en: str
    provinces: list[str]
    landsdelen: list[str]
    hubs: list[str]
    municipalities: int
    svg_maps_id: str | None
    certainty: str | None = Field(description="How sure we are of what it belongs to; null for what CBS says.")
    note_nl: str | None
    note_en: str | None
    reference_date: date


class MunicipalityFilter(Paging):
    q: Sought | None = Field(default=None, description="Part of the name, or of what people call it.")


class Municipality(Shape):
    code: MunicipalityCode
    name: str
    also_known_as: list[str]
    province: str
    province_name: str
    labour_market_region: str
    labour_market_region_name: str
    landsdeel: str
    hub: str
    reference_date: date


class Theme(Shape):
    id: str
    name: str
    name_nl: str
    name_en: str
    certainty: str


class FieldlabFilter(Paging):
    q: Sought | None = None
    region: RegionCode | None = None


class Fieldlab(Shape):
    """`certainty`, `municipalityCertainty` and `skillslabEvidence` say how sure the row is; they are no recognition."""

    id: str
    name: str
    kind: Literal["fieldlab", "skillslab", "related"]
    scope: Literal["regional", "national"]
    topic_nl: str
    topic_en: str
    place: str
    municipality: MunicipalityCode
    municipality_name: str
    province: str
    labour_market_region: str
    landsdeel: str
    hub: str
    certainty: Literal["high", "medium", "low"]
    municipality_certainty: Literal["high", "medium", "low", "assumed"]
    skillslab_evidence: Literal["yes", "partial", "none"]
    skillslab_note_nl: str | None
    skillslab_note_en: str | None
    note_nl: str | None
    note_en: str | None
    source: str


# Courses and sessions

Title = Annotated[
    str, Field(min_length=1, max_length=200, pattern=rf"^[^{NOT_ON_A_LINE}]*[^{NOT_ON_A_LINE}\s][^{NOT_ON_A_LINE}]*$")
]
"""One line, with something in it that can be seen."""
Statement = Annotated[str, Field(max_length=200, pattern=f"^[^{NOT_ON_A_LINE}]*$")]
Prose = Annotated[str, Field(max_length=5000, pattern=f"^[^{UNSEEN}]*$")]
CourseState = Literal["draft", "published"]
SessionState = Literal["draft", "announced", "open", "closed", "cancelled", "finished"]
Mode = Literal["presential", "blended", "online", "work_based"]
Hours = Annotated[int, Field(ge=1, le=2000)]
Level = Annotated[int, Field(ge=1, le=8, description="EQF level")]


class CourseFilter(Paging):
    """`from` and `to` are inclusive days, in Amsterdam, on which a session starts."""

    q: Sought | None = Field(default=None, description="Words to find.")
    fieldlab_id: FieldlabId | None = None
    region: RegionCode | None = None
    theme: ThemeId | None = None
    state: CourseState | None = None
    from_: date | None = Field(default=None, alias="from")
    to: date | None = None
    available: bool | None = Field(default=None, description="With a free seat in a session that is open.")


def _one_of(name: str) -> JsonDict:
    """A schema that asks for this text to be there."""
    return {"required": [name], "properties": {name: {"type": "string"}}}


class Requires(Shape):
    """What somebody brings: a course that they completed, or what they say of themselves. Of two, one is enough."""

    course_id: UUID | None
    course_title_nl: str | None
    course_title_en: str | None
    statement_nl: str | None
    statement_en: str | None


Group = Annotated[
    SeatGroup,
    Field(description="`sme`: of an employer of under 250 people; `own-region`: who works in the labour-market region of the "
          "fieldlab; `jobseekers`: who says for this seat that they are looking for work."),
]  # fmt: skip


class NewKeptSeats(Input):
    group: Group
    seats: int = Field(ge=1, le=10_000)
    until: AwareDatetime


class KeptSeats(Shape):
    """Seats that are kept for a group, and are for all after `until`."""

    group: Group
    seats: int
    left: int = Field(description="Those of them that nobody has yet; they are not among `seatsLeft`.")
    until: AwareDatetime


class NewCourse(Input):
    """Only a title is needed: `title` counts for both languages. `fieldlabId` may be left out by who organises just one."""

    model_config = ConfigDict(json_schema_extra={"anyOf": [_one_of("title"), _one_of("titleNl"), _one_of("titleEn")]})

    fieldlab_id: FieldlabId | None = None
    title: Title | None = None
    title_nl: Title | None = None
    title_en: Title | None = None
    description: Prose | None = None
    description_nl: Prose | None = None
    description_en: Prose | None = None
    theme: ThemeId = "smart-working"
    hours: Hours = 8
    level: Level = 3
    mode_of_delivery: Mode = "presential"
    state: CourseState = "published"
    requires_course_id: UUID | Literal[""] | None = Field(default=None, description="A course that somebody completes first.")
    statement_nl: Statement | None = Field(default=None, description="What somebody says of themselves, as they read it.")
    statement_en: Statement | None = None


class CourseChanges(Input):
    """What to change; what is left out stays as it is."""

    title: Title | LeftOut = None
    title_nl: Title | LeftOut = None
    title_en: Title | LeftOut = None
    description: Prose | LeftOut = None
    description_nl: Prose | LeftOut = None
    description_en: Prose | LeftOut = None
    theme: ThemeId | LeftOut = None
    hours: Hours | LeftOut = None
    level: Level | LeftOut = None
    mode_of_delivery: Mode | LeftOut = None
    state: CourseState | LeftOut = None
    requires_course_id: UUID | Literal[""] | LeftOut = Field(default=None, description="An empty text for none.")
    statement_nl: Statement | LeftOut = Field(default=None, description="An empty text for none.")
    statement_en: Statement | LeftOut = None


class NewSession(Input):
    """Enrolling closes when it starts unless it says otherwise; it is held at the fieldlab's place."""

    starts_at: AwareDatetime
    ends_at: AwareDatetime
    capacity: int = Field(ge=1, le=10_000)
    enrollment_closes_at: AwareDatetime | None = None
    minimum: int | None = Field(default=None, ge=1, le=10_000, description="At most the capacity.")
    location: Title | None = None
    needs_approval: bool = False
    offer_hours: int | None = Field(default=None, ge=1, le=720)
    approval_hours: int = Field(default=72, ge=1, le=720, description="Within how many hours a request is decided.")
    holds_seat: bool = Field(default=True, description="Whether a request holds a seat until it is decided.")
    opens_at: AwareDatetime | None = Field(default=None, description="From when people enroll; at once where it is left out.")
    draw_at: AwareDatetime | None = Field(
        default=None, description="Whoever comes before it takes part in a draw, which decides in which order they are served."
    )
    waiting_room: bool = Field(default=False, description="Everybody waits for their turn, in order of arrival.")
    decide_at: AwareDatetime | None = Field(
        default=None, description="When the minimum is decided about: a week before the start, or when enrolling closes."
    )
    reserved: list[NewKeptSeats] = Field(default=[], max_length=3, description="What is kept for whom; each group once.")
    description: Prose | None = None
    description_nl: Prose | None = None
    description_en: Prose | None = None


class SessionChanges(Input):
    """What to change; what is left out stays as it is."""

    starts_at: AwareDatetime | LeftOut = None
    ends_at: AwareDatetime | LeftOut = None
    location: Title | LeftOut = None
    description: Prose | LeftOut = None
    description_nl: Prose | LeftOut = None
    description_en: Prose | LeftOut = None


class SessionsById(Input):
    ids: list[UUID] = Field(min_length=1, max_length=100)


class Skill(Shape):
    """An ESCO skill. This service uses the ESCO classification of the European Commission."""

    label: str
    uri: str


class Course(Shape):
    id: UUID
    fieldlab_id: str
    fieldlab_name: str
    place: str
    municipality: MunicipalityCode
    municipality_name: str
    title: str
    title_nl: str
    title_en: str
    description: str
    description_nl: str
    description_en: str
    theme: str
    theme_nl: str
    theme_en: str
    hours: int
    level: int
    mode_of_delivery: Mode
    skill: Skill | None
    state: CourseState
    sample: bool = Field(description="Made-up example data, not a real offer.")
    requires: Requires | None


class SessionSummary(Shape):
    id: UUID
    state: SessionState
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    enrollment_closes_at: AwareDatetime
    location: str
    capacity: int
    seats_left: int
    waiting: int
    opens_at: AwareDatetime | None = Field(description="From when people enroll; null where that is as soon as it is open.")


class Session(SessionSummary):
    course_id: UUID
    fieldlab_id: str
    fieldlab_name: str
    municipality: MunicipalityCode
    municipality_name: str
    title: str
    title_nl: str
    title_en: str
    description: str
    description_nl: str
    description_en: str
    theme: str
    hours: int
    level: int
    minimum: int | None
    decide_at: AwareDatetime | None
    goes_on: bool = Field(description="Whether it takes place however many come; with a minimum that is decided at `decideAt`.")
    reserved: list[KeptSeats]
    region_name: str = Field(description="The labour-market region of the fieldlab.")
    requires: Requires | None
    needs_approval: bool
    offer_hours: int | None
    approval_hours: int
    holds_seat: bool
    draw_at: AwareDatetime | None
    waiting_room: bool
    sample: bool
    revision: int


class SeatChanges(Input):
    """What to change; what is left out stays as it is."""

    capacity: int | None = Field(default=None, ge=1, le=10_000)
    enrollment_closes_at: AwareDatetime | None = None
    offer_hours: int | None = Field(default=None, ge=1, le=720, description="For how long a freed seat is offered.")
    needs_approval: bool | None = Field(default=None, description="Of those who come from now on; so are the two below.")
    approval_hours: int | None = Field(default=None, ge=1, le=720, description="Within how many hours a request is decided.")
    holds_seat: bool | None = Field(default=None, description="Whether a request holds a seat until it is decided.")
    withdraw_hours: int | None = Field(
        default=None, ge=0, le=720, description="For how many hours before the start a withdrawal is recorded as late."
    )
    minimum: int | None = Field(default=None, ge=1, le=10_000, description="At most the capacity.")
    decide_at: AwareDatetime | None = Field(default=None, description="When the minimum is decided about.")
    reserved: list[NewKeptSeats] | None = Field(
        default=None, max_length=3, description="All that is kept from now on; a group that is not in it is for all."
    )


class WithdrawalReasons(Shape):
    """How often which reason was given with a withdrawal from the course, at this fieldlab."""

    withheld: bool = Field(description="There are fewer than five, which is too few to tell.")
    reasons: dict[Why, int]
    late: int = Field(description="How many withdrew late from this session.")


class Seats(Shape):
    """The seats of a session as the desk has them now."""

    session_id: UUID
    capacity: int
    seats_left: int
    waiting: int
    enrollment_closes_at: AwareDatetime
    offer_hours: int | None
    cancelled: bool
    revision: int
    needs_approval: bool
    approval_hours: int
    holds_seat: bool
    requests: int = Field(description="How many requests for approval wait to be decided.")
    withdraw_hours: int
    minimum: int | None
    decide_at: AwareDatetime | None
    going: Literal["pending", "short", "sure"] | None = Field(
        description="There with a minimum: to be decided, missed and for you to decide, or for sure."
    )
    reserved: list[KeptSeats]


class FoundCourse(Course):
    coming_sessions: int
    next_session: SessionSummary | None


class FoundCourses(Page[FoundCourse]):
    some_words: bool = Field(default=False, description="There, and true, where nothing has all the words: these have some.")


class CourseWithSessions(Course):
    sessions: list[Session]


# Enrollment


class EnrollmentRequest(Input):
    """All but the session is voluntary. It serves the region's report; where seats are kept for a group, the size of the
    employer and the place of work also say whether you are in it.
    """

    session_id: UUID
    work_municipality: MunicipalityCode | None = None
    home_municipality: MunicipalityCode | None = None
    employer_size_class: SizeClass | None = Field(
        default=None, description="European SME definition: under 10, under 50, under 250, 250 staff and over."
    )
    sector: Sector | None = Field(default=None, description="Section of SBI 2008; C is manufacturing.")
    worker_group: WorkerGroup | None = None
    funding_scheme: FundingScheme | None = None
    group_id: UUID | None = Field(
        default=None, description="An id of your own choice: who waits with the same one gets seats together, or waits on."
    )
    at_once: bool = Field(default=False, description="Take a seat that falls free without being asked first.")
    jobseeker: bool = Field(
        default=False,
        description="You say for this seat that you are looking for work; used only where seats are kept for that.",
    )
    states_prerequisite: bool = Field(default=False, description="You say that you bring what the course asks for.")


class Enrollment(Shape):
    id: UUID
    session_id: UUID
    person_id: UUID
    state: State
    position: int | None = Field(default=None, description="The place in the queue, counted from 1; only while waiting.")
    reason: str | None = Field(default=None, description="Why it was cancelled or declined.")
    offered_until: AwareDatetime | None = Field(
        default=None, description="Until when a seat is held for you; accept it or refuse it."
    )
    group_id: UUID | None = Field(default=None, description="Who waits with the same one gets seats together, or waits on.")
    approval: Approval | None = Field(default=None, description="There where an approver has to say yes, or did.")
    approval_until: AwareDatetime | None = Field(
        default=None, description="Until when a request is decided; after that it has lapsed. Only while requested."
    )
    holds_seat: bool | None = Field(default=None, description="Whether a seat is held meanwhile. Only while requested.")
    revision: int
    warnings: list[Notice] = Field(default_factory=list, description="Only for you, where it is yours; none where left out.")


class Notice(Shape):
    """Something to know that keeps nobody out: `overlaps` means that you are in this one at the same time."""

    kind: Literal["overlaps"]
    session_id: UUID
    enrollment_id: UUID


class Step(Shape):
    """Where an enrollment came to stand, and when."""

    state: State
    at: AwareDatetime
    position: int | None = None
    until: AwareDatetime | None = None
    reason: str | None = None


class EnrollmentWithSteps(Enrollment):
    stated: str | None = Field(default=None, description="What you said to bring.")
    steps: list[Step] = Field(default_factory=list, description="How it came to stand as it does.")
    withdraw_until: AwareDatetime | None = Field(
        default=None, description="Until when you withdraw without it being late; you can until the session starts."
    )


class EnrollmentFilter(Paging):
    session_id: UUID | None = None
    state: State | None = None


class Rejection(Input):
    reason: DeclineReason | None = Field(default=None, description="Why, for the person to read in their own language.")


Marked = Annotated[list[UUID], Field(max_length=10_000)]


class Attendance(Input):
    """By enrollment; each in one of the lists. Whoever is in none stays as they are."""

    present: Marked = Field(default=[], description="Was there, and did not pass, or not yet: `attended`.")
    absent: Marked = Field(default=[], description="Was not there: `no_show`.")
    completed: Marked = Field(default=[], description="Was there and passed: `completed`.")
    reason: CorrectionReason | None = Field(
        default=None, description="Why, where something else was marked before; not needed from `attended` to `completed`."
    )


class MarkedEnrollments(Shape):
    items: list[Enrollment] = Field(description="Those that were named, as they are now.")


class OtherSession(Input):
    to_session_id: UUID = Field(description="A session of the same course.")


class Withdrawal(Input):
    why: Why | None = Field(default=None, description="Voluntary. It is counted, and not kept with your name.")


class Told(Input):
    """What somebody says for the region's report, which is voluntary, and of what the session asks for or keeps seats for."""

    work_municipality: MunicipalityCode | None = None
    home_municipality: MunicipalityCode | None = None
    employer_size_class: SizeClass | None = None
    sector: Sector | None = None
    worker_group: WorkerGroup | None = None
    funding_scheme: FundingScheme | None = None
    jobseeker: bool = Field(default=False, description="As with any enrollment.")
    states_prerequisite: bool = Field(default=False, description="You say that you bring what the course asks for.")


class TransferRequest(Input):
    """To whom: by one of the two."""

    to_person_id: UUID | None = None
    to_email: str | None = Field(default=None, min_length=3, max_length=254)

    @model_validator(mode="after")
    def one_of_the_two(self) -> TransferRequest:
        if (self.to_person_id is None) == (self.to_email is None):
            raise PydanticCustomError("one_of_two", "Name either toPersonId or toEmail.")
        return self


class TransferShape(Shape):
    """A seat that is offered to a colleague who did not answer yet."""

    id: UUID
    session_id: UUID
    offered_at: AwareDatetime
    expires_at: AwareDatetime
    enrollment_id: UUID | None = Field(default=None, description="For whom offers it.")
    to_person_id: UUID | None = Field(default=None, description="For whom offers it, where it was named so.")
    to_email: str | None = Field(default=None, description="For whom offers it, where it was named so.")
    offered_by: str | None = Field(default=None, description="For whom it is offered to.")


class Nothing(Input):
    """No field is needed."""


# Tickets

TicketState = Literal["waiting", "enrolled", "refused", "withdrawn"]


class TicketTaken(Shape):
    """You are in a draw, or wait for your turn: `GET /v1/tickets/{ticketId}` ends in the enrollment."""

    ticket_id: UUID
    session_id: UUID
    position: int | None = Field(default=None, description="Your place in line, counted from 1; nobody has one before a draw.")
    draw_at: AwareDatetime | None = Field(default=None, description="When the draw is that you take part in.")
    estimated_seconds: int = Field(description="Until your turn comes, at the pace of lately; before a draw, at the latest.")


class TicketSummary(Shape):
    id: UUID
    session_id: UUID
    state: TicketState
    asked_at: AwareDatetime
    position: int | None = Field(default=None, description="Of who waits: the place in line, counted from 1.")
    estimated_seconds: int | None = Field(default=None, description="Of who waits: until their turn comes.")
    draw_at: AwareDatetime | None = Field(default=None, description="Of who is in a draw that is still to come.")
    reason: str | None = Field(default=None, description="Why it came to nothing.")
    enrollment_id: UUID | None = Field(default=None, description="What it became.")


class Ticket(TicketSummary):
    enrollment: Enrollment | None = None


class TicketFilter(Paging):
    session_id: UUID | None = None
    state: TicketState | None = None


class DrawFilter(Input):
    page: int = Field(default=1, ge=1, le=1_000_000)
    page_size: int = Field(default=20, ge=1, le=1000)


class DrawnTicket(Shape):
    ticket_id: UUID
    turn: int | None = Field(default=None, description="In which order it is served, counted from 1; from the draw on.")


class Draw(Page[DrawnTicket]):
    """Everything that it takes to do the draw again: the tickets in ascending order of SHA-256(seed followed by ticket id), of
    their bytes. The hash was there before anybody came, the tickets before the seed was shown.
    """

    session_id: UUID
    draw_at: AwareDatetime
    seed_hash: str = Field(description="SHA-256 of the seed's bytes, in hexadecimal.")
    seed: str | None = Field(default=None, description="In hexadecimal; from the draw on.")
    drawn_at: AwareDatetime | None = None


# Uptake

Dimension = Literal[
    "province", "labourMarketRegion", "landsdeel", "hub", "municipality", "fieldlab", "course", "theme", "level",
    "employerSizeClass", "sector", "workerGroup", "fundingScheme", "month", "quarter", "year",
]  # fmt: skip


class UptakeQuestion(Input):
    region: RegionCode = "NL"
    from_: date | None = Field(default=None, alias="from", description="First day, in Amsterdam, of the decisions that count.")
    to: date | None = Field(default=None, description="Last day, inclusive.")
    basis: Literal["work", "home", "fieldlab"] | None = Field(default=None, description="Which place counts; work by default.")
    group_by: list[Dimension] = Field(default=[], max_length=3, description="Up to three of them, with commas.")
    theme: ThemeId | None = None
    fieldlab_id: FieldlabId | None = None
    level: int | None = Field(default=None, ge=1, le=8)
    employer_size_class: SizeClass | None = None
    sector: Sector | None = None
    worker_group: WorkerGroup | None = None
    funding_scheme: FundingScheme | None = None


class Withheld(Shape):
    """A figure that is hidden, because it is small or would give a small one away."""

    withheld: Literal[True]


Figure = int | Withheld


class UptakeLine(Shape):
    key: dict[str, str | int | None]
    enrollments: dict[str, Figure] = Field(
        description="By state; and `taken`: all that hold a place, be it `confirmed`, `attended`, `completed` or `no_show`."
    )
    participants: Figure = Field(description="Distinct people with a place; they do not add up across lines.")


class UptakeTotals(Shape):
    enrollments: dict[str, Figure]
    participants: Figure


class Uptake(Shape):
    region: RegionCode
    basis: str
    from_: date = Field(alias="from")
    to: date
    as_of: AwareDatetime | None
    status: Literal["provisional", "final"]
    group_by: list[str]
    items: list[UptakeLine]
    totals: UptakeTotals


# People


class RoleShape(Shape):
    role: Literal["worker", "employer", "employer-contact", "organiser", "region", "operator"]
    fieldlab_id: str | None = None
    employer_id: str | None = None
    region: str | None = None


MailThatCanBeDeclined = Literal["waitlisted", "cancelled"]


class Me(Shape):
    person_id: UUID
    name: str
    email: str
    language: Literal["nl", "en"]
    declines: list[MailThatCanBeDeclined] = Field(description="Mails that you chose not to get.")
    roles: list[RoleShape]


class MyChanges(Input):
    """What to change; what is left out stays as it is."""

    name: Name | None = None
    language: Literal["nl", "en"] | None = None
    declines: Annotated[list[MailThatCanBeDeclined], Field(max_length=10)] | None = None


class Declared(Shape):
    """What you told for this seat, or what followed from it."""

    groups: list[str]
    kept_for: str | None = Field(description="For which group your seat was kept.")
    stated: str | None = Field(description="What you said to bring.")


class OwnEnrollment(Shape):
    id: UUID
    session_id: UUID
    state: str
    position: int | None
    reason: str | None
    registered_at: AwareDatetime
    decided_at: AwareDatetime
    about: dict[str, Any] = Field(description="What is kept for the figures of the regions, with what you told for it.")
    steps: list[Step]
    declared: Declared


class OwnTicket(Shape):
    """Of a draw or a waiting room."""

    id: UUID
    session_id: UUID
    state: TicketState
    reason: str | None
    asked_at: AwareDatetime
    settled_at: AwareDatetime | None
    asked: dict[str, Any] = Field(description="What you told with it, as long as you wait.")


class OwnMail(Shape):
    """A mail that you got or are to get. Its text is kept nowhere."""

    about: str
    session_id: UUID | None
    enrollment_id: UUID | None
    state: str
    queued_at: AwareDatetime
    finished_at: AwareDatetime | None


class OwnToken(Shape):
    name: str
    role: str
    scope: str
    can_write: bool
    made_at: AwareDatetime
    expires_at: AwareDatetime
    last_used_on: date | None


class OwnSession(Shape):
    """A browser on which you are signed in."""

    browser: str
    created_at: AwareDatetime
    seen_on: date


class OwnAccount(Shape):
    """An account of an organisation by which you sign in."""

    issuer: str
    subject: str = Field(description="Its number there.")
    connected_at: AwareDatetime


class OwnAct(Shape):
    """Something that you did, or that somebody in this role did with your data."""

    at: AwareDatetime
    role: str
    scope: str
    action: str
    record: str


class OwnTransfer(Shape):
    """A seat that you offer to a colleague, or a colleague to you."""

    session_id: UUID
    offered_at: AwareDatetime
    expires_at: AwareDatetime
    given: bool
    to_email: str | None
    offered_by: str | None


class MyData(Shape):
    """Everything that the platform knows about you."""

    made_at: AwareDatetime
    person: Me
    enrollments: list[OwnEnrollment]
    transfers: list[OwnTransfer] = Field(default_factory=list)
    tickets: list[OwnTicket]
    mails: list[OwnMail]
    signed_in: list[OwnSession]
    accounts: list[OwnAccount]
    tokens: list[OwnToken]
    done_by_you: list[OwnAct] = Field(description="The latest thousand.")
    looked_at_by_others: list[OwnAct] = Field(description="The latest thousand.")


class ErasedPart(Shape):
    """How far one part of the platform is, and how much of what it erased or made anonymous."""

    done: bool
    counts: dict[str, int]


class Erasure(Shape):
    """Being forgotten, as it goes. `kept` says what stays, and why."""

    id: UUID
    done: bool
    parts: dict[str, ErasedPart]
    kept: list[str]


class RetentionTerm(Shape):
    fieldlab_id: str
    months: int = Field(description="For so many months after a session's end it is remembered who took part.")
    own: bool = Field(description="Whether the fieldlab chose that; otherwise it is the platform's term.")
    due: int = Field(description="Enrollments that the next run, within a day, makes anonymous.")


class NewRetentionTerm(Input):
    months: Number = Field(ge=1, le=120)
