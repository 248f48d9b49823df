"""Seats with rules, as people meet them: over the API, on the pages, and on a phone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest
from playwright.sync_api import Page

from gateway.pages.addresses import path
from shared.translations import LANGUAGES, Language
from tests.browser import sign_in
from tests.gateway.conftest import Visit
from tests.gateway.test_api import Api, Reply, a_problem
from tests.gateway.test_pages import eventually
from tests.gateway.test_pages_in_browser import examine, page  # noqa: F401  (a fixture)
from tests.platform import Running

STARTS = datetime.now(UTC).replace(hour=8, minute=0, second=0, microsecond=0) + timedelta(days=80)
UNTIL = STARTS - timedelta(days=30)
STATEMENT = {"statementNl": "Ik kan een tekening lezen", "statementEn": "I can read a drawing"}


@pytest.fixture
async def http(platform: Running) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(platform.base_url) as session:
        yield session


@pytest.fixture(scope="module")
def newcomers(platform: Running) -> Iterator[str]:
    return iter(platform.tokens("worker", 50))


@dataclass
class Lab:
    """A fieldlab's organiser, and workers whom nobody saw before."""

    http: aiohttp.ClientSession
    organiser: Api
    newcomers: Iterator[str]

    def worker(self) -> Api:
        return Api(self.http, next(self.newcomers))

    async def course(self, **more: Any) -> str:
        made = await self.organiser.post(
            "/v1/courses", {"fieldlabId": "duurzaamheidsfabriek", "titleNl": "Met regels", "titleEn": "With rules", **more}
        )
        assert made.status == 201, made.body
        return str(made.body["id"])

    async def session(self, course: str, capacity: int = 5, *, days: int = 0, **more: Any) -> str:
        starts_at = STARTS + timedelta(days=days)
        times = {"startsAt": starts_at.isoformat(), "endsAt": (starts_at + timedelta(hours=8)).isoformat()}
        made = await self.organiser.post(f"/v1/courses/{course}/sessions", {**times, "capacity": capacity, **more})
        assert made.status == 201, made.body
        session = str(made.body["id"])
        await self.until(session, lambda shape: shape["state"] == "open")
        return session

    async def until(self, session: str, holds: Callable[[Any], bool]) -> Any:
        for _ in range(300):
            shape = (await self.organiser.get(f"/v1/sessions/{session}")).body
            if holds(shape):
                return shape
            await asyncio.sleep(0.1)
        raise AssertionError(shape)

    async def enroll(self, worker: Api, session: str, **more: Any) -> Reply:
        return await worker.post("/v1/enrollments", {"sessionId": session, **more})


@pytest.fixture
def lab(http: aiohttp.ClientSession, platform: Running, newcomers: Iterator[str]) -> Lab:
    return Lab(http, Api(http, platform.demo["tokens"]["organiser"]), newcomers)


def kept(group: str, seats: int) -> dict[str, object]:
    return {"group": group, "seats": seats, "until": UNTIL.isoformat()}


async def test_one_session_of_a_course_at_a_time_and_the_no_says_which(lab: Lab) -> None:
    course, worker = await lab.course(), lab.worker()
    first, second = await lab.session(course), await lab.session(course, days=7)
    mine = await lab.enroll(worker, first)

    refused = a_problem(await lab.enroll(worker, second), 409, "other-session-of-course")

    assert [(fault["pointer"], first in fault["detail"]) for fault in refused["errors"]] == [("#/sessionId", True)]
    assert (await worker.post(f"/v1/enrollments/{mine.body['id']}/cancellation")).status == 200
    assert (await lab.enroll(worker, second)).status == 201


async def test_what_overlaps_is_a_warning_to_the_person_and_to_nobody_else(lab: Lab) -> None:
    worker = lab.worker()
    first, second = await lab.session(await lab.course()), await lab.session(await lab.course())
    one = (await lab.enroll(worker, first)).body
    other = (await lab.enroll(worker, second)).body

    warning = {"kind": "overlaps", "sessionId": first, "enrollmentId": one["id"]}
    assert "warnings" not in one
    assert other["warnings"] == [warning]
    assert (await worker.get(f"/v1/enrollments/{other['id']}")).body["warnings"] == [warning]
    assert "warnings" not in (await lab.organiser.get(f"/v1/enrollments/{other['id']}")).body


