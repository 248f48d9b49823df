"""How a session opens, as its organiser asks for it: told to the desk, and shown."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from shared.contracts.catalog import SessionAnnounced
from shared.contracts.enrollment import SessionCancelled
from tests.catalog.build import Api, a_session, add_course, add_session, in_days, opened, organiser, seats
from tests.catalog.test_availability import World, world  # noqa: F401  (a fixture)


def day(number: float) -> str:
    return in_days(number).isoformat()


async def test_the_desk_is_told_how_a_session_opens(api: Api) -> None:
    asks = organiser()
    course = await add_course(api, asks)
    how = {"opensAt": day(2), "drawAt": day(5), "waitingRoom": True}

    made = await add_session(api, asks, course["id"], **how)

    assert {name: str(made[name])[:10] for name in how} == {name: str(value)[:10] for name, value in how.items()}
    told = await api.pool.fetchval("SELECT data::text FROM event_log WHERE data ->> 'sessionId' = $1", made["id"])
    plan = SessionAnnounced.model_validate_json(told).seats
    assert plan.opens_at is not None
    assert plan.draw_at is not None
    assert (plan.draw_at - plan.opens_at).days == 3
    assert plan.waiting_room is True


@pytest.mark.parametrize(
    ("how", "pointer"),
    [
        ({"opensAt": day(4000)}, "#/opensAt"),
        ({"drawAt": day(4000)}, "#/drawAt"),
        ({"drawAt": day(-1)}, "#/drawAt"),
        ({"opensAt": day(5), "drawAt": day(4)}, "#/drawAt"),
    ],
)
async def test_an_opening_that_cannot_be_is_refused(api: Api, how: dict[str, Any], pointer: str) -> None:
    asks = organiser()
    course = await add_course(api, asks)

    assert (await api.post(f"/courses/{course['id']}/sessions", asks, {**a_session(), **how})).pointers == [pointer]


async def test_a_session_that_opens_later_is_announced_until_then_and_off_when_it_is_off(world: World) -> None:  # noqa: F811
    asks = organiser()
    course = await add_course(world.api, asks)
    later = UUID((await add_session(world.api, asks, course["id"], opensAt=day(2)))["id"])
    now = UUID((await add_session(world.api, asks, course["id"], opensAt=day(-1)))["id"])
    await world.tell(opened(later), opened(now))

    states = [(await world.shown(one))["state"] for one in (later, now)]
    await world.tell(SessionCancelled(session_id=later, revision=2, occurred_at=datetime.now(UTC), seats=seats(2, 10)))

    assert states == ["announced", "open"]
    assert (await world.shown(later))["state"] == "cancelled"
