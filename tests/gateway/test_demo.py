"""What a demo leaves behind on a database that is used in earnest afterwards: nothing that lets anybody in."""

from __future__ import annotations

from pathlib import Path

from pydantic import SecretStr

from gateway import demo
from gateway.people import credentials, identities, roles
from gateway.people.credentials import Credentials
from gateway.people.identities import Account
from gateway.settings import GatewaySettings
from shared.database.pool import Pool, transaction
from tests.conftest import OpenPool

KEY = "k" * 32


def settings(folder: Path) -> GatewaySettings:
    nowhere = "http://127.0.0.1:1"
    return GatewaySettings(
        database_url="postgresql://nowhere/x", bus_url="postgresql://nowhere/bus", internal_key=SecretStr(KEY), data=folder,
        gateway_key=SecretStr(KEY), gateway_url=nowhere, catalog_url=nowhere, enrollment_url=nowhere, notifications_url=nowhere,
    )  # fmt: skip


async def test_without_the_demo_its_people_have_no_roles_tokens_sessions_or_accounts(
    make_pool: OpenPool, tmp_path: Path
) -> None:
    pool: Pool = await make_pool("gateway")
    async with transaction(pool) as conn:
        await demo.furnish(conn, settings(tmp_path))
        operator = await demo.meet(conn, demo.SAMPLES[-1])
        cookie = await credentials.open_session(conn, operator, "")
        account = Account("https://sso.example", "operator")
        assert await identities.add(conn, account, operator)
        assert len(await roles.of(conn, operator)) == 1

        await demo.clear_away(conn)

        assert await roles.of(conn, operator) == []
        assert await identities.holder(conn, account) is None
    found = await Credentials(pool)._holders_of_sessions([credentials.digest(cookie)])
    assert found == [None]
    token = demo.token_of(demo.SAMPLES[0], settings(tmp_path))
    assert await Credentials(pool)._holders_of_tokens([credentials.digest(token)]) == [None]
