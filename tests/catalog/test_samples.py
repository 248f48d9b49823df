"""Sample courses: enough to try everything, plausible, and labelled as samples wherever they go."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from catalog import samples
from shared.contracts.catalog import SessionAnnounced
from shared.database.pool import Pool, transaction
from tests.catalog.build import FIELDLAB, Api, add_session, organiser

AMSTERDAM = ZoneInfo("Europe/Amsterdam")


async def load(pool: Pool, now: datetime) -> None:
    async with transaction(pool) as conn:
        await samples.load(conn, now)


async def test_each_sample_course_is_published_with_at_least_two_sessions_to_come(reading: Api) -> None:
    courses = (await reading.get("/courses", pageSize=100)).body["items"]

    assert len(courses) == 44
    for course in courses:
        assert (course["state"], course["sample"]) == ("published", True)
        assert course["comingSessions"] >= 2
        assert course["nextSession"]["state"] == "announced"
        assert course["descriptionNl"].endswith("Dit is een voorbeeldcursus en geen echt aanbod.")


async def test_the_demo_organiser_has_several_courses(reading: Api) -> None:
    assert len((await reading.get("/courses", fieldlabId=FIELDLAB)).titles) == 3


async def test_sample_sessions_are_on_plausible_days_with_plausible_seats(reading: Api) -> None:
    rows = await reading.pool.fetch(
        """SELECT s.*, c.hours, c.mode_of_delivery, f.place
             FROM session s JOIN course c USING (course_id) JOIN fieldlab f USING (fieldlab_id)"""
    )

    today = datetime.now(AMSTERDAM).date()
    for row in rows:
        starts_at, ends_at = (row[name].astimezone(AMSTERDAM) for name in ("starts_at", "ends_at"))
        assert starts_at.weekday() < 5
        assert ends_at.weekday() < 5
        assert (starts_at.hour, starts_at.minute) == (8, 30)
        assert (ends_at.hour, ends_at.minute) == ((16, 30) if row["hours"] >= 8 else (12, 30))
        assert timedelta(days=2) <= starts_at.date() - today <= timedelta(days=150)
        assert not {(12, 25), (12, 26), (1, 1)} & {(day.month, day.day) for day in (starts_at, ends_at)}
        assert 8 <= row["capacity"] <= 20
        assert timedelta(hours=12) < row["starts_at"] - row["closes_at"] < timedelta(days=2)
        assert row["location"] == ("Online" if row["mode_of_delivery"] == "online" else row["place"])


async def test_their_days_are_spread(reading: Api) -> None:
    starts = [row["day"] for row in await reading.pool.fetch("SELECT day FROM session_with_seats")]

    assert len(set(starts)) > len(starts) / 3


@pytest.mark.parametrize("start", [date(2026, 1, 1), date(2027, 6, 30), date(2028, 2, 28)])
def test_on_any_day_every_course_has_two_or_three_days_ahead(start: date) -> None:
    for shift in range(60):
        today = start + timedelta(days=shift)
        for number in range(1, 45):
            days = samples.days(number, today)
            assert 2 <= len(days) <= 3
            assert all(timedelta(days=3) <= day - today <= timedelta(days=120) for day in days)
            assert all(day.weekday() < 5 for day in days)


async def test_every_announcement_says_that_it_is_a_sample(reading: Api) -> None:
    facts = await reading.facts(SessionAnnounced)

    assert len(facts) == await reading.pool.fetchval("SELECT count(*) FROM session")
    assert all(fact.sample and fact.revision == 1 for fact in facts)


async def test_months_later_new_sessions_have_come_into_view_and_none_twice(alone: Api) -> None:
    before = {row["session_id"] for row in await alone.pool.fetch("SELECT session_id FROM session")}
    later = datetime.now(UTC) + timedelta(days=100)

    await load(alone.pool, later)
    await load(alone.pool, later)

    after = [row["session_id"] for row in await alone.pool.fetch("SELECT session_id FROM session")]
    coming = await alone.pool.fetch("SELECT count(*) FROM session WHERE starts_at > $1 GROUP BY course_id", later)
    assert before < set(after)
    assert len(coming) == 44
    assert all(row["count"] >= 2 for row in coming)
    assert len(await alone.facts(SessionAnnounced)) == len(after)


async def test_what_an_organiser_changed_of_a_sample_stays_so(alone: Api) -> None:
    asks = organiser()
    (course, *_) = (await alone.get("/courses", fieldlabId=FIELDLAB)).body["items"]
    await alone.patch(f"/courses/{course['id']}", asks, {"titleNl": "PLC voor gevorderden"})
    await alone.patch(f"/sessions/{course['nextSession']['id']}", asks, {"location": "Hal 3"})

    await load(alone.pool, datetime.now(UTC))

    assert (await alone.get(f"/courses/{course['id']}")).body["titleNl"] == "PLC voor gevorderden"
    assert (await alone.get(f"/sessions/{course['nextSession']['id']}")).body["location"] == "Hal 3"


async def test_a_session_added_to_a_sample_course_is_a_sample_too(alone: Api) -> None:
    (course, *_) = (await alone.get("/courses", fieldlabId=FIELDLAB)).body["items"]

    assert (await add_session(alone, organiser(), course["id"]))["sample"]
