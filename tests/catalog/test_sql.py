"""Every statement fits the tables."""

from __future__ import annotations

import pytest

from catalog import reference, store
from tests.catalog.build import Api

STATEMENTS = {**vars(store.SQL), **vars(reference.SQL)}


async def test_every_named_query_prepares_against_the_migrated_schema(reading: Api) -> None:
    async with reading.pool.acquire() as conn:
        for name, statement in STATEMENTS.items():
            assert await conn.prepare(statement), name


async def test_every_table_of_sessions_can_be_spread_by_session(reading: Api) -> None:
    tables = await reading.pool.fetch(
        """SELECT c.table_name,
                  EXISTS (SELECT FROM information_schema.table_constraints t
                            JOIN information_schema.key_column_usage k USING (constraint_name, table_name)
                           WHERE t.table_name = c.table_name AND constraint_type = 'PRIMARY KEY'
                             AND k.column_name = 'session_id') AS spread
             FROM information_schema.columns c JOIN information_schema.tables USING (table_name)
            WHERE c.column_name = 'session_id' AND table_type = 'BASE TABLE'"""
    )

    assert {row["table_name"]: row["spread"] for row in tables} == dict.fromkeys(
        ["session", "availability", "session_opening"], True
    )


@pytest.mark.parametrize(
    ("typed", "folded"),
    [
        ("Súdwest-Fryslân", "sudwest-fryslan"),
        ("\u2019s-Gravenhage", "'s-gravenhage"),
        ("Ĳsselstein", "ijsselstein"),
        ("ÉÉN", "een"),
    ],
)
async def test_names_are_compared_without_accents_and_capitals(reading: Api, typed: str, folded: str) -> None:
    assert await reading.pool.fetchval("SELECT fold($1)", typed) == folded
