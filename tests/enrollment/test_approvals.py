"""A session may ask for an approval before a seat is given: with a seat that is held meanwhile, or before there is one."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enrollment import clock, desk, domain, store
from enrollment.commands import (
    Anonymise,
    ApproveRequest,
    CancelSession,
    ChangeSeats,
    Command,
    LapseRequest,
    OpenSession,
    OrganiserOf,
    RejectRequest,
    RequestSeat,
)
from enrollment.desk import NOT_THEIRS
from enrollment.domain import Ledger, Refused, SeatsAre, Session, Settled, Step, steps
from enrollment.uptake import projection
from shared.contracts.enrollment import (
    DeclineReason,
    EnrollmentCancelled,
    EnrollmentDeclined,
    EnrollmentMoved,
    EnrollmentRequested,
    EnrollmentWaitlisted,
    SeatConfirmed,
    SeatOffered,
)
from shared.database.pool import Pool, transaction
from tests.counts import count
from tests.enrollment.build import NOW, a_cancellation, a_refusal, a_request, an_acceptance, an_end, opening
from tests.enrollment.conftest import OpenDesks
from tests.enrollment.test_forgetting import logged
from tests.enrollment.test_offers import HOURS, after, is_sound, states
from tests.enrollment.test_seats import described
from tests.enrollment.uptake.test_projection import table, tell
from tests.sabotage import twin

ORGANISER = OrganiserOf(UUID(int=99), frozenset(["duurzaamheidsfabriek"]))
ELSEWHERE = OrganiserOf(UUID(int=98), frozenset(["ramlab"]))
LAB = ORGANISER.fieldlabs


def opening_with_approval(
    seats: int,
    *,
    holds_seat: bool = True,
    offers: int | None = None,
    starts_in: timedelta = timedelta(days=30),
) -> OpenSession:
    return opening(seats, offers=offers, starts_in=starts_in, approval=holds_seat)


def a_session(
    seats: int, *, holds_seat: bool = True, offers: int | None = None, starts_in: timedelta = timedelta(days=30)
) -> tuple[Ledger, UUID]:
    command = opening_with_approval(seats, holds_seat=holds_seat, offers=offers, starts_in=starts_in)
    return domain.decide(Ledger({}, {}), [command], NOW).ledger, command.session_id


def a_yes(request: RequestSeat, approver: OrganiserOf = ORGANISER) -> ApproveRequest:
    return ApproveRequest(uuid4(), request.session_id, request.enrollment_id, approver)


def a_no(request: RequestSeat, reason: DeclineReason | None = None, approver: OrganiserOf = ORGANISER) -> RejectRequest:
    return RejectRequest(uuid4(), request.session_id, request.enrollment_id, approver, reason)


def no_answer(request: RequestSeat) -> LapseRequest:
    return LapseRequest(uuid4(), request.session_id, request.enrollment_id)


# With a seat that is held


def test_a_request_holds_a_seat_until_it_is_decided_and_others_wait() -> None:
    start, session_id = a_session(1)
    first, second = a_request(session_id), a_request(session_id)

    decision = domain.decide(start, [first, second], NOW)

    assert [type(fact) for fact in decision.facts] == [EnrollmentRequested, EnrollmentWaitlisted]
    assert states(decision.ledger, [first, second]) == ["requested", "waitlisted"]
    assert (decision.ledger.sessions[session_id].seats_left, decision.ledger.sessions[session_id].requests) == (0, 1)


def test_a_yes_makes_the_seat_certain_and_again_changes_nothing() -> None:
    start, session_id = a_session(1)
    first = a_request(session_id)
    asked = after(start, first)

    decision = domain.decide(asked, [a_yes(first), a_yes(first)], NOW + HOURS)

    (fact,) = decision.facts
    assert isinstance(fact, SeatConfirmed)
    assert fact.approved
    assert states(decision.ledger, [first]) == ["confirmed"]
    assert all(isinstance(answer, Settled) for answer in decision.answers)
    assert decision.ledger.sessions[session_id].requests == 0


def test_a_no_says_why_frees_the_seat_for_the_next_in_line_and_again_changes_nothing() -> None:
    start, session_id = a_session(1)
    first, second = a_request(session_id), a_request(session_id)
    asked = after(start, first, second)

    decision = domain.decide(asked, [a_no(first, "prior-knowledge"), a_no(first, "no-room")], NOW)

    no, asked_in_turn = decision.facts
    assert isinstance(no, EnrollmentDeclined)
    assert (no.reason, no.held_seat) == ("prior-knowledge", True)
    assert isinstance(asked_in_turn, EnrollmentRequested)
    assert (asked_in_turn.from_waiting_list, asked_in_turn.holds_seat) == (True, True)
    assert states(decision.ledger, [first, second]) == ["declined", "requested"]
    assert all(isinstance(answer, Settled) for answer in decision.answers)


def test_who_was_told_no_may_ask_again_and_comes_after_who_waits() -> None:
    start, session_id = a_session(1)
    first, second = a_request(session_id), a_request(session_id)
    again = a_request(session_id, first.person_id)

    now = after(start, first, second, a_no(first), again)

    assert states(now, [first, second, again]) == ["declined", "requested", "waitlisted"]


@pytest.mark.parametrize("ending", [a_no, no_answer, a_cancellation])
def test_a_request_that_ends_moves_the_list_in_the_same_decision(ending: Callable[[RequestSeat], Command]) -> None:
    start, session_id = a_session(1)
    first, second = a_request(session_id), a_request(session_id)

    now = after(after(start, first, second), ending(first), at=72 * HOURS)

    assert states(now, [second]) == ["requested"]
    is_sound(now.sessions[session_id])


def test_a_request_that_is_not_decided_in_time_lapses_and_not_a_second_before() -> None:
    start, session_id = a_session(1)
    first = a_request(session_id)
    asked = after(start, first)

    assert domain.decide(asked, [no_answer(first)], NOW + 72 * HOURS - timedelta(seconds=1)).facts == []
    (fact,) = domain.decide(asked, [no_answer(first)], NOW + 72 * HOURS).facts
    assert isinstance(fact, EnrollmentDeclined)
    assert fact.reason == "approval-lapsed"


def test_who_says_yes_too_late_hears_so_and_the_next_is_asked() -> None:
    start, session_id = a_session(1)
    first, second = a_request(session_id), a_request(session_id)
    asked = after(start, first, second)

    decision = domain.decide(asked, [a_yes(first), a_yes(first)], NOW + 73 * HOURS)

    assert decision.answers == [Refused("approval-lapsed")] * 2
    assert states(decision.ledger, [first, second]) == ["declined", "requested"]


def test_nobody_decides_what_was_not_asked() -> None:
    start, session_id = a_session(1)
    first, waiting = a_request(session_id), a_request(session_id)
    now = after(start, first, waiting, a_yes(first))

    decision = domain.decide(now, [a_no(first), a_yes(waiting), a_no(waiting), an_acceptance(waiting)], NOW)

    assert decision.answers == [Refused("no-request")] * 3 + [Refused("no-offer")]
    assert decision.facts == []


def test_nobody_decides_about_their_own_request() -> None:
    start, session_id = a_session(1)
    own = a_request(session_id, ORGANISER.person_id)

    decision = domain.decide(after(start, own), [a_yes(own), a_no(own)], NOW)

    assert decision.answers == [Refused("own-request", 403)] * 2


@pytest.mark.parametrize(
    ("starts_in", "lasts"),
    [
        (timedelta(days=30), timedelta(hours=72)),
        (timedelta(hours=100), timedelta(hours=50)),
        (timedelta(minutes=50), timedelta(minutes=30)),
        (timedelta(minutes=20), timedelta(minutes=20)),
    ],
)
def test_near_the_start_there_is_less_time_to_decide(starts_in: timedelta, lasts: timedelta) -> None:
    start, session_id = a_session(1)
    holder, first = a_request(session_id), a_request(session_id)
    full = after(after(start, holder, first), a_yes(holder))

    (_, asked) = domain.decide(full, [a_cancellation(holder)], NOW + timedelta(days=30) - starts_in).facts

    assert isinstance(asked, EnrollmentRequested)
    assert asked.until - asked.occurred_at == lasts


def test_a_person_sees_how_it_went() -> None:
    start, session_id = a_session(1)
    holder, first = a_request(session_id), a_request(session_id)
    now = after(after(start, holder, first, a_cancellation(holder)), a_yes(first), at=HOURS)

    assert now.sessions[session_id].enrollments[first.enrollment_id].steps == (
        Step("waitlisted", NOW, 1), Step("requested", NOW, until=NOW + 72 * HOURS), Step("confirmed", NOW + HOURS),
    )  # fmt: skip


def test_where_seats_are_offered_an_approval_takes_the_place_of_the_offer() -> None:
    start, session_id = a_session(1, offers=24)
    holder, first = a_request(session_id), a_request(session_id)

    now = after(start, holder, first, a_cancellation(holder))

    assert states(now, [first]) == ["requested"]
    assert states(after(now, a_yes(first)), [first]) == ["confirmed"]


# Before there is a seat


def test_a_request_without_a_seat_takes_none_before_its_yes() -> None:
    start, session_id = a_session(1, holds_seat=False)
    first, second = a_request(session_id), a_request(session_id)
    asked = after(start, first, second)
    assert states(asked, [first, second]) == ["requested", "requested"]
    assert asked.sessions[session_id].seats_left == 1

    decision = domain.decide(asked, [a_yes(second), a_yes(first)], NOW)

    yes, wait = decision.facts
    assert isinstance(yes, SeatConfirmed)
    assert isinstance(wait, EnrollmentWaitlisted)
    assert (wait.approval, wait.position) == ("given", 1)
    assert states(decision.ledger, [first, second]) == ["waitlisted", "confirmed"]


def a_yes_is_a_seat(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever is approved gets a seat, whether there is one or not."""
    monkeypatch.setattr(steps, "admit", steps.confirm)


