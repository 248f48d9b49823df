"""Answers that were tampered with, each for an account that is known here and would have been let in: nobody is, and nothing is
written. An untampered sign-in goes before each, so that it is the tampering that is refused.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from joserfc import jwk, jws
from yarl import URL

from gateway.oidc import id_tokens
from gateway.oidc.provider import Provider as OurProvider
from gateway.people import identities
from shared.database.pool import transaction
from tests.gateway.oidc.conftest import Answer, Door, Guest
from tests.provider import CLIENT_ID, Claims, Provider
from tests.sabotage import twin

pytestmark = pytest.mark.asyncio(loop_scope="package")

STRANGER = jwk.generate_key("RSA", 2048, {"kid": "first", "use": "sig"})
"""A key of somebody else's, under the name of the provider's own."""
UNKNOWN = jwk.generate_key("RSA", 2048, {"kid": "unheard of", "use": "sig"})


async def let_in_once(door: Door) -> None:
    """Somebody with a new account, untampered."""
    door.somebody()
    guest = await door.guest()
    await guest.sign_in()
    assert await guest.me()


async def refused(door: Door, guest: Guest, answer: Answer, before: str, slug: str) -> None:
    assert (answer.status, answer.refused) == (303, slug)
    assert not guest.cookie("skillslab")
    assert await guest.me() is None
    assert await door.written() == before


# What the provider says to us directly


def claims(**changed: object) -> Callable[[Provider], None]:
    """Other claims, truly signed."""

    def tamper(provider: Provider) -> None:
        provider.tamper_with_claims = lambda told: told.update(changed)

    return tamper


def without(name: str) -> Callable[[Provider], None]:
    def tamper(provider: Provider) -> None:
        provider.tamper_with_claims = lambda told: told.pop(name)

    return tamper


def in_seconds(**seconds: int) -> Callable[[Provider], None]:
    """At other times, counted from now."""

    def tamper(provider: Provider) -> None:
        provider.tamper_with_claims = lambda told: told.update({name: told["iat"] + more for name, more in seconds.items()})

    return tamper


def among_others(provider: Provider, name: str) -> None:
    provider.tamper_with_claims = lambda told: told.update({name: [told[name], "x"]})


def tokens(change: Callable[[Claims], object]) -> Callable[[Provider], None]:
    def tamper(provider: Provider) -> None:
        provider.tamper_with_tokens = change

    return tamper


def signing(sign: Callable[[Provider, Claims], str]) -> Callable[[Provider], None]:
    def tamper(provider: Provider) -> None:
        provider.sign = lambda told: sign(provider, told)

    return tamper


def encoded(part: Mapping[str, object]) -> str:
    return urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")


def by(key: Any, algorithm: str, **header: object) -> Callable[[Provider, Claims], str]:
    def sign(provider: Provider, told: Claims) -> str:
        head = {"alg": algorithm, "kid": "first", **header}
        return jws.serialize_compact(head, json.dumps(told), key, algorithms=[algorithm])

    return sign


def unsigned(provider: Provider, told: Claims) -> str:
    return f"{encoded({'alg': 'none', 'kid': 'first'})}.{encoded(told)}."


def by_the_public_key(provider: Provider, told: Claims) -> str:
    """HS256, with what everybody knows as the secret."""
    assert isinstance(provider.key, jwk.RSAKey)
    known = provider.key.as_pem(private=False)
    return by(jwk.OctKey(known, known), "HS256")(provider, told)


def with_another_payload(provider: Provider, told: Claims) -> str:
    head, payload, signature = provider.signed(told).split(".")
    read = json.loads(urlsafe_b64decode(payload + "=="))
    return f"{head}.{encoded({**read, 'exp': read['exp'] + 1})}.{signature}"


def with_no_signature(provider: Provider, told: Claims) -> str:
    return provider.signed(told).rpartition(".")[0] + "."


def another_verifier(provider: Provider) -> None:
    """The code was asked for by somebody with another secret."""
    provider.challenge_of = lambda verifier: "x" * len(verifier)


SAID_TO_US: Mapping[str, Callable[[Provider], None]] = {
    "another nonce": claims(nonce="x" * 43),
    "the nonce among others": lambda provider: among_others(provider, "nonce"),
    "no nonce": without("nonce"),
    "an empty nonce": claims(nonce=""),
    "the issuer among others": lambda provider: among_others(provider, "iss"),
    "another issuer": claims(iss="https://elsewhere.example/realms/school"),
    "an issuer that begins alike": lambda provider: claims(iss=f"{provider.issuer}/")(provider),
    "no issuer": without("iss"),
    "for another client": claims(aud="somebody-else"),
    "for a client that begins alike": claims(aud=f"{CLIENT_ID}-2"),
    "for nobody": claims(aud=[]),
    "no audience": without("aud"),
    "an audience in another shape": claims(aud={CLIENT_ID: True}),
    "for several, and not said who asked": claims(aud=[CLIENT_ID, "somebody-else"]),
    "for several, and somebody else asked": claims(aud=[CLIENT_ID, "somebody-else"], azp="somebody-else"),
    "for us, and somebody else asked": claims(azp="somebody-else"),
    "expired": in_seconds(exp=-120, iat=-600),
    "never expires": without("exp"),
    "expires at no number": claims(exp="tomorrow"),
    "expires at NaN": claims(exp=float("nan")),
    "issued in the future": in_seconds(iat=600),
    "issued at no time": without("iat"),
    "not valid yet": in_seconds(nbf=600),
    "no subject": without("sub"),
    "an empty subject": claims(sub=""),
    "a subject that is too long": claims(sub="x" * 256),
    "a subject that is a number": claims(sub=1),
    "a subject with a NUL in it": claims(sub="x\0"),
    "a subject beyond ASCII": claims(sub="é"),
    "not signed": signing(unsigned),
    "the signature left out": signing(with_no_signature),
    "signed with the public key as a secret": signing(by_the_public_key),
    "signed with the secret of the client": signing(
        lambda provider, told: by(jwk.OctKey.import_key(provider.client_secret), "HS256")(provider, told)
    ),
    "signed by another key": signing(by(STRANGER, "RS256")),
    "signed by a key that nobody published": signing(by(UNKNOWN, "RS256", kid="unheard of")),
    "signed by a key that came along": signing(by(STRANGER, "RS256", jwk=STRANGER.as_dict(private=False))),
    "signed in a way that is not allowed": signing(lambda provider, told: by(provider.key, "RS384")(provider, told)),
    "with a condition that nobody understands": signing(
        lambda provider, told: (
            f"{encoded({'alg': 'RS256', 'kid': 'first', 'crit': ['x'], 'x': 1})}.{provider.signed(told).partition('.')[2]}"
        )
    ),
    "another payload": signing(with_another_payload),
    "no ID token": tokens(lambda told: told.pop("id_token")),
    "an ID token that is none": tokens(lambda told: told.update(id_token="x.y.z")),
    "an ID token that is a number": tokens(lambda told: told.update(id_token=1)),
    "no access token": tokens(lambda told: told.pop("access_token")),
}


@pytest.mark.parametrize("tamper", SAID_TO_US.values(), ids=SAID_TO_US)
async def test_an_id_token_that_is_not_right_lets_nobody_in(door: Door, tamper: Callable[[Provider], None]) -> None:
    await let_in_once(door)
    guest, before = await door.guest(), await door.written()
    tamper(door.provider)
    await refused(door, guest, await guest.sign_in(), before, "provider-not-believed")


async def test_whoever_has_the_code_alone_gets_nothing_for_it(door: Door) -> None:
    await let_in_once(door)
    guest, before = await door.guest(), await door.written()
    another_verifier(door.provider)
    await refused(door, guest, await guest.sign_in(), before, "provider-refused")


async def test_several_may_be_meant_as_long_as_it_was_us_who_asked(door: Door) -> None:
    door.somebody()
    claims(aud=["somebody-else", CLIENT_ID], azp=CLIENT_ID)(door.provider)
    guest = await door.guest()
    await guest.sign_in()
    assert await guest.me()


async def test_what_is_told_about_somebody_else_is_not_believed(door: Door) -> None:
    door.somebody()
    door.provider.told_by_userinfo = True
    door.provider.tamper_with_userinfo = lambda told: told.update(sub="somebody else")
    guest, before = await door.guest(), await door.written()
    await refused(door, guest, await guest.sign_in(), before, "provider-not-believed")


# What comes back in the address


def changed(**parts: str) -> Callable[[str], str]:
    return lambda back: str(URL(back).update_query(parts))


def left_out(name: str) -> Callable[[str], str]:
    return lambda back: str(URL(back).without_query_params(name))


def also(name: str, value: str) -> Callable[[str], str]:
    return lambda back: f"{back}&{name}={value}"


IN_THE_ADDRESS: Mapping[str, tuple[Callable[[str], str], str]] = {
    "another state": (changed(state="x" * 43), "visit-over"),
    "an empty state": (changed(state=""), "visit-over"),
    "no state": (left_out("state"), "visit-over"),
    "two states": (also("state", "x"), "visit-over"),
    "two codes": (also("code", "x"), "visit-over"),
    "another code": (changed(code="x" * 43), "provider-refused"),
    "no code": (left_out("code"), "provider-not-believed"),
    "another issuer": (changed(iss="https://elsewhere.example"), "provider-not-believed"),
    "an issuer that begins alike": (lambda back: back + "%2F", "provider-not-believed"),
    "no issuer, though there was to be one": (left_out("iss"), "provider-not-believed"),
    "a refusal": (lambda back: str(URL(left_out("code")(back)).update_query(error="access_denied")), "provider-refused"),
    "a refusal beside a code": (changed(error="access_denied"), "provider-refused"),
    "the address of another provider": (lambda back: back.replace("/school/", "/away/"), "visit-over"),
    "the address in another language": (
        lambda back: back.replace("/aanmelden/organisatie/school/terug", "/en/sign-in/organisation/school/back"),
        "provider-refused",
    ),
}


@pytest.mark.parametrize(("tamper", "slug"), IN_THE_ADDRESS.values(), ids=IN_THE_ADDRESS)
async def test_an_answer_that_is_not_right_lets_nobody_in(door: Door, tamper: Callable[[str], str], slug: str) -> None:
    await let_in_once(door)
    guest, before = await door.guest(), await door.written()
    back = await guest.at_provider(await guest.leave())
    await refused(door, guest, await guest.get(tamper(back)), before, slug)


async def test_an_answer_counts_once(door: Door) -> None:
    door.somebody()
    guest = await door.guest()
    back = await guest.at_provider(await guest.leave())
    assert (await guest.get(back)).location == "/mijn-inschrijvingen"
    before, session = await door.written(), guest.cookie("skillslab")

    assert (await guest.get(back)).refused == "visit-over"

    assert await door.written() == before
    assert guest.cookie("skillslab") == session


async def test_a_code_that_was_used_does_nothing_with_a_new_state(door: Door) -> None:
    door.somebody()
    victim, thief = await door.guest(), await door.guest()
    used = await victim.at_provider(await victim.leave())
    await victim.get(used)
    before = await door.written()
    own = await thief.at_provider(await thief.leave())
    answer = await thief.get(changed(code=URL(used).query["code"])(own))
    await refused(door, thief, answer, before, "provider-refused")


async def test_an_answer_that_is_stolen_before_it_is_used_does_nothing_with_another_state(door: Door) -> None:
    """The code was given for another visit: its verifier and its nonce are not the thief's."""
    await let_in_once(door)
    victim, thief = await door.guest(), await door.guest()
    stolen = await victim.at_provider(await victim.leave())
    own = await thief.at_provider(await thief.leave())
    before = await door.written()
    answer = await thief.get(changed(code=URL(stolen).query["code"])(own))
    await refused(door, thief, answer, before, "provider-refused")


