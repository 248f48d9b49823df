"""A rush at the enrollment service itself, as a process that is killed in the middle: every place is kept, in order, and memory
stays flat.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import random
import secrets
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import aiohttp
import asyncpg
import pytest

from enrollment import desk as desks
from enrollment.commands import OpenSession
from shared.contracts.catalog import SeatPlan
from shared.database.address import database_of
from shared.database.migrate import migrate, migrate_bus
from shared.database.pool import open_pool, transaction
from shared.launch import environment
from shared.launch.children import Child
from shared.launch.postgres import Postgres, free_port
from shared.web.principal import HEADER, Principal, PrincipalKey, Role, service
from tests.counts import count
from tests.enrollment.build import announced
from tests.servers import scratch

PEOPLE = count(600, 50_000)
SEATS = count(60, 1_000)
KILLS = count(1, 10)
AT_ONCE = count(200, 500)
MORE_MEMORY = 64 * 1024  # KiB

SERVICES = ("gateway", "catalog", "enrollment", "notifications")


class Service:
    """The enrollment service alone: nobody else is there, so that what it tells waits."""

    def __init__(self, folder: Path, database_url: str) -> None:
        self.database = database_of(database_url, "enrollment")
        self.url = f"http://127.0.0.1:{free_port()}"
        told = {
            **environment.keys(folder, SERVICES),
            **{f"SKILLSLAB_{name.upper()}_URL": f"http://127.0.0.1:{free_port()}" for name in SERVICES},
            "SKILLSLAB_ENROLLMENT_URL": self.url,
            "SKILLSLAB_DATA": str(folder),
            "SKILLSLAB_DATABASE_URL": database_url,
            "SKILLSLAB_BUS_URL": f"{database_url}_bus",
        }
        self.key = PrincipalKey(told["SKILLSLAB_INTERNAL_KEY"])
        own = environment.for_service("enrollment", told, SERVICES)
        self._child = Child("enrollment", [sys.executable, "-m", "enrollment"], own, folder / "enrollment.log")
        self.memory: list[int] = []

    def start(self) -> None:
        self._child.start()

    def kill(self) -> None:
        if self._child.pid:
            os.kill(self._child.pid, signal.SIGKILL)

    def look(self) -> None:
        """Start it again where it fell over, and note how much memory it takes (KiB)."""
        self._child.watch()
        try:
            status = Path(f"/proc/{self._child.pid}/status").read_text()
        except OSError:
            return
        self.memory += [int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")]

    def stop(self) -> None:
        self._child.ask_to_stop()
        self._child.wait_until_stopped(time.monotonic() + 25)


@pytest.fixture(scope="module")
def rush_service(postgres: Postgres) -> Iterator[Service]:
    with scratch("rush") as folder:
        url = postgres.url(f"rush_{secrets.token_hex(3)}")
        asyncio.run(migrate("enrollment", url))
        asyncio.run(migrate_bus(f"{url}_bus"))
        running = Service(folder, url)
        running.start()
        try:
            yield running
        finally:
            running.stop()


async def come(running: Service, session_id: UUID, people: Sequence[UUID], behind: int = 0) -> list[dict[str, Any]]:
    """Everybody asks for a seat, as the gateway hands them over with so many behind them, until there is an answer."""
    worker = (Role("worker"),)
    batch = [
        {"principal": running.key.sign(Principal(person, worker)), "request": {"sessionId": str(session_id)}}
        for person in people
    ]
    headers = {HEADER: running.key.sign(service("gateway"))}
    async with aiohttp.ClientSession(headers=headers) as http:
        while True:
            running.look()
            try:
                async with http.post(f"{running.url}/enrollment-batches?waiting={behind}", json=batch) as response:
                    if response.status == 200:
                        answers: list[dict[str, Any]] = await response.json()
                        if all(answer["status"] < 500 for answer in answers):
                            return answers
            except (aiohttp.ClientError, OSError):
                pass  # it was killed, or is not up again: asking again is always safe
            await asyncio.sleep(0.1)


async def a_session(running: Service, **plan: Any) -> UUID:
    now = datetime.now(UTC)
    times = {"starts_at": now + timedelta(days=30), "ends_at": now + timedelta(days=31)}
    seats = SeatPlan(capacity=SEATS, closes_at=now + timedelta(days=29), **plan)
    told = announced(seats=SEATS).model_copy(update={**times, "seats": seats})
    seed = secrets.token_hex(32) if "draw_at" in plan else None
    pool = await open_pool(running.database, service="test", size=2)
    async with transaction(pool) as conn:
        await desks.settle(conn, [OpenSession(uuid4(), told, seed)], now)
    pool.terminate()
    return told.session_id


async def rush(running: Service, session_id: UUID, people: Sequence[UUID]) -> dict[UUID, UUID]:
    """Everybody comes, in order, while the service is killed; gives their tickets. Some ask twice."""
    batches = [people[start : start + AT_ONCE] for start in range(0, len(people), AT_ONCE)]
    doomed = set(random.sample(range(len(batches)), min(KILLS, len(batches))))
    tickets: dict[UUID, UUID] = {}
    for number, batch in enumerate(batches):
        asking = asyncio.create_task(come(running, session_id, batch))
        if number in doomed:
            await asyncio.sleep(random.uniform(0, 0.3))
            running.kill()
        answers = await asking
        assert Counter(answer["status"] for answer in answers) == {202: len(batch)}
        tickets |= {person: UUID(answer["body"]["ticketId"]) for person, answer in zip(batch, answers, strict=True)}
    return tickets


async def nobody_waits(running: Service, conn: asyncpg.Connection[asyncpg.Record], session_id: UUID) -> None:
    deadline = time.monotonic() + 600
    while await conn.fetchval("SELECT waiting FROM opening WHERE session_id = $1", session_id):
        running.look()
        assert time.monotonic() < deadline, "the line does not move"
        await asyncio.sleep(0.2)


async def served(conn: asyncpg.Connection[asyncpg.Record], session_id: UUID) -> list[UUID]:
    rows = await conn.fetch(
        "SELECT person_id FROM enrollment WHERE session_id = $1 ORDER BY seat_no NULLS LAST, place", session_id
    )
    return [row["person_id"] for row in rows]


async def confirmed(conn: asyncpg.Connection[asyncpg.Record], session_id: UUID) -> int:
    held: int = await conn.fetchval("SELECT count(*) FROM enrollment WHERE session_id = $1 AND state = 'confirmed'", session_id)
    return held


def halves(measured: Sequence[int]) -> tuple[Sequence[int], Sequence[int]]:
    return measured[: len(measured) // 2], measured[len(measured) // 2 :]


@pytest.mark.timeout(1500)
async def test_everybody_in_a_rush_gets_a_final_answer_in_order_of_arrival_whatever_is_killed(rush_service: Service) -> None:
    session_id = await a_session(rush_service, waiting_room=True)
    people = [uuid4() for _ in range(PEOPLE)]
    began = time.monotonic()

    tickets = await rush(rush_service, session_id, people)
    came = time.monotonic() - began
    conn = await asyncpg.connect(rush_service.database)
    await nobody_waits(rush_service, conn, session_id)
    took = time.monotonic() - began

    rows = await conn.fetch(
        "SELECT person_id, ticket_id, arrival, state FROM ticket WHERE session_id = $1 ORDER BY arrival", session_id
    )
    assert [row["person_id"] for row in rows] == people
    assert {row["person_id"]: row["ticket_id"] for row in rows} == tickets
    assert {row["state"] for row in rows} == {"enrolled"}
    assert await served(conn, session_id) == people
    assert await confirmed(conn, session_id) == SEATS
    early, late = (max(part) for part in halves(rush_service.memory))
    assert late - early < MORE_MEMORY
    print(f"{PEOPLE} came in {came:.0f} s, all had a final answer after {took:.0f} s; most RSS {early}, then {late} KiB")
    await conn.close()


@pytest.mark.timeout(1500)
async def test_everybody_in_a_draw_is_served_as_the_seed_has_it_whatever_is_killed(rush_service: Service) -> None:
    session_id = await a_session(rush_service, draw_at=datetime.now(UTC) + timedelta(days=1))
    people = [uuid4() for _ in range(PEOPLE)]
    tickets = await rush(rush_service, session_id, people)
    conn = await asyncpg.connect(rush_service.database)
    promised = await conn.fetchval("SELECT seed_hash FROM opening WHERE session_id = $1", session_id)

    await conn.execute("UPDATE opening SET draw_at = now() WHERE session_id = $1", session_id)
    await asyncio.sleep(random.uniform(0, 1.5))
    rush_service.kill()
    await nobody_waits(rush_service, conn, session_id)

    seed = bytes.fromhex(await conn.fetchval("SELECT seed FROM opening WHERE session_id = $1", session_id))
    assert hashlib.sha256(seed).hexdigest() == promised
    whose = {ticket: person for person, ticket in tickets.items()}
    in_order = sorted(whose, key=lambda ticket: hashlib.sha256(seed + ticket.bytes).digest())
    assert await served(conn, session_id) == [whose[ticket] for ticket in in_order]
    assert await confirmed(conn, session_id) == SEATS
    await conn.close()


@pytest.mark.timeout(300)
async def test_a_rush_that_nobody_announced_gets_tickets_and_the_line_ends_when_it_is_over(rush_service: Service) -> None:
    session_id = await a_session(rush_service)
    people = [uuid4() for _ in range(SEATS)]

    first = await come(rush_service, session_id, people[:10])
    rushed = await come(rush_service, session_id, people[10:-1], behind=5_000)
    conn = await asyncpg.connect(rush_service.database)
    await nobody_waits(rush_service, conn, session_id)
    last = await come(rush_service, session_id, people[-1:])

    assert [{answer["status"] for answer in some} for some in (first, rushed, last)] == [{201}, {202}, {201}]
    assert [answer["body"]["position"] for answer in rushed] == list(range(1, len(rushed) + 1))
    assert await served(conn, session_id) == people
    await conn.close()
