"""The report's figures: a question in, rows out. Reads only uptake tables."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from enrollment.uptake.questions import Question
from shared.database import sql
from shared.database.pool import Connection

SQL = sql.load(__file__, "uptake.sql")
STATES = (
    "requested", "confirmed", "waitlisted", "offered", "declined", "cancelled", "attended", "completed", "no_show",
)  # fmt: skip
HOLD_A_SEAT = ("confirmed", "attended", "completed", "no_show")

LEVELS = {"PV": "province", "AM": "labour_market_region", "GM": "municipality", "LD": "landsdeel", "HU": "hub"}
"""Which level of region a code is of, by how it begins."""

REGIONAL = {
    "province": "province",
    "labourMarketRegion": "labour_market_region",
    "landsdeel": "landsdeel",
    "hub": "hub",
    "municipality": "municipality",
}
DIMENSIONS = {
    "fieldlab": "fieldlab_id",
    "course": "course_id::text",
    "theme": "theme",
    "level": "level",
    "employerSizeClass": "employer_size_class",
    "sector": "sector",
    "workerGroup": "worker_group",
    "fundingScheme": "funding_scheme",
    "month": "to_char(decided_on, 'YYYY-MM')",
    "quarter": "to_char(decided_on, 'YYYY-\"Q\"Q')",
    "year": "to_char(decided_on, 'YYYY')",
}
FILTERS = {
    "theme": "theme",
    "fieldlab_id": "fieldlab_id",
    "level": "level",
    "employer_size_class": "employer_size_class",
    "sector": "sector",
    "worker_group": "worker_group",
    "funding_scheme": "funding_scheme",
}


@dataclass(frozen=True)
class Figures:
    """One line of the report. `participants` are distinct people with a seat; they do not add up."""

    key: dict[str, object]
    counts: dict[str, int]
    """Per state; `taken`, which are those that hold a seat; and `participants`."""


@dataclass(frozen=True)
class Report:
    question: Question
    items: Sequence[Figures] = field(default_factory=list)
    totals: Figures = field(default_factory=lambda: Figures({}, {}))


async def report(conn: Connection, question: Question, within: Collection[str] | None = None) -> Report:
    """Exact figures, whoever asks; `disclosure` decides what of them may be seen. `within` narrows to these municipalities."""
    where, values = _where(question, within)
    groups = [_column(dimension, question.basis) for dimension in question.group_by]
    totals = await conn.fetchrow(f"SELECT {_COUNTS} FROM uptake_enrollment WHERE {where}", *values)  # noqa: S608
    assert totals is not None
    items: list[Figures] = []
    if groups:
        selected = ", ".join(f'{column} AS "{name}"' for name, column in zip(question.group_by, groups, strict=True))
        numbers = ", ".join(str(number) for number in range(1, len(groups) + 1))
        rows = await conn.fetch(
            f"SELECT {selected}, {_COUNTS} FROM uptake_enrollment WHERE {where} GROUP BY {numbers} ORDER BY {numbers}",  # noqa: S608
            *values,
        )
        items = [
            Figures({name: row[name] for name in question.group_by}, {count: row[count] for count in _NAMES}) for row in rows
        ]
    return Report(question, items, Figures({}, {name: totals[name] for name in _NAMES}))


async def municipalities_of(conn: Connection, region: str) -> set[str]:
    """The municipalities that lie in a region, by the current table."""
    rows = await conn.fetch(SQL.municipalities_of)
    column = None if region == "NL" else LEVELS[region[:2]]
    return {row["municipality"] for row in rows if column is None or row[column] == region}


_NAMES = (*STATES, "taken", "participants")
_COUNTS = ", ".join(
    [f"count(*) FILTER (WHERE state = '{state}') AS {state}" for state in STATES]
    + [
        f"count(*) FILTER (WHERE state IN {HOLD_A_SEAT}) AS taken",
        f"count(DISTINCT person_id) FILTER (WHERE state IN {HOLD_A_SEAT}) AS participants",
    ]
)


def _where(question: Question, within: Collection[str] | None) -> tuple[str, list[object]]:
    """Every name in the text comes from the tables above, every value goes along as a parameter."""
    values: list[object] = [question.from_, question.to]
    parts = ["decided_on BETWEEN $1 AND $2"]
    if question.region != "NL":
        values.append(question.region)
        parts.append(f"{question.basis}_{LEVELS[question.region[:2]]} = ${len(values)}")
    if within is not None:
        values.append(list(within))
        parts.append(f"{question.basis}_municipality = ANY(${len(values)}::text[])")
    for name, column in FILTERS.items():
        value = getattr(question, name)
        if value is not None:
            values.append(value)
            parts.append(f"{column} = ${len(values)}")
    return " AND ".join(parts), values


def _column(dimension: str, basis: str) -> str:
    return f"{basis}_{REGIONAL[dimension]}" if dimension in REGIONAL else DIMENSIONS[dimension]
