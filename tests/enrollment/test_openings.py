"""Fair openings: draws that anybody can check, and a waiting room in which nobody loses their place."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest

from enrollment import admission, domain, rooms
from enrollment import desk as desks
from enrollment.commands import AdmitTickets, CancelSession, DescribeSession, DrawTickets, OpenSession
from enrollment.desk import Desk
from enrollment.domain import Answer, Refused, Settled, Ticketed
from shared.contracts.catalog import Prerequisites, ReservedSeats, SessionDescribed
from shared.contracts.enrollment import SessionDrawn, SessionOpened
from shared.database.pool import Pool, transaction
from tests.enrollment.build import NOW, a_request, announced
from tests.enrollment.conftest import ASession, OpenDesks
from tests.enrollment.test_desk import ask_all
from tests.sabotage import twin

DRAW_IN = timedelta(days=2)
AT_THE_DRAW = NOW + DRAW_IN


class Clock:
    """What time it is, for a desk."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


async def open_session(pool: Pool, seats: int, **how: object) -> UUID:
    """A session that opens as it says: `draw_in`, `opens_in`, `waiting_room`."""
    told = announced(seats=seats, **how)  # type: ignore[arg-type]
    seed = secrets.token_hex(32) if "draw_in" in how else None
    async with transaction(pool) as conn:
        await desks.settle(conn, [OpenSession(uuid4(), told, seed)], NOW)
    return told.session_id


async def until_nobody_waits(pool: Pool, desk: Desk) -> None:
    await admission.hold_draws(pool, desk)
    while await admission.let_next_in(pool, desk):
        pass


async def in_seat_order(pool: Pool, session_id: UUID) -> list[UUID]:
    """Everybody, those with a seat first, then those who wait, each in the order in which they were served."""
    rows = await pool.fetch(
        "SELECT person_id FROM enrollment WHERE session_id = $1 ORDER BY seat_no NULLS LAST, place", session_id
    )
    return [row["person_id"] for row in rows]


def by_hand(seed: str, tickets: Sequence[UUID]) -> list[UUID]:
    """The draw as anybody can do it again."""
    return sorted(tickets, key=lambda ticket: hashlib.sha256(bytes.fromhex(seed) + ticket.bytes).digest())


# The draw


async def test_a_draw_serves_by_the_seed_that_was_promised_and_not_by_who_came_first(open_desks: OpenDesks, pool: Pool) -> None:
    clock = Clock()
    session_id = await open_session(pool, 10, draw_in=DRAW_IN)
    (desk,) = await open_desks(1, clock)
    promised = await pool.fetchval("SELECT seed_hash FROM opening")
    people = [uuid4() for _ in range(60)]
    answers = await ask_all([desk], [a_request(session_id, person) for person in people])
    tickets = {answer.ticket_id: person for answer, person in zip(answers, people, strict=True) if isinstance(answer, Ticketed)}
    await until_nobody_waits(pool, desk)
    assert await pool.fetchval("SELECT count(*) FROM enrollment") == 0

    clock.now = AT_THE_DRAW
    await until_nobody_waits(pool, desk)

    seed = await pool.fetchval("SELECT seed FROM opening")
    assert hashlib.sha256(bytes.fromhex(seed)).hexdigest() == promised
    assert await in_seat_order(pool, session_id) == [tickets[ticket] for ticket in by_hand(seed, list(tickets))]
    assert await pool.fetchval("SELECT count(*) FROM enrollment WHERE state = 'confirmed'") == 10


async def test_the_seed_is_nowhere_to_be_read_before_the_draw(open_desks: OpenDesks, pool: Pool) -> None:
    await open_session(pool, 10, draw_in=DRAW_IN)

    seed = await pool.fetchval("SELECT seed FROM draw_seed")
    logged = await pool.fetch("SELECT data::text FROM event_log")
    assert await pool.fetchval("SELECT seed FROM opening") is None
    assert not [row for row in logged if seed in row["data"]]
    assert await pool.fetchval("SELECT has_table_privilege('skillslab_reader', 'draw_seed', 'SELECT')") is False


