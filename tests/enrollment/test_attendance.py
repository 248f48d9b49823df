"""Who was there: marked by the organiser, corrected with a reason, and nobody's seat is touched by it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enrollment import domain, retention, store
from enrollment.commands import MarkAttendance, OpenSession, RequestSeat
from enrollment.desk import NOT_THEIRS, Desk
from enrollment.domain import Done, Ledger, Refused, attendance
from enrollment.uptake import projection
from shared.contracts.enrollment import AttendanceMarked, CorrectionReason, Outcome
from shared.database.pool import Pool, transaction
from shared.messaging.answers import keyed
from tests.counts import count
from tests.enrollment.build import NOW, a_cancellation, a_request, opening
from tests.enrollment.conftest import OpenDesks
from tests.enrollment.test_forgetting import forgotten, hear, logged, settle
from tests.enrollment.test_offers import is_sound
from tests.enrollment.test_seats import LAB, cancellation, full, states
from tests.enrollment.uptake.test_projection import table, tell
from tests.sabotage import twin

STARTED = NOW + timedelta(days=30)
"""When the sessions of these tests begin."""
OUTCOMES: tuple[Outcome, ...] = ("attended", "completed", "no_show")


def marks(session_id: UUID, told: Mapping[Any, Outcome], reason: CorrectionReason | None = None) -> MarkAttendance:
    """What became of whom, by request or by the id of the enrollment."""
    by_id = {one if isinstance(one, UUID) else one.enrollment_id: outcome for one, outcome in told.items()}
    return MarkAttendance(uuid4(), session_id, LAB, by_id, reason)


def outcomes(decision: domain.Decision) -> list[tuple[str, str, str | None]]:
    return [(fact.stood, fact.stands, fact.reason) for fact in decision.facts if isinstance(fact, AttendanceMarked)]


def test_each_is_noted_and_keeps_the_seat() -> None:
    ledger, command, requests = full(3, 2)
    told = dict(zip(requests, OUTCOMES, strict=False))

    decision = domain.decide(ledger, [marks(command.session_id, told)], STARTED)

    assert states(decision.ledger, requests) == ["attended", "completed", "no_show", "waitlisted", "waitlisted"]
    assert decision.answers == [Done()]
    session = decision.ledger.sessions[command.session_id]
    is_sound(session)
    assert (session.seats_left, session.waiting) == (0, 2)
    assert {fact.person_id for fact in decision.facts if isinstance(fact, AttendanceMarked)} == {
        request.person_id for request in requests[:3]
    }


def test_the_step_is_in_the_history_of_the_enrollment() -> None:
    ledger, command, (request,) = full(1, 0)

    absent = domain.decide(ledger, [marks(command.session_id, {request: "no_show"})], STARTED).ledger
    after = domain.decide(
        absent, [marks(command.session_id, {request: "attended"}, "mistake")], STARTED + timedelta(hours=1)
    ).ledger

    enrollment = after.sessions[command.session_id].enrollments[request.enrollment_id]
    assert [(step.state, step.reason) for step in enrollment.steps] == [
        ("confirmed", None), ("no_show", None), ("attended", "mistake"),
    ]  # fmt: skip
    assert enrollment.decided_at == STARTED + timedelta(hours=1)
    assert enrollment.reason is None, "that would be why it was cancelled"


def test_nobody_is_marked_before_the_session_starts() -> None:
    ledger, command, (request,) = full(1, 0)
    wish = marks(command.session_id, {request: "attended"})

    early = domain.decide(ledger, [wish], STARTED - timedelta(seconds=1))

    assert (early.answers, early.facts) == ([Refused("session-not-started")], [])
    assert domain.decide(ledger, [wish], STARTED).answers == [Done()]


def test_the_same_mark_again_changes_nothing() -> None:
    ledger, command, (request,) = full(1, 0)
    wish = marks(command.session_id, {request: "completed"})

    decision = domain.decide(ledger, [wish, replace(wish, command_id=uuid4()), wish], STARTED)

    assert outcomes(decision) == [("confirmed", "completed", None)]
    assert decision.answers == [Done()] * 3


@pytest.mark.parametrize("before", OUTCOMES)
@pytest.mark.parametrize("after", OUTCOMES)
def test_what_takes_back_a_mark_needs_a_reason_and_going_on_to_pass_needs_none(before: Outcome, after: Outcome) -> None:
    ledger, command, (request,) = full(1, 0)
    marked = domain.decide(ledger, [marks(command.session_id, {request: before})], STARTED).ledger

    without = domain.decide(marked, [marks(command.session_id, {request: after})], STARTED)
    with_reason = domain.decide(marked, [marks(command.session_id, {request: after}, "result-revised")], STARTED)

    if before == after:
        assert outcomes(without) == outcomes(with_reason) == []
    elif (before, after) == ("attended", "completed"):
        assert outcomes(without) == outcomes(with_reason) == [(before, after, None)]
    else:
        assert without.answers == [Refused("correction-needs-a-reason", about=(request.enrollment_id,))]
        assert states(without.ledger, [request]) == [before]
        assert outcomes(with_reason) == [(before, after, "result-revised")]


def test_nothing_is_half_done() -> None:
    ledger, command, requests = full(2, 1)
    nobody = uuid4()
    waits = {requests[0]: "attended", requests[2]: "attended"}
    unknown = {requests[0].enrollment_id: "attended", nobody: "attended"}

    decision = domain.decide(
        ledger, [marks(command.session_id, waits), marks(command.session_id, unknown)], STARTED  # type: ignore[arg-type]
    )  # fmt: skip

    assert decision.answers == [
        Refused("holds-no-seat", about=(requests[2].enrollment_id,)), Refused("not-found", 404, (nobody,)),
    ]  # fmt: skip
    assert decision.facts == []
    assert states(decision.ledger, requests) == ["confirmed", "confirmed", "waitlisted"]


def test_whoever_withdrew_or_is_only_offered_a_seat_cannot_have_been_there() -> None:
    ledger, command, requests = full(1, 1, offers=24)
    ledger = domain.decide(ledger, [a_cancellation(requests[0])], NOW).ledger
    assert states(ledger, requests) == ["cancelled", "offered"]

    answers = domain.decide(
        ledger, [marks(command.session_id, {request: "attended"}) for request in requests], STARTED
    ).answers  # fmt: skip

    assert answers == [Refused("holds-no-seat", about=(request.enrollment_id,)) for request in requests]


def test_nobody_was_at_a_session_that_did_not_take_place() -> None:
    ledger, command, (request,) = full(1, 0)
    ledger = domain.decide(ledger, [cancellation(command.session_id)], NOW).ledger

    (answer,) = domain.decide(ledger, [marks(command.session_id, {request: "attended"})], STARTED).answers

    assert answer == Refused("session-cancelled")


def wherever_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """An id is enough: whichever session at hand has it."""

    def find(ledger: Ledger, session: domain.Session, enrollment_id: UUID) -> domain.Enrollment | None:
        for other in ledger.sessions.values():
            if enrollment_id in other.enrollments:
                session.enrollments.setdefault(enrollment_id, other.enrollments[enrollment_id])
        return session.enrollments.get(enrollment_id)

    monkeypatch.setattr(attendance, "_named", find)


@twin(wherever_it_is)
def test_who_is_in_another_session_is_not_found_in_this_one(guard: None) -> None:
    ledger, here, _ = full(1, 0)
    there = opening(1)
    elsewhere = a_request(there.session_id)
    ledger = domain.decide(ledger, [there, elsewhere], NOW).ledger

    decision = domain.decide(ledger, [marks(here.session_id, {elsewhere: "completed"})], STARTED)

    assert decision.answers == [Refused("not-found", 404, (elsewhere.enrollment_id,))]
    assert decision.facts == []


@settings(max_examples=count(100, 2000), deadline=None)
@given(
    script=st.lists(
        st.tuples(
            st.dictionaries(st.integers(0, 5), st.sampled_from(OUTCOMES), max_size=4),
            st.sampled_from([None, "mistake", "came-late"]),
        ),
        max_size=12,
    ),
    cut=st.integers(0, 12),
)
def test_seats_are_conserved_and_batches_make_no_difference(script: list[tuple[dict[int, Outcome], Any]], cut: int) -> None:
    """Four who hold a seat, and two who wait."""
    ledger, command, requests = full(4, 2)
    wishes = [
        marks(command.session_id, {requests[number]: outcome for number, outcome in told.items()}, reason)
        for told, reason in script
    ]

    whole = domain.decide(ledger, wishes, STARTED)
    first = domain.decide(ledger, wishes[:cut], STARTED)
    second = domain.decide(first.ledger, wishes[cut:], STARTED)

    session = whole.ledger.sessions[command.session_id]
    is_sound(session)
    assert (session.seats_left, session.waiting) == (0, 2)
    assert [*whole.facts] == [*first.facts, *second.facts]
    assert [*whole.answers] == [*first.answers, *second.answers]
    for fact in whole.facts:
        assert isinstance(fact, AttendanceMarked)
        assert fact.stood != fact.stands
        assert (fact.reason is None) == ((fact.stood, fact.stands) in attendance.GOES_ON)


# On a real database


async def when_it_begins(open_desks: OpenDesks, count: int = 1) -> list[Desk]:
    return await open_desks(count, lambda: STARTED)


async def by_state(pool: Pool, table: str = "enrollment") -> dict[str, int]:
    return {row["state"]: row["count"] for row in await pool.fetch(f"SELECT state, count(*) FROM {table} GROUP BY 1")}


async def begun(pool: Pool, seats: int, waiting: int = 0) -> tuple[OpenSession, list[RequestSeat]]:
    """A session that is full, with people who wait."""
    command = opening(seats)
    requests = [a_request(command.session_id, work="GM0505") for _ in range(seats + waiting)]
    await settle(pool, command, *requests)
    return command, requests


async def test_marks_are_kept_and_the_report_counts_them_as_a_rebuild_would(open_desks: OpenDesks, pool: Pool) -> None:
    command, requests = await begun(pool, 5, 2)
    (one,) = await when_it_begins(open_desks)

    assert await one.ask(marks(command.session_id, dict(zip(requests[:3], OUTCOMES, strict=True)))) == Done()
    assert await one.ask(marks(command.session_id, {requests[2]: "completed"}, "came-late")) == Done()

    expected = {"attended": 1, "completed": 2, "confirmed": 2, "waitlisted": 2}
    assert await by_state(pool) == expected
    steps = orjson.loads(
        await pool.fetchval("SELECT steps FROM enrollment WHERE enrollment_id = $1", requests[2].enrollment_id)
    )
    assert [step.get("reason") for step in steps] == [None, None, "came-late"]
    assert await pool.fetchval("SELECT seats_left FROM session") == 0
    await tell(pool, await logged(pool))
    assert await by_state(pool, "uptake_enrollment") == expected
    day = await pool.fetchval("SELECT DISTINCT decided_on FROM uptake_enrollment WHERE state = 'completed'")
    assert day == STARTED.date()
    projected = await table(pool)
    async with transaction(pool) as conn:
        await projection.rebuild(conn)
    assert await table(pool) == projected


async def test_an_enrollment_of_another_session_is_not_found_though_it_is_decided_in_the_same_round(
    open_desks: OpenDesks, pool: Pool
) -> None:
    (here, _), (there, theirs) = await begun(pool, 1), await begun(pool, 1)
    (one,) = await when_it_begins(open_desks)

    answers = await one.serve(
        [marks(here.session_id, {theirs[0]: "completed"}), marks(there.session_id, {theirs[0]: "attended"})]
    )

    assert answers == [Refused("not-found", 404, (theirs[0].enrollment_id,)), Done()]
    assert await by_state(pool) == {"confirmed": 1, "attended": 1}


def anybody_organises(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "_fieldlab", lambda session: "ramlab")


@twin(anybody_organises)
async def test_whose_fieldlab_it_is_not_marks_nobody(open_desks: OpenDesks, pool: Pool, guard: None) -> None:
    command, requests = await begun(pool, 1)
    (one,) = await when_it_begins(open_desks)

    answer = await one.ask(replace(marks(command.session_id, {requests[0]: "no_show"}), fieldlabs=frozenset(["ramlab"])))

    assert answer == NOT_THEIRS
    assert await by_state(pool) == {"confirmed": 1}


async def test_a_key_gets_its_first_answer_and_no_second_step(open_desks: OpenDesks, pool: Pool) -> None:
    command, requests = await begun(pool, 1)
    (one,) = await when_it_begins(open_desks)
    wish = replace(marks(command.session_id, {requests[0]: "no_show"}), keyed=keyed("marks"))
    no = replace(marks(command.session_id, {requests[0]: "attended"}), keyed=keyed("other marks"))

    first = [await one.ask(wish), await one.ask(no)]
    await one.ask(marks(command.session_id, {requests[0]: "attended"}, "mistake"))
    again = [await one.ask(wish), await one.ask(no)]

    refused = Refused("correction-needs-a-reason", about=(requests[0].enrollment_id,))
    assert first == again == [Done(), refused]
    assert await by_state(pool) == {"attended": 1}


async def test_organisers_who_mark_at_once_make_one_step_each_time_it_is_news(open_desks: OpenDesks, pool: Pool) -> None:
    command, requests = await begun(pool, 6)
    desks = await when_it_begins(open_desks, 6)

    answers = await asyncio.gather(
        *(desk.ask(marks(command.session_id, dict.fromkeys(requests, "attended"))) for desk in desks)
    )

    assert answers == [Done()] * 6
    assert await pool.fetchval("SELECT count(*) FROM event_log WHERE type LIKE '%.attendance-marked'") == 6


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("state = 'was-there', seat_no = NULL, seat_capacity = NULL", "enrollment_state_is_known"),
        *[
            (f"state = '{outcome}', seat_no = NULL, seat_capacity = NULL", "confirmed_or_offered_means_a_seat")
            for outcome in OUTCOMES
        ],
        ("state = 'attended', reason = 'mistake'", "cancelled_has_a_reason"),
        ("state = 'waitlisted', place = 7, company = 1", "confirmed_or_offered_means_a_seat"),
    ],
)
async def test_what_can_never_be_is_refused_by_the_name_of_a_constraint(pool: Pool, change: str, constraint: str) -> None:
    await begun(pool, 1)

    with pytest.raises(asyncpg.CheckViolationError) as refused:
        await pool.execute(f"UPDATE enrollment SET {change}")

    assert refused.value.constraint_name == constraint


async def test_the_seat_of_who_was_absent_is_nobody_elses(open_desks: OpenDesks, pool: Pool) -> None:
    command, requests = await begun(pool, 1)
    (one,) = await when_it_begins(open_desks)
    await one.ask(marks(command.session_id, {requests[0]: "no_show"}))

    with pytest.raises(asyncpg.UniqueViolationError) as twice:
        await pool.execute(
            "INSERT INTO enrollment SELECT (jsonb_populate_record(e, jsonb_build_object('enrollment_id', $1::text,"
            " 'person_id', $1::text))).* FROM enrollment e",
            str(uuid4()),
        )

    assert twice.value.constraint_name == "seat_is_held_once"


async def test_who_was_there_is_forgotten_and_still_counted(open_desks: OpenDesks, pool: Pool) -> None:
    command, requests = await begun(pool, 3)
    (one,) = await when_it_begins(open_desks)
    await one.ask(marks(command.session_id, dict(zip(requests, OUTCOMES, strict=True))))

    await pool.execute("UPDATE session SET starts_at = now() - interval '4 years', ends_at = now() - interval '4 years'")

    await hear(pool, forgotten(requests[1].person_id))
    assert await retention.run(pool, STARTED, months=24) == 2

    rows = await pool.fetch("SELECT state, person_id, seat_no, anonymous FROM enrollment")
    assert Counter(row["state"] for row in rows) == Counter(OUTCOMES)
    assert not {row["person_id"] for row in rows} & {request.person_id for request in requests}
    assert all(row["anonymous"] and row["seat_no"] for row in rows)
    await tell(pool, await logged(pool))
    assert await by_state(pool, "uptake_enrollment") == dict.fromkeys(OUTCOMES, 1)
