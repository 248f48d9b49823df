"""What may be asked of the report."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, field_validator
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from shared.contracts.enrollment import FundingScheme, Sector, SizeClass, WorkerGroup
from shared.text import Day, Whole

AMSTERDAM = ZoneInfo("Europe/Amsterdam")

Basis = Literal["work", "home", "fieldlab"]
Dimension = Literal[
    "province", "labourMarketRegion", "landsdeel", "hub", "municipality", "fieldlab", "course", "theme", "level",
    "employerSizeClass", "sector", "workerGroup", "fundingScheme", "month", "quarter", "year",
]  # fmt: skip

REGION = r"^(NL|PV[0-9]{2}|AM[0-9]{2}|GM[0-9]{4}|LD-[a-z]+|HUB-[a-z]+)$"
SLUG = r"^[a-z0-9-]{1,64}$"


def today() -> date:
    return datetime.now(AMSTERDAM).date()


def _split(value: object) -> object:
    """Each dimension once: twice the same says no more."""
    return list(dict.fromkeys(part for part in value.split(",") if part)) if isinstance(value, str) else value


class Question(BaseModel):
    """Uptake of a region over a period. `from` and `to` are inclusive days, in Amsterdam, of the decision; the place that
    counts is that of work unless `basis` says otherwise. Every filter narrows.
    """

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", frozen=True)

    region: str = Field(default="NL", pattern=REGION)
    from_: Day = Field(default_factory=lambda: today().replace(month=1, day=1), alias="from")
    to: Day = Field(default_factory=today, validate_default=True)
    basis: Basis = "work"
    group_by: Annotated[list[Dimension], BeforeValidator(_split)] = Field(default_factory=list, max_length=3)
    theme: str | None = Field(default=None, pattern=SLUG)
    fieldlab_id: str | None = Field(default=None, pattern=SLUG)
    level: Whole | None = Field(default=None, ge=1, le=8)
    employer_size_class: SizeClass | None = None
    sector: Sector | None = None
    worker_group: WorkerGroup | None = None
    funding_scheme: FundingScheme | None = None

    @field_validator("to")
    @classmethod
    def _in_order(cls, to: date, info: ValidationInfo) -> date:
        if "from_" in info.data and to < info.data["from_"]:
            raise PydanticCustomError("days_reversed", "`to` cannot be before `from`")
        return to
