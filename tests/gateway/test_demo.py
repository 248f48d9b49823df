"""What a demo leaves behind on a database that is used in earnest afterwards: nothing that lets anybody in."""

from __future__ import annotations

from pathlib import Path

from pydantic import SecretStr

from gateway import demo
from gateway.people import credentials, identities, people, roles
from gateway.people.credentials import Credentials
from gateway.people.identities import Account
from gateway.settings import GatewaySettings
from shared.database.pool import Pool, transaction
from shared.web.principal import Principal, Role
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


async def test_whoever_got_a_role_from_the_people_of_a_demo_loses_it_with_them(make_pool: OpenPool, tmp_path: Path) -> None:
    """And whoever got one from those, and so on; others keep theirs."""
    pool: Pool = await make_pool("gateway")
    async with transaction(pool) as conn:
        await demo.furnish(conn, settings(tmp_path))
        maker = await demo.meet(conn, demo.SAMPLES[-1])
        people_met = {name: await people.meet(conn, f"{name}@bedrijf.example", name, "nl") for name in ("een", "twee", "eigen")}
        for inviter, name in ((maker, "een"), (people_met["een"], "twee")):
            asks = Principal(inviter, (Role("operator"),))
            invitation = await roles.invite(conn, asks, f"{name}@bedrijf.example", Role("operator"), "", "nl")
            await roles.accept(conn, people_met[name], invitation)
        await roles.grant(conn, [people_met["eigen"]], "region", "PV28")
        await roles.invite(conn, Principal(maker, (Role("operator"),)), "later@bedrijf.example", Role("operator"), "", "nl")

        await demo.clear_away(conn)

        kept = {name: len(await roles.of(conn, person)) for name, person in people_met.items()}
        assert kept == {"een": 0, "twee": 0, "eigen": 1}
        assert await roles.invitations_to(conn, "later@bedrijf.example") == []
