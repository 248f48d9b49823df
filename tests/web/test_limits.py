"""An end to how much one asks, told by person or by network address; and whose address that is."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from uuid import UUID

import aiohttp
import pytest
from aiohttp.test_utils import TestClient, TestServer, make_mocked_request
from pydantic import SecretStr, ValidationError

from gateway import clients, edge, pages
from gateway.app import public_app
from gateway.people.credentials import Holder
from gateway.settings import GatewaySettings
from shared.launch.postgres import free_port
from shared.web.client import Client
from shared.web.principal import Principal, PrincipalKey, Role

KEY = "k" * 32
Gateway = Callable[..., "TestClient"]  # type: ignore[type-arg]


def settings(**told: object) -> GatewaySettings:
    nowhere = f"http://127.0.0.1:{free_port()}"
    return GatewaySettings(
        database_url="postgresql://nowhere/x", bus_url="postgresql://nowhere/bus", internal_key=SecretStr(KEY),
        gateway_key=SecretStr(KEY), gateway_url=nowhere, catalog_url=nowhere, enrollment_url=nowhere, notifications_url=nowhere,
        **told,  # type: ignore[arg-type]
    )  # fmt: skip


class Credentials:
    """Knows two people by their tokens: no database is needed to count."""

    async def holder_of_token(self, token: str) -> Holder | None:
        known = {"one": UUID(int=1), "two": UUID(int=2)}
        return Holder(Principal(known[token], (Role("worker"),))) if token in known else None


@pytest.fixture
async def gateway() -> AsyncIterator[TestClient]:  # type: ignore[type-arg]
    """The gateway alone, with limits that are soon reached."""

    async def ready() -> dict[str, bool]:
        return {}

    told = settings(writes_per_person=5, reads_per_address=7, writes_per_address=6, sign_ins_per_address=3)
    app = public_app(told, ready)
    app[edge.CREDENTIALS] = Credentials()  # type: ignore[misc]
    app[pages.PROVIDERS] = {}
    async with aiohttp.ClientSession() as session:
        app[clients.CATALOG] = app[clients.ENROLLMENT] = Client(session, told.catalog_url, PrincipalKey(KEY), "gateway")
        async with TestClient(TestServer(app)) as client:
            yield client


async def test_one_person_has_an_end_and_another_is_not_kept_from_anything(gateway: TestClient) -> None:  # type: ignore[type-arg]
    async def ask(token: str) -> aiohttp.ClientResponse:
        return await gateway.post("/v1/courses", json={}, headers={"Authorization": f"Bearer {token}"})

    assert [(await ask("one")).status for _ in range(5)] == [503] * 5  # nobody is behind the gateway here
    refused = await ask("one")
    assert refused.status == 429
    assert 1 <= int(refused.headers["Retry-After"]) <= 10
    assert json.loads(await refused.text())["type"] == "/problems/too-many-requests"
    assert (await ask("two")).status == 503


async def test_an_address_has_an_end_and_who_has_a_token_is_not_counted(gateway: TestClient) -> None:  # type: ignore[type-arg]
    statuses = [(await gateway.get("/v1/openapi.json")).status for _ in range(9)]
    assert statuses == [200] * 7 + [429] * 2
    assert (await gateway.get("/v1/openapi.json", headers={"Authorization": "Bearer one"})).status == 200


async def test_guessing_at_tokens_has_an_end(gateway: TestClient) -> None:  # type: ignore[type-arg]
    statuses = [(await gateway.get("/v1/me", headers={"Authorization": f"Bearer guess{n}"})).status for n in range(8)]
    assert statuses == [401] * 6 + [429] * 2


@pytest.mark.parametrize(
    ("page", "status"),
    [("/aanmelden", 400), ("/aanmelden/organisatie/nobody", 404), ("/en/sign-in/organisation/nobody", 404)],
)
async def test_asking_to_sign_in_has_an_end(gateway: TestClient, page: str, status: int) -> None:  # type: ignore[type-arg]
    headers = {"Sec-Fetch-Site": "same-origin"}
    statuses = [(await gateway.post(page, data={"email": "no"}, headers=headers)).status for _ in range(5)]
    assert statuses == [status] * 3 + [429] * 2


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "1.1.1.1", "9.9.9.9"),
        (1, "1.1.1.1", "1.1.1.1"),
        (1, "6.6.6.6, 1.1.1.1", "1.1.1.1"),
        (2, "6.6.6.6, 1.1.1.1, 2.2.2.2", "1.1.1.1"),
        (2, "1.1.1.1", "9.9.9.9"),
        (1, "", "9.9.9.9"),
    ],
)
def test_only_what_our_own_proxies_wrote_is_believed(
    proxies: int, forwarded: str, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    request = make_mocked_request("GET", "/", headers=headers)
    request.app[edge.SETTINGS] = settings(proxies=proxies)
    monkeypatch.setattr(type(request), "remote", property(lambda _: "9.9.9.9"))
    assert edge.client_address(request) == address


def test_a_demo_does_not_start_at_a_public_https_address() -> None:
    with pytest.raises(ValidationError, match="unset SKILLSLAB_DEMO"):
        settings(demo=True, public_url="https://skillslab.example")
    assert settings(demo=False, public_url="https://skillslab.example").address == "https://skillslab.example"
