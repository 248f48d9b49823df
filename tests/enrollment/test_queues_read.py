"""What the desk reads of a queue is enough for whatever it decides, however groups and people alone wait through each other."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from enrollment import clock, desk, store
from enrollment.commands import AcceptOffer, ChangeSeats, Command, KeepTime, LapseOffer, OpenSession, RequestSeat
from enrollment.domain import Answer, Refused, SeatsAre
from shared.contracts.catalog import ReservedSeats
from shared.database.pool import Pool, transaction
from tests.enrollment.build import NOW, a_cancellation, a_request, opening
from tests.enrollment.conftest import OpenDesks
from tests.enrollment.test_kept import of_sme
from tests.sabotage import twin

LAB = frozenset(["duurzaamheidsfabriek"])
UNTIL = NOW + timedelta(days=2)


def kept(seats: int) -> tuple[ReservedSeats, ...]:
    return (ReservedSeats(group="sme", seats=seats, until=UNTIL),)


def alone(command: OpenSession) -> list[RequestSeat]:
    return [a_request(command.session_id)]


def pair(command: OpenSession) -> list[RequestSeat]:
    group = uuid4()
    return [a_request(command.session_id, group=group) for _ in range(2)]


async def asked(pool: Pool, *commands: Command, at: timedelta = timedelta(0)) -> Sequence[Answer]:
    """Each in a round of its own, as on a quiet day."""
    answers: list[Answer] = []
    for command in commands:
        async with transaction(pool) as conn:
            answers += await desk.settle(conn, [command], NOW + at)
    return answers


async def states(pool: Pool, *requests: RequestSeat) -> list[str]:
    rows = await pool.fetch("SELECT enrollment_id, state FROM enrollment")
    known: dict[UUID, str] = {row["enrollment_id"]: row["state"] for row in rows}
    return [known[one.enrollment_id] for one in requests]


def as_many_as_seats_over_all_sizes(monkeypatch: pytest.MonkeyPatch) -> None:
    heads = store.SQL.load_queues.rindex(") e")
    cut = f"{store.SQL.load_queues[:heads]} ORDER BY head.place LIMIT asked.seats{store.SQL.load_queues[heads:]}"
    monkeypatch.setattr(store.SQL, "load_queues", cut)


TOO_FEW_READ = twin(as_many_as_seats_over_all_sizes, red=asyncpg.CheckViolationError)


@TOO_FEW_READ
async def test_a_seat_that_falls_free_goes_past_pairs_to_who_waits_alone(pool: Pool, guard: None) -> None:
    command = opening(3, reserved=kept(2))
    holder, last = a_request(command.session_id), alone(command)
    await asked(pool, command, holder, *pair(command), *pair(command), *last)

    await asked(pool, a_cancellation(holder))

    assert await states(pool, holder, *last) == ["cancelled", "confirmed"]


@TOO_FEW_READ
async def test_seats_that_are_for_all_again_go_to_everybody_they_are_enough_for(pool: Pool, guard: None) -> None:
    command = opening(3, reserved=kept(2))
    first, two, last = alone(command), pair(command), alone(command)
    await asked(pool, command, a_request(command.session_id), *first, *two, *last)

    await asked(pool, KeepTime(uuid4(), command.session_id), at=UNTIL - NOW)

    assert await states(pool, *first, *two, *last) == ["confirmed", "waitlisted", "waitlisted", "confirmed"]


@TOO_FEW_READ
async def test_more_seats_go_past_a_pair_for_whom_there_are_too_few(pool: Pool, guard: None) -> None:
    command = opening(2)
    first, two, last = alone(command), pair(command), alone(command)
    await asked(pool, command, *alone(command), *alone(command), *first, *two, *last)

    await asked(pool, ChangeSeats(uuid4(), command.session_id, LAB, capacity=4))

    assert await states(pool, *first, *two, *last) == ["confirmed", "waitlisted", "waitlisted", "confirmed"]


async def test_whoever_asks_for_a_seat_that_is_not_offered_gets_before_nobody(pool: Pool) -> None:
    command = opening(2)
    holder, pairs = a_request(command.session_id), [one for _ in range(4) for one in pair(command)]
    (first,), (second,) = alone(command), alone(command)
    await asked(pool, command, holder, *alone(command), *pairs, first, second)
    eager = [AcceptOffer(uuid4(), command.session_id, second.enrollment_id, second.person_id) for _ in range(6)]

    async with transaction(pool) as conn:
        await desk.settle(conn, [*eager, a_cancellation(holder)], NOW)

    assert await states(pool, first, second) == ["confirmed", "waitlisted"]


async def test_more_seats_of_which_some_are_kept_from_now_on_find_who_they_are_for(pool: Pool) -> None:
    command = opening(2)
    others, small = [a_request(command.session_id) for _ in range(6)], of_sme(command)
    await asked(pool, command, a_request(command.session_id), a_request(command.session_id), *others, small)

    (seats,) = await asked(pool, ChangeSeats(uuid4(), command.session_id, LAB, capacity=4, reserved=kept(2)))

    assert isinstance(seats, SeatsAre)
    assert await states(pool, *others, small) == ["waitlisted"] * 6 + ["confirmed"]


async def test_seats_that_become_fewer_and_more_in_one_round_keep_their_holders(open_desks: OpenDesks, pool: Pool) -> None:
    command = opening(20)
    people = [a_request(command.session_id) for _ in range(20)]
    await asked(pool, command)
    (one,) = await open_desks(1)
    await asyncio.gather(*map(one.ask, people))
    await asyncio.gather(*(one.ask(a_cancellation(who)) for who in people[:12]))

    async with transaction(pool) as conn:
        sizes = [ChangeSeats(uuid4(), command.session_id, LAB, capacity=size) for size in (8, 20, 12, 9, 19)]
        last = (await desk.settle(conn, sizes, NOW))[-1]

    assert isinstance(last, SeatsAre)
    assert (last.capacity, last.seats_left) == (19, 11)
    assert [await asked(pool, a_request(command.session_id)) for _ in range(11)]
    taken = [row["seat_no"] for row in await pool.fetch("SELECT seat_no FROM enrollment WHERE seat_no IS NOT NULL ORDER BY 1")]
    assert taken == list(range(1, 20))


async def test_one_session_that_cannot_be_decided_about_holds_up_no_other() -> None:
    asked_about: list[UUID] = []

    async def ask(command: Any) -> Answer:
        asked_about.append(command.session_id)
        if command.session_id == UUID(int=1):
            raise asyncpg.CheckViolationError("a rule of ours is wrong")
        return Refused("no-offer")

    await clock._ask_each(ask, [LapseOffer(uuid4(), UUID(int=number), uuid4()) for number in (1, 2)])

    assert asked_about == [UUID(int=1), UUID(int=2)]
