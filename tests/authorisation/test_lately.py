"""What changes who gets in, and what cannot be undone, is for who just signed in: not for who finds a browser left open."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from urllib.parse import quote
from uuid import uuid4

import pytest

from gateway import edge, forms
from gateway.pages.addresses import ADDRESSES, path
from gateway.pages.routes import READ
from gateway.people import credentials
from shared.database.pool import connection, transaction
from shared.translations import Language
from tests.authorisation.conftest import World
from tests.sabotage import twin

pytestmark = [pytest.mark.timeout(180), pytest.mark.asyncio(loop_scope="package")]

GUARDED = {
    "erase": "erase", "tokens": "tokens", "connect": "my-data", "disconnect": "my-data", "sign-out-elsewhere": "my-data",
    "sign-out-there": "my-data",
}  # fmt: skip
"""With the page that one comes back to."""
LANGUAGE: Language = "nl"


async def left_open(world: World, name: str, **ago: int) -> str:
    """The cookie of a browser on which this person signed in so long ago."""
    cookie = await world.browser(name)
    async with transaction(world.house.people) as conn:
        await conn.execute(
            "UPDATE web_session SET created_at = created_at - $2::interval WHERE session_hash = $1",
            credentials.digest(cookie), timedelta(**ago),
        )  # fmt: skip
    return cookie


async def owned(world: World, person: str) -> Mapping[str, str]:
    """What the forms are about."""
    return {
        "provider": "school", "identity": await world.account_of(person), "browser": await world.browser_of(person),
    }  # fmt: skip


async def pressed(world: World, name: str, parts: Mapping[str, str], cookie: str) -> str:
    """Where the form of this page leads."""
    fields = {"name": "later", "role": "worker", "days": "365", "canWrite": "true", forms.TOKEN: forms.token_for(cookie)}
    headers = {"Sec-Fetch-Site": "same-origin", "Cookie": f"skillslab={cookie}"}
    url = world.house.base_url + path(name, LANGUAGE, parts)
    async with world.http.post(url, data=fields, headers=headers, allow_redirects=False) as response:
        return response.headers.get("Location", "")


async def written(world: World) -> str:
    """All that says who gets in, and how."""
    tables = ("person", "token", "identity", "web_session", "provider_visit")
    parts = ", ".join(f"(SELECT json_agg(t ORDER BY t::text) FROM {name} t)" for name in tables)
    async with connection(world.house.people) as conn:
        return str(await conn.fetchval(f"SELECT json_build_array({parts})::text"))


def whenever_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edge, "signed_in_lately", lambda request: True)


@pytest.mark.parametrize(("name", "page"), GUARDED.items())
@twin(whenever_it_was)
async def test_who_signed_in_longer_ago_signs_in_once_more_first(world: World, name: str, page: str, guard: None) -> None:
    person = await world.throwaway("worker")
    parts = await owned(world, person)
    cookie = await left_open(world, person, minutes=31)
    before = await written(world)

    location = await pressed(world, name, parts, cookie)

    back = quote(path(page, LANGUAGE), safe="")
    assert location == f"/aanmelden?refused=sign-in-again&next={back}"
    assert await written(world) == before
    answer = await world.ask("GET", location, cookie=cookie)
    assert answer.status == 403
    assert "Log nog een keer in" in answer.text


@pytest.mark.parametrize("name", GUARDED)
async def test_within_half_an_hour_nobody_is_asked_again(world: World, name: str) -> None:
    person = await world.throwaway("worker")
    parts = await owned(world, person)
    cookie = await left_open(world, person, minutes=29)
    assert "sign-in-again" not in await pressed(world, name, parts, cookie)


async def test_a_script_on_a_browser_left_open_erases_nobody_and_a_token_is_not_asked(world: World) -> None:
    person = await world.throwaway("worker")
    cookie = await left_open(world, person, days=1)
    assert (await world.ask("DELETE", "/v1/me", cookie=cookie)).status == 403
    assert (await world.ask("GET", "/v1/me", cookie=cookie)).status == 200
    assert (await world.ask("DELETE", "/v1/me", token=world.tokens[person])).status == 202


async def test_who_is_not_signed_in_is_led_to_where_they_sign_in(world: World) -> None:
    for name in GUARDED:
        location = await pressed(world, name, dict.fromkeys(("provider", "identity", "browser"), str(uuid4())), "")
        assert location.startswith("/aanmelden?next="), name


# Where somebody is signed in


async def test_one_browser_is_signed_out_and_the_others_stay(world: World) -> None:
    person = await world.throwaway("worker")
    here, there, third = [await world.browser(person) for _ in range(3)]
    async with connection(world.house.people) as conn:
        held = await credentials.sessions(conn, world.persons[person], there)
    parts = {"browser": str(next(one.session_id for one in held if one.this_one))}
    assert (await world.ask("GET", "/mijn-gegevens", cookie=here)).text.count("Daar uitloggen") == 2

    assert await pressed(world, "sign-out-there", parts, here) == "/mijn-gegevens?done=signed-out-there"

    statuses = [(await world.ask("GET", "/v1/me", cookie=cookie)).status for cookie in (here, there, third)]
    assert statuses == [200, 401, 200]


async def test_signing_out_is_on_every_page_of_who_is_signed_in(world: World) -> None:
    cookie = await world.browser("organiser")
    shown = 0
    for name in READ:
        if "{" in ADDRESSES[name][0]:
            continue
        answer = await world.ask("GET", path(name, LANGUAGE), cookie=cookie)
        if answer.status == 200 and "<html" in answer.text:
            shown += 1
            assert 'action="/uitloggen"' in answer.text, name
    assert shown > 12