async def test_who_comes_after_the_moment_is_served_after_the_draw(open_desks: OpenDesks, pool: Pool) -> None:
    clock = Clock()
    session_id = await open_session(pool, 2, draw_in=DRAW_IN)
    (desk,) = await open_desks(1, clock)
    await ask_all([desk], [a_request(session_id) for _ in range(5)])
    clock.now = AT_THE_DRAW
    late = await desk.ask(a_request(session_id))
    await until_nobody_waits(pool, desk)
    later = await desk.ask(a_request(session_id))

    assert isinstance(late, Ticketed)
    assert await pool.fetchval("SELECT turn FROM ticket WHERE ticket_id = $1", late.ticket_id) == 6
    assert await pool.fetchval("SELECT count(*) FROM tickets_in_draw($1, 100, 0)", session_id) == 5
    assert isinstance(later, Settled)
    assert later.position == 5


def test_what_is_told_commits_to_the_seed_and_shows_it_at_the_draw_once() -> None:
    told = announced(draw_in=DRAW_IN)
    opened = domain.decide(domain.Ledger({}, {}), [OpenSession(uuid4(), told, "ab" * 32)], NOW)
    too_early = domain.decide(opened.ledger, [DrawTickets(uuid4(), told.session_id)], AT_THE_DRAW - timedelta(seconds=1))
    drawn = domain.decide(too_early.ledger, [DrawTickets(uuid4(), told.session_id)] * 2, AT_THE_DRAW)

    (first,) = opened.facts
    assert isinstance(first, SessionOpened)
    assert first.draw is not None
    assert first.draw.seed_hash == hashlib.sha256(bytes.fromhex("ab" * 32)).hexdigest()
    assert "abab" not in first.model_dump_json()
    assert too_early.facts == []
    assert [fact.seed for fact in drawn.facts if isinstance(fact, SessionDrawn)] == ["ab" * 32]


async def test_a_seed_that_was_not_promised_cannot_be_written_down(pool: Pool) -> None:
    await open_session(pool, 10, draw_in=DRAW_IN)

    with pytest.raises(asyncpg.CheckViolationError, match="the_seed_is_the_one_that_was_promised"):
        await pool.execute("UPDATE opening SET seed = $1, drawn_at = now()", secrets.token_hex(32))


# One ticket per person


def nobody_knows_who_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the rule nor the index keeps a person to one ticket."""
    monkeypatch.setattr(rooms.SQL, "load_held", rooms.SQL.load_held + " AND false")


@twin(nobody_knows_who_waits)
async def test_a_person_has_one_ticket_however_often_and_wherever_they_ask(
    open_desks: OpenDesks, pool: Pool, guard: None, request: pytest.FixtureRequest
) -> None:
    session_id = await open_session(pool, 3, draw_in=DRAW_IN)
    if "sabotaged" in request.node.name:
        await pool.execute("DROP INDEX person_waits_with_one_ticket")
    person = uuid4()

    answers = await ask_all(await open_desks(5), [a_request(session_id, person) for _ in range(50)])
    again = await ask_all(await open_desks(1), [a_request(session_id, person)])

    assert len({answer.ticket_id for answer in [*answers, *again] if isinstance(answer, Ticketed)}) == 1
    assert await pool.fetchval("SELECT count(*) FROM ticket") == 1


async def test_a_second_ticket_cannot_be_written_down(open_desks: OpenDesks, pool: Pool) -> None:
    session_id = await open_session(pool, 3, draw_in=DRAW_IN)
    (desk,) = await open_desks(1)
    await desk.ask(a_request(session_id))

    with pytest.raises(asyncpg.UniqueViolationError, match="person_waits_with_one_ticket"):
        await pool.execute(
            "INSERT INTO ticket SELECT session_id, gen_random_uuid(), person_id, gen_random_uuid(), 99, NULL, true, 'waiting',"
            " NULL, 0, asked_at, NULL, false, wish FROM ticket"
        )


# The waiting room


def by_chance(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever waits is let in in no order at all."""
    unordered = rooms.SQL.load_next_in_turn.replace("ORDER BY q.turn, q.arrival", "ORDER BY random()")
    monkeypatch.setattr(rooms.SQL, "load_next_in_turn", unordered)


