"""Servers for the whole run, and a database of its own for each test that asks for one."""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import ClassVar

import asyncpg
import pytest
import structlog
from playwright.sync_api import Browser

from shared.database.migrate import BUS, MESSAGING, READERS, ROOT, upgrade
from shared.database.pool import Pool, open_pool
from shared.launch.postgres import Postgres
from tests import servers
from tests.browser import CHROMIUM, chromium

pytest_plugins = ["tests.side_by_side"]

structlog.configure(
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.format_exc_info,  # drawn by rich, which a tool brings along, one exception takes minutes
        structlog.dev.ConsoleRenderer(colors=False),
    ]
)

MakeDatabase = Callable[[str], Awaitable[str]]
OpenPool = Callable[[str], Awaitable[Pool]]


NEEDED = {"broker": ("RabbitMQ", servers.RABBITMQ), "browser": ("Chromium", CHROMIUM)}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Without the broker or the browser its tests are left out, and that is said; in CI it is an error."""
    for marker, (name, program) in NEEDED.items():
        without = [item for item in items if item.get_closest_marker(marker)]
        if program.exists() or not without:
            continue
        if os.environ.get("CI") == "true":
            raise pytest.UsageError(f"{name} is not installed, and nothing may be left out here; run .ci/servers as root")
        items[:] = [item for item in items if item not in without]
        config.hook.pytest_deselected(items=without)
        LEFT_OUT.append(f"{name} is not installed: {len(without)} tests were left out (.ci/servers, as root, installs it)")


LEFT_OUT: list[str] = []


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for line in LEFT_OUT:
        terminalreporter.write_line(line, yellow=True)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    with servers.postgres_server() as server:
        yield server


@pytest.fixture(scope="session")
def rabbitmq() -> Iterator[servers.RabbitMQServer]:
    with servers.rabbitmq_server() as server:
        yield server


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


class Templates:
    """A migrated database per service, made when first wanted, to be cloned (0.04 s) instead of migrated again."""

    FOLDERS: ClassVar[dict[str, list[Path]]] = {"bus": [BUS], "messaging": [MESSAGING]}

    def __init__(self, server: Postgres) -> None:
        self._server = server
        self._made: set[str] = set()

    def of(self, service: str) -> str:
        name = f"template_{service}"
        if service not in self._made:
            folders = self.FOLDERS.get(service, [READERS, MESSAGING, ROOT / service / "migrations"])
            asyncio.run(self._make(name, folders))
            self._made.add(service)
        return name

    async def _make(self, name: str, folders: list[Path]) -> None:
        conn = await asyncpg.connect(self._server.url())
        await conn.execute(f"CREATE DATABASE {name}")
        await conn.close()
        await upgrade(self._server.url(name), *folders)


@pytest.fixture(scope="session")
def templates(postgres: Postgres) -> Templates:
    return Templates(postgres)


@pytest.fixture
async def make_database(postgres: Postgres, templates: Templates) -> AsyncIterator[MakeDatabase]:
    """A new database for a service's name (or `bus`, or `messaging`), dropped after the test; gives its address."""
    made: list[str] = []

    async def make(service: str) -> str:
        template = await asyncio.to_thread(templates.of, service)
        name = f"{service}_{secrets.token_hex(4)}"
        conn = await asyncpg.connect(postgres.url())
        await conn.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        await conn.close()
        made.append(name)
        return postgres.url(name)

    yield make
    conn = await asyncpg.connect(postgres.url())
    for name in made:
        await conn.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await conn.close()


@pytest.fixture
async def make_pool(make_database: MakeDatabase) -> AsyncIterator[OpenPool]:
    """A pool on a new database of a service."""
    pools: list[Pool] = []

    async def make(service: str) -> Pool:
        pool = await open_pool(await make_database(service), service="test")
        pools.append(pool)
        return pool

    yield make
    for pool in pools:
        pool.terminate()


@pytest.fixture
def guard(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Takes the guard away in a twin's sabotaged run; see tests/sabotage.py."""
    if request.param is not None:
        request.param(monkeypatch)
