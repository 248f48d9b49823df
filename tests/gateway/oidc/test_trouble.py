"""Providers that are away, slow, or talk nonsense: a page that says so, soon, and nobody signed in."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Mapping
from typing import Any

import pytest
from aiohttp import web
from joserfc import jwk

from gateway.oidc import calls
from gateway.oidc import provider as ours
from gateway.pages.addresses import path
from tests.gateway.oidc.conftest import Door
from tests.provider import Handler

pytestmark = pytest.mark.asyncio(loop_scope="package")


def answering(status: int = 200, **answer: Any) -> Handler:
    async def handler(_request: web.Request) -> web.Response:
        return web.Response(status=status, **answer)

    return handler


async def never(request: web.Request) -> web.StreamResponse:
    """Begins an answer, and sends a byte of it now and then."""
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    await response.prepare(request)
    while True:
        await response.write(b" ")
        await asyncio.sleep(0.02)


async def cut_off(request: web.Request) -> web.StreamResponse:
    assert request.transport
    request.transport.abort()
    return web.Response()


async def refused_at_the_start(door: Door, slug: str, status: int, words: str) -> None:
    guest, before = await door.guest(), await door.written()
    answer = await guest.post("/aanmelden/organisatie/school", {"next": "/mijn-gegevens"})
    assert answer.location == path("sign-in", "nl", None, refused=slug, next="/mijn-gegevens")
    page = await guest.get(answer.location)
    assert page.status == status
    assert words in page.words
    assert "Mail me een link" in page.words
    assert await door.written() == before


NONSENSE = {
    "no JSON": answering(text="<html>"),
    "a JSON number": answering(text="1"),
    "nothing": answering(),
    "not there": answering(404),
    "somewhere else": answering(302, headers={"Location": "http://127.0.0.1:1/"}),
    "too much": answering(body=b'"' + b"x" * calls.MOST_BYTES + b'"'),
    "packed": answering(body=gzip.compress(b"{}"), headers={"Content-Encoding": "gzip"}),
    "nested without end": answering(body=b"[" * 100_000),
    "another encoding": answering(body=b"\xff\xfe{}"),
}
AWAY = {"broken": answering(500), "busy": answering(503), "cut off": cut_off, "without end": never}
METADATA: Mapping[str, Mapping[str, object]] = {
    "another issuer": {"issuer": "https://elsewhere.example"},
    "no issuer": {"issuer": None},
    "a token endpoint that anybody can listen to": {"token_endpoint": "http://elsewhere.example/token"},
    "keys that anybody can swap": {"jwks_uri": "http://elsewhere.example/keys"},
    "an address with a line end": {"authorization_endpoint": "https://x.example/\r\nSet-Cookie: x=y"},
    "an address that is none": {"authorization_endpoint": "javascript:alert(1)"},
    "a broken address": {"userinfo_endpoint": "https://[x"},
}


@pytest.mark.parametrize("instead", NONSENSE.values(), ids=NONSENSE)
async def test_a_provider_that_publishes_nonsense_is_not_gone_to(door: Door, instead: Handler) -> None:
    door.provider.instead["/.well-known/openid-configuration"] = instead
    await refused_at_the_start(door, "provider-not-believed", 502, "Het antwoord van je organisatie klopt niet")


@pytest.mark.parametrize("changed", METADATA.values(), ids=METADATA)
async def test_a_provider_that_leads_elsewhere_is_not_gone_to(door: Door, changed: Mapping[str, object]) -> None:
    door.provider.tamper_with_metadata = lambda told: told.update(changed)
    await refused_at_the_start(door, "provider-not-believed", 502, "Het antwoord van je organisatie klopt niet")


@pytest.mark.parametrize("instead", AWAY.values(), ids=AWAY)
async def test_a_provider_that_is_away_is_said_to_be(door: Door, instead: Handler, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "SECONDS", 0.3)
    door.provider.instead["/.well-known/openid-configuration"] = instead
    await refused_at_the_start(door, "provider-away", 503, "Je organisatie antwoordt niet")


async def test_a_provider_that_does_not_listen_is_said_to_be_away(door: Door) -> None:
    owner, _person = await door.known("patient@here.example")
    answer = await owner.post("/en/my-data/organisations/away/connect")
    assert answer.location == "/en/my-data?refused=provider-away"
    page = await owner.get(answer.location)
    assert page.status == 503
    assert "Your organisation does not answer" in page.words


@pytest.mark.parametrize("where", ["/token", "/keys", "/userinfo"])
@pytest.mark.parametrize(
    ("instead", "slug"),
    [
        *((handler, "provider-away") for handler in AWAY.values()),
        *((handler, "provider-not-believed") for handler in (NONSENSE["no JSON"], NONSENSE["too much"], NONSENSE["packed"])),
    ],
)  # fmt: skip
async def test_a_provider_that_fails_half_way_lets_nobody_in(
    door: Door, where: str, instead: Handler, slug: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    door.somebody()
    door.provider.told_by_userinfo = True
    guest, before = await door.guest(), await door.written()
    back = await guest.at_provider(await guest.leave())
    monkeypatch.setattr(calls, "SECONDS", 0.3)
    door.provider.instead[where] = instead

    answer = await guest.get(back)

    assert answer.refused == slug
    assert await guest.me() is None
    assert await door.written() == before


async def test_the_secret_that_a_provider_does_not_take_signs_nobody_in(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    door.somebody()
    monkeypatch.setattr(door.provider, "client_secret", "another one")
    assert (await (await door.guest()).sign_in()).refused == "provider-refused"


# What is kept, and for how long


async def test_what_a_provider_publishes_is_asked_for_once_by_all_together(door: Door) -> None:
    door.somebody()
    guests = [await door.guest() for _ in range(5)]
    await asyncio.gather(*(guest.sign_in() for guest in guests))
    assert (door.provider.asked["openid-configuration"], door.provider.asked["keys"]) == (1, 1)


async def test_what_was_kept_for_ten_minutes_is_asked_for_anew(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    assert ours.KEPT_SECONDS == 600
    clock, asked = asyncio.get_running_loop(), []

    async def fetch() -> int:
        asked.append(1)
        return len(asked)

    kept = ours.Kept(fetch)
    start = clock.time()
    for after, value in ((0, 1), (599, 1), (601, 2), (1199, 2), (1203, 3)):
        with monkeypatch.context() as moved:
            moved.setattr(clock, "time", lambda after=after: start + after)
            assert await kept.get() == value


async def test_a_provider_that_changed_its_keys_is_believed(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    door.somebody()
    await (await door.guest()).sign_in()
    door.provider.key = jwk.generate_key("RSA", 2048, {"kid": "second"})
    monkeypatch.setattr(ours, "NEW_KEYS_EVERY", 0)
    guest = await door.guest()
    await guest.sign_in()
    assert await guest.me()
    assert door.provider.asked["keys"] == 2


async def test_tokens_with_made_up_keys_do_not_have_the_keys_asked_for_each_time(door: Door) -> None:
    door.somebody()
    unknown = door.provider.signed
    door.provider.sign = lambda claims: unknown(claims, kid="made up")
    for _ in range(3):
        assert (await (await door.guest()).sign_in()).refused == "provider-not-believed"
    assert door.provider.asked["keys"] == 1


async def test_keys_that_nobody_here_understands_are_passed_over(door: Door) -> None:
    strange: list[dict[str, object]] = [{"kty": "AKP", "kid": "first"}, {"kty": "RSA"}, {"kty": "EC", "crv": "x"}, {}]

    async def handler(_request: web.Request) -> web.Response:
        return web.json_response({"keys": [*strange, door.provider.key.as_dict(private=False)]})

    door.somebody()
    door.provider.instead["/keys"] = handler
    guest = await door.guest()
    await guest.sign_in()
    assert await guest.me()
