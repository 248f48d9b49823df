"""Seats that are kept for a group until a date, a minimum that is decided about, and what a course asks for."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enrollment import clock, domain, store
from enrollment import desk as desks
from enrollment.commands import CancelSession, ChangeSeats, Command, DescribeSession, GoOn, KeepTime, OpenSession, RequestSeat
from enrollment.domain import Ledger, Refused, SeatsAre, Session, Settled
from enrollment.domain.rules import Reservation, Rules
from enrollment.uptake import projection
from shared.contracts.catalog import Prerequisites, ReservedSeats, SeatGroup, SessionDescribed
from shared.contracts.enrollment import MinimumMissed, SeatConfirmed, SeatOffered, SeatsChanged, SessionGoesOn
from shared.database.pool import Pool, transaction
from tests.enrollment.build import DORDRECHT, EINDHOVEN, NOW, a_cancellation, a_request, an_end, opening
from tests.enrollment.conftest import OpenDesks
from tests.enrollment.test_forgetting import forgotten, hear, logged
from tests.enrollment.test_offers import MAKE, is_sound
from tests.enrollment.uptake.test_projection import table, tell

LAB = frozenset(["duurzaamheidsfabriek"])
PLACES = {"GM0505": DORDRECHT, "GM0772": EINDHOVEN}
UNTIL = NOW + timedelta(days=10)
DAY = timedelta(days=1)


def kept(group: SeatGroup, seats: int, until: datetime = UNTIL) -> ReservedSeats:
    return ReservedSeats(group=group, seats=seats, until=until)


def an_opening(seats: int, *reserved: ReservedSeats, offers: int | None = None, **plan: Any) -> OpenSession:
    return opening(seats, offers=offers, reserved=reserved, **plan)


def started(command: OpenSession, *more: Command) -> Ledger:
    return domain.decide(Ledger({}, PLACES), [command, *more], NOW).ledger


def after(ledger: Ledger, *commands: Command, at: datetime = NOW) -> Ledger:
    return domain.decide(ledger, commands, at).ledger


def of_sme(command: OpenSession, **more: Any) -> RequestSeat:
    return replace(a_request(command.session_id, **more), employer_size_class="small")


def states(ledger: Ledger, *requests: RequestSeat) -> list[str]:
    return [ledger.sessions[one.session_id].enrollments[one.enrollment_id].state for one in requests]


def change(command: OpenSession, **what: Any) -> ChangeSeats:
    return ChangeSeats(uuid4(), command.session_id, LAB, **what)


def keeps_the_ledger(session: Session, anew: Collection[str] = ()) -> None:
    """Free for all + kept + held and taken is the capacity, and nobody waits beside a seat that is for them.

    What is kept `anew` for a group, after it was lifted, is beside what people took before that.
    """
    is_sound_but_for_kept(session)
    held = sum(one.seat_no is not None for one in session.enrollments.values())
    assert session.seats_for_all >= 0
    assert session.seats_for_all + session.rules.kept + held == session.capacity
    alone = [one for one in session.enrollments.values() if one.place is not None and one.company == 1]
    for one in alone:
        assert session.source(one.declared.groups) is None, "nobody waits beside a seat that is for them"
    for group in ("sme", "own-region", "jobseekers"):
        assert session.rules.waiting.get(group, 0) == sum(group in one.declared.groups for one in alone)
    for reservation in session.rules.reserved:
        took = sum(one.declared.seat_group == reservation.group for one in session.enrollments.values())
        assert reservation.left + took == reservation.seats or (
            reservation.group in anew and reservation.left + took > reservation.seats
        )
    for one in session.enrollments.values():
        together = session.company_of(one) if one.place is not None else []
        shared = frozenset.intersection(*(other.declared.groups for other in together)) if together else frozenset()
        assert one.declared.shared == shared


def is_sound_but_for_kept(session: Session) -> None:
    """What holds of every session, as if what is kept were not there."""
    copy = session.copy(session.claims)
    copy.capacity -= session.rules.kept
    if all((one.seat_no or 0) <= copy.capacity for one in copy.enrollments.values()):
        copy.rules = Rules()
        is_sound(copy)


# Seats for a group


def test_whoever_is_in_the_group_takes_what_is_kept_first_and_others_take_the_rest() -> None:
    command = an_opening(2, kept("sme", 1))
    insider, outsider, late = of_sme(command), a_request(command.session_id), a_request(command.session_id)

    ledger = started(command, insider, outsider, late)

    assert states(ledger, insider, outsider, late) == ["confirmed", "confirmed", "waitlisted"]
    assert ledger.sessions[command.session_id].enrollments[insider.enrollment_id].declared.seat_group == "sme"


def test_others_wait_beside_what_is_kept_and_the_group_goes_before_them() -> None:
    command = an_opening(1, kept("sme", 1))
    outsider, insider = a_request(command.session_id), of_sme(command)

    assert states(started(command, outsider, insider), outsider, insider) == ["waitlisted", "confirmed"]


@pytest.mark.parametrize(
    ("group", "told", "is_in"),
    [
        ("sme", {"employer_size_class": "medium"}, True),
        ("sme", {"employer_size_class": "large"}, False),
        ("sme", {}, False),
        ("own-region", {"work_municipality": "GM0505"}, True),
        ("own-region", {"work_municipality": "GM0772"}, False),
        ("own-region", {"home_municipality": "GM0505"}, False),
        ("jobseekers", {"jobseeker": True}, True),
        ("jobseekers", {"worker_group": "jobseeker"}, False),
    ],
)
def test_who_is_in_a_group_follows_from_what_they_told_for_it(group: SeatGroup, told: dict[str, Any], is_in: bool) -> None:
    command = an_opening(1, kept(group, 1))
    request = replace(a_request(command.session_id), **told)

    assert states(started(command, request), request) == ["confirmed" if is_in else "waitlisted"]


def test_that_somebody_looks_for_work_is_kept_nowhere_where_nothing_depends_on_it() -> None:
    command = an_opening(1, kept("sme", 1))
    request = replace(a_request(command.session_id), jobseeker=True)

    assert started(command, request).sessions[command.session_id].enrollments[request.enrollment_id].declared.groups == set()


def test_a_kept_seat_that_falls_free_goes_to_the_next_of_the_group_who_may_stand_behind_others() -> None:
    command = an_opening(1, kept("sme", 1))
    first, outsider, insider = of_sme(command), a_request(command.session_id), of_sme(command)

    ledger = started(command, first, outsider, insider, a_cancellation(first))

    assert states(ledger, outsider, insider) == ["waitlisted", "confirmed"]


def test_a_seat_for_all_that_falls_free_goes_to_whoever_is_first() -> None:
    command = an_opening(2, kept("sme", 1))
    holder, first = a_request(command.session_id), of_sme(command)
    outsider, insider = a_request(command.session_id), of_sme(command)

    ledger = started(command, holder, first, outsider, insider, a_cancellation(holder))

    assert states(ledger, outsider, insider) == ["confirmed", "waitlisted"]


def test_when_the_date_comes_what_is_left_goes_to_the_queue_in_its_order() -> None:
    command = an_opening(3, kept("sme", 2), kept("jobseekers", 1, UNTIL + DAY))
    waiting = [a_request(command.session_id) for _ in range(4)]
    ledger = started(command, *waiting)
    assert states(ledger, *waiting) == ["waitlisted"] * 4

    early = domain.decide(ledger, [KeepTime(uuid4(), command.session_id)], UNTIL - timedelta(seconds=1))
    decision = domain.decide(ledger, [KeepTime(uuid4(), command.session_id)], UNTIL)

    assert early.facts == []
    assert [type(fact) for fact in decision.facts] == [SeatsChanged, SeatConfirmed, SeatConfirmed]
    assert states(decision.ledger, *waiting) == ["confirmed"] * 2 + ["waitlisted"] * 2
    keeps_the_ledger(decision.ledger.sessions[command.session_id])


def test_what_is_kept_until_the_start_is_given_up_once_the_line_has_ended_and_nobody_is_served_any_more() -> None:
    command = opening(2)
    start = command.announced.starts_at
    command = an_opening(2, kept("sme", 2, start))
    outsider = a_request(command.session_id)
    waiting = started(command, outsider)
    keep_time = KeepTime(uuid4(), command.session_id)

    early = domain.decide(waiting, [keep_time], start)
    late = domain.decide(waiting, [an_end(outsider), keep_time], start)

    assert early.facts == []
    assert states(late.ledger, outsider) == ["cancelled"]
    assert late.ledger.sessions[command.session_id].rules.reserved == ()
    keeps_the_ledger(late.ledger.sessions[command.session_id])


def test_the_organiser_may_lift_it_before() -> None:
    command = an_opening(2, kept("sme", 2), offers=24)
    waiting = [a_request(command.session_id) for _ in range(2)]

    decision = domain.decide(started(command, *waiting), [change(command, reserved=())], NOW)

    assert [type(fact) for fact in decision.facts] == [SeatsChanged, SeatOffered, SeatOffered]


def test_the_organiser_keeps_seats_later_only_of_those_that_are_free() -> None:
    command = opening(3)
    ledger = started(command, a_request(command.session_id), of_sme(command))

    decision = domain.decide(
        ledger, [change(command, reserved=(kept("sme", number),)) for number in (2, 1)] + [change(command, capacity=2)], NOW
    )

    assert decision.answers[0] == Refused("seats-are-kept")
    assert isinstance(decision.answers[1], SeatsAre)
    assert (decision.answers[1].seats_left, decision.answers[1].reserved) == (0, (Reservation("sme", 1, 1, UNTIL),))
    assert decision.answers[2] == Refused("seats-are-kept")


def test_what_is_kept_longer_than_until_the_start_or_in_the_past_is_refused() -> None:
    command = opening(3)
    for until in (NOW, command.announced.starts_at + DAY):
        (answer,) = domain.decide(started(command), [change(command, reserved=(kept("sme", 1, until),))], NOW).answers
        assert isinstance(answer, Refused)
        assert [fault.pointer for fault in answer.faults] == ["#/reserved/0/until"]


def test_who_waits_together_gets_kept_seats_only_if_all_are_in_the_group() -> None:
    command, mixed, same = an_opening(2, kept("sme", 2)), uuid4(), uuid4()
    holders = [of_sme(command) for _ in range(2)]
    two = [of_sme(command, group=mixed), a_request(command.session_id, group=mixed)]
    others = [of_sme(command, group=same) for _ in range(2)]

    ledger = started(command, *holders, *two, *others, *map(a_cancellation, holders))

    assert states(ledger, *two, *others) == ["waitlisted"] * 2 + ["confirmed"] * 2
    keeps_the_ledger(ledger.sessions[command.session_id])


WISH = st.tuples(
    st.integers(1, 8), st.sampled_from(["ask", "ask", *MAKE, "lift", "keep", "time"]), st.sampled_from([None, None, 1, 2]),
    st.sets(st.sampled_from(["sme", "own-region", "jobseekers"])), st.integers(0, 3),
)  # fmt: skip


def commands_of(command: OpenSession, script: Sequence[Any], ledger: Ledger) -> Sequence[tuple[Command, domain.Decision]]:
    """Each command of a script with what was decided about it, in turn; the third day by day."""
    latest: dict[int, RequestSeat] = {}
    history, now = [], NOW
    for person, verb, group, groups, number in script:
        now += timedelta(hours=8)
        if verb == "lift":
            wish: Command = change(command, reserved=())
        elif verb == "keep":
            wish = change(command, reserved=tuple(kept(one, number) for one in sorted(groups) if number), capacity=number + 2)
        elif verb == "time":
            wish = KeepTime(uuid4(), command.session_id)
        elif verb == "ask" or person not in latest:
            wish = a_request(
                command.session_id, UUID(int=person), group=UUID(int=group) if group else None,
                work="GM0505" if "own-region" in groups else None,
            )  # fmt: skip
            wish = replace(wish, jobseeker="jobseekers" in groups, employer_size_class="micro" if "sme" in groups else "large")
            if ledger.sessions[command.session_id].active_of(UUID(int=person)) is None:
                latest[person] = wish
        else:
            wish = MAKE[verb](latest[person])
        decision = domain.decide(ledger, [wish], now)
        history.append((wish, decision))
        ledger = decision.ledger
    return history


@settings(max_examples=300, deadline=None)
@given(
    general=st.integers(0, 2), sme=st.integers(0, 2), region=st.integers(0, 2), jobs=st.integers(0, 1),
    offers=st.sampled_from([None, 24]), script=st.lists(WISH, max_size=35),
)  # fmt: skip
def test_seats_are_conserved_and_nobody_is_passed_by_one_who_came_later_for_the_same_seat(
    general: int, sme: int, region: int, jobs: int, offers: int | None, script: list[Any]
) -> None:
    groups: list[tuple[SeatGroup, int]] = [("sme", sme), ("own-region", region), ("jobseekers", jobs)]
    wanted = [kept(group, number) for group, number in groups if number]
    command = an_opening(general + sme + region + jobs, *wanted, offers=offers)
    before = started(command)
    keeps_the_ledger(before.sessions[command.session_id])
    lifted: set[str] = set()
    for _, decision in commands_of(command, script, before):
        session = decision.ledger.sessions[command.session_id]
        lifted |= {"sme", "own-region", "jobseekers"} - {one.group for one in session.rules.reserved}
        keeps_the_ledger(session, anew=lifted)
        served = {one.enrollment_id for one in decision.facts if isinstance(one, SeatOffered | SeatConfirmed)}
        waited = [one for one in before.sessions[command.session_id].enrollments.values() if one.place is not None]
        for one in (one for one in waited if one.enrollment_id in served):
            source = session.enrollments[one.enrollment_id].declared.seat_group
            for other in waited:
                still_waits = session.enrollments[other.enrollment_id].place is not None
                earlier = (other.place or 0) < (one.place or 0) and other.company == 1 and still_waits
                assert not earlier or (source is not None and source not in other.declared.groups)
        before = decision.ledger


@settings(max_examples=150, deadline=None)
@given(script=st.lists(WISH, max_size=30), cut=st.integers(0, 30))
def test_kept_seats_too_do_not_depend_on_how_commands_are_cut_into_rounds(script: list[Any], cut: int) -> None:
    command = an_opening(3, kept("sme", 1), kept("own-region", 1))
    start = started(command)
    commands = [wish for wish, _ in commands_of(command, script, start)]

    together = domain.decide(start, commands, NOW)
    first = domain.decide(start, commands[:cut], NOW)
    second = domain.decide(first.ledger, commands[cut:], NOW)

    assert [*first.facts, *second.facts] == together.facts
    assert second.ledger == together.ledger


# A minimum


def test_enough_people_at_the_moment_of_decision_and_it_goes_on_for_sure() -> None:
    command = opening(5, minimum=2)
    ledger = started(command, *(a_request(command.session_id) for _ in range(2)))
    decide_at = ledger.sessions[command.session_id].rules_due
    assert decide_at == command.announced.starts_at - timedelta(days=7)

    decision = domain.decide(ledger, [KeepTime(uuid4(), command.session_id)] * 2, decide_at or NOW)

    (fact,) = decision.facts
    assert isinstance(fact, SessionGoesOn)
    assert fact.enough


def test_too_few_and_the_organiser_decides() -> None:
    command = opening(5, minimum=3, offers=24)
    holders = [a_request(command.session_id) for _ in range(2)]
    ledger = started(command, *holders)
    moment = command.announced.starts_at - timedelta(days=7)

    missed = domain.decide(ledger, [KeepTime(uuid4(), command.session_id)], moment)
    (fact,) = missed.facts
    assert isinstance(fact, MinimumMissed)
    assert (fact.minimum, fact.confirmed) == (3, 2)

    on = domain.decide(missed.ledger, [GoOn(uuid4(), command.session_id, LAB)] * 2, moment)
    assert [(type(fact), fact.enough) for fact in on.facts if isinstance(fact, SessionGoesOn)] == [(SessionGoesOn, False)]
    off = domain.decide(missed.ledger, [CancelSession(uuid4(), command.session_id, LAB)], moment)
    assert states(off.ledger, *holders) == ["cancelled"] * 2
    assert domain.decide(off.ledger, [GoOn(uuid4(), command.session_id, LAB)], moment).answers == [Refused("session-cancelled")]


@pytest.mark.parametrize(
    ("closes_in", "decided_in"),
    [(timedelta(days=29), timedelta(days=23)), (timedelta(days=20), timedelta(days=20))],
    ids=["a week before the start", "when enrolling closes before that"],
)
def test_the_decision_comes_in_time(closes_in: timedelta, decided_in: timedelta) -> None:
    command = opening(5, minimum=3)
    plan = command.announced.seats.model_copy(update={"closes_at": NOW + closes_in})
    command = OpenSession(uuid4(), command.announced.model_copy(update={"seats": plan}))

    assert started(command).sessions[command.session_id].rules.decide_at == NOW + decided_in


def test_announced_within_the_last_week_it_is_decided_when_enrolling_closes() -> None:
    command = opening(5, minimum=3, starts_in=timedelta(days=3))

    assert started(command).sessions[command.session_id].rules.decide_at == NOW + timedelta(days=2)


def test_the_organiser_may_decide_later_or_ask_for_fewer() -> None:
    command = opening(5, minimum=3)
    moment = command.announced.starts_at - timedelta(days=7)
    missed = domain.decide(started(command), [KeepTime(uuid4(), command.session_id)], moment).ledger

    later = after(missed, change(command, decide_at=moment + DAY), at=moment)

    assert later.sessions[command.session_id].rules.going == "pending"
    assert later.sessions[command.session_id].rules_due == moment + DAY


def test_a_minimum_above_the_capacity_is_refused() -> None:
    command = opening(5)

    (answer,) = domain.decide(started(command), [change(command, minimum=6)], NOW).answers

    assert isinstance(answer, Refused)
    assert [fault.code for fault in answer.faults] == ["minimum"]


# What a course asks for

BASICS = UUID(int=70)


def asking(requires: Prerequisites | None, seats: int = 5) -> OpenSession:
    command = opening(seats)
    return OpenSession(uuid4(), command.announced.model_copy(update={"requires": requires}))


@pytest.mark.parametrize(
    ("requires", "completed", "states_it", "missing"),
    [
        (Prerequisites(statement_nl="Ik kan lassen"), False, False, ["statement_missing"]),
        (Prerequisites(statement_nl="Ik kan lassen"), False, True, []),
        (Prerequisites(course_id=BASICS), False, True, ["course_not_completed"]),
        (Prerequisites(course_id=BASICS), True, False, []),
        (Prerequisites(course_id=BASICS, statement_nl="Ik kan lassen"), True, False, []),
        (Prerequisites(course_id=BASICS, statement_nl="Ik kan lassen"), False, True, []),
        (
            Prerequisites(course_id=BASICS, statement_nl="Ik kan lassen"), False, False,
            ["course_not_completed", "statement_missing"],
        ),
    ],
)  # fmt: skip
def test_what_a_course_asks_for_is_completed_or_stated(
    requires: Prerequisites, completed: bool, states_it: bool, missing: list[str]
) -> None:
    command = asking(requires)
    request = replace(a_request(command.session_id), states_prerequisite=states_it)
    ledger = replace(started(command), completed=frozenset([(request.person_id, BASICS)] if completed else []))

    (answer,) = domain.decide(ledger, [request], NOW).answers

    assert [fault.code for fault in answer.faults] == missing if isinstance(answer, Refused) else not missing


def test_what_somebody_stated_is_kept_in_the_words_of_that_day() -> None:
    command = asking(Prerequisites(statement_nl="Ik kan lassen"))
    request = replace(a_request(command.session_id), states_prerequisite=True)
    told = command.announced.model_dump(exclude={"seats"})
    otherwise = SessionDescribed(**{**told, "revision": 2, "requires": Prerequisites(statement_nl="Ik kan frezen")})

    ledger = after(started(command, request), DescribeSession(uuid4(), otherwise))

    session = ledger.sessions[command.session_id]
    assert session.enrollments[request.enrollment_id].declared.stated == "Ik kan lassen"
    assert session.rules.requires == Prerequisites(statement_nl="Ik kan frezen")


# On a real database


async def settle(pool: Pool, *commands: Command, at: datetime = NOW) -> list[domain.Answer]:
    async with transaction(pool) as conn:
        return await desks.settle(conn, commands, at)


async def counted(pool: Pool) -> dict[str, int]:
    return {row["state"]: row["count"] for row in await pool.fetch("SELECT state, count(*) FROM enrollment GROUP BY state")}


async def test_the_next_of_the_group_is_found_behind_many_others(pool: Pool) -> None:
    command = an_opening(1, kept("sme", 1))
    first, insider = of_sme(command), of_sme(command)
    await settle(pool, command, first, *(a_request(command.session_id) for _ in range(40)), insider)

    await settle(pool, a_cancellation(first))

    row = await pool.fetchrow("SELECT state, declared FROM enrollment WHERE enrollment_id = $1", insider.enrollment_id)
    assert row is not None
    assert (row["state"], '"seat_group": "sme"' in row["declared"]) == ("confirmed", True)


async def test_a_decision_reads_the_heads_of_the_queues_and_not_all_of_them(pool: Pool) -> None:
    command = an_opening(1, kept("sme", 1))
    first, insiders = of_sme(command), [of_sme(command) for _ in range(30)]
    await settle(pool, command, first, *(a_request(command.session_id) for _ in range(200)), *insiders)

    async with transaction(pool) as conn:
        ledger, _ = await store.lock(conn, [a_cancellation(first)])

    assert len(ledger.sessions[command.session_id].enrollments) <= 3


async def test_when_the_date_comes_the_clock_gives_what_is_left_to_the_queue(open_desks: OpenDesks, pool: Pool) -> None:
    command = an_opening(3, kept("sme", 2), minimum=2)
    await settle(pool, command, *(a_request(command.session_id) for _ in range(4)))
    (desk,) = await open_desks(1, lambda: UNTIL)
    await pool.execute("UPDATE session SET rules_due = now() - interval '1 minute'")

    assert await clock.keep_what_is_due(pool, desk.ask) == 1

    assert await counted(pool) == {"confirmed": 3, "waitlisted": 1}
    assert await pool.fetchval("SELECT rules_due FROM session") == command.announced.starts_at - timedelta(days=7)


async def test_the_moment_of_decision_counts_who_holds_a_seat_in_the_database(pool: Pool) -> None:
    command = opening(5, minimum=3)
    requests = [a_request(command.session_id) for _ in range(4)]
    await settle(pool, command, *requests, a_cancellation(requests[0]))

    await settle(pool, KeepTime(uuid4(), command.session_id), at=command.announced.starts_at - timedelta(days=7))

    assert await pool.fetchval("SELECT rules ->> 'going' FROM session") == "sure"


async def test_lifting_what_is_kept_gives_it_to_who_waits(pool: Pool) -> None:
    command = an_opening(4, kept("sme", 4))
    await settle(pool, command, *(a_request(command.session_id) for _ in range(6)))

    (answer,) = await settle(pool, change(command, reserved=()))

    assert isinstance(answer, SeatsAre)
    assert await counted(pool) == {"confirmed": 4, "waitlisted": 2}


async def test_whoever_completed_the_course_that_is_asked_for_is_let_in(pool: Pool) -> None:
    anna, basics, further = uuid4(), opening(5, course=BASICS), asking(Prerequisites(course_id=BASICS))
    await settle(pool, basics, further, a_request(basics.session_id, anna))
    (refused,) = await settle(pool, a_request(further.session_id, anna))
    assert isinstance(refused, Refused)

    await pool.execute("ALTER TABLE enrollment DROP CONSTRAINT enrollment_state_is_known,"
                       " DROP CONSTRAINT confirmed_or_offered_means_a_seat")  # fmt: skip
    await pool.execute("UPDATE enrollment SET state = 'completed'")
    (answer,) = await settle(pool, a_request(further.session_id, anna))

    assert isinstance(answer, Settled)


async def test_what_somebody_declared_is_forgotten_with_them(pool: Pool) -> None:
    command = OpenSession(
        uuid4(),
        an_opening(3, kept("jobseekers", 2)).announced.model_copy(update={"requires": Prerequisites(statement_nl="Ja")}),
    )
    anna, other = (
        replace(a_request(command.session_id), jobseeker=True, states_prerequisite=True, employer_size_class="micro")
        for _ in range(2)
    )
    await settle(pool, command, anna, other)
    assert await pool.fetchval("SELECT count(*) FROM enrollment WHERE declared <> '{}'") == 2

    await hear(pool, forgotten(anna.person_id))

    assert await pool.fetchval("SELECT declared FROM enrollment WHERE anonymous") == "{}"
    assert await pool.fetchval("SELECT seats_kept(rules) FROM session") == 1
    facts = [fact.data for fact in await logged(pool)]
    assert not any(b"stated" in data or b"groups" in data or b"seatGroup" in data for data in facts)


async def test_the_report_is_the_same_from_facts_and_log_where_seats_are_kept(pool: Pool) -> None:
    command = an_opening(3, kept("sme", 2), minimum=1)
    await settle(pool, command, *(of_sme(command) for _ in range(3)), a_request(command.session_id))
    await settle(pool, KeepTime(uuid4(), command.session_id), at=command.announced.starts_at - DAY)
    await tell(pool, await logged(pool))
    projected = await table(pool)

    async with transaction(pool) as conn:
        await projection.rebuild(conn)

    assert await table(pool) == projected


HANDWORK = [
    ("kept_seats_are_free", """jsonb_set(rules, '{reserved}', '[{"group": "own-region", "seats": 3, "left": 3}]')"""),
    ("kept_is_not_more_than_was_set_apart", """jsonb_set(rules, '{reserved,0,left}', '2')"""),
    ("nobody_waits_beside_a_seat_kept_for_them", """jsonb_set(rules, '{waiting}', '{"sme": 1}')"""),
    ("nobody_waits_beside_a_free_seat", """jsonb_set(rules, '{reserved,0,left}', '0')"""),
    ("a_minimum_is_decided_about", """rules || '{"minimum": 3}'"""),
]


@pytest.mark.parametrize(("constraint", "rules"), HANDWORK, ids=[constraint for constraint, _ in HANDWORK])
async def test_the_database_refuses_by_name_what_the_rules_never_say(pool: Pool, constraint: str, rules: str) -> None:
    command = an_opening(2, kept("sme", 1))
    await settle(pool, command, *(a_request(command.session_id) for _ in range(2)))

    with pytest.raises(asyncpg.CheckViolationError) as refused:
        await pool.execute(f"UPDATE session SET rules = {rules}")

    assert refused.value.constraint_name == constraint
