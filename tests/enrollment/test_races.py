"""Everybody at once over several desks: however the turns fall, no seat is lost, none is doubled, and nobody is oversold."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from enrollment import checks, desk, store
from enrollment.commands import (
    ApproveRequest,
    CancelSession,
    ChangeSeats,
    Command,
    LapseOffer,
    LapseRequest,
    OpenSession,
    OrganiserOf,
    RejectRequest,
    RequestSeat,
)
from enrollment.desk import Desk
from enrollment.domain import steps
from shared.database.pool import Pool, transaction
from tests.counts import count
from tests.enrollment.build import NOW, a_cancellation, a_hand_over, a_move, a_refusal, a_request, an_acceptance, opening
from tests.enrollment.conftest import OpenDesks
from tests.enrollment.test_desk import ask_all, no_lock
from tests.enrollment.test_seats import described
from tests.sabotage import twin

HOUR = timedelta(hours=1)
LAB = frozenset(["duurzaamheidsfabriek"])
ORGANISER = OrganiserOf(UUID(int=99), LAB)
ROUNDS = count(10, 200)
AT_ONCE = 50


async def opened(pool: Pool, seats: int, offers: int | None, approval: bool | None = None) -> OpenSession:
    command = opening(seats, offers=offers, approval=approval)
    async with transaction(pool) as conn:
        await desk.settle(conn, [command], NOW)
    return command


async def must_be_sound(pool: Pool, session_id: UUID) -> None:
    """As `skillslab check` looks at it."""
    faults = [
        (name, row["id"])
        for names in checks.OF_SESSIONS.values()
        for name in names
        for row in await pool.fetch(getattr(checks.SQL, name), [session_id])
    ]
    assert faults == []


def no_lock_and_no_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither turns nor the number of a seat keep two desks apart. (With either of them nothing goes wrong.)"""
    no_lock(monkeypatch)
    monkeypatch.setattr(store.SQL, "lock_sessions", f"{store.SQL.lock_sessions} /* no numbers */")


async def without_numbers(pool: Pool) -> None:
    if "no numbers" in store.SQL.lock_sessions:
        await pool.execute("DROP INDEX seat_is_held_once; DROP INDEX place_is_held_once")
        await pool.execute("ALTER TABLE outbox DROP CONSTRAINT outbox_pkey")


@twin(no_lock_and_no_numbers)
async def test_fifty_cancellations_race_fifty_promotions_by_hand_and_no_seat_is_lost_or_doubled(
    open_desks: OpenDesks, pool: Pool, guard: None
) -> None:
    """An organiser raises the capacity by one, fifty times, so that somebody is promoted, while fifty people withdraw."""
    await without_numbers(pool)
    opened_desks = await open_desks(2)
    for _ in range(ROUNDS):
        command = await opened(pool, AT_ONCE, None)
        session_id = command.session_id
        requests = [a_request(session_id) for _ in range(AT_ONCE * 3)]
        await ask_all(opened_desks[:1], requests)
        storm: list[Command] = [*map(a_cancellation, requests[:AT_ONCE])]
        storm += [ChangeSeats(uuid4(), session_id, LAB, capacity=AT_ONCE + more + 1) for more in range(AT_ONCE)]
        random.shuffle(storm)

        await ask_all(opened_desks, storm)

        await must_be_sound(pool, session_id)
        rows = await pool.fetch("SELECT state, count(*) FROM enrollment WHERE session_id = $1 GROUP BY 1", session_id)
        states = Counter({row["state"]: row["count"] for row in rows})
        capacity = await pool.fetchval("SELECT capacity FROM session WHERE session_id = $1", session_id)
        assert states == Counter(cancelled=AT_ONCE, confirmed=capacity, waitlisted=2 * AT_ONCE - capacity)


async def a_storm_over_every_path(pool: Pool, desks: Sequence[Desk]) -> Sequence[UUID]:
    """People, organisers, the clock and the catalogue, all at once; returns the sessions it was about."""
    rules = ((None, None), (1, None), (24, None), (24, True))
    commands = [await opened(pool, random.randint(2, 6), offers, approval) for offers, approval in rules]

    def to_another(one: RequestSeat) -> Command:
        return a_move(one, random.choice(commands).session_id)

    def decided(one: RequestSeat) -> Command:
        decision: type[ApproveRequest | RejectRequest] = random.choice([ApproveRequest, ApproveRequest, RejectRequest])
        return decision(uuid4(), one.session_id, one.enrollment_id, ORGANISER)

    came: list[RequestSeat] = []
    for _ in range(count(4, 20)):
        storm: list[Command] = []
        for command in commands:
            session_id, group = command.session_id, uuid4()
            came += [a_request(session_id, group=random.choice([None, None, group]), at_once=nr % 3 == 0) for nr in range(20)]
            storm += came[-20:]
            theirs = random.sample(came, min(len(came), 40))
            make: Sequence[Callable[[RequestSeat], Command]] = (
                a_cancellation, an_acceptance, a_refusal, to_another, a_hand_over, decided,
            )  # fmt: skip
            storm += [random.choice(make)(one) for one in theirs]
            for lapse in (LapseOffer, LapseRequest):
                storm += [lapse(uuid4(), one.session_id, one.enrollment_id) for one in random.sample(came, 10)]
            storm += [ChangeSeats(uuid4(), session_id, LAB, capacity=random.randint(1, 9)) for _ in range(4)]
            storm.append(described(command, revision=2, location=random.choice(["Hal 1", "Hal 2"])))
        random.shuffle(storm)
        answered = await ask_all(desks, storm)
        assert not [answer for answer in answered if isinstance(answer, BaseException)]
    await ask_all(desks, [CancelSession(uuid4(), commands[0].session_id, LAB)])
    return [command.session_id for command in commands]


def a_freed_seat_is_nobodys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "fill", lambda session, cause, now, facts: None)


@twin(a_freed_seat_is_nobodys)
async def test_a_storm_over_every_path_at_once_oversells_nothing(pool: Pool, guard: None) -> None:
    desks = [Desk(pool, lambda: None, lambda: NOW + random.choice([0, 30]) * HOUR) for _ in range(4)]
    serving = [asyncio.create_task(one.run()) for one in desks]
    try:
        for session_id in await a_storm_over_every_path(pool, desks):
            await must_be_sound(pool, session_id)
    finally:
        for task in serving:
            task.cancel()
