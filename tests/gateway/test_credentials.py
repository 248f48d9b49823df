"""What lets somebody in: kept as a hash, long enough not to be guessed, and over when its time is."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from gateway import sign_out, words
from gateway.people import credentials, erasing, people
from gateway.people.credentials import WORKER, Credentials
from gateway.people.people import SQL
from gateway.people.sign_in import CODE_DIGITS, MINUTES, SignIns
from shared.database.pool import Pool, connection, open_pool, transaction
from tests.conftest import MakeDatabase, OpenPool
from tests.everything import places_of
from tests.gateway.test_demo import settings
from tests.sabotage import twin

ADDRESS = "deur@voorbeeld.nl"


@pytest.fixture
async def pool(make_pool: OpenPool) -> Pool:
    return await make_pool("gateway")


async def somebody(pool: Pool) -> tuple[UUID, str]:
    """Somebody who is signed in, and their cookie."""
    async with transaction(pool) as conn:
        person_id = await people.meet(conn, ADDRESS, "", "nl")
        return person_id, await credentials.open_session(conn, person_id, "Firefox")


async def is_signed_in(pool: Pool, cookie: str) -> bool:
    """Asking counts as using it."""
    return await Credentials(pool)._holders_of_sessions([credentials.digest(cookie)]) != [None]


async def counts(pool: Pool, token: str) -> bool:
    return await Credentials(pool)._holders_of_tokens([credentials.digest(token)]) != [None]


async def later(pool: Pool, **passed: float) -> None:
    """Let this much time pass, as far as anything here can tell."""
    async with transaction(pool) as conn:
        for table, moments in (
            ("web_session", ("created_at", "expires_at")), ("sign_in", ("requested_at", "expires_at")),
            ("token", ("made_at", "expires_at")),
        ):  # fmt: skip
            earlier = ", ".join(f"{moment} = {moment} - $1::interval" for moment in moments)
            await conn.execute(f"UPDATE {table} SET {earlier}", timedelta(**passed))
        await conn.execute("UPDATE web_session SET seen_on = seen_on - $1::integer", int(timedelta(**passed).days))


# How long being signed in lasts


def whoever_comes_back_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    bounded = credentials.SQL.note_use_of_sessions
    statement = bounded.replace("least(now() + $2::interval, created_at + $3::interval)", "greatest(now() + $2, now() + $3)")
    assert statement != bounded
    monkeypatch.setattr(credentials.SQL, "note_use_of_sessions", statement)


@twin(whoever_comes_back_stays)
async def test_two_weeks_after_signing_in_it_is_over_however_much_it_was_used(pool: Pool, guard: None) -> None:
    _person, cookie = await somebody(pool)
    for _ in range(6):
        await later(pool, days=2, hours=5)
        assert await is_signed_in(pool, cookie)
    await later(pool, hours=19)
    assert not await is_signed_in(pool, cookie)


def nobody_is_idle(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(credentials, "IDLE_DAYS", credentials.SESSION_DAYS)


@pytest.mark.parametrize("used_on_day", [0, 3])
@twin(nobody_is_idle)
async def test_a_browser_that_is_not_used_for_a_week_is_signed_out(pool: Pool, used_on_day: int, guard: None) -> None:
    person, cookie = await somebody(pool)
    await later(pool, days=used_on_day)
    assert await is_signed_in(pool, cookie)
    await later(pool, days=6, hours=23)
    async with connection(pool) as conn:
        assert len(await credentials.sessions(conn, person, cookie)) == 1
    await later(pool, hours=2)

    assert not await is_signed_in(pool, cookie)
    async with transaction(pool) as conn:
        assert await credentials.sessions(conn, person, cookie) == []
        await people.forget_old(conn)
        assert await conn.fetchval("SELECT count(*) FROM web_session") == 0


async def test_whoever_is_erased_is_signed_out_everywhere_and_their_tokens_end(pool: Pool) -> None:
    person_id, one = await somebody(pool)
    _again, other = await somebody(pool)
    async with transaction(pool) as conn:
        _id, token, _ends = await credentials.make_token(conn, person_id, WORKER, name="", can_write=True, days=1)
    assert [await is_signed_in(pool, one), await is_signed_in(pool, other), await counts(pool, token)] == [True] * 3

    async with transaction(pool) as conn:
        await erasing.erase(conn, person_id, why="erased")

    assert [await is_signed_in(pool, one), await is_signed_in(pool, other), await counts(pool, token)] == [False] * 3


# Links, codes and tokens


def they_do_not_end(monkeypatch: pytest.MonkeyPatch) -> None:
    for queries, names in ((SQL, ("open_sign_in", "try_sign_ins", "use_sign_in")), (credentials.SQL, ("holders_of_tokens",))):
        for name in names:
            statement = getattr(queries, name).replace("expires_at > now()", "true")
            assert statement != getattr(queries, name)
            monkeypatch.setattr(queries, name, statement)


@pytest.mark.parametrize("by", ["link", "code"])
@twin(they_do_not_end)
async def test_a_link_and_its_code_end_after_ten_minutes(pool: Pool, by: str, guard: None) -> None:
    assert MINUTES <= 10
    sign_ins = SignIns("k" * 32)
    async with transaction(pool) as conn:
        await sign_ins.request(conn, ADDRESS, "nl", "", "browser", "network")
        [mail] = await sign_ins.mails(conn, [await conn.fetchval("SELECT sign_in_id FROM sign_in")])
    token = mail.link.rpartition("/")[2]
    async with connection(pool) as conn:
        assert await sign_ins.standing(conn, token, "browser") == "works"
    await later(pool, minutes=10, seconds=1)

    async with transaction(pool) as conn:
        got_in = await (sign_ins.use(conn, token, "browser") if by == "link" else sign_ins.use_code(conn, mail.code, "browser"))
        assert got_in is None
        assert await sign_ins.standing(conn, token, "browser") == "gone"


@twin(they_do_not_end)
async def test_a_token_ends_on_its_day(pool: Pool, guard: None) -> None:
    person_id, _cookie = await somebody(pool)
    async with transaction(pool) as conn:
        _id, token, _ends = await credentials.make_token(conn, person_id, WORKER, name="", can_write=True, days=30)
    await later(pool, days=29)
    assert await counts(pool, token)
    await later(pool, days=1, seconds=1)
    assert not await counts(pool, token)


async def test_nothing_that_is_kept_lets_anybody_in(pool: Pool) -> None:
    """Of cookies, tokens and links a hash is kept; codes follow from a key, and are kept nowhere."""
    person_id, cookie = await somebody(pool)
    sign_ins = SignIns("k" * 32)
    async with transaction(pool) as conn:
        _id, token, _ends = await credentials.make_token(conn, person_id, WORKER, name="rooster", can_write=True, days=1)
        await sign_ins.request(conn, ADDRESS, "nl", "", "the browser", "192.0.2.1")
        [mail] = await sign_ins.mails(conn, [await conn.fetchval("SELECT sign_in_id FROM sign_in")])
    assert await places_of(pool, "rooster") == {"token"}

    secret = mail.link.rpartition(".")[2]
    for kept_from_all in (cookie, token, secret, mail.code, "the browser", "192.0.2.1"):
        assert await places_of(pool, kept_from_all) == set()


def test_nobody_guesses_what_lets_them_in() -> None:
    """256 random bits in cookies and tokens, as many in a link; and a code of eight digits, for which five tries are all."""
    secrets = {credentials.new_secret() for _ in range(100)}
    assert len(secrets) == 100
    assert all(re.fullmatch(r"[\w-]{43}", secret) for secret in secrets)
    sign_ins = SignIns("k" * 32)
    derived = {sign_ins._secret(UUID(int=number)) for number in range(100)}
    assert len(derived) == 100
    assert all(re.fullmatch(r"[\w-]{43}", secret) for secret in derived)
    assert 10**CODE_DIGITS > 2**20
    assert all(re.fullmatch(rf"\d{{{CODE_DIGITS}}}", sign_ins.code(UUID(int=number))) for number in range(100))


# Whoever keeps the platform running


@pytest.mark.parametrize(("who", "others_stay"), [(ADDRESS.upper(), True), ("--everybody", False)])
async def test_an_operator_signs_people_out_everywhere_at_once(
    make_database: MakeDatabase, who: str, others_stay: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = await make_database("gateway")
    monkeypatch.setattr(sign_out, "database_of", lambda *_: url)
    pool = await open_pool(url, service="test")
    person_id, cookie = await somebody(pool)
    sign_ins = SignIns("k" * 32)
    async with transaction(pool) as conn:
        other = await people.meet(conn, "ander@voorbeeld.nl", "", "nl")
        others = await credentials.open_session(conn, other, "")
        _id, token, _ends = await credentials.make_token(conn, person_id, WORKER, name="", can_write=True, days=1)
        await sign_ins.request(conn, ADDRESS, "nl", "", "browser", "network")
        [mail] = await sign_ins.mails(conn, [await conn.fetchval("SELECT sign_in_id FROM sign_in")])

    await sign_out.main(settings(tmp_path), [who])

    assert [await is_signed_in(pool, cookie), await is_signed_in(pool, others)] == [False, others_stay]
    assert await counts(pool, token)
    async with transaction(pool) as conn:
        assert await sign_ins.use_code(conn, mail.code, "browser") is None
        rows = await conn.fetch("SELECT actor_id, action FROM audit_entry")
    assert {row["actor_id"] for row in rows} == ({person_id} if others_stay else {person_id, other})
    assert {row["action"] for row in rows} == {"signed-out-by-operator"} < words.ACTIONS.keys()

    await sign_out.main(settings(tmp_path), [who, "--tokens"])

    assert not await counts(pool, token)
    pool.terminate()