@twin(a_yes_is_a_seat)
def test_more_approvals_than_seats_make_a_queue_and_oversell_nothing(guard: None) -> None:
    start, session_id = a_session(2, holds_seat=False)
    requests = [a_request(session_id) for _ in range(5)]

    now = after(start, *requests, *map(a_yes, requests))

    is_sound(now.sessions[session_id])
    assert states(now, requests) == ["confirmed"] * 2 + ["waitlisted"] * 3


@pytest.mark.parametrize("ending", [a_no, no_answer, a_cancellation])
def test_a_request_without_a_seat_that_ends_leaves_everybody_where_they_are(ending: Callable[[RequestSeat], Command]) -> None:
    start, session_id = a_session(1, holds_seat=False)
    holder, waiting, asking = (a_request(session_id) for _ in range(3))
    before = after(start, holder, waiting, a_yes(holder), a_yes(waiting), asking)

    now = after(before, ending(asking), at=72 * HOURS)

    assert states(now, [holder, waiting]) == ["confirmed", "waitlisted"]
    is_sound(now.sessions[session_id])


def test_who_was_approved_and_waits_is_offered_a_seat_like_anybody() -> None:
    start, session_id = a_session(1, holds_seat=False, offers=24)
    holder, waiting = a_request(session_id), a_request(session_id)
    before = after(start, holder, waiting, a_yes(holder), a_yes(waiting))

    decision = domain.decide(before, [a_cancellation(holder), an_acceptance(waiting)], NOW)

    assert [type(fact) for fact in decision.facts] == [EnrollmentCancelled, SeatOffered, SeatConfirmed]
    assert decision.answers[1] == Settled(decision.ledger.sessions[session_id].enrollments[waiting.enrollment_id])
    (*_, confirmed) = decision.facts
    assert isinstance(confirmed, SeatConfirmed)
    assert not confirmed.approved, "that was told before"


