"""What a service does for itself now and then."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from shared.database.pool import Connection, Pool, transaction
from shared.logs import logger
from shared.messaging.relay import Relay

MEASURE_EVERY = 15.0
MEASURES_PER_DAY = int(24 * 3600 / MEASURE_EVERY)

Chore = Callable[[Connection], Awaitable[None]]


async def keep_partitions(conn: Connection) -> None:
    """Have the event log's next months ready."""
    await conn.execute("SELECT keep_event_log_partitions()")


async def keep_house(pool: Pool, relay: Relay, chores: Sequence[Chore] = ()) -> None:
    """Measure the outbox all the time, and do the chores at the start and daily. Serves for ever."""
    while True:
        for chore in (keep_partitions, *chores):
            try:
                async with transaction(pool) as conn:
                    await chore(conn)
            except Exception as error:
                logger.warning("chore failed", chore=chore.__name__, reason=f"{type(error).__name__}: {error}")
        for _ in range(MEASURES_PER_DAY):
            try:
                await relay.measure()
            except Exception as error:
                logger.warning("outbox not measured", reason=f"{type(error).__name__}: {error}")
            await asyncio.sleep(MEASURE_EVERY)
