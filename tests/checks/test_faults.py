"""A check that finds nothing proves nothing: each fault, planted by hand as the owner of the tables, is found by its name."""

# ruff: noqa: E501  (statements stand on one line each)

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

import pytest

import enrollment.checks
from shared.checks import findings
from shared.checks.checking import AT_REST, check
from shared.checks.findings import INVARIANTS, Findings
from shared.checks.service import in_words
from shared.launch.postgres import Postgres
from tests.checks.world import SERVICES, World, a_world
from tests.conftest import Templates


@dataclass(frozen=True)
class Plant:
    """`statements` are run in a service's database; `{s}` is a session of its own, and the last one answers with the id that is to
    be found.
    """

    invariant: str
    what: str
    service: str
    statements: tuple[str, ...]


def mine(what: str, which: str, *, of: str = "enrollment_id") -> str:
    """One of the session's enrollments, as a subquery."""
    return f"(SELECT {of} FROM {what} WHERE session_id = '{{s}}' AND {which} ORDER BY 1 LIMIT 1)"


WAITS = mine("enrollment", "state = 'waitlisted' AND group_id IS NULL")
HOLDS = mine("enrollment", "state = 'confirmed'")
OFFERED = mine("enrollment", "state = 'offered'")
LEFT = mine("enrollment", "state = 'cancelled'")
LET_IN = mine("ticket", "state = 'enrolled'", of="ticket_id")
HERS = f"data ->> 'enrollmentId' = {HOLDS}::text"
SUBJECT = f"'enrollments/' || {HOLDS}"
THE_SESSION = "SELECT '{s}'"
NO_LOG_GUARD = "ALTER TABLE event_log DISABLE TRIGGER USER"