def test_a_group_that_is_approved_waits_together() -> None:
    start, session_id = a_session(1, holds_seat=False)
    holder, group = a_request(session_id), uuid4()
    one, two = (a_request(session_id, group=group) for _ in range(2))

    now = after(start, holder, one, two, a_yes(holder), a_yes(one), a_yes(two))

    assert {now.sessions[session_id].enrollments[request.enrollment_id].company for request in (one, two)} == {2}
    is_sound(now.sessions[session_id])


# What the organiser changes


def test_an_approval_is_asked_of_those_who_come_after_the_change() -> None:
    command = opening(2)
    start = domain.decide(Ledger({}, {}), [command], NOW).ledger
    before, later = a_request(command.session_id), a_request(command.session_id)
    change = ChangeSeats(uuid4(), command.session_id, LAB, needs_approval=True, approval_hours=48, holds_seat=False)

    decision = domain.decide(start, [before, change, later], NOW)

    assert states(decision.ledger, [before, later]) == ["confirmed", "requested"]
    answer = decision.answers[1]
    assert isinstance(answer, SeatsAre)
    assert (answer.needs_approval, answer.approval_hours, answer.holds_seat, answer.requests) == (True, 48, False, 0)


def test_who_asked_while_it_was_needed_is_still_decided_about() -> None:
    start, session_id = a_session(1)
    first, second = a_request(session_id), a_request(session_id)
    change = ChangeSeats(uuid4(), session_id, LAB, needs_approval=False, capacity=3)

    now = after(start, first, second, change, third := a_request(session_id))

    assert states(now, [first, second, third]) == ["requested", "requested", "confirmed"]


