"""The ledger forgets people with the desk, and leaves out the mails that they chose not to get."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from notifications import store, upkeep
from shared.contracts.gateway import PersonForgotten
from shared.database.pool import transaction
from shared.messaging import forgetting
from tests.everything import places_of
from tests.notifications.build import Enrollment
from tests.notifications.conftest import World
from tests.sabotage import twin


def forgotten(person_id: UUID) -> PersonForgotten:
    return PersonForgotten(erasure_id=uuid4(), person_id=person_id, revision=1, occurred_at=datetime.now(UTC))


async def is_done(world: World, fact: PersonForgotten) -> bool:
    async with transaction(world.pool) as conn:
        return (await forgetting.told(conn, fact.erasure_id))[0]


def the_ledger_keeps_to_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store.SQL, "rekey", "SELECT $1::text[], $2::uuid[]")


@twin(the_ledger_keeps_to_itself)
async def test_nothing_is_under_a_persons_id_once_the_desk_said_whose_it_was(world: World, guard: None) -> None:
    await world.describe_session()
    one, other = Enrollment(world.session_id), Enrollment(world.session_id)
    person_id, fact = one.person_id, forgotten(one.person_id)
    await world.hear(one.waitlisted(), other.confirmed())
    await world.send_all()
    await world.hear(one.confirmed(from_waiting_list=True), fact, one.cancelled())
    await upkeep.forget(world.pool)
    assert not await is_done(world, fact)

    await world.hear(one.anonymised())
    await upkeep.forget(world.pool)

    assert await is_done(world, fact)
    assert await places_of(world.pool, person_id) == {"erasure"}
    assert [row["recipient_id"] for row in await world.ledger()].count(other.person_id) == 1


async def test_what_was_still_to_be_told_is_told_to_nobody(world: World) -> None:
    await world.describe_session()
    enrollment = Enrollment(world.session_id)
    world.gateway.erased.add(enrollment.person_id)
    await world.hear(enrollment.confirmed(), enrollment.anonymised())
    world.gateway.erased.add(enrollment.person_id)

    await world.send_all()

    assert await world.states() == ["no_recipient"]
    assert world.sink.mails == []


async def test_after_a_day_the_ids_themselves_are_let_go(world: World) -> None:
    fact = forgotten(uuid4())
    await world.hear(fact)
    await upkeep.forget(world.pool)
    await world.pool.execute("UPDATE erasure SET done_at = now() - interval '25 hours'")

    await upkeep.forget(world.pool)

    assert await places_of(world.pool, fact.person_id) == set()
    assert await is_done(world, fact)


async def test_a_mail_that_somebody_chose_not_to_get_is_not_sent_and_that_is_noted(world: World) -> None:
    await world.describe_session()
    enrollment = Enrollment(world.session_id)
    world.gateway.declines[enrollment.person_id] = ["waitlisted"]
    await world.hear(enrollment.waitlisted())
    await world.send_all()
    await world.hear(enrollment.confirmed(from_waiting_list=True))
    await world.send_all()

    assert await world.states() == ["declined", "sent"]
    assert len(world.mails_to(enrollment.person_id)) == 1
