"""Making a page: templates in two languages, who looks at it, and what a form or an address brought along."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from gateway import edge, forms, words
from gateway.assets import Assets
from gateway.pages import addresses, formats
from gateway.people import people
from gateway.problems import PROBLEMS, TEXTS, language_of
from gateway.settings import GatewaySettings
from shared.errors import Rejected
from shared.translations import LANGUAGES, Language
from shared.web.principal import Principal, Role
from shared.web.reading import reading
from shared.web.server import POOL

TEMPLATES = Path(__file__).parents[1] / "templates"
PAGES: web.AppKey[Mapping[Language, Environment]] = web.AppKey("pages")
SQUEEZE_FROM = 1024
"""Bytes; below that, squeezing saves nothing."""


@dataclass(frozen=True)
class Visitor:
    """Who looks at a page, for the header."""

    principal: Principal | None
    name: str = ""

    @property
    def is_signed_in(self) -> bool:
        return self.principal is not None

    def has(self, role: Any) -> bool:
        return self.principal is not None and self.principal.has(role)

    @property
    def role(self) -> str:
        """What they are here at this moment."""
        return self.principal.roles[-1].name if self.principal else ""


def environments(assets: Assets, settings: GatewaySettings) -> Mapping[Language, Environment]:
    return {language: _environment(language, assets, settings) for language in LANGUAGES}


def _environment(language: Language, assets: Assets, settings: GatewaySettings) -> Environment:
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    made.install_gettext_translations(TEXTS[language], newstyle=True)  # type: ignore[attr-defined]

    def url(name: str, parts: Mapping[str, object] | None = None, /, **query: object) -> str:
        return addresses.path(name, language, parts, **query)

    made.globals |= {
        "language": language,
        "other_language": "en" if language == "nl" else "nl",
        "url": url,
        "asset": assets.url,
        "icon": assets.icon,
        "map": assets.netherlands,
        "words": words,
        "has_mailbox": settings.has_mailbox,
        "is_demo": settings.demo,
    }
    made.filters |= {
        name: _spoken(getattr(formats, name), language) for name in ("day", "short_day", "clock", "second", "number")
    }
    say = TEXTS[language].gettext
    made.filters["role_pair"] = lambda role: (role, say(words.ROLES[role]))
    made.filters["translated_items"] = lambda choices: [(value, say(text)) for value, text in choices.items()]
    made.filters["part"] = lambda moment, pattern: formats.part(moment, pattern, language)
    made.globals["period"] = lambda starts_at, ends_at: formats.period(starts_at, ends_at, language)
    made.globals["hours_over_days"] = lambda starts_at, ends_at: formats.hours_over_days(starts_at, ends_at, language)
    return made


def _spoken(format_: Any, language: Language) -> Any:
    return lambda value: format_(value, language)


async def show(request: web.Request, template: str, *, status: int = 200, **model: object) -> web.Response:
    """A whole page."""
    return _response(request, template, await visitor(request), status, model)


def show_without_name(request: web.Request, template: str, *, status: int, **model: object) -> web.Response:
    """A whole page that asks nothing of the database: it may be about the very trouble there."""
    return _response(request, template, Visitor(edge.who_asks(request)), status, model)


def fragment(request: web.Request, template: str, **model: object) -> web.Response:
    """A part of a page, for a page that is open."""
    return _response(request, template, Visitor(edge.who_asks(request)), 200, model)


async def visitor(request: web.Request) -> Visitor:
    principal = edge.who_asks(request)
    if principal is None:
        return Visitor(None)
    async with reading(request.app[POOL], principal) as conn:
        person = await people.person(conn, principal.person_id)
    return Visitor(principal, (person.name or person.email) if person else "")


def _response(request: web.Request, template: str, who: Visitor, status: int, model: Mapping[str, object]) -> web.Response:
    language = language_of(request)
    asked = request.path_qs if request.method in edge.SAFE_METHODS else request.path
    text = (
        request.app[PAGES][language]
        .get_template(template)
        .render(
            visitor=who,
            here=asked,
            done=words.DONE.get(request.query.get("done", "")),
            form_token=forms.token_for(cookie) if (cookie := edge.cookie_of_session(request)) else "",
            switch_url=addresses.elsewhere(
                request.path_qs if request.method in edge.SAFE_METHODS else request.path, other(language)
            ),
            **model,
        )
    )
    response = web.Response(text=text, status=status, content_type="text/html")
    response.headers["Cache-Control"] = "no-store" if who.is_signed_in else "no-cache"
    response.headers["Content-Language"] = language
    response.headers["Vary"] = "Cookie, HX-Request, Accept-Encoding"
    if len(text) > SQUEEZE_FROM:
        response.enable_compression()
    return response


def other(language: Language) -> Language:
    return "en" if language == "nl" else "nl"


def go(request: web.Request, name: str, parts: Mapping[str, object] | None = None, **query: object) -> web.Response:
    """On to a page, in the same language."""
    return redirect(addresses.path(name, language_of(request), parts, **query))


def redirect(location: str) -> web.Response:
    return web.Response(status=303, headers={"Location": location, "Cache-Control": "no-store"})


def is_partial(request: web.Request) -> bool:
    """Whether an open page asks for a part of itself."""
    return request.headers.get("HX-Request") == "true"


def in_words(no: Rejected) -> tuple[str, str]:
    """What was refused and what to do about it, to be translated."""
    return PROBLEMS.get(no.slug, PROBLEMS["unexpected"])


def as_worker(principal: Principal) -> Principal:
    """The same person in no other role, to be asked for what is their own."""
    return Principal(principal.person_id, (Role("worker"),))
