"""The desk on a real database: one truth, however many ask at however many desks."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID, uuid4

import asyncpg
import pytest

from enrollment import desk as desks
from enrollment import domain, store
from enrollment.commands import CancelEnrollment, Command, RequestSeat
from enrollment.desk import Desk
from enrollment.domain import Answer, Refused, Settled
from shared.database.pool import Pool, transaction
from shared.errors import Rejected
from shared.messaging import answers
from tests.enrollment.build import NOW, a_cancellation, a_request, opening
from tests.enrollment.conftest import ASession, OpenDesks
from tests.sabotage import twin


async def ask_all(opened: Sequence[Desk], commands: Sequence[Command]) -> list[Answer | BaseException]:
    """Everybody at once, spread over the desks."""
    return await asyncio.gather(
        *(opened[nr % len(opened)].ask(command) for nr, command in enumerate(commands)), return_exceptions=True
    )


def states(answered: Sequence[Answer | BaseException]) -> Counter[str]:
    return Counter(answer.enrollment.state if isinstance(answer, Settled) else type(answer).__name__ for answer in answered)


def no_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store.SQL, "lock_sessions", store.SQL.lock_sessions.replace("FOR UPDATE", ""))


@twin(no_lock)
async def test_twenty_workers_at_twenty_desks_make_one_confirmation(
    open_desks: OpenDesks, a_session: ASession, guard: None
) -> None:
    session_id = await a_session(1)

    answered = await ask_all(await open_desks(20), [a_request(session_id) for _ in range(20)])

    assert states(answered) == {"confirmed": 1, "waitlisted": 19}


async def test_five_hundred_for_the_last_seat_make_one_confirmation_and_places_1_to_499(
    open_desks: OpenDesks, a_session: ASession
) -> None:
    session_id = await a_session(1)

    answered = await ask_all(await open_desks(1), [a_request(session_id) for _ in range(500)])

    assert states(answered) == {"confirmed": 1, "waitlisted": 499}
    positions = sorted(answer.position for answer in answered if isinstance(answer, Settled) and answer.position)
    assert positions == list(range(1, 500))


async def test_those_who_ask_while_a_round_runs_share_the_next_one(
    open_desks: OpenDesks, a_session: ASession, pool: Pool
) -> None:
    session_id = await a_session(5)
    (desk,) = await open_desks(1)

    await ask_all([desk], [a_request(session_id) for _ in range(300)])

    assert await pool.fetchval("SELECT count(DISTINCT xid) FROM event_log") <= 1 + 3


async def test_a_change_and_its_fact_commit_together(open_desks: OpenDesks, a_session: ASession, pool: Pool) -> None:
    session_id = await a_session(3)

    await ask_all(await open_desks(3), [a_request(session_id) for _ in range(10)])

    rows = await pool.fetch("SELECT enrollment_id, state, revision FROM enrollment")
    logged = await pool.fetch("SELECT data ->> 'enrollmentId' AS id, type, revision FROM event_log WHERE data ? 'enrollmentId'")
    assert {(str(row["enrollment_id"]), row["state"], row["revision"]) for row in rows} == {
        (row["id"], row["type"].rpartition(".")[2], row["revision"]) for row in logged
    }


async def test_cancellations_race_requests_and_no_seat_is_lost_or_doubled(
    open_desks: OpenDesks, a_session: ASession, pool: Pool
) -> None:
    session_id = await a_session(8)
    opened = await open_desks(4)
    requests = [a_request(session_id) for _ in range(60)]
    await ask_all(opened, requests)
    storm: list[Command] = [*map(a_cancellation, requests[:40]), *(a_request(session_id) for _ in range(40))]
    random.shuffle(storm)

    answered = await ask_all(opened, storm)

    assert all(isinstance(answer, Settled) for answer in answered)
    assert await pool.fetchval("SELECT count(*) FROM enrollment WHERE state = 'confirmed'") == 8
    session = await pool.fetchrow("SELECT seats_left, waiting FROM session")
    assert session is not None
    assert tuple(session) == (0, 60 + 40 - 40 - 8)


def locked_in_any_order(monkeypatch: pytest.MonkeyPatch) -> None:
    one_by_one = """
        SELECT found.*
          FROM (SELECT id FROM unnest($1::uuid[]) AS id ORDER BY random()) AS asked,
               LATERAL (SELECT s.*, pg_sleep(0.05) FROM session s WHERE s.session_id = asked.id FOR UPDATE) AS found"""
    monkeypatch.setattr(store.SQL, "lock_sessions", one_by_one)
    monkeypatch.setattr(desks, "TRY_AGAIN", ())  # a deadlock would only be slow otherwise


@twin(locked_in_any_order)
async def test_desks_that_need_the_same_sessions_never_deadlock(
    open_desks: OpenDesks, a_session: ASession, guard: None
) -> None:
    sessions = [await a_session(5) for _ in range(6)]
    opened = await open_desks(4)

    async def a_round(desk: Desk) -> list[Answer]:
        wanted = random.sample(sessions, len(sessions))
        return await desk.serve([a_request(session_id) for session_id in wanted])

    answered = await asyncio.gather(*map(a_round, opened), return_exceptions=True)

    assert [answer for answer in answered if isinstance(answer, BaseException)] == []


async def test_a_broken_command_fails_alone(open_desks: OpenDesks, a_session: ASession) -> None:
    session_id = await a_session(100)
    broken = a_request(session_id)
    object.__setattr__(broken, "person_id", "not an id")
    commands = [a_request(session_id) for _ in range(99)]
    commands.insert(50, broken)

    answered = await ask_all(await open_desks(1), commands)

    assert states(answered)["confirmed"] == 99
    assert isinstance(answered[50], asyncpg.DataError)


async def test_a_caller_who_hangs_up_does_not_stop_the_desk(open_desks: OpenDesks, a_session: ASession) -> None:
    session_id = await a_session(10)
    (desk,) = await open_desks(1)
    leaving = asyncio.create_task(desk.ask(a_request(session_id)))
    await asyncio.sleep(0)
    leaving.cancel()

    answer = await desk.ask(a_request(session_id))

    assert isinstance(answer, Settled)


async def test_the_municipality_goes_along_with_the_regions_of_that_day(
    open_desks: OpenDesks, a_session: ASession, pool: Pool
) -> None:
    session_id = await a_session(1)
    (desk,) = await open_desks(1)

    await desk.ask(a_request(session_id, work="GM0772"))
    await pool.execute("""UPDATE municipality SET place = jsonb_set(place, '{province}', '"PV99"')""")
    answer = await desk.ask(a_request(session_id, work="GM0772"))

    assert isinstance(answer, Settled)
    assert await pool.fetchval("SELECT count(*) FROM enrollment WHERE about #>> '{work,province}' = 'PV30'") == 1


# Asking again


def keyed(request: RequestSeat, key: str) -> RequestSeat:
    """The same wish, with an Idempotency-Key; each attempt brings an id of its own, as over HTTP."""
    return RequestSeat(
        command_id=answers.command_id(request.person_id, key),
        session_id=request.session_id,
        enrollment_id=uuid4(),
        person_id=request.person_id,
        keyed=answers.keyed(f"{request.session_id}"),
    )


async def test_a_key_gets_its_first_answer_even_after_everything_changed(open_desks: OpenDesks, a_session: ASession) -> None:
    session_id = await a_session(1)
    (desk,) = await open_desks(1)
    wish = a_request(session_id)
    first = await desk.ask(keyed(wish, "k"))
    assert isinstance(first, Settled)
    await desk.ask(CancelEnrollment(uuid4(), session_id, first.enrollment.enrollment_id, wish.person_id))

    again = await desk.ask(keyed(wish, "k"))

    assert again == first


async def test_a_hundred_times_the_same_key_at_once_is_one_effect(
    open_desks: OpenDesks, a_session: ASession, pool: Pool
) -> None:
    session_id = await a_session(5)
    wish = a_request(session_id)

    answered = await ask_all(await open_desks(5), [keyed(wish, "k") for _ in range(100)])

    assert len({answer for answer in answered if isinstance(answer, Settled)}) == 1
    assert await pool.fetchval("SELECT count(*) FROM enrollment") == 1


async def test_a_key_used_for_another_wish_is_refused(open_desks: OpenDesks, a_session: ASession) -> None:
    one, other = await a_session(1), await a_session(1)
    (desk,) = await open_desks(1)
    person = uuid4()
    await desk.ask(keyed(a_request(one, person), "k"))

    assert await desk.ask(keyed(a_request(other, person), "k")) == Refused("idempotency-key-reused", 422)


async def test_another_persons_same_key_is_another_key(open_desks: OpenDesks, a_session: ASession) -> None:
    session_id = await a_session(2)

    answered = await ask_all(await open_desks(1), [keyed(a_request(session_id), "k") for _ in range(2)])

    assert states(answered) == {"confirmed": 2}


# When the database goes away


async def test_a_round_survives_a_database_that_throws_everybody_out(
    open_desks: OpenDesks, a_session: ASession, pool: Pool, database: str
) -> None:
    session_id = await a_session(200)
    opened = await open_desks(2)
    requests = [a_request(session_id) for _ in range(200)]

    async def throw_everybody_out() -> None:
        admin = await asyncpg.connect(database)
        for _ in range(8):
            await admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            await asyncio.sleep(0.02)
        await admin.close()

    asking = asyncio.create_task(ask_all(opened, requests))
    await throw_everybody_out()

    assert states(await asking) == {"confirmed": 200}
    assert await pool.fetchval("SELECT count(*) FROM enrollment") == 200


async def test_when_the_database_stays_away_the_caller_hears_that_the_outcome_is_unknown(
    open_desks: OpenDesks, a_session: ASession, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    session_id = await a_session(1)
    monkeypatch.setattr(desks, "PATIENCE", 0.2)
    (desk,) = await open_desks(1)
    pool.terminate()

    with pytest.raises(Rejected) as told:
        await desk.ask(a_request(session_id))

    assert told.value.status == 503
    assert "Ask again" in told.value.detail


def too_early_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "is_too_early", lambda answer: False)


@twin(too_early_is_kept)
async def test_that_it_is_too_early_does_not_use_up_a_key(open_desks: OpenDesks, pool: Pool, guard: None) -> None:
    command, person = opening(3), uuid4()
    (desk,) = await open_desks(1)
    wish = keyed(a_request(command.session_id, person), "k")
    assert await desk.ask(wish) == domain.TOO_EARLY

    async with transaction(pool) as conn:
        await desks.settle(conn, [command], NOW)

    assert states([await desk.ask(wish)]) == {"confirmed": 1}


async def test_one_key_for_two_sessions_at_two_desks_at_once_is_answered_and_refused(
    open_desks: OpenDesks, a_session: ASession
) -> None:
    """Neither session's lock keeps the two apart: the database refuses the second answer, and the desk looks again."""
    opened, people = await open_desks(8), [uuid4() for _ in range(40)]
    sessions = [await a_session(100), await a_session(100)]
    wishes = [keyed(a_request(session, person), "k") for person in people for session in sessions]

    answered = await ask_all(opened, wishes)

    assert states(answered) == {"confirmed": 40, "Refused": 40}
    assert {answer for answer in answered if isinstance(answer, Refused)} == {Refused("idempotency-key-reused", 422)}


