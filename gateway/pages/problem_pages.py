"""What people see when something is not there, not theirs, or not working; and what each problem means."""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import web

from gateway import edge
from gateway.pages import addresses
from gateway.pages.page import is_partial, redirect, show, show_without_name
from gateway.problems import PROBLEMS, language_of
from shared.errors import Rejected, not_found
from shared.web.problems import headers_of

KINDS = {403: "not-allowed", 404: "missing", 502: "trouble", 503: "busy", 500: "trouble"}


async def render(request: web.Request, rejected: Rejected, body: Mapping[str, object]) -> web.Response:
    """The page for a refusal. Who is not signed in goes to sign in first, and comes back."""
    if rejected.status == 401:
        return _to_sign_in(request)
    response = show_without_name(
        request, "problems/refusal.html", status=rejected.status, kind=KINDS.get(rejected.status, "other"), body=body
    )
    response.headers.update(headers_of(rejected))
    return response


async def get_problem(request: web.Request) -> web.Response:
    slug = request.match_info["slug"]
    if slug not in PROBLEMS:
        raise not_found()
    title, detail = PROBLEMS[slug]
    return await show(request, "problems/problem.html", slug=slug, title=title, detail=detail)


def _to_sign_in(request: web.Request) -> web.Response:
    back = request.path_qs if request.method in edge.SAFE_METHODS else request.path
    location = addresses.path("sign-in", language_of(request), None, next=back)
    if is_partial(request):  # the open page goes there, whole
        return web.Response(status=200, headers={"HX-Redirect": location, "Cache-Control": "no-store"})
    return redirect(location)
