"""Signing in by an organisation, and connecting its account: against a provider that really issues tokens."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import quote
from uuid import UUID

import aiohttp
import pytest
from joserfc import jwk
from yarl import URL

from gateway import edge, pages
from gateway.pages.addresses import path
from gateway.people import identities
from gateway.people.credentials import SESSION_DAYS
from shared.database.pool import connection, transaction
from shared.launch.postgres import tied_to_parent
from shared.translations import LANGUAGES, Language
from tests.everything import places_of
from tests.gateway.oidc.conftest import Door, Guest
from tests.provider import CLIENT_ID, Account
from tests.sabotage import twin

pytestmark = pytest.mark.asyncio(loop_scope="package")


async def accounts_of(door: Door, guest: Guest) -> list[tuple[str, str]]:
    """Issuer and subject of what is connected."""
    me = await guest.me()
    assert me
    async with connection(door.pool) as conn:
        rows = await conn.fetch("SELECT issuer, subject FROM identity WHERE person_id = $1", me["personId"])
    return [(row["issuer"], row["subject"]) for row in rows]


def disconnect_form(text: str) -> str:
    found = re.search(r'action="(/mijn-gegevens/organisaties/[0-9a-f-]{36}/loskoppelen)"', text)
    assert found, text
    return found[1]


# Signing in


@pytest.mark.parametrize(
    ("language", "button", "onward"),
    [
        ("nl", "Aanmelden met Voorbeeld College", "/mijn-inschrijvingen"),
        ("en", "Sign in with Voorbeeld College", "/en/my-enrollments"),
    ],
)
async def test_somebody_new_is_met_with_the_address_that_was_checked(
    door: Door, language: Language, button: str, onward: str
) -> None:
    account, guest = door.somebody(), await door.guest()
    assert button in (await guest.get(path("sign-in", language))).words

    answer = await guest.sign_in(language)

    assert (answer.status, answer.location) == (303, onward)
    me = await guest.me()
    assert me
    assert (me["email"], me["language"]) == (account.email, language)
    assert await accounts_of(door, guest) == [(door.provider.issuer, account.sub)]


async def test_who_comes_again_is_the_same_person_whatever_the_address_is_by_then(door: Door) -> None:
    account, first, again = door.somebody(), await door.guest(), await door.guest()
    await first.sign_in()
    before = await first.me()
    door.provider.account = Account(account.sub, "married@school.example", is_verified=False)

    await again.sign_in()

    assert await again.me() == before
    assert before
    assert before["email"] == account.email


async def test_the_way_there_carries_what_the_standard_asks_for(door: Door) -> None:
    guest = await door.guest()
    address = await guest.leave("en")

    assert address.startswith(f"{door.provider.issuer}/authorize?")
    for part in (
        "response_type=code", f"client_id={CLIENT_ID}", "scope=openid+email", "code_challenge_method=S256",
        f"redirect_uri={quote(door.base_url + '/en/sign-in/organisation/school/back', safe='')}",
    ):  # fmt: skip
        assert part in address
    values = [re.search(rf"\b{name}=([\w-]+)", address)[1] for name in ("state", "nonce", "code_challenge")]  # type: ignore[index]
    assert min(map(len, values)) >= 43
    again = await guest.leave("en")
    assert not [value for value in values if value in again]


async def test_what_ties_the_answer_to_the_browser_is_kept_as_hashes_alone(door: Door) -> None:
    guest = await door.guest()
    address = await guest.leave()
    async with connection(door.pool) as conn:
        kept = str(await conn.fetchval("SELECT json_agg(v)::text FROM provider_visit v"))
    state = re.search(r"\bstate=([\w-]+)", address)
    assert state
    for secret in (state[1], guest.cookie("skillslab-left")):
        assert len(secret) >= 43
        assert secret not in kept


async def test_the_session_is_a_new_one_and_the_old_one_ends(door: Door) -> None:
    other, _person = await door.known("other@here.example")
    old = other.cookie(edge.COOKIE)
    account = door.somebody()

    await other.sign_in()

    me = await other.me()
    assert me
    assert me["email"] == account.email
    assert other.cookie(edge.COOKIE) != old
    other.take(skillslab=old)
    assert await other.me() is None


async def test_what_the_provider_gave_for_it_is_neither_kept_nor_passed_on(door: Door) -> None:
    door.somebody()
    given: list[str] = []
    door.provider.tamper_with_tokens = lambda told: given.extend((told["access_token"], told["id_token"]))
    guest = await door.guest()
    back = await guest.at_provider(await guest.leave())

    answers = [await guest.get(back), await guest.get("/mijn-gegevens"), await guest.get("/v1/me/export")]

    sent = "".join(f"{answer.headers} {answer.text}" for answer in answers) + str([*guest.http.cookie_jar])
    assert len(given) == 2
    for token in (*given, URL(back).query["code"]):
        assert token not in sent
        assert await places_of(door.pool, token) == set()


async def test_the_cookies_are_like_the_others(door: Door) -> None:
    door.somebody()
    guest = await door.guest()
    left = await guest.post("/aanmelden/organisatie/school")
    assert re.fullmatch(r"skillslab-left=[\w-]{43}; HttpOnly; Max-Age=600; Path=/; SameSite=Lax", left.headers["Set-Cookie"])
    back = await guest.sign_in()
    assert back.headers["Set-Cookie"].endswith(f"; HttpOnly; Max-Age={SESSION_DAYS * 24 * 3600}; Path=/; SameSite=Lax")


@pytest.mark.parametrize(
    ("wanted", "onward"),
    [
        ("/inschrijven/s0?x=1", "/inschrijven/s0?x=1"), ("/en/my-data", "/mijn-gegevens"), ("//elsewhere.example", ""),
        ("https://elsewhere.example", ""), ("/\\elsewhere.example", ""),
    ],
)  # fmt: skip
async def test_who_signed_in_goes_on_to_where_they_wanted_if_that_is_here(door: Door, wanted: str, onward: str) -> None:
    door.somebody()
    answer = await (await door.guest()).sign_in(next_page=wanted)
    assert answer.location == (onward or "/mijn-inschrijvingen")


async def test_two_first_sign_ins_at_once_make_one_person(door: Door) -> None:
    account = door.somebody()
    guests = [await door.guest() for _ in range(6)]

    answers = await asyncio.gather(*(guest.sign_in() for guest in guests))

    assert {answer.location for answer in answers} == {"/mijn-inschrijvingen"}
    async with connection(door.pool) as conn:
        assert await conn.fetchval("SELECT count(*) FROM person WHERE email = $1", account.email) == 1


@pytest.mark.filterwarnings("ignore:EdDSA is deprecated")  # which is why it signs by its old name only here
@pytest.mark.parametrize(
    ("algorithm", "kind", "size"),
    [("PS256", "RSA", 2048), ("ES256", "EC", "P-256"), ("EdDSA", "OKP", "Ed25519"), ("Ed25519", "OKP", "Ed25519")],
)
async def test_a_provider_may_sign_in_any_way_that_is_safe(door: Door, algorithm: str, kind: str, size: str | int) -> None:
    door.somebody()
    door.provider.algorithm = algorithm
    door.provider.key = jwk.JWKRegistry.generate_key(kind, size, {"kid": "other"})
    guest = await door.guest()
    await guest.sign_in()
    assert await guest.me()


def the_subject_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    statement = identities.SQL.holder_of_identity.replace("issuer = $1", "$1::text IS NOT NULL")
    monkeypatch.setattr(identities.SQL, "holder_of_identity", statement)


@twin(the_subject_alone)
async def test_the_same_subject_at_another_provider_is_somebody_else(door: Door, guard: None) -> None:
    _owner, person = await door.known("namesake@here.example")
    account = door.somebody(email="", is_verified=False)
    async with transaction(door.pool) as conn:
        assert await identities.add(conn, identities.Account("https://elsewhere.example", account.sub), UUID(person))
    guest = await door.guest()

    assert (await guest.sign_in()).refused == "address-not-verified"
    assert await guest.me() is None


# Who is somebody new


async def test_an_address_that_the_provider_tells_only_when_asked_counts_too(door: Door) -> None:
    account, guest = door.somebody(), await door.guest()
    door.provider.told_by_userinfo = True

    await guest.sign_in()
    me = await guest.me()
    assert me
    assert me["email"] == account.email

    await (await door.guest()).sign_in()
    assert door.provider.asked["userinfo"] == 1  # of who is known nothing more is asked


def linked_by_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever has the address is taken for the same person."""
    monkeypatch.setattr(
        identities.SQL,
        "meet_by_identity",
        identities.SQL.meet_by_identity.replace("DO NOTHING", "DO UPDATE SET email = person.email"),
    )


