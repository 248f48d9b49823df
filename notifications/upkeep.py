"""What the ledger needs all the time, whoever sends."""

from __future__ import annotations

import asyncio

from prometheus_client import Gauge

from notifications import store
from notifications.deliveries import UNKNOWN_WAIT
from notifications.sender import AWAY, mails_total
from shared.database.pool import Pool, connection, transaction
from shared.logs import logger
from shared.messaging import forgetting

LOOK_EVERY = 1.0
LOOKS_PER_MEASURE = 15

waiting = Gauge("skillslab_mails_waiting", "Mails that are not finished")
oldest = Gauge("skillslab_mails_oldest_seconds", "For how long the oldest of them has been waiting")


async def look_after(pool: Pool) -> None:
    """Find mails whose sender is gone, and measure what waits. Serves for ever."""
    while True:
        try:
            await measure(pool)
            for _ in range(LOOKS_PER_MEASURE):
                await lose_sight(pool)
                await forget(pool)
                await asyncio.sleep(LOOK_EVERY)
        except AWAY as error:
            logger.warning("ledger not looked after", reason=f"{type(error).__name__}: {error}")
            await asyncio.sleep(LOOK_EVERY)


async def lose_sight(pool: Pool) -> int:
    """Note that nobody knows about mails whose sender is gone: they are tried once more, later. Returns how many."""
    async with connection(pool) as conn:
        count = await store.lose_sight(conn, UNKNOWN_WAIT)
    if count:
        mails_total.labels("unknown").inc(count)
        logger.warning("nobody knows whether these mails went out", count=count)
    return count


async def forget(pool: Pool) -> None:
    """See which erasures are done: nothing is under the person's id any more. For a day, see to it that this stays so."""
    async with transaction(pool) as conn:
        for erasure in await forgetting.unfinished(conn):
            await forgetting.rekey_trouble(conn, erasure)
            if not await store.knows(conn, erasure.person_id):
                await forgetting.done(conn, erasure)
        await forgetting.let_go(conn)


async def measure(pool: Pool) -> None:
    async with connection(pool) as conn:
        now = await store.waiting(conn)
    waiting.set(now.count)
    oldest.set(now.oldest_seconds)