async def test_kept_seats_are_for_the_group_and_everybody_sees_how_many(lab: Lab) -> None:
    session = await lab.session(await lab.course(), 3, reserved=[kept("sme", 1), kept("jobseekers", 1)])
    outsiders = [await lab.enroll(lab.worker(), session, workerGroup="jobseeker", employerSizeClass="large") for _ in range(2)]
    small = await lab.enroll(lab.worker(), session, employerSizeClass="small")

    assert [one.body["state"] for one in (*outsiders, small)] == ["confirmed", "waitlisted", "confirmed"]
    shape = await lab.until(session, lambda shape: shape["waiting"] == 1 and shape["reserved"][0]["left"] == 0)
    assert shape["seatsLeft"] == 0
    assert [(one["group"], one["seats"], one["left"]) for one in shape["reserved"]] == [("sme", 1, 0), ("jobseekers", 1, 1)]

    lifted = await lab.organiser.ask("PATCH", f"/v1/sessions/{session}/seats", {"reserved": []})

    assert (lifted.status, lifted.body["reserved"], lifted.body["waiting"]) == (200, [], 0)
    assert (await lab.until(session, lambda shape: not shape["reserved"]))["waiting"] == 0


async def test_a_course_asks_for_something_and_keeps_what_was_said(lab: Lab) -> None:
    basics = await lab.course()
    session = await lab.session(await lab.course(requiresCourseId=basics, **STATEMENT))
    worker = lab.worker()

    refused = a_problem(await lab.enroll(worker, session), 409, "prerequisite-missing")
    assert [fault["code"] for fault in refused["errors"]] == ["course_not_completed", "statement_missing"]
    assert STATEMENT["statementEn"] in refused["errors"][1]["detail"]

    made = await lab.enroll(worker, session, statesPrerequisite=True)
    assert (await worker.get(f"/v1/enrollments/{made.body['id']}")).body["stated"] == STATEMENT["statementNl"]
    (own,) = (await worker.get("/v1/me/export")).body["enrollments"]
    assert own["declared"] == {"groups": [], "keptFor": None, "stated": STATEMENT["statementNl"]}


async def test_whether_it_takes_place_is_decided_once_and_everybody_sees_it(lab: Lab) -> None:
    decide_at = (STARTS - timedelta(days=10)).isoformat()
    session = await lab.session(await lab.course(), 5, minimum=3, decideAt=decide_at)
    before = (await lab.organiser.get(f"/v1/sessions/{session}/seats")).body
    assert (before["minimum"], before["going"]) == (3, "pending")
    assert (await lab.until(session, lambda shape: True))["goesOn"] is False

    past = datetime.now(UTC).isoformat()
    await lab.organiser.ask("PATCH", f"/v1/sessions/{session}/seats", {"decideAt": past})
    for _ in range(100):
        if (seats := (await lab.organiser.get(f"/v1/sessions/{session}/seats")).body)["going"] == "short":
            break
        await asyncio.sleep(0.1)
    assert seats["going"] == "short"

    assert (await lab.organiser.post(f"/v1/sessions/{session}/confirmation")).body["going"] == "sure"
    assert (await lab.until(session, lambda shape: shape["goesOn"]))["minimum"] == 3


