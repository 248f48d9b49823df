"""A change and its fact commit together, history cannot be rewritten, and no reader of the log misses a late commit."""

from __future__ import annotations

from uuid import uuid4

import asyncpg
import pytest

from shared.contracts.gateway import SignInRequested
from shared.database.pool import Pool, transaction
from shared.messaging import log
from tests.conftest import OpenPool
from tests.messaging.facts import a_fact
from tests.sabotage import twin


@pytest.fixture
async def pool(make_pool: OpenPool) -> Pool:
    return await make_pool("messaging")


async def logged(pool: Pool, after: str = "") -> log.Page:
    async with transaction(pool) as conn:
        return await log.read(conn, "gateway", after)


async def test_a_logged_fact_reads_back_as_it_was(pool: Pool) -> None:
    fact = a_fact()
    async with transaction(pool) as conn:
        await log.append(conn, "gateway", [fact])

    (message,) = (await logged(pool)).messages

    assert SignInRequested.model_validate_json(message.data) == fact
    assert (message.type, message.subject, message.revision) == (fact.type, fact.subject, 1)


async def test_what_is_rolled_back_was_never_logged(pool: Pool) -> None:
    with pytest.raises(ZeroDivisionError):
        async with transaction(pool) as conn:
            await log.append(conn, "gateway", [a_fact()])
            raise ZeroDivisionError

    assert not (await logged(pool)).messages
    assert await pool.fetchval("SELECT count(*) FROM outbox") == 0


async def test_the_same_step_of_a_history_cannot_be_logged_twice(pool: Pool) -> None:
    fact = a_fact()
    async with transaction(pool) as conn:
        await log.append(conn, "gateway", [fact])

    with pytest.raises(asyncpg.UniqueViolationError, match="outbox_pkey"):
        async with transaction(pool) as conn:
            await log.append(conn, "gateway", [fact])


@pytest.mark.parametrize("statement", ["UPDATE event_log SET subject = 'x'", "DELETE FROM event_log", "TRUNCATE event_log"])
async def test_history_cannot_be_rewritten_even_by_its_owner(pool: Pool, statement: str) -> None:
    async with transaction(pool) as conn:
        await log.append(conn, "gateway", [a_fact()])

    with pytest.raises(asyncpg.RestrictViolationError, match="append-only"):
        await pool.execute(statement)


async def test_ids_reveal_nothing_and_change_with_the_life_of_the_log(pool: Pool) -> None:
    fact = a_fact()
    async with transaction(pool) as conn:
        await log.append(conn, "gateway", [fact])
    await pool.execute("DELETE FROM outbox")
    await pool.execute("UPDATE log_epoch SET epoch = gen_random_uuid()")
    async with transaction(pool) as conn:
        await log.append(conn, "gateway", [fact])

    before, after = (await logged(pool)).messages

    assert before.id != after.id
    assert {before.id.version, after.id.version} == {8}


async def test_a_page_continues_where_the_one_before_ended(pool: Pool) -> None:
    subject = uuid4()
    async with transaction(pool) as conn:
        await log.append(conn, "gateway", [a_fact(subject, revision) for revision in range(1, 8)])

    async with transaction(pool) as conn:
        first = await log.read(conn, "gateway", "", limit=5)
        second = await log.read(conn, "gateway", first.cursor, limit=5)
        third = await log.read(conn, "gateway", second.cursor, limit=5)

    assert [m.revision for m in first.messages] == [1, 2, 3, 4, 5]
    assert [m.revision for m in second.messages] == [6, 7]
    assert not third.messages
    assert third.cursor == second.cursor


def plain_cursor(monkeypatch: pytest.MonkeyPatch) -> None:
    text = log.SQL.read_page.replace("AND xid < pg_snapshot_xmin(pg_current_snapshot())", "")
    assert text != log.SQL.read_page
    monkeypatch.setattr(log.SQL, "read_page", text)


@twin(plain_cursor)
async def test_a_late_commit_is_not_skipped(pool: Pool, guard: None) -> None:
    """An early transaction takes its place in the log first and commits last."""
    async with pool.acquire() as slow:
        late = slow.transaction()
        await late.start()
        await log.append(slow, "gateway", [a_fact(revision=1)])
        async with transaction(pool) as conn:
            await log.append(conn, "gateway", [a_fact(revision=2)])
        seen = await logged(pool)
        await late.commit()

    rest = await logged(pool, seen.cursor)

    assert len(seen.messages) + len(rest.messages) == 2


async def test_facts_of_next_months_have_a_partition_waiting(pool: Pool) -> None:
    await pool.execute("SELECT keep_event_log_partitions()")  # again is harmless

    partitions = await pool.fetchval("SELECT count(*) FROM pg_inherits WHERE inhparent = 'event_log'::regclass")

    assert partitions == 5  # this month, three ahead, and one for whatever falls outside


def in_the_order_of_letters(monkeypatch: pytest.MonkeyPatch) -> None:
    by_text = log.SQL.read_page.replace("ORDER BY event_log.xid,", "ORDER BY xid,")
    assert by_text != log.SQL.read_page
    monkeypatch.setattr(log.SQL, "read_page", by_text)


@twin(in_the_order_of_letters)
async def test_no_page_skips_what_was_logged_before_the_transactions_got_a_longer_number(pool: Pool, guard: None) -> None:
    facts = [a_fact() for _ in range(4)]
    async with transaction(pool) as conn:
        await log.append(conn, "gateway", facts)
    await pool.execute("ALTER TABLE event_log DISABLE TRIGGER USER")
    for fact, xid in zip(facts, ("8", "9", "10", "11"), strict=True):
        await pool.execute("UPDATE event_log SET xid = $1::text::xid8 WHERE subject = $2", xid, fact.subject)

    read, cursor = [], ""
    async with transaction(pool) as conn:
        while (page := await log.read(conn, "gateway", cursor, limit=2)).messages:
            read += [message.subject for message in page.messages]
            cursor = page.cursor

    assert read == [fact.subject for fact in facts]
