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

from gateway.clients import CATALOG
from gateway.problems import TEXTS
from shared.errors import Rejected
from shared.translations import Language
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
    "labourMarketRegion": _("labour market region"),
    "landsdeel": _("part of the country"),
    "hub": _("hub"),
    "municipality": _("municipality"),
}


@dataclass(frozen=True)
class Municipality:
    code: str
    name: str
    also_known_as: tuple[str, ...]
    province: str
    labour_market_region: str
    landsdeel: str


@dataclass(frozen=True)
class Names:
    """Everything that has a code and a name."""

    municipalities: Mapping[str, Municipality]
    regions: Mapping[str, Json]
    themes: Mapping[str, Json]
    fieldlabs: Mapping[str, str]

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

    def theme(self, theme_id: str, language: Language) -> str:
        return named(self.themes[theme_id], language) if theme_id in self.themes else theme_id

    def provinces(self) -> Sequence[Json]:
        return [region for region in self.regions.values() if region["kind"] == "province"]

    def places(self, language: Language) -> Sequence[str]:
        """What may be typed where a place is asked: every municipality, province and labour market region."""
        return self._labels[language]

    def find(self, typed: str, language: Language) -> str | None:
        """The code that was typed, or that goes by this name. A municipality comes before a region of the same name."""
        if typed in self.municipalities or typed in self.regions:
            return typed
        return self._codes[language].get(plain(typed))

    def find_municipality(self, typed: str, language: Language) -> str | None:
        code = self.find(typed, language)
        return code if code in self.municipalities else None

    def near(self, typed: str) -> Sequence[str]:
        """Names of municipalities that what was typed may be the beginning or a part of."""
        sought = plain(typed)
        if len(sought) < 2:
            return []
        names = [(m.name, [plain(name) for name in (m.name, *m.also_known_as)]) for m in self.municipalities.values()]
        begins = [name for name, forms in names if any(form.startswith(sought) for form in forms)]
        holds = [name for name, forms in names if name not in begins and any(sought in form for form in forms)]
        return [*begins, *holds][:5]

    def label(self, code: str, language: Language) -> str:
        """A name that tells a region from a municipality of the same name."""
        if code in self.municipalities:
            return self.municipalities[code].name
        return f"{self.region(code, language)} ({TEXTS[language].gettext(self.kind(code))})"

    @cached_property
    def _labels(self) -> Mapping[Language, Sequence[str]]:
        asked = [*self.municipalities, *(code for code, region in self.regions.items() if region["kind"] in ASKED_BY)]
        return {language: [self.label(code, language) for code in asked] for language in ("nl", "en")}

    @cached_property
    def _codes(self) -> Mapping[Language, Mapping[str, str]]:
        return {language: self._codes_in(language) for language in ("nl", "en")}

    def _codes_in(self, language: Language) -> Mapping[str, str]:
        codes: dict[str, str] = {}
        for municipality in self.municipalities.values():
            for name in (municipality.name, *municipality.also_known_as):
                codes.setdefault(plain(name), municipality.code)
        for code, region in self.regions.items():
            for name in (region["nameNl"], region["nameEn"], self.label(code, language)):
                codes.setdefault(plain(name), code)
        return codes


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
