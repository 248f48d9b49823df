"""`python -m gateway tokens --role worker --count 100`: bearer tokens for trying things out, each of a different person."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Sequence
from uuid import uuid4

from gateway import demo
from gateway.people import credentials, people, roles
from gateway.settings import GatewaySettings
from shared.database.address import database_of
from shared.database.pool import Connection, open_pool, transaction
from shared.web.principal import RoleName

ROLES: dict[str, str] = {sample.role: sample.scope for sample in demo.SAMPLES}
CHUNK = 5000
DAYS = 30


async def main(settings: GatewaySettings, arguments: Sequence[str]) -> None:
    parser = ArgumentParser(prog="python -m gateway tokens", description="Make bearer tokens, each of a different person.")
    parser.add_argument("--role", choices=sorted(ROLES), required=True)
    parser.add_argument("--scope", help="fieldlab, employer or region; that of the demo unless given")
    parser.add_argument("--count", type=int, default=1)
    wanted = parser.parse_args(arguments)
    if not settings.demo:
        parser.error("tokens for made-up people are made in demo mode only (SKILLSLAB_DEMO=1)")
    scope = ROLES[wanted.role] if wanted.scope is None else wanted.scope
    pool = await open_pool(database_of(settings.database_url, "gateway"), service="tokens", size=1)
    try:
        for start in range(0, wanted.count, CHUNK):
            async with transaction(pool) as conn:
                for token in await make(conn, wanted.role, scope, min(CHUNK, wanted.count - start)):
                    print(token)
    finally:
        await pool.close()


async def make(conn: Connection, role: RoleName, scope: str, count: int) -> Sequence[str]:
    """So many new people, and a token for each in this role."""
    names = [f"{role} {uuid4().hex[:12]}" for _ in range(count)]
    emails = [f"{name.replace(' ', '-')}@demo.skillslab.example" for name in names]
    person_ids = await people.meet_many(conn, emails, names)
    if role != "worker":
        await roles.grant(conn, person_ids, role, scope)
    tokens = [credentials.new_secret() for _ in range(count)]
    await credentials.give_tokens(conn, person_ids, role, scope, tokens, days=DAYS, name="made by the operator")
    return tokens
