"""At most one session of a course at a time, whichever desks are asked; what overlaps is told, and refused nowhere."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from enrollment import desk as desks
from enrollment import domain, store
from enrollment.commands import CancelSession, Command
from enrollment.domain import Ledger, Refused, Settled
from shared.database.pool import Pool, transaction
from tests.counts import count
from tests.enrollment.build import NOW, a_cancellation, a_request, an_end, opening
from tests.enrollment.conftest import OpenDesks
from tests.enrollment.test_forgetting import forgotten, hear
from tests.sabotage import twin

ANNA = UUID(int=1)
OTHER_COURSE = UUID(int=8)
LAB = frozenset(["duurzaamheidsfabriek"])


def slugs(answers: Sequence[object]) -> list[str]:
    return [answer.slug if isinstance(answer, Refused) else "yes" for answer in answers]


def decided(*commands: Command, at: timedelta = timedelta(0)) -> list[str]:
    return slugs(domain.decide(Ledger({}, {}), commands, NOW + at).answers)


# The rule


@pytest.mark.parametrize("seats", [5, 0], ids=["with a seat", "in the queue"])
def test_whoever_is_in_one_session_of_a_course_is_not_let_into_another(seats: int) -> None:
    first, second = opening(seats), opening(5)

    answers = decided(first, second, a_request(first.session_id, ANNA), a_request(second.session_id, ANNA))

    assert answers[2:] == ["yes", "other-session-of-course"]


def test_the_no_says_which_session_it_is() -> None:
    first, second = opening(), opening()
    asked: Sequence[Command] = (first, second, a_request(first.session_id, ANNA), a_request(second.session_id, ANNA))

    refused = domain.decide(Ledger({}, {}), asked, NOW).answers[-1]

    assert isinstance(refused, Refused)
    assert [fault.limit for fault in refused.faults] == [str(first.session_id)]


def test_another_course_is_another_matter() -> None:
    first, second = opening(), opening(course=OTHER_COURSE)

    assert decided(first, second, a_request(first.session_id, ANNA), a_request(second.session_id, ANNA))[3] == "yes"


def test_whoever_withdraws_may_come_to_another_session() -> None:
    first, second = opening(), opening()
    went = a_request(first.session_id, ANNA)

    assert decided(first, second, went, a_cancellation(went), a_request(second.session_id, ANNA))[-1] == "yes"


def test_whoever_was_in_a_session_that_is_over_may_come_again() -> None:
    first, second = opening(), opening(starts_in=timedelta(days=60))
    start = domain.decide(Ledger({}, {}), [first, second, a_request(first.session_id, ANNA)], NOW).ledger
    ends_at = first.announced.ends_at

    again = [domain.decide(start, [a_request(second.session_id, ANNA)], at).answers for at in (ends_at - timedelta(1), ends_at)]

    assert [slugs(answers) for answers in again] == [["other-session-of-course"], ["yes"]]


def test_whoever_enrolls_hears_what_else_they_are_in_at_the_same_time() -> None:
    course, same_day = opening(), opening(course=OTHER_COURSE)
    next_day = opening(course=UUID(int=9), starts_in=timedelta(days=31))
    open_ = domain.decide(Ledger({}, {}), [course, same_day, next_day], NOW).ledger
    asked = [a_request(one.session_id, ANNA) for one in (course, next_day, same_day)]

    answers = domain.decide(open_, asked, NOW).answers

    assert [[one.session_id for one in answer.overlaps] for answer in answers if isinstance(answer, Settled)] == [
        [], [], [course.session_id],
    ]  # fmt: skip


# On a real database


async def opened(pool: Pool, *seats: int) -> list[UUID]:
    commands = [opening(number) for number in seats]
    async with transaction(pool) as conn:
        await desks.settle(conn, commands, NOW)
    return [command.session_id for command in commands]


async def claimed(pool: Pool) -> list[UUID]:
    return [row["session_id"] for row in await pool.fetch("SELECT session_id FROM person_claim ORDER BY person_id")]


def whoever_claims_first_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store.SQL, "add_claims", f"{store.SQL.add_claims} ON CONFLICT DO NOTHING")


@twin(whoever_claims_first_does_not_matter)
async def test_somebody_who_asks_two_desks_for_two_sessions_of_a_course_gets_into_one(
    open_desks: OpenDesks, pool: Pool, guard: None
) -> None:
    sessions = await opened(pool, 50, 50)
    two = await open_desks(2)
    for person in range(count(20, 200)):
        requests = [a_request(session_id, UUID(int=person + 1)) for session_id in sessions]
        answers = await asyncio.gather(*(desk.ask(request) for desk, request in zip(two, requests, strict=True)))
        assert Counter(slugs(answers)) == {"yes": 1, "other-session-of-course": 1}

    rows = await pool.fetch("SELECT count(*) FROM enrollment WHERE state <> 'cancelled' GROUP BY person_id")
    assert {row["count"] for row in rows} == {1}


async def test_two_in_one_round_are_told_apart_too(pool: Pool) -> None:
    one, other = await opened(pool, 5, 5)

    async with transaction(pool) as conn:
        answers = await desks.settle(conn, [a_request(one, ANNA), a_request(other, ANNA)], NOW)

    assert slugs(answers) == ["yes", "other-session-of-course"]
    assert await claimed(pool) == [one]


async def test_a_claim_ends_with_what_it_is_about(open_desks: OpenDesks, pool: Pool) -> None:
    one, other = await opened(pool, 1, 1)
    (desk,) = await open_desks(1)
    first, waiting = a_request(one, ANNA), a_request(one, UUID(int=2))
    asked: Sequence[Command] = (first, waiting, a_cancellation(first), a_request(other, ANNA))
    assert slugs([await desk.ask(command) for command in asked]) == ["yes"] * 4
    assert await claimed(pool) == [other, one]

    await desk.ask(CancelSession(uuid4(), other, LAB))
    await desk.ask(an_end(waiting))

    assert await claimed(pool) == [one]


async def test_who_leaves_one_session_for_another_in_one_round_claims_the_other(pool: Pool) -> None:
    one, other = await opened(pool, 5, 5)
    first = a_request(one, ANNA)
    async with transaction(pool) as conn:
        await desks.settle(conn, [first], NOW)
    async with transaction(pool) as conn:
        answers = await desks.settle(conn, [a_cancellation(first), a_request(other, ANNA)], NOW)

    assert slugs(answers) == ["yes", "yes"]
    assert await claimed(pool) == [other]


async def test_whoever_was_in_what_is_over_is_let_in_again_and_their_claim_goes_by_itself(pool: Pool) -> None:
    one, other = await opened(pool, 5, 5)
    later = NOW + timedelta(days=60)
    async with transaction(pool) as conn:
        await desks.settle(conn, [a_request(one, ANNA), a_request(other, UUID(int=2))], NOW)
        await desks.settle(conn, [(third := opening(starts_in=timedelta(days=90))), a_request(third.session_id, ANNA)], later)
    assert await claimed(pool) == [third.session_id, other]

    await pool.execute("UPDATE session SET ends_at = now() - interval '1 day' WHERE session_id = $1", other)
    async with transaction(pool) as conn:
        await desks.forget_claims(conn)

    assert await claimed(pool) == [third.session_id]


async def test_whoever_is_forgotten_claims_nothing(pool: Pool) -> None:
    (one,) = await opened(pool, 5)
    async with transaction(pool) as conn:
        await desks.settle(conn, [a_request(one, ANNA)], NOW)

    await hear(pool, forgotten(ANNA))

    assert await claimed(pool) == []
