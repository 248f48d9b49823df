"""A consumer applies each fact it subscribes to once, and in order, in the transaction of its own reaction.

Facts come from two sides: the courier brings them fast, the publisher's log brings them surely. Both end in `take`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import groupby
from typing import Any

from prometheus_client import Counter, Gauge

from shared.contracts import registry
from shared.contracts.event import Event
from shared.database.pool import LOST_CONNECTION, TRY_AGAIN, Connection, Pool, connection, transaction
from shared.errors import Busy, Rejected
from shared.logs import logger
from shared.messaging import inbox
from shared.messaging.log import SQL, ReadLog
from shared.messaging.message import Envelope, Message
from shared.messaging.transport import Batch, Transport

Reaction = Callable[[Connection, Sequence[Envelope[Any]]], Awaitable[None]]  # each knows the facts it subscribed to
Subscriptions = Mapping[type[Event], Reaction]

ATTEMPTS = 5
SOON = 1.0  # seconds
AWAY = (*LOST_CONNECTION, *TRY_AGAIN, Busy, TimeoutError)

applied_total = Counter("skillslab_facts_applied_total", "Facts applied, by consumer", ["consumer"])
parked_total = Counter("skillslab_facts_parked_total", "Facts parked after too many attempts", ["consumer"])
lag_seconds = Gauge("skillslab_consumer_lag_seconds", "Age of the newest fact when it was applied", ["consumer"])


async def nothing(conn: Connection, facts: Sequence[Envelope[Event]]) -> None:
    """The reaction to a fact that a consumer only has to see, to keep count of its subject's revisions."""


