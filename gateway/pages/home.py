"""The first page: what this is, and looking for a course."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from aiohttp import web

from gateway import names
from gateway.clients import CATALOG
from gateway.edge import who_asks
from gateway.forms import clean
from gateway.names import Names
from gateway.pages import addresses, catalogue
from gateway.pages.catalogue import Course
from gateway.pages.page import fragment, is_partial, show
from gateway.problems import language_of
from shared.translations import Language
from shared.web.client import Client
from shared.web.principal import Principal

PAGE_SIZE = 12
LONGEST = 200


def _(text: str) -> str:
    """Marks a text for translation."""
    return text


@dataclass(frozen=True)
class Search:
    """What is looked for, as the form has it. `region` is what was typed, spelled as it should be; `code` what that means."""

    q: str = ""
    region: str = ""
    code: str | None = None
    theme: str = ""
    from_: str = ""
    to: str = ""
    available: bool = False
    page: int = 1
    faults: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        return self == Search(page=self.page)

    @property
    def has_more(self) -> bool:
        """Whether anything beyond words and place is asked."""
        return bool(self.theme or self.from_ or self.to or self.available)

    def query(self, **changed: object) -> dict[str, object]:
        """What goes into the address."""
        asked = {
            "q": self.q, "region": self.region, "theme": self.theme, "from": self.from_, "to": self.to,
            "available": "true" if self.available else "", "page": "" if self.page == 1 else self.page,
        }  # fmt: skip
        return asked | changed


@dataclass(frozen=True)
class Around:
    """A wider region, and how many courses of this search are there."""

    code: str
    total: int


@dataclass(frozen=True)
class Found:
    """A page of courses, and in which region they were found when it is wider than the one asked for."""

    courses: Sequence[Course]
    total: int
    page: int
    pages: int
    widened_to: str | None = None
    wider: Sequence[Around] = ()
    """Where there are more, from near to far."""
    has_some_words: bool = False
    """Whether nothing has all the words that were typed, and these have some of them."""


async def get_home(request: web.Request) -> web.Response:
    language = language_of(request)
    known = await names.names(request)
    search = read(request.query, known, language)
    model: dict[str, Any] = {
        "search": search,
        "found": await find(request.app[CATALOG], who_asks(request), search, known, language),
        "names": known,
        "themes": [(theme_id, known.theme(theme_id, language)) for theme_id in known.themes],
        "near": known.near(search.region) if "region" in search.faults else [],
    }
    if is_partial(request):
        response = fragment(request, "home/results.html", alone=True, **model)
        response.headers["HX-Replace-Url"] = addresses.path("home", language, None, **search.query())
        return response
    return await show(request, "home/page.html", alone=False, **model)


def read(query: Mapping[str, str], known: Names, language: Language) -> Search:
    """The search in an address. What makes no sense is shown as a fault and not searched for."""
    asked = {name: clean(query.get(name, ""))[:LONGEST] for name in ("q", "region", "theme", "from", "to", "available", "page")}
    faults = {}
    code = known.find(asked["region"]) if asked["region"] else None
    if asked["region"] and code is None:
        faults["region"] = _("We do not know this place. Write a town, a municipality or a province.")
    for name in ("from", "to"):
        if asked[name] and _date(asked[name]) is None:
            faults[name] = _("This is not a date. Write it as 2027-03-01.")
    if not faults and asked["from"] and asked["to"] and asked["from"] > asked["to"]:
        faults["to"] = _("The last day is before the first.")
    return Search(
        q=asked["q"],
        region=_spelled(asked["region"], code, known, language),
        code=code,
        theme=asked["theme"] if asked["theme"] in known.themes else "",
        from_=asked["from"],
        to=asked["to"],
        available=asked["available"] in ("true", "on"),
        page=int(asked["page"]) if asked["page"].isascii() and asked["page"].isdigit() and len(asked["page"]) < 6 else 1,
        faults=faults,
    )


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _spelled(typed: str, code: str | None, known: Names, language: Language) -> str:
    """A town keeps its own name; a region gets its kind behind it, to tell it from a municipality of the same name."""
    place = known.place(typed)
    if place and code in known.municipalities:
        return place.name
    return known.label(code, language) if code else typed


async def find(catalog: Client, asks: Principal | None, search: Search, known: Names, language: Language) -> Found:
    """The courses of this search; for a place without any, those of the smallest region around it that has some."""
    around = _around(search.code, known)

    async def ask(code: str | None, **changed: object) -> dict[str, Any]:
        told: dict[str, Any] = await catalog.get_json("/courses", asks, **{**_asked(replace(search, code=code)), **changed})
        return told

    answer, *others = await asyncio.gather(ask(search.code), *(ask(code, page=1, pageSize=1) for code in around))
    totals = {code: other["total"] for code, other in zip(around, others, strict=True)}
    region = search.code
    if not answer["total"] and (nearest := next((code for code in around if totals[code]), None)):
        region, answer = nearest, await ask(nearest)
    if answer["total"] and not answer["items"]:  # beyond the last page
        answer = await ask(region, page=-(-answer["total"] // PAGE_SIZE))
    return Found(
        [catalogue.course(shape, language) for shape in answer["items"]],
        answer["total"],
        answer["page"],
        -(-answer["total"] // PAGE_SIZE),
        region if region != search.code else None,
        [Around(code, total) for code, total in totals.items() if total > answer["total"]],
        answer.get("someWords", False),
    )


def _around(code: str | None, known: Names) -> Sequence[str]:
    """The regions that a place lies in, from near to far. A region that borders cut through goes on in its main province."""
    if code is None or code == "NL":
        return ()
    if municipality := known.municipalities.get(code):
        return (municipality.labour_market_region, municipality.province, "NL")
    region = known.regions[code]
    return (*(region["provinces"][:1] if region["kind"] == "labourMarketRegion" else ()), "NL")


def _asked(search: Search) -> dict[str, Any]:
    ok = search.faults.keys().isdisjoint(("from", "to"))
    return {
        "q": search.q or None,
        "region": search.code,
        "theme": search.theme or None,
        "from": (search.from_ or None) if ok else None,
        "to": (search.to or None) if ok else None,
        "available": "true" if search.available else None,
        "page": max(search.page, 1),
        "pageSize": PAGE_SIZE,
    }
