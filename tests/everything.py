"""Looking for something in everything that a database holds."""

from __future__ import annotations

import asyncpg

from shared.database.pool import Pool


async def places_of(database: Pool | str, needle: object) -> set[str]:
    """The tables with a row in which this stands, however it is written there; partitions count as their table."""
    conn = await asyncpg.connect(database) if isinstance(database, str) else None
    run = conn or database
    tables = await run.fetch(  # type: ignore[union-attr]
        "SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND n.nspname NOT IN ('pg_catalog', 'information_schema')"
    )
    found = set()
    for schema, table in tables:
        if await run.fetchval(  # type: ignore[union-attr]
            f'SELECT EXISTS (SELECT FROM "{schema}"."{table}" AS t WHERE strpos(lower(t::text), lower($1)) > 0)', str(needle)
        ):
            found.add(table)
    if conn:
        await conn.close()
    return found
