"""The report is made of facts alone: in any order, however often told, it equals a rebuild from the log and a recount."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import cast

import pytest

from enrollment import desk
from enrollment.commands import Command, RequestSeat
from enrollment.uptake import projection
from shared.contracts import registry
from shared.contracts.enrollment import EnrollmentFact
from shared.database.pool import Pool, transaction
from shared.messaging import log
from shared.messaging.message import Envelope, Message
from tests.enrollment.build import NOW, a_cancellation, a_request, opening
from tests.sabotage import twin

Rows = list[tuple[object, ...]]


async def a_history(pool: Pool) -> Sequence[Message]:
    """Two small sessions, with people who come, wait, leave and return; returns what was logged."""
    openings = [opening(3), opening(2)]
    requests: list[RequestSeat] = []
    for _ in range(30):
        session_id = random.choice(openings).session_id
        requests.append(a_request(session_id, work=random.choice(["GM0505", "GM0772", None])))
    commands: list[Command] = [*openings, *requests, *map(a_cancellation, random.sample(requests, 18))]
    for start in range(0, len(commands), 7):
        async with transaction(pool) as conn:
            await desk.settle(conn, commands[start : start + 7], NOW)
    async with transaction(pool) as conn:
        return (await log.read(conn, "enrollment", "")).messages


async def tell(pool: Pool, messages: Sequence[Message]) -> None:
    counted = {event.type for event in projection.COUNTED}
    facts = [Envelope(m, cast("EnrollmentFact", registry.decode(m.type, m.data))) for m in messages if m.type in counted]
    async with transaction(pool) as conn:
        await projection.on_enrollments(conn, facts)


async def table(pool: Pool) -> Rows:
    return [tuple(row) for row in await pool.fetch("SELECT * FROM uptake_enrollment ORDER BY enrollment_id")]


def any_fact_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    careless = projection.SQL.project.replace("WHERE uptake_enrollment.revision < excluded.revision", "")
    assert careless != projection.SQL.project
    monkeypatch.setattr(projection.SQL, "project", careless)


@twin(any_fact_counts)
async def test_told_in_any_order_and_three_times_it_equals_the_rebuild(pool: Pool, guard: None) -> None:
    told = [*await a_history(pool)] * 3
    random.shuffle(told)
    for start in range(0, len(told), 5):
        await tell(pool, told[start : start + 5])
    projected = await table(pool)

    async with transaction(pool) as conn:
        await projection.rebuild(conn)

    assert projected == await table(pool)
    assert len(projected) == 30


async def test_it_equals_a_recount_from_the_truth(pool: Pool) -> None:
    await tell(pool, await a_history(pool))

    reported = await pool.fetch("SELECT work_province, state, count(*) FROM uptake_enrollment GROUP BY 1, 2 ORDER BY 1, 2")
    recounted = await pool.fetch(
        "SELECT about #>> '{work,province}', state, count(*) FROM enrollment GROUP BY 1, 2 ORDER BY 1, 2"
    )

    assert [tuple(row) for row in reported] == [tuple(row) for row in recounted]


async def test_a_decision_counts_on_its_day_in_amsterdam(pool: Pool) -> None:
    """At half past eleven in UTC it is tomorrow in Amsterdam."""
    late = opening()
    request = a_request(late.session_id)
    async with transaction(pool) as conn:
        await desk.settle(conn, [late, request], NOW.replace(hour=23, minute=30))
    async with transaction(pool) as conn:
        messages = (await log.read(conn, "enrollment", "")).messages

    await tell(pool, messages)

    assert str(await pool.fetchval("SELECT decided_on FROM uptake_enrollment")) == "2027-03-02"


async def test_what_falls_while_a_rebuild_runs_is_not_lost(pool: Pool) -> None:
    messages = await a_history(pool)
    await tell(pool, messages)
    async with transaction(pool) as conn:
        await projection.rebuild(conn)
        seen_meanwhile = await pool.fetchval("SELECT count(*) FROM uptake_enrollment")
    await tell(pool, messages)

    assert seen_meanwhile == 30, "readers keep the old table until the new one is there"
    assert len(await table(pool)) == 30