def test_when_a_session_is_cancelled_nobody_is_left_to_decide_about() -> None:
    start, session_id = a_session(1)
    first, second = a_request(session_id), a_request(session_id)

    decision = domain.decide(after(start, first, second), [CancelSession(uuid4(), session_id, LAB), a_yes(first)], NOW)

    assert states(decision.ledger, [first, second]) == ["cancelled", "cancelled"]
    assert decision.answers[1] == Refused("no-request")
    assert decision.ledger.sessions[session_id].requests == 0


def test_who_is_forgotten_while_they_ask_leaves_their_seat_to_the_next() -> None:
    start, session_id = a_session(1)
    first, second = a_request(session_id), a_request(session_id)
    forget = Anonymise(uuid4(), session_id, {first.person_id: UUID(int=77)})

    now = after(start, first, second, forget)

    assert states(now, [first, second]) == ["cancelled", "requested"]
    gone = now.sessions[session_id].enrollments[first.enrollment_id]
    assert (gone.person_id, gone.anonymous, gone.approval_until) == (UUID(int=77), True, None)
    assert domain.decide(now, [a_yes(first)], NOW).answers == [Refused("no-request")]


def test_who_asks_is_told_when_the_session_is_at_another_time_and_the_time_to_decide_ends_with_it() -> None:
    command = opening_with_approval(1)
    first = a_request(command.session_id)
    asked = domain.decide(Ledger({}, {}), [command, first], NOW).ledger
    sooner = described(command, starts_at=NOW + 24 * HOURS, ends_at=NOW + 32 * HOURS)

    (moved,) = domain.decide(asked, [sooner], NOW).facts
    assert isinstance(moved, EnrollmentMoved)
    assert moved.stands == "requested"
    assert states(after(after(asked, sooner), no_answer(first), at=24 * HOURS), [first]) == ["declined"]


# Any history

MAKE: dict[str, Callable[[RequestSeat], Command]] = {
    "cancel": a_cancellation, "accept": an_acceptance, "refuse": a_refusal, "end": an_end, "approve": a_yes, "reject": a_no,
    "lapse": no_answer,
}  # fmt: skip
SWITCHES = {"ask first": (True, False), "ask with a seat": (True, True), "ask nothing": (False, True)}
Wish = tuple[int, str, int | None, int]
"""Somebody, a verb, their group, and so many hours after the one before."""
wishes = st.lists(
    st.tuples(
        st.integers(1, 8), st.sampled_from(["enroll", "enroll", "approve", *MAKE, *SWITCHES]),
        st.sampled_from([None, None, 1, 2]), st.sampled_from([0, 0, 1, 30]),
    ),
    max_size=40,
)  # fmt: skip


