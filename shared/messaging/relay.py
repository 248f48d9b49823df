"""From the outbox to the courier."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import timedelta

from prometheus_client import Counter, Gauge

from shared.database.pool import LOST_CONNECTION, Pool, connection
from shared.errors import Busy
from shared.idle import until
from shared.logs import logger
from shared.messaging.log import SQL, message_of
from shared.messaging.message import Message
from shared.messaging.transport import Transport

BATCH = 500
LEASE = timedelta(seconds=30)
PUBLISH_TIMEOUT = 10.0
A_MOMENT = 0.1
GIVING_WAY = 10.0  # seconds
IDLE = 1.0  # how long a fact of a process that died may wait for another process to find it

sent_total = Counter("skillslab_facts_sent_total", "Facts that the courier confirmed")
refused_total = Counter("skillslab_facts_refused_total", "Facts that no queue wanted; they stay in the outbox")
outbox_age = Gauge("skillslab_outbox_oldest_seconds", "Age of the oldest fact that the courier has not confirmed")
outbox_size = Gauge("skillslab_outbox_waiting", "Facts that the courier has not confirmed")


class Relay:
    """Takes what waits in the outbox, hands it to the courier, and forgets it once that is confirmed.

    Any number may run side by side. A fact may be sent twice (a lease ran out, a confirm was lost) and is never forgotten
    before it is stored.
    """

    def __init__(self, pool: Pool, transport: Transport, *, lease: timedelta = LEASE) -> None:
        self._pool = pool
        self._transport = transport
        self._lease = lease
        self._news = asyncio.Event()
        self._refused: set[str] = set()
        self._gives_way_until: float | None = None
        """By the event loop's clock, from when there was a rush until nothing waited any more."""

    def wake(self) -> None:
        """Say that there are new facts; without it they are found within a second."""
        self._news.set()

    async def run(self, in_a_rush: Callable[[], bool] = lambda: False) -> None:
        """Serve for ever. While there is a rush facts stay where they are, for some seconds at most: whoever makes them has the
        processors, and those who are told catch up after.
        """
        pause = IDLE
        while True:
            self._news.clear()
            if in_a_rush() and self._still_gives_way():
                await asyncio.sleep(A_MOMENT)
                continue
            try:
                sent = await self.send_batch()
                pause = IDLE
            except (*LOST_CONNECTION, TimeoutError, Busy, CourierFailed) as error:
                logger.warning("relay waits", reason=str(error) or type(error).__name__, seconds=pause)
                await asyncio.sleep(pause)
                pause = min(pause * 2, 10.0)
                continue
            if sent < BATCH:
                self._gives_way_until = None
            if not sent:
                await until(self._news, IDLE)

    def _still_gives_way(self) -> bool:
        """Once the time for it is over, all that waits goes before there is more of it."""
        now = asyncio.get_running_loop().time()
        self._gives_way_until = self._gives_way_until or now + GIVING_WAY
        return now < self._gives_way_until

    async def send_batch(self) -> int:
        """Send the oldest facts that wait; returns how many were sent. Raises CourierFailed, or the database's own errors."""
        async with connection(self._pool) as conn:
            messages = [message_of(row) for row in await conn.fetch(SQL.claim, BATCH, self._lease)]
        if not messages:
            return 0
        try:
            async with asyncio.timeout(PUBLISH_TIMEOUT):
                refused = await self._transport.publish(messages)
        except Exception as error:
            await self._release(messages, timedelta(seconds=0))
            raise CourierFailed(f"{type(error).__name__}: {error}") from error
        stored = {message.id for message in messages} - {message.id for message in refused}
        async with connection(self._pool) as conn:
            await conn.execute(SQL.confirm, list(stored))
        sent_total.inc(len(stored))
        if refused:
            # A queue may still have to be declared by its consumer, or was deleted by hand. Nothing is lost: it waits.
            refused_total.inc(len(refused))
            self._say_refused({message.type for message in refused})
            await self._release(refused, timedelta(seconds=1))
        return len(stored)

    async def measure(self) -> None:
        """Put the outbox's size and age in the metrics."""
        async with connection(self._pool) as conn:
            row = await conn.fetchrow(SQL.unsent)
        assert row is not None
        outbox_size.set(row["waiting"])
        outbox_age.set(row["oldest_seconds"])

    def _say_refused(self, types: set[str]) -> None:
        """Once per type: it is tried again every second."""
        if new := types - self._refused:
            logger.warning("no queue wants these facts", types=sorted(new))
        self._refused |= types

    async def _release(self, messages: Sequence[Message], pause: timedelta) -> None:
        async with connection(self._pool) as conn:
            await conn.execute(SQL.release, [message.id for message in messages], pause)


class CourierFailed(Exception):
    """The courier could not be reached, or did not confirm in time; whether it stored the facts is unknown."""
