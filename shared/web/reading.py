"""Reading for somebody: PostgreSQL itself leaves out every row that is not theirs to see."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import orjson

from shared.database.pool import Connection, Pool, connection
from shared.web.principal import Principal

SEE_AS = "SELECT set_config('role', 'skillslab_reader', true), set_config('skillslab.asks', $1, true)"


@asynccontextmanager
async def reading(pool: Pool, asks: Principal | None) -> AsyncIterator[Connection]:
    """A transaction that changes nothing, under a role that owns nothing, with row-level security for who asks.

    Nobody in particular (None) sees what is public. Raises Busy when no connection is free.
    """
    async with connection(pool) as conn, conn.transaction(readonly=True):
        await conn.execute(SEE_AS, told(asks))
        yield conn


def told(asks: Principal | None) -> str:
    """Who asks, as the policies of the tables read it."""
    scopes: defaultdict[str, list[str]] = defaultdict(list)
    for role in asks.roles if asks else ():
        scopes[role.name].append(role.scope)
    return orjson.dumps({"person": str(asks.person_id), **scopes} if asks else {}).decode()
