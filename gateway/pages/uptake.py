"""A region's report: who takes part, as it is this very moment."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import orjson
from aiohttp import web

from gateway import names, words
from gateway.api.uptake_files import SUFFIXES, as_file, name_of
from gateway.clients import ENROLLMENT
from gateway.edge import signed_in, who_asks
from gateway.forms import clean
from gateway.names import Json, Names
from gateway.pages import addresses, formats
from gateway.pages.page import fragment, show
from gateway.problems import TEXTS, language_of
from shared.errors import Rejected
from shared.translations import Language
from shared.web.client import Client
from shared.web.principal import Principal

MEASURES = tuple(words.MEASURES)
SHADES = 5
MOST_COLUMNS = 14


def _(text: str) -> str:
    """Marks a text for translation."""
    return text


@dataclass(frozen=True)
class Question:
    """What is asked, as the address has it."""

    region: str
    from_: date
    to: date
    basis: str = "work"
    theme: str = ""
    group_by: str = "month"
    faults: Mapping[str, str] = field(default_factory=dict)

    def query(self, **changed: object) -> dict[str, object]:
        asked = {
            "region": self.region, "from": self.from_, "to": self.to, "basis": self.basis, "theme": self.theme,
            "groupBy": self.group_by,
        }  # fmt: skip
        return asked | changed


@dataclass(frozen=True)
class Line:
    """A row of the report. A figure that is None is withheld."""

    key: str
    name: str
    figures: Mapping[str, int | None]
    is_own: bool = False
    shade: int = 0
    """How dark its bar or its province is, from 0 to 5."""
    share: int = 0
    """The first figure as a percentage of the largest one."""


@dataclass(frozen=True)
class Report:
    totals: Line
    lines: Sequence[Line]
    provinces: Sequence[Line]
    status: str
    seen: str
    """Stands for all the figures: the same as long as nothing changes."""
    moment: datetime

    @property
    def as_columns(self) -> bool:
        return len(self.lines) <= MOST_COLUMNS


async def get_uptake(request: web.Request) -> web.Response:
    """For reviewers; for everybody else, what this is and who may see it."""
    asks = who_asks(request)
    if asks is None or not asks.has("region"):
        return await show(request, "uptake/explanation.html", status=403)
    return await show(request, "uptake/page.html", **await _model(request, asks))


async def get_figures(request: web.Request) -> web.Response:
    """The figures alone, for the page that is open; nothing (204) as long as they are what it shows."""
    asks = signed_in(request)
    if not asks.has("region"):
        raise Rejected("not-a-reviewer", 403)
    model = await _model(request, asks)
    report: Report = model["report"]
    if request.query.get("seen") == report.seen:
        response = web.Response(status=204)
    else:
        response = fragment(request, "uptake/figures.html", **model)
    checked = formats.second(report.moment, language_of(request))
    response.headers["HX-Trigger"] = orjson.dumps({"figures-checked": checked}).decode()
    response.headers["Cache-Control"] = "no-store"
    return response


async def get_file(request: web.Request) -> web.Response:
    """The figures of the page that is open, to keep or to reckon with."""
    asks = signed_in(request)
    if not asks.has("region"):
        raise Rejected("not-a-reviewer", 403)
    known = await names.names(request)
    asked = {name: value or None for name, value in read(request.query, asks, known).query().items()}
    report = await request.app[ENROLLMENT].get_json("/uptake", asks, **asked)
    kind = next(kind for kind, suffix in SUFFIXES.items() if suffix == request.match_info["kind"])
    return await as_file(report, asked, known, language_of(request), kind, datetime.now(UTC))


async def _model(request: web.Request, asks: Principal) -> dict[str, Any]:
    language = language_of(request)
    known = await names.names(request)
    question = read(request.query, asks, known)
    report = await ask(request.app[ENROLLMENT], asks, question, known, language)
    return {
        "question": question,
        "report": report,
        "regions": [(code, known.region(code, language)) for code in sorted(asks.scopes("region"))],
        "region_name": known.region(question.region, language),
        "themes": [(theme_id, known.theme(theme_id, language)) for theme_id in known.themes],
        "map_ids": {shape["code"]: shape["svgMapsId"] for shape in known.provinces()},
        "periods": periods(_today(), question, language),
    }


def read(query: Mapping[str, str], asks: Principal, known: Names) -> Question:
    """The question in an address. What makes no sense is shown as a fault, and left as it is by default."""
    own = sorted(asks.scopes("region"))
    today = _today()
    faults: dict[str, str] = {}
    days = {"from": today.replace(month=1, day=1), "to": today}
    for name in days:
        if typed := clean(query.get(name, "")):
            try:
                days[name] = date.fromisoformat(typed)
            except ValueError:
                faults[name] = _("This is not a date. Write it as 2027-03-01.")
    if days["from"] > days["to"]:
        faults["to"] = _("The last day is before the first.")
        days["to"] = days["from"]
    region, basis, theme, group_by = (query.get(name, "") for name in ("region", "basis", "theme", "groupBy"))
    return Question(
        region if region in own else own[0],
        days["from"],
        days["to"],
        basis if basis in words.BASES else "work",
        theme if theme in known.themes else "",
        group_by if group_by in words.DIMENSIONS else "month",
        faults,
    )


async def ask(client: Client, asks: Principal, question: Question, known: Names, language: Language) -> Report:
    """Two questions at once: about the own region by what is chosen, and about the country by province."""
    asked = {
        "from": question.from_, "to": question.to, "basis": question.basis, "theme": question.theme or None,
    }  # fmt: skip
    own, country = await asyncio.gather(
        client.get_json("/uptake", asks, region=question.region, groupBy=question.group_by, **asked),
        client.get_json("/uptake", asks, region="NL", groupBy="province", **asked),
    )
    lines = [_line(item, item["key"][question.group_by], question.group_by, known, language) for item in own["items"]]
    if question.group_by == "month":
        lines = _every_month(lines, question, language)
    seen = hashlib.sha256(orjson.dumps([own, country, question.query()], default=str)).hexdigest()[:16]
    return Report(
        _line(own["totals"], None, "", known, language),
        _drawn(lines),
        _drawn(_every_province(country["items"], asks, known, language)),
        own["status"],
        seen,
        datetime.now(UTC),
    )


def _line(item: Json, key: object, dimension: str, known: Names, language: Language) -> Line:
    figures = {**item["enrollments"], "participants": item["participants"]}
    shown = {name: None if isinstance(figures[name], dict) else figures[name] for name in MEASURES}
    return Line(str(key), _name(dimension, key, known, language), shown)


def _name(dimension: str, key: object, known: Names, language: Language) -> str:
    """What a line is about, in words; a month as it stands under its column."""
    if dimension == "month" and key is not None:
        return formats.part(date.fromisoformat(f"{key}-01"), "MMM y", language)
    return name_of(dimension, key, known, language)


def _every_month(lines: Sequence[Line], question: Question, language: Language) -> list[Line]:
    """Months without anything too, as long as they fit side by side."""
    first, last = (day.year * 12 + day.month - 1 for day in (question.from_, question.to))
    if last - first >= MOST_COLUMNS:
        return list(lines)
    months = [f"{number // 12:04}-{number % 12 + 1:02}" for number in range(first, last + 1)]
    counted = {line.key: line for line in lines}
    nothing: dict[str, int | None] = dict.fromkeys(MEASURES, 0)
    empty = (Line(key, formats.part(date.fromisoformat(f"{key}-01"), "MMM y", language), nothing) for key in months)
    return [counted.get(line.key, line) for line in empty]


def _every_province(items: Sequence[Json], asks: Principal, known: Names, language: Language) -> list[Line]:
    """All twelve, in the order of their names, and whoever has no province."""
    counted = {item["key"]["province"]: _line(item, item["key"]["province"], "province", known, language) for item in items}
    nothing: dict[str, int | None] = dict.fromkeys(MEASURES, 0)
    own = asks.scopes("region")
    provinces = [
        replace(counted.pop(code, Line(code, names.named(shape, language), nothing)), is_own=code in own)
        for code, shape in ((shape["code"], shape) for shape in known.provinces())
    ]
    return [*provinces, *counted.values()]


def _drawn(lines: Sequence[Line]) -> Sequence[Line]:
    """With the length of its bar and the shade of its province."""
    most = max((line.figures["taken"] or 0 for line in lines), default=0) or 1
    return [
        replace(line, share=round(100 * value / most), shade=-(-SHADES * value // most))
        for line in lines
        for value in [line.figures["taken"] or 0]
    ]


def periods(today: date, question: Question, language: Language) -> Sequence[tuple[str, str, bool]]:
    """Periods that are often asked for: name, address, and whether it is the one that is shown."""
    quarter = today.replace(month=3 * ((today.month - 1) // 3) + 1, day=1)
    year = today.replace(month=1, day=1)
    spans = [
        (_("This month"), today.replace(day=1), today),
        (_("This quarter"), quarter, today),
        (_("This year"), year, today),
        (_("Last year"), year.replace(year=year.year - 1), year - timedelta(days=1)),
    ]
    say = TEXTS[language].gettext
    return [
        (
            say(name),
            addresses.path("uptake", language, None, **question.query(**{"from": first, "to": last})),
            (first, last) == (question.from_, question.to),
        )
        for name, first, last in spans
    ]


def _today() -> date:
    return datetime.now(formats.AMSTERDAM).date()