def run(start: Ledger, session_id: UUID, script: Sequence[Wish]) -> list[tuple[Ledger, domain.Decision]]:
    """What was before and what was decided, of each command of a script in turn."""
    latest: dict[int, RequestSeat] = {}
    now, ledger, history = NOW, start, []
    for person, verb, group, hours in script:
        now += timedelta(hours=hours)
        if verb in SWITCHES:
            needs, holds = SWITCHES[verb]
            command: Command = ChangeSeats(uuid4(), session_id, LAB, needs_approval=needs, holds_seat=holds)
        elif verb == "enroll" or person not in latest:
            request = a_request(session_id, UUID(int=person), group=UUID(int=group) if group else None, at_once=person == 8)
            if ledger.sessions[session_id].active_of(UUID(int=person)) is None:
                latest[person] = request
            command = request
        else:
            command = MAKE[verb](latest[person])
        decision = domain.decide(ledger, [command], now)
        history.append((ledger, decision))
        ledger = decision.ledger
    return history


def in_order(session: Session) -> None:
    """What must hold of requests after every decision, besides what holds of seats."""
    everybody = session.enrollments.values()
    assert session.requests == sum(one.state == "requested" for one in everybody)
    for one in everybody:
        assert (one.state == "requested") == (one.approval_until is not None)
        assert one.state not in ("confirmed", "offered") or one.approval in (None, "given"), "no seat before its approval"
        assert one.approval != "first" or (one.seat_no, one.place) == (None, None)


@settings(max_examples=count(200, 5000), deadline=None)
@given(seats=st.integers(0, 4), offers=st.sampled_from([None, 24]), holds_seat=st.booleans(), script=wishes)
def test_seats_are_conserved_and_nobody_passes_anybody_whatever_is_asked_and_decided(
    seats: int, offers: int | None, holds_seat: bool, script: list[Wish]
) -> None:
    start, session_id = a_session(seats, offers=offers, holds_seat=holds_seat)

    for before, decision in run(start, session_id, script):
        now = decision.ledger.sessions[session_id]
        is_sound(now)
        in_order(now)
        waited = [e for e in before.sessions[session_id].enrollments.values() if e.place is not None]
        served = [e.place or 0 for e in waited if now.enrollments[e.enrollment_id].seat_no is not None]
        passed = [
            e for e in waited
            if now.enrollments[e.enrollment_id].place is not None and (e.place or 0) < max(served, default=0)
        ]  # fmt: skip
        assert all((e.company or 0) > 1 for e in passed)


# On a real database


async def opened(pool: Pool, seats: int, *, holds_seat: bool = True, offers: int | None = None) -> UUID:
    command = opening_with_approval(seats, holds_seat=holds_seat, offers=offers)
    async with transaction(pool) as conn:
        await desk.settle(conn, [command], NOW)
    return command.session_id


async def counted(pool: Pool) -> dict[str, int]:
    return {row["state"]: row["count"] for row in await pool.fetch("SELECT state, count(*) FROM enrollment GROUP BY state")}


def anybody_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "decides", lambda approver, session: session is not None)


@twin(anybody_decides)
async def test_only_organisers_of_the_fieldlab_decide(open_desks: OpenDesks, pool: Pool, guard: None) -> None:
    (one,) = await open_desks(1)
    first = a_request(await opened(pool, 1))
    await one.ask(first)

    answers = [await one.ask(a_no(first, approver=ELSEWHERE)), await one.ask(a_yes(first, approver=ELSEWHERE))]

    assert answers == [NOT_THEIRS] * 2
    assert await counted(pool) == {"requested": 1}


async def test_any_organiser_of_the_fieldlab_stands_in_for_another(open_desks: OpenDesks, pool: Pool) -> None:
    (one,) = await open_desks(1)
    first = a_request(await opened(pool, 1))
    await one.ask(first)

    assert isinstance(await one.ask(a_yes(first, replace(ORGANISER, person_id=uuid4()))), Settled)


