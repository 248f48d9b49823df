"""The displayed seats: learned from the desk's facts, which come late, twice and in any order."""

from __future__ import annotations

import random
from datetime import datetime
from secrets import token_hex
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import pytest

from catalog import reactions
from shared.contracts.enrollment import SeatsChanged
from shared.contracts.event import Event
from shared.messaging.consumer import Consumer
from shared.messaging.pgmq import PGMQ
from tests.catalog.build import (
    Api,
    add_course,
    add_session,
    cancelled,
    confirmed,
    in_days,
    message,
    opened,
    organiser,
    seats,
    waitlisted,
)
from tests.sabotage import twin


class World(NamedTuple):
    """A catalogue that listens to a desk."""

    api: Api
    consumer: Consumer

    async def a_session(self) -> UUID:
        asks = organiser()
        course = await add_course(self.api, asks)
        return UUID((await add_session(self.api, asks, course["id"]))["id"])

    async def tell(self, *facts: Event) -> None:
        """Each by itself, in this order."""
        for fact in facts:
            await self.consumer.take([message(fact)])

    async def shown(self, session_id: UUID) -> Any:
        return (await self.api.get(f"/sessions/{session_id}")).body


@pytest.fixture
def world(api: Api) -> World:
    courier = PGMQ("postgresql://localhost/that-nobody-calls", "12345678")
    return World(api, Consumer(f"catalog {token_hex(4)}", api.pool, courier, reactions.SUBSCRIPTIONS, {}))


def any_revision_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, guard in (("learn_seats", "WHERE excluded.revision > known.revision"),
                        ("learn_rules", "AND fact.revision > known.closes_revision")):  # fmt: skip
        statement = getattr(reactions.SQL, name)
        assert guard in statement
        monkeypatch.setattr(reactions.SQL, name, statement.replace(guard, ""))


async def test_an_opened_session_shows_what_the_desk_said(world: World) -> None:
    session_id = await world.a_session()
    closes_at = in_days(28)

    await world.tell(opened(session_id, capacity=8, closes_at=closes_at))

    shown = await world.shown(session_id)
    assert (shown["state"], shown["capacity"], shown["seatsLeft"], shown["waiting"]) == ("open", 8, 8, 0)
    assert datetime.fromisoformat(shown["enrollmentClosesAt"]) == closes_at


async def test_whether_an_approval_is_asked_stands_as_it_was_asked_for_until_the_desk_says_otherwise(world: World) -> None:
    session_id = await world.a_session()
    rules = ("needsApproval", "holdsSeat", "approvalHours", "offerHours")
    await world.tell(opened(session_id, capacity=8, closes_at=in_days(28)))
    asked_for = await world.shown(session_id)
    assert [asked_for[name] for name in rules] == [False, True, 72, None]

    await world.tell(
        SeatsChanged(
            session_id=session_id, revision=2, occurred_at=in_days(0), seats=seats(2, 8, capacity=8), closes_at=in_days(28),
            needs_approval=True, approval_hours=24, holds_seat=False,
        )
    )  # fmt: skip

    shown = await world.shown(session_id)
    assert [shown[name] for name in rules] == [True, False, 24, None]


async def test_seats_follow_what_happens_at_the_desk(world: World) -> None:
    session_id = await world.a_session()
    counts = []

    for fact in (
        opened(session_id, capacity=1),
        confirmed(session_id, seats(2, 0, capacity=1)),
        waitlisted(session_id, seats(3, 0, capacity=1, waiting=1)),
        cancelled(session_id, seats(4, 1, capacity=1, waiting=1)),
        confirmed(session_id, seats(5, 0, capacity=1)),
    ):
        await world.tell(fact)
        shown = await world.shown(session_id)
        counts.append((shown["seatsLeft"], shown["waiting"]))

    assert counts == [(1, 0), (0, 0), (0, 1), (1, 1), (0, 0)]


@twin(any_revision_counts)
async def test_a_fact_that_comes_late_changes_nothing(world: World, guard: None) -> None:
    session_id, closes_at = await world.a_session(), in_days(29)

    await world.tell(
        confirmed(session_id, seats(3, 8)), opened(session_id, closes_at=closes_at), confirmed(session_id, seats(2, 9)),
    )  # fmt: skip

    shown = await world.shown(session_id)
    assert (shown["state"], shown["seatsLeft"]) == ("open", 8)
    assert datetime.fromisoformat(shown["enrollmentClosesAt"]) == closes_at, "that came late, and is new"


async def test_of_a_batch_the_newest_counts_whatever_its_order(world: World) -> None:
    one, two = await world.a_session(), await world.a_session()
    facts = [
        opened(one), opened(two), *(confirmed(one, seats(1 + n, 10 - n)) for n in range(1, 8)),
        *(confirmed(two, seats(1 + n, 10 - n)) for n in range(1, 5)),
    ]  # fmt: skip
    messages = list(map(message, facts))

    for _ in range(3):  # and again, as a courier may
        random.Random(7).shuffle(messages)
        await world.consumer.take(messages)

    assert [(await world.shown(session_id))["seatsLeft"] for session_id in (one, two)] == [3, 6]


async def test_in_any_order_the_end_is_the_same(world: World) -> None:
    ends = set()
    for seed in range(12):
        session_id = await world.a_session()
        facts = [opened(session_id), *(confirmed(session_id, seats(1 + n, 10 - n)) for n in range(1, 6))]
        random.Random(seed).shuffle(facts)
        await world.tell(*facts)
        shown = await world.shown(session_id)
        ends.add((shown["seatsLeft"], shown["state"]))

    assert ends == {(5, "open")}


async def test_seats_of_a_session_that_the_catalogue_does_not_know_wait_for_it(world: World) -> None:
    session_id = uuid4()

    await world.tell(opened(session_id))

    assert (await world.api.get(f"/sessions/{session_id}")).status == 404
    assert await world.api.pool.fetchval("SELECT seats_left FROM availability WHERE session_id = $1", session_id) == 10
