"""Approvals where there is a draw or a line, where seats are kept, and where a person claims a course."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

from enrollment import domain
from enrollment.commands import KeepTime
from enrollment.domain import Refused, Settled, Ticketed
from enrollment.domain.rules import Reservation
from shared.contracts.enrollment import EnrollmentRequested
from shared.database.pool import Pool
from tests.enrollment.build import NOW, a_request, opening
from tests.enrollment.conftest import OpenDesks
from tests.enrollment.test_approvals import a_no, a_yes, no_answer
from tests.enrollment.test_desk import ask_all
from tests.enrollment.test_kept import DAY, after, an_opening, keeps_the_ledger, kept, of_sme, started, states
from tests.enrollment.test_offers import HOURS
from tests.enrollment.test_openings import AT_THE_DRAW, DRAW_IN, Clock, by_hand, open_session, until_nobody_waits

IN_ORDER = "SELECT person_id, state FROM enrollment WHERE session_id = $1 ORDER BY seat_no NULLS LAST, place, person_id"


async def test_in_the_order_of_a_draw_seats_are_held_for_requests_and_a_no_goes_to_who_was_drawn_next(
    open_desks: OpenDesks, pool: Pool
) -> None:
    clock = Clock()
    session_id = await open_session(pool, 2, draw_in=DRAW_IN, approval=True)
    (desk,) = await open_desks(1, clock)
    requests = [a_request(session_id) for _ in range(6)]
    answers = await ask_all([desk], requests)
    held = {one.ticket_id: request for one, request in zip(answers, requests, strict=True) if isinstance(one, Ticketed)}
    clock.now = AT_THE_DRAW
    await until_nobody_waits(pool, desk)
    drawn = [held[ticket] for ticket in by_hand(await pool.fetchval("SELECT seed FROM opening"), list(held))]

    asked = await pool.fetch(IN_ORDER, session_id)
    await ask_all([desk], [a_no(drawn[0])])
    states = {row["person_id"]: row["state"] for row in await pool.fetch(IN_ORDER, session_id)}

    assert [tuple(row) for row in asked] == [(one.person_id, "requested") for one in drawn[:2]] + [
        (one.person_id, "waitlisted") for one in drawn[2:]
    ]
    assert [states[one.person_id] for one in drawn] == ["declined", "requested", "requested"] + ["waitlisted"] * 3
    assert {row["state"] for row in await pool.fetch("SELECT state FROM ticket")} == {"enrolled"}


async def test_whose_turn_it_is_asks_for_an_approval_that_comes_before_a_seat_and_holds_none(
    open_desks: OpenDesks, pool: Pool
) -> None:
    session_id = await open_session(pool, 1, waiting_room=True, approval=False)
    (desk,) = await open_desks(1)
    first, second = a_request(session_id), a_request(session_id)
    await ask_all([desk], [first, second])
    await until_nobody_waits(pool, desk)
    asked = {row["state"] for row in await pool.fetch(IN_ORDER, session_id)}

    await ask_all([desk], [a_yes(second)])
    await ask_all([desk], [a_yes(first)])

    assert asked == {"requested"}
    assert [tuple(row) for row in await pool.fetch(IN_ORDER, session_id)] == [
        (second.person_id, "confirmed"), (first.person_id, "waitlisted"),
    ]  # fmt: skip


async def test_who_got_a_no_and_comes_again_stands_in_line_like_anybody(open_desks: OpenDesks, pool: Pool) -> None:
    session_id = await open_session(pool, 1, waiting_room=True, approval=True)
    (desk,) = await open_desks(1)
    first = a_request(session_id)
    await ask_all([desk], [first])
    await until_nobody_waits(pool, desk)
    await ask_all([desk], [a_no(first)])

    (again,) = await ask_all([desk], [a_request(session_id, first.person_id)])
    await until_nobody_waits(pool, desk)

    assert isinstance(again, Ticketed)
    assert sorted(row["state"] for row in await pool.fetch(IN_ORDER, session_id)) == ["declined", "requested"]


def test_a_request_holds_what_is_kept_for_its_group_and_a_no_gives_it_to_the_next_of_it() -> None:
    command = an_opening(1, kept("sme", 1), approval=True)
    outsider, insider, next_one = a_request(command.session_id), of_sme(command), of_sme(command)
    asked = started(command, outsider, insider, next_one)

    decision = domain.decide(asked, [a_no(insider)], NOW)
    at_last = after(decision.ledger, a_no(next_one))

    assert states(asked, outsider, insider, next_one) == ["waitlisted", "requested", "waitlisted"]
    assert states(decision.ledger, outsider, insider, next_one) == ["waitlisted", "declined", "requested"]
    assert isinstance(decision.facts[1], EnrollmentRequested)
    assert at_last.sessions[command.session_id].rules.reserved == (Reservation("sme", 1, 1, kept("sme", 1).until),)
    assert states(at_last, outsider) == ["waitlisted"]
    for ledger in (asked, decision.ledger, at_last):
        keeps_the_ledger(ledger.sessions[command.session_id])


def test_a_yes_before_a_seat_gives_one_that_is_kept_only_to_who_is_in_the_group() -> None:
    command = an_opening(1, kept("sme", 1), approval=False)
    outsider, insider = a_request(command.session_id), of_sme(command)

    ledger = started(command, outsider, insider, a_yes(outsider), a_yes(insider))

    assert states(ledger, outsider, insider) == ["waitlisted", "confirmed"]
    keeps_the_ledger(ledger.sessions[command.session_id])


def test_what_was_kept_goes_to_the_line_and_asks_for_the_approval() -> None:
    command = an_opening(1, kept("sme", 1), approval=True)
    outsider = a_request(command.session_id)

    ledger = after(started(command, outsider), KeepTime(uuid4(), command.session_id), at=NOW + 10 * DAY)

    assert states(ledger, outsider) == ["requested"]


def test_once_it_has_begun_the_line_ends_before_requests_and_what_is_kept() -> None:
    command = an_opening(1, kept("sme", 1, NOW + 30 * DAY), approval=True)
    insider, waits = of_sme(command), a_request(command.session_id)
    begun, moments = NOW + 31 * DAY, KeepTime(uuid4(), command.session_id)

    held = after(started(command, insider, waits), no_answer(insider), moments, at=begun)

    assert states(held, insider, waits) == ["requested", "waitlisted"]
    assert held.sessions[command.session_id].rules.reserved


def test_who_waits_for_an_approval_is_in_the_course_and_who_got_a_no_is_free_to_go_elsewhere() -> None:
    person = uuid4()
    for holds_seat in (True, False):
        here, elsewhere = opening(1, approval=holds_seat), opening(1)
        request, other = a_request(here.session_id, person), a_request(elsewhere.session_id, person)
        asked = started(here, elsewhere, request)

        (meanwhile,) = domain.decide(asked, [other], NOW).answers
        _no, afterwards = domain.decide(asked, [a_no(request), other], NOW).answers
        _lapsed, later = domain.decide(asked, [no_answer(request), other], NOW + 100 * HOURS).answers

        assert isinstance(meanwhile, Refused)
        assert meanwhile.slug == "other-session-of-course"
        for free in (afterwards, later):
            assert isinstance(free, Settled)
            assert free.enrollment.state == "confirmed"


async def test_the_claim_to_a_course_goes_with_a_no(open_desks: OpenDesks, pool: Pool) -> None:
    session_id = await open_session(pool, 1, approval=True)
    (desk,) = await open_desks(1)
    request = a_request(session_id)
    claimed = "SELECT enrollment_id FROM person_claim"

    await ask_all([desk], [request])
    asked: list[UUID] = [row["enrollment_id"] for row in await pool.fetch(claimed)]
    await ask_all([desk], [a_no(request)])

    assert asked == [request.enrollment_id]
    assert await pool.fetch(claimed) == []


def test_a_request_is_not_yet_somebody_who_comes_when_the_minimum_is_decided_about() -> None:
    command = an_opening(2, approval=True, minimum=1, decide_at=NOW + timedelta(days=2))
    request = a_request(command.session_id)
    moment = KeepTime(uuid4(), command.session_id)

    asked = after(started(command, request), moment, at=NOW + 2 * DAY)
    approved = after(started(command, request, a_yes(request)), moment, at=NOW + 2 * DAY)

    assert asked.sessions[command.session_id].rules.going == "short"
    assert approved.sessions[command.session_id].rules.going == "sure"
