"""Who was there: the organiser marks it by name, and each person sees what became of their place, why, and who looked."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen
from uuid import uuid4

import asyncpg
import axe_playwright_python
import pytest
from playwright.sync_api import Browser, Page

from gateway.pages.addresses import path
from tests.browser import PHONE, sign_in
from tests.gateway.conftest import SessionWith, Visit, mails_to
from tests.gateway.test_doors import me, signed_in
from tests.gateway.test_pages import eventually
from tests.gateway.test_pages_in_browser import examine, small_targets, violations
from tests.gateway.test_privacy import database, enroll
from tests.gateway.visitor import Answer, Visitor
from tests.platform import Running


def begin(platform: Running, session: str) -> None:
    """Have a session begin this very moment: nobody announces one of the past."""

    async def now() -> None:
        for service in ("catalog", "enrollment"):
            conn = await asyncpg.connect(database(platform, service))
            await conn.execute("UPDATE session SET starts_at = now() WHERE session_id = $1::text::uuid", session)
            await conn.close()

    with ThreadPoolExecutor(1) as aside:  # a browser may have an event loop running in this thread
        aside.submit(asyncio.run, now()).result()


def ask(platform: Running, path: str, body: object, *, role: str = "organiser", key: str = "") -> tuple[int, Any]:
    """As a program does: the status, and the answer."""
    headers = {"Authorization": f"Bearer {platform.demo['tokens'][role]}", "Content-Type": "application/json"}
    headers |= {"Idempotency-Key": key} if key else {}
    request = Request(platform.base_url + path, data=json.dumps(body).encode(), headers=headers)
    try:
        with urlopen(request, timeout=20) as response:
            return response.status, json.loads(response.read())
    except HTTPError as error:
        with error:
            return error.code, json.loads(error.read())


def fields_of(page: Answer) -> dict[str, str]:
    """By the name of a person, the field by which they are marked."""
    found = re.findall(r'<legend class="mark__name">(.*?)</legend>.*?name="(mark\.[^"]+)"', page.text, flags=re.DOTALL)
    return dict(found)


def name_of(visitor: Visitor) -> str:
    return str(me(visitor)["name"])


def test_the_organiser_marks_by_name_and_each_sees_what_became_of_it(
    visit: Visit, platform: Running, session_with: SessionWith
) -> None:
    session = session_with(3)
    worker, employer, organiser = visit("worker"), visit("employer"), visit("organiser")
    enrollments = {one: enroll(one, session) for one in (worker, employer)}
    roster = f"/organisator/sessies/{session}/deelnemers"
    assert roster in organiser.get(f"/organisator/sessies/{session}").text
    before = organiser.get(roster)
    assert name_of(worker) in before.words
    assert fields_of(before) == {}, "nobody was there yet"
    early = organiser.post(roster, {"rest": "present"})
    assert (early.status, "nog niet begonnen" in early.words) == (409, True)
    begin(platform, session)

    assert "2 mensen te noteren" in organiser.get("/organisator").words
    field = fields_of(organiser.get(roster))[name_of(employer)]
    done = organiser.post(roster, {field: "absent", "rest": "present"}, follow=True)

    assert "Het is genoteerd" in done.words
    assert "Je was er" in worker.get(f"/mijn-inschrijvingen/{enrollments[worker]}").words
    theirs = employer.get(f"/mijn-inschrijvingen/{enrollments[employer]}").words
    assert "Je staat als afwezig genoteerd" in theirs
    assert "je nu niet meer" not in theirs
    assert "Je staat als afwezig genoteerd" in employer.get("/mijn-inschrijvingen").words

    marked = fields_of(organiser.get(roster))[name_of(employer)]
    without = organiser.post(roster, {marked: "present"})
    assert (without.status, "Zeg waarom je het verbetert." in without.words) == (400, True)
    assert re.search(rf'name="{re.escape(marked)}" value="present" checked', without.text), "the choice is kept"
    assert organiser.post(roster, {marked: "present", "reason": "came-late"}).status == 303

    history = employer.get(f"/mijn-inschrijvingen/{enrollments[employer]}").words
    assert "Je was er" in history
    assert "Verbeterd: kwam later" in history
    looks = employer.get("/mijn-gegevens/inzage").words
    for act in ("keek wie er meedoet aan een training", "noteerde wie er was", "verbeterde wie er was"):
        assert f"De Duurzaamheidsfabriek {act}" in looks


def test_nothing_chosen_and_nothing_changed_marks_nobody(visit: Visit, platform: Running, session_with: SessionWith) -> None:
    session = session_with(1)
    enroll(visit("worker"), session)
    begin(platform, session)
    organiser, roster = visit("organiser"), f"/en/organiser/sessions/{session}/roster"
    (field,) = fields_of(organiser.get(roster)).values()

    nothing = organiser.post(roster)
    assert (nothing.status, "Choose for at least one person" in nothing.words) == (400, True)
    assert organiser.post(roster, {field: "completed"}).status == 303
    again = organiser.post(roster, {field: "absent"})

    assert again.status == 409, "the page was of before: somebody marked meanwhile"
    assert "A correction needs a reason" in again.words


def test_whoever_passes_gets_a_mail(visit: Visit, platform: Running, session_with: SessionWith) -> None:
    address = "geslaagd@werkplaats.example"
    visitor, session = signed_in(visit, platform, address), session_with(1)
    enrollment = enroll(visitor, session)
    begin(platform, session)

    assert ask(platform, f"/v1/sessions/{session}/attendance", {"present": [enrollment]})[0] == 200
    assert ask(platform, f"/v1/sessions/{session}/attendance", {"completed": [enrollment]})[0] == 200

    eventually(lambda: "Je hebt afgerond: Druk bezocht" in [mail["subject"] for mail in mails_to(platform, address)])
    assert len(mails_to(platform, address)) == 3, "the link to sign in, the place, and this"
    words = visitor.get("/mijn-gegevens/alles").words
    assert "Je hebt deze training afgerond" in words
    told = json.loads(visitor.get("/v1/me/export").text)
    assert [step["state"] for step in told["enrollments"][0]["steps"]] == ["confirmed", "attended", "completed"]


def test_a_program_marks_all_or_nobody_and_hears_which_are_wrong(
    visit: Visit, platform: Running, session_with: SessionWith
) -> None:
    here, elsewhere = session_with(1), session_with(1)
    holds, waits, other = (
        enroll(visit("worker"), here), enroll(visit("employer"), here), enroll(visit("operator"), elsewhere),
    )  # fmt: skip
    address = f"/v1/sessions/{here}/attendance"

    assert ask(platform, address, {"present": [holds]})[1]["type"] == "/problems/session-not-started"
    begin(platform, here)

    status, body = ask(platform, address, {"present": [holds, "x"], "absent": 3, "reason": "ill", "who": 1})
    assert status == 400
    assert {fault["pointer"] for fault in body["errors"]} == {"#/present/1", "#/absent", "#/reason", "#/who"}
    status, body = ask(platform, address, {"present": [holds], "completed": [holds]})
    assert (status, body["errors"][0]["pointer"], body["errors"][0]["code"]) == (400, "#/completed", "marked_twice")

    for stranger in (other, str(uuid4())):
        status, body = ask(platform, address, {"present": [holds], "absent": [stranger]})
        assert (status, body["type"]) == (404, "/problems/not-found")
        assert [fault["pointer"] for fault in body["errors"]] == ["#/absent/0"]
    status, body = ask(platform, address, {"present": [waits, holds]})
    assert (status, body["type"], body["errors"][0]["pointer"]) == (409, "/problems/holds-no-seat", "#/present/0")
    listed = json.loads(visit("organiser").get(f"/v1/enrollments?sessionId={here}&state=confirmed").text)
    assert [item["id"] for item in listed["items"]] == [holds], "nothing was half done"

    key = uuid4().hex
    marked = ask(platform, address, {"absent": [holds]}, key=key)
    assert marked == ask(platform, address, {"absent": [holds]}, key=key)
    assert (marked[0], [(item["id"], item["state"], item["revision"]) for item in marked[1]["items"]]) == (
        200, [(holds, "no_show", 2)],
    )  # fmt: skip
    status, body = ask(platform, address, {"present": [holds]})
    assert (status, body["type"]) == (409, "/problems/correction-needs-a-reason")
    assert ask(platform, address, {"present": [holds], "reason": "mistake"})[1]["items"][0]["state"] == "attended"
    one = json.loads(visit("worker").get(f"/v1/enrollments/{holds}").text)
    assert [step.get("reason") for step in one["steps"]] == [None, None, "mistake"]
    assert "reason" not in one
    assert json.loads(visit().get(f"/v1/sessions/{here}").text)["seatsLeft"] == 0


def test_an_organiser_elsewhere_sees_no_name_and_marks_nobody(
    visit: Visit, platform: Running, session_with: SessionWith
) -> None:
    session = session_with(1)
    enrollment = enroll(visit("worker"), session)
    begin(platform, session)
    (elsewhere,) = platform.tokens("organiser", 1, scope="robohouse")
    request = Request(
        f"{platform.base_url}/v1/sessions/{session}/attendance", data=json.dumps({"absent": [enrollment]}).encode(),
        headers={"Authorization": f"Bearer {elsewhere}"},
    )  # fmt: skip

    with pytest.raises(HTTPError) as refused:
        urlopen(request, timeout=20)

    with refused.value as answer:
        assert answer.code == 403
    for role in ("worker", "region", "employer"):
        page = visit(role).get(f"/organisator/sessies/{session}/deelnemers")
        assert (page.status, name_of(visit("worker")) in page.words) == (403, False)


def test_who_was_erased_keeps_the_place_and_has_no_name(visit: Visit, platform: Running, session_with: SessionWith) -> None:
    session = session_with(1)
    visitor = signed_in(visit, platform, "gewist@werkplaats.example")
    enroll(visitor, session)
    begin(platform, session)
    assert "gewist@werkplaats.example" in visit("organiser").get(f"/organisator/sessies/{session}/deelnemers").words

    visitor.post("/mijn-gegevens/wissen")

    words = visit("organiser").get(f"/organisator/sessies/{session}/deelnemers").words
    assert "Iemand die is gewist" in words
    assert "gewist@werkplaats.example" not in words


# In a browser


@pytest.fixture
def page(browser: Browser, platform: Running) -> Iterator[Page]:
    context = browser.new_context(base_url=platform.base_url, viewport=PHONE)
    context.add_init_script(path=Path(axe_playwright_python.__file__).with_name("axe.min.js"))
    yield context.new_page()
    context.close()


@pytest.mark.browser
def test_an_organiser_marks_who_was_there_on_a_phone(
    page: Page, visit: Visit, platform: Running, session_with: SessionWith
) -> None:
    worker, session = visit("worker"), session_with(3)
    enrollment = enroll(worker, session)
    enroll(visit("employer"), session)
    sign_in(page, "organiser")
    examine(page, path("roster", "en", {"session": session}), "en")
    begin(platform, session)
    examine(page, path("roster", "nl", {"session": session}), "nl")
    page.set_viewport_size(PHONE)

    marks = page.get_by_role("group", name=name_of(worker))
    marks.get_by_label("Afgerond").check()
    page.locator("button[name=rest]").click()
    page.wait_for_url("**done=attendance-marked")
    assert page.locator("button[name=rest]").count() == 0, "nobody is left to mark"
    marks.get_by_label("Afwezig").check()
    page.get_by_role("button", name="Opslaan").click()
    page.wait_for_url(lambda url: "done" not in url)
    assert marks.get_by_label("Afwezig").is_checked()
    assert violations(page) == []
    assert small_targets(page) == []
    page.locator("#reason").select_option("mistake")
    page.get_by_role("button", name="Opslaan").click()
    page.wait_for_url("**done=attendance-marked")
    assert marks.get_by_label("Afwezig").is_checked()

    examine(page, path("organiser", "en"), "en")
    sign_in(page, "worker")
    examine(page, path("enrollment", "nl", {"enrollment": enrollment}), "nl")


@pytest.mark.browser
def test_the_roster_is_printed_by_name_and_without_buttons(
    page: Page, visit: Visit, platform: Running, session_with: SessionWith
) -> None:
    session = session_with(2)
    enroll(visit("worker"), session)
    sign_in(page, "organiser")
    for _ in range(2):
        page.goto(f"/en/organiser/sessions/{session}/roster")
        page.emulate_media(media="print")
        assert page.get_by_text(name_of(visit("worker"))).is_visible()
        assert [one for one in page.locator("main button, main .utrecht-button-link").all() if one.is_visible()] == []
        page.emulate_media(media="screen")
        begin(platform, session)