@twin(linked_by_address)
async def test_an_address_that_is_somebodys_already_lets_nobody_in(door: Door, guard: None) -> None:
    _owner, _person = await door.known("owner@here.example")
    door.somebody(email="Owner@HERE.example")
    guest, before = await door.guest(), await door.written()

    answer = await guest.sign_in()

    assert answer.refused == "address-known"
    assert await guest.me() is None
    assert await door.written() == before
    page = await guest.get(answer.location)
    assert page.status == 409
    assert "Er is al een account met jouw e-mailadres" in page.words
    assert "Log eerst in met een link in een e-mail" in page.words
    assert 'name="next" value="/mijn-gegevens"' in page.text


@pytest.mark.parametrize(
    "tamper",
    [
        {"email": "x@school.example", "email_verified": False}, {"email": "x@school.example", "email_verified": None},
        {"email": "x@school.example", "email_verified": "true"}, {"email": "x@school.example", "email_verified": 1},
        {"email": None, "email_verified": True}, {"email": "no address", "email_verified": True},
        {"email": ["x@school.example"], "email_verified": True}, {"email": "x\0@school.example", "email_verified": True},
    ],
)  # fmt: skip
async def test_without_an_address_that_was_checked_nobody_new_is_met(door: Door, tamper: dict[str, object]) -> None:
    door.somebody()
    door.provider.tamper_with_claims = lambda claims: claims.update(tamper)
    guest, before = await door.guest(), await door.written()

    answer = await guest.sign_in("en")

    assert answer.refused == "address-not-verified"
    assert await guest.me() is None
    assert await door.written() == before
    page = await guest.get(answer.location)
    assert page.status == 403
    assert "Your organisation does not vouch for a mail address of yours" in page.words


