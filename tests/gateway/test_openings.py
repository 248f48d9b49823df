"""Openings as people meet them: a draw that they can check, a line in which they keep their place, and a day to come back."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from html import unescape

import aiohttp
import asyncpg
import httpx
import pytest
from playwright.sync_api import Page

from gateway.pages.addresses import path
from shared.translations import LANGUAGES, Language
from tests.browser import sign_in
from tests.gateway.conftest import SessionWith, Visit, mails_to
from tests.gateway.test_pages import FIELDLAB, a_course_of, enroll, eventually, heading
from tests.gateway.test_pages_in_browser import examine, page, violations  # noqa: F401  (a fixture)
from tests.gateway.visitor import Visitor
from tests.platform import Running


def in_days(days: int) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).isoformat()


async def _have_it_drawn(platform: Running, session: str) -> None:
    conn = await asyncpg.connect(platform.told["SKILLSLAB_DATABASE_URL"] + "_enrollment")
    await conn.execute("UPDATE opening SET draw_at = now() WHERE session_id = $1", session)
    await conn.close()


def have_it_drawn(platform: Running, session: str) -> None:
    """Let the moment of a draw be now."""
    asyncio.run(_have_it_drawn(platform, session))


def api(visitor: Visitor, address: str) -> dict[str, object]:
    told: dict[str, object] = json.loads(visitor.get(address).text)
    return told


def test_a_draw_from_the_form_to_the_enrollment_and_checked_by_the_lines_on_its_page(
    platform: Running, visit: Visit, session_with: SessionWith
) -> None:
    session = session_with(1, drawAt=in_days(2))
    people = [visit(role) for role in ("worker", "employer", "region")]
    assert "Een loting bepaalt wie een plek krijgt" in people[0].get(f"/inschrijven/{session}").words
    tickets = [enroll(person, session, workMunicipality="Dordrecht") for person in people]
    again = enroll(people[0], session)
    assert {heading(ticket) for ticket in tickets} == {"Je doet mee met de loting"}
    assert again.url == tickets[0].url
    assert people[0].get(f"/inschrijven/{session}").url == tickets[0].url
    assert "In de loting van" in people[0].get("/mijn-inschrijvingen").words
    assert people[1].get(tickets[0].url.removeprefix(platform.base_url)).status == 404
    assert "te zien bij de loting" in visit().get(f"/loting/{session}").words
    promised = api(visit(), f"/v1/sessions/{session}/draw")["seedHash"]

    have_it_drawn(platform, session)
    addresses = [ticket.url.removeprefix(platform.base_url) for ticket in tickets]
    eventually(
        lambda: all("/mijn-inschrijvingen/" in person.get(at).url for person, at in zip(people, addresses, strict=True)),
        seconds=60,
    )

    outcomes = [heading(person.get(at)) for person, at in zip(people, addresses, strict=True)]
    in_line = ["Je staat op nummer 1 van de wachtlijst", "Je staat op nummer 2 van de wachtlijst"]
    assert sorted(outcomes) == ["Je hebt een plek", *in_line]
    draw = api(visit(), f"/v1/sessions/{session}/draw")
    assert draw["seedHash"] == promised
    drawn = [one["ticketId"] for one in draw["items"]]  # type: ignore[attr-defined]
    assert outcomes[[at.rpartition("/")[2] for at in addresses].index(drawn[0])] == "Je hebt een plek"
    shown = visit().get(f"/en/draw/{session}")
    lines = re.search(r"<code>(import hashlib.*?)</code>", shown.text, flags=re.DOTALL)
    assert lines
    ran = subprocess.run([sys.executable, "-c", unescape(lines[1])], capture_output=True, text=True, timeout=60, check=True)
    assert ran.stdout.split() == ["True", "True"]


def test_who_takes_part_in_a_draw_gets_a_mail_that_says_so(platform: Running, visit: Visit, session_with: SessionWith) -> None:
    worker = visit("worker")
    address = str(api(worker, "/v1/me")["email"])
    enroll(worker, session := session_with(1, drawAt=in_days(2)))

    def told() -> bool:
        return any(mail.get("sessionId") == session and "loting" in mail["subject"] for mail in mails_to(platform, address))

    eventually(told, seconds=60)
    (mail,) = [mail for mail in mails_to(platform, address) if mail.get("sessionId") == session]
    assert mail["attachments"] == []


async def _another_date(platform: Running, session: str) -> str:
    headers = {"Authorization": f"Bearer {platform.demo['tokens']['organiser']}"}
    async with aiohttp.ClientSession(platform.base_url, headers=headers, raise_for_status=True) as http:
        async with http.get(f"/v1/sessions/{session}") as response:
            course = (await response.json())["courseId"]
        times = {"startsAt": in_days(70), "endsAt": in_days(71), "capacity": 5}
        async with http.post(f"/v1/courses/{course}/sessions", json=times) as response:
            other = str((await response.json())["id"])
        while True:
            async with http.get(f"/v1/sessions/{other}") as response:
                if (await response.json())["state"] == "open":
                    return other
            await asyncio.sleep(0.1)


def test_whoever_is_in_another_session_when_it_is_drawn_reads_so_on_the_page_and_in_a_mail(
    platform: Running, visit: Visit, session_with: SessionWith
) -> None:
    worker = visit("worker")
    mailbox = str(api(worker, "/v1/me")["email"])
    session = session_with(1, drawAt=in_days(2))
    ticket = enroll(worker, session).url.removeprefix(platform.base_url)
    other = asyncio.run(_another_date(platform, session))
    assert heading(enroll(worker, other)) == "Je hebt een plek"

    have_it_drawn(platform, session)
    eventually(lambda: heading(worker.get(ticket)) == "Je doet al mee op een andere datum van deze cursus", seconds=60)

    def told() -> list[str]:
        return [mail["subject"] for mail in mails_to(platform, mailbox) if mail.get("sessionId") == session]

    eventually(lambda: any("Geen plek voor jou" in subject for subject in told()), seconds=60)


def test_a_waiting_room_shows_the_place_and_ends_in_the_enrollment(visit: Visit, session_with: SessionWith) -> None:
    session = session_with(1, waitingRoom=True)
    worker = visit("worker")
    assert "Het kan hier druk zijn" in worker.get(f"/inschrijven/{session}").words

    sent = worker.post(f"/inschrijven/{session}")

    assert sent.status == 303
    assert sent.location.startswith("/in-de-rij/")
    eventually(lambda: heading(worker.get(sent.location)) == "Je hebt een plek", seconds=60)


def test_who_no_longer_wants_to_take_part_in_a_draw_leaves_reads_so_and_can_come_back(
    platform: Running, visit: Visit, session_with: SessionWith
) -> None:
    session = session_with(1, drawAt=in_days(2))
    worker, other = visit("worker"), visit("employer")
    ticket = enroll(worker, session).url.removeprefix(platform.base_url)
    leave = ticket + "/niet-meer-meedoen"
    assert leave in worker.get(ticket).text
    assert "Tot de loting kun je je opnieuw inschrijven" in worker.get(leave).words
    assert other.post(leave).status == 404

    left = worker.post(leave, follow=True)

    assert heading(left) == "Dit lot telt niet meer"
    assert "Je doet niet meer mee." in left.words
    assert f'href="/inschrijven/{session}"' in left.text
    assert worker.get(leave).url.endswith(ticket)
    assert worker.post(leave).status == 303
    listed = api(visit(), f"/v1/sessions/{session}/draw")
    assert listed["total"] == 1
    assert ticket.rpartition("/")[2] in str(listed["items"])
    again = enroll(worker, session)
    assert heading(again) == "Je doet mee met de loting"
    assert not again.url.endswith(ticket)


def test_who_wants_to_leave_when_it_was_their_turn_already_reads_so_and_finds_the_enrollment(
    visit: Visit, session_with: SessionWith
) -> None:
    session = session_with(1, waitingRoom=True)
    worker = visit("worker")
    ticket = worker.post(f"/inschrijven/{session}").location
    eventually(lambda: heading(worker.get(ticket)) == "Je hebt een plek", seconds=60)

    late = worker.post(ticket + "/niet-meer-meedoen")

    assert late.status == 409
    assert heading(late) == "Je was al aan de beurt"
    assert worker.get(ticket).url.rpartition("/")[2] in late.text


def test_a_session_is_not_moved_to_before_it_is_drawn(platform: Running, session_with: SessionWith) -> None:
    session = session_with(1, drawAt=in_days(9))
    headers = {"Authorization": f"Bearer {platform.demo['tokens']['organiser']}"}
    told = {"startsAt": in_days(8), "endsAt": in_days(10)}

    answer = httpx.patch(f"{platform.base_url}/v1/sessions/{session}", json=told, headers=headers)

    assert answer.status_code == 400
    assert [(one["pointer"], one["code"]) for one in answer.json()["errors"]] == [("#/startsAt", "starts_too_early")]


def test_a_program_leaves_a_draw_and_hears_how_its_ticket_is_then(platform: Running, session_with: SessionWith) -> None:
    session, token = session_with(1, drawAt=in_days(2)), platform.demo["tokens"]["worker"]
    ticket = ask(platform, token, session)["ticketId"]

    left = [call(platform, token, f"/v1/tickets/{ticket}/withdrawal", {}) for _ in range(2)]

    assert [(one["status"], one["id"], one["state"]) for one in left] == [(200, ticket, "withdrawn")] * 2
    assert "position" not in left[0]


def test_before_it_opens_people_and_programs_hear_when(visit: Visit, platform: Running) -> None:
    organiser = visit("organiser")
    course = a_course_of(organiser, FIELDLAB)
    opens = datetime.now(UTC) + timedelta(days=3)
    fields = {
        "startDay": f"{datetime.now(UTC) + timedelta(days=40):%Y-%m-%d}", "startTime": "09:00", "capacity": "5",
        "endDay": f"{datetime.now(UTC) + timedelta(days=40):%Y-%m-%d}", "endTime": "16:00", "way": "draw",
        "opensDay": f"{opens:%Y-%m-%d}", "opensTime": "09:00", "drawDay": f"{opens:%Y-%m-%d}", "drawTime": "08:00",
    }  # fmt: skip
    refused = organiser.post(f"/organisator/cursussen/{course}/sessie", fields)
    assert refused.status == 400
    assert "De loting komt nadat het inschrijven begint" in refused.words
    made = organiser.post(f"/organisator/cursussen/{course}/sessie", {**fields, "drawTime": "12:00", "location": "Hal 9"})
    assert made.status == 303
    sessions = [one for one in api(visit(), f"/v1/courses/{course}")["sessions"] if one["location"] == "Hal 9"]  # type: ignore[attr-defined]
    session = sessions[0]
    assert session["state"] == "announced"

    token = platform.demo["tokens"]["worker"]
    eventually(lambda: ask(platform, token, session["id"])["type"] == "/problems/opens-later", seconds=60)
    told = ask(platform, token, session["id"])

    assert 2 * 86_400 < int(str(told["Retry-After"])) < 4 * 86_400
    assert session["opensAt"][:16] in told["errors"][0]["detail"]  # type: ignore[index]
    assert "Inschrijven kan vanaf" in visit("worker").get(f"/inschrijven/{session['id']}").words
    assert "Inschrijven vanaf" in visit().get(f"/cursussen/{course}").words


def ask(platform: Running, token: str, session: str) -> dict[str, object]:
    """What the API answers to a request for a seat, with how long to wait."""
    return call(platform, token, "/v1/enrollments", {"sessionId": session})


def call(platform: Running, token: str, address: str, body: object) -> dict[str, object]:
    """What the API answers, with its status and how long to wait."""

    async def post() -> dict[str, object]:
        headers = {"Authorization": f"Bearer {token}"}
        async with (
            aiohttp.ClientSession(platform.base_url, headers=headers) as http,
            http.post(address, json=body) as response,
        ):
            more = {"status": response.status, "Retry-After": response.headers.get("Retry-After", "0")}
            return {**more, **await response.json(content_type=None)}

    return asyncio.run(post())


@pytest.mark.browser
@pytest.mark.parametrize("language", LANGUAGES)
def test_everybody_can_take_part_in_a_draw(
    page: Page, visit: Visit, session_with: SessionWith, language: Language  # noqa: F811
) -> None:  # fmt: skip
    sign_in(page, "worker")
    session = session_with(1, drawAt=in_days(2))
    page.goto(path("enroll", language, {"session": session}))
    assert violations(page) == []
    page.click("form.form button")
    page.wait_for_url(re.compile("in-de-rij/|in-line/"))
    examine(page, page.url, language)
    page.goto(page.url + ("/niet-meer-meedoen" if language == "nl" else "/leave"))
    assert violations(page) == []
    page.goto(path("enrollments", language))
    assert violations(page) == []
    page.goto(path("draw", language, {"session": session}))
    page.click(".more__summary")
    examine(page, page.url, language)
