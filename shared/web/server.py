"""Serving: listeners, health, metrics, tasks in the background, and a graceful stop."""

from __future__ import annotations

import asyncio
import gc
import signal
import sys
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from time import perf_counter
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import urlsplit
from uuid import uuid4

import orjson
import structlog
import uvloop
from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, Histogram, generate_latest
from pydantic import ValidationError

from shared import logs
from shared.database.pool import Pool
from shared.logs import logger
from shared.platform import find_platform
from shared.settings import ServiceSettings
from shared.web import principal, slow_clients
from shared.web.problems import Handler, problems
from shared.web.unreadable import refusing_as_problem

S = TypeVar("S", bound=ServiceSettings)
GARBAGE = (50_000, 20, 50)  # so many new objects that may be in cycles before they are looked through, and what is older
STOP_SECONDS = 20.0
READY_SECONDS = 0.25  # for which an answer stands, so that asking all the time costs little
LINGER_SECONDS = 2.0  # in which a client that still sends may read why it was refused
REQUEST_ID = "X-Request-Id"
MAX_BODY = 1024**2
POOL: web.AppKey[Pool] = web.AppKey("pool")
WATCH = web.AppKey("watch", slow_clients.Watch)

latency = Histogram(
    "skillslab_request_seconds", "Time to answer", ["method", "route", "status"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)  # fmt: skip


@dataclass(frozen=True)
class Listener:
    """An application and where it listens."""

    app: web.Application
    host: str
    port: int


class Background:
    """Tasks that live as long as the service. One that ends by itself ends the service, which is then started again.

    Enter it innermost when opening a service: its tasks end before what they use is closed.
    """

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()
        self.failed = asyncio.Event()

    def start(self, work: Coroutine[None, None, None], name: str) -> None:
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            logger.error("background task ended", task=task.get_name(), exc_info=task.exception())
            self.failed.set()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=STOP_SECONDS)


OpenService = Callable[[Background], AbstractAsyncContextManager[Sequence[Listener]]]
Check = Callable[[], Awaitable[dict[str, bool]]]


def internal_app(internal_key: str, routes: Sequence[web.RouteDef], ready: Check) -> web.Application:
    """An application for our own services: principals, problems, health and metrics are in place."""
    app = web.Application(middlewares=[measured, problems], client_max_size=MAX_BODY)
    app[principal.KEY] = principal.PrincipalKey(internal_key)
    app.add_routes(routes)
    app.add_routes([*health(ready), web.get("/metrics", metrics)])
    return app


def health(ready: Check) -> list[web.RouteDef]:
    """`live` says that the process runs; `ready` is 200 once everything it needs answers, with each part by name."""

    async def get_live(request: web.Request) -> web.Response:
        return web.json_response({"status": "live"})

    kept: tuple[float, dict[str, bool]] = (0.0, {})

    async def get_ready(request: web.Request) -> web.Response:
        nonlocal kept
        if perf_counter() > kept[0]:
            kept = (perf_counter() + READY_SECONDS, await ready())
        parts = kept[1]
        good = all(parts.values())
        body = {"status": "ready" if good else "not ready", "parts": parts}
        return web.json_response(body, status=200 if good else 503)

    return [web.get("/health/live", get_live), web.get("/health/ready", get_ready)]


async def metrics(request: web.Request) -> web.Response:
    return web.Response(body=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})


