"""The names of regions, themes and fieldlabs, as the catalogue gives them; kept for some minutes."""

from __future__ import annotations

import asyncio
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from time import monotonic
from typing import Any

from aiohttp import web
from rapidfuzz import fuzz, process

from gateway.clients import CATALOG
from gateway.problems import TEXTS
from shared.errors import Rejected
from shared.translations import LANGUAGES, Language
from shared.web.client import Client
from shared.web.principal import Principal

KEPT_SECONDS = 300.0
TRIED_SECONDS = 10.0
PAGE = 100

Json = Mapping[str, Any]


def _(text: str) -> str:
    """Marks a text for translation."""
    return text


KINDS = {
    "province": _("province"),
    "labourMarketRegion": _("region"),
    "landsdeel": _("part of the country"),
    "hub": _("hub"),
    "municipality": _("municipality"),
}
"""In the words of people who look for a course, not of those who draw the borders."""

IN_WORDS = {
    "province": _("the province %(name)s"),
    "labourMarketRegion": _("the region %(name)s"),
    "landsdeel": _("the part of the country %(name)s"),
    "hub": _("the hub %(name)s"),
}

ALSO_CALLED: Mapping[str, Sequence[str]] = {
    "NL": ("Nederland", "Netherlands", "The Netherlands"),
    "PV21": ("Friesland", "Frisia"),
    "PV27": ("North Holland",),
    "PV28": ("South Holland",),
    "PV30": ("Brabant", "North Brabant"),
}
"""What people call the country, and else call a province. For municipalities the catalogue knows it."""

MOST_NEAR = 5
RESEMBLES = 75.0
"""From how alike on, out of a hundred, another name may have been meant."""


@dataclass(frozen=True)
class Municipality:
    code: str
    name: str
    also_known_as: tuple[str, ...]
    province: str
    labour_market_region: str
    landsdeel: str


@dataclass(frozen=True)
class Place:
    """A name that people use, and the code of what they mean by it: of a town, that of its municipality."""

    name: str
    code: str


@dataclass(frozen=True)
class Names:
    """Everything that has a code and a name."""

    municipalities: Mapping[str, Municipality]
    regions: Mapping[str, Json]
    themes: Mapping[str, Json]
    fieldlabs: Mapping[str, str]
    towns: Sequence[Place] = ()
    """Where the fieldlabs are."""

    def region(self, code: str, language: Language) -> str:
        """The name of a region or municipality; the code itself where nobody knows it."""
        if code in self.municipalities:
            return self.municipalities[code].name
        if code == "NL":
            return TEXTS[language].gettext(_("the Netherlands"))
        return named(self.regions[code], language) if code in self.regions else code

    def kind(self, code: str) -> str:
        """What sort of region a code is, as a text to be translated."""
        return KINDS["municipality" if code in self.municipalities else self.regions[code]["kind"]]

    def in_words(self, code: str, language: Language, *, capital: bool = False) -> str:
        """A place as it stands in a sentence, such as "the province Zuid-Holland"; or, with a capital, by itself."""
        if code in self.municipalities:
            return self.municipalities[code].name
        say = TEXTS[language].gettext
        text = say(_("the whole country")) if code == "NL" else say(IN_WORDS[self.regions[code]["kind"]])
        text %= {"name": self.region(code, language).removeprefix("Regio ")}
        return text[0].upper() + text[1:] if capital else text

    def theme(self, theme_id: str, language: Language) -> str:
        return named(self.themes[theme_id], language) if theme_id in self.themes else theme_id

    def provinces(self) -> Sequence[Json]:
        return [region for region in self.regions.values() if region["kind"] == "province"]

    def places(self, language: Language) -> Sequence[str]:
        """What may be typed where a place is asked: every municipality, province and labour market region."""
        return self._labels[language]

    def find(self, typed: str) -> str | None:
        """The code that was typed, or that goes by this name. A municipality comes before a region of the same name."""
        if typed in self.municipalities or typed in self.regions or typed == "NL":
            return typed
        place = self.place(typed)
        return place.code if place else None

    def find_municipality(self, typed: str) -> str | None:
        code = self.find(typed)
        return code if code in self.municipalities else None

    def place(self, typed: str) -> Place | None:
        """What goes by this name, as it is spelled."""
        return self._called.get(plain(typed)) or self._labelled.get(plain(typed))

    def near(self, typed: str, *, municipalities_only: bool = False) -> Sequence[str]:
        """Names that may be meant: those that begin with what was typed, then those like it, then those that hold it."""
        sought = plain(typed)
        if len(sought) < 2:
            return []
        names = [name for name, place in self._called.items() if not municipalities_only or place.code in self.municipalities]
        begins = [name for name in names if name.startswith(sought)]
        alike = process.extract(sought, names, scorer=fuzz.ratio, score_cutoff=RESEMBLES, limit=MOST_NEAR)
        holds = [name for name in names if sought in name]
        found = dict.fromkeys(self._called[name].name for name in [*begins, *(name for name, _, _ in alike), *holds])
        return list(found)[:MOST_NEAR]

    def label(self, code: str, language: Language) -> str:
        """A name that tells a region from a municipality of the same name."""
        if code in self.municipalities or code == "NL":
            return self.region(code, language)
        return f"{self.region(code, language)} ({TEXTS[language].gettext(self.kind(code))})"

    @cached_property
    def _labels(self) -> Mapping[Language, Sequence[str]]:
        asked = [*self.municipalities, *(code for code, region in self.regions.items() if region["kind"] in ASKED_BY)]
        return {language: [self.label(code, language) for code in asked] for language in LANGUAGES}

    @cached_property
    def _called(self) -> Mapping[str, Place]:
        """Every place by its name in plain letters; who comes first keeps the name."""
        municipalities = self.municipalities.values()
        named_by_us = [
            *(Place(m.name, m.code) for m in municipalities),
            *(Place(name, m.code) for m in municipalities for name in m.also_known_as),
            *self.towns,
            *(Place(name, code) for code, names in ALSO_CALLED.items() for name in names),
            *(Place(region[name], code) for code, region in self.regions.items() for name in ("nameNl", "nameEn")),
        ]
        return {plain(place.name): place for place in reversed(named_by_us)}

    @cached_property
    def _labelled(self) -> Mapping[str, Place]:
        """Every region by its name with its kind behind it, in both languages: an address may come from a page in the other."""
        labels = [Place(self.label(code, language), code) for code in self.regions for language in LANGUAGES]
        return {plain(place.name): place for place in labels}


