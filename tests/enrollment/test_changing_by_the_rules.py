"""Moving and handing over where seats are kept, a course asks for something first, or people wait for their turn."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from enrollment import desk as desks
from enrollment import domain
from enrollment.commands import Command, OpenSession
from enrollment.domain import Ledger, Refused
from shared.contracts.catalog import Prerequisites
from shared.contracts.enrollment import EnrollmentCancelled, SeatConfirmed
from shared.database.pool import Pool, transaction
from tests.enrollment.build import NOW, a_hand_over, a_move, a_request, announced, opening
from tests.enrollment.test_claims import ANNA, claimed, opened, slugs
from tests.enrollment.test_kept import PLACES, UNTIL, after, an_opening, asking, keeps_the_ledger, kept, of_sme, started, states
from tests.enrollment.test_moving import of_person
from tests.sabotage import twin

OTHER = UUID(int=2)


def answers_of(ledger: Ledger, *commands: Command) -> list[str]:
    return slugs(domain.decide(ledger, commands, NOW).answers)


# Moving


async def test_whoever_moves_is_in_the_other_session_and_no_longer_in_this_one(pool: Pool) -> None:
    here, there = await opened(pool, 1, 1)
    mover, waiting = a_request(here, ANNA), a_request(here, OTHER)
    async with transaction(pool) as conn:
        await desks.settle(conn, [mover, waiting], NOW)
    async with transaction(pool) as conn:
        answers = await desks.settle(conn, [a_move(mover, there), a_request(here, ANNA)], NOW)

    assert slugs(answers) == ["yes", "other-session-of-course"]
    assert await claimed(pool) == [there, here]


async def test_two_who_change_places_in_one_round_both_go_where_there_is_room(pool: Pool) -> None:
    here, there = await opened(pool, 2, 2)
    anna, other = a_request(here, ANNA), a_request(there, OTHER)
    async with transaction(pool) as conn:
        await desks.settle(conn, [anna, other], NOW)
    async with transaction(pool) as conn:
        answers = await desks.settle(conn, [a_move(anna, there), a_move(other, here)], NOW)

    assert slugs(answers) == ["yes", "yes"]
    assert await claimed(pool) == [there, here]


@pytest.mark.parametrize("how", [{"draw_in": timedelta(days=1)}, {"waiting_room": True}], ids=["a draw", "a line"])
def test_nobody_goes_by_moving_past_those_who_wait_for_their_turn(how: dict[str, object]) -> None:
    here, there = opening(1), OpenSession(uuid4(), announced(seats=5, **how), "5eed" * 16)  # type: ignore[arg-type]
    mover = a_request(here.session_id)
    ledger = started(here, there, mover)

    decision = domain.decide(ledger, [a_move(mover, there.session_id)], NOW)

    assert decision.answers == [Refused("other-session-in-line")]
    assert decision.facts == []
    assert decision.ledger == ledger


def test_whoever_moves_takes_what_is_kept_for_them_and_gives_back_what_was_kept_here() -> None:
    here, there = an_opening(1, kept("sme", 1)), an_opening(1, kept("sme", 1))
    mover, outsider, insider = of_sme(here), a_request(here.session_id), of_sme(here)
    ledger = started(here, there, mover, outsider)

    moved = after(ledger, a_move(mover, there.session_id))

    assert of_person(moved, there.session_id, mover) == "confirmed"
    assert states(moved, outsider) == ["waitlisted"]
    assert states(after(moved, insider), insider) == ["confirmed"]
    for session in moved.sessions.values():
        keeps_the_ledger(session)


def test_a_seat_that_is_kept_for_others_is_none_to_move_to() -> None:
    here, there = opening(1), an_opening(1, kept("sme", 1))
    mover = a_request(here.session_id)

    assert answers_of(started(here, there, mover), a_move(mover, there.session_id)) == ["other-session-full"]


def test_what_somebody_said_for_their_seat_goes_along() -> None:
    asks = Prerequisites(statement_nl="Ik kan solderen")
    plan = an_opening(2, kept("jobseekers", 1)).announced.model_copy(update={"requires": asks})
    here = OpenSession(uuid4(), plan)
    there = OpenSession(uuid4(), plan.model_copy(update={"session_id": uuid4()}))
    mover = replace(a_request(here.session_id), jobseeker=True, states_prerequisite=True)

    moved = after(started(here, there, mover), a_move(mover, there.session_id))

    theirs = moved.sessions[there.session_id].active_of(mover.person_id)
    assert theirs is not None
    assert (theirs.declared.seat_group, theirs.declared.stated) == ("jobseekers", "Ik kan solderen")


# Handing over


async def test_a_claim_changes_hands_with_the_seat(pool: Pool) -> None:
    (session,) = await opened(pool, 1)
    holder = a_request(session, ANNA)
    async with transaction(pool) as conn:
        await desks.settle(conn, [holder], NOW)
    async with transaction(pool) as conn:
        await desks.settle(conn, [a_hand_over(holder, OTHER)], NOW)

    rows = await pool.fetch("SELECT person_id, session_id FROM person_claim")
    assert [tuple(row) for row in rows] == [(OTHER, session)]


async def test_a_colleague_who_is_in_another_session_of_the_course_takes_none_over(pool: Pool) -> None:
    here, there = await opened(pool, 1, 1)
    holder = a_request(here, ANNA)
    async with transaction(pool) as conn:
        await desks.settle(conn, [holder, a_request(there, OTHER)], NOW)
    async with transaction(pool) as conn:
        answers = await desks.settle(conn, [a_hand_over(holder, OTHER)], NOW)

    assert slugs(answers) == ["other-session-of-course"]
    assert await claimed(pool) == [here, there]


@pytest.mark.parametrize(("says", "answer"), [(False, "prerequisite-missing"), (True, "yes")])
def test_what_the_course_asks_for_is_asked_of_the_colleague_too(says: bool, answer: str) -> None:
    command = asking(Prerequisites(statement_nl="Ik kan solderen"))
    holder = replace(a_request(command.session_id), states_prerequisite=True)
    given = a_hand_over(holder)
    wanted = replace(given.wanted, states_prerequisite=says)

    assert answers_of(started(command, holder), replace(given, wanted=wanted)) == [answer]


def whoever_takes_over_is_in_every_group(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("enrollment.domain.rules.Rules.is_kept", lambda self, group: False)


@twin(whoever_takes_over_is_in_every_group)
def test_a_seat_of_a_group_stays_in_the_group_as_long_as_it_keeps_seats(guard: None) -> None:
    command = an_opening(2, kept("sme", 1))
    holder = of_sme(command)
    ledger = started(command, holder)
    outside, inside = a_hand_over(holder), a_hand_over(holder)
    inside = replace(inside, wanted=replace(inside.wanted, employer_size_class="micro"))

    assert answers_of(ledger, outside) == ["seat-is-kept"]
    given = after(ledger, inside)
    assert states(given, inside.wanted) == ["confirmed"]
    assert given.sessions[command.session_id].enrollments[inside.wanted.enrollment_id].declared.seat_group == "sme"
    keeps_the_ledger(given.sessions[command.session_id])


def test_once_what_was_kept_is_for_all_anybody_takes_the_seat_over() -> None:
    command = an_opening(2, kept("sme", 1))
    holder = of_sme(command)
    ledger = started(command, holder)
    session = ledger.sessions[command.session_id]
    session.rules = session.rules.lifted(UNTIL)

    assert answers_of(ledger, a_hand_over(holder)) == ["yes"]


def test_both_are_told_of_a_seat_that_was_kept() -> None:
    command = an_opening(1, kept("sme", 1))
    holder = of_sme(command)
    given = a_hand_over(holder)
    ledger = domain.decide(Ledger({}, PLACES), [command, holder], NOW).ledger
    wanted = replace(given.wanted, employer_size_class="small")

    decision = domain.decide(ledger, [replace(given, wanted=wanted)], NOW)

    assert [type(fact) for fact in decision.facts] == [EnrollmentCancelled, SeatConfirmed]
    assert {(fact.seats.seats_left, (fact.seats.reserved or {}).get("sme")) for fact in decision.facts} == {(0, 0)}  # type: ignore[attr-defined]
