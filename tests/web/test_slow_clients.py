"""Clients that send at a trickle, or send what is made to choke on: they are let go, and nobody else waits."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import statistics
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
from aiohttp import web

from shared.launch.postgres import free_port
from shared.web import server, slow_clients
from shared.web.server import Listener, measured
from tests.counts import count
from tests.platform import Running
from tests.sabotage import twin

TRICKLING = 1000
BIG = 8 * 1024**2


def asked(port: int, more: str) -> bytes:
    """The beginning of a request at the platform's own address."""
    return f"GET /v1/themes HTTP/1.1\r\nHost: localhost:{port}\r\n{more}".encode()


class Trickle:
    """A connection that sends a byte of a request each second, until it is closed."""

    def __init__(self) -> None:
        self.opened = time.monotonic()
        self.closed_after: float | None = None

    async def run(self, port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        self.opened = time.monotonic()
        closed = asyncio.create_task(reader.read())
        try:
            writer.write(asked(port, "X-Long: "))
            while not closed.done():
                writer.write(b"x")
                await asyncio.wait([closed], timeout=1)
            self.closed_after = time.monotonic() - self.opened
        finally:
            writer.transport.abort()
            await asyncio.gather(closed, return_exceptions=True)


async def answer_times(port: int, times: int) -> list[float]:
    """Seconds that so many answers took, each on a connection of its own."""
    took = []
    for _ in range(times):
        started = time.perf_counter()
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(asked(port, "Connection: close\r\n\r\n"))
        await reader.read()
        writer.close()
        took.append(time.perf_counter() - started)
    return took


async def trickle_all(port: int, number: int, seconds: float) -> Sequence[Trickle]:
    """So many trickling connections at once, and what became of them in so many seconds."""
    trickles = [Trickle() for _ in range(number)]
    tasks = [asyncio.create_task(trickle.run(port)) for trickle in trickles]
    await asyncio.wait(tasks, timeout=seconds)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return trickles


@pytest.mark.alone
async def test_a_thousand_trickling_connections_are_closed_and_keep_nobody_waiting(platform: Running) -> None:
    quiet = statistics.median(await answer_times(platform.port, 100))
    trickling = asyncio.create_task(trickle_all(platform.port, TRICKLING, 30))
    await asyncio.sleep(2)  # let them all be there
    busy = statistics.median(await answer_times(platform.port, 100))

    trickles = await trickling

    assert busy <= 2 * max(quiet, 0.005)
    assert max(trickle.closed_after or 99 for trickle in trickles) <= 20


@pytest.fixture
async def small(monkeypatch: pytest.MonkeyPatch, guard: None) -> AsyncIterator[int]:
    """A listener of ours with short limits; gives its port."""
    monkeypatch.setattr(slow_clients, "HEAD_SECONDS", 1.0)
    monkeypatch.setattr(slow_clients, "READ_SECONDS", 1.0)
    monkeypatch.setattr(slow_clients, "LOOK_EVERY", 0.1)

    async def hello(request: web.Request) -> web.Response:
        return web.Response(text="hello")

    async def big(request: web.Request) -> web.Response:
        return web.Response(body=b"x" * BIG)

    app = web.Application(middlewares=[measured])
    app.add_routes([web.get("/v1/themes", hello), web.get("/big", big)])
    port = free_port()
    stop_serving = await server._listen(Listener(app, "127.0.0.1", port))
    yield port
    await stop_serving()


def nobody_watches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slow_clients.Line, "cut", lambda line: None)


@twin(nobody_watches)
async def test_a_request_that_does_not_arrive_in_time_is_cut(small: int, guard: None) -> None:
    trickles = await trickle_all(small, 20, 6)

    assert all(trickle.closed_after is not None and trickle.closed_after < 5 for trickle in trickles)


