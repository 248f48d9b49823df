"""Who waits with a ticket and no longer wants to leaves before their turn, and nobody else loses anything by it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import TypeGuard
from uuid import UUID, uuid4

from enrollment import checks, domain
from enrollment.commands import AdmitTickets, Command, LeaveLine, OpenSession, RequestSeat
from enrollment.desk import Desk
from enrollment.domain import Answer, Ledger, Refused, Ticketed
from enrollment.domain.ledger import Left
from shared.database.pool import Pool
from shared.messaging.answers import keyed
from tests.counts import count
from tests.enrollment.build import NOW, a_request, announced
from tests.enrollment.conftest import OpenDesks
from tests.enrollment.test_desk import ask_all, no_lock
from tests.enrollment.test_openings import (
    AT_THE_DRAW,
    DRAW_IN,
    Clock,
    by_hand,
    in_seat_order,
    open_session,
    told_of_tickets,
    until_nobody_waits,
)
from tests.enrollment.test_races import must_be_sound
from tests.sabotage import twin


def leaving(ticket: Answer | BaseException, person: UUID) -> LeaveLine:
    assert isinstance(ticket, Ticketed)
    return LeaveLine(uuid4(), ticket.session_id, ticket.ticket_id, person)


# What is decided


def a_line(*requests: RequestSeat, seats: int = 2) -> tuple[Ledger, list[Answer]]:
    """A session with a line in which these people wait, in this order."""
    opened = OpenSession(uuid4(), announced(requests[0].session_id, seats=seats, waiting_room=True))
    decision = domain.decide(Ledger({}, {}), [opened, *requests], NOW)
    return decision.ledger, [*decision.answers[1:]]


def test_leaving_again_changes_nothing_and_answers_the_same() -> None:
    session_id = uuid4()
    me, other = a_request(session_id), a_request(session_id)
    line, (ticket, _) = a_line(me, other)

    first = domain.decide(line, [leaving(ticket, me.person_id)], NOW)
    again = domain.decide(first.ledger, [leaving(ticket, me.person_id)], NOW + timedelta(minutes=1))

    assert isinstance(first.answers[0], Left)
    assert again.answers == first.answers
    assert again.ledger.sessions[session_id].room.waiting == 1


def test_once_it_was_somebodys_turn_the_no_says_what_their_ticket_became() -> None:
    session_id = uuid4()
    seated, late = a_request(session_id), a_request(session_id)
    line, tickets = a_line(seated, late)
    let_in = domain.decide(line, [AdmitTickets(uuid4(), session_id, 1)], NOW)
    begun = domain.decide(let_in.ledger, [AdmitTickets(uuid4(), session_id, 1)], NOW + timedelta(days=40))

    asked = [leaving(*one) for one in zip(tickets, (seated.person_id, late.person_id), strict=True)]
    decision = domain.decide(begun.ledger, asked, NOW)

    told = [(one.slug, one.status, one.faults[0].code, one.faults[0].limit) for one in decision.answers if is_no(one)]
    assert told == [
        ("ticket-settled", 409, "became_enrollment", str(seated.enrollment_id)),
        ("ticket-settled", 409, "came_to_nothing", "enrollment-closed"),
    ]
    assert decision.facts == []


def is_no(answer: Answer) -> TypeGuard[Refused]:
    return isinstance(answer, Refused)


def test_who_left_and_comes_back_is_at_the_end_of_the_line_with_a_new_ticket() -> None:
    session_id = uuid4()
    me, other = a_request(session_id), a_request(session_id)
    line, (ticket, _) = a_line(me, other)
    back = a_request(session_id, me.person_id)

    decision = domain.decide(line, [leaving(ticket, me.person_id), back], NOW)
    then = domain.decide(decision.ledger, [AdmitTickets(uuid4(), session_id, 1)], NOW)

    assert isinstance(decision.answers[1], Ticketed)
    assert [one.person_id for one in then.ledger.sessions[session_id].enrollments.values()] == [other.person_id]
    assert then.ledger.sessions[session_id].room.waiting == 1


def test_a_ticket_that_nobody_has_or_somebody_else_is_not_found() -> None:
    session_id = uuid4()
    me = a_request(session_id)
    line, (ticket,) = a_line(me)

    asked = [leaving(ticket, uuid4()), LeaveLine(uuid4(), session_id, uuid4(), me.person_id), elsewhere(ticket, me.person_id)]

    assert domain.decide(line, asked, NOW).answers == [Refused("not-found", 404)] * 3


def elsewhere(ticket: Answer, person: UUID) -> LeaveLine:
    return replace(leaving(ticket, person), session_id=uuid4())


# At the desk


async def test_who_leaves_the_line_gets_nothing_and_everybody_behind_them_moves_up(open_desks: OpenDesks, pool: Pool) -> None:
    session_id = await open_session(pool, 2, waiting_room=True)
    (desk,) = await open_desks(1)
    people = [uuid4() for _ in range(4)]
    tickets = [await desk.ask(a_request(session_id, person)) for person in people]
    not_theirs = leaving(tickets[0], people[1])

    answers = await desk.serve([not_theirs, LeaveLine(uuid4(), session_id, uuid4(), people[1]), leaving(tickets[1], people[1])])

    assert answers[:2] == [Refused("not-found", 404)] * 2
    assert isinstance(answers[2], Left)
    assert await pool.fetchval("SELECT waiting FROM opening") == 3
    await until_nobody_waits(pool, desk)
    assert await in_seat_order(pool, session_id) == [people[0], people[2], people[3]]
    assert await pool.fetchval("SELECT seat_no IS NOT NULL FROM enrollment WHERE person_id = $1", people[2])
    assert await told_of_tickets(pool) == []
    await must_be_sound(pool, session_id)


async def test_a_draw_keeps_the_number_of_who_leaves_and_gives_the_place_to_the_next(open_desks: OpenDesks, pool: Pool) -> None:
    clock = Clock()
    session_id = await open_session(pool, 3, draw_in=DRAW_IN)
    (desk,) = await open_desks(1, clock)
    people = [uuid4() for _ in range(8)]
    answers = await ask_all([desk], [a_request(session_id, person, work="GM0772") for person in people])
    tickets = {one.ticket_id: person for one, person in zip(answers, people, strict=True) if isinstance(one, Ticketed)}

    await desk.ask(leaving(answers[4], people[4]))
    assert await pool.fetchval("SELECT wish FROM ticket WHERE person_id = $1", people[4]) == "{}"
    clock.now = AT_THE_DRAW
    await until_nobody_waits(pool, desk)

    drawn = by_hand(await pool.fetchval("SELECT seed FROM opening"), list(tickets))
    listed = await pool.fetch("SELECT ticket_id FROM tickets_in_draw($1, 100, 0) ORDER BY turn", session_id)
    assert [row["ticket_id"] for row in listed] == drawn
    assert await in_seat_order(pool, session_id) == [tickets[one] for one in drawn if tickets[one] != people[4]]
    assert await told_of_tickets(pool) == [(str(people[4]), "withdrawn", 2)]
    await must_be_sound(pool, session_id)


async def test_who_asks_again_with_the_same_key_gets_the_first_answer_and_keeps_the_ticket_they_took_since(
    open_desks: OpenDesks, pool: Pool
) -> None:
    session_id = await open_session(pool, 2, waiting_room=True)
    (desk,) = await open_desks(1)
    person = uuid4()
    ticket = await desk.ask(a_request(session_id, person))
    asked = replace(leaving(ticket, person), keyed=keyed("leave"))

    first = await desk.ask(asked)
    await desk.ask(a_request(session_id, person))
    again = await desk.ask(asked)
    await until_nobody_waits(pool, desk)

    assert isinstance(first, Left)
    assert again == first
    assert await in_seat_order(pool, session_id) == [person]
    kept = await pool.fetch(checks.SQL.acknowledged, UUID(int=0), 10)
    assert [row["is_gone"] for row in kept] == [False]


async def test_nobody_is_passed_where_some_leave_in_the_round_that_lets_others_in(open_desks: OpenDesks, pool: Pool) -> None:
    (desk,) = await open_desks(1)
    for together in (True, False):
        session_id = await open_session(pool, 9, waiting_room=True)
        people = [uuid4() for _ in range(6)]
        tickets = await desk.serve([a_request(session_id, person) for person in people])
        commands: list[Command] = [
            leaving(tickets[0], people[0]), AdmitTickets(uuid4(), session_id, 2), leaving(tickets[5], people[5]),
        ]  # fmt: skip

        for part in [commands] if together else [[one] for one in commands]:
            await desk.serve(part)

        assert await in_seat_order(pool, session_id) == people[1:3]
        assert await pool.fetchval("SELECT waiting FROM opening WHERE session_id = $1", session_id) == 2


@twin(no_lock)
async def test_leaving_while_the_desk_lets_people_in_ends_in_exactly_one_of_both(
    open_desks: OpenDesks, pool: Pool, guard: None
) -> None:
    """Whoever left has no seat, whoever has one could not leave; and all seats are with people who stayed."""
    opened = await open_desks(3)
    for _ in range(count(3, 60)):
        session_id = await open_session(pool, 10, waiting_room=True)
        asked = [a_request(session_id) for _ in range(40)]
        tickets = await opened[0].serve(asked)
        leave = [leaving(ticket, one.person_id) for ticket, one in zip(tickets[::2], asked[::2], strict=True)]

        answers, *_ = await asyncio.gather(ask_all(opened[:2], leave), slowly_let_in(opened[2], session_id))
        await until_nobody_waits(pool, opened[2])

        assert {type(answer) for answer in answers} <= {Left, Refused}, answers
        left = {one.person_id for one, answer in zip(asked[::2], answers, strict=True) if isinstance(answer, Left)}
        assert {*await in_seat_order(pool, session_id)} == {one.person_id for one in asked} - left
        assert await pool.fetchval("SELECT seats_left FROM session WHERE session_id = $1", session_id) == 0
        await must_be_sound(pool, session_id)


async def slowly_let_in(desk: Desk, session_id: UUID) -> None:
    for _ in range(10):
        await desk.serve([AdmitTickets(uuid4(), session_id, 2)])
