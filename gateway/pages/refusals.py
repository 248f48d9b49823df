"""Why nobody was let in by an organisation, or has to sign in once more: told where there is a way to, after a redirect.

So the answer of the provider does not stay in the address bar, and the page can be read in the other language too.
"""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import web

from gateway.problems import PROBLEMS

REFUSALS: Mapping[str, int] = {
    "visit-over": 400,
    "provider-refused": 403,
    "provider-not-believed": 502,
    "provider-away": 503,
    "address-known": 409,
    "address-not-verified": 403,
    "account-taken": 409,
    "form-too-old": 403,
    "sign-in-again": 403,
}
"""With the status of the page that tells it."""


def told(request: web.Request) -> tuple[int, tuple[str, str] | None]:
    """The status of the page, and what it tells: what was refused and what to do about it, to be translated."""
    slug = request.query.get("refused", "")
    return (REFUSALS[slug], PROBLEMS[slug]) if slug in REFUSALS else (200, None)
