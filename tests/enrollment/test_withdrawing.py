"""Withdrawing: free until a deadline, late after it, and why is counted without a name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from enrollment import desk, domain, queries
from enrollment.commands import CancelEnrollment, ChangeSeats, DescribeSession, RequestSeat, Why
from enrollment.domain import Ledger, Settled, people
from shared.contracts.catalog import SessionDescribed
from shared.contracts.enrollment import EnrollmentCancelled, SeatsChanged
from shared.database.pool import Pool, transaction
from shared.web.principal import Principal, Role
from shared.web.reading import reading
from tests.enrollment.build import NOW, a_cancellation, a_request, announced, opening
from tests.enrollment.conftest import ASession, OpenDesks
from tests.enrollment.test_desk import ask_all
from tests.enrollment.test_offers import a_session, after, states
from tests.sabotage import no_row_level_security, twin

DAY = timedelta(days=1)
ORGANISER = Principal(uuid4(), (Role("organiser", "duurzaamheidsfabriek"),))


def free_until(session_id: UUID, hours: int) -> ChangeSeats:
    """The organiser says that withdrawing is late so many hours before the start."""
    return ChangeSeats(uuid4(), session_id, frozenset(("duurzaamheidsfabriek",)), withdraw_hours=hours)


def withdraws(request: RequestSeat, why: Why | None = None) -> CancelEnrollment:
    return replace(a_cancellation(request), why=why)


def reasons(ledger: Ledger, requests: Sequence[RequestSeat]) -> list[str | None]:
    (session,) = ledger.sessions.values()
    return [session.enrollments[request.enrollment_id].reason for request in requests]


def always_free(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(people, "free_until", lambda session, _: session.starts_at)


@twin(always_free)
def test_after_the_deadline_a_withdrawal_is_late_and_the_seat_still_goes_to_the_next_in_line(guard: None) -> None:
    start, session_id = a_session(2, offers=None)
    early, late, waiting, next_one = (a_request(session_id) for _ in range(4))
    full = after(start, free_until(session_id, 48), early, late, waiting, next_one)

    now = after(full, withdraws(early), at=28 * DAY - timedelta(seconds=1))
    decision = domain.decide(now, [withdraws(late)], NOW + 28 * DAY)

    assert reasons(decision.ledger, [early, late]) == ["by-person", "by-person-late"]
    assert states(decision.ledger, [waiting, next_one]) == ["confirmed", "confirmed"]
    (fact, _) = decision.facts
    assert isinstance(fact, EnrollmentCancelled)
    assert fact.reason == "by-person-late"


def test_who_only_waits_is_never_late() -> None:
    start, session_id = a_session(1)
    waiting = a_request(session_id)
    full = after(start, free_until(session_id, 48), a_request(session_id), waiting)

    assert reasons(after(full, withdraws(waiting), at=29 * DAY), [waiting]) == ["by-person"]


def test_without_a_deadline_nobody_is_late_before_the_start() -> None:
    start, session_id = a_session(1)
    holder = a_request(session_id)

    now = after(after(start, holder), withdraws(holder), at=30 * DAY - timedelta(seconds=1))

    assert reasons(now, [holder]) == ["by-person"]


def test_whoever_the_organiser_moved_withdraws_freely() -> None:
    start, session_id = a_session(1)
    holder = a_request(session_id)
    told = announced(session_id).model_dump(exclude={"seats", "revision", "location"})
    moved = DescribeSession(uuid4(), SessionDescribed(**told, revision=2, location="Ergens anders"))

    now = after(after(start, free_until(session_id, 48), holder, moved), withdraws(holder), at=29 * DAY)

    assert reasons(now, [holder]) == ["by-person"]


def test_the_deadline_is_told_and_setting_it_again_changes_nothing() -> None:
    start, session_id = a_session(1)

    decision = domain.decide(start, [free_until(session_id, 48), free_until(session_id, 48)], NOW)

    (fact,) = decision.facts
    assert isinstance(fact, SeatsChanged)
    assert fact.withdraw_hours == 48


# On a real database


async def test_until_when_withdrawing_is_free_is_shown_and_kept(open_desks: OpenDesks, a_session: ASession, pool: Pool) -> None:
    session_id = await a_session(1)
    (one,) = await open_desks(1)
    holder = a_request(session_id)
    await ask_all([one], [free_until(session_id, 48), holder])

    async with reading(pool, Principal(holder.person_id, (Role("worker"),))) as conn:
        shown = await queries.enrollment(conn, Principal(holder.person_id, (Role("worker"),)), holder.enrollment_id)

    assert shown is not None
    assert shown.withdraw_until == NOW + 28 * DAY
    await one.ask(free_until(session_id, 0))
    assert await pool.fetchval("SELECT withdraw_hours FROM session") == 0


async def count(pool: Pool, session_id: UUID, asks: Principal = ORGANISER) -> Any:
    async with reading(pool, asks) as conn:
        return await queries.reasons(conn, session_id)


async def test_reasons_are_counted_over_the_dates_of_a_course_once_and_with_nobodys_name(
    open_desks: OpenDesks, a_session: ASession, pool: Pool
) -> None:
    here, there = await a_session(10), await a_session(10)
    (one,) = await open_desks(1)
    requests = [a_request(session_id) for session_id in (here, there) for _ in range(3)]
    await ask_all([one], requests)
    whys: list[Why | None] = ["illness", "illness", "work", "other", None, "illness"]
    leaving = [withdraws(request, why) for request, why in zip(requests, whys, strict=True)]
    await ask_all([one], leaving[:5])
    assert await count(pool, here) is None, "four are too few to tell"

    answered = await ask_all([one], [*leaving, *leaving])

    assert all(isinstance(answer, Settled) for answer in answered)
    assert await count(pool, here) == await count(pool, there) == {"illness": 3, "work": 1, "other": 1}
    kept = await pool.fetch("SELECT e::text FROM enrollment e UNION ALL SELECT data::text FROM event_log")
    assert not [row for row in kept if "illness" in row[0]]


@twin(no_row_level_security)
async def test_reasons_are_for_the_organiser_of_that_fieldlab(
    open_desks: OpenDesks, a_session: ASession, pool: Pool, guard: None
) -> None:
    session_id = await a_session(10)
    (one,) = await open_desks(1)
    requests = [a_request(session_id) for _ in range(5)]
    await ask_all([one], requests)
    await ask_all([one], [withdraws(request, "work") for request in requests])

    assert await count(pool, session_id) == {"work": 5}
    assert await count(pool, session_id, Principal(uuid4(), (Role("organiser", "ramlab"),))) is None
    assert await count(pool, session_id, Principal(requests[0].person_id, (Role("worker"),))) is None


async def test_a_session_that_opens_has_no_deadline(pool: Pool) -> None:
    async with transaction(pool) as conn:
        await desk.settle(conn, [opening(1)], NOW)

    assert await pool.fetchval("SELECT withdraw_hours FROM session") == 0
