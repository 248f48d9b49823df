"""What only somebody may do who signed in a moment ago: whoever finds a browser left open must not change who gets in."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from aiohttp import web

from gateway import edge
from gateway.pages.addresses import path
from gateway.pages.page import go
from gateway.problems import language_of
from shared.web.problems import Handler


def lately(page: str) -> Callable[[Handler], Handler]:
    """Have whoever signed in longer ago sign in once more first, and come back to this page. Others pass."""

    def named(handler: Handler) -> Handler:
        @wraps(handler)
        async def checking(request: web.Request) -> web.StreamResponse:
            if edge.signed_in_lately(request):
                return await handler(request)
            edge.note_refusal(request, "sign-in-again", 403)
            return go(request, "sign-in", refused="sign-in-again", next=path(page, language_of(request)))

        return checking

    return named
