"""Handing a seat over: one out, one in, the same seat; and nobody who waits is passed by it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enrollment import desk, domain
from enrollment.commands import ChangeSeats, Command, HandOver, RequestSeat
from enrollment.domain import Ledger, Refused, Session, Settled, handing_over
from enrollment.uptake import projection
from shared.contracts.enrollment import EnrollmentCancelled, SeatConfirmed
from shared.database.pool import Pool, transaction
from tests.enrollment.build import EINDHOVEN, NOW, a_cancellation, a_hand_over, a_move, a_request, an_acceptance
from tests.enrollment.conftest import ASession, OpenDesks
from tests.enrollment.test_desk import ask_all, whoever_asks
from tests.enrollment.test_moving import opened, unsound
from tests.enrollment.test_offers import a_session, after, is_sound, states
from tests.sabotage import twin

# One after the other


def test_the_colleague_has_the_very_same_seat_and_who_waits_keeps_their_place() -> None:
    start, session_id = a_session(2, offers=None)
    start.places["GM0772"] = EINDHOVEN
    other, holder, waiting = (a_request(session_id) for _ in range(3))
    before = after(start, other, holder, waiting)
    hand_over = a_hand_over(holder, work="GM0772")

    decision = domain.decide(before, [hand_over], NOW)

    out, in_ = decision.facts
    assert isinstance(out, EnrollmentCancelled)
    assert isinstance(in_, SeatConfirmed)
    assert (out.enrollment_id, out.reason, out.held_seat) == (holder.enrollment_id, "transferred", True)
    assert (in_.person_id, in_.instead_of, in_.about.work) == (hand_over.wanted.person_id, holder.enrollment_id, EINDHOVEN)
    assert {fact.seats.seats_left for fact in (out, in_)} == {0}
    now = decision.ledger.sessions[session_id].enrollments
    assert now[hand_over.wanted.enrollment_id].seat_no == 2
    assert now[waiting.enrollment_id] == before.sessions[session_id].enrollments[waiting.enrollment_id]
    is_sound(decision.ledger.sessions[session_id])


def test_a_hand_over_that_is_asked_for_again_changes_nothing_and_answers_the_same() -> None:
    start, session_id = a_session(1)
    holder = a_request(session_id)
    hand_over = a_hand_over(holder)
    first = domain.decide(after(start, holder), [hand_over], NOW)

    again = domain.decide(first.ledger, [hand_over], NOW)

    assert again.facts == []
    assert again.answers == first.answers


def whoever_holds_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """As somebody would write it who does not look whether the seat is still there."""
    hand_over = handing_over.hand_over

    def blindly(ledger: Ledger, command: HandOver, *rest: object) -> object:
        holder = ledger.sessions[command.session_id].enrollments[command.enrollment_id]
        ledger.sessions[command.session_id].enrollments[command.enrollment_id] = replace(holder, state="confirmed")
        return hand_over(ledger, command, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(handing_over, "hand_over", blindly)


@twin(whoever_holds_it)
def test_of_two_who_take_the_same_seat_the_first_has_it(guard: None) -> None:
    start, session_id = a_session(1)
    holder = a_request(session_id)

    decision = domain.decide(after(start, holder), [a_hand_over(holder), a_hand_over(holder)], NOW)

    assert decision.answers[1] == Refused("seat-gone")
    assert len([one for one in decision.ledger.sessions[session_id].enrollments.values() if one.is_in]) == 1


def test_only_a_seat_for_sure_can_be_handed_over() -> None:
    start, session_id = a_session(1)
    holder, offered, waiting = (a_request(session_id) for _ in range(3))
    now = after(start, holder, offered, waiting, a_cancellation(holder))

    decision = domain.decide(now, [a_hand_over(one) for one in (holder, offered, waiting)], NOW)

    assert decision.answers == [Refused("seat-gone")] * 3


def test_nobody_takes_over_a_seat_who_is_in_already_or_waits() -> None:
    start, session_id = a_session(2)
    holder, seated, waiting = (a_request(session_id) for _ in range(3))
    now = after(start, holder, seated, waiting)

    decision = domain.decide(now, [a_hand_over(holder, one.person_id) for one in (seated, waiting, holder)], NOW)

    assert decision.answers == [Refused("already-enrolled")] * 3


@pytest.mark.parametrize(("ago", "changes_hands"), [(timedelta(days=29, hours=23), True), (timedelta(days=30), False)])
def test_a_seat_changes_hands_after_enrolling_closed_and_until_the_start(ago: timedelta, changes_hands: bool) -> None:
    start, session_id = a_session(1)
    holder = a_request(session_id)

    (answer,) = domain.decide(after(start, holder), [a_hand_over(holder)], NOW + ago).answers

    assert isinstance(answer, Settled) if changes_hands else answer == Refused("session-started")


def nobody_asks_for_an_approval(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Session, "approval_asked", None)


@twin(nobody_asks_for_an_approval)
def test_where_an_approval_is_asked_a_seat_goes_to_nobody_who_did_not_get_one(guard: None) -> None:
    start, session_id = a_session(1)
    holder = a_request(session_id)
    approves = ChangeSeats(uuid4(), session_id, frozenset(["duurzaamheidsfabriek"]), needs_approval=True)

    decision = domain.decide(after(start, holder, approves), [a_hand_over(holder)], NOW)

    assert decision.answers == [Refused("approval-needed")]
    assert decision.facts == []


def test_nobody_takes_over_who_asked_to_be_forgotten_a_moment_ago() -> None:
    start, session_id = a_session(1)
    holder = a_request(session_id)
    hand_over = a_hand_over(holder)
    now = replace(after(start, holder), gone={hand_over.wanted.person_id})

    assert domain.decide(now, [hand_over], NOW).answers == [Refused("not-signed-in", 401)]


WISH = st.tuples(st.integers(1, 6), st.integers(1, 6), st.sampled_from(["ask", "ask", "hand", "hand", "cancel", "accept"]))


@settings(max_examples=300, deadline=None)
@given(seats=st.integers(0, 3), offers=st.sampled_from([None, 24]), script=st.lists(WISH, max_size=30), cut=st.integers(0, 30))
def test_seats_are_conserved_whoever_hands_over_and_however_commands_are_cut(
    seats: int, offers: int | None, script: list[tuple[int, int, str]], cut: int
) -> None:
    start, session_id = a_session(seats, offers=offers)
    latest: dict[int, RequestSeat] = {}
    commands: list[Command] = []
    for one, other, verb in script:
        if verb == "ask" or one not in latest:
            latest[one] = a_request(session_id, UUID(int=one))
            commands.append(latest[one])
        elif verb == "hand":
            hand_over = a_hand_over(latest[one], UUID(int=other))
            latest[other] = hand_over.wanted
            commands.append(hand_over)
        else:
            commands.append(a_cancellation(latest[one]) if verb == "cancel" else an_acceptance(latest[one]))
    together = domain.decide(start, commands, NOW)
    first = domain.decide(start, commands[:cut], NOW)
    second = domain.decide(first.ledger, commands[cut:], NOW)

    is_sound(together.ledger.sessions[session_id])
    is_sound(first.ledger.sessions[session_id])
    assert ([*first.facts, *second.facts], second.ledger) == (together.facts, together.ledger)


# On a real database


@twin(whoever_holds_it)
async def test_twenty_who_accept_the_same_seat_at_twenty_desks_make_one_holder(
    open_desks: OpenDesks, a_session: ASession, pool: Pool, guard: None
) -> None:
    session_id = await a_session(1)
    desks = await open_desks(20)
    holder = a_request(session_id)
    await ask_all(desks[:1], [holder, a_request(session_id)])

    answered = await ask_all(desks, [a_hand_over(holder) for _ in range(20)])

    assert Counter(one.enrollment.state if isinstance(one, Settled) else one for one in answered) == {
        "confirmed": 1, Refused("seat-gone"): 19,
    }  # fmt: skip
    assert list(map(tuple, await pool.fetch("SELECT waiting, seats_left FROM session"))) == [(1, 0)]
    assert await unsound(pool) == []


@twin(whoever_asks)
async def test_nobody_hands_over_somebody_elses_seat_and_that_looks_as_if_there_were_nothing(
    open_desks: OpenDesks, a_session: ASession, pool: Pool, guard: None
) -> None:
    session_id = await a_session(1)
    (one,) = await open_desks(1)
    holder = a_request(session_id)
    await one.ask(holder)
    stranger = replace(a_hand_over(holder), person_id=uuid4())

    async with transaction(pool) as conn:
        answered = await desk.settle(conn, [stranger, a_hand_over(a_request(session_id))], NOW)

    assert answered == [Refused("not-found", 404)] * 2
    rows = await pool.fetch("SELECT person_id, state FROM enrollment")
    assert list(map(tuple, rows)) == [(holder.person_id, "confirmed")]


async def test_a_storm_of_hand_overs_moves_and_withdrawals_neither_loses_nor_doubles_a_seat(
    open_desks: OpenDesks, pool: Pool
) -> None:
    here, there = await opened(pool, 6, 6)
    desks = await open_desks(4)
    people = [a_request(session_id) for session_id in (here, there) for _ in range(9)]
    await ask_all(desks, people)
    storm: Sequence[Command] = [
        *map(a_hand_over, people),
        *map(a_hand_over, people),
        *(a_move(one, there if one.session_id == here else here) for one in people),
        *map(a_cancellation, people[::4]),
    ]

    answered = await ask_all(desks, storm)

    assert [one for one in answered if isinstance(one, BaseException)] == []
    assert await unsound(pool) == []


async def test_the_report_counts_one_out_and_one_in_and_a_rebuild_says_the_same(
    open_desks: OpenDesks, a_session: ASession, pool: Pool
) -> None:
    session_id = await a_session(1)
    (one,) = await open_desks(1)
    holder = a_request(session_id, work="GM0772")
    await one.ask(holder)
    hand_over = a_hand_over(holder, work="GM0772")
    await one.ask(hand_over)

    async with transaction(pool) as conn:
        await projection.rebuild(conn)

    rows = await pool.fetch("SELECT person_id, state, work_municipality FROM uptake_enrollment ORDER BY state")
    assert list(map(tuple, rows)) == [
        (holder.person_id, "cancelled", "GM0772"), (hand_over.wanted.person_id, "confirmed", "GM0772"),
    ]  # fmt: skip


def test_a_seat_that_was_taken_over_can_be_handed_on() -> None:
    start, session_id = a_session(1)
    holder = a_request(session_id)
    first = a_hand_over(holder)

    now = after(start, holder, first, a_hand_over(first.wanted))

    assert states(now, [holder, first.wanted]) == ["cancelled", "cancelled"]
