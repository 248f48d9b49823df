"""Facts become lines of the ledger: one per fact, person and template, whatever comes again."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import asyncpg
import pytest

from notifications import store
from shared.database.pool import Pool
from tests.notifications import build
from tests.notifications.build import Enrollment
from tests.notifications.conftest import World
from tests.sabotage import twin


async def test_every_named_query_prepares_against_the_migrated_schema(pool: Pool) -> None:
    async with pool.acquire() as conn:
        for name, statement in vars(store.SQL).items():
            assert await conn.prepare(statement), name


async def test_each_fact_has_its_template(world: World) -> None:
    one, two = Enrollment(world.session_id), Enrollment(world.session_id)

    await world.hear(one.confirmed(), two.waitlisted(position=7))
    await world.hear(two.confirmed(from_waiting_list=True), one.cancelled(), build.sign_in_requested())

    lines = {(row["recipient_id"], row["template"], row["position"]) for row in await world.ledger()}
    assert {line for line in lines if line[0] == one.person_id} == {
        (one.person_id, "confirmed", None),
        (one.person_id, "cancelled", None),
    }
    assert {line for line in lines if line[0] == two.person_id} == {
        (two.person_id, "waitlisted", 7),
        (two.person_id, "confirmed-from-waiting-list", None),
    }
    assert {template for _, template, _ in lines} >= {"sign-in"}


def the_fact_is_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    text = store.SQL.queue.replace("SELECT message_id, fact_id,", "SELECT message_id, gen_random_uuid(),")
    assert text != store.SQL.queue
    monkeypatch.setattr(store.SQL, "queue", text)


@twin(the_fact_is_no_key)
async def test_facts_that_come_three_times_are_told_once_even_when_the_inbox_forgot_them(world: World, guard: None) -> None:
    await world.describe_session()
    enrollment = Enrollment(world.session_id)
    facts = [*await world.hear(enrollment.confirmed()), *await world.hear(build.sign_in_requested())]
    await world.send_all()

    for _ in range(2):
        await world.pool.execute("DELETE FROM inbox")
        await world.consumer.take(facts)
        await world.send_all()

    assert await world.states() == ["sent", "sent"]
    assert len(world.sink.mails) == 2
    assert await world.pool.fetchval("SELECT count(*) FROM trouble") == 0


async def test_a_replay_of_everything_sends_nothing(world: World) -> None:
    await world.describe_session()
    enrollments = [Enrollment(world.session_id) for _ in range(50)]
    facts = [*await world.hear(*(one.waitlisted() for one in enrollments))]
    facts += await world.hear(*(one.confirmed(from_waiting_list=True) for one in enrollments))
    await world.send_all()
    await world.pool.execute("DELETE FROM inbox")

    await world.consumer.take(facts)
    await world.send_all()

    assert len(world.sink.mails) == 100


async def test_history_is_noted_and_not_mailed(world: World) -> None:
    await world.describe_session()
    old, new = Enrollment(world.session_id), Enrollment(world.session_id)

    await world.hear(old.confirmed(), age=timedelta(days=3, minutes=1))
    await world.hear(new.confirmed(), age=timedelta(days=2, hours=23))
    await world.send_all()

    assert await world.states() == ["stale", "sent"]
    assert [address for mail in world.sink.mails for address in [mail["To"].addresses[0].addr_spec]] == [
        f"p{new.person_id.hex}@fabriek.example"
    ]


async def test_the_latest_description_of_a_session_counts(world: World) -> None:
    await world.describe_session()
    await world.hear(
        build.described(world.session_id, revision=2, title="Tweede"),
        build.described(world.session_id, revision=3, title="Derde"),
    )
    async with world.pool.acquire() as conn:
        await store.save_sessions(conn, [build.described(world.session_id, revision=2, title="Tweede, te laat")])

        found = await store.sessions(conn, [world.session_id, uuid4()])

    assert [session.title_nl for session in found.values()] == ["Derde"]


async def test_the_ledger_holds_no_address_name_or_text(world: World) -> None:
    await world.describe_session()
    (enrollment,) = await world.enroll(1)
    world.gateway.names[enrollment.person_id] = "Wilhelmina Buitengewoon"
    world.sink.refuse = lambda address: f"550 5.1.1 <{address}>: Wilhelmina is not here"
    await world.send_all()

    everything = " ".join(str(value) for row in await world.ledger() for value in row.values())

    assert "Wilhelmina" not in everything
    assert "@" not in everything
    assert "550 5.1.1" in everything


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("copies = 3", "at_most_two_copies"),
        ("state = 'sent', copies = 1", "finished_follows_from_state"),
        ("state = 'lost'", "delivery_state_is_known"),
        ("state = 'failed', finished_at = now()", "failed_says_why"),
        ("state = 'sending'", "copies_fit_the_state"),
    ],
)
async def test_what_cannot_be_is_refused_by_name(world: World, change: str, constraint: str) -> None:
    await world.enroll(1)

    with pytest.raises(asyncpg.CheckViolationError) as refused:
        await world.pool.execute(f"UPDATE delivery SET {change}")

    assert refused.value.constraint_name == constraint