# What cannot be written down, even by hand

HANDWORK = [
    ("a second holder of a seat", "seat_is_held_once", "UPDATE enrollment SET state = 'confirmed', place = NULL, company = NULL, seat_no = 1, seat_capacity = 1 WHERE state = 'waitlisted'"),  # noqa: E501
    ("a seat beyond the capacity", "seat_is_within_capacity", "UPDATE enrollment SET state = 'confirmed', place = NULL, company = NULL, seat_no = 2, seat_capacity = 1 WHERE state = 'waitlisted'"),  # noqa: E501
    ("a seat under a capacity that is not the session's", "seat_capacity_is_the_sessions", "UPDATE enrollment SET state = 'confirmed', place = NULL, company = NULL, seat_no = 2, seat_capacity = 2 WHERE state = 'waitlisted'"),  # noqa: E501
    ("a seat number zero", "seat_is_within_capacity", "UPDATE enrollment SET state = 'confirmed', place = NULL, company = NULL, seat_no = 0, seat_capacity = 1 WHERE state = 'waitlisted'"),  # noqa: E501
    ("a confirmation without a seat", "confirmed_or_offered_means_a_seat", "UPDATE enrollment SET state = 'confirmed', place = NULL, company = NULL WHERE state = 'waitlisted'"),  # noqa: E501
    ("a seat without a known capacity", "seat_knows_its_capacity", "UPDATE enrollment SET state = 'confirmed', place = NULL, company = NULL, seat_no = 2 WHERE state = 'waitlisted'"),  # noqa: E501
    ("a place beside a seat", "waitlisted_means_a_place", "UPDATE enrollment SET place = 99, company = 1 WHERE state = 'confirmed'"),  # noqa: E501
    ("a cancelled person on a seat", "confirmed_or_offered_means_a_seat", "UPDATE enrollment SET state = 'cancelled', reason = 'by-person' WHERE state = 'confirmed'"),  # noqa: E501
    ("a waiting person without a place", "waitlisted_means_a_place", "UPDATE enrollment SET place = NULL, company = NULL WHERE state = 'waitlisted'"),  # noqa: E501
    ("a state that does not exist", "enrollment_state_is_known", "UPDATE enrollment SET state = 'promised'"),
    ("the same person twice", "person_is_enrolled_once", "INSERT INTO enrollment (session_id, enrollment_id, person_id, state, revision, seat_no, seat_capacity, place, reason, registered_at, decided_at, about, company) SELECT session_id, gen_random_uuid(), person_id, 'waitlisted', 1, NULL, NULL, 7, NULL, now(), now(), about, 1 FROM enrollment WHERE state = 'confirmed'"),  # noqa: E501
    ("two people at one place", "place_is_held_once", "INSERT INTO enrollment (session_id, enrollment_id, person_id, state, revision, seat_no, seat_capacity, place, reason, registered_at, decided_at, about, company) SELECT session_id, gen_random_uuid(), gen_random_uuid(), 'waitlisted', 1, NULL, NULL, place, NULL, now(), now(), about, 1 FROM enrollment WHERE state = 'waitlisted'"),  # noqa: E501
    ("a new person on a taken seat", "seat_is_held_once", "INSERT INTO enrollment (session_id, enrollment_id, person_id, state, revision, seat_no, seat_capacity, place, reason, registered_at, decided_at, about, company) SELECT session_id, gen_random_uuid(), gen_random_uuid(), 'confirmed', 1, 1, 1, NULL, NULL, now(), now(), about, NULL FROM enrollment WHERE state = 'confirmed'"),  # noqa: E501
    ("an enrollment in no session", "enrollment_is_of_a_session", "INSERT INTO enrollment (session_id, enrollment_id, person_id, state, revision, seat_no, seat_capacity, place, reason, registered_at, decided_at, about, company) SELECT gen_random_uuid(), gen_random_uuid(), person_id, 'waitlisted', 1, NULL, NULL, 1, NULL, now(), now(), about, 1 FROM enrollment WHERE state = 'waitlisted'"),  # noqa: E501
    ("fewer seats than are held", "seat_is_within_capacity", "UPDATE session SET capacity = 0, seats_left = 0, next_seat = 1"),
    ("more seats left than there are", "session_is_never_oversold", "UPDATE session SET waiting = 0, waiting_alone = 0, seats_left = 2"),  # noqa: E501
    ("seats below none", "session_is_never_oversold", "UPDATE session SET waiting = 0, waiting_alone = 0, seats_left = -1"),
    ("seats that do not add up", "session_seats_add_up", "UPDATE session SET next_seat = 1"),
    ("a free seat beside people who wait", "nobody_waits_beside_a_free_seat", "UPDATE session SET capacity = 2, seats_left = 1"),  # noqa: E501
    ("less than nobody waiting", "waiting_is_counted", "UPDATE session SET waiting = -1, waiting_alone = 0"),
    ("more who wait alone than who wait", "waiting_is_counted", "UPDATE session SET waiting_alone = waiting + 1"),
    ("an offer without an end", "offered_means_until", "UPDATE enrollment SET state = 'offered' WHERE state = 'confirmed'"),
    ("an offer without a seat", "confirmed_or_offered_means_a_seat", "UPDATE enrollment SET state = 'offered', place = NULL, company = NULL, offered_until = now() WHERE state = 'waitlisted'"),  # noqa: E501
    ("an end to what is no offer", "offered_means_until", "UPDATE enrollment SET offered_until = now() WHERE state = 'confirmed'"),  # noqa: E501
    ("somebody who waits in no company", "waiting_has_company", "UPDATE enrollment SET company = NULL WHERE state = 'waitlisted'"),  # noqa: E501
    ("a session that vanishes under its people", "enrollment_is_of_a_session", "DELETE FROM session"),
]  # fmt: skip