async def test_a_visit_of_more_than_ten_minutes_is_over(door: Door) -> None:
    await let_in_once(door)
    guest, before = await door.guest(), await door.written()
    back = await guest.at_provider(await guest.leave())
    async with transaction(door.pool) as conn:
        await conn.execute("UPDATE provider_visit SET expires_at = expires_at - interval '601 seconds'")
    answer = await guest.get(back)
    await refused(door, guest, answer, before, "visit-over")
    page = await guest.get(answer.location)
    assert page.status == 400
    assert "Deze aanmelding geldt niet meer" in page.words


# Each guard taken away


def any_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    statement = identities.SQL.come_back.replace("browser_hash = $2", "$2::bytea IS NOT NULL")
    monkeypatch.setattr(identities.SQL, "come_back", statement)


@twin(any_browser)
async def test_an_answer_counts_only_in_the_browser_that_left(door: Door, guard: None) -> None:
    """Or else somebody could have another sign in as them, and read what they enter."""
    await let_in_once(door)
    attacker, victim = await door.guest(), await door.guest()
    back = await attacker.at_provider(await attacker.leave())
    before = await door.written()

    await refused(door, victim, await victim.get(back), before, "visit-over")
    assert (await attacker.get(back)).location == "/mijn-inschrijvingen"


