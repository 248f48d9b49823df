"""What is in the outbox reaches the courier, however often something breaks, and leaves the outbox only when stored."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing, asynccontextmanager, suppress
from datetime import timedelta

import pytest

from shared.contracts.gateway import SignInRequested
from shared.database.pool import Pool, transaction
from shared.messaging import log
from shared.messaging import relay as relays
from shared.messaging.message import Message
from shared.messaging.pgmq import PGMQ
from shared.messaging.relay import CourierFailed, Relay
from tests.conftest import MakeDatabase, OpenPool
from tests.messaging.facts import a_fact
from tests.sabotage import twin


@pytest.fixture
async def pool(make_pool: OpenPool) -> Pool:
    return await make_pool("messaging")


@pytest.fixture
async def courier(make_database: MakeDatabase) -> AsyncIterator[PGMQ]:
    courier = PGMQ(await make_database("bus"), "12345678")
    yield courier
    await courier.close()


async def record(pool: Pool, count: int = 1) -> None:
    async with transaction(pool) as conn:
        await log.append(conn, "gateway", [a_fact() for _ in range(count)])


async def in_outbox(pool: Pool) -> int:
    count: int = await pool.fetchval("SELECT count(*) FROM outbox")
    return count


async def received(courier: PGMQ) -> list[Message]:
    async with aclosing(courier.receive("reader")) as batches:  # type: ignore[type-var]
        async for batch in batches:
            async with batch as messages:
                return list(messages)
    return []


async def test_a_sent_fact_leaves_the_outbox(pool: Pool, courier: PGMQ) -> None:
    await courier.declare("reader", [SignInRequested.type])
    await record(pool, 3)

    assert await Relay(pool, courier).send_batch() == 3

    assert await in_outbox(pool) == 0
    assert len(await received(courier)) == 3


async def test_a_fact_that_no_queue_wants_waits_until_one_does(pool: Pool, courier: PGMQ) -> None:
    relay = Relay(pool, courier)
    await record(pool)
    assert await relay.send_batch() == 0
    assert await in_outbox(pool) == 1

    await courier.declare("reader", [SignInRequested.type])
    await asyncio.sleep(1.1)  # it is not tried again at once

    assert await relay.send_batch() == 1


class Silent(PGMQ):
    """A courier that stores nothing and says so."""

    async def publish(self, messages: Sequence[Message]) -> Sequence[Message]:
        raise ConnectionError("no courier here")


async def test_while_the_courier_is_away_nothing_leaves_and_nothing_is_lost(pool: Pool, courier: PGMQ) -> None:
    await record(pool, 2)

    with pytest.raises(CourierFailed, match="no courier here"):
        await Relay(pool, Silent("postgresql://nowhere", "12345678")).send_batch()

    await courier.declare("reader", [SignInRequested.type])
    assert await Relay(pool, courier).send_batch() == 2


async def test_two_relays_share_the_work_and_send_nothing_twice(pool: Pool, courier: PGMQ) -> None:
    await courier.declare("reader", [SignInRequested.type])
    await record(pool, 700)
    one, two = Relay(pool, courier), Relay(pool, courier)

    sent = await asyncio.gather(one.send_batch(), two.send_batch())

    assert sum(sent) == 700
    assert await courier.waiting("reader") == 700


class Dies(PGMQ):
    """A courier whose relay is killed between storing and confirming."""

    async def publish(self, messages: Sequence[Message]) -> Sequence[Message]:
        await super().publish(messages)
        raise asyncio.CancelledError


async def test_what_a_killed_relay_held_is_sent_when_its_lease_runs_out(pool: Pool, courier: PGMQ) -> None:
    await courier.declare("reader", [SignInRequested.type])
    await record(pool)
    with pytest.raises(asyncio.CancelledError):
        await Relay(pool, Dies(courier._url, "12345678"), lease=timedelta(seconds=0.5)).send_batch()
    relay = Relay(pool, courier)
    assert await relay.send_batch() == 0, "it is still leased"

    await asyncio.sleep(0.6)

    assert await relay.send_batch() == 1


def confirm_before_sending(monkeypatch: pytest.MonkeyPatch) -> None:
    hasty = log.SQL.claim.replace(
        "UPDATE outbox SET leased_until = now() + $2::interval\n      FROM", "DELETE FROM outbox USING"
    )
    assert hasty != log.SQL.claim
    monkeypatch.setattr(log.SQL, "claim", hasty.replace("LIMIT $1", "LIMIT $1 + extract(second FROM $2::interval)::int * 0"))


@twin(confirm_before_sending)
async def test_a_fact_stays_in_the_outbox_until_the_courier_stored_it(pool: Pool, guard: None) -> None:
    await record(pool)

    with pytest.raises(CourierFailed):
        await Relay(pool, Silent("postgresql://nowhere", "12345678")).send_batch()

    assert await in_outbox(pool) == 1


async def test_a_woken_relay_sends_without_waiting(pool: Pool, courier: PGMQ) -> None:
    await courier.declare("reader", [SignInRequested.type])
    relay = Relay(pool, courier)
    running = asyncio.create_task(relay.run())
    await asyncio.sleep(0.2)
    await record(pool)

    relay.wake()

    assert len(await received(courier)) == 1
    running.cancel()


# While many come at once


def no_time_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relays, "GIVING_WAY", 0.0)


@twin(no_time_at_all)
async def test_facts_let_a_rush_pass_and_go_when_it_is_over(pool: Pool, courier: PGMQ, guard: None) -> None:
    await courier.declare("reader", [SignInRequested.type])
    await record(pool, 3)
    rush = [True] * 5

    async def passing() -> None:
        while rush:
            await asyncio.sleep(relays.A_MOMENT)
            rush.pop()
            assert await in_outbox(pool) == 3

    async with running(Relay(pool, courier), lambda: bool(rush)):
        await passing()
        await until_empty(pool)


async def test_a_rush_that_does_not_end_keeps_no_fact_for_ever(
    pool: Pool, courier: PGMQ, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relays, "GIVING_WAY", 0.3)
    monkeypatch.setattr(relays, "BATCH", 2)
    await courier.declare("reader", [SignInRequested.type])
    await record(pool, 7)

    async with running(Relay(pool, courier), lambda: True):
        await until_empty(pool)
        await record(pool, 7)
        await until_empty(pool)


@asynccontextmanager
async def running(relay: Relay, in_a_rush: Callable[[], bool]) -> AsyncIterator[None]:
    task = asyncio.create_task(relay.run(in_a_rush))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def until_empty(pool: Pool) -> None:
    async with asyncio.timeout(10):
        while await in_outbox(pool):
            await asyncio.sleep(0.05)