async def test_a_provider_that_tells_no_address_at_all_is_told_so(door: Door) -> None:
    door.somebody(email="")
    door.provider.tamper_with_metadata = lambda metadata: metadata.pop("userinfo_endpoint")
    assert (await (await door.guest()).sign_in()).refused == "address-not-verified"


# Connecting


async def test_an_account_is_connected_signs_in_and_is_disconnected_again(door: Door) -> None:
    owner, person = await door.known("connects@here.example")
    account = door.somebody(email="", is_verified=False)
    assert "Voorbeeld College" in (await owner.get("/mijn-gegevens")).words

    connected = await owner.connect()
    assert connected.location == "/mijn-gegevens?done=saved"
    page = await owner.get(connected.location)
    assert "Opgeslagen." in page.words
    assert await accounts_of(door, owner) == [(door.provider.issuer, account.sub)]

    elsewhere = await door.guest()
    assert (await elsewhere.sign_in()).location == "/mijn-inschrijvingen"
    me = await elsewhere.me()
    assert me
    assert me["personId"] == person

    assert (await owner.post(disconnect_form(page.text))).location == "/mijn-gegevens?done=saved"
    assert await accounts_of(door, owner) == []
    assert (await (await door.guest()).sign_in()).refused == "address-not-verified"


async def test_what_is_done_with_an_account_is_written_down(door: Door) -> None:
    owner, person = await door.known("accounted@here.example")
    door.somebody()
    await owner.connect()
    await (await door.guest()).sign_in()
    await owner.post(disconnect_form((await owner.get("/mijn-gegevens")).text))
    async with connection(door.pool) as conn:
        rows = await conn.fetch("SELECT action, record FROM audit_entry WHERE actor_id = $1 ORDER BY entry_id", person)
    assert [row["action"] for row in rows] == ["account-connected", "signed-in", "account-disconnected"]
    assert rows[-1]["record"].startswith("accounts/")


async def test_connecting_again_changes_nothing_and_what_is_connected_is_not_offered_again(door: Door) -> None:
    owner, _person = await door.known("again@here.example")
    door.somebody()
    await owner.connect()
    assert (await owner.connect()).location == "/mijn-gegevens?done=saved"
    text = (await owner.get("/mijn-gegevens")).text
    assert len(re.findall(r'action="/mijn-gegevens/organisaties/[^"]*/loskoppelen"', text)) == 1
    assert re.findall(r'action="/mijn-gegevens/organisaties/([^"/]*)/verbinden"', text) == ["away", "another"]


async def test_who_changed_how_they_sign_in_can_sign_out_everywhere_else_at_once(door: Door) -> None:
    owner, _person = await door.known("careful@here.example")
    elsewhere, _person = await door.known("careful@here.example")
    door.somebody(email="", is_verified=False)
    page = await owner.get((await owner.connect()).location)
    assert 'action="/mijn-gegevens/overal-uitloggen"' in page.text

    after = await owner.post(disconnect_form(page.text))
    assert 'action="/mijn-gegevens/overal-uitloggen"' in (await owner.get(after.location)).text
    assert (await owner.post("/mijn-gegevens/overal-uitloggen")).status == 303
    assert await elsewhere.me() is None
    assert await owner.me()