def any_number_of_times(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = "UPDATE provider_visit SET next_page = next_page"
    statement = identities.SQL.come_back.replace("DELETE FROM provider_visit", kept)
    monkeypatch.setattr(identities.SQL, "come_back", statement)


@twin(any_number_of_times)
async def test_a_visit_ends_with_its_first_answer_even_a_refusal(door: Door, guard: None) -> None:
    door.somebody()
    guest = await door.guest()
    back = await guest.at_provider(await guest.leave())
    assert (await guest.get(changed(error="access_denied")(back))).refused == "provider-refused"
    before = await door.written()
    await refused(door, guest, await guest.get(back), before, "visit-over")


def without_rule(name: str) -> Callable[[pytest.MonkeyPatch], None]:
    def remove(monkeypatch: pytest.MonkeyPatch) -> None:
        assert name in dict(id_tokens.RULES)
        monkeypatch.setattr(id_tokens, "RULES", [rule for rule in id_tokens.RULES if rule[0] != name])

    return remove


async def tampered(door: Door, name: str) -> None:
    await let_in_once(door)
    guest, before = await door.guest(), await door.written()
    SAID_TO_US[name](door.provider)
    await refused(door, guest, await guest.sign_in(), before, "provider-not-believed")


@twin(without_rule("nonce"))
async def test_the_answer_to_another_visit_lets_nobody_in(door: Door, guard: None) -> None:
    await tampered(door, "another nonce")


@twin(without_rule("iss"))
async def test_a_token_of_another_issuer_lets_nobody_in(door: Door, guard: None) -> None:
    await tampered(door, "another issuer")


@twin(without_rule("aud"))
async def test_a_token_for_another_client_lets_nobody_in(door: Door, guard: None) -> None:
    await tampered(door, "for another client")


@twin(without_rule("azp"))
async def test_a_token_that_another_client_asked_for_lets_nobody_in(door: Door, guard: None) -> None:
    await tampered(door, "for several, and not said who asked")


def any_algorithm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(id_tokens, "ALGORITHMS", (*id_tokens.ALGORITHMS, "none"))


@twin(any_algorithm)
@pytest.mark.filterwarnings('ignore:JWS algorithm "none" is deprecated')
async def test_a_token_that_nobody_signed_lets_nobody_in(door: Door, guard: None) -> None:
    await tampered(door, "not signed")


def any_sender(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(OurProvider, "_check_sender", lambda *_: None)


@twin(any_sender)
async def test_an_answer_of_another_provider_lets_nobody_in(door: Door, guard: None) -> None:
    await let_in_once(door)
    guest, before = await door.guest(), await door.written()
    back = changed(iss="https://elsewhere.example")(await guest.at_provider(await guest.leave()))
    await refused(door, guest, await guest.get(back), before, "provider-not-believed")


async def test_an_issuer_is_compared_even_where_none_was_announced(door: Door) -> None:
    await let_in_once(door)
    door.forget()
    door.provider.tamper_with_metadata = lambda told: told.pop("authorization_response_iss_parameter_supported")
    guest, before = await door.guest(), await door.written()
    back = await guest.at_provider(await guest.leave())
    await refused(door, guest, await guest.get(changed(iss="https://elsewhere.example")(back)), before, "provider-not-believed")

    back = await guest.at_provider(await guest.leave())
    assert (await guest.get(left_out("iss")(back))).location == "/mijn-inschrijvingen"
