"""What the gateway is told about identity providers is checked at its start, and what is wrong is said in plain words."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from pydantic import ValidationError

from gateway.settings import GatewaySettings, is_private_line
from tests import ROOT

SECRET = "a-secret-that-nobody-may-read"
PROVIDER = {
    "id": "school", "name": "Voorbeeld College", "issuer": "https://sso.example/realms/school", "client_id": "skillslab",
    "client_secret": SECRET,
}  # fmt: skip
TOLD = {
    **{f"SKILLSLAB_{name}": "postgresql://x" for name in ("DATABASE_URL", "BUS_URL")},
    **{f"SKILLSLAB_{name}_URL": "http://127.0.0.1:1" for name in ("GATEWAY", "CATALOG", "ENROLLMENT", "NOTIFICATIONS")},
    **{f"SKILLSLAB_{name}_KEY": "k" * 40 for name in ("INTERNAL", "GATEWAY")},
}


def settings(monkeypatch: pytest.MonkeyPatch, providers: object, *, demo: bool = False) -> GatewaySettings:
    text = providers if isinstance(providers, str) else json.dumps(providers)
    for name, value in {**TOLD, "SKILLSLAB_OIDC_PROVIDERS": text, "SKILLSLAB_DEMO": str(int(demo))}.items():
        monkeypatch.setenv(name, value)
    return GatewaySettings()


def test_without_a_word_about_providers_there_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    assert settings(monkeypatch, []).oidc_providers == ()
    monkeypatch.delenv("SKILLSLAB_OIDC_PROVIDERS")
    assert GatewaySettings().oidc_providers == ()


def test_a_provider_is_asked_for_an_address_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    [provider] = settings(monkeypatch, [PROVIDER]).oidc_providers
    assert provider.scopes == ("openid", "email")
    assert SECRET not in repr(provider)


WRONG: list[tuple[object, str]] = [
    ("nonsense " + SECRET, "this must be a list in JSON"),
    (PROVIDER, "this must be a list in JSON, also with a single provider in it"),
    ([{**PROVIDER, "client_id": None}], "string"),
    ([{name: value for name, value in PROVIDER.items() if name != "client_id"}], "required"),
    ([{**PROVIDER, "client_secret": ""}], "at least 1"),
    ([{**PROVIDER, "secret": SECRET}], "not permitted"),
    ([{**PROVIDER, "id": "My School"}], "pattern"),
    ([{**PROVIDER, "scopes": ["email"]}], "does not say who signed in"),
    ([{**PROVIDER, "issuer": "http://sso.example"}], "must be an https address"),
    ([{**PROVIDER, "issuer": "http://127.0.0.1:8080"}], "must be an https address"),
    ([{**PROVIDER, "issuer": "sso.example"}], "must be an https address"),
    ([{**PROVIDER, "issuer": "https://sso.example\n.evil.example"}], "no spaces"),
    ([{**PROVIDER, "issuer": "https://user@sso.example"}], "no user, query or fragment"),
    ([{**PROVIDER, "issuer": "https://sso.example?x=1"}], "no user, query or fragment"),
    ([PROVIDER, {**PROVIDER, "issuer": "https://other.example"}], "two providers have the same id"),
    ([PROVIDER, {**PROVIDER, "id": "other"}], "two providers have the same issuer"),
]


@pytest.mark.parametrize(("providers", "words"), WRONG)
def test_what_is_wrong_is_said_at_the_start(monkeypatch: pytest.MonkeyPatch, providers: object, words: str) -> None:
    with pytest.raises(ValidationError) as wrong:
        settings(monkeypatch, providers)
    assert words in str(wrong.value.errors(include_input=False))


def test_the_service_says_where_it_is_wrong_and_tells_no_secret() -> None:
    told = {**os.environ, **TOLD, "SKILLSLAB_OIDC_PROVIDERS": json.dumps([{**PROVIDER, "issuer": 1}])}
    ended = subprocess.run([sys.executable, "-m", "gateway"], cwd=ROOT, env=told, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert ended.stderr.splitlines() == [
        "gateway cannot start:", "  SKILLSLAB_OIDC_PROVIDERS: 0.issuer: Input should be a valid string"
    ]  # fmt: skip


@pytest.mark.parametrize("address", ["http://127.0.0.1:1", "http://localhost", "http://[::1]:1", "http://sso.localhost:1"])
def test_on_this_machine_a_demo_needs_no_https(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    assert settings(monkeypatch, [{**PROVIDER, "issuer": address}], demo=True).oidc_providers
    assert not is_private_line(address, demo=False)


@pytest.mark.parametrize("address", ["http://localhost.evil.example", "http://127.0.0.1.evil.example", "ftp://x", "https://"])
def test_elsewhere_a_demo_needs_it_too(address: str) -> None:
    assert not is_private_line(address, demo=True)