PLANTS = [
    Plant("I1", "seats_counted_as_taken_that_nobody_holds_or_held_and_not_counted", "enrollment", (
        "ALTER TABLE session DROP CONSTRAINT IF EXISTS session_seats_add_up, DROP CONSTRAINT IF EXISTS nobody_waits_beside_a_free_seat",
        "UPDATE session SET seats_left = 1 WHERE session_id = '{s}'", THE_SESSION)),
    Plant("I1", "sessions_with_more_people_on_seats_than_seats", "enrollment", (
        "ALTER TABLE enrollment DROP CONSTRAINT IF EXISTS seat_is_within_capacity",
        f"UPDATE enrollment SET state = 'confirmed', place = NULL, company = NULL, seat_no = 3, seat_capacity = 2 WHERE enrollment_id = {WAITS}",
        THE_SESSION)),
    Plant("I1", "seats_that_are_held_twice", "enrollment", (
        "DROP INDEX IF EXISTS seat_is_held_once",
        "UPDATE enrollment SET seat_no = 1 WHERE session_id = '{s}' AND seat_no IS NOT NULL",
        "SELECT (array_agg(enrollment_id))[1] FROM enrollment WHERE session_id = '{s}' AND seat_no = 1")),
    Plant("I1", "seats_beyond_the_capacity", "enrollment", (
        "ALTER TABLE enrollment DROP CONSTRAINT IF EXISTS seat_is_within_capacity",
        f"UPDATE enrollment SET seat_no = 7 WHERE enrollment_id = {HOLDS}", f"SELECT {HOLDS}")),
    Plant("I1", "people_with_a_seat_who_should_have_none_or_without_one_who_should", "enrollment", (
        "ALTER TABLE enrollment DROP CONSTRAINT IF EXISTS confirmed_or_offered_means_a_seat",
        f"UPDATE enrollment SET seat_no = NULL, seat_capacity = NULL WHERE enrollment_id = {HOLDS}", f"SELECT {HOLDS}")),
    Plant("I1", "people_with_a_seat_that_nobody_approved", "enrollment", (
        "ALTER TABLE enrollment DROP CONSTRAINT IF EXISTS no_seat_before_its_approval",
        f"UPDATE enrollment SET approval = 'first' WHERE enrollment_id = {HOLDS}", f"SELECT {HOLDS}")),
    Plant("I2", "acknowledged, and not there", "enrollment", (
        f"DELETE FROM enrollment WHERE enrollment_id = {HOLDS}",
        "SELECT command_id FROM first_answer WHERE answer #>> '{{enrollment,session_id}}' = '{s}'")),
    Plant("I2", "acknowledged, and not there", "enrollment", (
        "DELETE FROM ticket WHERE session_id = '{s}' AND state = 'waiting'",
        "SELECT command_id FROM first_answer WHERE answer ? 'ticket_id' AND answer ->> 'session_id' = '{s}'")),
    Plant("I2", "enrollments_that_are_older_than_what_was_told_of_them", "enrollment", (
        f"UPDATE enrollment SET revision = 1 WHERE enrollment_id = {LEFT}", f"SELECT {LEFT}")),
    Plant("I2", "sessions_that_are_older_than_what_was_told_of_them", "enrollment", (
        "UPDATE session SET revision = 2 WHERE session_id = '{s}'", THE_SESSION)),
    Plant("I3", "people_who_are_in_twice", "enrollment", (
        "DROP INDEX IF EXISTS person_is_enrolled_once",
        "UPDATE enrollment SET person_id = gen_random_uuid() WHERE session_id = '{s}'",
        "UPDATE enrollment SET person_id = '00000000-0000-0000-0000-0000000000{n:02}' WHERE session_id = '{s}' AND seat_no IS NOT NULL",
        "SELECT (array_agg(enrollment_id))[1] FROM enrollment WHERE session_id = '{s}' AND seat_no IS NOT NULL")),
    Plant("I3", "claims_to_a_course_of_people_who_are_out_of_it", "enrollment", (
        f"UPDATE person_claim SET person_id = e.person_id, enrollment_id = e.enrollment_id FROM enrollment e"
        f" WHERE e.enrollment_id = {LEFT} AND person_claim.enrollment_id = {HOLDS}", f"SELECT {LEFT}")),
    Plant("I4", "people_left_in_a_session_that_is_cancelled", "enrollment", (
        "UPDATE session SET cancelled_at = now() WHERE session_id = '{s}'", f"SELECT {HOLDS}")),
    Plant("I4", "tickets_that_became_an_enrollment_that_is_not_there", "enrollment", (
        f"UPDATE ticket SET enrollment_id = gen_random_uuid() WHERE ticket_id = {LET_IN}", f"SELECT {LET_IN}")),
    Plant("I4", "facts_of_enrollments_that_are_not_there", "enrollment", (
        f"DELETE FROM enrollment WHERE enrollment_id = {LEFT}",
        "SELECT event_id FROM event_log WHERE data ->> 'sessionId' = '{s}' AND type LIKE '%.cancelled'")),
    Plant("I4", "enrollments_that_are_not_as_their_last_fact_tells", "enrollment", (
        f"UPDATE enrollment SET person_id = gen_random_uuid() WHERE enrollment_id = {HOLDS}", f"SELECT {HOLDS}")),
    Plant("I4", "enrollments that lack a fact", "enrollment", (
        "INSERT INTO enrollment (session_id, enrollment_id, person_id, state, revision, reason, registered_at, decided_at, about)"
        " SELECT session_id, gen_random_uuid(), gen_random_uuid(), 'cancelled', 1, 'by-hand', registered_at, decided_at, about"
        f" FROM enrollment WHERE enrollment_id = {HOLDS}",
        "SELECT enrollment_id FROM enrollment WHERE session_id = '{s}' AND reason = 'by-hand'")),
    Plant("I5", "facts that are twice in the log of enrollment", "enrollment", (
        "INSERT INTO event_log (event_id, source, epoch, type, subject, revision, data)"
        f" SELECT event_id, source, epoch, type, subject, revision, data FROM event_log WHERE {HERS}",
        f"SELECT event_id FROM event_log WHERE {HERS} LIMIT 1")),
    Plant("I5", "subjects that lack a fact in the log of enrollment", "enrollment", (
        NO_LOG_GUARD, f"DELETE FROM event_log WHERE data ->> 'enrollmentId' = {LEFT}::text AND revision = 1",
        f"SELECT 'enrollments/' || {LEFT}")),
    Plant("I5", "subjects of which uptake applied more than enrollment logged", "enrollment", (
        f"UPDATE inbox SET revision = 9 WHERE consumer = 'uptake' AND subject = {SUBJECT}", f"SELECT {SUBJECT}")),
    Plant("I5", "facts that uptake never applied", "enrollment", (
        f"DELETE FROM inbox WHERE consumer = 'uptake' AND subject = {SUBJECT}", f"SELECT event_id FROM event_log WHERE {HERS}")),
    Plant("I6", "enrollments that the report tells otherwise", "enrollment", (
        f"UPDATE uptake_enrollment SET work_province = 'PV99' WHERE enrollment_id = {HOLDS}", f"SELECT {HOLDS}")),
    Plant("I6", "rows of the report that are of nobody", "enrollment", (
        f"UPDATE uptake_enrollment SET enrollment_id = '00000000-0000-0000-0000-00000000ffff' WHERE enrollment_id = {HOLDS}",
        "SELECT '00000000-0000-0000-0000-00000000ffff'")),
    Plant("I6", "sessions of which more is shown than the desk told", "catalog", (
        "UPDATE availability SET revision = 99 WHERE session_id = '{s}'", THE_SESSION)),
    Plant("I6", "sessions whose seats are shown otherwise than the desk told", "catalog", (
        "UPDATE availability SET seats_left = 2 WHERE session_id = '{s}'", THE_SESSION)),
    Plant("I6", "sessions that are shown as cancelled and are not", "catalog", (
        "UPDATE availability SET cancelled = true WHERE session_id = '{s}'", THE_SESSION)),
    Plant("I6", "sessions that are shown as they were before a fact that was applied", "catalog", (
        "UPDATE availability SET revision = 3 WHERE session_id = '{s}'", THE_SESSION)),
    Plant("I7", "facts_that_count_as_applied_and_that_nobody_was_told", "notifications", (
        "DELETE FROM delivery WHERE session_id = '{s}' AND template = 'offered'",
        "SELECT fact_id FROM gone")),
    Plant("I7", "mails that are in the ledger twice", "notifications", (
        "ALTER TABLE delivery DROP CONSTRAINT IF EXISTS everybody_is_told_once",
        "INSERT INTO delivery (message_id, fact_id, recipient_id, template, subject, revision, logged_at, session_id, enrollment_id, state, until)"
        " SELECT message_id, fact_id, recipient_id, template, subject, revision, logged_at, session_id, enrollment_id, state, until"
        " FROM delivery WHERE session_id = '{s}' AND template = 'offered'",
        "SELECT fact_id FROM delivery WHERE session_id = '{s}' AND template = 'offered'")),
    Plant("I7", "mails that went out more often than twice", "notifications", (
        "ALTER TABLE delivery DROP CONSTRAINT IF EXISTS at_most_two_copies",
        "UPDATE delivery SET state = 'sent', copies = 3, finished_at = now() WHERE session_id = '{s}' AND template = 'offered'",
        "SELECT fact_id FROM delivery WHERE session_id = '{s}' AND template = 'offered'")),
    Plant("I7", "mails about facts that are in no log", "notifications", (
        "UPDATE delivery SET fact_id = gen_random_uuid() WHERE session_id = '{s}' AND template = 'offered'",
        "SELECT fact_id FROM delivery WHERE session_id = '{s}' AND template = 'offered'")),
    Plant("I8", "seats_that_are_neither_held_nor_free_or_both", "enrollment", (
        "ALTER TABLE session DROP CONSTRAINT IF EXISTS session_seats_add_up",
        "UPDATE session SET freed = '{{1}}' WHERE session_id = '{s}'", THE_SESSION)),
    Plant("I8", "sessions_whose_seats_do_not_add_up", "enrollment", (
        "ALTER TABLE session DROP CONSTRAINT IF EXISTS session_seats_add_up, DROP CONSTRAINT IF EXISTS nobody_waits_beside_a_free_seat",
        "UPDATE session SET seats_left = 2 WHERE session_id = '{s}'", THE_SESSION)),
    Plant("I8", "sessions_that_miscount_who_waits", "enrollment", (
        "UPDATE session SET waiting = waiting + 1 WHERE session_id = '{s}'", THE_SESSION)),
    Plant("I8", "offers_that_did_not_end", "enrollment", (
        f"UPDATE enrollment SET offered_until = now() - interval '1 hour' WHERE enrollment_id = {OFFERED}", f"SELECT {OFFERED}")),
    Plant("I8", "seats_that_were_given_up_for_another_and_are_still_held", "enrollment", (
        NO_LOG_GUARD, f"UPDATE event_log SET data = data || jsonb_build_object('insteadOf', {OFFERED}) WHERE {HERS}",
        f"SELECT {OFFERED}")),
    Plant("I8", "sessions_that_miscount_who_asks", "enrollment", (
        "UPDATE session SET requests = requests + 1 WHERE session_id = '{s}'", THE_SESSION)),
    Plant("I8", "requests_that_did_not_end", "enrollment", (
        "UPDATE enrollment SET state = 'requested', approval = 'with-seat', offered_until = NULL,"
        f" approval_until = now() - interval '1 hour' WHERE enrollment_id = {OFFERED}",
        "SELECT enrollment_id FROM enrollment WHERE session_id = '{s}' AND state = 'requested'")),
    Plant("I8", "lines_that_miscount_who_waits_with_a_ticket", "enrollment", (
        "UPDATE opening SET waiting = 0 WHERE session_id = '{s}'", THE_SESSION)),
    Plant("I9", "people_who_wait_beside_seats_that_are_enough_for_them", "enrollment", (
        "ALTER TABLE session DROP CONSTRAINT IF EXISTS session_seats_add_up, DROP CONSTRAINT IF EXISTS nobody_waits_beside_a_free_seat",
        "UPDATE session SET seats_left = 1 WHERE session_id = '{s}'", f"SELECT {WAITS}")),
    Plant("I9", "places_in_line_that_are_held_twice_or_not_given_out", "enrollment", (
        f"UPDATE enrollment SET place = 999 WHERE enrollment_id = {WAITS}", f"SELECT {WAITS}")),
    Plant("I9", "groups_that_are_miscounted", "enrollment", (
        f"UPDATE enrollment SET company = 4 WHERE enrollment_id = {WAITS}", f"SELECT {WAITS}")),
    Plant("I9", "lines_that_went_back", "enrollment", (
        "UPDATE opening SET served = 0 WHERE session_id = '{s}'", THE_SESSION)),
    Plant("I9", "served before somebody who waited longer", "enrollment", (
        NO_LOG_GUARD,
        "UPDATE event_log SET data = jsonb_set(data, '{{seats,revision}}', '3') "
        f"WHERE data ->> 'enrollmentId' = {WAITS}::text AND revision = 1", f"SELECT {OFFERED}")),
    Plant("I10", "facts_that_wait_for_the_courier (enrollment)", "enrollment", (
        "UPDATE outbox SET logged_at = now() - interval '1 hour' WHERE event_id IN "
        f"(SELECT event_id FROM event_log WHERE {HERS})", f"SELECT event_id FROM event_log WHERE {HERS}")),
    Plant("I10", "facts_that_could_not_be_applied_and_were_parked (catalog)", "catalog", (
        "INSERT INTO trouble VALUES ('catalog', 'enrollment', 'x', 1, '{{}}', 5, 'because', now(), now())",
        "SELECT 'catalog of enrollment x 1'")),
    Plant("I10", "facts_that_fail_again_and_again (catalog)", "catalog", (
        "INSERT INTO trouble VALUES ('catalog', 'enrollment', 'x', 2, '{{}}', 1, 'because', now() - interval '1 hour')",
        "SELECT 'catalog of enrollment x 2'")),
    Plant("I10", "mails that should have gone out ten minutes ago", "notifications", (
        "UPDATE delivery SET due_at = now() - interval '1 hour' WHERE session_id = '{s}' AND template = 'offered'",
        "SELECT fact_id FROM delivery WHERE session_id = '{s}' AND template = 'offered'")),
    Plant("I11", "tables that are read without row-level security", "enrollment", (
        "ALTER TABLE enrollment DISABLE ROW LEVEL SECURITY", "SELECT 'enrollment.enrollment'")),
    Plant("I11", "tables that readers may change", "enrollment", (
        "GRANT UPDATE ON session TO skillslab_reader", "SELECT 'enrollment.session'")),
    Plant("I11", "views that show more than their reader may see", "catalog", (
        "ALTER VIEW course_shown RESET (security_invoker)", "SELECT 'catalog.course_shown'")),
    Plant("I11", "tables of which a stranger sees rows", "notifications", (
        "CREATE POLICY everybody_sees_all ON delivery FOR SELECT TO skillslab_reader USING (true)", "SELECT 'notifications.delivery'")),
]  # fmt: skip


