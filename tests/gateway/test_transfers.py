"""Handing a place over and moving to another date, as people and programs meet it: who is asked, what is mailed, what dies."""

from __future__ import annotations

import asyncio
import json
import urllib.request
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from gateway import handing_over
from gateway.people import people, transfers
from shared.database.pool import open_pool, transaction
from shared.errors import Rejected
from shared.web.client import Client, open_session
from shared.web.principal import PrincipalKey
from tests.conftest import MakeDatabase
from tests.gateway.conftest import Dates, SessionWith, Visit, mails_to
from tests.gateway.test_doors import me, signed_in
from tests.gateway.test_privacy import database, enroll, until
from tests.gateway.visitor import Answer, Visitor
from tests.platform import Running


@pytest.fixture
def name(platform: Running) -> Callable[[str], str]:
    """A mail address that nobody had before."""
    return lambda who: f"{who}.{uuid4().hex[:8]}@werkplaats.example"


def api(visitor: Visitor, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    """As a program that has somebody's browser."""

    request = urllib.request.Request(visitor.base_url + path, method=method)
    request.add_header("Sec-Fetch-Site", "same-origin")
    if body is not None:
        request.data = json.dumps(body).encode()
        request.add_header("Content-Type", "application/json")
    answer: Answer = visitor._ask(request, False)
    return answer.status, json.loads(answer.text) if answer.text else None


def subjects(platform: Running, address: str) -> list[str]:
    return [mail["subject"] for mail in mails_to(platform, address, wait=0)]


def test_a_place_goes_to_a_colleague_and_everything_of_the_old_holder_dies(
    visit: Visit, platform: Running, session_with: SessionWith, name: Callable[[str], str]
) -> None:
    session = session_with(1)
    holder, colleague = signed_in(visit, platform, name("houder")), signed_in(visit, platform, to := name("collega"))
    holder.post("/mijn-gegevens", {"name": "Henk Houder", "language": "nl"})
    waiting = signed_in(visit, platform, name("wachter"))
    own, queued = enroll(holder, session), enroll(waiting, session)

    asked = holder.post(f"/mijn-inschrijvingen/{own}/overdragen", {"email": to}, follow=True)
    assert f"We hebben {to} gemaild" in asked.words
    until(lambda: any("Een plek voor jou" in subject for subject in subjects(platform, to)))
    (mail,) = (one for one in mails_to(platform, to) if "Een plek voor jou" in one["subject"])
    assert "Henk Houder heeft een plek" in mail["text"]
    assert mail["attachments"] == []
    page = next(line for line in mail["text"].split() if "/overdrachten/" in line).removeprefix(platform.base_url)

    looked = [colleague.get(page) for _ in range(2)]
    assert all("Henk Houder biedt je een plek aan" in one.words for one in looked)
    assert "Je hebt een plek" in holder.get(f"/mijn-inschrijvingen/{own}").words, "looking takes nothing"
    assert waiting.get(page, follow=False).status == 404
    taken = colleague.post(page, {"workMunicipality": "Dordrecht"})

    assert taken.status == 303, taken.words
    assert "Je hebt een plek" in colleague.get(taken.location).words
    gone = holder.get(f"/mijn-inschrijvingen/{own}")
    assert "Je hebt je plek overgedragen" in gone.words
    assert to not in gone.text
    assert "Uitschrijven" not in gone.words
    assert json.loads(waiting.get(f"/v1/enrollments/{queued}").text)["position"] == 1
    assert holder.post(f"/mijn-inschrijvingen/{own}/uitschrijven").status == 303
    assert "Je hebt een plek" in colleague.get(taken.location).words, "the old holder gives up nothing of the colleague's"
    address = str(me(holder)["email"])
    until(lambda: any("Je hebt je plek overgedragen" in subject for subject in subjects(platform, address)))
    calendar = holder.get(f"/mijn-inschrijvingen/{own}/agenda.ics").text
    assert "METHOD:CANCEL" in calendar
    until(lambda: any("Je hebt een plek" in subject for subject in subjects(platform, to)))
    assert colleague.post(page, {}).status == 404, "a place is taken once"


def test_an_id_is_answered_the_same_whether_there_is_such_a_person_or_not(
    visit: Visit, platform: Running, session_with: SessionWith, name: Callable[[str], str]
) -> None:
    session, session2 = session_with(1), session_with(1)
    holder, colleague = signed_in(visit, platform, name("houder")), signed_in(visit, platform, name("collega"))
    theirs, nobodys = me(colleague)["personId"], str(uuid4())

    answers = [
        api(holder, "POST", f"/v1/enrollments/{enroll(holder, one)}/transfer", {"toPersonId": to})
        for one, to in ((session, theirs), (session2, nobodys))
    ]

    assert [status for status, _ in answers] == [201, 201]
    assert answers[0][1].keys() == answers[1][1].keys()
    (open_to_them,) = api(colleague, "GET", "/v1/transfers")[1]["items"]
    assert open_to_them["id"] == answers[0][1]["id"]
    assert "toPersonId" not in open_to_them
    status, taken = api(colleague, "POST", f"/v1/transfers/{open_to_them['id']}/acceptance")
    assert (status, taken["state"], taken["personId"]) == (201, "confirmed", theirs)


def test_what_was_asked_can_be_taken_back_and_declined_and_is_asked_of_one_at_a_time(
    visit: Visit, platform: Running, session_with: SessionWith, name: Callable[[str], str]
) -> None:
    holder, colleague = signed_in(visit, platform, mine := name("houder")), signed_in(visit, platform, to := name("collega"))
    own = enroll(holder, session_with(1))
    offer = f"/v1/enrollments/{own}/transfer"

    first = api(holder, "POST", offer, {"toEmail": to})[1]
    assert api(holder, "POST", offer, {"toEmail": name("ander")})[1]["type"] == "/problems/transfer-pending"
    assert api(holder, "POST", offer, {"toEmail": mine})[1]["type"] == "/problems/transfer-to-yourself"
    assert api(colleague, "POST", f"/v1/transfers/{first['id']}/withdrawal")[0] == 404
    assert api(holder, "POST", f"/v1/transfers/{first['id']}/withdrawal")[0] == 204
    assert api(colleague, "POST", f"/v1/transfers/{first['id']}/acceptance")[0] == 404
    second = api(holder, "POST", offer, {"toEmail": to})[1]
    assert api(holder, "POST", f"/v1/transfers/{second['id']}/acceptance")[0] == 404
    assert api(colleague, "POST", f"/v1/transfers/{second['id']}/refusal")[0] == 204
    third = api(holder, "POST", offer, {"toEmail": to})[1]
    assert api(holder, "POST", f"/v1/enrollments/{own}/cancellation")[0] == 200
    assert api(colleague, "GET", f"/v1/transfers/{third['id']}")[0] == 404, "there is nothing left to take over"


def test_who_is_in_already_hears_so_and_the_place_stays_with_its_holder(
    visit: Visit, platform: Running, session_with: SessionWith, name: Callable[[str], str]
) -> None:
    session = session_with(2)
    holder, colleague = signed_in(visit, platform, name("houder")), signed_in(visit, platform, to := name("collega"))
    own, theirs = enroll(holder, session), enroll(colleague, session)
    given = api(holder, "POST", f"/v1/enrollments/{own}/transfer", {"toEmail": to})[1]

    no = colleague.post(f"/overdrachten/{given['id']}", {})

    assert no.status == 409
    assert "Je doet al mee aan deze training" in no.words
    assert api(holder, "GET", f"/v1/enrollments/{own}")[1]["state"] == "confirmed"
    api(colleague, "POST", f"/v1/enrollments/{theirs}/cancellation")
    assert api(colleague, "POST", f"/v1/transfers/{given['id']}/acceptance")[0] == 201


def test_where_the_fieldlab_approves_a_place_is_not_handed_over_nor_changed_for_one_there(
    visit: Visit, platform: Running, dates: Dates, name: Callable[[str], str]
) -> None:
    here, there, other = dates(3, 1)
    organiser = visit("organiser")
    holder, colleague = signed_in(visit, platform, name("houder")), signed_in(visit, platform, to := name("collega"))
    own = enroll(holder, here)
    given = api(holder, "POST", f"/v1/enrollments/{own}/transfer", {"toEmail": to})[1]
    for session in (here, there):
        assert api(organiser, "PATCH", f"/v1/sessions/{session}/seats", {"needsApproval": True})[0] == 200

    status, no = api(colleague, "POST", f"/v1/transfers/{given['id']}/acceptance")
    assert (status, no["type"]) == (409, "/problems/approval-needed")
    assert api(holder, "GET", f"/v1/enrollments/{own}")[1]["state"] == "confirmed"
    until(lambda: api(holder, "GET", f"/v1/sessions/{there}")[1]["needsApproval"])
    until(lambda: api(holder, "GET", f"/v1/sessions/{here}")[1]["needsApproval"])
    assert api(holder, "POST", f"/v1/enrollments/{own}/transfer", {"toEmail": to})[1]["type"] == "/problems/approval-needed"
    assert "Overdragen" not in holder.get(f"/mijn-inschrijvingen/{own}").words
    page = holder.get(f"/mijn-inschrijvingen/{own}/andere-datum").words
    assert "kun je niet meteen wisselen" in page
    assert "Naar deze datum" in page
    no = holder.post(f"/mijn-inschrijvingen/{own}/andere-datum", {"session": there})
    assert (no.status, "Voor die datum is eerst goedkeuring nodig" in no.words) == (409, True)
    assert holder.post(f"/mijn-inschrijvingen/{own}/andere-datum", {"session": other}).status == 303


def test_a_worker_moves_to_another_date_and_never_has_none(
    visit: Visit, platform: Running, dates: Dates, name: Callable[[str], str]
) -> None:
    here, full, free = dates(3, 1)
    mover, other = signed_in(visit, platform, address := name("wissel")), signed_in(visit, platform, name("vol"))
    own = enroll(mover, here)
    enroll(other, full)

    page = mover.get(f"/mijn-inschrijvingen/{own}/andere-datum")
    assert "Naar deze datum" in page.words
    assert "kun je niet meteen wisselen" in page.words
    no = mover.post(f"/mijn-inschrijvingen/{own}/andere-datum", {"session": full})
    assert no.status == 409
    assert "Je houdt de plek die je hebt" in no.words
    assert mover.post(f"/mijn-inschrijvingen/{own}/andere-datum", {"session": str(uuid4())}).status == 404
    yes = mover.post(f"/mijn-inschrijvingen/{own}/andere-datum", {"session": free}, follow=True)

    assert "Je hebt een plek" in yes.words
    assert "Je bent naar een andere datum gegaan" in mover.get(f"/mijn-inschrijvingen/{own}").words
    until(lambda: len(subjects(platform, address)) >= 3)
    assert any("Je bent naar een andere datum" in subject for subject in subjects(platform, address))


async def test_a_yes_that_the_desk_did_not_hear_is_seen_to_the_end(
    visit: Visit, platform: Running, session_with: SessionWith, name: Callable[[str], str]
) -> None:
    """As after the gateway went down between the yes and the question; again is harmless."""
    holder, colleague = signed_in(visit, platform, name("houder")), signed_in(visit, platform, to := name("collega"))
    own = enroll(holder, session_with(1))
    given = api(holder, "POST", f"/v1/enrollments/{own}/transfer", {"toEmail": to})[1]
    pool = await open_pool(database(platform, "gateway"), service="test", size=2)
    async with transaction(pool) as conn:
        told = '{"workMunicipality": "GM0505"}'
        await transfers.accept(conn, UUID(str(me(colleague)["personId"])), UUID(given["id"]), told)

    async with open_session() as session:
        key = PrincipalKey(platform.told["SKILLSLAB_INTERNAL_KEY"])
        desk = Client(session, platform.told["SKILLSLAB_ENROLLMENT_URL"], key, "gateway")
        for _ in range(2):
            await handing_over.finish(pool, desk)

    assert api(holder, "GET", f"/v1/enrollments/{own}")[1]["reason"] == "transferred"
    (theirs,) = json.loads(colleague.get("/v1/me/export").text)["enrollments"]
    assert (theirs["state"], theirs["about"]["work"]["municipality"]) == ("confirmed", "GM0505")
    async with transaction(pool) as conn:
        assert UUID(given["id"]) not in {one.transfer_id for one in await transfers.unfinished(conn, 100)}
    pool.terminate()


def test_whoever_takes_a_place_over_again_gets_the_same_answer_and_others_none(
    visit: Visit, platform: Running, session_with: SessionWith, name: Callable[[str], str]
) -> None:
    holder, colleague = signed_in(visit, platform, name("houder")), signed_in(visit, platform, to := name("collega"))
    own = enroll(holder, session_with(1))
    given = api(holder, "POST", f"/v1/enrollments/{own}/transfer", {"toEmail": to})[1]

    answers = [api(colleague, "POST", f"/v1/transfers/{given['id']}/acceptance") for _ in range(2)]

    assert answers[0][0] == 201
    assert answers[1] == answers[0]
    assert api(holder, "POST", f"/v1/transfers/{given['id']}/acceptance")[0] == 404


# What the gateway keeps of it


@pytest.fixture
async def conn(make_database: MakeDatabase) -> Any:
    conn = await asyncpg.connect(await make_database("gateway"))
    yield conn
    await conn.close()


async def an_offer(conn: Any, *, starts_in: str = "1 day") -> tuple[Any, Any, Any]:
    """A holder, a colleague, and the transfer between them."""
    holder, colleague = [await people.meet(conn, f"{who}@lab.example", who, "nl") for who in ("holder", "colleague")]
    starts = await conn.fetchval("SELECT now() + $1::text::interval", starts_in)
    return (
        holder,
        colleague,
        await transfers.offer(conn, holder, uuid4(), uuid4(), starts, "nl", to_email="Colleague@lab.example"),
    )


async def test_what_was_said_yes_to_is_taken_back_by_nobody_and_again_by_the_same_is_harmless(conn: Any) -> None:
    async with conn.transaction():
        holder, colleague, transfer = await an_offer(conn)
        await transfers.accept(conn, colleague, transfer, "{}")

        assert (await transfers.accept(conn, colleague, transfer, "{}")).accepted_by == colleague
        for verb, who in ((transfers.withdraw, holder), (transfers.decline, colleague)):
            with pytest.raises(Rejected):
                await verb(conn, who, transfer)
        await transfers.let_lapse(conn)
        assert [one.transfer_id for one in await transfers.unfinished(conn, 10)] == [transfer]


async def test_one_asks_the_desk_at_a_time_and_once_it_is_put_back_no_other_still_does(make_database: MakeDatabase) -> None:
    url = await make_database("gateway")
    one: Any = await asyncpg.connect(url)
    other: Any = await asyncpg.connect(url)
    holder, colleague, transfer = await an_offer(one)
    said_yes = await transfers.accept(one, colleague, transfer, "{}")
    async with one.transaction():
        assert await transfers.hold(one, said_yes)
        asking_too = asyncio.create_task(transfers.hold(other, said_yes))
        await asyncio.wait([asking_too], timeout=0.3)
        assert not asking_too.done()
        await transfers.put_back(one, transfer)

    assert await asking_too is None
    assert (await transfers.withdraw(one, holder, transfer)).transfer_id == transfer
    for conn in (one, other):
        await conn.close()


async def test_an_offer_ends_when_the_session_starts_and_is_forgotten(conn: Any) -> None:
    async with conn.transaction():
        _, colleague, transfer = await an_offer(conn, starts_in="0 seconds")

        with pytest.raises(Rejected):
            await transfers.accept(conn, colleague, transfer, "{}")
        assert await transfers.mails(conn, [transfer]) == []
        await transfers.let_lapse(conn)
        assert await conn.fetchval("SELECT count(*) FROM transfer") == 0
