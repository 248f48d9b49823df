"""Every page once, with its address in Dutch and in English. Links and the language switch follow from this table."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from urllib.parse import quote, urlencode

from shared.translations import Language

ADDRESSES: Mapping[str, tuple[str, str]] = {
    "home": ("/", "/en"),
    "fieldlabs": ("/fieldlabs", "/en/fieldlabs"),
    "fieldlab": ("/fieldlabs/{fieldlab}", "/en/fieldlabs/{fieldlab}"),
    "course": ("/cursussen/{course}", "/en/courses/{course}"),
    "enroll": ("/inschrijven/{session}", "/en/enroll/{session}"),
    "enrollments": ("/mijn-inschrijvingen", "/en/my-enrollments"),
    "enrollment": ("/mijn-inschrijvingen/{enrollment}", "/en/my-enrollments/{enrollment}"),
    "calendar": ("/mijn-inschrijvingen/{enrollment}/agenda.ics", "/en/my-enrollments/{enrollment}/calendar.ics"),
    "withdraw": ("/mijn-inschrijvingen/{enrollment}/uitschrijven", "/en/my-enrollments/{enrollment}/withdraw"),
    "accept": ("/mijn-inschrijvingen/{enrollment}/aannemen", "/en/my-enrollments/{enrollment}/accept"),
    "refuse": ("/mijn-inschrijvingen/{enrollment}/laten-gaan", "/en/my-enrollments/{enrollment}/let-go"),
    "change-date": ("/mijn-inschrijvingen/{enrollment}/andere-datum", "/en/my-enrollments/{enrollment}/other-date"),
    "hand-over": ("/mijn-inschrijvingen/{enrollment}/overdragen", "/en/my-enrollments/{enrollment}/hand-over"),
    "take-over": ("/overdrachten/{transfer}", "/en/hand-overs/{transfer}"),
    "decline-transfer": ("/overdrachten/{transfer}/afslaan", "/en/hand-overs/{transfer}/decline"),
    "withdraw-transfer": ("/overdrachten/{transfer}/intrekken", "/en/hand-overs/{transfer}/withdraw"),
    "ticket": ("/in-de-rij/{ticket}", "/en/in-line/{ticket}"),
    "leave-line": ("/in-de-rij/{ticket}/niet-meer-meedoen", "/en/in-line/{ticket}/leave"),
    "draw": ("/loting/{session}", "/en/draw/{session}"),
    "sign-in": ("/aanmelden", "/en/sign-in"),
    "sign-in-sent": ("/aanmelden/verstuurd", "/en/sign-in/sent"),
    "sign-in-sample": ("/aanmelden/voorbeeld", "/en/sign-in/sample"),
    "sign-in-link": (r"/aanmelden/{token:[0-9a-f]{32}\.[^/]+}", r"/en/sign-in/{token:[0-9a-f]{32}\.[^/]+}"),
    "provider-sign-in": ("/aanmelden/organisatie/{provider}", "/en/sign-in/organisation/{provider}"),
    "provider-back": ("/aanmelden/organisatie/{provider}/terug", "/en/sign-in/organisation/{provider}/back"),
    "sign-out": ("/uitloggen", "/en/sign-out"),
    "roles": ("/rollen", "/en/roles"),
    "act-as": ("/rollen/kies", "/en/roles/choose"),
    "give-up": ("/rollen/opgeven", "/en/roles/give-up"),
    "accept-invitation": ("/rollen/uitnodigingen/{invitation}/aannemen", "/en/roles/invitations/{invitation}/accept"),
    "decline-invitation": ("/rollen/uitnodigingen/{invitation}/afslaan", "/en/roles/invitations/{invitation}/decline"),
    "colleagues": ("/collegas", "/en/colleagues"),
    "invite": ("/collegas/uitnodigen", "/en/colleagues/invite"),
    "withdraw-invitation": ("/uitnodigingen/{invitation}/intrekken", "/en/invitations/{invitation}/withdraw"),
    "withdraw-role": ("/collegas/rol-intrekken", "/en/colleagues/withdraw-role"),
    "operator": ("/beheer", "/en/operator"),
    "audit": ("/beheer/logboek", "/en/operator/audit"),
    "retention": ("/organisator/{fieldlab}/bewaren", "/en/organiser/{fieldlab}/keeping"),
    "privacy": ("/privacy", "/en/privacy"),
    "tokens": ("/mijn-tokens", "/en/my-tokens"),
    "revoke-token": ("/mijn-tokens/{token}/intrekken", "/en/my-tokens/{token}/revoke"),
    "my-data": ("/mijn-gegevens", "/en/my-data"),
    "my-data-whole": ("/mijn-gegevens/alles", "/en/my-data/everything"),
    "who-looked": ("/mijn-gegevens/inzage", "/en/my-data/who-looked"),
    "erase": ("/mijn-gegevens/wissen", "/en/my-data/erase"),
    "erasure": ("/wissen/{erasure}", "/en/erasures/{erasure}"),
    "sign-out-elsewhere": ("/mijn-gegevens/overal-uitloggen", "/en/my-data/sign-out-everywhere"),
    "sign-out-there": ("/mijn-gegevens/apparaten/{browser}/uitloggen", "/en/my-data/devices/{browser}/sign-out"),
    "connect": ("/mijn-gegevens/organisaties/{provider}/verbinden", "/en/my-data/organisations/{provider}/connect"),
    "disconnect": ("/mijn-gegevens/organisaties/{identity}/loskoppelen", "/en/my-data/organisations/{identity}/disconnect"),
    "uptake": ("/deelname", "/en/uptake"),
    "uptake-figures": ("/deelname/cijfers", "/en/uptake/figures"),
    "uptake-file": ("/deelname/cijfers.{kind:csv|xlsx}", "/en/uptake/figures.{kind:csv|xlsx}"),
    "organiser": ("/organisator", "/en/organiser"),
    "new-course": ("/organisator/cursus", "/en/organiser/course"),
    "new-session": ("/organisator/cursussen/{course}/sessie", "/en/organiser/courses/{course}/session"),
    "own-session": ("/organisator/sessies/{session}", "/en/organiser/sessions/{session}"),
    "move-session": ("/organisator/sessies/{session}/wanneer-en-waar", "/en/organiser/sessions/{session}/when-and-where"),
    "call-off": ("/organisator/sessies/{session}/afgelasten", "/en/organiser/sessions/{session}/call-off"),
    "requests": ("/organisator/sessies/{session}/aanvragen", "/en/organiser/sessions/{session}/requests"),
    "approve": ("/organisator/aanvragen/{enrollment}/goedkeuren", "/en/organiser/requests/{enrollment}/approve"),
    "decline": ("/organisator/aanvragen/{enrollment}/afwijzen", "/en/organiser/requests/{enrollment}/decline"),
    "roster": ("/organisator/sessies/{session}/deelnemers", "/en/organiser/sessions/{session}/roster"),
    "go-on": ("/organisator/sessies/{session}/gaat-door", "/en/organiser/sessions/{session}/goes-on"),
    "api": ("/api", "/en/api"),
    "about": ("/over", "/en/about"),
    "problem": ("/problems/{slug}", "/en/problems/{slug}"),
    "style": ("/stijl", "/en/style"),
    "mailbox": ("/mailbox", "/en/mailbox"),
    "mail": ("/mailbox/{mail}", "/en/mailbox/{mail}"),
    "mail-html": ("/mailbox/{mail}/html", "/en/mailbox/{mail}/html"),
    "mail-attachment": ("/mailbox/{mail}/{number:[0-9]+}", "/en/mailbox/{mail}/{number:[0-9]+}"),
}

_PART = r"{(\w+)(?::((?:[^{}]|{\d+})+))?}"


def route(name: str, language: Language) -> str:
    """The address with its variable parts in braces, as the router takes it."""
    return ADDRESSES[name][0 if language == "nl" else 1]


def path(name: str, language: Language, parts: Mapping[str, object] | None = None, **query: object) -> str:
    """The address of a page. Whatever is empty in the query is left out. Raises KeyError for a missing part."""
    known = {key: quote(str(value), safe=".") for key, value in (parts or {}).items()}
    text = re.sub(_PART, lambda found: known[found[1]], route(name, language))
    asked = urlencode({key.rstrip("_"): value for key, value in query.items() if value not in (None, "", False)})
    return f"{text}?{asked}" if asked else text


def elsewhere(path_and_query: str, language: Language) -> str:
    """The same page in this language; the home page for an address that is not in the table."""
    given, question, query = path_and_query.partition("?")
    for name, pair in ADDRESSES.items():
        for pattern in map(_pattern, pair):
            if found := pattern.fullmatch(given):
                text = re.sub(_PART, lambda part: found[part[1]], route(name, language))
                return text + question + query
    return route("home", language)


@cache
def _pattern(address: str) -> re.Pattern[str]:
    fixed = re.split(_PART, address)
    text = "".join(
        re.escape(piece) + (f"(?P<{name}>{rule or '[^/]+'})" if name else "")
        for piece, name, rule in zip(fixed[::3], [*fixed[1::3], None], [*fixed[2::3], None], strict=True)
    )
    return re.compile(text)
