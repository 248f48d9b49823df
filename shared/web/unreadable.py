"""What cannot be read as a request is refused as everything else is: by a problem, and with the same headers."""

from __future__ import annotations

from collections.abc import Callable

from aiohttp import web
from aiohttp.web_protocol import RequestHandler

from shared.errors import Rejected
from shared.logs import logger
from shared.web.problems import rejection, response_of

ALONG: web.AppKey[Callable[[web.StreamResponse], None]] = web.AppKey("headers that go along")
"""Puts on an answer the headers that go along with every one."""


def refusing_as_problem(app: web.Application) -> type[RequestHandler]:
    """aiohttp's handler of a connection, which by itself answers in plain text and repeats what it got."""

    class Handler(RequestHandler):
        __slots__ = ()

        def handle_error(
            self, request: web.BaseRequest, status: int = 500, exc: BaseException | None = None, message: str | None = None
        ) -> web.StreamResponse:
            if request.writer.output_size > 0:
                raise ConnectionError("half of an answer was sent already")
            if status < 500:
                logger.debug("unreadable request", reason=type(exc).__name__)
                rejected = Rejected("unreadable-request", status, "This is not HTTP, or its address or a header is too long.")
            else:
                rejected = rejection(exc if isinstance(exc, Exception) else RuntimeError(message))
            response = response_of(rejected)
            if ALONG in app:
                app[ALONG](response)
            response.force_close()
            return response

    return Handler
