"""What a form on a page brought along."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import parse_qsl

from aiohttp import web

from shared.errors import Rejected

MOST_FIELDS = 100
TOKEN = "form_token"  # noqa: S105  (the name of the field)


async def form(request: web.Request) -> Mapping[str, str]:
    """The fields of a form as they were sent, without space around them and without control characters."""
    text = (await request.read()).decode(errors="replace")
    try:
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError as many:
        raise Rejected("invalid-input", 400) from many
    return {name: clean(value) for name, value in pairs}


def clean(text: str) -> str:
    """Text as people can type it."""
    return "".join(letter for letter in text if letter.isprintable() or letter in "\r\n\t").strip()


def token_for(cookie: str) -> str:
    """What a form of a signed-in browser carries: only a page of ours can know it, for it follows from the cookie."""
    return hmac.digest(cookie.encode(), b"form", hashlib.sha256).hex()


def is_ours(given: Mapping[str, str], cookie: str) -> bool:
    """Whether a form came from a page that we made for this browser."""
    return hmac.compare_digest(given.get(TOKEN, "").encode(), token_for(cookie).encode())
