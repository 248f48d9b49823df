"""`python -m gateway erase name@example.nl`: forgets somebody who asked for it otherwise than on their page."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Sequence
from uuid import UUID

from gateway.people import erasing, people
from gateway.settings import GatewaySettings
from shared.database.address import database_of
from shared.database.pool import open_pool, transaction
from shared.errors import Rejected


async def main(settings: GatewaySettings, arguments: Sequence[str]) -> None:
    parser = ArgumentParser(prog="python -m gateway erase", description="Forget somebody. It cannot be undone.")
    parser.add_argument("who", help="the mail address, or the id that an earlier erasure named")
    who = parser.parse_args(arguments).who
    pool = await open_pool(database_of(settings.database_url, "gateway"), service="erase", size=1)
    try:
        async with transaction(pool) as conn:
            person_id = await people.with_address(conn, who) if "@" in who else UUID(who)
            if person_id is None:
                parser.error("nobody here has this address")
            erasure_id = await erasing.erase(conn, person_id, why="erased-on-request")
    except Rejected as no:
        parser.error(
            {"last-operator": "this is the last operator: make another one first"}.get(no.slug, "nobody here has this id")
        )
    except ValueError:
        parser.error("this is neither a mail address nor an id")
    finally:
        await pool.close()
    print(f"Forgotten here; how far the other services are: {settings.address}/wissen/{erasure_id}")
