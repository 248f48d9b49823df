"""Signing in by a link in a mail, or in demo mode with one click; and signing out. By an organisation: see providers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from uuid import UUID

from aiohttp import web

from gateway import acts, demo, edge, internal
from gateway.clients import RELAY
from gateway.edge import CREDENTIALS, SETTINGS
from gateway.forms import form
from gateway.pages import addresses, browsers, refusals
from gateway.pages.page import go, in_words, redirect, show
from gateway.people import credentials, inputs
from gateway.people.credentials import SESSION_DAYS
from gateway.people.sign_in import MINUTES, Standing
from gateway.problems import FIELD_FAULTS, language_of
from shared.database.pool import Connection, connection, transaction
from shared.errors import Rejected, not_found
from shared.translations import Language
from shared.web.principal import Principal
from shared.web.server import POOL

ASKED = "skillslab-asked"
"""The cookie of the browser that asked for a link: only there it works."""
LONGEST_NEXT = 500


def _(text: str) -> str:
    """Marks a text for translation."""
    return text


async def get_sign_in(request: web.Request) -> web.Response:
    """The form; with what went wrong for who comes back from an organisation and was not let in."""
    status, refusal = refusals.told(request)
    return await _show_form(request, safe_next(request.query.get("next", "")), {}, {}, refusal=refusal, status=status)


async def post_sign_in(request: web.Request) -> web.Response:
    """Have a link mailed. The answer is the same whether the address is known or not."""
    given = await form(request)
    next_page = safe_next(given.get("next", ""))
    email, fault = inputs.address(given.get("email", ""))
    if fault:
        return await _show_form(request, next_page, given, {"email": FIELD_FAULTS[fault]}, status=400)
    browser = _asker(request) or credentials.new_secret()
    try:
        async with transaction(request.app[POOL]) as conn:
            await request.app[internal.SIGN_INS].request(
                conn, email, language_of(request), next_page, browser, edge.client_address(request)
            )
    except Rejected as no:
        if no.status != 429:
            raise
        edge.note_refusal(request, no.slug, no.status)
        return await _show_form(request, next_page, given, {}, refusal=in_words(no), status=429)
    request.app[RELAY].wake()
    response = go(request, "sign-in-sent")
    response.set_cookie(
        edge.cookie_name(request.app[SETTINGS], ASKED), browser, path="/", httponly=True, samesite="Lax",
        secure=is_secure(request), max_age=MINUTES * 60,
    )  # fmt: skip
    return response


async def get_sent(request: web.Request) -> web.Response:
    return await show(request, "sign-in/sent.html", given={}, faults={}, can_type=bool(_asker(request)))


@acts.act("signed-in")
async def post_code(request: web.Request) -> web.Response:
    """The code of the mail, typed on the browser that asked: for who reads mail on another device."""
    given = await form(request)
    async with transaction(request.app[POOL]) as conn:
        signed_in = await request.app[internal.SIGN_INS].use_code(conn, given.get("code", ""), _asker(request))
    if signed_in is None:
        edge.note_refusal(request, "code-not-right", 400)
        fault = _("This is not the code of your last mail. After five tries, or ten minutes, ask for a new one.")
        return await show(
            request, "sign-in/sent.html", status=400, given=given, faults={"code": fault}, can_type=bool(_asker(request))
        )
    return await welcome(request, signed_in.person_id, signed_in.next_page)


async def get_link(request: web.Request) -> web.Response:
    """Only a button: mail scanners follow links, and must not use this one up."""
    async with connection(request.app[POOL]) as conn:
        standing = await request.app[internal.SIGN_INS].standing(conn, request.match_info["token"], _asker(request))
    return await _show_link(request, standing)


@acts.act("signed-in")
async def post_link(request: web.Request) -> web.Response:
    """Sign in. Somebody who was signed in on this browser no longer is."""
    token, browser = request.match_info["token"], _asker(request)
    async with transaction(request.app[POOL]) as conn:
        signed_in = await request.app[internal.SIGN_INS].use(conn, token, browser)
        standing = "works" if signed_in else await request.app[internal.SIGN_INS].standing(conn, token, browser)
    if signed_in is None:
        edge.note_refusal(request, f"link-{standing}", 410 if standing == "gone" else 200)
        return await _show_link(request, standing)
    return await welcome(request, signed_in.person_id, signed_in.next_page)


@acts.act("signed-in")
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
    return await welcome(request, person_id, given.get("next", ""))


@acts.act("signed-out")
async def post_sign_out(request: web.Request) -> web.Response:
    async with transaction(request.app[POOL]) as conn:
        await _leave(request, conn)
    return forget_cookie(request, go(request, "home"))


def forget_cookie(request: web.Request, response: web.Response) -> web.Response:
    """The same answer, and the browser lets go of its cookie."""
    response.del_cookie(_cookie_name(request), path="/", secure=is_secure(request))
    return response


async def _show_link(request: web.Request, standing: Standing) -> web.Response:
    return await show(request, "sign-in/link.html", status=410 if standing == "gone" else 200, standing=standing)


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
        providers=request.app[SETTINGS].oidc_providers,
        samples=demo.SAMPLES if request.app[SETTINGS].demo else (),
    )


async def _leave(request: web.Request, conn: Connection) -> None:
    """End the session that this browser had, if any."""
    if cookie := request.cookies.get(_cookie_name(request)):
        await credentials.close_session(conn, cookie)


async def welcome(request: web.Request, person_id: UUID, next_page: str) -> web.Response:
    """Sign a person in, and on to where they wanted to go, or else to what their role is about; with a cookie that is new."""
    async with transaction(request.app[POOL]) as conn:
        cookie = await credentials.open_session(conn, person_id, browsers.called(request.headers.get("User-Agent", "")))
        await _leave(request, conn)
    language = language_of(request)
    holder = await request.app[CREDENTIALS].holder_of_session(cookie)
    acts.note(request, actor=holder.principal if holder else None)
    wanted = safe_next(next_page)
    response = redirect(
        addresses.elsewhere(wanted, language) if wanted else own_page(holder.principal if holder else None, language)
    )
    response.set_cookie(
        _cookie_name(request), cookie, path="/", httponly=True, samesite="Lax", secure=is_secure(request),
        max_age=SESSION_DAYS * 24 * 3600,
    )  # fmt: skip
    return response


OWN_PAGES = (
    ("region", "uptake"), ("organiser", "organiser"), ("operator", "operator"), ("employer", "home"),
    ("employer-contact", "home"),
)  # fmt: skip


def own_page(principal: Principal | None, language: Language) -> str:
    """Where somebody begins: at what their role is about."""
    for role, page in OWN_PAGES:
        if principal is not None and principal.has(role):  # type: ignore[arg-type]
            return addresses.path(page, language)
    return addresses.path("enrollments", language)


def _asker(request: web.Request) -> str:
    return request.cookies.get(edge.cookie_name(request.app[SETTINGS], ASKED), "")


def _cookie_name(request: web.Request) -> str:
    return edge.cookie_name(request.app[SETTINGS])


def is_secure(request: web.Request) -> bool:
    return request.app[SETTINGS].address.startswith("https://")


def safe_next(page: str) -> str:
    """The page to go on to if it is one of ours, else nothing: a link may not lead from here to another site."""
    printable = re.fullmatch(r"/[!-\[\]-~]*", page)  # ASCII without spaces, and without the backslash
    if not printable or len(page) > LONGEST_NEXT or "//" in re.split(r"[?#]", page)[0]:
        return ""
    return page
