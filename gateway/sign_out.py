"""`python -m gateway sign-out name@example.nl`: signs somebody out everywhere (or `--everybody`); `--tokens` ends those too."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Sequence

from gateway.people import audit, credentials, people
from gateway.people.audit import Act
from gateway.people.credentials import WORKER
from gateway.settings import GatewaySettings
from shared.database.address import database_of
from shared.database.pool import open_pool, transaction


async def main(settings: GatewaySettings, arguments: Sequence[str]) -> None:
    parser = ArgumentParser(prog="python -m gateway sign-out", description="Sign people out on every browser, at once.")
    who = parser.add_mutually_exclusive_group(required=True)
    who.add_argument("email", nargs="?", help="the address that they sign in with")
    who.add_argument("--everybody", action="store_true")
    parser.add_argument("--tokens", action="store_true", help="end their tokens for programs as well")
    wanted = parser.parse_args(arguments)
    pool = await open_pool(database_of(settings.database_url, "gateway"), service="sign-out", size=1)
    try:
        async with transaction(pool) as conn:
            person_id = None if wanted.everybody else await people.with_address(conn, wanted.email)
            if person_id is None and not wanted.everybody:
                parser.error("nobody here has this address")
            browsers = await credentials.sign_out(conn, person_id)
            tokens = await credentials.end_tokens(conn, person_id) if wanted.tokens else []
            await audit.append(conn, [Act(one, WORKER, "signed-out-by-operator") for one in sorted({*browsers, *tokens})])
    finally:
        await pool.close()
    print(f"Signed out on {len(browsers)} browsers; {len(tokens)} tokens ended")
