"""The pages as people use them, without a line of script: on the whole platform, over HTTP."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Sequence
from urllib.parse import quote

import asyncpg
import pytest

from gateway.pages import mailbox
from gateway.pages.addresses import path
from gateway.problems import PROBLEMS
from shared.translations import LANGUAGES, Language
from tests.gateway.conftest import SessionWith, Visit, mails_to
from tests.gateway.visitor import Answer, Visitor
from tests.platform import Running

FIELDLAB = "duurzaamheidsfabriek"


def a_course(visitor: Visitor) -> dict[str, object]:
    course: dict[str, object] = json.loads(visitor.get("/v1/courses?pageSize=1").text)["items"][0]
    return course


def heading(answer: Answer) -> str:
    found = re.search(r"<h1[^>]*>(.*?)</h1>", answer.text, flags=re.DOTALL)
    assert found, answer.text[:500]
    return re.sub(r"<[^>]+>", "", found[1]).strip()


def enroll(visitor: Visitor, session: str, **answers: str) -> Answer:
    return visitor.post(f"/inschrijven/{session}", answers, follow=True)


# Every page


def open_to_anyone(visitor: Visitor) -> Sequence[tuple[str, dict[str, object]]]:
    course = a_course(visitor)
    return [
        ("home", {}), ("fieldlabs", {}), ("fieldlab", {"fieldlab": FIELDLAB}), ("course", {"course": course["id"]}),
        ("sign-in", {}), ("sign-in-sent", {}), ("about", {}), ("api", {}), ("style", {}), ("mailbox", {}),
        ("problem", {"slug": "busy"}),
        ("sign-in-link", {"token": f"{'0' * 32}.nothing"}), ("uptake", {}),
    ]  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_says_its_language_and_leads_to_the_same_page_in_the_other(visit: Visit, language: Language) -> None:
    visitor = visit()
    other: Language = "en" if language == "nl" else "nl"
    for name, parts in open_to_anyone(visitor):
        answer = visitor.get(path(name, language, parts, q="x"))
        assert answer.status in (200, 403, 410), (name, answer.status)
        assert f'<html lang="{language}"' in answer.text
        assert answer.headers["Content-Language"] == language
        switch = path(name, other, parts, q="x").replace("&", "&amp;")
        assert f'<link rel="alternate" hreflang="{other}" href="{switch}">' in answer.text, name


def test_no_page_needs_more_than_the_policy_allows(visit: Visit) -> None:
    visitor = visit()
    for name, parts in open_to_anyone(visitor):
        answer = visitor.get(path(name, "nl", parts))
        assert "'unsafe" not in answer.headers["Content-Security-Policy"]
        assert re.findall(r"<[^>]+\s(?:style|on\w+)=", answer.text) == [], name
        assert re.findall(r"<style|<script(?![^>]*\ssrc=\"/assets/)", answer.text) == [], name
        assert re.findall(r'<(?!a\b)[^>]+(?:src|href|action)="(?:https?:)?//', answer.text) == [], name


@pytest.mark.parametrize(
    "page", ["/mijn-inschrijvingen", "/en/my-enrollments", "/organisator", "/en/organiser/course", "/deelname/cijfers"]
)
def test_who_is_not_signed_in_goes_there_first(visit: Visit, page: str) -> None:
    answer = visit().get(page, follow=False)
    assert answer.status == 303
    assert answer.location == f"{'/en/sign-in' if page.startswith('/en') else '/aanmelden'}?next={quote(page, safe='')}"


@pytest.mark.parametrize(
    ("page", "words"), [("/niets", "We kunnen deze pagina niet vinden"), ("/en/nothing", "We cannot find")]
)
def test_what_is_not_there_is_said_in_the_language_of_the_address(visit: Visit, page: str, words: str) -> None:
    answer = visit().get(page)
    assert answer.status == 404
    assert words in answer.words


def test_every_problem_is_explained_in_both_languages(visit: Visit) -> None:
    visitor = visit()
    for slug in PROBLEMS:
        assert heading(visitor.get(f"/en/problems/{slug}")) == PROBLEMS[slug][0]
        assert heading(visitor.get(f"/problems/{slug}")) != PROBLEMS[slug][0]
    assert visitor.get("/problems/nothing-of-the-kind").status == 404


@pytest.mark.parametrize(
    "query", ["q=%00", "q=%ff%fe", "from=gisteren", "page=0", "page=9999999", "region=%3Cb%3E", "theme=x'--"]
)
def test_nonsense_in_an_address_breaks_no_page(visit: Visit, query: str) -> None:
    visitor = visit("region")
    assert visitor.get(f"/?{query}").status == 200
    assert visitor.get(f"/deelname?{query}&to=2&basis=x&groupBy=y").status == 200
    assert visitor.get(f"/mailbox?{query}").status == 200


# Looking for a course


def test_the_search_stays_in_the_address_and_in_the_form(visit: Visit) -> None:
    answer = visit().get("/?q=lassen&region=Zuid-Holland&available=true")
    assert 'value="lassen"' in answer.text
    assert 'value="Zuid-Holland (provincie)"' in answer.text
    assert re.search(r'id="available"[^>]* checked', answer.text)


@pytest.mark.parametrize(
    "typed", ["den haag", "The Hague", "Scheveningen", "Drachten", "North Brabant", "Brabant", "Nederland"]
)
def test_a_place_is_found_by_what_people_call_it(visit: Visit, typed: str) -> None:
    answer = visit().get(f"/en?region={quote(typed)}")
    assert "We do not know" not in answer.words
    assert re.search(r"\d+ courses? found", answer.words)


def test_a_town_keeps_its_own_name(visit: Visit) -> None:
    answer = visit().get("/?region=drachten")
    assert 'value="Drachten"' in answer.text
    assert "1 cursus gevonden" in answer.words


@pytest.mark.parametrize("place", ["Sliedrecht", "Gorinchem (regio)"])
def test_where_there_is_nothing_the_nearest_around_it_is_shown(visit: Visit, place: str) -> None:
    answer = visit().get(f"/?region={quote(place)}")
    assert f"In {place} zelf is geen cursus die past." in answer.words
    assert 'class="card course-card"' in answer.text
    assert " ." not in answer.words.split("Skillslab Training")[0], "a stray space before the full stop"


def test_a_place_leads_on_to_the_regions_around_it_with_how_much_is_there(visit: Visit) -> None:
    answer = visit().get("/?region=Dordrecht")
    near, further = answer.words.split("Wat verder weg is er meer")
    assert re.search(r"\d+ cursussen gevonden", near)
    assert re.search(r"De provincie Zuid-Holland \d+ cursussen Het hele land \d+ cursussen", further)
    assert "arbeidsmarktregio" not in answer.text
    [province] = re.findall(r'jump__link" href="([^"]*provincie[^"]*)#results"', answer.text)
    found = re.search(r"(\d+) cursussen gevonden", visit().get(province.replace("&amp;", "&")).words)
    assert found
    assert f"Zuid-Holland {found[1]} cursussen" in further


@pytest.mark.parametrize(("typed", "meant"), [("Dordrech", "Dordrecht"), ("Roterdam", "Rotterdam"), ("Eindhovn", "Eindhoven")])
def test_an_unknown_place_is_left_out_and_said_so_with_what_may_be_meant(visit: Visit, typed: str, meant: str) -> None:
    answer = visit().get(f"/?q=robot&region={typed}")
    assert f"“{typed}” kennen we niet. Daarom zie je cursussen in het hele land. Bedoel je: {meant}" in answer.words
    assert f"Deze plaats kennen we niet. Vul een plaats, gemeente of provincie in. Bedoel je: {meant}" in answer.words
    assert 'aria-invalid="true"' in answer.text
    [link] = re.findall(rf'href="([^"]+)">{meant}</a>', answer.text)
    assert f'value="{meant}"' in visit().get(link.replace("&amp;", "&")).text


def test_an_open_page_hears_of_an_unknown_place_beside_its_field_too(visit: Visit) -> None:
    answer = visit().get("/en?region=Roterdam", headers={"HX-Request": "true"})
    slot = answer.text.split('<div id="region-slot" data-fault-of="region" hx-swap-oob="true">')[1]
    assert "We do not know this place." in slot.split("</div>")[0]


def test_nothing_found_helps_on(visit: Visit) -> None:
    answer = visit().get("/en?q=zeppelin&available=true")
    assert "We found no course like this" in answer.words
    assert 'href="/en?q=zeppelin"' in answer.text


def test_a_search_and_its_pages_lead_to_the_results(visit: Visit) -> None:
    answer = visit().get("/en")
    assert 'action="/en#results"' in answer.text
    assert 'href="/en?page=2#results"' in answer.text
    assert answer.text.index("More choices") < answer.text.index('class="search__button"'), "what opens, opens above the button"


def test_an_open_page_gets_the_results_alone(visit: Visit) -> None:
    answer = visit().get("/en?q=robot&region=&theme=&from=&to=", headers={"HX-Request": "true"})
    assert answer.text.lstrip().startswith('<section id="results"')
    assert answer.headers["HX-Replace-Url"] == "/en?q=robot"


def test_examples_are_labelled_as_such(visit: Visit) -> None:
    visitor = visit()
    course = a_course(visitor)
    assert course["sample"]
    assert "Voorbeeld" in visitor.get(f"/cursussen/{course['id']}").words
    assert "Example" in visitor.get("/en").words


# Signing in


def sign_in_link(visitor: Visitor, platform: Running, address: str, **fields: str) -> str:
    sent = visitor.post("/aanmelden", {"email": address, **fields})
    assert (sent.status, sent.location) == (303, "/aanmelden/verstuurd")
    [mail] = mails_to(platform, address)
    found = re.search(r"/aanmelden/\S+", mail["text"])
    assert found
    return found[0]


def test_a_link_signs_in_once_and_only_by_its_button(visit: Visit, platform: Running) -> None:
    visitor = visit()
    link = sign_in_link(visitor, platform, "eenmalig@voorbeeld.nl")
    for method in ("GET", "HEAD", "GET"):  # a mail scanner, and somebody in doubt
        assert visitor.get(link, method=method).status == 200
    assert [cookie.name for cookie in visitor.cookies] == ["skillslab-asked"]

    signed_in = visitor.post(link)
    assert (signed_in.status, signed_in.location) == (303, "/mijn-inschrijvingen")
    attributes = {part.strip().split("=")[0].lower() for part in signed_in.headers["Set-Cookie"].split(";")[1:]}
    assert {"httponly", "samesite", "path", "max-age"} <= attributes
    assert "samesite=lax" in signed_in.headers["Set-Cookie"].lower()

    again = visit().post(link)
    assert again.status == 410
    assert "Set-Cookie" not in again.headers
    assert visit().get(link).status == 410


def test_signing_in_anew_gives_a_new_cookie_and_ends_the_old_one(visit: Visit) -> None:
    visitor = visit("worker")
    [old] = [cookie.value for cookie in visitor.cookies]
    visitor.sign_in_as("region")
    [new] = [cookie.value for cookie in visitor.cookies]
    assert new != old
    assert visit().get("/mijn-inschrijvingen", headers={"Cookie": f"skillslab={old}"}, follow=False).status == 303


def test_signing_out_ends_it(visit: Visit) -> None:
    visitor = visit("worker")
    [cookie] = [cookie.value for cookie in visitor.cookies]
    assert visitor.post("/uitloggen").location == "/"
    assert not list(visitor.cookies)
    assert visit().get("/mijn-inschrijvingen", headers={"Cookie": f"skillslab={cookie}"}, follow=False).status == 303


def test_after_signing_in_one_goes_on_to_where_one_wanted(visit: Visit, platform: Running) -> None:
    visitor = visit()
    link = sign_in_link(visitor, platform, "verder@voorbeeld.nl", next="/en/fieldlabs")
    assert visitor.post(link).location == "/fieldlabs"  # in the language one signs in with


@pytest.mark.parametrize("page", ["//evil.example", "/\\evil.example", "https://evil.example", "/\t/evil.example", "/v1/me"])
def test_signing_in_leads_nowhere_else(visit: Visit, page: str) -> None:
    answer = visit().post("/aanmelden/voorbeeld", {"role": "worker", "next": page})
    assert answer.location in ("/mijn-inschrijvingen", "/")


def test_what_is_no_address_comes_back_with_the_fault_beside_it(visit: Visit) -> None:
    answer = visit().post("/en/sign-in", {"email": "wim@", "next": "/en/fieldlabs"})
    assert answer.status == 400
    assert "This is not a mail address." in answer.words
    assert 'value="wim@"' in answer.text
    assert 'name="next" value="/en/fieldlabs"' in answer.text


def test_too_many_links_are_refused_in_words(visit: Visit) -> None:
    answers = [visit().post("/aanmelden", {"email": "ongeduldig@voorbeeld.nl"}).status for _ in range(6)]
    assert answers == [303] * 5 + [429]


@pytest.mark.parametrize("site", ["cross-site", "same-site", "none"])
def test_no_other_site_can_have_a_browser_do_something(visit: Visit, session_with: SessionWith, site: str) -> None:
    visitor = visit("worker")
    session = session_with(3)
    for address in (f"/inschrijven/{session}", "/uitloggen", "/aanmelden", "/aanmelden/voorbeeld"):
        assert visitor.post(address, {"role": "region"}, site=site).status == 403
    assert list(visitor.cookies)
    assert json.loads(visitor.get(f"/v1/sessions/{session}").text)["seatsLeft"] == 3


# Enrolling


def test_from_a_seat_to_the_waiting_list_and_up_again(visit: Visit, session_with: SessionWith) -> None:
    session = session_with(1)
    first, second = visit("worker"), visit("organiser")

    seat = enroll(first, session, workMunicipality="Dordrecht", sector="C")
    assert heading(seat) == "Je hebt een plek"
    assert enroll(first, session).url == seat.url  # again is harmless
    assert first.get(f"/inschrijven/{session}").url == seat.url

    eventually(lambda: "All places are taken" in second.get(f"/en/enroll/{session}").words)
    queue = enroll(second, session)
    assert heading(queue) == "Je staat op nummer 1 van de wachtlijst"
    assert "Nummer 1 op de wachtlijst" in second.get("/mijn-inschrijvingen").words

    asked = first.get(seat.url.removeprefix(first.base_url) + "/uitschrijven")
    assert "Je plek gaat meteen naar de volgende op de lijst." in asked.words
    gone = first.post(seat.url.removeprefix(first.base_url) + "/uitschrijven", follow=True)
    assert heading(gone) == "Je bent uitgeschreven"
    assert "Voorbij of uitgeschreven" in first.get("/mijn-inschrijvingen").words
    assert heading(second.get(queue.url.removeprefix(second.base_url))) == "Je hebt een plek"


def test_a_form_with_a_fault_comes_back_filled_in(visit: Visit, session_with: SessionWith) -> None:
    session = session_with(2)
    answer = visit("worker").post(
        f"/en/enroll/{session}", {"workMunicipality": "Drecht", "sector": "ZZ", "fundingScheme": "slim"}
    )
    assert answer.status == 400
    assert answer.text.count("<title>Error: Enroll: ") == 1
    assert "In which municipality do you work? : We do not know this place." in answer.words
    assert 'href="#workMunicipality"' in answer.text
    assert 'name="workMunicipality-meant" value="Dordrecht"' in answer.text
    assert "Choose one of the answers" in answer.words
    assert 'value="Drecht"' in answer.text
    assert '<option value="slim" selected>' in answer.text


def test_what_may_be_meant_can_be_chosen(visit: Visit, session_with: SessionWith, platform: Running) -> None:
    worker, session = visit("operator"), session_with(2)
    enroll(worker, session, **{"workMunicipality": "Roterdam", "workMunicipality-meant": "Rotterdam"})
    assert 'value="Rotterdam"' in worker.get(f"/inschrijven/{session_with(2)}").text


def test_an_unknown_place_is_asked_about_once_and_stops_nobody(visit: Visit, session_with: SessionWith) -> None:
    worker, session = visit("employer"), session_with(2)
    given = {"workMunicipality": "Nergenshuizen", "homeMunicipality": "Ulft", "sector": "C"}
    asked = worker.post(f"/en/enroll/{session}", given)
    assert asked.status == 400
    assert "Enroll without this answer" in asked.words
    enrolled = worker.post(f"/en/enroll/{session}", {**given, "without": "places"}, follow=True)
    assert heading(enrolled) == "You have a place"
    about = json.loads(worker.get("/v1/me/export").text)["enrollments"][-1]["about"]
    assert "work" not in about
    assert (about["home"]["municipality"], about["sector"]) == ("GM1509", "C")


def test_where_somebody_works_is_filled_in_as_it_was_last_time(visit: Visit, session_with: SessionWith) -> None:
    worker = visit("worker")
    for place, municipality in (("Drachten", "Smallingerland"), ("Leiden", "Leiden")):
        enroll(worker, session_with(2), workMunicipality=place)
        assert (
            f'name="workMunicipality" type="text" value="{municipality}"' in worker.get(f"/inschrijven/{session_with(2)}").text
        )
    enroll(worker, session_with(2))  # says nothing of it
    assert 'name="workMunicipality" type="text" value="Leiden"' in worker.get(f"/inschrijven/{session_with(2)}").text


def test_the_calendar_file_can_be_had_from_the_page_of_an_enrollment(
    visit: Visit, platform: Running, session_with: SessionWith
) -> None:
    worker, session = visit("worker"), session_with(2)
    page = enroll(worker, session).url.removeprefix(worker.base_url)
    [address] = re.findall(r'href="(/mijn-inschrijvingen/[^"]+\.ics)"', worker.get(page).text)
    eventually(lambda: worker.get(address).status == 200)
    eventually(lambda: any(mail.get("sessionId") == session for mail in mails_to(platform, "worker@demo.skillslab.example")))
    [mail] = [m for m in mails_to(platform, "worker@demo.skillslab.example") if m.get("sessionId") == session]
    taken = worker.get(address)
    assert taken.headers["Content-Type"].startswith("text/calendar")
    assert taken.text == mail["attachments"][0]["content"]
    assert page in mail["text"], "the mail leads to the enrollment that it is about"
    assert visit("organiser").get(address).status == 404


def test_a_training_that_has_started_promises_nothing(visit: Visit, platform: Running, session_with: SessionWith) -> None:
    worker, session = visit("worker"), session_with(2)
    page = enroll(worker, session).url.removeprefix(worker.base_url)
    assert "Schrijf je hier uit" in worker.get(page).words

    asyncio.run(begin(platform, session))

    started = worker.get(page)
    assert "Schrijf je hier uit" not in started.words
    assert "Deze training is begonnen" in started.words
    assert "/uitschrijven" not in started.text


async def begin(platform: Running, session: str) -> None:
    conn = await asyncpg.connect(platform.told["SKILLSLAB_DATABASE_URL"] + "_catalog")
    await conn.execute("UPDATE session SET starts_at = now() - interval '1 minute' WHERE session_id = $1", session)
    await conn.close()


def test_somebody_elses_enrollment_is_not_there(visit: Visit, session_with: SessionWith) -> None:
    theirs = enroll(visit("worker"), session_with(2)).url
    stranger = visit("organiser")
    page = theirs.removeprefix(stranger.base_url)
    assert stranger.get(page).status == 404
    assert stranger.post(f"{page}/uitschrijven").status == 404


def test_a_session_that_does_not_exist_is_not_found(visit: Visit) -> None:
    visitor = visit("worker")
    assert visitor.get("/inschrijven/00000000-0000-4000-8000-000000000000").status == 404
    assert visitor.post("/inschrijven/no-id").status == 404


# A region's report


def test_live_figures_are_for_reviewers_and_others_hear_why(visit: Visit) -> None:
    anyone, worker, reviewer = (visit(role).get("/en/uptake") for role in (None, "worker", "region"))
    assert [answer.status for answer in (anyone, worker, reviewer)] == [403, 403, 200]
    assert "Do you review a region?" in anyone.words
    assert "Find a course" in worker.words
    assert "Uptake in Zuid-Holland" in reviewer.words
    assert "Provisional" in reviewer.words


@pytest.mark.alone
def test_a_region_sees_an_enrollment_within_two_seconds(visit: Visit, session_with: SessionWith) -> None:
    reviewer, worker = visit("region"), visit("employer")
    session = session_with(5)
    shown = reviewer.get("/deelname?groupBy=fieldlab").text
    before = int(re.findall(r'class="tile__value">(\d+)<', shown)[0])
    [figures] = re.findall(r'hx-get="([^"]+)"', shown)

    enroll(worker, session, workMunicipality="Rotterdam")
    enrolled_at = time.monotonic()
    eventually(lambda: reviewer.get(figures.replace("&amp;", "&")).status == 200, every=0.2)
    assert time.monotonic() - enrolled_at < 2

    after = reviewer.get(figures.replace("&amp;", "&")).text
    assert int(re.findall(r'class="tile__value">(\d+)<', after)[0]) == before + 1
    [newer] = re.findall(r'hx-get="([^"]+)"', after)
    unchanged = reviewer.get(newer.replace("&amp;", "&"))
    assert unchanged.status == 204  # nothing to show anew, and so nothing to disturb
    assert "figures-checked" in json.loads(unchanged.headers["HX-Trigger"])


@pytest.mark.parametrize(
    "dimension",
    ["month", "theme", "fieldlab", "municipality", "labourMarketRegion", "level", "employerSizeClass", "sector", "workerGroup",
     "fundingScheme"],
)  # fmt: skip
def test_the_report_can_be_grouped_by(visit: Visit, session_with: SessionWith, dimension: str) -> None:
    reviewer = visit("region")
    enroll(visit("operator"), session_with(5), workMunicipality="Leiden", sector="C", workerGroup="employed")
    eventually(lambda: 'class="bar' in reviewer.get(f"/en/uptake?groupBy={dimension}").text)


def test_the_chosen_period_and_basis_stay_in_the_address(visit: Visit) -> None:
    answer = visit("region").get("/deelname?from=2026-01-01&to=2026-06-30&basis=fieldlab&groupBy=theme")
    assert 'value="2026-01-01"' in answer.text
    assert '<option value="fieldlab" selected>' in answer.text
    assert "from=2026-01-01&amp;to=2026-06-30&amp;basis=fieldlab&amp;groupBy=theme" in answer.text


# An organiser's offer


def test_an_organiser_adds_a_course_and_a_date(visit: Visit) -> None:
    organiser = visit("organiser")
    course = {
        "fieldlabId": FIELDLAB, "titleNl": "Solderen voor beginners", "theme": "smart-working", "hours": "4", "level": "2",
        "modeOfDelivery": "presential", "descriptionNl": "Met bout en tin.",
    }  # fmt: skip
    assert organiser.post("/organisator/cursus", course).location == "/organisator?done=course-made"
    page = organiser.get("/organisator").text
    [course_id] = re.findall(r'/cursussen/([0-9a-f-]+)">Solderen voor beginners', page)

    date = {"startDay": "2027-06-01", "startTime": "09:00", "endDay": "2027-06-01", "endTime": "13:00", "capacity": "7"}
    assert organiser.post(f"/organisator/cursussen/{course_id}/sessie", date).location == "/organisator?done=session-announced"
    answer = visit().get(f"/en/courses/{course_id}")
    assert "Tuesday 1 June 2027, 9:00 to 13:00" in answer.words
    assert "Example" not in answer.words


def test_faults_stand_beside_the_fields_of_an_organisers_form(visit: Visit) -> None:
    organiser = visit("organiser")
    course = a_course_of(organiser, FIELDLAB)
    answer = organiser.post(
        f"/en/organiser/courses/{course}/session",
        {"startDay": "2027-06-02", "startTime": "09:00", "endDay": "2027-06-01", "endTime": "13:00", "capacity": "0"},
    )
    assert answer.status == 400
    assert "Last day : A session ends after it starts." in answer.words
    assert answer.text.count("<title>Error: ") == 1
    assert 'href="#endDay"' in answer.text
    assert "This must be 1 or more." in answer.words
    assert 'value="2027-06-02"' in answer.text


def test_a_date_is_chosen_by_somebody_and_published_once_however_often_it_is_sent(visit: Visit) -> None:
    organiser = visit("organiser")
    page = f"/organisator/cursussen/{a_course_of(organiser, FIELDLAB)}/sessie"
    form = organiser.get(page).text
    assert 'name="startDay" type="date" value=""' in form
    [key] = re.findall(r'name="key" value="([0-9a-f]{32})"', form)
    assert organiser.post(page, {"key": key, "startTime": "08:30", "endTime": "16:30", "capacity": "7"}).status == 400

    date = {"key": key, "startDay": "2028-02-03", "startTime": "08:30", "endDay": "2028-02-03", "endTime": "16:30"}
    for _ in range(2):
        answer = organiser.post(page, {**date, "capacity": "7"})
        assert (answer.status, answer.location) == (303, "/organisator?done=session-announced")
    assert organiser.get("/organisator").words.count("3 feb 2028") == 1

    changed = organiser.post(page, {**date, "capacity": "8"})
    assert changed.status == 422
    [newer] = re.findall(r'name="key" value="([0-9a-f]{32})"', changed.text)
    assert newer != key
    assert organiser.post(page, {**date, "key": newer, "capacity": "8"}).status == 303


def test_enrolling_that_closes_too_late_is_told_apart_from_an_end_that_comes_too_early(visit: Visit) -> None:
    organiser = visit("organiser")
    answer = organiser.post(
        f"/en/organiser/courses/{a_course_of(organiser, FIELDLAB)}/session",
        {"startDay": "2027-06-02", "startTime": "09:00", "endDay": "2027-06-02", "endTime": "13:00", "capacity": "4",
         "closeDay": "2027-06-03"},
    )  # fmt: skip
    assert "Last day to enroll : Enrolling closes before the session starts" in answer.words
    assert "A session ends after it starts" not in answer.words


def test_only_an_organiser_of_the_fieldlab_adds_to_it(visit: Visit) -> None:
    worker, organiser = visit("worker"), visit("organiser")
    assert worker.get("/organisator").status == 403
    assert worker.post("/organisator/cursus", {}).status == 403
    elsewhere = a_course_of(organiser, "techport")
    assert organiser.get(f"/organisator/cursussen/{elsewhere}/sessie").status == 403


def a_course_of(visitor: Visitor, fieldlab: str) -> str:
    return str(json.loads(visitor.get(f"/v1/courses?fieldlabId={fieldlab}&pageSize=1").text)["items"][0]["id"])


# The mailbox of a demo


def test_mail_can_be_read_and_its_attachments_taken_along(visit: Visit, platform: Running, session_with: SessionWith) -> None:
    session = session_with(4)
    enroll(visit("region"), session)
    eventually(lambda: any(mail.get("sessionId") == session for mail in mails_to(platform, "region@demo.skillslab.example")))
    [mail] = [m for m in mails_to(platform, "region@demo.skillslab.example") if m.get("sessionId") == session]
    assert mail["attachments"][0]["contentType"] == "text/calendar"
    assert "BEGIN:VCALENDAR" in mail["attachments"][0]["content"]

    visitor = visit()
    [address] = re.findall(rf'href="(/mailbox/{re.escape(mail["id"])})"', visitor.get("/mailbox").text)
    page = visitor.get(address)
    assert mail["subject"] in page.words
    assert "sandbox=" in page.text
    framed = visitor.get(f"{address}/html")
    policy = framed.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    assert "allow-scripts" not in policy + page.text
    assert "allow-same-origin" not in policy + page.text
    taken = visitor.get(f"{address}/0")
    assert taken.headers["Content-Disposition"].startswith("attachment;")
    assert "BEGIN:VCALENDAR" in taken.text
    assert visitor.get(f"{address}/7").status == 404


@pytest.mark.parametrize("name", ["..", "%2e%2e%2fdemo.json", "..%2f..%2fdemo.json", "x", "%00"])
def test_the_mailbox_holds_mail_and_nothing_else(visit: Visit, name: str) -> None:
    assert visit().get(f"/mailbox/{name}").status == 404


def test_two_thousand_mails_are_no_trouble(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("mailbox")
    (folder / "new").mkdir()
    head = ["From: a@a.example", "To: B <b@b.example>", "Subject: =?utf-8?q?h=C3=A9?=", "Content-Type: text/plain"]
    mail = "\n".join([*head, "", "Hoi", ""])
    for number in range(2000):
        (folder / "new" / f"{1_700_000_000 + number}.M1P1Q{number}.skillslab").write_text(mail)
    started = time.monotonic()
    told = json.loads(mailbox.as_json(folder, mailbox.newest_first(folder)))
    assert time.monotonic() - started < 5
    assert len(told) == 2000
    assert told[0]["id"].endswith("Q1999.skillslab")
    assert told[0] | {"id": ""} == {
        "id": "",
        "to": "b@b.example",
        "subject": "hé",
        "text": "Hoi\n",
        "html": "",
        "attachments": [],
    }


# What the pages are made of


def test_assets_are_kept_for_ever_and_sent_squeezed(visit: Visit) -> None:
    visitor = visit()
    [style] = re.findall(r'href="(/assets/[0-9a-f]+/layout.css)"', visitor.get("/").text)
    plain = visitor.get(style)
    assert "immutable" in plain.headers["Cache-Control"]
    assert plain.headers["Content-Type"].startswith("text/css")
    older = visitor.get(re.sub(r"[0-9a-f]{16}", "0" * 16, style))
    assert (older.status, older.headers["Cache-Control"]) == (200, "no-cache")
    for name in ("..%2ftheme.css", "package.json", "theme.css%00", "nothing.css"):
        assert visitor.get(style.replace("layout.css", name)).status == 404


def eventually(question: object, *, every: float = 0.05, seconds: float = 10) -> None:
    """Wait until it is so."""
    assert callable(question)
    deadline = time.monotonic() + seconds
    while not question():
        assert time.monotonic() < deadline, "it did not become so"
        time.sleep(every)