@twin(nobody_watches)
async def test_an_answer_that_nobody_reads_is_not_kept_for_ever(small: int, guard: None) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", small, limit=1024)
    writer.write(b"GET /big HTTP/1.1\r\nHost: x\r\n\r\n")
    await asyncio.sleep(3)

    got = 0
    with contextlib.suppress(ConnectionResetError):
        async with asyncio.timeout(10):
            while got < BIG and (more := await reader.read(65536)):
                got += len(more)
    writer.close()

    assert got < BIG


@pytest.mark.parametrize("guard", [None], indirect=True)
async def test_a_connection_that_idles_between_two_requests_is_left_alone(small: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", small)
    for pause in (0, 2.5):
        await asyncio.sleep(pause)
        writer.write(asked(small, "\r\n"))
        async with asyncio.timeout(5):
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200")
            await reader.readexactly(5)
    writer.close()


# Hostile bodies


def chunked(total: int) -> bytes:
    piece = b"10000\r\n" + b"x" * 65536 + b"\r\n"
    return piece * (total // 65536)


def with_length(body: bytes, *headers: str) -> bytes:
    return "\r\n".join([f"Content-Length: {len(body)}", *headers, "", ""]).encode() + body


MULTIPART = b"".join(b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n' for _ in range(10_000)) + b"--x--\r\n"
HOSTILE = {
    "zip bomb": (with_length(gzip.compress(bytes(64 << 20)), "Content-Encoding: gzip"), 415),
    "deep JSON": (with_length(b"[" * 500_000), 400),
    "80,000 unknown fields": (with_length(b"{" + b",".join(b'"%d":1' % nr for nr in range(80_000)) + b"}"), 400),
    "10,000 parts": (with_length(MULTIPART, "Content-Type: multipart/form-data; boundary=x"), 400),
    "100 MB in chunks": (b"Transfer-Encoding: chunked\r\n\r\n" + chunked(100 << 20), 413),
    "100 MB at once": (b"Content-Length: 104857600\r\n\r\n" + bytes(1 << 20), 413),
}


async def send(port: int, path: str, token: str, rest: bytes) -> tuple[int, float]:
    """Status of the answer and the seconds until it came; whatever the server does not take is not pressed on it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    started = time.monotonic()
    head = f"POST {path} HTTP/1.1\r\nHost: localhost:{port}\r\nAuthorization: Bearer {token}\r\n"
    writer.write(head.encode() + rest)
    async with asyncio.timeout(20):
        line = await reader.readline()
    writer.transport.abort()
    return int(line.split()[1]), time.monotonic() - started


def memory_of(platform: Running) -> int:
    """Resident bytes of the gateway."""
    [gateway] = [child for child in platform.children if child.name == "gateway"]
    return int(Path(f"/proc/{gateway.pid}/statm").read_text().split()[1]) * 4096


@pytest.mark.parametrize("path", ["/v1/enrollments", "/v1/nothing", "/inschrijven/x"])
@pytest.mark.parametrize("kind", HOSTILE)
async def test_a_hostile_body_is_refused_soon_and_costs_little(platform: Running, kind: str, path: str) -> None:
    token = platform.demo["tokens"]["worker"]
    body, status = HOSTILE[kind]
    await send(platform.port, path, token, with_length(b"{}"))
    before = memory_of(platform)

    answers = [await send(platform.port, path, token, body) for _ in range(int(count("2", "10")))]

    assert {got for got, _ in answers} <= ({status} if path == "/v1/enrollments" else {status, 303, 404})
    assert max(took for _, took in answers) < 5
    assert memory_of(platform) - before <= 50 << 20


async def test_a_body_that_trickles_in_is_answered_and_cut(platform: Running) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", platform.port)
    token = platform.demo["tokens"]["worker"]
    head = f"POST /v1/enrollments HTTP/1.1\r\nHost: localhost:{platform.port}\r\nAuthorization: Bearer {token}\r\n"
    writer.write(f"{head}Content-Length: 99\r\n\r\n".encode())
    started = time.monotonic()
    async with asyncio.timeout(40):
        answer = await reader.read()

    assert answer.startswith(b"HTTP/1.1 408")
    assert b"too-slow" in answer
    assert time.monotonic() - started <= 20
    writer.close()
