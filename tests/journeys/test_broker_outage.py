"""The broker is a courier: while it is away people enroll as fast as ever, and afterwards everything arrives."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Iterator
from statistics import median

import aiohttp
import pytest

from tests.chaos import picture
from tests.chaos.world import World, a_world
from tests.counts import count
from tests.organiser import new_sessions
from tests.platform import Running

OUTAGE = count(6, 60)  # seconds
pytestmark = [pytest.mark.broker, pytest.mark.timeout(400)]


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with a_world(with_broker=True) as world:
        world.start().start()
        yield world


async def enroll_for(platform: Running, tokens: Iterator[str], session: str, seconds: float) -> list[float]:
    """One person after the other, for so long; how many seconds each answer took."""
    took = []
    deadline = time.monotonic() + seconds
    async with aiohttp.ClientSession(platform.base_url) as http:
        while time.monotonic() < deadline:
            headers = {"Authorization": f"Bearer {next(tokens)}"}
            started = time.monotonic()
            async with http.post("/v1/enrollments", json={"sessionId": session}, headers=headers) as answer:
                assert answer.status == 201, await answer.text()
            took.append(time.monotonic() - started)
            await asyncio.sleep(0.02)
    return took


@pytest.mark.alone
def test_while_the_broker_is_away_enrolling_goes_on_as_fast_and_then_everything_arrives(world: World) -> None:
    platform = world.platform
    assert platform

    async def story() -> None:
        async with world.mailbox.open():
            (session,) = await new_sessions(platform, 1, 30)
            tokens = iter(platform.tokens("worker", 6000))
            before = await enroll_for(platform, tokens, session, OUTAGE)
            world.kill("broker")
            during = await enroll_for(platform, tokens, session, OUTAGE)
            world.revive()
            await asyncio.to_thread(platform.wait_until_ready)

            assert median(during) < 2 * median(before), "a busy machine is forgiven half"
            assert len(during) > len(before) / 2
            assert world.database
            url = world.database.url("chaos")
            await picture.wait_until_settled(url)
            seen = await picture.take(url, [session], [], world.mailbox.message_ids)
            assert len(seen.rows) == len(before) + len(during) == len(seen.report)
            assert len({mail.message_id for mail in seen.mails}) == len(seen.facts)
            assert not any(seen.unsettled.values())

    asyncio.run(story())


def test_a_broker_that_lost_everything_costs_a_minute_and_no_fact(world: World) -> None:
    """Its queues and all that was in them are gone, while the consumers were not looking."""
    platform = world.platform
    assert platform

    async def story() -> None:
        async with world.mailbox.open():
            (session,) = await new_sessions(platform, 1, 30)
            tokens = iter(platform.tokens("worker", 200))
            for child in platform.children:
                if child.name == "notifications":
                    assert child.pid
                    os.kill(child.pid, signal.SIGSTOP)  # its queue fills, and nobody takes from it
            enrolled = await enroll_for(platform, tokens, session, 2)
            await asyncio.sleep(2)
            assert world.broker
            world.broker.manage("DELETE", "vhosts/%2F")
            world.broker.make_vhost("%2F")
            for child in platform.children:
                if child.name == "notifications":
                    assert child.pid
                    os.kill(child.pid, signal.SIGCONT)

            assert world.database
            url = world.database.url("chaos")
            await picture.wait_until_settled(url)
            seen = await picture.take(url, [session], [], world.mailbox.message_ids)
            assert len(seen.rows) == len(enrolled) == len(seen.report)
            assert {delivery.message_id for delivery in seen.ledger} <= {mail.message_id for mail in seen.mails}
            assert len(seen.ledger) == len(seen.facts)

    asyncio.run(story())
