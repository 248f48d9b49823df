"""What an organiser changes: more seats and fewer, another time or place, and a session that does not take place."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enrollment import desk, domain, store
from enrollment.commands import CancelSession, ChangeSeats, Command, DescribeSession, OpenSession, RequestSeat
from enrollment.desk import NOT_THEIRS
from enrollment.domain import Ledger, Refused, SeatsAre
from enrollment.uptake import projection
from shared.contracts.catalog import SessionDescribed
from shared.contracts.enrollment import (
    EnrollmentCancelled,
    EnrollmentMoved,
    SeatConfirmed,
    SeatOffered,
    SeatsChanged,
    SessionCancelled,
)
from shared.database.pool import Pool, transaction
from tests.enrollment.build import NOW, a_cancellation, a_request, opening
from tests.enrollment.conftest import OpenDesks
from tests.enrollment.test_forgetting import logged
from tests.enrollment.test_offers import is_sound
from tests.enrollment.uptake.test_projection import table, tell
from tests.sabotage import twin

LAB = frozenset(["duurzaamheidsfabriek"])


def change(session_id: UUID, **what: Any) -> ChangeSeats:
    return ChangeSeats(uuid4(), session_id, LAB, **what)


def cancellation(session_id: UUID) -> CancelSession:
    return CancelSession(uuid4(), session_id, LAB)


def described(command: OpenSession, *, revision: int = 2, **what: Any) -> DescribeSession:
    told = command.announced.model_dump(exclude={"seats"})
    return DescribeSession(uuid4(), SessionDescribed(**{**told, "revision": revision, **what}))


def full(seats: int, waiting: int, *, offers: int | None = None) -> tuple[Ledger, OpenSession, list[RequestSeat]]:
    command = opening(seats, offers=offers)
    requests = [a_request(command.session_id) for _ in range(seats + waiting)]
    return domain.decide(Ledger({}, {}), [command, *requests], NOW).ledger, command, requests


def states(ledger: Ledger, requests: list[RequestSeat]) -> list[str]:
    (session,) = ledger.sessions.values()
    return [session.enrollments[request.enrollment_id].state for request in requests]


def test_more_seats_go_to_who_waits_in_the_same_decision() -> None:
    ledger, command, requests = full(1, 3)

    decision = domain.decide(ledger, [change(command.session_id, capacity=3)], NOW)

    assert [type(fact) for fact in decision.facts] == [SeatsChanged, SeatConfirmed, SeatConfirmed]
    assert states(decision.ledger, requests) == ["confirmed"] * 3 + ["waitlisted"]
    (answer,) = decision.answers
    assert isinstance(answer, SeatsAre)
    assert (answer.capacity, answer.seats_left, answer.waiting) == (3, 0, 1)


def test_where_seats_are_offered_more_seats_are_offered_too() -> None:
    ledger, command, _ = full(1, 2, offers=24)

    decision = domain.decide(ledger, [change(command.session_id, capacity=2)], NOW)

    assert [type(fact) for fact in decision.facts] == [SeatsChanged, SeatOffered]


def test_fewer_seats_than_are_held_are_refused_and_as_many_are_not() -> None:
    ledger, command, requests = full(5, 0)
    two_left = domain.decide(ledger, [a_cancellation(requests[0]), a_cancellation(requests[1])], NOW).ledger

    decision = domain.decide(two_left, [change(command.session_id, capacity=n) for n in (2, 3)], NOW)

    assert decision.answers[0] == Refused("seats-are-held")
    assert isinstance(decision.answers[1], SeatsAre)
    session = decision.ledger.sessions[command.session_id]
    is_sound(session)
    assert sorted(e.seat_no for e in session.enrollments.values() if e.seat_no) == [1, 2, 3]


@pytest.mark.parametrize(
    ("what", "at", "slug"),
    [
        ({"capacity": 9}, NOW + timedelta(days=30), "session-started"),
        ({"closes_at": NOW + timedelta(days=31)}, NOW, "closes-after-the-start"),
    ],
)
def test_what_cannot_be_is_refused(what: dict[str, Any], at: datetime, slug: str) -> None:
    ledger, command, _ = full(1, 0)

    (answer,) = domain.decide(ledger, [change(command.session_id, **what)], at).answers

    assert isinstance(answer, Refused)
    assert answer.slug == slug


def test_when_enrolling_closes_earlier_nobody_gets_in_after_it() -> None:
    ledger, command, _ = full(3, 0)
    roomy = domain.decide(ledger, [change(command.session_id, capacity=9, closes_at=NOW + timedelta(hours=1))], NOW).ledger

    late = domain.decide(roomy, [a_request(command.session_id)], NOW + timedelta(hours=1))

    assert late.answers == [Refused("enrollment-closed")]


def test_nothing_that_changes_is_no_fact() -> None:
    ledger, command, _ = full(2, 0)

    assert domain.decide(ledger, [change(command.session_id, capacity=2), change(command.session_id)], NOW).facts == []


def test_a_session_that_is_cancelled_lets_everybody_go_and_nobody_in() -> None:
    ledger, command, requests = full(2, 3, offers=24)

    decision = domain.decide(
        ledger, [cancellation(command.session_id), cancellation(command.session_id), a_request(command.session_id)], NOW
    )

    assert states(decision.ledger, requests) == ["cancelled"] * 5
    assert {fact.reason for fact in decision.facts if isinstance(fact, EnrollmentCancelled)} == {"session-cancelled"}
    assert [type(fact) for fact in decision.facts] == [EnrollmentCancelled] * 5 + [SessionCancelled]
    assert decision.answers[2] == Refused("session-cancelled")
    is_sound(decision.ledger.sessions[command.session_id])


def test_whoever_is_in_is_told_when_a_session_moves_and_nobody_when_only_a_word_changes() -> None:
    ledger, command, requests = full(1, 1)
    gone = domain.decide(ledger, [a_cancellation(requests[0])], NOW).ledger

    word = domain.decide(gone, [described(command, title_nl="Anders")], NOW)
    moved = domain.decide(word.ledger, [described(command, revision=3, location="Hal 2")], NOW)

    assert word.facts == []
    (fact,) = moved.facts
    assert isinstance(fact, EnrollmentMoved)
    assert (fact.enrollment_id, fact.stands, fact.described) == (requests[1].enrollment_id, "confirmed", 3)
    assert fact.decided_at < fact.occurred_at or fact.decided_at == NOW


@settings(max_examples=200, deadline=None)
@given(
    seats=st.integers(1, 6), offers=st.sampled_from([None, 24]),
    script=st.lists(st.tuples(st.sampled_from(["come", "go", "resize"]), st.integers(1, 9)), max_size=30),
)  # fmt: skip
def test_seats_are_conserved_whatever_the_organiser_does(seats: int, offers: int | None, script: list[tuple[str, int]]) -> None:
    command = opening(seats, offers=offers)
    ledger = domain.decide(Ledger({}, {}), [command], NOW).ledger
    came: list[RequestSeat] = []
    for verb, number in script:
        if verb == "resize":
            wish: Command = change(command.session_id, capacity=number)
        elif verb == "go" and came:
            wish = a_cancellation(came.pop(number % len(came)))
        else:
            came.append(a_request(command.session_id))
            wish = came[-1]
        ledger = domain.decide(ledger, [wish], NOW).ledger
        is_sound(ledger.sessions[command.session_id])


# On a real database


async def lived(
    pool: Pool, open_desks: OpenDesks, seats: int, waiting: int
) -> tuple[desk.Desk, OpenSession, list[RequestSeat]]:
    command = opening(seats)
    async with transaction(pool) as conn:
        await desk.settle(conn, [command], NOW)
    (one,) = await open_desks(1)
    requests = [a_request(command.session_id) for _ in range(seats + waiting)]
    for request in requests:
        await one.ask(request)
    return one, command, requests


async def test_a_session_shrinks_to_what_is_held_and_its_seats_get_other_numbers(open_desks: OpenDesks, pool: Pool) -> None:
    one, command, requests = await lived(pool, open_desks, 5, 0)
    for request in requests[:3]:
        await one.ask(a_cancellation(request))

    assert isinstance(await one.ask(change(command.session_id, capacity=2)), SeatsAre)

    rows = await pool.fetch("SELECT seat_no, seat_capacity FROM enrollment WHERE seat_no IS NOT NULL ORDER BY 1")
    assert [tuple(row) for row in rows] == [(1, 2), (2, 2)]
    assert await one.ask(change(command.session_id, capacity=1)) == Refused("seats-are-held")


async def test_more_seats_are_given_to_as_many_as_wait(open_desks: OpenDesks, pool: Pool) -> None:
    one, command, _ = await lived(pool, open_desks, 1, 12)

    await one.ask(change(command.session_id, capacity=10))

    assert await pool.fetchval("SELECT count(*) FROM enrollment WHERE state = 'confirmed'") == 10


async def test_seats_get_fewer_in_the_very_round_in_which_people_leave_and_come(open_desks: OpenDesks, pool: Pool) -> None:
    (one,) = await open_desks(1)
    for who_leaves, comes in ((1, False), (0, False), (0, True)):
        command = opening(3 if comes else 2)
        first, second, last = [a_request(command.session_id) for _ in range(3)]
        await one.serve([command, first, second])
        coming: list[Command] = [last] if comes else []

        fewer = change(command.session_id, capacity=2 if comes else 1)
        *_, answer = await one.serve([*coming, a_cancellation([first, second][who_leaves]), fewer])

        assert isinstance(answer, SeatsAre)
        rows = await pool.fetch("SELECT seat_no, state FROM enrollment WHERE session_id = $1", command.session_id)
        held = sorted(row["seat_no"] for row in rows if row["state"] == "confirmed")
        assert held == [*range(1, answer.capacity + 1)]


async def test_everybody_is_out_of_a_session_that_is_cancelled_and_the_report_knows(open_desks: OpenDesks, pool: Pool) -> None:
    one, command, _ = await lived(pool, open_desks, 3, 4)

    await one.ask(cancellation(command.session_id))

    await tell(pool, await logged(pool))
    assert {row["state"] for row in await pool.fetch("SELECT state FROM uptake_enrollment")} == {"cancelled"}
    projected = await table(pool)
    async with transaction(pool) as conn:
        await projection.rebuild(conn)
    assert await table(pool) == projected


async def test_whoever_is_in_is_found_when_a_session_moves(open_desks: OpenDesks, pool: Pool) -> None:
    one, command, _ = await lived(pool, open_desks, 2, 2)

    await one.ask(described(command, starts_at=command.announced.starts_at + timedelta(days=7)))

    assert await pool.fetchval("SELECT count(*) FROM event_log WHERE type LIKE '%.moved'") == 4


def anybody_organises(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "_fieldlab", lambda session: "ramlab")


@twin(anybody_organises)
async def test_whose_fieldlab_it_is_not_finds_no_session(open_desks: OpenDesks, pool: Pool, guard: None) -> None:
    one, command, _ = await lived(pool, open_desks, 2, 0)
    theirs = frozenset(["ramlab"])

    answers = [
        await one.ask(replace(change(command.session_id, capacity=9), fieldlabs=theirs)),
        await one.ask(replace(cancellation(command.session_id), fieldlabs=theirs)),
    ]

    assert answers == [NOT_THEIRS] * 2
