"""What a form on a page brought along."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from urllib.parse import parse_qsl

from aiohttp import web

from shared.errors import Rejected

MOST_FIELDS = 100
SIZE = hashlib.sha256().digest_size
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
    """What a form of a signed-in browser carries: only a page of ours can know it, for it follows from the cookie.

    Each time it is spelled differently, so that nobody finds it out by how well a page can be compressed (BREACH).
    """
    pad = secrets.token_bytes(SIZE)
    return (pad + _mixed(pad, _secret(cookie))).hex()


def is_ours(given: Mapping[str, str], cookie: str) -> bool:
    """Whether a form came from a page that we made for this browser."""
    try:
        told = bytes.fromhex(given.get(TOKEN, ""))
    except ValueError:
        return False
    return hmac.compare_digest(_mixed(told[:SIZE], told[SIZE:]), _secret(cookie))


def _secret(cookie: str) -> bytes:
    return hmac.digest(cookie.encode(), b"form", hashlib.sha256)


def _mixed(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=False))
