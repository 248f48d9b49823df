"""Who was not here for two years, and is in nothing any more, is let go: it runs by itself, once a day.

`python -m gateway retention --dry-run` says who that would be, by id.
"""

from __future__ import annotations

import asyncio
from argparse import ArgumentParser
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from uuid import UUID

import orjson

from gateway.people import erasing
from gateway.settings import GatewaySettings
from shared.database.address import database_of
from shared.database.pool import LOST_CONNECTION, TRY_AGAIN, Pool, connection, open_pool, transaction
from shared.errors import Busy, Rejected
from shared.logs import logger
from shared.web.client import Client, open_session
from shared.web.principal import PrincipalKey

AWAY_MONTHS = 24
AT_ONCE = 500
LOOK_EVERY = 600.0
AWAY = (*LOST_CONNECTION, *TRY_AGAIN, Busy, TimeoutError, Rejected)


async def look_after(pool: Pool, enrollment: Client, announce: Callable[[], None]) -> None:
    """Let go of whoever is long away, once a day; `announce` is called when there are facts to send. Serves for ever."""
    ran_on: date | None = None
    while True:
        today = datetime.now(UTC).date()
        if ran_on != today:
            try:
                await run(pool, enrollment)
                announce()
                ran_on = today
            except AWAY as error:
                logger.warning("retention waits", reason=f"{type(error).__name__}: {error}")
        await asyncio.sleep(LOOK_EVERY)


async def run(pool: Pool, enrollment: Client) -> int:
    """Erase those who are due; returns how many. What they took part in is the desk's to forget first."""
    due = await due_people(pool, enrollment)
    for person_id in due:
        async with transaction(pool) as conn:
            await erasing.erase(conn, person_id, why="let-go")
    if due:
        logger.info("let go of who was long away", people=len(due))
    return len(due)


async def due_people(pool: Pool, enrollment: Client) -> Sequence[UUID]:
    """Who was not here for so long, has no role, and has no enrollment under their id. Raises Rejected when that cannot be
    asked.
    """
    async with connection(pool) as conn:
        away = await erasing.long_away(conn, AWAY_MONTHS, AT_ONCE)
    if not away:
        return []
    asked = orjson.dumps([str(person_id) for person_id in away])
    _, answer = await enrollment.call("POST", "/internal/known-people", enrollment.itself, body=asked)
    still_in = set(map(UUID, orjson.loads(answer)))
    return [person_id for person_id in away if person_id not in still_in]


async def main(settings: GatewaySettings, arguments: Sequence[str]) -> None:
    parser = ArgumentParser(prog="python -m gateway retention", description="Let go of people who are long away.")
    parser.add_argument("--dry-run", action="store_true", help="only say who that would be, by id")
    wanted = parser.parse_args(arguments)
    key = PrincipalKey(settings.internal_key.get_secret_value())
    pool = await open_pool(database_of(settings.database_url, "gateway"), service="retention", size=2)
    try:
        async with open_session() as session:
            enrollment = Client(session, settings.enrollment_url, key, "gateway")
            due = await due_people(pool, enrollment)
            for person_id in due:
                print(person_id)
            if not wanted.dry_run:
                await run(pool, enrollment)
        print(f"{len(due)} people {'are' if wanted.dry_run else 'were'} let go.")
    finally:
        pool.terminate()
