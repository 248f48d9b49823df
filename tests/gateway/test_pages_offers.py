"""A list that lives, on the pages: a place that falls free, waiting together, and what an organiser changes."""

from __future__ import annotations

import html
import re

from tests.gateway.conftest import SessionWith, Visit, mails_to
from tests.gateway.test_pages import enroll, eventually, heading
from tests.gateway.visitor import Answer, Visitor
from tests.platform import Running


def page_of(answer: Answer) -> str:
    """The address of the enrollment that was just made."""
    return answer.url.partition("/mijn-inschrijvingen/")[2].partition("?")[0]


def history(answer: Answer) -> list[str]:
    """How it went, oldest first, without the moments."""
    [listed] = re.findall(r'aria-labelledby="history">.*?<ol class="steps">(.*?)</ol>', answer.text, re.DOTALL)
    return [html.unescape(text).strip() for text in re.findall(r"<li><span>(.*?) <span", listed)]


def a_list_of_two(visit: Visit, session: str) -> tuple[Visitor, str, Visitor, str]:
    """Who has the only place, and who waits for it, each with their enrollment."""
    holder, waiter = visit("worker"), visit("employer")
    held = page_of(enroll(holder, session))
    return holder, held, waiter, page_of(enroll(waiter, session))


def fields_of(session: Answer, form: str) -> dict[str, str]:
    """What a form of the page is filled in with."""
    [text] = re.findall(rf'<form[^>]* aria-labelledby="{form}">(.*?)</form>', session.text, re.DOTALL)
    return dict(re.findall(r'<input[^>]* name="(\w+)"[^>]* value="([^"]*)"', text))


def test_a_place_that_falls_free_is_held_and_taken(platform: Running, visit: Visit, session_with: SessionWith) -> None:
    holder, held, waiter, waiting = a_list_of_two(visit, session_with(1, offerHours=24))

    holder.post(f"/mijn-inschrijvingen/{held}/uitschrijven")
    offered = waiter.get(f"/mijn-inschrijvingen/{waiting}")
    assert heading(offered) == "Er wordt een plek voor je vastgehouden"
    assert "Ja, ik neem deze plek" in offered.words
    taken = waiter.post(f"/mijn-inschrijvingen/{waiting}/aannemen", follow=True)

    assert heading(taken) == "Je hebt een plek"
    assert [step.split(",")[0] for step in history(taken)] == [
        "Je staat op nummer 1 van de wachtlijst", "Er is een plek voor je vastgehouden", "Je hebt een plek",
    ]  # fmt: skip
    eventually(lambda: {"waitlisted", "offered", "confirmed"} <= _told(platform, "employer@demo.skillslab.example"))


def _told(platform: Running, address: str) -> set[str]:
    words = {"wachtlijst": "waitlisted", "plek voor je vastgehouden": "offered", "Je hebt een plek": "confirmed"}
    subjects = [mail["subject"] for mail in mails_to(platform, address)]
    return {kind for word, kind in words.items() if any(word in subject for subject in subjects)}


def test_a_place_that_is_let_go_is_held_for_the_next(visit: Visit, session_with: SessionWith) -> None:
    session = session_with(1, offerHours=24)
    holder, held, first, first_waits = a_list_of_two(visit, session)
    second = visit("region")
    second_waits = page_of(enroll(second, session))
    holder.post(f"/mijn-inschrijvingen/{held}/uitschrijven")

    assert "Wil je deze plek laten gaan?" in first.get(f"/mijn-inschrijvingen/{first_waits}/laten-gaan").words
    gone = first.post(f"/mijn-inschrijvingen/{first_waits}/laten-gaan", follow=True)

    assert "niet meer mee" in gone.words
    assert heading(second.get(f"/mijn-inschrijvingen/{second_waits}")) == "Er wordt een plek voor je vastgehouden"
    assert first.get(f"/mijn-inschrijvingen/{second_waits}").status == 404
    assert first.post(f"/mijn-inschrijvingen/{second_waits}/aannemen").status == 404


def test_who_wants_any_place_is_not_asked(visit: Visit, session_with: SessionWith) -> None:
    session = session_with(1, offerHours=24)
    holder, waiter = visit("worker"), visit("employer")
    held = page_of(enroll(holder, session))
    waiting = page_of(enroll(waiter, session, atOnce="true"))

    holder.post(f"/mijn-inschrijvingen/{held}/uitschrijven")

    assert heading(waiter.get(f"/mijn-inschrijvingen/{waiting}")) == "Je hebt een plek"


