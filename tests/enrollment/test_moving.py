"""Moving to another session of the same course: never without a seat on the way, and never with two."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enrollment import desk, domain
from enrollment.commands import ChangeSession, Command, OpenSession, OrganiserOf, RequestSeat
from enrollment.domain import Ledger, Refused, Settled, moving
from shared.contracts.enrollment import EnrollmentCancelled, SeatConfirmed, SeatOffered
from shared.database.pool import Pool, transaction
from tests.counts import count
from tests.enrollment.build import (
    EINDHOVEN,
    NOW,
    a_cancellation,
    a_move,
    a_request,
    an_acceptance,
    opening,
)
from tests.enrollment.conftest import OpenDesks
from tests.enrollment.test_desk import ask_all, locked_in_any_order, no_lock, whoever_asks
from tests.enrollment.test_offers import is_sound
from tests.sabotage import twin

ORGANISER = OrganiserOf(UUID(int=99), frozenset(["duurzaamheidsfabriek"]))


def two_sessions(here: int, there: int, *, offers: int | None = None) -> tuple[Ledger, UUID, UUID]:
    first, second = opening(here, offers=offers), opening(there, offers=offers)
    ledger = domain.decide(Ledger({}, {"GM0772": EINDHOVEN}), [first, second], NOW).ledger
    return ledger, first.session_id, second.session_id


def after(ledger: Ledger, *commands: Command) -> Ledger:
    return domain.decide(ledger, commands, NOW).ledger


def state(ledger: Ledger, request: RequestSeat) -> str:
    return ledger.sessions[request.session_id].enrollments[request.enrollment_id].state


def of_person(ledger: Ledger, session_id: UUID, request: RequestSeat) -> str | None:
    theirs = ledger.sessions[session_id].active_of(request.person_id)
    return theirs.state if theirs else None


# One after the other


def test_whoever_moves_has_the_new_seat_and_the_next_in_line_the_old_one_in_one_decision() -> None:
    start, here, there = two_sessions(1, 1)
    mover, waiting = a_request(here, work="GM0772"), a_request(here)

    decision = domain.decide(after(start, mover, waiting), [a_move(mover, there)], NOW)

    assert [type(fact) for fact in decision.facts] == [SeatConfirmed, EnrollmentCancelled, SeatConfirmed]
    new, old, _ = decision.facts
    assert isinstance(new, SeatConfirmed)
    assert isinstance(old, EnrollmentCancelled)
    assert (new.session_id, new.person_id, new.instead_of) == (there, mover.person_id, mover.enrollment_id)
    assert (old.enrollment_id, old.reason, old.held_seat) == (mover.enrollment_id, "to-other-session", True)
    assert (new.about.work, new.about.course_id) == (EINDHOVEN, old.about.course_id)
    assert state(decision.ledger, waiting) == "confirmed"


def a_place_in_the_queue_will_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moving, "GOOD_ENOUGH", frozenset(("confirmed", "waitlisted")))


@twin(a_place_in_the_queue_will_do)
def test_where_there_is_no_seat_nobody_loses_the_one_they_have_and_nothing_changes(guard: None) -> None:
    start, here, there = two_sessions(1, 0)
    mover = a_request(here)
    before = after(start, mover, a_request(there))

    decision = domain.decide(before, [a_move(mover, there)], NOW)

    assert decision.answers == [Refused("other-session-full")]
    assert decision.facts == []
    assert decision.ledger == before


def test_a_move_that_is_asked_for_again_changes_nothing_and_answers_the_same() -> None:
    start, here, there = two_sessions(1, 2)
    mover = a_request(here)
    move = a_move(mover, there)
    first = domain.decide(after(start, mover), [move], NOW)

    again = domain.decide(first.ledger, [move, replace(move, command_id=uuid4(), to_enrollment_id=uuid4())], NOW)

    assert again.facts == []
    assert [a.enrollment for a in again.answers if isinstance(a, Settled)] == [first.answers[0].enrollment] * 2  # type: ignore[union-attr]


def test_an_offer_can_be_changed_for_a_seat_elsewhere_and_goes_to_the_next_in_line() -> None:
    start, here, there = two_sessions(1, 1, offers=24)
    holder, first, second = (a_request(here) for _ in range(3))
    now = after(start, holder, first, second, a_cancellation(holder), a_move(first, there))

    assert [state(now, one) for one in (first, second)] == ["cancelled", "offered"]
    assert of_person(now, there, first) == "confirmed"


def test_who_waits_has_no_seat_to_change() -> None:
    start, here, there = two_sessions(1, 5)
    waiting = a_request(here)
    full = after(start, a_request(here), waiting)

    assert domain.decide(full, [a_move(waiting, there)], NOW).answers == [Refused("no-seat")]


@pytest.mark.parametrize("holds_seat", [True, False])
def test_who_moves_to_where_an_approval_is_asked_keeps_the_seat_and_hears_why(holds_seat: bool) -> None:
    first, second = opening(1), opening(1, approval=holds_seat)
    mover = a_request(first.session_id)
    now = after(Ledger({}, {}), first, second, mover)

    decision = domain.decide(now, [a_move(mover, second.session_id)], NOW)

    assert decision.answers == [Refused("other-session-asks-approval")]
    assert decision.facts == []
    assert decision.ledger == now


def test_a_request_that_holds_a_seat_can_be_left_for_a_seat_elsewhere() -> None:
    first, second = opening(1, approval=True), opening(1)
    mover, waiting = a_request(first.session_id), a_request(first.session_id)

    now = after(Ledger({}, {}), first, second, mover, waiting, a_move(mover, second.session_id))

    assert [state(now, one) for one in (mover, waiting)] == ["cancelled", "requested"]
    assert of_person(now, second.session_id, mover) == "confirmed"


def test_another_course_is_no_other_session_of_this_one() -> None:
    start, here, there = two_sessions(1, 5)
    mover = a_request(here)
    now = after(start, mover)
    now.sessions[there].about = now.sessions[there].about.model_copy(update={"course_id": uuid4()})

    assert domain.decide(now, [a_move(mover, there)], NOW).answers == [Refused("other-course")]


def test_nobody_moves_to_where_they_are_or_to_where_they_stand() -> None:
    start, here, there = two_sessions(1, 1)
    mover = a_request(here)
    now = after(start, mover)
    now.claims.people.clear()  # as of before it was one session of a course at a time
    now = after(now, a_request(there, mover.person_id))

    decision = domain.decide(now, [a_move(mover, there), a_move(mover, here)], NOW)

    assert decision.answers == [Refused("already-there")] * 2


@pytest.mark.parametrize(
    ("ago", "slug"), [(timedelta(days=29, hours=1), "enrollment-closed"), (timedelta(days=30), "session-started")]
)
def test_there_is_a_time_to_move(ago: timedelta, slug: str) -> None:
    start, here, there = two_sessions(1, 1)
    mover = a_request(here)

    assert domain.decide(after(start, mover), [a_move(mover, there)], NOW + ago).answers == [Refused(slug)]


def test_a_session_that_was_only_just_announced_is_not_open_to_move_to_yet() -> None:
    start, here, _ = two_sessions(1, 1)
    mover = a_request(here)

    assert domain.decide(after(start, mover), [a_move(mover, uuid4())], NOW).answers == [domain.TOO_EARLY]


# Any history

WISH = st.tuples(st.integers(1, 6), st.sampled_from(["ask", "ask", "move", "move", "cancel", "accept"]), st.booleans())


def commands_of(script: Sequence[tuple[int, str, bool]], sessions: tuple[UUID, UUID]) -> list[Command]:
    """People (by number) ask for a seat in one of two sessions, move from where they asked last, withdraw, accept."""
    latest: dict[tuple[int, UUID], RequestSeat] = {}
    verbs: dict[str, Callable[[RequestSeat], Command]] = {"cancel": a_cancellation, "accept": an_acceptance}
    commands: list[Command] = []
    for person, verb, first in script:
        here, there = sessions if first else sessions[::-1]
        if verb == "ask" or (person, here) not in latest:
            latest[person, here] = a_request(here, UUID(int=person), at_once=person == 6)
            commands.append(latest[person, here])
        elif verb == "move":
            move = a_move(latest[person, here], there)
            commands.append(move)
            latest[person, there] = replace(latest[person, here], session_id=there, enrollment_id=move.to_enrollment_id)
        else:
            commands.append(verbs[verb](latest[person, here]))
    return commands


@settings(max_examples=300, deadline=None)
@given(
    seats=st.tuples(st.integers(0, 3), st.integers(0, 3)),
    offers=st.sampled_from([None, 24]),
    script=st.lists(WISH, max_size=30),
)
def test_seats_of_both_sessions_are_conserved_whoever_moves(
    seats: tuple[int, int], offers: int | None, script: list[tuple[int, str, bool]]
) -> None:
    ledger, here, there = two_sessions(*seats, offers=offers)
    for command in commands_of(script, (here, there)):
        decision = domain.decide(ledger, [command], NOW)
        for session in decision.ledger.sessions.values():
            is_sound(session)
        if isinstance(command, ChangeSession):
            before, now = (_seats_of(one, command.person_id) for one in (ledger, decision.ledger))
            assert now == before or isinstance(decision.answers[0], Settled), "who does not move keeps what they have"
            assert now >= min(before, 1), "nobody is without a seat after it who had one"
        ledger = decision.ledger


def _seats_of(ledger: Ledger, person_id: UUID) -> int:
    theirs = (session.active_of(person_id) for session in ledger.sessions.values())
    return sum(one is not None and one.seat_no is not None for one in theirs)


@settings(max_examples=200, deadline=None)
@given(seats=st.tuples(st.integers(0, 3), st.integers(0, 3)), script=st.lists(WISH, max_size=30), cut=st.integers(0, 30))
def test_moves_do_not_depend_on_how_commands_are_cut_into_rounds(
    seats: tuple[int, int], script: list[tuple[int, str, bool]], cut: int
) -> None:
    start, here, there = two_sessions(*seats, offers=24)
    commands = commands_of(script, (here, there))

    together = domain.decide(start, commands, NOW)
    first = domain.decide(start, commands[:cut], NOW)
    second = domain.decide(first.ledger, commands[cut:], NOW)

    assert [*first.facts, *second.facts] == together.facts
    assert second.ledger == together.ledger


# On a real database


async def opened(pool: Pool, *seats: int) -> list[UUID]:
    commands: list[OpenSession] = [opening(count) for count in seats]
    async with transaction(pool) as conn:
        await desk.settle(conn, commands, NOW)
    return [command.session_id for command in commands]


async def unsound(pool: Pool) -> list[str]:
    """What is wrong with the seats, people and logs of all sessions together."""
    wrong = []
    for row in await pool.fetch(
        "SELECT s.capacity, s.seats_left, s.waiting, count(e.seat_no) AS held, count(e.place) AS places"
        "  FROM session s LEFT JOIN enrollment e USING (session_id) GROUP BY s.session_id"
    ):
        if row["seats_left"] + row["held"] != row["capacity"] or row["waiting"] != row["places"]:
            wrong.append(f"a session does not add up: {dict(row)}")
        if row["waiting"] and row["seats_left"]:
            wrong.append(f"somebody waits beside a free seat: {dict(row)}")
    rows = await pool.fetch("SELECT enrollment_id, state, revision FROM enrollment")
    logged = await pool.fetch(
        "SELECT DISTINCT ON (subject) data ->> 'enrollmentId' AS id, type, revision FROM event_log"
        " WHERE data ? 'enrollmentId' ORDER BY subject, revision DESC"
    )
    told = {(row["id"], row["type"].rpartition(".")[2], row["revision"]) for row in logged}
    if {(str(row["enrollment_id"]), row["state"], row["revision"]) for row in rows} != told:
        wrong.append("rows and facts have drifted apart")
    return wrong


@twin(no_lock)
async def test_twenty_who_want_the_last_seat_elsewhere_move_one_and_leave_nineteen_where_they_were(
    open_desks: OpenDesks, pool: Pool, guard: None
) -> None:
    here, there = await opened(pool, 20, 1)
    desks = await open_desks(20)
    movers = [a_request(here) for _ in range(20)]
    await ask_all(desks, movers)

    answered = await ask_all(desks, [a_move(mover, there) for mover in movers])

    assert Counter(one.enrollment.state if isinstance(one, Settled) else one for one in answered) == {
        "confirmed": 1, Refused("other-session-full"): 19,
    }  # fmt: skip
    assert await pool.fetchval("SELECT count(*) FROM enrollment WHERE seat_no IS NOT NULL") == 20
    assert await unsound(pool) == []


@twin(locked_in_any_order)
async def test_moves_to_and_fro_at_many_desks_never_deadlock_oversell_or_lose_a_seat(
    open_desks: OpenDesks, pool: Pool, guard: None
) -> None:
    sessions = await opened(pool, 6, 6)
    desks = await open_desks(6)
    rounds = count(4, 40)
    people = [a_request(sessions[nr % 2]) for nr in range(15)]
    await ask_all(desks, people)
    for _ in range(rounds):
        now_in = await pool.fetch("SELECT session_id, enrollment_id, person_id FROM enrollment WHERE seat_no IS NOT NULL")
        movers = [a_request(row["session_id"], row["person_id"]) for row in now_in]
        movers = [replace(one, enrollment_id=row["enrollment_id"]) for one, row in zip(movers, now_in, strict=True)]
        storm: list[Command] = [a_move(one, sessions[one.session_id == sessions[0]]) for one in movers]
        storm += [a_cancellation(one) for one in random.sample(movers, 2)]
        storm += [a_request(random.choice(sessions)) for _ in range(2)]
        random.shuffle(storm)

        answered = await ask_all(desks, storm)

        assert [one for one in answered if isinstance(one, BaseException)] == []
        assert await unsound(pool) == []
    twice = "SELECT count(*) FROM (SELECT FROM enrollment WHERE seat_no IS NOT NULL GROUP BY person_id HAVING count(*) > 1) t"
    assert await pool.fetchval(twice) == 0


@twin(whoever_asks)
async def test_nobody_moves_somebody_else_and_that_looks_as_if_there_were_nothing(
    open_desks: OpenDesks, pool: Pool, guard: None
) -> None:
    here, there = await opened(pool, 1, 1)
    (one,) = await open_desks(1)
    holder = a_request(here)
    await one.ask(holder)
    stranger = replace(a_move(holder, there), person_id=uuid4())

    async with transaction(pool) as conn:
        answered = await desk.settle(conn, [stranger, a_move(a_request(here), there)], NOW)

    assert answered == [Refused("not-found", 404)] * 2
    assert await pool.fetchval("SELECT state FROM enrollment") == "confirmed"


async def test_what_moved_is_read_back_as_it_was_decided(open_desks: OpenDesks, pool: Pool) -> None:
    here, there = await opened(pool, 1, 1)
    (one,) = await open_desks(1)
    mover, waiting = a_request(here, work="GM0772"), a_request(here)
    await ask_all([one], [mover, waiting])

    moved = await one.ask(a_move(mover, there))

    assert isinstance(moved, Settled)
    assert moved.enrollment.about.work == EINDHOVEN
    rows = await pool.fetch("SELECT session_id, person_id, state, reason FROM enrollment ORDER BY registered_at, state")
    assert {(row["session_id"], row["person_id"], row["state"], row["reason"]) for row in rows} == {
        (here, mover.person_id, "cancelled", "to-other-session"), (here, waiting.person_id, "confirmed", None),
        (there, mover.person_id, "confirmed", None),
    }  # fmt: skip


def test_offers_too_are_known_to_the_tests_of_moving() -> None:
    """The state machine above does offer seats: without that it would show little."""
    start, here, there = two_sessions(1, 1, offers=24)
    script = [(1, "ask", True), (2, "ask", True), (1, "move", True)]

    facts = domain.decide(start, commands_of(script, (here, there)), NOW).facts

    assert [type(fact) for fact in facts][-1] is SeatOffered