async def test_an_account_of_somebody_else_stays_theirs(door: Door) -> None:
    account = door.somebody()
    first = await door.guest()
    await first.sign_in()
    second, _person = await door.known("second@here.example")

    answer = await second.connect("en")

    assert answer.refused == "account-taken"
    page = await second.get(answer.location)
    assert page.status == 409
    assert "This account is connected to somebody else here" in page.words
    assert await accounts_of(door, second) == []
    assert await accounts_of(door, first) == [(door.provider.issuer, account.sub)]


async def test_nobody_disconnects_what_is_somebody_elses(door: Door) -> None:
    door.somebody()
    owner = await door.guest()
    await owner.sign_in()
    form = disconnect_form((await owner.get("/mijn-gegevens")).text)
    other, _person = await door.known("other-hands@here.example")

    assert (await other.post(form)).status == 404
    assert (await other.post(form.replace(form.split("/")[3], "nonsense"))).status == 404
    assert len(await accounts_of(door, owner)) == 1


async def test_only_who_is_signed_in_connects(door: Door) -> None:
    guest = await door.guest()
    answer = await guest.post("/mijn-gegevens/organisaties/school/verbinden")
    assert answer.location.startswith("/aanmelden?next=")


@pytest.mark.parametrize("now", ["nobody", "somebody else"])
async def test_an_account_is_not_connected_to_who_took_over_the_browser_on_the_way(door: Door, now: str) -> None:
    owner, _person = await door.known("leaves@here.example")
    door.somebody()
    back = await owner.at_provider(await owner.leave(to_connect=True))
    left = owner.cookie("skillslab-left")
    other, _person = await door.known("arrives@here.example")
    owner.take(skillslab_left=left, skillslab=other.cookie(edge.COOKIE) if now == "somebody else" else "")
    before = await door.written()

    answer = await owner.get(back)

    assert answer.refused == "form-too-old"
    assert await door.written() == before


async def test_an_account_of_a_provider_that_is_gone_can_still_be_disconnected(door: Door) -> None:
    owner, person = await door.known("outlives@here.example")
    async with transaction(door.pool) as conn:
        await conn.execute("INSERT INTO identity VALUES ('https://gone.example', 'x', $1)", person)
    page = await owner.get("/mijn-gegevens")
    assert "https://gone.example" in page.words
    assert (await owner.post(disconnect_form(page.text))).status == 303
    assert await accounts_of(door, owner) == []


# A provider of somebody else's making


@contextmanager
def provider_mock(port: int) -> Iterator[str]:
    """The package `oidc-provider-mock`, in a process of its own; gives its issuer."""
    somebody = {"sub": "wim", "email": "wim@mock.example", "email_verified": True}
    command = [sys.executable, "-m", "oidc_provider_mock", "--port", str(port), "--require-nonce", "true"]
    process = subprocess.Popen(
        [*command, "--user-claims", json.dumps(somebody)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        preexec_fn=tied_to_parent(signal.SIGKILL),  # noqa: PLW1509
    )  # fmt: skip
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


async def test_a_provider_that_others_made_signs_somebody_in(door: Door) -> None:
    guest = await door.guest()
    port = URL(door.outside[pages.PROVIDERS]["another"].issuer).port
    assert port
    with provider_mock(port) as issuer:
        async with asyncio.timeout(30):
            while True:
                with suppress(aiohttp.ClientError):
                    await guest.get(issuer)
                    break
                await asyncio.sleep(0.1)
        address = await guest.leave(provider="another")
        async with guest.http.post(URL(address, encoded=True), data={"sub": "wim"}, allow_redirects=False) as response:
            back = response.headers["Location"]
        assert (await guest.get(back)).location == "/mijn-inschrijvingen"
    me = await guest.me()
    assert me
    assert me["email"] == "wim@mock.example"


# What has no button


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_provider_that_is_not_there_does_not_exist(door: Door, language: Language) -> None:
    guest, _person = await door.known("curious@here.example")
    for name in ("provider-sign-in", "connect"):
        assert (await guest.post(path(name, language, {"provider": "nobody"}))).status == 404
    assert (await guest.get(path("provider-back", language, {"provider": "nobody"}) + "?state=x&code=y")).status == 404


async def test_who_reloads_the_page_that_sends_on_begins_again(door: Door) -> None:
    guest = await door.guest()
    assert (await guest.get("/aanmelden/organisatie/school")).location == "/aanmelden"
    assert (await guest.get("/en/my-data/organisations/school/connect")).location == "/en/my-data"