@twin(by_chance)
async def test_a_waiting_room_lets_in_by_arrival_and_everybody_gets_a_final_answer(
    open_desks: OpenDesks, pool: Pool, guard: None
) -> None:
    session_id = await open_session(pool, 100, waiting_room=True)
    opened = await open_desks(2)
    people = [uuid4() for _ in range(600)]
    answers: list[Answer] = []
    for person in people[:50]:  # one after the other, so that it is known who came first
        answers.append(await opened[0].ask(a_request(session_id, person)))
    answers += await opened[0].serve([a_request(session_id, person) for person in people[50:]])

    await asyncio.gather(*(until_nobody_waits(pool, desk) for desk in opened))

    assert all(isinstance(answer, Ticketed) for answer in answers)
    assert await in_seat_order(pool, session_id) == people
    assert await pool.fetchval("SELECT count(*) FROM ticket WHERE state <> 'enrolled'") == 0
    assert await pool.fetchval("SELECT count(*) FROM enrollment WHERE state = 'confirmed'") == 100


async def test_a_queue_that_is_too_long_gets_tickets_and_nobody_passes_those_who_hold_one(
    open_desks: OpenDesks, a_session: ASession, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desks, "LONGEST_QUEUE", 100)
    monkeypatch.setattr(desks, "ROUND", 50)
    session_id = await a_session(200)
    (desk,) = await open_desks(1)
    people = [uuid4() for _ in range(400)]

    answers = await ask_all([desk], [a_request(session_id, person) for person in people])
    tickets = [answer for answer in answers if isinstance(answer, Ticketed)]
    behind = await desk.ask(a_request(session_id, people[0]))
    last = await desk.ask(a_request(session_id, late := uuid4()))
    await until_nobody_waits(pool, desk)
    quiet = await desk.ask(a_request(session_id))

    assert len(tickets) == len(people)  # the last round was no rush, and yet passed nobody
    assert isinstance(behind, Ticketed)
    assert isinstance(last, Ticketed)
    assert await in_seat_order(pool, session_id) == [*people, late, quiet.enrollment.person_id]  # type: ignore[union-attr]
    assert isinstance(quiet, Settled)


async def test_the_place_and_the_time_that_are_told_follow_the_line(open_desks: OpenDesks, pool: Pool) -> None:
    clock = Clock()
    session_id = await open_session(pool, 5, waiting_room=True)
    (desk,) = await open_desks(1, clock)
    person = uuid4()
    await desk.serve([a_request(session_id) for _ in range(300)])
    first = await desk.ask(a_request(session_id, person))
    for _ in range(3):
        clock.now += timedelta(seconds=5)
        await desk.serve([AdmitTickets(uuid4(), session_id, 50)])

    then = await desk.ask(a_request(session_id, person))

    assert isinstance(first, Ticketed)
    assert isinstance(then, Ticketed)
    assert (first.position, first.estimated_seconds) == (301, 3)  # at the pace that is taken until there is one
    assert (then.position, then.estimated_seconds) == (151, 17)  # fifty every five seconds


async def test_somebody_who_is_in_already_gets_what_they_have_and_no_ticket(open_desks: OpenDesks, pool: Pool) -> None:
    session_id = await open_session(pool, 5, waiting_room=True)
    (desk,) = await open_desks(1)
    person = uuid4()
    await desk.ask(a_request(session_id, person))
    await until_nobody_waits(pool, desk)

    answer = await desk.ask(a_request(session_id, person))

    assert isinstance(answer, Settled)
    assert answer.enrollment.state == "confirmed"


async def test_who_asked_in_time_is_let_in_although_enrolling_has_closed_meanwhile(open_desks: OpenDesks, pool: Pool) -> None:
    clock = Clock()
    session_id = await open_session(pool, 5, waiting_room=True)
    (desk,) = await open_desks(1, clock)
    ticket = await desk.ask(a_request(session_id))
    clock.now = NOW + timedelta(days=29, hours=12)

    late = await desk.ask(a_request(session_id))
    await until_nobody_waits(pool, desk)

    assert late == Refused("enrollment-closed")
    assert isinstance(ticket, Ticketed)
    assert await pool.fetchval("SELECT state FROM ticket WHERE ticket_id = $1", ticket.ticket_id) == "enrolled"


