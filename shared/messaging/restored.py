"""After a backup was put back: `python -m shared.messaging.restored gateway catalog …` gives these services' logs a new life.

Every reader then starts over, whatever it has of the days that the backup lacks. A place in a log begins with the number of a
transaction, and a server made anew counts these from the start: what was logged is put before all of them, in the same order
for each subject, or it would wait, unread, for the count to come by.
"""

from __future__ import annotations

import asyncio
import sys

import asyncpg

from shared.database.address import database_of
from shared.settings import Settings

NEW_LIFE = """
ALTER TABLE event_log DISABLE TRIGGER USER;
UPDATE event_log SET xid = '0';
ALTER TABLE event_log ENABLE TRIGGER USER;
UPDATE outbox SET xid = '0', leased_until = '-infinity';
UPDATE log_epoch SET epoch = gen_random_uuid();
"""


async def begin_new_life(url: str) -> None:
    """Do that to the log in this database. Its service must not run."""
    conn = await asyncpg.connect(url)
    try:
        async with conn.transaction():
            await conn.execute(NEW_LIFE)
    finally:
        await conn.close()


async def main(services: list[str]) -> None:
    settings = Settings()
    for service in services:
        await begin_new_life(database_of(settings.database_url, service))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
