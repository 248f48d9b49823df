"""People see what is known about them and who looked at it, correct it, take it along, and are forgotten everywhere."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from gateway.people import audit
from tests.everything import places_of
from tests.gateway.conftest import SessionWith, Visit, mails_to
from tests.gateway.test_doors import ask_by_token, form_on, invite, me, signed_in
from tests.gateway.visitor import Answer, Visitor
from tests.platform import SERVICES, Running
from tests.provider import Account, Provider

NAME = "Philippa Quiddington-Wöhler"


def database(platform: Running, service: str) -> str:
    return f"{platform.told['SKILLSLAB_DATABASE_URL']}_{service}"


async def everywhere(platform: Running, needle: object) -> dict[str, set[str]]:
    """In which tables of which databases this stands."""
    found = {name: await places_of(database(platform, name), needle) for name in (*SERVICES, "bus")}
    return {name: tables for name, tables in found.items() if tables}


def enroll(visitor: Visitor, session: str, **told: str) -> str:
    answer = visitor.post(f"/inschrijven/{session}", told)
    assert answer.status == 303, answer.words
    return answer.location.rpartition("/")[2]


def until(true: Any, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def erase(visitor: Visitor) -> Answer:
    """Press the button, and follow the page that tells how far it is until it is done."""
    gone = visitor.post("/mijn-gegevens/wissen")
    assert gone.status == 303
    until(lambda: "Je bent gewist" in visitor.get(gone.location).words)
    return visitor.get(gone.location)


def connect(visitor: Visitor, provider: Provider, subject: str) -> None:
    """Connect an account of an organisation."""
    provider.behave()
    provider.account = Account(subject)
    left = visitor.post("/mijn-gegevens/organisaties/school/verbinden")
    back = Visitor("").get(left.headers["Refresh"].partition("url=")[2], follow=False).location
    assert visitor.get(back.removeprefix(visitor.base_url), follow=False).location == "/mijn-gegevens?done=saved"


def test_somebody_with_everything_is_forgotten_everywhere(
    visit: Visit, platform: Running, session_with: SessionWith, provider: Provider
) -> None:
    """Enrollments that hold a place and a place in line, mails, tokens, an account of an organisation, an invitation, looks and
    acts in the audit log.
    """
    address = "philippa.quiddington@werkplaats.example"
    visitor = signed_in(visit, platform, address)
    wanted = {"mail-waitlisted": "true", "mail-cancelled": "true"}
    visitor.post("/mijn-gegevens", {"name": NAME, "language": "nl", **wanted})
    person_id = me(visitor)["personId"]
    seat, queue = session_with(3), session_with(1)
    first = signed_in(visit, platform, "eerste@werkplaats.example")
    given = enroll(first, queue)
    told = {"workMunicipality": "Dordrecht", "homeMunicipality": "Eindhoven", "workerGroup": "employed"}
    own = enroll(visitor, seat, **told)
    enroll(visitor, queue, **told)
    until(lambda: len(mails_to(platform, address)) == 3)
    visitor.post("/mijn-tokens", {"name": "rooster", "role": "worker", "days": "30"})
    connect(visitor, provider, "number-of-philippa")
    invite(visit("operator"), address, role="organiser", place="RAMLAB")
    first.post(f"/mijn-inschrijvingen/{given}/overdragen", {"email": address})
    visitor.post(f"/mijn-inschrijvingen/{own}/overdragen", {"email": "collega@werkplaats.example"})
    assert "transfer" in asyncio.run(everywhere(platform, address))["gateway"]
    assert set(asyncio.run(everywhere(platform, person_id))) >= {"gateway", "enrollment", "notifications"}

    receipt = erase(visitor)

    assert "2 inschrijvingen" in receipt.words
    assert "2 waarvan een plek is vrijgegeven" in receipt.words
    assert asyncio.run(everywhere(platform, NAME)) == {}
    assert asyncio.run(everywhere(platform, address)) == {}
    assert "1 accounts van organisaties" in receipt.words
    assert "2 plekken die aan jou of door jou werden aangeboden" in receipt.words
    assert asyncio.run(everywhere(platform, "number-of-philippa")) == {}
    kept = asyncio.run(everywhere(platform, person_id))
    assert kept.pop("gateway") == {"erasure", "event_log"}, "the fact that says whom to forget"
    assert all(tables == {"erasure"} for tables in kept.values()), kept
    assert "Inloggen" in visitor.get("/mijn-gegevens").words or visitor.get("/mijn-gegevens", follow=False).status == 303


def test_whoever_waited_gets_the_place_of_who_is_forgotten(visit: Visit, platform: Running, session_with: SessionWith) -> None:
    session = session_with(1)
    holder = signed_in(visit, platform, "weg@werkplaats.example")
    waiting = signed_in(visit, platform, "volgende@werkplaats.example")
    enroll(holder, session)
    enrollment = enroll(waiting, session)

    erase(holder)

    assert json.loads(waiting.get(f"/v1/enrollments/{enrollment}").text)["state"] == "confirmed"


def test_the_same_address_begins_anew_after_it(visit: Visit, platform: Running) -> None:
    address = "opnieuw@werkplaats.example"
    first = signed_in(visit, platform, address)
    before = me(first)["personId"]
    erase(first)

    second = signed_in(visit, platform, address)

    assert me(second)["personId"] != before
    assert "Mijn inschrijvingen" in second.get("/mijn-inschrijvingen").words


def test_a_program_can_ask_for_it_too_and_follow_it(platform: Running, visit: Visit) -> None:
    (token,) = platform.tokens("worker", 1)
    assert ask_by_token(platform, token, "/v1/me", "DELETE") == 202
    assert ask_by_token(platform, token, "/v1/me") == 401
    assert visit().get(f"/v1/erasures/{uuid4()}").status == 404


def test_only_a_token_of_the_person_themselves_erases_or_tells_all(platform: Running) -> None:
    (token,) = platform.tokens("organiser", 1)
    asked = [ask_by_token(platform, token, "/v1/me", "DELETE"), ask_by_token(platform, token, "/v1/me/export")]
    assert asked == [403, 403]


def test_everything_about_somebody_is_on_a_page_and_in_a_document(
    visit: Visit, platform: Running, session_with: SessionWith, provider: Provider
) -> None:
    visitor = signed_in(visit, platform, "inzage@werkplaats.example")
    enrollment = enroll(visitor, session_with(2), workMunicipality="Dordrecht", sector="C")
    mails_to(platform, "inzage@werkplaats.example")
    connect(visitor, provider, "number-of-inzage")

    document = visitor.get("/v1/me/export")
    told = json.loads(document.text)
    page = visitor.get("/mijn-gegevens/alles").words

    assert "attachment" in document.headers["Content-Disposition"]
    assert told["person"]["email"] == "inzage@werkplaats.example"
    (enrolled,) = told["enrollments"]
    assert (enrolled["id"], enrolled["about"]["work"]["municipality"]) == (enrollment, "GM0505")
    assert {act["action"] for act in told["doneByYou"]} >= {"signed-in", "enrolled"}
    assert [one["browser"] for one in told["signedIn"]] == [""]
    assert [(one["issuer"], one["subject"]) for one in told["accounts"]] == [(provider.issuer, "number-of-inzage")]
    for words in (
        "inzage@werkplaats.example",
        "Je hebt een plek",
        "GM0505",
        "Industrie",
        "schreef zich in",
        "number-of-inzage",
    ):
        assert words in page


def test_somebody_sees_in_which_role_others_looked_and_not_who_it_was(
    visit: Visit, platform: Running, session_with: SessionWith
) -> None:
    visitor = signed_in(visit, platform, "bekeken@werkplaats.example")
    enrollment = enroll(visitor, session_with(2))
    assert "Niemand keek naar je gegevens" in visitor.get("/mijn-gegevens/inzage").words

    organiser = visit("organiser")
    assert organiser.get(f"/v1/enrollments/{enrollment}").status == 200

    words = visitor.get("/mijn-gegevens/inzage").words
    assert "Organisator bij een fieldlab: De Duurzaamheidsfabriek keek naar inschrijvingen" in words
    assert "Olivia" not in words


def test_somebody_chooses_which_mails_to_get(visit: Visit, platform: Running, session_with: SessionWith) -> None:
    address = "keuze@werkplaats.example"
    visitor = signed_in(visit, platform, address)
    assert 'name="mail-waitlisted" value="true" checked' in visitor.get("/mijn-gegevens").text
    visitor.post("/mijn-gegevens", {"name": "", "language": "nl", "mail-cancelled": "true"})
    session = session_with(1)
    enroll(signed_in(visit, platform, "eerder@werkplaats.example"), session)

    enrollment = enroll(visitor, session)
    visitor.post(f"/mijn-inschrijvingen/{enrollment}/uitschrijven")

    until(lambda: any("uitgeschreven" in mail["subject"].lower() for mail in mails_to(platform, address)))
    assert not any("wachtlijst" in mail["subject"].lower() for mail in mails_to(platform, address))


# The audit log


def test_the_operator_finds_what_somebody_did_by_their_address_and_that_is_written_down(
    visit: Visit, platform: Running, session_with: SessionWith
) -> None:
    address = "gezocht@werkplaats.example"
    visitor = signed_in(visit, platform, address)
    enroll(visitor, session_with(2))
    operator = visit("operator")

    found = operator.post("/beheer/logboek", {"email": address})
    page = operator.get(found.location)

    assert address not in found.location
    assert "schreef zich in" in page.words
    assert "127.0.0.1" in page.words
    assert "las het logboek" in visitor.get("/mijn-gegevens/inzage").words
    narrowed = operator.get(f"{found.location}&action=signed-in").words
    assert "logde in" in narrowed
    assert "schreef zich in " not in narrowed.split("Waarvandaan")[-1]


def test_what_was_done_is_written_down_before_it_is_answered(visit: Visit, platform: Running) -> None:
    """The answer to an act comes after its entry: whoever asks next finds it."""
    visitor = signed_in(visit, platform, "meteen@werkplaats.example")
    for name in ("Een", "Twee", "Drie"):
        visitor.post("/mijn-gegevens", {"name": name, "language": "nl"})
        told = json.loads(visitor.get("/v1/me/export").text)
        assert next(act["action"] for act in told["doneByYou"]) == "data-corrected"
        assert told["person"]["name"] == name


@pytest.mark.parametrize(
    "rewrite",
    [
        "DELETE FROM audit_entry",
        "TRUNCATE audit_entry",
        "UPDATE audit_entry SET action = 'nothing'",
        "SELECT set_config('skillslab.rekeying', 'on', true); UPDATE audit_entry SET action = 'nothing'",
        "SELECT set_config('skillslab.rekeying', 'on', true); DELETE FROM audit_entry",
    ],
)
async def test_the_audit_log_is_append_only(rewrite: str, platform: Running) -> None:
    conn = await asyncpg.connect(database(platform, "gateway"))
    try:
        async with conn.transaction():
            with pytest.raises(asyncpg.RestrictViolationError, match="append-only"):
                await conn.execute(rewrite)
    finally:
        await conn.close()


async def test_entries_of_more_than_two_years_ago_are_let_go(platform: Running) -> None:
    conn = await asyncpg.connect(database(platform, "gateway"))
    try:
        await conn.execute(
            "INSERT INTO audit_entry (at, actor_id, role, action) VALUES (now() - interval '25 months', $1, 'worker', 'old')",
            uuid4(),
        )
        await audit.let_go(conn)  # type: ignore[arg-type]
        assert await conn.fetchval("SELECT count(*) FROM audit_entry WHERE action = 'old'") == 0
        assert await conn.fetchval("SELECT count(*) FROM audit_entry") > 0
    finally:
        await conn.close()


# For how long


def test_an_organiser_chooses_for_how_long_it_is_remembered_who_took_part(visit: Visit) -> None:
    organiser = visit("organiser")
    page = form_on(organiser.get("/organisator/duurzaamheidsfabriek/bewaren"), "/organisator/duurzaamheidsfabriek/bewaren")

    assert organiser.post(page, {"months": "0"}).status == 400
    assert organiser.post(page, {"months": "36"}).status == 303

    assert json.loads(organiser.get("/v1/fieldlabs/duurzaamheidsfabriek/retention").text) == {
        "fieldlabId": "duurzaamheidsfabriek", "months": 36, "own": True, "due": 0,
    }  # fmt: skip


@pytest.mark.parametrize("months", [True, "12", 1.5, None, 0, 121])
def test_a_term_is_a_whole_number_of_months_and_nothing_that_looks_like_one(platform: Running, months: object) -> None:
    headers = {"Authorization": f"Bearer {platform.demo['tokens']['organiser']}"}
    with httpx.Client(base_url=platform.base_url, headers=headers) as http:
        refused = http.put("/v1/fieldlabs/duurzaamheidsfabriek/retention", json={"months": months})

    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (400, "#/months")


@pytest.mark.parametrize(
    ("path", "field", "fields"),
    [
        ("/mijn-gegevens", "name", {"language": "nl"}),
        ("/mijn-tokens", "name", {"role": "worker", "days": "30"}),
        ("/aanmelden", "email", {}),
        ("/beheer", "email", {"role": "operator"}),
        ("/beheer", "place", {"role": "employer", "email": "iemand@werkplaats.example"}),
        ("/collegas/uitnodigen", "email", {"role": "organiser"}),
        ("/organisator/cursus", "titleNl", {"fieldlabId": "duurzaamheidsfabriek", "theme": "smart-working", "hours": "8",
                                            "level": "3", "modeOfDelivery": "presential"}),
    ],
)  # fmt: skip
def test_a_citizen_service_number_is_refused_in_every_form(visit: Visit, path: str, field: str, fields: dict[str, str]) -> None:
    role = {"/beheer": "operator", "/aanmelden": None}.get(path, "organiser")
    typed = "jan111222333@werkplaats.example" if field == "email" else "Jan 111.222.333"

    refused = visit(role).post(path, {**fields, field: typed})

    assert refused.status == 400
    assert "burgerservicenummer" in refused.words