async def test_tickets_of_a_session_that_is_called_off_end_and_say_why(open_desks: OpenDesks, pool: Pool) -> None:
    session_id = await open_session(pool, 5, draw_in=DRAW_IN)
    (desk,) = await open_desks(1)
    await ask_all([desk], [a_request(session_id) for _ in range(7)])

    await desk.ask(CancelSession(uuid4(), session_id, frozenset(["duurzaamheidsfabriek"])))
    await until_nobody_waits(pool, desk)

    assert set(map(tuple, await pool.fetch("SELECT state, reason FROM ticket"))) == {("refused", "session-cancelled")}
    ended = await pool.fetch("SELECT revision FROM event_log WHERE type = 'nl.skillslabs.enrollment.ticket-ended'")
    assert [row["revision"] for row in ended] == [2] * 7


async def test_a_ticket_about_which_nothing_can_be_decided_holds_up_nobody_and_its_person_is_told(
    open_desks: OpenDesks, pool: Pool
) -> None:
    session_id = await open_session(pool, 5, waiting_room=True)
    (desk,) = await open_desks(1)
    people = [uuid4() for _ in range(20)]
    await desk.serve([a_request(session_id, person) for person in people])
    await pool.execute("""UPDATE ticket SET wish = '{"sector": 7}' WHERE person_id = $1""", people[7])

    await until_nobody_waits(pool, desk)

    assert await in_seat_order(pool, session_id) == [*people[:7], *people[8:]]
    assert await pool.fetchval("SELECT reason FROM ticket WHERE state = 'refused'") == "unexpected"
    assert await pool.fetchval("SELECT waiting FROM opening") == 0
    assert await told_of_tickets(pool) == [(str(people[7]), "unexpected", 1)]


async def told_of_tickets(pool: Pool) -> list[tuple[str, str, int]]:
    """What was told of tickets that ended: the person, why, and as which of the facts about the ticket."""
    rows = await pool.fetch(
        "SELECT data ->> 'personId', data ->> 'reason', revision FROM event_log WHERE type LIKE '%.ticket-ended'"
    )
    return [tuple(row) for row in rows]


async def test_two_draws_of_one_course_give_one_seat_and_the_other_ticket_ends_with_the_reason(
    open_desks: OpenDesks, pool: Pool
) -> None:
    clock = Clock()
    first, second = [await open_session(pool, 5, draw_in=DRAW_IN) for _ in range(2)]
    (desk,) = await open_desks(1, clock)
    person = uuid4()
    tickets = [await desk.ask(a_request(session_id, person)) for session_id in (first, second)]
    assert all(isinstance(ticket, Ticketed) for ticket in tickets)

    clock.now = AT_THE_DRAW
    await until_nobody_waits(pool, desk)

    assert await pool.fetchval("SELECT count(*) FROM enrollment WHERE person_id = $1", person) == 1
    ended = await pool.fetch("SELECT state, reason FROM ticket ORDER BY state")
    assert [tuple(row) for row in ended] == [("enrolled", None), ("refused", "other-session-of-course")]
    assert await told_of_tickets(pool) == [(str(person), "other-session-of-course", 2)]


async def test_who_waits_in_line_and_comes_in_elsewhere_meanwhile_is_told_why_their_turn_gave_nothing(
    open_desks: OpenDesks, pool: Pool
) -> None:
    session_id, other = await open_session(pool, 5, waiting_room=True), await open_session(pool, 5)
    (desk,) = await open_desks(1)
    person = uuid4()
    await desk.ask(a_request(session_id, person))
    assert isinstance(await desk.ask(a_request(other, person)), Settled)

    late = await desk.ask(a_request(session_id, person))
    await until_nobody_waits(pool, desk)

    assert isinstance(late, Ticketed)
    assert await told_of_tickets(pool) == [(str(person), "other-session-of-course", 1)]


async def test_what_a_course_asks_for_is_asked_before_there_is_a_ticket_and_again_when_it_is_their_turn(
    open_desks: OpenDesks, pool: Pool
) -> None:
    session_id = await open_session(pool, 5, waiting_room=True)
    (desk,) = await open_desks(1)
    says_so, does_not = uuid4(), uuid4()
    await desk.ask(replace(a_request(session_id, says_so), states_prerequisite=True))
    await desk.ask(a_request(session_id, does_not))
    described = announced(session_id).model_dump(exclude={"seats"})
    requires = Prerequisites(statement_nl="Ik kan met een multimeter werken.")
    await desk.ask(DescribeSession(uuid4(), SessionDescribed(**{**described, "revision": 2, "requires": requires})))

    refused = await desk.ask(a_request(session_id))
    await until_nobody_waits(pool, desk)

    assert isinstance(refused, Refused)
    assert refused.slug == "prerequisite-missing"
    assert await in_seat_order(pool, session_id) == [says_so]
    assert await told_of_tickets(pool) == [(str(does_not), "prerequisite-missing", 1)]


