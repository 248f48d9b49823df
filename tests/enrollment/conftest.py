"""Desks on a real database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime
from uuid import UUID

import pytest

from enrollment import desk, places
from enrollment.desk import Desk
from shared.database.pool import Pool, open_pool, transaction
from tests.conftest import MakeDatabase
from tests.enrollment.build import DORDRECHT, EINDHOVEN, NOW, opening

OpenDesks = Callable[..., Awaitable[list[Desk]]]
"""Given how many, and a clock unless the time stands still."""
ASession = Callable[[int], Awaitable[UUID]]


@pytest.fixture
async def database(make_database: MakeDatabase) -> str:
    return await make_database("enrollment")


@pytest.fixture
async def pool(database: str) -> AsyncIterator[Pool]:
    pool = await open_pool(database, service="test", size=30)
    async with transaction(pool) as conn:
        await places.save(conn, [DORDRECHT, EINDHOVEN])
    yield pool
    pool.terminate()


@pytest.fixture
async def open_desks(pool: Pool) -> AsyncIterator[OpenDesks]:
    """So many desks that serve until the test ends, as so many processes would."""
    running: list[asyncio.Task[None]] = []

    async def open_them(count: int, clock: Callable[[], datetime] = lambda: NOW) -> list[Desk]:
        desks = [Desk(pool, lambda: None, clock) for _ in range(count)]
        running.extend(asyncio.create_task(one.run()) for one in desks)
        return desks

    yield open_them
    for task in running:
        task.cancel()


@pytest.fixture
def a_session(pool: Pool) -> ASession:
    """The id of a new open session with so many seats."""

    async def make(seats: int) -> UUID:
        command = opening(seats)
        async with transaction(pool) as conn:
            await desk.settle(conn, [command], NOW)
        return command.session_id

    return make