def test_a_group_waits_by_one_address_and_gets_places_together(visit: Visit, session_with: SessionWith) -> None:
    session = session_with(2)
    holders = [visit("worker"), visit("operator")]
    held = [page_of(enroll(holder, session)) for holder in holders]
    first, second = visit("employer"), visit("region")
    joined = enroll(first, session, together="true")
    [address] = re.findall(r'<code class="token">([^<]+)</code>', joined.text)
    group = html.unescape(address).removeprefix(first.base_url)
    assert f'name="group" value="{group.partition("group=")[2]}"' in second.get(group).text
    also = enroll(second, session, group=group.partition("group=")[2])

    holders[0].post(f"/mijn-inschrijvingen/{held[0]}/uitschrijven")
    assert "wachtlijst" in heading(first.get(f"/mijn-inschrijvingen/{page_of(joined)}")), "one place is not enough for two"
    holders[1].post(f"/mijn-inschrijvingen/{held[1]}/uitschrijven")

    assert heading(first.get(f"/mijn-inschrijvingen/{page_of(joined)}")) == "Je hebt een plek"
    assert heading(second.get(f"/mijn-inschrijvingen/{page_of(also)}")) == "Je hebt een plek"


def test_an_organiser_adds_places_and_cannot_take_those_that_are_held(visit: Visit, session_with: SessionWith) -> None:
    session = session_with(1)
    _, _, waiter, waiting = a_list_of_two(visit, session)
    organiser, address = visit("organiser"), f"/organisator/sessies/{session}"
    seats = fields_of(organiser.get(address), "seats")
    assert seats["capacity"] == "1"

    done = organiser.post(address, {**seats, "capacity": "2"}, follow=True)
    fewer = organiser.post(address, {**seats, "capacity": "1"})
    nonsense = organiser.post(address, {**seats, "capacity": "veel"})

    assert "2 van de 2 plekken" in done.words
    assert heading(waiter.get(f"/mijn-inschrijvingen/{waiting}")) == "Je hebt een plek"
    assert fewer.status == nonsense.status == 400
    assert 'value="veel"' in nonsense.text
    assert "2 van de 2 plekken" in organiser.get(address).words


def test_another_time_is_told_to_who_comes(platform: Running, visit: Visit, session_with: SessionWith) -> None:
    session = session_with(1)
    worker, organiser = visit("worker"), visit("organiser")
    enrolled = page_of(enroll(worker, session))
    moving = fields_of(organiser.get(f"/organisator/sessies/{session}"), "moving")

    refused = organiser.post(f"/organisator/sessies/{session}/wanneer-en-waar", {**moving, "startTime": "24:99"})
    moved = organiser.post(f"/organisator/sessies/{session}/wanneer-en-waar", {**moving, "location": "Hal 9"}, follow=True)

    assert refused.status == 400
    assert "Hal 9" in moved.words
    eventually(lambda: "andere tijd of plaats" in " ".join(history_or_nothing(worker, enrolled)))
    eventually(lambda: any("Hal 9" in mail["text"] for mail in mails_to(platform, "worker@demo.skillslab.example")))


def history_or_nothing(worker: Visitor, enrollment: str) -> list[str]:
    answer = worker.get(f"/mijn-inschrijvingen/{enrollment}")
    return history(answer) if 'id="history"' in answer.text else []


def test_a_training_that_is_called_off_leads_to_the_next_date(
    platform: Running, visit: Visit, session_with: SessionWith
) -> None:
    session = session_with(1)
    worker, organiser = visit("worker"), visit("organiser")
    enrolled = page_of(enroll(worker, session))

    asked = organiser.get(f"/organisator/sessies/{session}/afgelasten")
    assert "Voor 1 persoon is er een plek" in asked.words
    off = organiser.post(f"/organisator/sessies/{session}/afgelasten", follow=True)

    assert "gaat niet door" in off.words
    assert heading(worker.get(f"/mijn-inschrijvingen/{enrolled}")) == "Deze training gaat niet door"
    assert visit("employer").post(f"/inschrijven/{session}").status == 409
    eventually(lambda: any("Gaat niet door" in mail["subject"] for mail in mails_to(platform, "worker@demo.skillslab.example")))