class Consumer:
    """Applies facts to one service's database.

    `subscriptions` is the service's visible dict; `logs` says how to read the log of each publisher it names. Everything a
    consumer must not forget is in PostgreSQL: its inbox, its place in the logs, and what it could not apply.
    """

    def __init__(
        self,
        name: str,
        pool: Pool,
        transport: Transport,
        subscriptions: Subscriptions,
        logs: Mapping[str, ReadLog],
        applied: Callable[[], None] | None = None,
        walk_every: float = 60.0,
        settling: float = 15.0,
    ) -> None:
        """`applied` is called after each commit; reactions may have logged facts of their own. `walk_every` is in seconds;
        in the first seconds, `settling`, the other services may still be on their way.
        """
        self.name = name
        self._pool = pool
        self._transport = transport
        self._reactions = {event.type: reaction for event, reaction in subscriptions.items()}
        self._logs = logs
        self._applied = applied or (lambda: None)
        self._walk_every = walk_every
        self._settling = settling
        self._behind = asyncio.Event()

    async def run(self) -> None:
        """Serve for ever. Cancelling it stops between two batches, never within one."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._listen())
            tasks.create_task(self._walk_now_and_then())
            tasks.create_task(self._try_again_now_and_then())

    async def take(self, messages: Sequence[Message]) -> Sequence[Message]:
        """Apply what is new and in turn; returns what came before its turn. A fact that fails is set apart as trouble.

        Raises what says that the database is away: then nothing is settled.
        """
        wanted = sorted((message for message in messages if message.type in self._reactions), key=lambda m: m.order)
        return await self._take(wanted)

    async def _take(self, messages: Sequence[Message]) -> Sequence[Message]:
        if not messages:
            return []
        try:
            async with transaction(self._pool) as conn:
                early = await self._apply(conn, messages)
            self._applied()
            return early
        except AWAY:
            raise
        except Exception as error:
            if len(messages) > 1:
                middle = len(messages) // 2
                return [*await self._take(messages[:middle]), *await self._take(messages[middle:])]
            await self._note_trouble(messages[0], f"{type(error).__name__}: {error}", attempts=1)
            return []

    async def _apply(self, conn: Connection, messages: Sequence[Message]) -> Sequence[Message]:
        admitted, early = await inbox.admit(conn, self.name, messages)
        for reaction, envelopes in self._by_reaction(admitted):
            await reaction(conn, envelopes)
        if admitted:
            applied_total.labels(self.name).inc(len(admitted))
            lag_seconds.labels(self.name).set(inbox.age(admitted))
        return early

    def _by_reaction(self, messages: Sequence[Message]) -> Iterator[tuple[Reaction, Sequence[Envelope[Event]]]]:
        for reaction, group in groupby(messages, key=lambda message: self._reactions[message.type]):
            yield reaction, [Envelope(message, registry.decode(message.type, message.data)) for message in group]

    # From the courier

    async def _listen(self) -> None:
        while True:
            try:
                await self._transport.declare(self.name, self._reactions)
                async for batch in self._transport.receive(self.name):
                    await finish(self._settle(batch))
            except AWAY as error:
                logger.warning("consumer waits", consumer=self.name, reason=str(error) or type(error).__name__)
            except Exception as error:
                logger.error("courier failed", consumer=self.name, reason=f"{type(error).__name__}: {error}")
            await asyncio.sleep(1)

    async def _settle(self, batch: Batch) -> None:
        async with batch as messages:
            if await self.take(messages):
                self._behind.set()  # one is missing: the log has it, and this one after it

    # From the publishers' logs

    async def _walk_now_and_then(self) -> None:
        clock = asyncio.get_running_loop().time
        settled_at = clock() + self._settling
        while True:
            self._behind.clear()
            settling = clock() < settled_at
            read = [await self._has_walked(source, quietly=settling) for source in self._logs]
            try:
                async with asyncio.timeout(SOON if settling and not all(read) else self._walk_every):
                    await self._behind.wait()
            except TimeoutError:
                continue
            await asyncio.sleep(0.1)  # several may have noticed the same gap

    async def _has_walked(self, source: str, *, quietly: bool) -> bool:
        """Walk a log. A publisher that is away while everything starts is no news, and is asked again soon."""
        try:
            await finish(self.walk(source))
        except Exception as error:
            if not (quietly and isinstance(error, Rejected) and error.status == 503):
                logger.warning("log not read", consumer=self.name, source=source, reason=f"{type(error).__name__}: {error}")
            return False
        return True

    async def walk(self, source: str) -> int:
        """Read a publisher's log from where this consumer stopped, and apply what the courier did not bring.

        Returns how many facts were read. Raises whatever keeps the log from being read or applied.
        """
        read = 0
        while True:
            async with transaction(self._pool) as conn:
                epoch, cursor = await inbox.take_turn(conn, self.name, source)
            page = await self._logs[source](cursor)
            if epoch != page.epoch:
                async with transaction(self._pool) as conn:
                    await inbox.start_over(conn, self.name, source, page.epoch)
                if epoch is not None:
                    logger.warning("log began a new life", consumer=self.name, source=source)
                    continue
            if not page.messages:
                return read
            for early in await self.take(page.messages):
                # What should have come before it is trouble, or on the next page: whoever waits for a lock may be logged
                # out of turn. Either way it waits.
                await self._note_trouble(early, "waits for an earlier fact of its subject", attempts=0)
            async with connection(self._pool) as conn:
                await conn.execute(SQL.advance, self.name, source, page.epoch, page.cursor)
            read += len(page.messages)

    # What could not be applied

    async def _try_again_now_and_then(self) -> None:
        while True:
            await asyncio.sleep(1)
            try:
                await finish(self.try_again())
            except AWAY as error:
                logger.warning("retries wait", consumer=self.name, reason=str(error) or type(error).__name__)

    async def try_again(self) -> None:
        """Apply the troubled facts that are due, each by itself."""
        async with connection(self._pool) as conn:
            rows = await conn.fetch(SQL.due_trouble, self.name)
        for row in rows:
            message = Message.from_json(row["message"])
            try:
                async with transaction(self._pool) as conn:
                    early = await self._apply(conn, [message])
                    if not early:
                        await conn.execute(SQL.settle_trouble, self.name, *message.order)
            except AWAY:
                raise
            except Exception as error:
                await self._note_trouble(message, f"{type(error).__name__}: {error}", attempts=1)
                continue
            if early:
                await self._note_trouble(message, "waits for an earlier fact of its subject", attempts=0)

    async def replay_parked(self) -> int:
        """Apply what was parked, after its cause was mended; returns how many went well. Raises what still fails."""
        async with connection(self._pool) as conn:
            rows = await conn.fetch(SQL.parked, self.name)
        for row in rows:
            message = Message.from_json(row["message"])
            async with transaction(self._pool) as conn:
                for reaction, envelopes in self._by_reaction([message]):
                    await reaction(conn, envelopes)
                await conn.execute(SQL.settle_trouble, self.name, *message.order)
        return len(rows)

    async def _note_trouble(self, message: Message, reason: str, *, attempts: int) -> None:
        """Write down what could not be applied. After too many attempts it is parked, and its successors go on without it."""
        async with transaction(self._pool) as conn:
            tried = await conn.fetchval(
                SQL.note_trouble, self.name, *message.order, message.to_json(), attempts, reason[:2000], timedelta(seconds=1)
            )
            if attempts and tried >= ATTEMPTS:
                await conn.execute(SQL.park, self.name, *message.order)
                await inbox.remember(conn, self.name, message)
                parked_total.labels(self.name).inc()
        logger.error(
            "fact parked" if attempts and tried >= ATTEMPTS else "fact set apart",
            consumer=self.name, type=message.type, subject=message.subject, revision=message.revision, reason=reason,
        )  # fmt: skip


async def finish(work: Awaitable[object]) -> None:
    """Await work to its end even when we are cancelled meanwhile; then be cancelled."""
    task = asyncio.ensure_future(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise
