"""Catalogues with the reference data and the samples in them, behind their HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from secrets import token_hex

import asyncpg
import pytest
from aiohttp.test_utils import TestClient, TestServer

from catalog import http, search
from catalog.app import fill
from catalog.search import Vocabulary
from shared.database.pool import Pool, open_pool
from shared.launch.postgres import Postgres
from shared.web.server import POOL, internal_app
from tests.catalog.build import KEY, Api
from tests.conftest import Templates


async def _copy(server: Postgres, template: str, name: str) -> None:
    conn = await asyncpg.connect(server.url())
    await conn.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    await conn.close()


@pytest.fixture(scope="session")
def furnished(postgres: Postgres, templates: Templates) -> str:
    """The name of a database with the reference data and the samples, to be copied."""

    template = templates.of("catalog")

    async def furnish() -> None:
        await _copy(postgres, template, "template_catalog_furnished")
        pool = await open_pool(postgres.url("template_catalog_furnished"), service="test")
        await fill(pool, demo=True)
        await pool.close()

    asyncio.run(furnish())
    return "template_catalog_furnished"


@pytest.fixture(scope="session")
def only_to_read(postgres: Postgres, furnished: str) -> str:
    """The address of one such database for all tests that leave it as it is."""
    asyncio.run(_copy(postgres, furnished, "catalog_only_to_read"))
    return postgres.url("catalog_only_to_read")


@pytest.fixture(scope="session")
def written_by_many(postgres: Postgres, furnished: str) -> str:
    """The address of one for all tests that add to it and look only at what they added."""
    asyncio.run(_copy(postgres, furnished, "catalog_written_by_many"))
    return postgres.url("catalog_written_by_many")


@pytest.fixture
async def pool(postgres: Postgres, furnished: str) -> AsyncIterator[Pool]:
    """A catalogue of the test's own."""
    name = f"catalog_{token_hex(4)}"
    await _copy(postgres, furnished, name)
    async with _open(postgres.url(name)) as pool:
        yield pool
    conn = await asyncpg.connect(postgres.url())
    await conn.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await conn.close()


@pytest.fixture
async def reading(only_to_read: str) -> AsyncIterator[Api]:
    """For tests that change nothing."""
    async with _open(only_to_read) as pool, serving(pool) as api:
        yield api


@pytest.fixture
async def api(written_by_many: str) -> AsyncIterator[Api]:
    """For tests that do not mind what else is there."""
    async with _open(written_by_many) as pool, serving(pool) as api:
        yield api


@pytest.fixture
async def alone(pool: Pool) -> AsyncIterator[Api]:
    """For tests that count, or that change what they did not add."""
    async with serving(pool) as api:
        yield api


@asynccontextmanager
async def _open(url: str) -> AsyncIterator[Pool]:
    pool = await open_pool(url, service="test")
    yield pool
    pool.terminate()


@asynccontextmanager
async def serving(pool: Pool) -> AsyncIterator[Api]:
    async def ready() -> dict[str, bool]:
        return {"database": True}

    app = internal_app(KEY, http.ROUTES, ready)
    app[POOL] = pool
    app[http.COURSE_WORDS] = Vocabulary(search.SQL.course_vocabulary)
    app[http.FIELDLAB_WORDS] = Vocabulary(search.SQL.fieldlab_vocabulary)
    announced: list[int] = []
    app[http.ANNOUNCE] = lambda: announced.append(1)
    async with TestClient(TestServer(app)) as client:
        yield Api(client, pool, announced)
