"""How a database is looked at without being in anybody's way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from time import perf_counter
from uuid import UUID

from asyncpg import Record

from shared.database import sql
from shared.database.pool import Connection, Pool, connection

SQL = sql.load(__file__, "checks.sql")
PIECE = 5000
RESTS = 0.5
"""For each second of looking so many seconds of rest: never more than two thirds of one processor of the server."""
FIRST = UUID(int=0)


class Database:
    """One service's database."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    @asynccontextmanager
    async def piece(self) -> AsyncIterator[Connection]:
        """One picture of the database, for a moment: it changes nothing, and keeps nothing from being tidied up for longer."""
        started = perf_counter()
        async with connection(self._pool) as conn, conn.transaction(isolation="repeatable_read", readonly=True):
            await conn.execute(SQL.humbly)
            yield conn
        await asyncio.sleep((perf_counter() - started) * RESTS)

    async def fetch(self, statement: str, *arguments: object) -> Sequence[Record]:
        """The answer to one question, in a piece of its own."""
        async with self.piece() as conn:
            return await conn.fetch(statement, *arguments)
