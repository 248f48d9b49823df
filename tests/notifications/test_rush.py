"""While many come at once their mails wait a moment, so that the desk has the processors; sign-in links do not."""

from __future__ import annotations

from datetime import timedelta

import pytest

from notifications import rush
from notifications.rush import Rush
from tests.notifications import build
from tests.notifications.conftest import World
from tests.sabotage import twin

A_QUARTER = 0.25


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def heard(clock: Clock, *each_quarter: int) -> Rush:
    one = Rush(clock)
    for facts in each_quarter:
        clock.now += A_QUARTER
        one.hear(facts)
    return one


@pytest.mark.parametrize(
    ("each_quarter", "holds_back"),
    [((rush.MANY,), True), ((40, 40, 40, 40), True), ((30,) * 100, False), ((100, 0, 0, 0, 0, 100), False)],
    ids=["a round of many", "many in a second", "a busy day", "two moments"],
)
def test_a_rush_is_many_facts_within_a_second(each_quarter: tuple[int, ...], holds_back: bool) -> None:
    assert bool(heard(Clock(), *each_quarter).holds_back) is holds_back


def test_a_rush_is_over_soon_after_the_last_of_it() -> None:
    clock = Clock()
    one = heard(clock, rush.MANY)

    clock.now += rush.AFTERWARDS

    assert one.holds_back == timedelta(0)


def whatever_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Rush, "holds_back", timedelta(0))


@twin(whatever_comes)
async def test_in_a_rush_mails_wait_and_a_sign_in_link_does_not(world: World, guard: None) -> None:
    await world.describe_session()
    await world.enroll(3)
    await world.hear(build.sign_in_requested())
    world.rush.hear(rush.MANY)

    await world.sender().send_batch()

    assert [line["template"] for line in await world.ledger() if line["state"] == "sent"] == ["sign-in"]


async def test_no_mail_waits_for_a_rush_longer_than_it_may(world: World) -> None:
    await world.describe_session()
    await world.enroll(1)
    await world.pool.execute("UPDATE delivery SET due_at = due_at - $1::interval", rush.AT_MOST)
    await world.enroll(1)
    world.rush.hear(rush.MANY)

    await world.sender().send_batch()

    assert sorted(line["state"] for line in await world.ledger()) == ["due", "sent"]


async def test_after_the_rush_everything_goes_out(world: World) -> None:
    await world.describe_session()
    await world.enroll(3)
    world.rush.hear(rush.MANY)
    assert await world.sender().send_batch() == 0

    world.rush = Rush()
    await world.send_all()

    assert {line["state"] for line in await world.ledger()} == {"sent"}
