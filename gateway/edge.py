"""What every request passes before a handler sees it: who asks, from where, and what goes along with the answer."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

from aiohttp import web

from gateway import forms
from gateway.limits import Kind, Limits
from gateway.people.credentials import Credentials
from gateway.problems import page_or_json
from gateway.settings import GatewaySettings
from shared.errors import Rejected
from shared.logs import logger
from shared.web.principal import Principal
from shared.web.problems import Handler, rejection
from shared.web.server import MAX_BODY, route_of
from shared.web.slow_clients import BODY_SECONDS

CREDENTIALS = web.AppKey("credentials", Credentials)
SETTINGS = web.AppKey("settings", GatewaySettings)
PRINCIPAL = web.RequestKey("principal", Principal)
COOKIE_OF_SESSION = web.RequestKey("cookie of the session", str)
LATELY = web.RequestKey("signed in lately", bool)

SIGN_IN_PATHS = frozenset(("/aanmelden", "/en/sign-in", "/aanmelden/verstuurd", "/en/sign-in/sent"))
SIGN_IN_ELSEWHERE = ("/aanmelden/organisatie/", "/en/sign-in/organisation/")
API_VERSION = "1.0.0"
COOKIE = "skillslab"
LIMITS = web.AppKey("limits", Limits)
UNLIMITED = ("/assets/", "/health/")
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
TOLD = (401, 403, 421, 429)
"""Statuses by which somebody is not let in, or not let do something."""

SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


def cookie_name(settings: GatewaySettings, name: str = COOKIE) -> str:
    """`__Host-` binds the cookie to this very host; browsers accept that only over HTTPS."""
    return f"__Host-{name}" if settings.address.startswith("https://") else name


def is_api(request: web.Request) -> bool:
    return request.path.startswith("/v1/") or request.path == "/v1"


def who_asks(request: web.Request) -> Principal | None:
    """The principal of this request, or None for an anonymous one."""
    return request.get(PRINCIPAL)


def cookie_of_session(request: web.Request) -> str:
    """The cookie by which this browser is signed in; empty for who is not, and for programs with a token."""
    return request.get(COOKIE_OF_SESSION) or ""


def signed_in(request: web.Request) -> Principal:
    """Whoever asks. Raises Rejected (401) for an anonymous request."""
    principal = who_asks(request)
    if principal is None:
        raise Rejected("not-signed-in", 401)
    return principal


def signed_in_lately(request: web.Request) -> bool:
    """Whether who asks on a browser signed in there within the last half hour. True for who is not signed in on one."""
    return bool(request.get(LATELY, True))


def note_refusal(request: web.Request, slug: str, status: int) -> None:
    """A line in the log that somebody was not let in, or not let do something: who, if that is known; never what they sent.

    Who came with nothing to let them in, and is led to where they sign in, tried nothing.
    """
    asks = who_asks(request)
    if asks is not None or slug != "not-signed-in":
        person = str(asks.person_id) if asks else None
        logger.info("refused", reason=slug, status=status, method=request.method, route=route_of(request), person=person)


@web.middleware
async def answered(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Problems for programs, pages for people, and the headers that go along with every answer."""
    try:
        response = await handler(request)
    except web.HTTPRedirection as redirect:
        response = redirect
    except Exception as error:
        no = rejection(error)
        if no.status in TOLD or (no.slug == "not-found" and who_asks(request)):
            note_refusal(request, no.slug, no.status)
        response = await page_or_json(request, no, as_json=is_api(request))
    if response.prepared:
        return response
    if response.status in (408, 413, 415):
        response.force_close()  # the rest of the body is nobody's next request
    put_along(response, request.app[SETTINGS], as_api=is_api(request))
    return response


def put_along(response: web.StreamResponse, settings: GatewaySettings, *, as_api: bool) -> None:
    """The headers that go along with every answer."""
    for name, value in SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)
    if settings.address.startswith("https://"):
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    if as_api:
        response.headers["API-Version"] = API_VERSION
        response.headers.setdefault("Cache-Control", "no-store")


