"""A consumer applies each fact once and in order, whatever the courier does, and one bad fact holds up nobody else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from uuid import UUID, uuid4

import pytest
from structlog.testing import capture_logs

from shared.contracts.event import Event
from shared.contracts.gateway import SignInRequested
from shared.database.pool import Connection, Pool, transaction
from shared.errors import Rejected
from shared.messaging import consumer as consuming
from shared.messaging import inbox, log
from shared.messaging.consumer import Consumer
from shared.messaging.message import Envelope, Message
from shared.messaging.pgmq import PGMQ
from shared.messaging.relay import Relay
from tests.conftest import MakeDatabase, OpenPool
from tests.messaging.facts import a_fact
from tests.sabotage import twin

BROKEN = UUID(int=13)


class World:
    """A publisher's database, a consumer's database, and what the consumer applied, in order."""

    def __init__(self, publisher: Pool, subscriber: Pool, courier: PGMQ) -> None:
        self.publisher, self.subscriber, self.courier = publisher, subscriber, courier
        self.mended = False
        self.consumer = Consumer("reader", subscriber, courier, {SignInRequested: self.react}, {"gateway": self.read_log})

    async def react(self, conn: Connection, facts: Sequence[Envelope[Event]]) -> None:
        for fact in facts:
            assert isinstance(fact.event, SignInRequested)
            if fact.event.sign_in_id == BROKEN and fact.event.revision == 2 and not self.mended:
                raise ZeroDivisionError("cannot apply this one")
            await conn.execute(
                "INSERT INTO applied (subject, revision) VALUES ($1, $2)", fact.event.sign_in_id, fact.event.revision
            )

    async def read_log(self, after: str) -> log.Page:
        async with self.publisher.acquire() as conn:
            return await log.read(conn, "gateway", after)

    async def record(self, *facts: Event) -> Sequence[Message]:
        async with transaction(self.publisher) as conn:
            await log.append(conn, "gateway", facts)
        return (await self.read_log("")).messages[-len(facts) :]

    async def applied(self, subject: UUID) -> list[int]:
        rows = await self.subscriber.fetch("SELECT revision FROM applied WHERE subject = $1 ORDER BY nr", subject)
        return [row["revision"] for row in rows]


@pytest.fixture
async def world(make_pool: OpenPool, make_database: MakeDatabase) -> AsyncIterator[World]:
    subscriber = await make_pool("messaging")
    await subscriber.execute("CREATE TABLE applied (nr bigint GENERATED ALWAYS AS IDENTITY, subject uuid, revision int)")
    courier = PGMQ(await make_database("bus"), "12345678")
    yield World(await make_pool("messaging"), subscriber, courier)
    await courier.close()


def no_inbox(monkeypatch: pytest.MonkeyPatch) -> None:
    async def admit_all(
        conn: Connection, consumer: str, messages: Sequence[Message]
    ) -> tuple[Sequence[Message], Sequence[Message]]:
        return messages, []

    monkeypatch.setattr(inbox, "admit", admit_all)


@twin(no_inbox)
async def test_a_fact_that_comes_three_times_counts_once(world: World, guard: None) -> None:
    subject = uuid4()
    messages = await world.record(a_fact(subject))

    for _ in range(3):
        await world.consumer.take(messages)

    assert await world.applied(subject) == [1]


async def test_two_processes_of_a_consumer_apply_a_fact_once(world: World) -> None:
    subjects = [uuid4() for _ in range(50)]
    messages = await world.record(*(a_fact(subject) for subject in subjects))

    await asyncio.gather(*(world.consumer.take(messages) for _ in range(5)))

    assert await world.subscriber.fetchval("SELECT count(*) FROM applied") == 50


@twin(no_inbox)
async def test_a_fact_that_overtakes_another_waits_for_it(world: World, guard: None) -> None:
    subject = uuid4()
    one, two = await world.record(a_fact(subject, 1), a_fact(subject, 2))

    assert list(await world.consumer.take([two])) == [two]
    await world.consumer.take([one])
    await world.consumer.walk("gateway")

    assert await world.applied(subject) == [1, 2]


async def test_a_failed_reaction_leaves_no_trace_in_the_inbox(world: World) -> None:
    messages = await world.record(a_fact(BROKEN, 1), a_fact(BROKEN, 2))

    await world.consumer.take(messages)

    assert await world.applied(BROKEN) == [1]
    assert await world.subscriber.fetchval("SELECT revision FROM inbox") == 1


async def test_one_bad_fact_among_a_hundred_holds_up_nobody_else(world: World) -> None:
    facts = [a_fact() for _ in range(98)]
    messages = await world.record(a_fact(BROKEN, 1), a_fact(BROKEN, 2), *facts)

    await world.consumer.take(messages)

    assert await world.subscriber.fetchval("SELECT count(*) FROM applied") == 99


async def test_a_fact_that_keeps_failing_is_parked_and_its_successors_go_on(world: World) -> None:
    await world.record(a_fact(BROKEN, 1), a_fact(BROKEN, 2), a_fact(BROKEN, 3))
    await world.consumer.walk("gateway")
    assert await world.applied(BROKEN) == [1]

    for _ in range(consuming.ATTEMPTS):
        await world.subscriber.execute("UPDATE trouble SET due_at = now()")
        await world.consumer.try_again()
    await world.subscriber.execute("UPDATE trouble SET due_at = now()")
    await world.consumer.try_again()

    assert await world.applied(BROKEN) == [1, 3]
    parked = await world.subscriber.fetchrow("SELECT * FROM trouble")
    assert parked is not None
    assert parked["attempts"] == consuming.ATTEMPTS
    assert "cannot apply this one" in parked["reason"]


async def test_a_parked_fact_can_be_replayed_once_its_cause_is_mended(world: World) -> None:
    await test_a_fact_that_keeps_failing_is_parked_and_its_successors_go_on(world)
    world.mended = True

    assert await world.consumer.replay_parked() == 1

    assert sorted(await world.applied(BROKEN)) == [1, 2, 3]
    assert await world.subscriber.fetchval("SELECT count(*) FROM trouble") == 0


async def test_what_the_courier_lost_comes_from_the_log(world: World) -> None:
    subjects = [uuid4() for _ in range(1200)]
    for start in range(0, 1200, 400):
        await world.record(*(a_fact(subject) for subject in subjects[start : start + 400]))

    assert await world.consumer.walk("gateway") == 1200
    assert await world.consumer.walk("gateway") == 0

    assert await world.subscriber.fetchval("SELECT count(DISTINCT subject) FROM applied") == 1200


async def test_a_publisher_that_starts_a_moment_later_is_no_news_and_is_read_soon(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consuming, "SOON", 0.05)
    subject, asked = uuid4(), 0
    await world.record(a_fact(subject))

    async def away_at_first(after: str) -> log.Page:
        nonlocal asked
        asked += 1
        if asked < 3:
            raise Rejected("unavailable", 503)
        return await world.read_log(after)

    consumer = Consumer("reader", world.subscriber, world.courier, {SignInRequested: world.react}, {"gateway": away_at_first})
    with capture_logs() as said:
        running = asyncio.create_task(consumer.run())
        async with asyncio.timeout(10):
            while await world.applied(subject) != [1]:
                await asyncio.sleep(0.02)
        running.cancel()
        await asyncio.wait([running])

    assert [line for line in said if line["event"] == "log not read"] == []


async def test_a_log_with_a_new_life_is_read_from_the_start(world: World) -> None:
    """A publisher's database is restored: the third fact of a subject is lost, and another takes its revision."""
    subject = uuid4()
    await world.record(a_fact(subject, 1), a_fact(subject, 2))
    (lost,) = await world.record(a_fact(subject, 3))
    await world.consumer.walk("gateway")
    await restore_without(world.publisher, lost)
    other = uuid4()
    await world.record(a_fact(subject, 3), a_fact(other, 1), a_fact(subject, 4))

    await world.consumer.take([lost])  # the courier still had it
    await world.consumer.walk("gateway")

    assert await world.applied(subject) == [1, 2, 3, 1, 2, 3, 4]
    assert await world.applied(other) == [1]
    assert await world.subscriber.fetchval("SELECT count(*) FROM trouble") == 0


