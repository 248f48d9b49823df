"""An organiser approves who enrolls: chosen with a date, asked by a worker, decided on a page of its own, seen at each step."""

from __future__ import annotations

import json
import re
import urllib.request
from collections.abc import Mapping
from typing import Any

from gateway.pages import approvals
from tests.gateway.conftest import SessionWith, Visit, mails_to
from tests.gateway.test_pages import FIELDLAB, a_course_of, enroll, eventually, heading
from tests.gateway.visitor import Visitor
from tests.platform import Running

A_DATE = {
    "startDay": "2027-09-01", "startTime": "08:30", "endDay": "2027-09-01", "endTime": "16:30", "capacity": "6",
    "closeDay": "2027-08-25",
}  # fmt: skip


def ask(platform: Running, role: str, method: str, path: str, body: Mapping[str, object] | None = None) -> Any:
    """As a program with the token of a sample person; gives what is answered."""
    request = urllib.request.Request(platform.base_url + path, method=method)
    request.add_header("Authorization", f"Bearer {platform.demo['tokens'][role]}")
    request.add_header("Content-Type", "application/json")
    with urllib.request.urlopen(request, json.dumps(body).encode() if body is not None else None, timeout=20) as response:
        return json.load(response)


def asking(organiser: Visitor, session: str) -> list[str]:
    """The enrollments on the organiser's page of who asks."""
    page = organiser.get(f"/organisator/sessies/{session}/aanvragen")
    assert page.status == 200
    return re.findall(r'action="/organisator/aanvragen/([0-9a-f-]{36})/goedkeuren"', page.text)


def subjects_about(platform: Running, session: str) -> set[str]:
    """Of the mails to the worker about a session."""
    mails = mails_to(platform, "worker@demo.skillslab.example")
    return {mail["subject"] for mail in mails if mail.get("sessionId") == session}


def test_an_organiser_chooses_to_approve_with_a_new_date_and_may_change_that(visit: Visit) -> None:
    organiser = visit("organiser")
    course = a_course_of(organiser, FIELDLAB)

    wrong = organiser.post(
        f"/en/organiser/courses/{course}/session", {**A_DATE, "approval": "perhaps", "approvalHours": "1000"}
    )
    assert wrong.status == 400
    assert "Choose one of the answers." in wrong.words
    made = organiser.post(f"/organisator/cursussen/{course}/sessie", {**A_DATE, "approval": "first", "approvalHours": "48"})
    assert made.status == 303
    session = max(json.loads(organiser.get(f"/v1/courses/{course}").text)["sessions"], key=lambda one: one["startsAt"])
    assert (session["needsApproval"], session["holdsSeat"], session["approvalHours"]) == (True, False, 48)

    address = f"/organisator/sessies/{session['id']}"
    eventually(lambda: '<option value="first" selected>' in organiser.get(address).text)
    changed = {"capacity": "6", "closeDay": "2027-08-25", "approval": "with-seat", "approvalHours": "24"}
    assert organiser.post(address, changed).location.endswith("done=seats-changed")
    assert '<option value="with-seat" selected>' in organiser.get(address).text
    eventually(lambda: json.loads(organiser.get(f"/v1/sessions/{session['id']}").text)["approvalHours"] == 24)


def test_from_a_request_to_a_place_and_the_person_sees_each_step(
    visit: Visit, session_with: SessionWith, platform: Running
) -> None:
    session = session_with(2, needsApproval=True, approvalHours=48)
    worker, organiser = visit("worker"), visit("organiser")
    told = worker.get(f"/en/enroll/{session}").words
    assert "You hear within 48 hours" in told
    assert "A place is held for you until then." in told

    asked = enroll(worker, session)
    assert heading(asked) == "Goedkeuring is gevraagd"
    assert "Het fieldlab antwoordt uiterlijk" in asked.words
    page = asked.url.removeprefix(worker.base_url)
    own_name = json.loads(worker.get("/v1/me").text)["name"]
    assert own_name in organiser.get(f"/organisator/sessies/{session}/aanvragen").words
    (enrollment,) = asking(organiser, session)
    assert page.endswith(enrollment)
    eventually(lambda: "STATUS:TENTATIVE" in worker.get(f"{page}/agenda.ics").text)
    assert "1 persoon vraagt je goedkeuring" in organiser.get(f"/organisator/sessies/{session}").words
    assert f"/organisator/sessies/{session}/aanvragen" in organiser.get("/organisator").text

    assert organiser.post(f"/organisator/aanvragen/{enrollment}/goedkeuren").location.endswith("done=request-approved")
    assert asking(organiser, session) == []

    seen = worker.get(page)
    assert heading(seen) == "Je hebt een plek"
    assert "Goedkeuring is gevraagd, antwoord uiterlijk" in seen.words
    assert "bekeek wie om goedkeuring vraagt" in worker.get("/mijn-gegevens/inzage").words
    eventually(lambda: len(subjects_about(platform, session)) == 2)
    assert {one.partition(":")[0] for one in subjects_about(platform, session)} == {
        "Goedkeuring is gevraagd", "Goedgekeurd, je hebt een plek",
    }  # fmt: skip