@dataclass(frozen=True)
class Story:
    """What was found when all was well and after the faults were planted, and the id by which each is to be known."""

    before: Findings
    after: Findings
    expected: Mapping[Plant, str]
    people: frozenset[str]
    """Everybody who is in any of it."""


@pytest.fixture(scope="module")
def story(postgres: Postgres, templates: Templates) -> Story:
    """One world for all faults, each in a session of its own."""

    async def lived() -> Story:
        async with a_world(postgres, templates) as world:
            sessions = [await world.a_lived_session() for _ in PLANTS]
            await world.tell()
            before = await check(world.server_url, SERVICES, wait=5)
            expected = {
                plant: await sow(world, plant, session, number)
                for number, (plant, session) in enumerate(zip(PLANTS, sessions, strict=True))
            }  # fmt: skip
            people = await world.pools["enrollment"].fetch("SELECT person_id::text FROM enrollment")
            await world.a_lived_session()  # of which nobody is told
            after = await check(world.server_url, SERVICES, wait=0.1)
            return Story(before, after, expected, frozenset(row["person_id"] for row in people))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(findings, "SHOWN", 10_000)
        return asyncio.run(lived())


async def sow(world: World, plant: Plant, session: UUID, number: int) -> str:
    pool = world.pools[plant.service]
    *statements, answer = (statement.format(s=session, n=number) for statement in plant.statements)
    if "gone" in answer:
        kept = await pool.fetchval(f"SELECT fact_id FROM delivery WHERE session_id = '{session}' AND template = 'offered'")
        answer = f"SELECT '{kept}'"
    for statement in statements:
        changed = await pool.execute(statement)
        assert not changed.endswith(" 0"), f"{statement} changed nothing"
    return str(await pool.fetchval(answer))


