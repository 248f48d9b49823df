"""The rules, in microseconds: no database, no clock."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID, uuid4

from hypothesis import given, settings
from hypothesis import strategies as st

from enrollment import domain
from enrollment.commands import Command
from enrollment.domain import Ledger, Refused, Settled
from shared.contracts.enrollment import EnrollmentCancelled, EnrollmentWaitlisted, SeatConfirmed
from tests.enrollment.build import DORDRECHT, EINDHOVEN, NOW, a_cancellation, a_request, opening

PLACES = {"GM0505": DORDRECHT, "GM0772": EINDHOVEN}


def a_session(seats: int) -> tuple[Ledger, UUID]:
    command = opening(seats)
    return domain.decide(Ledger({}, PLACES), [command], NOW).ledger, command.session_id


def test_while_there_are_seats_everybody_gets_one() -> None:
    ledger, session_id = a_session(seats=2)

    decision = domain.decide(ledger, [a_request(session_id), a_request(session_id)], NOW)

    assert [type(fact) for fact in decision.facts] == [SeatConfirmed, SeatConfirmed]
    assert decision.ledger.sessions[session_id].seats_left == 0


def test_who_comes_too_late_gets_a_place_that_counts_from_one() -> None:
    ledger, session_id = a_session(seats=1)

    decision = domain.decide(ledger, [a_request(session_id) for _ in range(4)], NOW)

    assert [answer.position for answer in decision.answers if isinstance(answer, Settled)] == [None, 1, 2, 3]


def test_asking_again_gives_the_first_enrollment_and_no_second_fact() -> None:
    ledger, session_id = a_session(seats=1)
    first, again = a_request(session_id), a_request(session_id)
    again = a_request(session_id, first.person_id)

    decision = domain.decide(ledger, [first, again], NOW)

    one, two = decision.answers
    assert isinstance(one, Settled)
    assert isinstance(two, Settled)
    assert one.enrollment == two.enrollment
    assert (one.new, two.new) == (True, False)
    assert len(decision.facts) == 1


def test_a_seat_that_falls_free_goes_to_the_next_in_line_in_the_same_decision() -> None:
    ledger, session_id = a_session(seats=1)
    holder, first, second = (a_request(session_id) for _ in range(3))

    decision = domain.decide(ledger, [holder, first, second, a_cancellation(holder)], NOW)

    cancelled, promoted = decision.facts[-2:]
    assert isinstance(cancelled, EnrollmentCancelled)
    assert isinstance(promoted, SeatConfirmed)
    assert promoted.enrollment_id == first.enrollment_id
    assert promoted.from_waiting_list
    assert promoted.seats.waiting == 1


def test_leaving_the_queue_moves_up_those_behind_and_frees_no_seat() -> None:
    ledger, session_id = a_session(seats=1)
    holder, leaves, stays = (a_request(session_id) for _ in range(3))

    decision = domain.decide(ledger, [holder, leaves, stays, a_cancellation(leaves), a_cancellation(holder)], NOW)

    session = decision.ledger.sessions[session_id]
    assert session.enrollments[stays.enrollment_id].state == "confirmed"
    assert (session.seats_left, session.waiting) == (0, 0)


def test_cancelling_twice_is_cancelling_once() -> None:
    ledger, session_id = a_session(seats=1)
    request = a_request(session_id)

    decision = domain.decide(ledger, [request, a_cancellation(request), a_cancellation(request)], NOW)

    assert len([fact for fact in decision.facts if isinstance(fact, EnrollmentCancelled)]) == 1
    assert isinstance(decision.answers[2], Settled)


def test_who_cancelled_may_come_back_at_the_end_of_the_queue() -> None:
    ledger, session_id = a_session(seats=1)
    holder, waiting = a_request(session_id), a_request(session_id)
    back = a_request(session_id, holder.person_id)

    decision = domain.decide(ledger, [holder, waiting, a_cancellation(holder), back], NOW)

    assert isinstance(decision.answers[3], Settled)
    assert decision.answers[3].position == 1


def test_what_does_not_exist_cannot_be_withdrawn() -> None:
    ledger, session_id = a_session(seats=1)

    decision = domain.decide(ledger, [a_cancellation(a_request(session_id)), a_cancellation(a_request(uuid4()))], NOW)

    assert decision.answers == [Refused("not-found", 404)] * 2


def test_after_closing_time_nobody_gets_in_but_who_is_in_stays_in() -> None:
    ledger, session_id = a_session(seats=1)
    early = a_request(session_id)
    ledger = domain.decide(ledger, [early], NOW).ledger
    closed = ledger.sessions[session_id].closes_at

    decision = domain.decide(ledger, [a_request(session_id), a_request(session_id, early.person_id)], closed)

    assert decision.answers[0] == Refused("enrollment-closed")
    assert isinstance(decision.answers[1], Settled)


def test_after_closing_time_a_freed_seat_still_goes_to_the_next_in_line() -> None:
    ledger, session_id = a_session(seats=1)
    holder, waiting = a_request(session_id), a_request(session_id)
    ledger = domain.decide(ledger, [holder, waiting], NOW).ledger

    after = domain.decide(ledger, [a_cancellation(holder)], ledger.sessions[session_id].closes_at).ledger

    assert after.sessions[session_id].enrollments[waiting.enrollment_id].state == "confirmed"


def test_once_a_session_has_started_nobody_can_withdraw() -> None:
    ledger, session_id = a_session(seats=1)
    request = a_request(session_id)
    ledger = domain.decide(ledger, [request], NOW).ledger

    decision = domain.decide(ledger, [a_cancellation(request)], NOW + timedelta(days=30))

    assert decision.answers == [Refused("session-started")]


def test_a_session_that_the_desk_does_not_know_is_not_open() -> None:
    assert domain.decide(Ledger({}, {}), [a_request(UUID(int=1))], NOW).answers == [Refused("session-not-open")]


def test_opening_a_session_twice_opens_it_once() -> None:
    command = opening()

    decision = domain.decide(Ledger({}, {}), [command, command], NOW)

    assert len(decision.facts) == 1


def test_an_unknown_municipality_is_refused_and_a_known_one_is_kept_with_its_regions() -> None:
    ledger, session_id = a_session(seats=2)

    decision = domain.decide(ledger, [a_request(session_id, work="GM9999"), a_request(session_id, work="GM0772")], NOW)

    assert decision.answers[0] == Refused("unknown-municipality", 400)
    assert isinstance(decision.answers[1], Settled)
    assert decision.answers[1].enrollment.about.work == EINDHOVEN
    assert decision.answers[1].enrollment.about.fieldlab == DORDRECHT


# Any history


def commands_of(script: Sequence[tuple[int, bool]], session_id: UUID) -> list[Command]:
    """People (numbers) come and go; who is in leaves, who is out comes. `again` repeats the command."""
    inside: dict[int, Command] = {}
    commands: list[Command] = []
    for person, again in script:
        if person in inside:
            command: Command = a_cancellation(inside.pop(person))  # type: ignore[arg-type]
        else:
            command = inside[person] = a_request(session_id, UUID(int=person))
        commands += [command] * (1 + again)
    return commands


histories = st.lists(st.tuples(st.integers(1, 9), st.booleans()), max_size=40)


@settings(max_examples=300, deadline=None)
@given(seats=st.integers(0, 4), script=histories)
def test_seats_are_conserved_and_nobody_waits_beside_a_free_one(seats: int, script: list[tuple[int, bool]]) -> None:
    ledger, session_id = a_session(seats)

    for command in commands_of(script, session_id):
        ledger = domain.decide(ledger, [command], NOW).ledger
        session = ledger.sessions[session_id]
        held = [e.seat_no for e in session.enrollments.values() if e.seat_no is not None]
        waiting = [e for e in session.enrollments.values() if e.place is not None]

        assert len(held) == len(set(held))
        assert all(1 <= seat <= seats for seat in held)
        assert session.seats_left + len(held) == seats
        assert session.waiting == len(waiting)
        assert not (waiting and session.seats_left)


@settings(max_examples=300, deadline=None)
@given(seats=st.integers(0, 3), script=histories)
def test_the_longest_wait_is_served_first(seats: int, script: list[tuple[int, bool]]) -> None:
    ledger, session_id = a_session(seats)
    queue: list[UUID] = []

    for fact in domain.decide(ledger, commands_of(script, session_id), NOW).facts:
        match fact:
            case EnrollmentWaitlisted():
                queue.append(fact.enrollment_id)
            case SeatConfirmed(from_waiting_list=True):
                assert queue.pop(0) == fact.enrollment_id
            case EnrollmentCancelled(held_seat=False):
                queue.remove(fact.enrollment_id)


@settings(max_examples=300, deadline=None)
@given(seats=st.integers(0, 4), script=histories, cut=st.integers(0, 80))
def test_it_does_not_matter_how_commands_are_cut_into_rounds(seats: int, script: list[tuple[int, bool]], cut: int) -> None:
    ledger, session_id = a_session(seats)
    commands = commands_of(script, session_id)

    together = domain.decide(ledger, commands, NOW)
    first = domain.decide(ledger, commands[:cut], NOW)
    second = domain.decide(first.ledger, commands[cut:], NOW)

    assert [*first.facts, *second.facts] == together.facts
    assert [*first.answers, *second.answers] == together.answers
    assert second.ledger == together.ledger


@settings(max_examples=200, deadline=None)
@given(seats=st.integers(0, 4), script=histories)
def test_each_subjects_revisions_count_up_from_one_without_gaps(seats: int, script: list[tuple[int, bool]]) -> None:
    ledger, session_id = a_session(seats)
    seen: dict[str, int] = {}

    for fact in domain.decide(ledger, commands_of(script, session_id), NOW).facts:
        assert fact.revision == seen.get(fact.subject, 0) + 1
        seen[fact.subject] = fact.revision
