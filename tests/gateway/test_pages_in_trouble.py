"""What people see when a part of the platform is away, or the pages were never set up."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp.test_utils import TestClient, TestServer
from pydantic import SecretStr

from gateway import assets, clients
from gateway.app import public_app
from gateway.settings import GatewaySettings
from shared.launch.postgres import free_port
from shared.web.client import Client
from shared.web.principal import PrincipalKey

KEY = "k" * 32


@pytest.fixture
async def alone() -> AsyncIterator[TestClient]:  # type: ignore[type-arg]
    """The pages without any other service, nor a database."""
    nowhere = f"http://127.0.0.1:{free_port()}"
    settings = GatewaySettings(
        database_url="postgresql://nowhere/x", bus_url="postgresql://nowhere/bus", internal_key=SecretStr(KEY),
        gateway_key=SecretStr(KEY), gateway_url=nowhere, catalog_url=nowhere, enrollment_url=nowhere, notifications_url=nowhere,
    )  # fmt: skip

    async def ready() -> dict[str, bool]:
        return {}

    app = public_app(settings, ready)
    async with aiohttp.ClientSession() as session:
        app[clients.CATALOG] = Client(session, nowhere, PrincipalKey(KEY), "gateway")
        async with TestClient(TestServer(app)) as client:
            yield client


@pytest.mark.parametrize(("page", "words"), [("/", "Een ogenblik geduld"), ("/en/fieldlabs", "Just a moment, please")])
async def test_a_service_that_is_away_gives_a_friendly_page(alone: TestClient, page: str, words: str) -> None:  # type: ignore[type-arg]
    answer = await alone.get(page)
    assert answer.status == 503
    assert answer.headers["Retry-After"] == "2"
    assert words in await answer.text()
    assert (await alone.get("/about-nothing")).status == 404


async def test_no_mailbox_and_no_samples_outside_a_demo(alone: TestClient) -> None:  # type: ignore[type-arg]
    for page in ("/mailbox", "/en/mailbox/1.M2P3Q4.skillslab", "/mailbox/1.x/html", "/mailbox/1.x/0"):
        assert (await alone.get(page)).status == 404
    headers = {"Sec-Fetch-Site": "same-origin"}
    assert (await alone.post("/aanmelden/voorbeeld", data={"role": "operator"}, headers=headers)).status == 404
    assert "voorbeeld" not in await (await alone.get("/aanmelden")).text()


async def test_an_open_page_goes_to_sign_in_as_a_whole(alone: TestClient) -> None:  # type: ignore[type-arg]
    answer = await alone.get("/en/uptake/figures", headers={"HX-Request": "true"})
    assert answer.headers["HX-Redirect"] == "/en/sign-in?next=%2Fen%2Fuptake%2Ffigures"


async def test_an_address_for_the_other_method_says_so(alone: TestClient) -> None:  # type: ignore[type-arg]
    assert (await alone.get("/uitloggen")).status == 405


def test_without_its_packages_the_gateway_says_what_to_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assets, "PACKAGES", tmp_path / "node_modules")
    with pytest.raises(assets.AssetsMissing, match="make assets"):
        assets.load()
    (tmp_path / "node_modules").mkdir()
    with pytest.raises(assets.AssetsMissing, match=r"make assets.*htmx\.org 2\.0\.11"):
        assets.load()
