"""Clients that send at a trickle, or do not read their answer, are let go, so that a thousand of them keep nobody else waiting.

aiohttp's server waits for ever for a request to be complete. Here each connection is watched from outside: a request has so
many seconds to arrive from its first byte (or from connecting, where none comes), and an answer so many seconds to be read.
Between two requests a connection is not watched (the server itself closes what idles).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, cast

from prometheus_client import Counter

if TYPE_CHECKING:
    from aiohttp import web
    from aiohttp.web_protocol import RequestHandler

HEAD_SECONDS = 10.0
BODY_SECONDS = 15.0
READ_SECONDS = 20.0
LOOK_EVERY = 1.0

cut_total = Counter(
    "skillslab_connections_cut_total", "Connections that were closed because their request did not arrive in time"
)


class Watch:
    """All connections of one listener."""

    def __init__(self) -> None:
        self._lines: dict[object, Line] = {}

    def line(self, handler: RequestHandler) -> asyncio.Protocol:
        """A connection for this handler, under watch until it is lost."""
        line = self._lines[handler] = Line(handler, lambda: self._lines.pop(handler, None))
        return line

    async def run(self) -> None:
        """Cut what takes too long; serves for ever. One look at all is cheaper than a timer for each."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(LOOK_EVERY)
            now = loop.time()
            for line in list(self._lines.values()):
                if line.is_late(now):
                    line.cut()

    @contextmanager
    def answering(self, request: web.Request) -> Iterator[None]:
        """While a request is answered its connection is not watched."""
        line = self._lines.get(request.protocol)
        if line is None:
            yield
            return
        line.busy, line.receiving_since = True, None
        try:
            yield
        finally:
            line.busy = False


class Line(asyncio.Protocol):
    """One connection: hands everything on, and remembers since when a request has been coming in."""

    def __init__(self, handler: RequestHandler, lost: Callable[[], object]) -> None:
        self._handler = handler
        self._lost = lost
        self._transport: asyncio.Transport | None = None
        self.busy = False
        self.receiving_since: float | None = None
        self.unread_since: float | None = None
        """Since when an answer is waiting to be read."""

    def is_late(self, now: float) -> bool:
        if self.receiving_since is not None and self.receiving_since < now - HEAD_SECONDS:
            return True
        return self.unread_since is not None and self.unread_since < now - READ_SECONDS

    def cut(self) -> None:
        cut_total.inc()
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self.receiving_since = asyncio.get_running_loop().time()
        self._handler.connection_made(transport)

    def data_received(self, data: bytes) -> None:
        if not self.busy and self.receiving_since is None:
            self.receiving_since = asyncio.get_running_loop().time()
        self._handler.data_received(data)

    def eof_received(self) -> None:
        self._handler.eof_received()

    def connection_lost(self, exc: BaseException | None) -> None:
        self._lost()
        self._handler.connection_lost(exc)

    def pause_writing(self) -> None:
        self.unread_since = asyncio.get_running_loop().time()
        self._handler.pause_writing()

    def resume_writing(self) -> None:
        self.unread_since = None
        self._handler.resume_writing()
