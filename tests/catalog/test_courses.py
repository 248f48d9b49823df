"""What anybody sees of courses and sessions, and how they are narrowed down and put in order."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest

from shared.database.pool import Pool
from tests.catalog.build import FIELDLAB, Api, add_course, add_session, in_days, organiser

AMSTERDAM = ZoneInfo("Europe/Amsterdam")


async def given_seats(pool: Pool, session_id: str, left: int, waiting: int = 0) -> None:
    """What the desk would have told."""
    await pool.execute(
        "INSERT INTO availability (session_id, revision, capacity, seats_left, waiting) VALUES ($1, 1, 10, $2, $3)",
        UUID(session_id), left, waiting,
    )  # fmt: skip


async def moved(pool: Pool, session_id: str, *, starts_in: timedelta, lasts: timedelta = timedelta(hours=8)) -> None:
    """Time goes by."""
    starts_at = in_days(0) + starts_in
    await pool.execute(
        "UPDATE session SET starts_at = $2, ends_at = $3, closes_at = $2 WHERE session_id = $1",
        UUID(session_id), starts_at, starts_at + lasts,
    )  # fmt: skip


async def test_a_page_needs_no_second_call_to_show_courses_with_their_next_session(reading: Api) -> None:
    (course, *_) = (await reading.get("/courses", fieldlabId=FIELDLAB)).body["items"]

    assert course["fieldlabName"] == "De Duurzaamheidsfabriek"
    assert (course["place"], course["municipality"], course["municipalityName"]) == ("Dordrecht", "GM0505", "Dordrecht")
    assert course["title"] == course["titleNl"] != course["titleEn"]
    assert course["themeNl"] != course["themeEn"]
    assert course["skill"]["uri"].startswith("http://data.europa.eu/esco/skill/")
    assert set(course["nextSession"]) == {
        "id", "state", "startsAt", "endsAt", "opensAt", "enrollmentClosesAt", "location", "capacity", "seatsLeft", "waiting"
    }  # fmt: skip


async def test_a_course_shows_its_sessions_that_are_not_over_the_next_one_first(api: Api) -> None:
    asks = organiser()
    course = await add_course(api, asks)
    third, first, second, over = [await add_session(api, asks, course["id"], starts_in=n) for n in (30, 10, 20, 5)]
    await moved(api.pool, over["id"], starts_in=timedelta(days=-1))

    shown = (await api.get(f"/courses/{course['id']}")).body

    assert [session["id"] for session in shown["sessions"]] == [first["id"], second["id"], third["id"]]


async def test_a_session_shows_all_that_a_page_needs(api: Api) -> None:
    asks = organiser()
    course = await add_course(api, asks, titleEn="Hydraulics")
    session = await add_session(api, asks, course["id"], location="Hal 3")

    shown = (await api.get(f"/sessions/{session['id']}")).body

    assert shown == session
    assert (shown["courseId"], shown["fieldlabId"], shown["fieldlabName"]) == (
        course["id"],
        FIELDLAB,
        "De Duurzaamheidsfabriek",
    )
    assert (shown["titleNl"], shown["titleEn"]) == ("Hydrauliek voor beginners", "Hydraulics")
    assert (shown["municipality"], shown["municipalityName"], shown["location"]) == ("GM0505", "Dordrecht", "Hal 3")
    assert (shown["capacity"], shown["seatsLeft"], shown["waiting"]) == (10, 10, 0)
    assert shown["startsAt"].endswith("Z")
    assert shown["sample"] is False


@pytest.mark.parametrize("path", ["/courses/{}", "/sessions/{}"])
async def test_what_does_not_exist_is_not_found_whatever_the_id_looks_like(reading: Api, path: str) -> None:
    replies = [await reading.get(path.format(id_)) for id_ in (uuid4(), "1", "%00", "x" * 500)]

    assert {reply.status for reply in replies} == {404}
    assert len({str(reply.body) for reply in replies}) == 1


# States


async def state_of(api: Api, session_id: str) -> str:
    return str((await api.get(f"/sessions/{session_id}")).body["state"])


async def test_a_session_goes_from_announced_over_open_and_closed_to_finished(api: Api) -> None:
    asks = organiser()
    course = await add_course(api, asks)
    session = await add_session(api, asks, course["id"])
    states = [await state_of(api, session["id"])]

    await given_seats(api.pool, session["id"], 10)
    states.append(await state_of(api, session["id"]))
    await api.pool.execute("UPDATE availability SET closes_at = now()")
    states.append(await state_of(api, session["id"]))
    await moved(api.pool, session["id"], starts_in=timedelta(hours=-1))
    await api.pool.execute("UPDATE availability SET closes_at = NULL")
    states.append(await state_of(api, session["id"]))
    await moved(api.pool, session["id"], starts_in=timedelta(hours=-9))
    states.append(await state_of(api, session["id"]))

    assert states == ["announced", "open", "closed", "closed", "finished"]


async def test_enrollment_closes_when_the_desk_says_and_at_the_start_at_the_latest(api: Api) -> None:
    asks = organiser()
    course = await add_course(api, asks)
    session = await add_session(api, asks, course["id"])
    await given_seats(api.pool, session["id"], 10)
    await api.pool.execute("UPDATE availability SET closes_at = now() + interval '90 days'")

    shown = (await api.get(f"/sessions/{session['id']}")).body

    assert shown["enrollmentClosesAt"] == shown["startsAt"]


# Many sessions by id


async def test_sessions_can_be_asked_for_by_id_in_any_state_and_come_in_that_order(api: Api) -> None:
    asks = organiser()
    course = await add_course(api, asks)
    over, coming = [await add_session(api, asks, course["id"]) for _ in range(2)]
    await moved(api.pool, over["id"], starts_in=timedelta(days=-3))

    reply = await api.get("/sessions", ids=f"{coming['id']},{uuid4()},{over['id']}")

    assert [(item["id"], item["state"]) for item in reply.body["items"]] == [
        (coming["id"], "announced"), (over["id"], "finished"),
    ]  # fmt: skip
    assert (reply.body["page"], reply.body["pageSize"], reply.body["total"]) == (1, 100, 2)


@pytest.mark.parametrize("ids", ["", "nonsense", ",".join(str(uuid4()) for _ in range(101))])
async def test_ids_that_are_none_or_too_many_are_refused(reading: Api, ids: str) -> None:
    reply = await reading.get("/sessions", ids=ids)

    assert reply.status == 400
    assert reply.pointers[0].startswith("#/ids")


# Narrowing and order


async def test_courses_can_be_narrowed_by_fieldlab_theme_and_any_region(reading: Api) -> None:
    counts = {}
    for name, value in [
        ("fieldlabId", "ramlab"), ("theme", "servitization"), ("region", "NL"), ("region", "PV29"), ("region", "AM23"),
        ("region", "GM0505"), ("region", "LD-noord"), ("region", "HUB-noord"), ("region", "GM9999"),
    ]:  # fmt: skip
        reply = await reading.get("/courses", **{name: value})  # type: ignore[arg-type]
        counts[value] = reply.body["total"]

    assert counts == {
        "ramlab": 1, "servitization": 1, "NL": 44, "PV29": 1, "AM23": 3, "GM0505": 3, "LD-noord": 6, "HUB-noord": 6,
        "GM9999": 0,
    }  # fmt: skip


async def test_without_words_the_course_with_the_next_session_comes_first_and_those_without_any_last(alone: Api) -> None:
    asks = organiser()
    await add_course(alone, asks, title="Zonder datum")
    soon = await add_course(alone, asks, title="Morgen al")
    await add_session(alone, asks, soon["id"], starts_in=0.5, enrollmentClosesAt=in_days(0.4).isoformat())

    listed = (await alone.get("/courses", pageSize=100)).body["items"]

    starts = [item["nextSession"]["startsAt"] for item in listed if item["nextSession"]]
    assert starts == sorted(starts)
    assert listed[0]["title"] == "Morgen al"
    assert (listed[-1]["title"], listed[-1]["nextSession"], listed[-1]["comingSessions"]) == ("Zonder datum", None, 0)


async def test_days_are_those_of_amsterdam_and_count_in_full(alone: Api) -> None:
    asks = organiser()
    course = await add_course(alone, asks, title="Nachtwerk")
    day = (datetime.now(AMSTERDAM) + timedelta(days=200)).date()
    just_after_midnight = datetime(day.year, day.month, day.day, 0, 5, tzinfo=AMSTERDAM)
    session = await add_session(
        alone, asks, course["id"], startsAt=just_after_midnight.isoformat(),
        endsAt=(just_after_midnight + timedelta(hours=4)).isoformat(), enrollmentClosesAt=in_days(100).isoformat(),
    )  # fmt: skip

    async def found(first: timedelta, last: timedelta) -> list[str]:
        return (await alone.get("/courses", from_=day + first, to=day + last)).titles

    no, one = timedelta(), timedelta(days=1)
    assert not session["startsAt"].startswith(str(day)), "in UTC it is still the day before"
    assert await found(no, no) == ["Nachtwerk"]
    assert await found(-one, -one) == []
    assert await found(one, one) == []


async def test_the_session_shown_is_the_next_one_that_fits(alone: Api) -> None:
    asks = organiser()
    course = await add_course(alone, asks)
    full, free = [await add_session(alone, asks, course["id"], starts_in=n) for n in (10, 20)]
    await given_seats(alone.pool, full["id"], 0, waiting=2)
    await given_seats(alone.pool, free["id"], 1)

    (anything,) = (await alone.get("/courses", q="hydrauliek")).body["items"]
    (available,) = (await alone.get("/courses", q="hydrauliek", available="true")).body["items"]
    (later,) = (await alone.get("/courses", q="hydrauliek", from_=in_days(15).date())).body["items"]

    assert (anything["nextSession"]["id"], anything["comingSessions"]) == (full["id"], 2)
    assert (anything["nextSession"]["seatsLeft"], anything["nextSession"]["waiting"]) == (0, 2)
    assert (available["nextSession"]["id"], available["comingSessions"]) == (free["id"], 1)
    assert later["nextSession"]["id"] == free["id"]


async def test_available_means_a_free_seat_in_a_session_that_is_open(alone: Api) -> None:
    asks = organiser()
    course = await add_course(alone, asks)
    session = await add_session(alone, asks, course["id"])

    async def available() -> int:
        return int((await alone.get("/courses", available="true")).body["total"])

    assert await available() == 0, "announced is not open"
    await given_seats(alone.pool, session["id"], 1)
    assert await available() == 1
    await alone.pool.execute("UPDATE availability SET seats_left = 0")
    assert await available() == 0
    await alone.pool.execute("UPDATE availability SET seats_left = 5, closes_at = now()")
    assert await available() == 0, "closed is not open"


async def test_faults_in_a_query_are_told_together_and_empty_fields_are_none(reading: Api) -> None:
    reply = await reading.get(
        "/courses", page=0, pageSize="many", region="Rotterdam", from_="soon", available="perhaps", theme="ROBOTS", sort="x"
    )
    nothing_asked = await reading.get("/courses", q=" ", region="", from_="", available="", page="")

    assert reply.status == 400
    assert set(reply.pointers) == {
        "#/page", "#/pageSize", "#/region", "#/from", "#/available", "#/theme", "#/sort"
    }  # fmt: skip
    assert (await reading.get("/courses", from_="2027-02-01", to="2027-01-31")).pointers == ["#/to"]
    assert nothing_asked.body["total"] == 44


@pytest.mark.parametrize("q", ["\x00", "a\x00b", "x" * 201])
async def test_words_that_cannot_be_words_are_refused(reading: Api, q: str) -> None:
    assert (await reading.get("/courses", q=q)).pointers == ["#/q"]