def test_a_no_has_a_reason_for_the_person_and_frees_the_seat_for_the_next(
    visit: Visit, session_with: SessionWith, platform: Running
) -> None:
    session = session_with(1, needsApproval=True)
    worker, second, organiser = visit("worker"), visit("region"), visit("organiser")
    first = enroll(worker, session).url.removeprefix(worker.base_url)
    waits = enroll(second, session)
    assert heading(waits) == "Je staat op nummer 1 van de wachtlijst"
    assert "vragen we het fieldlab om goedkeuring" in waits.words
    (enrollment,) = asking(organiser, session)
    assert ask(platform, "organiser", "GET", f"/v1/sessions/{session}/seats")["requests"] == 1
    listed = ask(platform, "organiser", "GET", f"/v1/enrollments?sessionId={session}&state=requested")
    assert [one["id"] for one in listed["items"]] == [enrollment]
    assert (listed["items"][0]["approval"], listed["items"][0]["holdsSeat"]) == ("needed", True)

    form = organiser.get(f"/organisator/aanvragen/{enrollment}/afwijzen")
    assert "Er is kennis of ervaring voor nodig" in form.text
    declined = organiser.post(f"/organisator/aanvragen/{enrollment}/afwijzen", {"reason": "prior-knowledge"})
    assert declined.location.endswith("done=request-declined")

    seen = worker.get(first)
    assert heading(seen) == "Niet goedgekeurd"
    assert "Er is kennis of ervaring voor nodig die er nog niet is." in seen.words
    assert heading(second.get(waits.url.removeprefix(second.base_url))) == "Goedkeuring is gevraagd"
    again = ask(platform, "organiser", "POST", f"/v1/enrollments/{enrollment}/rejection", {"reason": "no-room"})
    assert (again["state"], again["reason"]) == ("declined", "prior-knowledge"), "the first reason stays"
    (next_one,) = asking(organiser, session)
    assert ask(platform, "organiser", "POST", f"/v1/enrollments/{next_one}/approval")["state"] == "confirmed"
    late = organiser.post(f"/organisator/aanvragen/{next_one}/afwijzen", {"reason": "no-room"})
    assert late.status == 409
    assert "Er is geen aanvraag om over te beslissen" in late.words
    eventually(lambda: json.loads(worker.get(f"/v1/sessions/{session}").text)["seatsLeft"] == 0)


def test_an_organiser_does_not_decide_about_themselves(visit: Visit, session_with: SessionWith) -> None:
    session = session_with(1, needsApproval=True)
    organiser = visit("organiser")
    enrollment = enroll(organiser, session).url.rpartition("/")[2]

    assert asking(organiser, session) == []
    assert "Dit is je eigen aanvraag" in organiser.get(f"/organisator/sessies/{session}/aanvragen").words
    assert organiser.post(f"/organisator/aanvragen/{enrollment}/goedkeuren").status == 403


def test_a_form_without_the_question_changes_nothing_about_approvals() -> None:
    told: dict[str, object] = {}

    assert approvals.take({"capacity": "3"}, told) == {}
    assert told == {}
    assert approvals.take({"approval": "", "approvalHours": ""}, told) == {}
    assert told == {"needsApproval": False, "holdsSeat": True}
    assert approvals.take({"approval": "first", "approvalHours": ""}, told) == {"approvalHours": approvals.NO_HOURS}
