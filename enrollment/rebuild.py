"""`python -m enrollment rebuild`: the report anew from the log, while everything goes on."""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter

from enrollment.settings import EnrollmentSettings
from enrollment.uptake import projection
from shared.database.address import database_of
from shared.database.pool import open_pool, transaction


async def main(settings: EnrollmentSettings, arguments: Sequence[str]) -> None:
    started = perf_counter()
    pool = await open_pool(database_of(settings.database_url, "enrollment"), service="rebuild", size=1)
    async with transaction(pool) as conn:
        await conn.execute("SET LOCAL statement_timeout = 0")
        await projection.rebuild(conn)
        rows = await conn.fetchval("SELECT count(*) FROM uptake_enrollment")
    pool.terminate()
    print(f"The report was made anew from the log: {rows} enrollments in {perf_counter() - started:.1f} seconds.")
