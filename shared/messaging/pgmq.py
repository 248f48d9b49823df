"""PGMQ as courier: queues in a PostgreSQL database of their own, for a platform without a broker.

A queue is polled once a second, and at once when a publisher says (NOTIFY, once per batch) that there is something. PGMQ's own
`enable_notify_insert` is not used: it updates one row per queue, so that open senders block each other.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager

import asyncpg
import orjson

from shared.database.pool import Connection, Pool, open_pool, transaction
from shared.idle import until
from shared.messaging.message import Message, from_wire, to_wire
from shared.messaging.transport import Batch

CHANNEL = "skillslab_bus"
POLL = 1.0
BATCH = 500
VISIBILITY = 60  # seconds after which an unsettled message comes back


class PGMQ:
    def __init__(self, url: str, organisation_number: str, *, visibility: int = VISIBILITY) -> None:
        """`url` is the address of the courier's own database; `visibility` is in seconds."""
        self._url = url
        self._organisation_number = organisation_number
        self._visibility = visibility
        self._pool: Pool | None = None
        self._ear: asyncpg.Connection[asyncpg.Record] | None = None
        self._readers: set[asyncio.Event] = set()
        self._opening = asyncio.Lock()

    async def declare(self, queue: str, types: Collection[str]) -> None:
        async with transaction(await self._open()) as conn:
            await conn.execute("SELECT pgmq.create($1)", queue)
            bound = {row["pattern"] for row in await conn.fetch("SELECT pattern FROM pgmq.list_topic_bindings($1)", queue)}
            for type_ in set(types) - bound:
                await conn.execute("SELECT pgmq.bind_topic($1, $2)", type_, queue)

    async def publish(self, messages: Sequence[Message]) -> Sequence[Message]:
        by_type: defaultdict[str, list[Message]] = defaultdict(list)
        for message in messages:
            by_type[message.type].append(message)
        refused: list[Message] = []
        async with transaction(await self._open()) as conn:
            for type_, of_type in by_type.items():
                if not await self._send(conn, type_, of_type):
                    refused.extend(of_type)
            await conn.execute("SELECT pg_notify($1, '')", CHANNEL)
        return refused

    async def _send(self, conn: Connection, type_: str, messages: Sequence[Message]) -> int:
        wires = [to_wire(message, self._organisation_number) for message in messages]
        stored: int = await conn.fetchval(
            "SELECT count(*) FROM pgmq.send_batch_topic($1, $2::jsonb[], $3::jsonb[])",
            type_,
            [wire.body.decode() for wire in wires],
            [orjson.dumps(wire.headers).decode() for wire in wires],
        )
        return stored

    async def receive(self, queue: str) -> AsyncIterator[Batch]:
        pool = await self._open()
        news = asyncio.Event()
        self._readers.add(news)
        try:
            while True:
                await self._listen()
                news.clear()
                async with transaction(pool) as conn:
                    rows = await conn.fetch(
                        "SELECT msg_id, message::text, headers::text FROM pgmq.read($1, $2, $3)",
                        queue, self._visibility, BATCH,
                    )  # fmt: skip
                if rows:
                    yield self._batch(queue, rows)
                else:
                    await until(news, POLL)
        finally:
            self._readers.discard(news)

    @asynccontextmanager
    async def _batch(self, queue: str, rows: Sequence[asyncpg.Record]) -> AsyncIterator[Sequence[Message]]:
        pool = await self._open()
        ids = [row["msg_id"] for row in rows]
        try:
            opened = (from_wire(orjson.loads(row["headers"]), row["message"].encode()) for row in rows)
            yield [message for message in opened if message]
        except BaseException:
            async with transaction(pool) as conn:
                await conn.execute("SELECT pgmq.set_vt($1, $2::bigint[], 1)", queue, ids)
            raise
        async with transaction(pool) as conn:
            await conn.execute("SELECT pgmq.delete($1, $2::bigint[])", queue, ids)

    async def waiting(self, queue: str) -> int:
        async with transaction(await self._open()) as conn:
            count: int = await conn.fetchval("SELECT queue_length FROM pgmq.metrics($1)", queue)
            return count

    async def close(self) -> None:
        if self._ear is not None:
            self._ear.terminate()
        if self._pool is not None:
            self._pool.terminate()
        self._ear = self._pool = None

    async def _listen(self) -> None:
        """Have one connection that hears of news, for all readers of this process; it does not come back by itself."""
        async with self._opening:
            if self._ear is None or self._ear.is_closed():
                self._ear = await asyncpg.connect(self._url, timeout=5)
                await self._ear.add_listener(CHANNEL, self._tell_readers)

    def _tell_readers(self, *_: object) -> None:
        for news in self._readers:
            news.set()

    async def _open(self) -> Pool:
        async with self._opening:
            if self._pool is None:
                self._pool = await open_pool(self._url, service="bus", size=4)
            return self._pool
