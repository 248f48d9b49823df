"""A platform at work is not taken for a broken one, and does not notice that it is looked at."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from enrollment.commands import AcceptOffer, ChangeSeats, Command
from enrollment.desk import Desk
from shared.checks import logs, looking
from shared.checks.checking import check
from shared.launch.postgres import Postgres
from tests.checks.world import SERVICES, World, a_world
from tests.conftest import Templates
from tests.counts import count
from tests.enrollment.build import NOW, a_cancellation, a_request, opening
from tests.sabotage import twin

LAB = frozenset(["duurzaamheidsfabriek"])


@pytest.fixture
async def world(postgres: Postgres, templates: Templates) -> AsyncIterator[World]:
    async with a_world(postgres, templates) as world:
        yield world


async def a_busy_hour(world: World, sessions: list[UUID], stop: asyncio.Event) -> int:
    """People come, go and take what is offered, an organiser changes seats: until told to stop; returns how much was asked."""
    desk = Desk(world.pools["enrollment"], lambda: None, lambda: NOW + timedelta(hours=1))
    serving = asyncio.create_task(desk.run())
    asked = 0
    while not stop.is_set():
        wishes: list[Command] = []
        for _ in range(6):
            request = a_request(random.choice(sessions), work="GM0772", group=uuid4() if random.random() < 0.2 else None)
            wishes += [request, a_cancellation(request)] if random.random() < 0.6 else [request]
            wishes.append(AcceptOffer(uuid4(), request.session_id, request.enrollment_id, request.person_id))
        wishes.append(ChangeSeats(uuid4(), random.choice(sessions), LAB, capacity=random.randint(8, 12)))
        await asyncio.gather(*map(desk.ask, wishes))
        asked += len(wishes)
        await asyncio.sleep(0.1)
    serving.cancel()
    return asked


async def reading_on(world: World, stop: asyncio.Event) -> None:
    """Consumers lag behind the desk all the time, and catch up."""
    while not stop.is_set():
        await world.tell()
        await asyncio.sleep(0.1)


async def check_while_busy(world: World, times: int) -> None:
    openings = [opening(5, offers=24) for _ in range(4)]
    await world.decide(openings)
    stop = asyncio.Event()
    at_work = asyncio.gather(a_busy_hour(world, [one.session_id for one in openings], stop), reading_on(world, stop))
    try:
        for _ in range(times):
            found = await check(world.server_url, SERVICES, wait=30)
            assert not found.faults, found.as_text()
    finally:
        stop.set()
        asked, _ = await at_work
    assert asked > 20
    await world.tell()
    found = await check(world.server_url, SERVICES, wait=5)
    assert found.all_is_well, found.as_text()


def rows_and_facts_at_different_moments(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a check would do that compares two pictures: the log as it was read first, and the tables as they are later."""

    async def no_rest(self: logs.Log, found: object) -> AsyncIterator[logs.Stretch]:
        nothing: list[logs.Stretch] = []
        for stretch in nothing:
            yield stretch

    monkeypatch.setattr(logs.Log, "rest", no_rest)


@twin(rows_and_facts_at_different_moments)
async def test_checked_again_and_again_while_everybody_is_busy_there_is_no_false_alarm(
    world: World, monkeypatch: pytest.MonkeyPatch, guard: None
) -> None:
    monkeypatch.setattr(looking, "PIECE", 100)  # many pieces, with much happening between them
    monkeypatch.setattr(logs, "PIECE", 100)
    await check_while_busy(world, times=count(2, 30))


async def test_a_look_changes_nothing_and_is_over_soon(world: World) -> None:
    async with looking.Database(world.pools["enrollment"]).piece() as conn:
        limits = {
            name: await conn.fetchval(f"SHOW {name}")
            for name in ("transaction_read_only", "transaction_isolation", "statement_timeout", "lock_timeout")
        }

    assert limits == {
        "transaction_read_only": "on", "transaction_isolation": "repeatable read",
        "statement_timeout": "20s", "lock_timeout": "1s",
    }  # fmt: skip


async def test_a_database_that_is_away_leaves_its_invariants_unchecked_and_the_others_checked(world: World) -> None:
    await world.a_lived_session()
    await world.tell()
    await world.pools["gateway"].execute(f"DROP DATABASE {world.prefix}_notifications WITH (FORCE)")

    found = await check(world.server_url, SERVICES, wait=5)

    assert not found.faults
    assert {of for of, _ in found.unknown} == {"I5", "I7", "I10", "I11"}
    assert found.status("I1") == found.status("I6") == "ok"
