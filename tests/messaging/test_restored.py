"""A log that was put back from a backup, on whatever server, is read in full and goes on."""

from __future__ import annotations

from datetime import timedelta

import asyncpg
import pytest

from shared.contracts.event import Event
from shared.database.pool import Pool, open_pool, transaction
from shared.messaging import log, restored
from tests.conftest import MakeDatabase
from tests.messaging.facts import a_fact
from tests.sabotage import twin

OF_ANOTHER_SERVER = """
ALTER TABLE event_log DISABLE TRIGGER USER;
UPDATE event_log SET xid = (xid::text::bigint + 4000000000)::text::xid8;
UPDATE outbox SET xid = (xid::text::bigint + 4000000000)::text::xid8;
ALTER TABLE event_log ENABLE TRIGGER USER;
"""


async def record(pool: Pool, fact: Event) -> None:
    async with transaction(pool) as conn:
        await log.append(conn, "gateway", [fact])


def as_it_was_written(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "\n".join(line for line in restored.NEW_LIFE.splitlines() if "SET xid" not in line)
    assert text != restored.NEW_LIFE
    monkeypatch.setattr(restored, "NEW_LIFE", text)


@twin(as_it_was_written)
async def test_a_log_put_back_on_a_new_server_is_read_in_full_and_goes_on(make_database: MakeDatabase, guard: None) -> None:
    """There transactions are counted from the start: what came from the old server would lie in the future."""
    url = await make_database("messaging")
    pool = await open_pool(url, service="test")
    for revision in (1, 2):
        await record(pool, a_fact(revision=revision))
    async with transaction(pool) as conn:
        before = await log.read(conn, "gateway", "")
        await conn.execute(OF_ANOTHER_SERVER)

    await restored.begin_new_life(url)
    await record(pool, a_fact(revision=3))
    async with transaction(pool) as conn:
        first = await log.read(conn, "gateway", "", limit=2)
        rest = await log.read(conn, "gateway", first.cursor)
        sent = await conn.fetch(log.SQL.claim, 10, timedelta(minutes=1))
    pool.terminate()

    assert [message.revision for message in (*first.messages, *rest.messages)] == [1, 2, 3]
    assert [message.id for message in first.messages] == [message.id for message in before.messages]
    assert [row["revision"] for row in sent] == [1, 2, 3]
    assert first.epoch == rest.epoch != before.epoch


async def test_history_stays_closed_after_it(make_database: MakeDatabase) -> None:
    url = await make_database("messaging")
    pool = await open_pool(url, service="test")
    await record(pool, a_fact())
    pool.terminate()
    await restored.begin_new_life(url)

    conn = await asyncpg.connect(url)
    with pytest.raises(asyncpg.RestrictViolationError, match="append-only"):
        await conn.execute("DELETE FROM event_log")
    await conn.close()
