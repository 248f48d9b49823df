"""What a long waiting list costs the desk: the same decisions where 100,000 wait and where nobody does, in turn; and how long
it takes to offer 10,000 seats to 10,000 people.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from statistics import median
from time import perf_counter
from uuid import UUID, uuid4

from enrollment import desk, places
from enrollment.commands import ChangeSeats, Command, RequestSeat
from shared.database.address import database_of
from shared.database.migrate import migrate
from shared.database.pool import Pool, open_pool, transaction
from shared.launch import postgres
from shared.launch.postgres import Postgres
from tests import servers
from tests.enrollment.build import DORDRECHT, NOW, a_cancellation, a_request, an_acceptance, opening

LAB = frozenset(["duurzaamheidsfabriek"])
WAITING = 100_000
OFFERED = 10_000
TURNS = 40
MORE_WHO_WAIT = """
WITH last AS (SELECT * FROM enrollment WHERE session_id = $1 AND state = 'waitlisted' LIMIT 1),
     more AS (INSERT INTO enrollment (session_id, enrollment_id, person_id, state, revision, place, company, registered_at,
                                      decided_at, about, steps)
              SELECT session_id, gen_random_uuid(), gen_random_uuid(), state, revision, 100 + nr, 1, registered_at,
                     decided_at, about, steps
                FROM last, generate_series(1, $2) AS nr)
UPDATE session SET waiting = waiting + $2, waiting_alone = waiting_alone + $2, next_place = 101 + $2 WHERE session_id = $1
"""


@dataclass(frozen=True)
class Queues:
    """By decision: how long it takes (milliseconds, median) where nobody waits and where so many do."""

    milliseconds: Mapping[str, tuple[float, float]]
    offered_in: float
    """Seconds for offering so many seats to so many people."""

    def rows(self) -> str:
        return "\n".join(
            f"| {name} | {short:.1f} | {long:.1f} | **{long / short:.2f}** |"
            for name, (short, long) in self.milliseconds.items()
        )


async def measure(server: Postgres, prefix: str = "queues") -> Queues:
    await migrate("enrollment", server.url(prefix))
    pool = await open_pool(database_of(server.url(prefix), "enrollment"), service="bench", size=2)
    async with transaction(pool) as conn:
        await places.save(conn, [DORDRECHT])
    short, long = await _lived(pool, 0), await _lived(pool, WAITING)
    await pool.execute("VACUUM ANALYZE")
    took: dict[str, tuple[list[float], list[float]]] = {name: ([], []) for name in DECISIONS}
    for turn in range(TURNS):
        for name, decision in DECISIONS.items():
            for seen, (session_id, came) in zip(took[name], (short, long), strict=True):
                seen.append(await _seconds(pool, decision(session_id, came, turn)))
    queues = {name: (median(one) * 1000, median(other) * 1000) for name, (one, other) in took.items()}
    session_id, _ = await _lived(pool, OFFERED)
    offered_in = await _seconds(pool, ChangeSeats(uuid4(), session_id, LAB, capacity=TURNS * 2 + OFFERED))
    counted = await pool.fetchval("SELECT count(*) FROM enrollment WHERE session_id = $1 AND state = 'offered'", session_id)
    assert counted == OFFERED, f"{counted} were offered a seat"
    pool.terminate()
    return Queues(queues, offered_in)


Lived = tuple[UUID, Sequence[RequestSeat]]
DECISIONS: Mapping[str, Callable[[UUID, Sequence[RequestSeat], int], Command]] = {
    "somebody comes": lambda session_id, came, turn: a_request(session_id),
    "a holder withdraws": lambda session_id, came, turn: a_cancellation(came[turn]),
    "one seat more": lambda session_id, came, turn: ChangeSeats(uuid4(), session_id, LAB, capacity=TURNS * 2 + turn + 1),
    "a seat is confirmed again": lambda session_id, came, turn: an_acceptance(came[TURNS + turn]),
}


async def _lived(pool: Pool, waiting: int) -> Lived:
    """A session whose seats are all held, and for which so many wait."""
    command = opening(TURNS * 2, offers=24)
    requests = [a_request(command.session_id, work="GM0505") for _ in range(TURNS * 2)]
    async with transaction(pool) as conn:
        await desk.settle(conn, [command, *requests], NOW)
    if waiting:
        async with transaction(pool) as conn:
            await desk.settle(conn, [a_request(command.session_id)], NOW)
            await conn.execute("SET LOCAL statement_timeout = 0")
            await conn.execute(MORE_WHO_WAIT, command.session_id, waiting - 1)
    return command.session_id, requests


async def _seconds(pool: Pool, command: Command) -> float:
    started = perf_counter()
    async with transaction(pool) as conn:
        await desk.settle(conn, [command], NOW + timedelta(hours=1))
    return perf_counter() - started


async def main() -> None:
    with servers.scratch("queues") as folder:
        server = postgres.start(folder / "database")
        try:
            found = await measure(server)
        finally:
            server.stop()
    print(found.rows())
    print(f"{OFFERED} seats offered in {found.offered_in:.1f} seconds")


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
