"""The region's report as a file. A CSV has the figures alone; a workbook has a second sheet that says how to read them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from aiohttp import web

from gateway import names, words
from gateway.names import Json, Names
from gateway.problems import TEXTS
from shared import spreadsheets
from shared.spreadsheets import CSV, XLSX, Cell, Row, Sheet
from shared.translations import Language

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
SUFFIXES = {CSV: "csv", XLSX: "xlsx"}


def _(text: str) -> str:
    """Marks a text for translation."""
    return text


COLUMNS: Mapping[str, str] = {
    **words.DIMENSIONS,
    "province": _("Province"),
    "landsdeel": _("Part of the country"),
    "hub": _("Hub"),
    "course": _("Course"),
    "quarter": _("Quarter"),
    "year": _("Year"),
}
NAMED = frozenset(COLUMNS) - {"month", "quarter", "year", "course"}
"""Dimensions whose codes have a name: they take two columns. Names are for people, codes tell two of one name apart."""
FILTERS = {"fieldlabId": "fieldlab"} | {
    name: name for name in ("theme", "level", "employerSizeClass", "sector", "workerGroup", "fundingScheme")
}
"""By the parameter, the dimension that it narrows."""


async def as_file(
    report: Json, asked: Mapping[str, object], known: Names, language: Language, kind: str, now: datetime
) -> web.Response:
    """The report as it was answered to `asked`, in a spreadsheet of this kind."""
    figures = figures_of(report, known, language)
    if kind == CSV:
        body = spreadsheets.as_csv(figures)
    else:
        say = TEXTS[language].gettext
        about = explanation(report, asked, known, language, now)
        body = await spreadsheets.as_xlsx(
            [Sheet(say(_("Figures")), figures), Sheet(say(_("How to read these figures")), about)]
        )
    response = web.Response(body=body, content_type=kind, charset="utf-8" if kind == CSV else None)
    response.headers["Content-Disposition"] = f'attachment; filename="{file_name(report, known, language, kind)}"'
    response.headers["Content-Language"] = language
    response.headers["Cache-Control"] = "no-store"
    return response


def figures_of(report: Json, known: Names, language: Language) -> Sequence[Row]:
    """A line of headings, the lines of the report, and the totals. A hidden figure is a word, and never a number."""
    say = TEXTS[language].gettext
    dimensions: Sequence[str] = report["groupBy"]
    heading = [cell for name in dimensions for cell in _heading(name, language)]
    lines = [
        [cell for name in dimensions for cell in _key(name, item["key"][name], known, language)] + _figures(item, language)
        for item in report["items"]
    ]
    total: list[Cell] = [say(_("Total")), *[None] * (len(heading) - 1)] if heading else []
    return [
        heading + [say(words.MEASURES[name][0]) for name in words.MEASURES],
        *lines,
        total + _figures(report["totals"], language),
    ]


def _heading(dimension: str, language: Language) -> list[Cell]:
    say = TEXTS[language].gettext
    name = say(COLUMNS[dimension])
    return [name, say(_("%(dimension)s (code)")) % {"dimension": name}] if dimension in NAMED else [name]


def _key(dimension: str, key: str | int | None, known: Names, language: Language) -> list[Cell]:
    name = name_of(dimension, key, known, language)
    return [name, key] if dimension in NAMED else [name]


def _figures(item: Json, language: Language) -> list[Cell]:
    figures = {**item["enrollments"], "participants": item["participants"]}
    hidden = TEXTS[language].gettext(_("hidden"))
    return [hidden if isinstance(figures[name], Mapping) else figures[name] for name in words.MEASURES]


def name_of(dimension: str, key: object, known: Names, language: Language) -> str:
    """What a line is about, in words; the key itself where it has none."""
    say = TEXTS[language].gettext
    if key is None:
        return say(_("Not filled in"))
    match dimension:
        case "theme":
            return known.theme(str(key), language)
        case "fieldlab":
            return known.fieldlabs.get(str(key), str(key))
        case "municipality" | "labourMarketRegion" | "province" | "landsdeel" | "hub":
            return known.region(str(key), language)
        case _:
            called = {str(value): text for value, text in words.VALUES.get(dimension, {}).items()}
            return say(called.get(str(key), str(key)))


def explanation(
    report: Json, asked: Mapping[str, object], known: Names, language: Language, now: datetime
) -> Sequence[tuple[Cell, Cell]]:
    """What was asked and when, what each figure counts, and how to read them all."""
    say = TEXTS[language].gettext
    status = _("Provisional") if report["status"] == "provisional" else _("Final")
    filters = [
        (say(COLUMNS[dimension]), name_of(dimension, asked[name], known, language))
        for name, dimension in FILTERS.items()
        if asked.get(name)
    ]
    return [
        (say(_("How to read these figures")), None),
        (say(_("Region")), f"{known.region(report['region'], language)} ({report['region']})"),
        (say(_("Period")), f"{report['from']} {say(_('up to and including'))} {report['to']}"),
        (say(_("Which place counts")), say(words.BASES[report["basis"]])),
        *filters,
        (say(_("Reference date")), report["asOf"] or f"{now.astimezone(AMSTERDAM):%Y-%m-%d %H:%M}"),
        (say(_("Status")), say(status)),
        *((say(name), say(definition)) for name, definition in words.MEASURES.values()),
        (say(_("hidden")), say(_("A figure that is small, or from which a small one would follow."))),
        *((None, say(text)) for text in words.HOW_TO_READ),
    ]


def file_name(report: Json, known: Names, language: Language, kind: str) -> str:
    """Tells region and period, in letters that every system keeps."""
    say = TEXTS[language].gettext
    region = names.plain(known.region(report["region"], language))
    parts = [say(_("uptake")), region, report["from"], say(_("to")), report["to"]]
    return re.sub(r"[^a-z0-9-]+", "-", " ".join(parts)) + f".{SUFFIXES[kind]}"
