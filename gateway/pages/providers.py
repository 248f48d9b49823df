"""Signing in with the account that somebody has at their organisation (OpenID Connect), connecting one and disconnecting it.

Whoever presses a button is sent to the provider; what the provider answers comes back with them, in the address.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING
from uuid import UUID

from aiohttp import web

from gateway import acts, edge
from gateway.api.passing import id_in_path
from gateway.edge import SETTINGS, signed_in
from gateway.forms import form
from gateway.pages.addresses import path
from gateway.pages.again import lately
from gateway.pages.page import go, show
from gateway.pages.refusals import REFUSALS
from gateway.pages.roles import browser_of
from gateway.pages.sign_in import safe_next, welcome
from gateway.people import credentials, identities
from gateway.people.identities import MINUTES, Secrets, Visit
from gateway.problems import language_of
from shared.database.pool import transaction
from shared.errors import Rejected, not_found
from shared.web.server import POOL

if TYPE_CHECKING:  # loaded only where a provider is configured
    from gateway.oidc.provider import Arrival, Provider

PROVIDERS: web.AppKey[Mapping[str, Provider]] = web.AppKey("providers")
LEFT = "skillslab-left"
"""The cookie of the browser that went to a provider: only there the answer counts."""


async def get_sign_in(request: web.Request) -> web.Response:
    """For who reloads the page that sent them on."""
    return go(request, "sign-in")


async def get_connect(request: web.Request) -> web.Response:
    return go(request, "my-data")


async def post_sign_in(request: web.Request) -> web.Response:
    given = await form(request)
    return await _send(request, None, safe_next(given.get("next", "")))


@lately("my-data")
async def post_connect(request: web.Request) -> web.Response:
    asks, _cookie = signed_in(request), browser_of(request)
    return await _send(request, asks.person_id, "")


@lately("my-data")
@acts.act("account-disconnected")
async def post_disconnect(request: web.Request) -> web.Response:
    """The account signs nobody in here any more; a link in a mail still does."""
    asks, _cookie = signed_in(request), browser_of(request)
    async with transaction(request.app[POOL]) as conn:
        await identities.remove(conn, asks.person_id, id_in_path(request, "identity"))
    return go(request, "my-data", done="saved")


async def get_back(request: web.Request) -> web.Response:
    """Somebody comes back from a provider. A GET that changes something: what no other site can have made up is the state,
    which counts once and in one browser.
    """
    provider = _provider(request)
    answer = dict(request.query)
    if len(answer) < len(request.query):
        answer = {}  # nothing may be said twice (RFC 6749, 3.1)
    async with transaction(request.app[POOL]) as conn:
        visit = await identities.come_back(conn, provider.id, _browser(request), answer.get("state", ""))
    if visit is None:
        edge.note_refusal(request, "visit-over", 400)
        return go(request, "sign-in", refused="visit-over")
    try:
        arrival = await provider.arrival(answer, visit, _back(request, provider))
        if visit.person_id is not None:
            return await _connect(request, arrival, visit.person_id)
        return await _sign_in(request, provider, arrival, visit)
    except Rejected as no:
        if no.slug not in REFUSALS:
            raise
        return _refused(request, no, visit)


async def _send(request: web.Request, person_id: UUID | None, next_page: str) -> web.Response:
    """Send a browser to the provider, and remember that it went.

    Not by a redirect: browsers hold those of a form to our own address (form-action in the policy), and where a provider sends
    people on to is not known beforehand. So it is a page that goes on by itself, with a link for who stays on it.
    """
    provider, secrets = _provider(request), Secrets()
    browser = _browser(request) or credentials.new_secret()
    try:
        address = await provider.way_there(secrets, _back(request, provider))
    except Rejected as no:
        return go(request, "my-data" if person_id else "sign-in", refused=no.slug, next=next_page)
    async with transaction(request.app[POOL]) as conn:
        await identities.leave(conn, provider.id, browser, secrets, person_id, next_page)
    response = await show(request, "sign-in/leaving.html", name=provider.name, address=address)
    response.headers["Refresh"] = f"0; url={address}"
    response.headers["Cache-Control"] = "no-store"
    response.set_cookie(
        _cookie_name(request), browser, path="/", httponly=True, samesite="Lax",
        secure=request.app[SETTINGS].address.startswith("https://"), max_age=MINUTES * 60,
    )  # fmt: skip
    return response


async def _sign_in(request: web.Request, provider: Provider, arrival: Arrival, visit: Visit) -> web.Response:
    """Sign in whose account it is, or somebody new.

    Raises Rejected for somebody new: 403 without an address that was checked, 409 if somebody has that address already.
    """
    async with transaction(request.app[POOL]) as conn:
        person_id = await identities.holder(conn, arrival.account)
    if person_id is None:
        person_id = await _meet(request, await provider.verified_address(arrival), arrival)
    response = await welcome(request, person_id, visit.next_page)
    await acts.did(request, "signed-in")
    return response


async def _meet(request: web.Request, email: str | None, arrival: Arrival) -> UUID:
    if email is None:
        raise Rejected("address-not-verified", 403)
    async with transaction(request.app[POOL]) as conn:
        person_id = await identities.holder(conn, arrival.account) or await identities.meet(
            conn, arrival.account, email, language_of(request)
        )
    if person_id is None:
        raise Rejected("address-known", 409)
    return person_id


async def _connect(request: web.Request, arrival: Arrival, person_id: UUID) -> web.Response:
    """Raises Rejected: 403 when somebody else is signed in by now, or nobody; 409 for an account of somebody else."""
    asks = edge.who_asks(request)
    if asks is None or asks.person_id != person_id:
        raise Rejected("form-too-old", 403)
    async with transaction(request.app[POOL]) as conn:
        is_theirs = await identities.add(conn, arrival.account, person_id)
    if not is_theirs:
        raise Rejected("account-taken", 409)
    await acts.did(request, "account-connected")
    return go(request, "my-data", done="saved")


def _refused(request: web.Request, no: Rejected, visit: Visit) -> web.Response:
    """Back to where there is another way: by a link in a mail, after which an account can be connected."""
    edge.note_refusal(request, no.slug, no.status)
    if visit.purpose == "connect":
        return go(request, "my-data", refused=no.slug)
    to_connect = no.slug in ("address-known", "address-not-verified")
    next_page = path("my-data", language_of(request)) if to_connect else visit.next_page
    return go(request, "sign-in", refused=no.slug, next=next_page)


def _provider(request: web.Request) -> Provider:
    """The provider that the address names. Raises Rejected (404) for one that is not there."""
    provider = request.app[PROVIDERS].get(request.match_info["provider"])
    if provider is None:
        raise not_found()
    return provider


def _back(request: web.Request, provider: Provider) -> str:
    """Where the provider sends people back to. It has to know this address beforehand, in each language."""
    return request.app[SETTINGS].address + path("provider-back", language_of(request), {"provider": provider.id})


def _browser(request: web.Request) -> str:
    return request.cookies.get(_cookie_name(request), "")


def _cookie_name(request: web.Request) -> str:
    return edge.cookie_name(request.app[SETTINGS], LEFT)
