"""The whole platform once for all tests of the pages, and visitors to it."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from shared.launch.postgres import Postgres
from tests.gateway.visitor import Visitor
from tests.organiser import new_sessions
from tests.platform import Running
from tests.provider import Provider, provider_running
from tests.servers import scratch

Visit = Callable[..., Visitor]
SessionWith = Callable[..., str]
Dates = Callable[[int, int], Sequence[str]]


@pytest.fixture(scope="package")
def provider() -> Iterator[Provider]:
    """The identity provider of an organisation."""
    with provider_running() as provider:
        yield provider


@pytest.fixture(scope="package")
def platform(postgres: Postgres, provider: Provider) -> Iterator[Running]:
    """Every service as a process of its own, with the sample courses and people; an organisation signs in here too."""
    with scratch("pages") as folder:
        more = {"SKILLSLAB_OIDC_PROVIDERS": json.dumps([provider.told()])}
        running = Running(folder, postgres.url("pages"), "", more=more)
        try:
            running.start()
            yield running
        finally:
            running.stop()


@pytest.fixture
def visit(platform: Running) -> Visit:
    """A new visitor; given a role, signed in as its sample person."""

    def arrive(role: str | None = None) -> Visitor:
        visitor = Visitor(platform.base_url)
        if role:
            visitor.sign_in_as(role)
        return visitor

    return arrive


@pytest.fixture
def session_with(platform: Running) -> SessionWith:
    """The id of a new open session with so many seats, and whatever else is told of it."""

    def make(seats: int, **more: Any) -> str:
        with ThreadPoolExecutor(1) as aside:  # a browser may have an event loop running in this thread
            return aside.submit(lambda: asyncio.run(new_sessions(platform, 1, seats, **more))).result()[0]

    return make


@pytest.fixture
def dates(platform: Running) -> Dates:
    """The ids of so many open sessions of one new course, each with so many seats."""

    def make(count: int, seats: int) -> Sequence[str]:
        with ThreadPoolExecutor(1) as aside:
            return aside.submit(lambda: asyncio.run(new_sessions(platform, count, seats, of_one_course=True))).result()

    return make


def mails_to(platform: Running, address: str, *, wait: float = 15) -> list[dict[str, Any]]:
    """The mails to this address, newest first, once there is one."""
    deadline = time.monotonic() + wait
    while True:
        answer = Visitor(platform.base_url).get("/mailbox", headers={"Accept": "application/json"})
        mails = [mail for mail in json.loads(answer.text) if mail["to"] == address]
        if mails or time.monotonic() > deadline:
            return mails
        time.sleep(0.1)
