"""Signing in by a link in a mail, or in demo mode with one click; and signing out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from uuid import UUID

from aiohttp import web
from email_validator import EmailNotValidError, validate_email

from gateway import demo, edge, internal
from gateway.edge import CREDENTIALS, SETTINGS
from gateway.pages import addresses
from gateway.pages.page import RELAY, form, go, in_words, redirect, show
from gateway.people import credentials
from gateway.people.credentials import SESSION_DAYS
from gateway.problems import language_of
from shared.database.pool import Connection, connection, transaction
from shared.errors import Rejected, not_found
from shared.translations import Language
from shared.web.principal import Principal
from shared.web.server import POOL

LONGEST_ADDRESS = 254
LONGEST_NEXT = 500


def _(text: str) -> str:
    """Marks a text for translation."""
    return text


async def get_sign_in(request: web.Request) -> web.Response:
    return await _show_form(request, safe_next(request.query.get("next", "")), {}, {})


async def post_sign_in(request: web.Request) -> web.Response:
    """Have a link mailed. The answer is the same whether the address is known or not."""
    given = await form(request)
    next_page = safe_next(given.get("next", ""))
    try:
        email = validate_email(given.get("email", "")[: LONGEST_ADDRESS + 1], check_deliverability=False).normalized
    except EmailNotValidError:
        fault = _("This is not a mail address. Write it like name@example.nl.")
        return await _show_form(request, next_page, given, {"email": fault}, status=400)
    try:
        async with transaction(request.app[POOL]) as conn:
            await request.app[internal.SIGN_INS].request(conn, email, language_of(request), next_page)
    except Rejected as no:
        if no.status != 429:
            raise
        return await _show_form(request, next_page, given, {}, refusal=in_words(no), status=429)
    request.app[RELAY].wake()
    return go(request, "sign-in-sent")


async def get_sent(request: web.Request) -> web.Response:
    return await show(request, "sign-in/sent.html")


async def get_link(request: web.Request) -> web.Response:
    """Only a button: mail scanners follow links, and must not use this one up."""
    async with connection(request.app[POOL]) as conn:
        works = await request.app[internal.SIGN_INS].can_be_used(conn, request.match_info["token"])
    return await show(request, "sign-in/link.html", status=200 if works else 410, works=works)


async def post_link(request: web.Request) -> web.Response:
    """Sign in. Somebody who was signed in on this browser no longer is."""
    async with transaction(request.app[POOL]) as conn:
        signed_in = await request.app[internal.SIGN_INS].use(conn, request.match_info["token"])
        if signed_in:
            await _leave(request, conn)
    if signed_in is None:
        return await show(request, "sign-in/link.html", status=410, works=False)
    return await _welcome(request, signed_in.cookie, safe_next(signed_in.next_page))


async def post_sample(request: web.Request) -> web.Response:
    """In demo mode: sign in as the sample person of a role."""
    if not request.app[SETTINGS].demo:
        raise not_found()
    given = await form(request)
    sample = next((sample for sample in demo.SAMPLES if sample.role == given.get("role")), None)
    if sample is None:
        raise not_found()
    async with transaction(request.app[POOL]) as conn:
        person_id: UUID = await demo.meet(conn, sample)
        cookie = await credentials.open_session(conn, person_id)
        await _leave(request, conn)
    return await _welcome(request, cookie, safe_next(given.get("next", "")))


async def post_sign_out(request: web.Request) -> web.Response:
    async with transaction(request.app[POOL]) as conn:
        await _leave(request, conn)
    response = go(request, "home")
    response.del_cookie(_cookie_name(request), path="/", secure=_is_secure(request))
    return response


async def _show_form(
    request: web.Request,
    next_page: str,
    given: Mapping[str, str],
    faults: Mapping[str, str],
    *,
    refusal: tuple[str, str] | None = None,
    status: int = 200,
) -> web.Response:
    return await show(
        request,
        "sign-in/form.html",
        status=status,
        next_page=next_page,
        given=given,
        faults=faults,
        refusal=refusal,
        samples=demo.SAMPLES if request.app[SETTINGS].demo else (),
    )


async def _leave(request: web.Request, conn: Connection) -> None:
    """End the session that this browser had, if any."""
    if cookie := request.cookies.get(_cookie_name(request)):
        await credentials.close_session(conn, cookie)


async def _welcome(request: web.Request, cookie: str, next_page: str) -> web.Response:
    """On to where they wanted to go, or else to what their role is about; with a cookie that is new."""
    language = language_of(request)
    principal = await request.app[CREDENTIALS].holder_of_session(cookie)
    response = redirect(addresses.elsewhere(next_page, language) if next_page else _own_page(principal, language))
    response.set_cookie(
        _cookie_name(request), cookie, path="/", httponly=True, samesite="Lax", secure=_is_secure(request),
        max_age=SESSION_DAYS * 24 * 3600,
    )  # fmt: skip
    return response


def _own_page(principal: Principal | None, language: Language) -> str:
    for role, page in (("region", "uptake"), ("organiser", "organiser")):
        if principal is not None and principal.has(role):  # type: ignore[arg-type]
            return addresses.path(page, language)
    return addresses.path("enrollments", language)


def _cookie_name(request: web.Request) -> str:
    return edge.cookie_name(request.app[SETTINGS])


def _is_secure(request: web.Request) -> bool:
    return request.app[SETTINGS].address.startswith("https://")


def safe_next(page: str) -> str:
    """The page to go on to if it is one of ours, else nothing: a link may not lead from here to another site."""
    printable = re.fullmatch(r"/[!-\[\]-~]*", page)  # ASCII without spaces, and without the backslash
    if not printable or len(page) > LONGEST_NEXT or "//" in re.split(r"[?#]", page)[0]:
        return ""
    return page