ASKED_BY = ("province", "labourMarketRegion")
NAMES_KEPT: web.AppKey[NamesKept] = web.AppKey("names")


@dataclass
class NamesKept:
    """The last answer, until when it is good enough, and who is asking for the next one on behalf of all."""

    names: Names | None = None
    good_until: float = 0.0
    asking: asyncio.Task[Names] | None = None


async def names(request: web.Request) -> Names:
    """The names as they are. Where the catalogue is away, those of before will do. Raises Rejected if there were none."""
    kept = request.app[NAMES_KEPT]
    if kept.names is not None and monotonic() < kept.good_until:
        return kept.names
    if kept.asking is None or kept.asking.done():
        kept.asking = asyncio.create_task(_ask(request.app[CATALOG]))
    try:
        kept.names = await asyncio.shield(kept.asking)
        kept.good_until = monotonic() + KEPT_SECONDS
    except Rejected:
        if kept.names is None:
            raise
        kept.good_until = monotonic() + TRIED_SECONDS
    return kept.names


async def _ask(catalog: Client) -> Names:
    municipalities, regions, themes, fieldlabs = await asyncio.gather(
        *(whole_list(catalog, path) for path in ("/municipalities", "/regions", "/themes", "/fieldlabs"))
    )
    return Names(
        {shape["code"]: _municipality(shape) for shape in municipalities},
        {shape["code"]: shape for shape in regions},
        {shape["id"]: shape for shape in themes},
        {shape["id"]: shape["name"] for shape in fieldlabs},
        [Place(shape["place"], shape["municipality"]) for shape in fieldlabs],
    )


async def whole_list(client: Client, path: str, asks: Principal | None = None, **query: object) -> Sequence[Json]:
    """All items of a list, page after page."""
    items: list[Json] = []
    page = 1
    while True:
        answer = await client.get_json(path, asks, page=page, pageSize=PAGE, **query)
        items += answer["items"]
        if page * PAGE >= answer["total"]:
            return items
        page += 1


def named(shape: Json, language: Language) -> str:
    """The name of a region or theme in this language."""
    name: str = shape["nameNl" if language == "nl" else "nameEn"] or shape["nameNl"]
    return name


def plain(text: str) -> str:
    """Small letters without accents, and a space for whatever is neither letter nor digit."""
    letters = "".join(c for c in unicodedata.normalize("NFKD", text.lower()) if not unicodedata.combining(c))
    return " ".join("".join(c if c.isalnum() else " " for c in letters).split())


def _municipality(shape: Json) -> Municipality:
    return Municipality(
        shape["code"], shape["name"], tuple(shape["alsoKnownAs"]), shape["province"], shape["labourMarketRegion"],
        shape["landsdeel"],
    )  # fmt: skip