@pytest.mark.parametrize(("wish", "constraint", "statement"), HANDWORK, ids=[wish for wish, _, _ in HANDWORK])
async def test_the_database_refuses_by_name(
    open_desks: OpenDesks, a_session: ASession, pool: Pool, wish: str, constraint: str, statement: str
) -> None:
    session_id = await a_session(1)
    await ask_all(await open_desks(1), [a_request(session_id) for _ in range(2)])

    with pytest.raises(asyncpg.IntegrityConstraintViolationError) as refused:
        await pool.execute(statement)

    assert refused.value.constraint_name == constraint


async def count_confirmed(pool: Pool, session_id: UUID) -> int:
    count: int = await pool.fetchval(
        "SELECT count(*) FROM enrollment WHERE session_id = $1 AND state = 'confirmed'", session_id
    )
    return count


async def test_without_the_lock_the_seat_numbers_still_refuse_to_oversell(
    open_desks: OpenDesks, a_session: ASession, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two guards, each enough by itself: the lock gives everybody an answer, the constraint keeps the truth."""
    session_id = await a_session(1)
    no_lock(monkeypatch)

    await ask_all(await open_desks(20), [a_request(session_id) for _ in range(20)])

    assert await count_confirmed(pool, session_id) == 1


def whoever_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    joined = " USING (session_id, enrollment_id, person_id)"
    assert joined in store.SQL.load_enrollments
    monkeypatch.setattr(
        store.SQL, "load_enrollments", store.SQL.load_enrollments.replace(joined, " USING (session_id, enrollment_id)")
    )


@twin(whoever_asks)
async def test_nobody_withdraws_somebody_else_and_that_looks_as_if_there_were_nothing(
    open_desks: OpenDesks, a_session: ASession, pool: Pool, guard: None
) -> None:
    session_id = await a_session(1)
    desk = (await open_desks(1))[0]
    holder, waiter = a_request(session_id), a_request(session_id)
    await ask_all([desk], [holder, waiter])
    stranger = uuid4()
    theirs = [replace(a_cancellation(request), person_id=stranger) for request in (holder, waiter)]
    missing = a_cancellation(a_request(session_id))

    async with transaction(pool) as conn:  # one batch, in which the holder's own command loads the waiter's row as well
        answered = await desks.settle(conn, [*theirs, missing, a_cancellation(holder)], NOW)

    assert answered[:3] == [Refused("not-found", 404)] * 3
    assert isinstance(answered[3], Settled)
    rows = await pool.fetch("SELECT person_id, state FROM enrollment WHERE session_id = $1", session_id)
    assert {row["person_id"]: row["state"] for row in rows} == {holder.person_id: "cancelled", waiter.person_id: "confirmed"}