@web.middleware
async def measured(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Time each request, and give it an id that goes along to the other services and into the log."""
    started = perf_counter()
    request_id = request.headers.get(REQUEST_ID, "")
    if not (request_id.isalnum() and len(request_id) <= 64):
        request_id = uuid4().hex
    structlog.contextvars.bind_contextvars(request_id=request_id)
    with request.app[WATCH].answering(request) if WATCH in request.app else nullcontext():
        response = await handler(request)
    seconds = perf_counter() - started
    route = route_of(request)
    latency.labels(request.method, route, response.status).observe(seconds)
    if response.status >= 500 or seconds > 1:
        logger.warning("slow or failed", method=request.method, route=route, status=response.status, seconds=round(seconds, 3))
    if not response.prepared:
        response.headers[REQUEST_ID] = request_id
    return response


def route_of(request: web.Request) -> str:
    """The address with its variable parts in braces: what was in their place may be a secret."""
    resource = request.match_info.route.resource
    return resource.canonical if resource else "unknown"


def json_bytes(body: bytes | str, status: int = 200) -> web.Response:
    """An answer that is JSON already."""
    return web.Response(body=body, status=status, content_type="application/json")


def json(value: object, status: int = 200) -> web.Response:
    """An answer from plain values; UUIDs, dates and times (in UTC, with Z) included."""
    return json_bytes(orjson.dumps(value, default=str, option=orjson.OPT_UTC_Z | orjson.OPT_NAIVE_UTC), status)


def main(
    service: str,
    settings: Callable[[], S],
    open_service: Callable[[S, Background], AbstractAsyncContextManager[Sequence[Listener]]],
    commands: Mapping[str, Callable[[S, Sequence[str]], Coroutine[None, None, None]]] | None = None,
) -> None:
    """`python -m <service>` serves; `python -m <service> <command> …` runs one of its commands on the running platform."""
    find_platform()
    try:
        told = settings()
    except ValidationError as wrong:
        sys.exit(f"{service} cannot start:\n" + "\n".join(map(_in_words, wrong.errors(include_input=False))))
    if len(sys.argv) == 1:
        serve(service, partial(open_service, told), told.log_level)
    elif commands and sys.argv[1] in commands:
        asyncio.run(commands[sys.argv[1]](told, sys.argv[2:]))
    else:
        sys.exit(f"python -m {service} knows these commands: {', '.join(commands or ['none'])}")


def _in_words(fault: Mapping[str, Any]) -> str:
    names = "".join(f"SKILLSLAB_{str(part).upper()}: " for part in fault["loc"][:1])
    inside = ".".join(str(part) for part in fault["loc"][1:])
    return f"  {names}{f'{inside}: ' if inside else ''}{fault['msg'].removeprefix('Value error, ')}"


def serve(service: str, open_service: OpenService, log_level: str) -> None:
    """Run a service until SIGTERM or SIGINT; what is under way is finished first. Exits with 1 if a background task failed."""
    logs.configure(service, log_level)
    _look_for_garbage_seldom()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        sys.exit(runner.run(_serve(open_service)))


def _look_for_garbage_seldom() -> None:
    """What is imported by now stays, and needs no looking through; what comes and goes with a request is freed as it goes. A
    round of decisions makes thousands of objects at once: looking for cycles among them at each thousand took a third of it.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GARBAGE)


async def _serve(open_service: OpenService) -> int:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    background = Background()
    async with open_service(background) as listeners:
        serving = [await _listen(listener) for listener in listeners]
        logger.info("listening", addresses=[f"{listener.host}:{listener.port}" for listener in listeners])
        ends = [asyncio.create_task(stop.wait()), asyncio.create_task(background.failed.wait())]
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        for end in ends:
            end.cancel()
        for stop_serving in serving:
            await stop_serving()
    logger.info("stopped")
    return 1 if background.failed.is_set() else 0


async def _listen(listener: Listener) -> Callable[[], Awaitable[None]]:
    """Serve an application; what comes back ends that, after what is under way."""
    watch = slow_clients.Watch()
    listener.app[WATCH] = watch
    refusing = refusing_as_problem(listener.app)
    runner = web.AppRunner(
        listener.app, access_log=None, keepalive_timeout=75, lingering_time=LINGER_SECONDS, shutdown_timeout=STOP_SECONDS,
        auto_decompress=False,
    )  # fmt: skip
    await runner.setup()
    serve_one = runner.server
    assert serve_one is not None
    watching = asyncio.create_task(watch.run(), name="slow clients")

    def connected() -> asyncio.Protocol:
        handler = serve_one()
        handler.__class__ = refusing  # aiohttp has no other place where to say it
        return watch.line(handler)

    server = await asyncio.get_running_loop().create_server(
        connected, listener.host, listener.port, reuse_port=True, backlog=4096
    )

    async def stop_serving() -> None:
        server.close()
        await runner.cleanup()
        watching.cancel()

    return stop_serving


def port_of(url: str) -> int:
    """The port in one of our own addresses. Raises ValueError where there is none."""
    port = urlsplit(url).port
    if port is None:
        raise ValueError(f"{url} names no port")
    return port