async def restore_without(publisher: Pool, lost: Message) -> None:
    """What an operator does with a backup that is older than a fact: put it back, and give the log a new life."""
    async with transaction(publisher) as conn:
        await conn.execute("ALTER TABLE event_log DISABLE TRIGGER event_log_is_append_only")
        await conn.execute("DELETE FROM event_log WHERE event_id = $1", lost.id)
        await conn.execute("ALTER TABLE event_log ENABLE TRIGGER event_log_is_append_only")
        await conn.execute("DELETE FROM outbox WHERE event_id = $1", lost.id)
        await conn.execute("UPDATE log_epoch SET epoch = gen_random_uuid()")


async def test_facts_flow_from_the_outbox_of_one_service_to_the_tables_of_another(world: World) -> None:
    running = asyncio.create_task(world.consumer.run())
    relay = Relay(world.publisher, world.courier)
    relaying = asyncio.create_task(relay.run())
    subject = uuid4()
    await world.record(*(a_fact(subject, revision) for revision in range(1, 101)))
    relay.wake()

    async with asyncio.timeout(10):
        while len(await world.applied(subject)) < 100:
            await asyncio.sleep(0.05)

    assert await world.applied(subject) == list(range(1, 101))
    for task in (running, relaying):
        task.cancel()
    await asyncio.wait([running, relaying])


async def test_a_consumer_that_is_stopped_finishes_what_it_began(world: World) -> None:
    began, may_go_on = asyncio.Event(), asyncio.Event()

    async def slow() -> None:
        began.set()
        await may_go_on.wait()
        await world.consumer.take(await world.record(a_fact(BROKEN, 1)))

    stopping = asyncio.create_task(consuming.finish(slow()))
    await began.wait()
    stopping.cancel()
    await asyncio.sleep(0)
    may_go_on.set()

    with pytest.raises(asyncio.CancelledError):
        await stopping
    assert await world.applied(BROKEN) == [1]