@pytest.mark.parametrize("holds_seat", [True, False])
async def test_many_organisers_deciding_at_once_decide_once(open_desks: OpenDesks, pool: Pool, holds_seat: bool) -> None:
    desks = await open_desks(4)
    session_id = await opened(pool, 3, holds_seat=holds_seat)
    requests = [a_request(session_id) for _ in range(count(12, 200))]
    for request in requests:
        await desks[0].ask(request)
    asked = [wish for request in requests for wish in (a_yes(request), a_no(request))]

    await asyncio.gather(*(desks[number % len(desks)].ask(wish) for number, wish in enumerate(asked)))

    assert await pool.fetchval("SELECT count(*) FROM enrollment WHERE seat_no IS NOT NULL") == 3
    told = Counter(row["subject"] for row in await pool.fetch(
        "SELECT subject FROM event_log WHERE type = ANY($1::text[])", [EnrollmentDeclined.type, SeatConfirmed.type]
    ))  # fmt: skip
    assert set(told.values()) == {1}, "each was told one answer"


async def test_requests_whose_time_is_over_are_ended_by_the_clock(open_desks: OpenDesks, pool: Pool) -> None:
    (one,) = await open_desks(1)
    session_id = await opened(pool, 2)
    for request in [a_request(session_id) for _ in range(5)]:
        await one.ask(request)
    await pool.execute("UPDATE enrollment SET approval_until = $1 WHERE state = 'requested'", NOW - 300 * 24 * HOURS)

    assert await clock.end_requests_that_are_over(pool, one.ask) == 2
    assert await counted(pool) == {"declined": 2, "requested": 2, "waitlisted": 1}
    assert await clock.end_requests_that_are_over(pool, one.ask) == 0


async def test_what_is_read_back_is_what_was_decided(open_desks: OpenDesks, pool: Pool) -> None:
    (one,) = await open_desks(1)
    session_id, group = await opened(pool, 1, holds_seat=False), uuid4()
    holder, first, second = a_request(session_id), a_request(session_id, group=group), a_request(session_id, group=group)
    asked: Sequence[Command] = (holder, first, second, a_yes(holder), a_yes(first))
    for wish in asked:
        await one.ask(wish)

    answer = await one.ask(a_yes(second))

    assert isinstance(answer, Settled)
    assert (answer.enrollment.company, answer.enrollment.approval, answer.position) == (2, "given", 2)
    assert answer.enrollment.steps == (Step("requested", NOW, until=NOW + 72 * HOURS), Step("waitlisted", NOW, 2))


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("state = 'confirmed', approval_until = NULL", "no_seat_before_its_approval"),
        ("seat_no = NULL, seat_capacity = NULL", "confirmed_or_offered_means_a_seat"),
        ("approval = 'first'", "confirmed_or_offered_means_a_seat"),
        ("approval = 'given', seat_no = NULL, seat_capacity = NULL", "only_what_needs_an_approval_is_asked"),
        ("approval_until = NULL", "requested_means_until"),
        ("state = 'declined', approval_until = NULL, seat_no = NULL, seat_capacity = NULL", "cancelled_has_a_reason"),
        (
            "state = 'waitlisted', approval = 'first', approval_until = NULL, seat_no = NULL, seat_capacity = NULL, place = 9, "
            "company = 1",
            "nobody_is_in_line_before_an_approval_that_comes_first",
        ),
    ],
)  # fmt: skip
async def test_what_can_never_be_cannot_be_written_by_hand(
    open_desks: OpenDesks, pool: Pool, change: str, constraint: str
) -> None:
    (one,) = await open_desks(1)
    await one.ask(a_request(await opened(pool, 1)))

    with pytest.raises(asyncpg.CheckViolationError) as refused:
        await pool.execute(f"UPDATE enrollment SET {change}")

    assert refused.value.constraint_name == constraint


async def test_the_report_counts_requests_and_what_became_of_them_and_is_rebuilt_the_same(
    open_desks: OpenDesks, pool: Pool
) -> None:
    (one,) = await open_desks(1)
    session_id = await opened(pool, 3)
    requests = [a_request(session_id, work="GM0505") for _ in range(4)]
    asked: Sequence[Command] = (*requests, a_yes(requests[0]), a_no(requests[1]))
    for wish in asked:
        await one.ask(wish)

    await tell(pool, await logged(pool))

    told = await table(pool)
    assert Counter(row[4] for row in told) == {"confirmed": 1, "declined": 1, "requested": 2}
    async with transaction(pool) as conn:
        await projection.rebuild(conn)
    assert await table(pool) == told
