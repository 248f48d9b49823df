"""`python -m gateway operator name@example.nl`: makes the first operator, who then invites everybody else on the pages."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Sequence

from gateway.people import inputs, people, roles
from gateway.settings import GatewaySettings
from shared.database.address import database_of
from shared.database.pool import open_pool, transaction


async def main(settings: GatewaySettings, arguments: Sequence[str]) -> None:
    parser = ArgumentParser(prog="python -m gateway operator", description="Give somebody the role of operator.")
    parser.add_argument("email", help="the address that they sign in with")
    email, fault = inputs.address(parser.parse_args(arguments).email)
    if fault:
        parser.error("this is not a mail address; write it like name@example.nl")
    pool = await open_pool(database_of(settings.database_url, "gateway"), service="operator", size=1)
    try:
        async with transaction(pool) as conn:
            await roles.grant(conn, [await people.meet(conn, email, "", "nl")], "operator", "")
    finally:
        await pool.close()
    print(f"{email} is an operator, and signs in at {settings.address}/aanmelden")
