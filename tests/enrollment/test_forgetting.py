"""Somebody is forgotten, at once on request or when their time has come; what is counted stays as it was."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest

from enrollment import desk as desks
from enrollment import forgetting, reactions, retention
from enrollment.commands import RequestSeat
from enrollment.domain import Refused
from enrollment.uptake import projection
from shared.contracts.gateway import PersonForgotten
from shared.database.pool import Pool, transaction
from shared.messaging import answers, log
from shared.messaging import forgetting as shared_forgetting
from shared.messaging.message import Envelope, Message
from tests.enrollment.build import NOW, a_cancellation, a_request, opening
from tests.enrollment.conftest import ASession, OpenDesks
from tests.enrollment.uptake.test_projection import table, tell
from tests.everything import places_of
from tests.sabotage import twin


def forgotten(person_id: UUID) -> Envelope[PersonForgotten]:
    fact = PersonForgotten(erasure_id=uuid4(), person_id=person_id, revision=1, occurred_at=NOW)
    message = Message(uuid4(), "gateway", uuid4(), fact.type, fact.subject, 1, NOW, fact.to_json())
    return Envelope(message, fact)


async def hear(pool: Pool, fact: Envelope[PersonForgotten]) -> None:
    async with transaction(pool) as conn:
        await reactions.on_forgotten(conn, [fact])


async def settle(pool: Pool, *commands: object, at: datetime = NOW) -> None:
    async with transaction(pool) as conn:
        await desks.settle(conn, commands, at)  # type: ignore[arg-type]


async def logged(pool: Pool) -> Sequence[Message]:
    async with transaction(pool) as conn:
        return (await log.read(conn, "enrollment", "")).messages


async def counted(pool: Pool) -> Sequence[tuple[object, ...]]:
    """What the region sees, after everything that was logged is told."""
    await tell(pool, await logged(pool))
    rows = await pool.fetch(
        "SELECT session_id, state, work_province, sector, count(*), count(DISTINCT person_id)"
        "  FROM uptake_enrollment GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4"
    )
    return [tuple(row) for row in rows]


class Anna:
    """Somebody with a seat, a place in a queue, and something withdrawn; `soon` is a session of tomorrow."""

    def __init__(self) -> None:
        self.person_id = uuid4()
        self.plenty, self.scarce = opening(5), opening(1, course=uuid4())
        self.holder = a_request(self.scarce.session_id)
        self.next_one = a_request(self.plenty.session_id)
        self.requests = [
            RequestSeat(
                command_id=uuid4(), session_id=self.plenty.session_id, enrollment_id=uuid4(), person_id=self.person_id,
                work_municipality="GM0505", home_municipality="GM0772", sector="C", worker_group="employed",
                keyed=answers.keyed("a"),
            ),
            a_request(self.scarce.session_id, self.person_id, work="GM0772"),
        ]  # fmt: skip

    async def live(self, pool: Pool) -> None:
        await settle(pool, self.plenty, self.scarce, self.holder, *self.requests, self.next_one)
        await settle(pool, a_cancellation(self.requests[1]))
        await settle(pool, a_request(self.scarce.session_id, self.person_id))


def the_log_keeps_whose_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_forgetting.SQL, "rekey_log", "SELECT ($1::text[], $2::uuid[], $3::text[]) IS NULL")


@twin(the_log_keeps_whose_it_was)
async def test_afterwards_a_persons_id_stands_nowhere_but_in_the_note_of_the_day(pool: Pool, guard: None) -> None:
    anna = Anna()
    await anna.live(pool)
    await counted(pool)

    await hear(pool, forgotten(anna.person_id))
    await forgetting.finish(pool)
    await tell(pool, await logged(pool))

    assert await places_of(pool, anna.person_id) == {"erasure"}


async def test_a_day_later_the_note_is_gone_too(pool: Pool) -> None:
    anna = Anna()
    await anna.live(pool)
    await hear(pool, forgotten(anna.person_id))
    await forgetting.finish(pool)
    await pool.execute("UPDATE erasure SET done_at = now() - interval '25 hours'")

    await forgetting.finish(pool)

    assert await places_of(pool, anna.person_id) == set()


async def test_what_was_coming_goes_to_others_and_what_was_counted_stays_counted(pool: Pool) -> None:
    """Two sessions are still to come: the seat and the place are given up, and stand as withdrawn under an id of nobody."""
    anna = Anna()
    await anna.live(pool)
    full = a_request(anna.scarce.session_id)
    await settle(pool, full)

    await hear(pool, forgotten(anna.person_id))
    await forgetting.finish(pool)

    states = await pool.fetch("SELECT state, count(*) FROM enrollment WHERE anonymous GROUP BY 1")
    assert {row["state"]: row["count"] for row in states} == {"cancelled": 3}
    assert await pool.fetchval("SELECT count(DISTINCT person_id) FROM enrollment WHERE anonymous") == 1
    assert await pool.fetchval("SELECT seats_left FROM session WHERE session_id = $1", anna.plenty.session_id) == 4
    assert await pool.fetchval("SELECT waiting FROM session WHERE session_id = $1", anna.scarce.session_id) == 1


async def test_a_session_that_has_begun_keeps_its_count_and_only_forgets_whose_it_was(pool: Pool) -> None:
    anna = Anna()
    await anna.live(pool)
    before = await counted(pool)
    person_id = anna.next_one.person_id

    async with transaction(pool) as conn:
        told = await desks.forget(conn, {anna.person_id: uuid4(), person_id: uuid4()}, NOW + timedelta(days=31))

    assert (told.enrollments, told.given_up) == (4, 0)
    assert await counted(pool) == before


async def test_what_a_person_told_of_themselves_is_blanked_and_the_rest_stays(pool: Pool) -> None:
    anna = Anna()
    await anna.live(pool)

    await hear(pool, forgotten(anna.person_id))
    await forgetting.finish(pool)

    abouts = await pool.fetch("SELECT about ->> 'workerGroup', about -> 'home', about ->> 'sector', about #>> '{work,province}'"
                              "  FROM enrollment WHERE enrollment_id = $1", anna.requests[0].enrollment_id)  # fmt: skip
    in_the_log = await pool.fetchval("SELECT count(*) FROM event_log WHERE data #> '{about,home}' IS NOT NULL")
    assert [tuple(row) for row in abouts] == [(None, None, "C", "PV28")]
    assert in_the_log == 0


async def test_the_report_is_the_same_from_the_facts_and_from_the_log_before_and_after_it_forgot(pool: Pool) -> None:
    anna = Anna()
    await anna.live(pool)
    await hear(pool, forgotten(anna.person_id))
    await tell(pool, await logged(pool))
    projected = await table(pool)

    for forgot in (False, True):
        if forgot:
            await forgetting.finish(pool)
        async with transaction(pool) as conn:
            await projection.rebuild(conn)
        assert await table(pool) == projected


def anybody_may_still_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_forgetting.SQL, "gone", "SELECT person_id FROM erasure WHERE $1::uuid[] IS NULL")


@twin(anybody_may_still_ask)
async def test_a_request_that_was_under_way_does_not_bring_somebody_back(
    open_desks: OpenDesks, a_session: ASession, pool: Pool, guard: None
) -> None:
    session_id, person_id = await a_session(3), uuid4()
    (desk,) = await open_desks(1)
    await hear(pool, forgotten(person_id))

    assert await desk.ask(a_request(session_id, person_id)) == Refused("not-signed-in", 401)


async def test_what_came_in_between_is_swept_after(a_session: ASession, pool: Pool) -> None:
    """A round that began before the erasure was committed did not see it."""
    session_id, person_id = await a_session(3), uuid4()
    await hear(pool, forgotten(person_id))
    await pool.execute("ALTER TABLE erasure RENAME TO erasure_unseen")
    await pool.execute("CREATE TABLE erasure (LIKE erasure_unseen)")
    await settle(pool, a_request(session_id, person_id))
    await pool.execute("DROP TABLE erasure")
    await pool.execute("ALTER TABLE erasure_unseen RENAME TO erasure")
    assert "enrollment" in await places_of(pool, person_id)

    await forgetting.finish(pool)

    assert await places_of(pool, person_id) == {"erasure"}


async def test_an_erasure_that_is_told_twice_is_done_once(pool: Pool) -> None:
    anna = Anna()
    await anna.live(pool)
    fact = forgotten(anna.person_id)
    await hear(pool, fact)
    facts = await pool.fetchval("SELECT count(*) FROM event_log")

    await hear(pool, fact)

    assert await pool.fetchval("SELECT count(*) FROM event_log") == facts
    assert await pool.fetchval("SELECT count(*) FROM erasure") == 1


@pytest.mark.parametrize(
    "rewrite",
    [
        "UPDATE event_log SET data = '{}'",
        "DELETE FROM event_log",
        "TRUNCATE event_log",
        "SELECT set_config('skillslab.rekeying', '{}', true); UPDATE event_log SET type = 'other'",
        "SELECT set_config('skillslab.rekeying', '{}', true); UPDATE event_log SET revision = revision + 1",
        "SELECT set_config('skillslab.rekeying', '{}', true); UPDATE event_log SET data = '{\"forged\": true}'",
        "SELECT set_config('skillslab.rekeying', '{}', true); DELETE FROM event_log",
    ],
)
@pytest.mark.parametrize("table", ["event_log", "its partition"])
async def test_the_log_permits_no_other_rewrite(rewrite: str, table: str, a_session: ASession, pool: Pool) -> None:
    await a_session(1)
    if table != "event_log":
        partition = await pool.fetchval("SELECT tableoid::regclass::text FROM event_log LIMIT 1")
        rewrite = rewrite.replace("event_log", partition)

    async with transaction(pool) as conn:
        with pytest.raises(asyncpg.RestrictViolationError, match="append-only"):
            await conn.execute(rewrite)


# When their time has come


async def a_past(pool: Pool, ended_at: datetime, *people: UUID) -> UUID:
    """A session that ended then, with these people in it."""
    command = opening(5, course=uuid4())
    starts = ended_at - timedelta(hours=8)
    ended = command.announced.model_copy(update={"starts_at": starts, "ends_at": ended_at})
    command = type(command)(command.command_id, ended)
    before = starts - timedelta(days=30)
    await settle(pool, command, *(a_request(command.session_id, person, work="GM0505") for person in people), at=before)
    return command.session_id


LATER = datetime(2029, 4, 1, tzinfo=UTC)


async def named(pool: Pool, session_id: UUID) -> set[UUID]:
    rows = await pool.fetch("SELECT person_id FROM enrollment WHERE session_id = $1 AND NOT anonymous", session_id)
    return {row["person_id"] for row in rows}


async def test_sessions_that_ended_two_years_ago_are_nobodys_and_younger_ones_are_as_they_were(pool: Pool) -> None:
    anna, ben = uuid4(), uuid4()
    old = await a_past(pool, datetime(2027, 3, 20, tzinfo=UTC), anna, ben)
    young = await a_past(pool, datetime(2027, 4, 2, tzinfo=UTC), anna)
    before = await counted(pool)

    assert await retention.run(pool, LATER, 24) == 2

    assert await named(pool, old) == set()
    assert await named(pool, young) == {anna}
    assert await counted(pool) == before
    assert await places_of(pool, ben) == set()
    assert await retention.run(pool, LATER, 24) == 0


async def test_a_dry_run_tells_what_the_next_run_does(pool: Pool) -> None:
    await a_past(pool, datetime(2027, 3, 20, tzinfo=UTC), uuid4(), uuid4())
    async with transaction(pool) as conn:
        told = await retention.due(conn, LATER, 24)

    assert [(one.people, one.enrollments) for one in told] == [(2, 2)]
    assert await retention.run(pool, LATER, 24) == sum(one.enrollments for one in told)


async def test_a_fieldlab_may_choose_another_term(pool: Pool) -> None:
    await a_past(pool, datetime(2027, 3, 20, tzinfo=UTC), uuid4())
    async with transaction(pool) as conn:
        await retention.choose(conn, "duurzaamheidsfabriek", 36)
        assert await retention.due(conn, LATER, 24) == []
        await retention.choose(conn, "duurzaamheidsfabriek", 12)
        assert len(await retention.due(conn, datetime(2028, 4, 1, tzinfo=UTC), 24)) == 1


async def test_somebody_is_counted_once_a_year_and_then_nobody_can_tell_who_it_was(pool: Pool) -> None:
    """Two sessions of one year, that fall due in different runs; one of the next year."""
    anna = uuid4()
    days = (datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC), datetime(2027, 2, 1, tzinfo=UTC))
    ids = []
    for day in days:
        await a_past(pool, day, anna)
    for day in days:
        await retention.run(pool, day + timedelta(days=740), 24)
        ids = [row["person_id"] for row in await pool.fetch("SELECT DISTINCT person_id FROM enrollment WHERE anonymous")]

    assert len(ids) == 2
    assert await pool.fetchval("SELECT count(*) FROM retention_key") == 0
    assert await places_of(pool, anna) == set()


async def test_two_that_run_at_once_take_turns(pool: Pool) -> None:
    for _ in range(3):
        await a_past(pool, datetime(2027, 3, 20, tzinfo=UTC), uuid4(), uuid4())

    done = await asyncio.gather(*(retention.run(pool, LATER, 24) for _ in range(3)))

    assert sum(done) == 6
