"""Every named query fits the tables that the migrations make; a typing error shows here, not at ten o'clock."""

from __future__ import annotations

import asyncpg
import pytest

import enrollment.store
import enrollment.uptake.queries
from gateway.people import credentials, identities, people, roles
from shared.database.sql import Queries
from shared.messaging import answers, log
from tests.conftest import MakeDatabase

SHARED = [log.SQL, answers.SQL]


@pytest.mark.parametrize(
    ("service", "queries"),
    [
        ("enrollment", [enrollment.store.SQL, enrollment.uptake.queries.SQL, *SHARED]),
        ("gateway", [people.SQL, credentials.SQL, identities.SQL, roles.SQL, log.SQL]),
    ],
    ids=["enrollment", "gateway"],
)
async def test_every_named_query_prepares_against_the_migrated_schema(
    make_database: MakeDatabase, service: str, queries: list[Queries]
) -> None:
    conn = await asyncpg.connect(await make_database(service))
    for name, statement in (named for some in queries for named in vars(some).items()):
        assert await conn.prepare(statement), name
    await conn.close()