async def test_a_draw_keeps_what_is_kept_for_a_group_whatever_chance_says(open_desks: OpenDesks, pool: Pool) -> None:
    clock = Clock()
    kept = ReservedSeats(group="sme", seats=2, until=AT_THE_DRAW + timedelta(days=9))
    session_id = await open_session(pool, 5, draw_in=DRAW_IN, reserved=(kept,))
    (desk,) = await open_desks(1, clock)
    of_the_group = [replace(a_request(session_id), employer_size_class="small") for _ in range(2)]
    await ask_all([desk], [*(a_request(session_id) for _ in range(30)), *of_the_group])

    clock.now = AT_THE_DRAW
    await until_nobody_waits(pool, desk)

    seated = await pool.fetch(
        "SELECT enrollment_id, declared ->> 'seat_group' AS kept FROM enrollment WHERE seat_no IS NOT NULL"
    )
    assert {row["enrollment_id"] for row in seated if row["kept"] == "sme"} == {one.enrollment_id for one in of_the_group}
    assert len(seated) == 5


async def test_before_it_opens_nobody_comes_in_and_hears_when(open_desks: OpenDesks, pool: Pool) -> None:
    clock = Clock()
    session_id = await open_session(pool, 5, opens_in=timedelta(hours=1))
    (desk,) = await open_desks(1, clock)

    early = await desk.ask(a_request(session_id))
    clock.now = NOW + timedelta(hours=1)
    then = await desk.ask(a_request(session_id))

    assert early == Refused("opens-later", retry_at=NOW + timedelta(hours=1))
    assert isinstance(then, Settled)


async def test_what_somebody_told_goes_along_and_is_kept_once(open_desks: OpenDesks, pool: Pool) -> None:
    session_id = await open_session(pool, 5, draw_in=DRAW_IN)
    clock = Clock()
    (desk,) = await open_desks(1, clock)
    await desk.ask(replace(a_request(session_id, work="GM0772"), worker_group="employed", at_once=True))
    clock.now = AT_THE_DRAW
    kept = await pool.fetchval("SELECT wish FROM ticket")
    await until_nobody_waits(pool, desk)

    about = await pool.fetchrow("SELECT about #>> '{work,province}', about ->> 'workerGroup', at_once FROM enrollment")
    assert about is not None
    assert tuple(about) == ("PV30", "employed", True)
    assert "employed" in kept
    assert await pool.fetchval("SELECT wish FROM ticket") == "{}"


async def test_a_forgotten_persons_ticket_stays_in_the_draw_as_a_number_that_is_nobodys(
    open_desks: OpenDesks, pool: Pool
) -> None:
    session_id = await open_session(pool, 5, draw_in=DRAW_IN)
    clock = Clock()
    (desk,) = await open_desks(1, clock)
    person, nobody = uuid4(), uuid4()
    mine = await desk.ask(a_request(session_id, person, work="GM0772"))
    await ask_all([desk], [a_request(session_id) for _ in range(3)])

    async with transaction(pool) as conn:
        await desks.forget(conn, {person: nobody}, NOW)
        await desks.forget_log(conn, [nobody])
    clock.now = AT_THE_DRAW
    await until_nobody_waits(pool, desk)

    assert isinstance(mine, Ticketed)
    row = await pool.fetchrow(
        "SELECT person_id, state, wish, turn IS NOT NULL AS drawn FROM ticket WHERE ticket_id = $1", mine.ticket_id
    )
    assert row is not None
    assert tuple(row) == (nobody, "withdrawn", "{}", True)
    assert await pool.fetchval("SELECT count(*) FROM enrollment") == 3
    assert await pool.fetchval("SELECT count(*) FROM event_log WHERE strpos(data::text, $1) > 0", str(person)) == 0
