"""`make bench`: one hot session, at the desk and through the API, beside the naive transaction. Writes docs/benchmarks.md."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from uuid import uuid4

import asyncpg

from shared.database.address import database_of
from shared.launch import postgres
from shared.launch.postgres import Postgres
from shared.web.principal import HEADER, Principal, PrincipalKey, Role
from tests import ROOT, servers
from tests.bench import naive, queues
from tests.bench.load import Rush, rush
from tests.bench.profile import Watched
from tests.bench.report import Findings, Plan, page
from tests.organiser import new_sessions
from tests.platform import Running

PLAN = Plan(rounds=int(os.environ.get("ROUNDS", "5")), seconds=int(os.environ.get("SECONDS_EACH", "8")))
PEOPLE = 60_000


async def main() -> None:
    with servers.scratch("bench") as folder:
        server = postgres.start(folder / "database")
        platform = Running(folder, server.url("bench"), "", more={"SKILLSLAB_WRITES_PER_PERSON": str(10**6)})
        try:
            await naive.prepare(server)
            platform.start()
            text = page(PLAN, await measure(server, platform, folder))
        finally:
            platform.stop()
            server.stop()
    (ROOT / "docs" / "benchmarks.md").write_text(text, encoding="utf-8")
    print(text)


async def measure(server: Postgres, platform: Running, folder: Path) -> Findings:
    """Each round takes the three in turn, so that a slow moment of the machine strikes all of them."""
    findings = Findings(queues=await queues.measure(server))
    print(f"announcing {PLAN.spread:,} sessions …", flush=True)
    many = await new_sessions(platform, PLAN.spread, PLAN.seats, of_one_course=True)
    tokens = [f"Bearer {token}" for token in platform.tokens("worker", PEOPLE)]
    for number in range(PLAN.rounds):
        print(f"round {number + 1} of {PLAN.rounds} …", flush=True)
        plain = partial(naive.transactions_per_second, server, folder, clients=PLAN.clients, seconds=PLAN.seconds)
        findings.yardstick.append(plain())
        at_desk, through_api = await new_sessions(platform, 2, PLAN.seats)
        desk = lambda: rush_at_desk(platform, folder, [at_desk])  # noqa: B023, E731
        api = lambda: rush_at_api(platform, folder, tokens, through_api)  # noqa: B023, E731
        findings.desk.append(await one_rush(findings, platform, folder, "enrollment", desk, last=number == PLAN.rounds - 1))
        await catch_up(server, findings)
        findings.api.append(await one_rush(findings, platform, folder, "gateway", api, last=number == PLAN.rounds - 1))
        await catch_up(server, findings)
        await must_add_up(server, {at_desk: findings.desk[-1], through_api: findings.api[-1]})
        findings.spread_yardstick.append(plain(sessions=PLAN.spread))
        findings.spread.append(rush_at_desk(platform, folder, many))
        assert (findings.spread[-1].refused, findings.spread[-1].broken) == (0, 0)
        await catch_up(server, findings)
    return findings


async def one_rush(
    findings: Findings, platform: Running, folder: Path, service: str, do: Callable[[], Rush], *, last: bool
) -> Rush:
    """Measure; after the last round once more under a profiler, which is not counted."""
    seen = do()
    if last:
        with Watched(platform, service, folder) as watched:
            do()
        findings.profiles[service] = watched
    return seen


def rush_at_desk(platform: Running, folder: Path, sessions: Sequence[str]) -> Rush:
    """Straight at the enrollment service, signed as the gateway would; new people each time."""
    key = PrincipalKey(platform.told["SKILLSLAB_INTERNAL_KEY"])
    people = [key.sign(Principal(uuid4(), (Role("worker"),))) for _ in range(PEOPLE)]
    return rush(
        folder, platform.internal_url("enrollment"), "/enrollments", HEADER, people, sessions,
        at_once=PLAN.workers, seconds=PLAN.seconds,
    )  # fmt: skip


def rush_at_api(platform: Running, folder: Path, tokens: Sequence[str], session_id: str) -> Rush:
    return rush(
        folder,
        platform.base_url,
        "/v1/enrollments",
        "Authorization",
        tokens,
        [session_id],
        at_once=PLAN.workers,
        seconds=PLAN.seconds,
    )


async def catch_up(server: Postgres, findings: Findings) -> None:
    """Wait until the courier has everything and the report shows it, and then until every mail is out: the next is measured on
    a platform that has nothing left to do.
    """
    started = time.monotonic()
    await _come_to_nothing(
        server, "enrollment",
        "SELECT (SELECT count(*) FROM outbox) + (SELECT count(*) FROM enrollment) - (SELECT count(*) FROM uptake_enrollment)",
    )  # fmt: skip
    findings.caught_up.append(time.monotonic() - started)
    await _come_to_nothing(server, "notifications", "SELECT count(*) FROM delivery WHERE finished_at IS NULL")
    findings.mailed.append(time.monotonic() - started)


async def _come_to_nothing(server: Postgres, service: str, count: str) -> None:
    conn = await asyncpg.connect(database_of(server.url("bench"), service))
    while await conn.fetchval(count):
        await asyncio.sleep(0.2)
    await conn.close()


async def must_add_up(server: Postgres, rushes: dict[str, Rush]) -> None:
    """A figure counts only when everybody got an answer and nobody was sold a seat twice."""
    conn = await asyncpg.connect(database_of(server.url("bench"), "enrollment"))
    for session_id, seen in rushes.items():
        rows = await conn.fetch("SELECT state, count(*) FROM enrollment WHERE session_id = $1 GROUP BY state", session_id)
        states: dict[str, int] = {row["state"]: row["count"] for row in rows}
        assert states["confirmed"] == PLAN.seats
        assert sum(states.values()) >= seen.answered - seen.refused
        assert (seen.refused, seen.broken) == (0, 0), f"{seen.refused} refused, {seen.broken} broken"
    await conn.close()


if __name__ == "__main__":
    asyncio.run(main())
