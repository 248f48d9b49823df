"""A freed seat is held for the next in line until they answer or the time is over; a group gets seats together or waits on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enrollment import clock, desk, domain
from enrollment.commands import Command, RequestSeat
from enrollment.domain import Ledger, Refused, Session, Settled, Step
from shared.contracts.enrollment import EnrollmentCancelled, SeatConfirmed, SeatOffered
from shared.database.pool import Pool, transaction
from tests.enrollment.build import NOW, a_cancellation, a_refusal, a_request, an_acceptance, an_end, opening
from tests.enrollment.conftest import OpenDesks

HOURS = timedelta(hours=1)


def a_session(seats: int, *, offers: int | None = 24, starts_in: timedelta = timedelta(days=30)) -> tuple[Ledger, UUID]:
    command = opening(seats, offers=offers, starts_in=starts_in)
    return domain.decide(Ledger({}, {}), [command], NOW).ledger, command.session_id


def after(ledger: Ledger, *commands: Command, at: timedelta = timedelta(0)) -> Ledger:
    return domain.decide(ledger, commands, NOW + at).ledger


def states(ledger: Ledger, requests: Sequence[RequestSeat]) -> list[str]:
    (session,) = ledger.sessions.values()
    return [session.enrollments[request.enrollment_id].state for request in requests]


# One after the other


def test_a_freed_seat_is_held_for_the_next_in_line_and_for_nobody_else() -> None:
    start, session_id = a_session(1)
    holder, first, second, late = (a_request(session_id) for _ in range(4))

    now = after(start, holder, first, second, a_cancellation(holder), late)

    assert states(now, [holder, first, second, late]) == ["cancelled", "offered", "waitlisted", "waitlisted"]
    assert now.sessions[session_id].seats_left == 0


def test_whoever_accepts_has_the_seat_and_accepting_again_changes_nothing() -> None:
    start, session_id = a_session(1)
    holder, first = a_request(session_id), a_request(session_id)
    offered = after(start, holder, first, a_cancellation(holder))

    decision = domain.decide(offered, [an_acceptance(first), an_acceptance(first)], NOW + HOURS)

    assert [type(fact) for fact in decision.facts] == [SeatConfirmed]
    assert states(decision.ledger, [first]) == ["confirmed"]
    assert all(isinstance(answer, Settled) for answer in decision.answers)


@pytest.mark.parametrize("ending", [a_refusal, an_end, a_cancellation])
def test_an_offer_that_ends_goes_to_the_next_in_the_same_decision(ending: Callable[[RequestSeat], Command]) -> None:
    start, session_id = a_session(1)
    holder, first, second = (a_request(session_id) for _ in range(3))
    offered = after(start, holder, first, second, a_cancellation(holder))

    decision = domain.decide(offered, [ending(first)], NOW + 24 * HOURS)

    assert [type(fact) for fact in decision.facts] == [EnrollmentCancelled, SeatOffered]
    assert states(decision.ledger, [first, second]) == ["cancelled", "offered"]


def test_an_offer_does_not_end_before_its_time() -> None:
    start, session_id = a_session(1)
    holder, first = a_request(session_id), a_request(session_id)
    offered = after(start, holder, first, a_cancellation(holder))

    assert domain.decide(offered, [an_end(first)], NOW + 24 * HOURS - timedelta(seconds=1)).facts == []


def test_whoever_accepts_too_late_hears_so_and_the_next_is_asked() -> None:
    start, session_id = a_session(1)
    holder, first, second = (a_request(session_id) for _ in range(3))
    offered = after(start, holder, first, second, a_cancellation(holder))

    decision = domain.decide(offered, [an_acceptance(first), an_acceptance(first)], NOW + 25 * HOURS)

    assert decision.answers == [Refused("offer-lapsed")] * 2
    assert states(decision.ledger, [first, second]) == ["cancelled", "offered"]


def test_once_it_has_begun_nobody_is_offered_anything_and_the_line_ends_before_the_offers() -> None:
    start, session_id = a_session(1)
    holder, first, second = (a_request(session_id) for _ in range(3))
    begun = timedelta(days=31)
    waiting = after(start, holder, first, second, a_cancellation(holder))

    too_early = after(waiting, an_end(first), an_acceptance(first), at=begun)
    assert states(too_early, [first, second]) == ["offered", "waitlisted"]
    ended = after(waiting, an_end(second), an_end(first), at=begun)

    assert states(ended, [first, second]) == ["cancelled", "cancelled"]
    assert ended.sessions[session_id].enrollments[second.enrollment_id].reason == "list-ended"
    assert ended.sessions[session_id].seats_left == 1


def test_nobody_accepts_or_refuses_what_was_not_offered() -> None:
    start, session_id = a_session(1)
    holder, waiting = a_request(session_id), a_request(session_id)
    now = after(start, holder, waiting)

    decision = domain.decide(now, [an_acceptance(waiting), a_refusal(waiting), a_refusal(holder)], NOW)

    assert decision.answers == [Refused("no-offer")] * 3


def test_whoever_asked_for_it_gets_the_seat_without_being_asked() -> None:
    start, session_id = a_session(1)
    holder, first = a_request(session_id), a_request(session_id, at_once=True)

    assert states(after(start, holder, first, a_cancellation(holder)), [first]) == ["confirmed"]


@pytest.mark.parametrize(
    ("starts_in", "lasts"),
    [
        (timedelta(days=30), timedelta(hours=24)),
        (timedelta(hours=48), timedelta(hours=24)),
        (timedelta(hours=10), timedelta(hours=5)),
        (timedelta(minutes=50), timedelta(minutes=30)),
        (timedelta(minutes=20), timedelta(minutes=20)),
    ],
)
def test_near_the_start_an_offer_is_shorter(starts_in: timedelta, lasts: timedelta) -> None:
    start, session_id = a_session(1)
    holder, first = a_request(session_id), a_request(session_id)
    full = after(start, holder, first)

    (_, offer) = domain.decide(full, [a_cancellation(holder)], NOW + timedelta(days=30) - starts_in).facts

    assert isinstance(offer, SeatOffered)
    assert offer.until - offer.occurred_at == lasts


def test_a_person_sees_how_it_went() -> None:
    start, session_id = a_session(1)
    holder, first = a_request(session_id), a_request(session_id)
    now = after(after(start, holder, first, a_cancellation(holder)), an_acceptance(first), at=HOURS)

    steps = now.sessions[session_id].enrollments[first.enrollment_id].steps

    assert steps == (
        Step("waitlisted", NOW, 1), Step("offered", NOW, until=NOW + 24 * HOURS), Step("confirmed", NOW + HOURS),
    )  # fmt: skip


# Together


def test_a_group_waits_until_there_are_seats_for_all_and_lets_others_go_before() -> None:
    start, session_id = a_session(2, offers=None)
    holders, group = [a_request(session_id) for _ in range(2)], uuid4()
    one, two = (a_request(session_id, group=group) for _ in range(2))
    alone = a_request(session_id)
    full = after(start, *holders, one, two, alone)

    first_free = after(full, a_cancellation(holders[0]))
    assert states(first_free, [one, two, alone]) == ["waitlisted", "waitlisted", "confirmed"]

    both_free = after(first_free, a_cancellation(holders[1]), a_cancellation(alone))
    assert states(both_free, [one, two]) == ["confirmed", "confirmed"]


def test_whoever_joins_a_group_brings_it_to_the_end_so_that_nobody_is_passed() -> None:
    start, session_id = a_session(1, offers=None)
    holder, group = a_request(session_id), uuid4()
    one, between, two = a_request(session_id, group=group), a_request(session_id), a_request(session_id, group=group)
    now = after(start, holder, one, between, two)

    places = [now.sessions[session_id].enrollments[request.enrollment_id].place or 0 for request in (between, one, two)]
    assert places == sorted(places)
    assert states(after(now, a_cancellation(holder)), [one, between, two]) == ["waitlisted", "confirmed", "waitlisted"]


def test_when_a_group_gets_smaller_it_may_fit() -> None:
    start, session_id = a_session(2, offers=None)
    holders, group = [a_request(session_id) for _ in range(2)], uuid4()
    three = [a_request(session_id, group=group) for _ in range(3)]
    two_free = after(start, *holders, *three, *map(a_cancellation, holders))
    assert states(two_free, three) == ["waitlisted"] * 3
    assert two_free.sessions[session_id].seats_left == 2

    assert states(after(two_free, a_cancellation(three[1])), three) == ["confirmed", "cancelled", "confirmed"]


def test_seats_that_are_too_few_for_the_group_are_there_for_who_comes_alone() -> None:
    start, session_id = a_session(2, offers=None)
    holders, group = [a_request(session_id) for _ in range(2)], uuid4()
    three = [a_request(session_id, group=group) for _ in range(3)]
    late = a_request(session_id)

    assert states(after(start, *holders, *three, *map(a_cancellation, holders), late), [late]) == ["confirmed"]


def test_at_most_ten_wait_together() -> None:
    start, session_id = a_session(0)
    group = uuid4()

    decision = domain.decide(start, [a_request(session_id, group=group) for _ in range(11)], NOW)

    assert decision.answers[-1] == Refused("group-full")


# Any history


@dataclass(frozen=True)
class Wish:
    """Somebody (a number) does something, so many hours after the one before."""

    person: int
    verb: str
    group: int | None
    hours: int


MAKE: dict[str, Callable[[RequestSeat], Command]] = {
    "cancel": a_cancellation, "accept": an_acceptance, "refuse": a_refusal, "end": an_end,
}  # fmt: skip
wishes = st.lists(
    st.builds(
        Wish, st.integers(1, 8), st.sampled_from(["ask", "ask", *MAKE]), st.sampled_from([None, None, 1, 2]),
        st.sampled_from([0, 0, 1, 30]),
    ),
    max_size=40,
)  # fmt: skip


def run(start: Ledger, session_id: UUID, script: Sequence[Wish]) -> Sequence[tuple[Command, domain.Decision]]:
    """Every command of a script with what was decided about it, in turn."""
    latest: dict[int, RequestSeat] = {}
    now, ledger, history = NOW, start, []
    for wish in script:
        now += timedelta(hours=wish.hours)
        if wish.verb == "ask" or wish.person not in latest:
            group = UUID(int=wish.group) if wish.group else None
            request = a_request(session_id, UUID(int=wish.person), group=group, at_once=wish.person == 8)
            if ledger.sessions[session_id].active_of(UUID(int=wish.person)) is None:
                latest[wish.person] = request
            command: Command = request
        else:
            command = MAKE[wish.verb](latest[wish.person])
        decision = domain.decide(ledger, [command], now)
        history.append((command, decision))
        ledger = decision.ledger
    return history


def is_sound(session: Session) -> None:
    """What must hold after every decision."""
    everybody = session.enrollments.values()
    held = [e.seat_no for e in everybody if e.seat_no is not None]
    waiting = [e for e in everybody if e.place is not None]
    active = [e.person_id for e in everybody if e.is_in]
    assert len(held) == len(set(held))
    assert all(1 <= seat <= session.capacity for seat in held)
    assert session.seats_left + len(held) == session.capacity
    assert (session.waiting, session.waiting_alone) == (len(waiting), sum(e.company == 1 for e in waiting))
    assert len(active) == len(set(active))
    for one in waiting:
        assert one.company == len(session.company_of(one))
        assert one.company > session.seats_left, "nobody waits beside seats that are enough for them"
    for one in everybody:
        assert (one.state == "offered") == (one.offered_until is not None)


@settings(max_examples=400, deadline=None)
@given(seats=st.integers(0, 4), offers=st.sampled_from([None, 24]), script=wishes)
def test_seats_are_conserved_whatever_people_do(seats: int, offers: int | None, script: list[Wish]) -> None:
    start, session_id = a_session(seats, offers=offers)

    for _, decision in run(start, session_id, script):
        is_sound(decision.ledger.sessions[session_id])


@settings(max_examples=400, deadline=None)
@given(seats=st.integers(0, 3), offers=st.sampled_from([None, 24]), script=wishes)
def test_nobody_is_served_past_an_earlier_one_for_whom_there_was_a_seat(
    seats: int, offers: int | None, script: list[Wish]
) -> None:
    """Of who waited before a decision and still does after it, only a group for which there are too few seats is passed."""
    start, session_id = a_session(seats, offers=offers)
    before = start
    for _, decision in run(start, session_id, script):
        now = decision.ledger.sessions[session_id]
        served = {f.enrollment_id for f in decision.facts if isinstance(f, SeatOffered | SeatConfirmed)}
        waited = [e for e in before.sessions[session_id].enrollments.values() if e.place is not None]
        last_served = max((e.place or 0 for e in waited if e.enrollment_id in served), default=0)
        passed = [e for e in waited if now.enrollments[e.enrollment_id].place is not None and (e.place or 0) < last_served]
        assert all((e.company or 0) > 1 for e in passed)
        before = decision.ledger


@settings(max_examples=300, deadline=None)
@given(seats=st.integers(0, 3), script=wishes, cut=st.integers(0, 40))
def test_offers_too_do_not_depend_on_how_commands_are_cut_into_rounds(seats: int, script: list[Wish], cut: int) -> None:
    start, session_id = a_session(seats)
    commands = [command for command, _ in run(start, session_id, [replace(wish, hours=0) for wish in script])]

    together = domain.decide(start, commands, NOW)
    first = domain.decide(start, commands[:cut], NOW)
    second = domain.decide(first.ledger, commands[cut:], NOW)

    assert [*first.facts, *second.facts] == together.facts
    assert second.ledger == together.ledger


# On a real database


async def opened(pool: Pool, seats: int, offers: int | None) -> UUID:
    command = opening(seats, offers=offers)
    async with transaction(pool) as conn:
        await desk.settle(conn, [command], NOW)
    return command.session_id


async def counted(pool: Pool) -> dict[str, int]:
    return {row["state"]: row["count"] for row in await pool.fetch("SELECT state, count(*) FROM enrollment GROUP BY state")}


async def test_offers_whose_time_is_over_are_given_on_by_the_clock(open_desks: OpenDesks, pool: Pool) -> None:
    session_id = await opened(pool, 3, offers=1)
    (one,) = await open_desks(1)
    requests = [a_request(session_id) for _ in range(12)]
    asked: Sequence[Command] = (*requests, *map(a_cancellation, requests[:3]))
    for wish in asked:
        await one.ask(wish)
    await pool.execute("UPDATE enrollment SET offered_until = $1 WHERE state = 'offered'", NOW - 300 * 24 * HOURS)

    ended = await clock.end_those(pool, one.ask)

    assert ended == 3
    assert await counted(pool) == {"cancelled": 6, "offered": 3, "waitlisted": 3}
    assert await clock.end_those(pool, one.ask) == 0


async def test_the_clock_ends_the_line_of_a_session_that_has_begun_and_then_its_offers(
    open_desks: OpenDesks, pool: Pool
) -> None:
    session_id = await opened(pool, 2, offers=24)
    (one,) = await open_desks(1)
    requests = [a_request(session_id) for _ in range(6)]
    wishes: Sequence[Command] = (*requests, a_cancellation(requests[0]))
    for wish in wishes:
        await one.ask(wish)
    begun = datetime.now(UTC) - HOURS
    await pool.execute("UPDATE session SET starts_at = $1, ends_at = $2, closes_at = $1", begun, begun + HOURS)
    (late,) = await open_desks(1, lambda: datetime.now(UTC))

    assert [await clock.end_those(pool, late.ask) for _ in range(3)] == [3, 1, 0]

    assert await counted(pool) == {"cancelled": 5, "confirmed": 1}


async def test_a_group_is_offered_seats_together_from_the_database_too(open_desks: OpenDesks, pool: Pool) -> None:
    session_id, group = await opened(pool, 3, offers=24), uuid4()
    (one,) = await open_desks(1)
    holders = [a_request(session_id) for _ in range(3)]
    for request in (*holders, *(a_request(session_id, group=group) for _ in range(2))):
        await one.ask(request)

    await one.ask(a_cancellation(holders[0]))
    assert await counted(pool) == {"cancelled": 1, "confirmed": 2, "waitlisted": 2}
    await one.ask(a_cancellation(holders[1]))

    assert await counted(pool) == {"cancelled": 2, "confirmed": 1, "offered": 2}
    assert await pool.fetchval("SELECT seats_left FROM session") == 0


async def test_what_is_read_back_is_what_was_decided(open_desks: OpenDesks, pool: Pool) -> None:
    session_id, group = await opened(pool, 1, offers=24), uuid4()
    (one,) = await open_desks(1)
    holder, first = a_request(session_id), a_request(session_id, group=group)
    asked: Sequence[Command] = (holder, first, a_cancellation(holder))
    for wish in asked:
        await one.ask(wish)

    accepted = await one.ask(an_acceptance(first))

    assert isinstance(accepted, Settled)
    assert accepted.enrollment.group_id == group
    assert accepted.enrollment.steps == (
        Step("waitlisted", NOW, 1), Step("offered", NOW, until=NOW + 24 * HOURS), Step("confirmed", NOW),
    )  # fmt: skip