def test_where_all_is_well_nothing_is_found_and_everything_could_be_checked(story: Story) -> None:
    assert story.before.all_is_well, story.before.as_text()
    assert story.before.looked_at["enrollments"] == 7 * len(PLANTS)


@pytest.mark.parametrize("plant", PLANTS, ids=[f"{plant.invariant} {plant.what}" for plant in PLANTS])
def test_each_planted_fault_is_found_by_its_name(story: Story, plant: Plant) -> None:
    fault = story.after.faults.get((plant.invariant, in_words(plant.what)))

    assert fault, f"nothing was found of {plant.what}"
    assert story.expected[plant] in fault.first


@pytest.mark.parametrize("consumer", ["catalog", "uptake", "notifications"])
def test_a_consumer_that_does_not_read_on_is_named_and_what_it_lacks_is_not_taken_for_lost(story: Story, consumer: str) -> None:
    waits = story.after.faults["I10", f"facts that wait for {consumer}, which does not read on"]

    assert waits.count >= 8
    assert any(of == "I5" and why.startswith(f"{consumer} has yet to apply") for of, why in story.after.unknown)
    assert f"facts that {consumer} never applied" not in {what for _, what in story.after.faults} or consumer == "uptake"


def test_every_invariant_and_every_statement_has_a_fault_that_it_finds() -> None:
    planted = {plant.what.partition(" (")[0] for plant in PLANTS}
    statements = {
        name
        for checks in (enrollment.checks.OF_SESSIONS, enrollment.checks.OF_FACTS, {"I10": AT_REST})
        for names in checks.values()
        for name in names
    }

    assert {plant.invariant for plant in PLANTS} == INVARIANTS.keys()
    assert statements <= planted


def test_what_is_found_names_nobody(story: Story) -> None:
    """Ids of enrollments, sessions and facts are shown; those of people are not."""
    shown = {name for fault in story.after.faults.values() for name in fault.first}

    assert len(shown) > len(PLANTS) / 2
    assert not shown & story.people
    assert not any(person in story.after.as_text() for person in story.people)
