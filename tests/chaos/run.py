"""One run: a load, kills spread over it, a rest, and the verdict."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Coroutine, Sequence
from pathlib import Path

import aiohttp

from shared.checks import checking
from tests.chaos import picture
from tests.chaos.checker import Verdict, check
from tests.chaos.load import History, Load, Person
from tests.chaos.world import World, a_world
from tests.organiser import new_sessions
from tests.platform import SERVICES, Running

SESSIONS = 8
SEATS = 60
AT_ONCE = 24
DOWN = (0.3, 2.0)  # seconds that a victim stays down


def run(*, seed: int, operations: int, kills: int, with_broker: bool, history: Path) -> Verdict:
    """Run it and print what was found. The same seed gives the same wishes and the same kills; timing is the machine's."""
    with a_world(with_broker=with_broker) as world:
        platform = world.start()
        history.parent.mkdir(exist_ok=True)
        notes = History(history)
        try:
            verdict = asyncio.run(_run(world, platform, notes, seed, operations, kills))
        finally:
            notes.close()
    print(f"seed {seed}, {operations} operations, {kills} kills; history in {history}")
    for name, count in verdict.figures.items():
        print(f"  {name}: {count}")
    for kind, faults in verdict.faults.items():
        print(f"  FAULT {kind}: {len(faults)}, such as: {faults[0]}")
    print("  every promise held" if not verdict.faults else "  promises were broken")
    return verdict


async def _run(world: World, platform: Running, notes: History, seed: int, operations: int, kills: int) -> Verdict:
    async with world.mailbox.open():
        platform.start()
        sessions = await new_sessions(platform, SESSIONS, SEATS)
        people = await _people(platform, operations // SESSIONS + 50)
        load = Load(platform.base_url, people, sessions, notes, seed)
        running = asyncio.create_task(load.run(operations, AT_ONCE))
        await _kill_now_and_then(world, load, running, notes, random.Random(seed), operations, kills)
        await running
        world.revive()
        platform.wait_until_ready()
        assert world.database
        seconds = await _while_watching(world, picture.wait_until_settled(world.database.url("chaos")))
        notes.note("settled", seconds=round(seconds, 1))
        verdict = check(await picture.take(world.database.url("chaos"), sessions, notes.told, world.mailbox.message_ids))
        verdict.note("skillslab check", await _what_operators_find(world.database.url("chaos")))
        return verdict


async def _what_operators_find(server_url: str) -> Sequence[str]:
    """The same question asked by the command that operators have."""
    found = await checking.check(server_url, SERVICES)
    faults = [f"{of}: {fault.count} x {what}, such as {fault.first[0]}" for (of, what), fault in found.faults.items()]
    return [*faults, *(f"{of}: {why}" for of, why in found.unknown)]


async def _people(platform: Running, count: int) -> Sequence[Person]:
    tokens = platform.tokens("worker", count)
    people = []
    async with aiohttp.ClientSession() as http:
        for token in tokens:
            async with http.get(f"{platform.base_url}/v1/me", headers={"Authorization": f"Bearer {token}"}) as response:
                people.append(Person(token, (await response.json())["personId"]))
    return people


async def _kill_now_and_then(
    world: World,
    load: Load,
    running: asyncio.Task[None],
    notes: History,
    dice: random.Random,
    operations: int,
    kills: int,
) -> None:
    """Kill one thing after the other, in an order that reaches everything, each when its share of the work is done."""
    rounds = kills // len(world.victims()) + 1
    victims = [victim for _ in range(rounds) for victim in dice.sample(world.victims(), len(world.victims()))]
    for number, victim in enumerate(victims[:kills]):
        moment = operations * (number + dice.random()) / (kills + 1)
        while load.done < moment and not running.done():
            world.revive()
            await asyncio.sleep(0.02)
        world.kill(victim)
        notes.note("kill", victim=victim)
        await asyncio.sleep(dice.uniform(*DOWN) if victim in ("broker", "database") else 0.05)
        world.revive()
        notes.note("revived", victim=victim)
    while not running.done():
        world.revive()
        await asyncio.sleep(0.05)


async def _while_watching(world: World, work: Coroutine[None, None, float]) -> float:
    waiting = asyncio.create_task(work)
    while not waiting.done():
        world.revive()
        await asyncio.sleep(0.2)
    return await waiting