@pytest.mark.parametrize(
    ("more", "pointer"),
    [
        ({"reserved": [kept("sme", 9)]}, "#/reserved"),
        ({"reserved": [kept("sme", 1), kept("sme", 2)]}, "#/reserved"),
        ({"reserved": [{**kept("sme", 1), "until": (STARTS + timedelta(days=1)).isoformat()}]}, "#/reserved"),
        ({"minimum": 6}, "#/minimum"),
        ({"minimum": 3, "decideAt": (STARTS + timedelta(days=1)).isoformat()}, "#/decideAt"),
    ],
)
async def test_rules_that_cannot_be_are_refused_with_what_to_do(lab: Lab, more: dict[str, Any], pointer: str) -> None:
    course = await lab.course()
    times = {"startsAt": STARTS.isoformat(), "endsAt": (STARTS + timedelta(hours=8)).isoformat(), "capacity": 5}

    refused = a_problem(await lab.organiser.post(f"/v1/courses/{course}/sessions", {**times, **more}), 400, "invalid-input")

    assert [fault["pointer"] for fault in refused["errors"]] == [pointer]
    session = await lab.session(course)
    again = a_problem(await lab.organiser.ask("PATCH", f"/v1/sessions/{session}/seats", more), *_refusal(more))
    assert all(fault["pointer"].startswith(pointer) for fault in again.get("errors", ()))


def _refusal(more: dict[str, Any]) -> tuple[int, str]:
    return (409, "seats-are-kept") if more.get("reserved") == [kept("sme", 9)] else (400, "invalid-input")


async def test_a_course_asks_for_no_course_that_is_not_there(lab: Lab) -> None:
    course = await lab.course()

    refused = await lab.organiser.ask("PATCH", f"/v1/courses/{course}", {"requiresCourseId": course})

    assert [fault["pointer"] for fault in a_problem(refused, 400, "invalid-input")["errors"]] == ["#/requiresCourseId"]


# On the pages


@pytest.mark.browser
@pytest.mark.parametrize("language", LANGUAGES)
def test_organiser_and_worker_can_work_seats_with_rules_on_a_phone(page: Page, visit: Visit, language: Language) -> None:  # noqa: F811
    sign_in(page, "organiser")
    title = f"Regels {language}"
    page.goto(path("new-course", language))
    page.fill("#titleNl", title)
    page.fill("#statementNl", STATEMENT["statementNl"])
    page.fill("#statementEn", STATEMENT["statementEn"])
    page.click("form.form button")
    page.wait_for_url("**done=course-made")
    page.locator("article.offer", has_text=title).locator("a[href*=sessie], a[href*=session]").last.click()
    for field, value in {
        "startDay": f"{STARTS:%Y-%m-%d}", "endDay": f"{STARTS:%Y-%m-%d}", "capacity": "2", "minimum": "2",
        "decideDay": f"{STARTS - timedelta(days=9):%Y-%m-%d}", "keptJobseekers": "2", "keptUntil": f"{UNTIL:%Y-%m-%d}",
    }.items():  # fmt: skip
        page.fill(f"#{field}", value)
    page.click("form.form button")
    page.wait_for_url("**done=session-announced")
    row = page.locator("article.offer", has_text=title).locator("tbody a")
    session = str(row.get_attribute("href")).rsplit("/", 1)[1]
    own = path("own-session", language, {"session": session})
    eventually(lambda: (page.goto(own), page.locator("#keptJobseekers").count())[1] == 1)
    examine(page, own, language)
    assert page.input_value("#keptJobseekers") == "2"

    sign_in(page, "worker")
    enroll = path("enroll", language, {"session": session})
    examine(page, enroll, language)
    page.check("#jobseeker")
    page.click("form.form button.utrecht-button--primary-action")
    assert page.locator(".utrecht-alert--error").count() == 1
    page.check("#statesPrerequisite")
    page.click("form.form button.utrecht-button--primary-action")
    page.wait_for_url("**/*enrollments/*" if language == "en" else "**/mijn-inschrijvingen/*")
    examine(page, page.url, language)
    assert page.locator(".outcome--ok").count() == 1
    assert page.get_by_text(STATEMENT["statementNl"]).count() == 1

    sign_in(page, "organiser")
    page.goto(own)
    page.click("form[aria-labelledby=going] button")
    page.wait_for_url("**done=session-confirmed")
    assert page.locator("form[aria-labelledby=going]").count() == 0