@web.middleware
async def at_home(request: web.Request, handler: Handler) -> web.StreamResponse:
    """A demo lets anybody in as anybody, so it answers only under its own address: a page elsewhere whose name was made to lead
    here would otherwise speak to it as if it were a page of ours (DNS rebinding).
    """
    settings = request.app[SETTINGS]
    if settings.demo and request.host not in settings.own_hosts and not request.path.startswith("/health/"):
        raise Rejected("wrong-host", 421)
    return await handler(request)


@web.middleware
async def authenticated(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Find out who asks: by a bearer token, or by the cookie of a browser that signed in."""
    authorization = request.headers.get("Authorization")
    if authorization is not None and is_api(request):  # a token is for programs; pages are for who signed in on a browser
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Rejected("token-not-valid", 401)
        holder = await request.app[CREDENTIALS].holder_of_token(token.strip())
        if holder is None:
            await _count(request, request.app[LIMITS].writes_from_an_address)
            raise Rejected("token-not-valid", 401)
        if not holder.can_write and request.method not in SAFE_METHODS:
            raise Rejected("token-only-reads", 403)
        request[PRINCIPAL] = holder.principal
    elif cookie := request.cookies.get(cookie_name(request.app[SETTINGS])):
        holder = await request.app[CREDENTIALS].holder_of_session(cookie)
        if holder is not None:
            request[PRINCIPAL], request[COOKIE_OF_SESSION], request[LATELY] = holder.principal, cookie, holder.lately
    return await handler(request)


@web.middleware
async def limited(request: web.Request, handler: Handler) -> web.StreamResponse:
    """An end to how much one person asks, or one address as nobody in particular. Assets are cheap and kept by browsers."""
    if not request.path.startswith(UNLIMITED):
        limits, writes = request.app[LIMITS], request.method not in SAFE_METHODS
        if who_asks(request) is not None:
            await _count(request, limits.writes_of_a_person if writes else limits.reads_of_a_person)
        else:
            await _count(request, limits.writes_from_an_address if writes else limits.reads_from_an_address)
        if writes and (request.path in SIGN_IN_PATHS or request.path.startswith(SIGN_IN_ELSEWHERE)):
            await _count(request, limits.sign_ins_from_an_address)
    return await handler(request)


async def _count(request: web.Request, kind: Kind) -> None:
    principal = who_asks(request) if kind.name.startswith("person") else None
    await request.app[LIMITS].count(kind, str(principal.person_id) if principal else client_address(request))


def client_address(request: web.Request) -> str:
    """The network address that a request comes from: of the peer, or what the outermost of our own proxies wrote down.

    Whatever else stands in X-Forwarded-For was written by who knows whom, and changes nothing.
    """
    proxies = request.app[SETTINGS].proxies
    written = [entry.strip() for header in request.headers.getall("X-Forwarded-For", []) for entry in header.split(",")]
    if proxies and len(written) >= proxies:
        return written[-proxies]
    return request.remote or ""


@web.middleware
async def received(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Have the whole body before anything is done, within the time and the size that a body gets.

    One that is packed is refused unread: what it unpacks to is not known beforehand.
    """
    if not request.can_read_body:
        return await handler(request)
    try:
        if request.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise Rejected("encoded-body", 415)
        if (request.content_length or 0) > MAX_BODY:
            raise Rejected("body-too-large", 413)
        async with asyncio.timeout(BODY_SECONDS):
            await request.read()
    except TimeoutError as late:
        raise Rejected("too-slow", 408) from late
    return await handler(request)


@web.middleware
async def same_origin(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse changes that another site has a browser ask for (CSRF): by where the browser says the request comes from, and for
    the forms of who is signed in by a token of ours as well. Programs with a token send no cookie, and may.
    """
    if request.method in SAFE_METHODS or ("Authorization" in request.headers and is_api(request)):
        return await handler(request)
    if not _is_from_here(request):
        raise Rejected("cross-site", 403)
    cookie = cookie_of_session(request)
    if cookie and not is_api(request) and not forms.is_ours(await forms.form(request), cookie):
        raise Rejected("form-too-old", 403)
    return await handler(request)


def _is_from_here(request: web.Request) -> bool:
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    origin = request.headers.get("Origin")
    if origin is not None:
        scheme = urlsplit(request.app[SETTINGS].address).scheme
        return origin == f"{scheme}://{request.host}"
    return not request.cookies  # no browser, and nothing to misuse
