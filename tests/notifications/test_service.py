"""The service as a whole, put together as in production: from a fact at the courier to a mail in the mailbox."""

from __future__ import annotations

import asyncio
import mailbox
import secrets
import time
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
from aiohttp.test_utils import TestClient, TestServer
from pydantic import ValidationError

from notifications import reactions
from notifications.app import open_service
from notifications.settings import NotificationsSettings
from shared.database.migrate import migrate
from shared.launch.postgres import Postgres, free_port
from shared.messaging.pgmq import PGMQ
from shared.web.server import Background
from tests.conftest import MakeDatabase
from tests.notifications import build
from tests.notifications.build import Enrollment
from tests.notifications.conftest import KEY, Gateway
from tests.notifications.sink import Sink

NOWHERE = "http://127.0.0.1:9"


@pytest.fixture
async def settings(
    postgres: Postgres, make_database: MakeDatabase, gateway: Gateway, tmp_path: Path
) -> AsyncIterator[NotificationsSettings]:
    """As the launcher would give them, in demo mode."""
    prefix = f"whole_{secrets.token_hex(4)}"
    await migrate("notifications", postgres.url(prefix))
    yield NotificationsSettings(
        database_url=postgres.url(prefix),
        bus_url=await make_database("bus"),
        internal_key=KEY,
        data=tmp_path,
        demo=True,
        notifications_url=f"http://127.0.0.1:{free_port()}",
        gateway_url=gateway.url,
        catalog_url=NOWHERE,
        enrollment_url=NOWHERE,
    )
    conn = await asyncpg.connect(postgres.url())
    await conn.execute(f"DROP DATABASE {prefix}_notifications WITH (FORCE)")
    await conn.close()


@pytest.mark.alone
async def test_a_fact_becomes_a_mail_well_within_two_seconds(settings: NotificationsSettings) -> None:
    session = build.announced(sample=True)
    enrollment = Enrollment(session.session_id)
    courier = PGMQ(settings.bus_url, "12345678")
    await courier.declare("notifications", [event.type for event in reactions.SUBSCRIPTIONS])
    async with open_service(settings, Background()):
        box = mailbox.Maildir(settings.data / "mailbox", create=False)
        await asyncio.sleep(1.1)  # it is idle
        started = time.monotonic()
        await courier.publish(build.messages([session, enrollment.confirmed()]))
        async with asyncio.timeout(10):
            while not len(box):
                await asyncio.sleep(0.01)
        seconds = time.monotonic() - started
    await courier.close()

    (mail,) = box
    assert mail["Skillslab-Session"] == str(session.session_id)
    assert seconds < 1.5


async def test_it_is_ready_when_database_and_mail_are(settings: NotificationsSettings, sink: Sink) -> None:
    settings = settings.model_copy(update={"smtp_url": sink.url})
    async with open_service(settings, Background()) as (listener,), TestClient(TestServer(listener.app)) as client:
        answer = await client.get("/health/ready")
        metrics = await client.get("/metrics")

        assert (answer.status, await answer.json()) == (200, {"status": "ready", "parts": {"database": True, "mail": True}})
        assert "skillslab_mails_waiting" in await metrics.text()


async def test_without_its_mail_server_it_says_so(settings: NotificationsSettings, sink: Sink) -> None:
    sink.stop()
    settings = settings.model_copy(update={"smtp_url": sink.url})
    async with open_service(settings, Background()) as (listener,), TestClient(TestServer(listener.app)) as client:
        answer = await client.get("/health/ready")

        assert answer.status == 503
        assert (await answer.json())["parts"] == {"database": True, "mail": False}


def test_without_a_mail_server_and_outside_demo_mode_it_refuses_to_start(monkeypatch: pytest.MonkeyPatch) -> None:
    secret = "postgresql://user:hush@db"
    for name, value in {
        "DATABASE_URL": secret, "BUS_URL": secret, "INTERNAL_KEY": KEY, "NOTIFICATIONS_URL": NOWHERE, "GATEWAY_URL": NOWHERE,
        "CATALOG_URL": NOWHERE, "ENROLLMENT_URL": NOWHERE,
    }.items():  # fmt: skip
        monkeypatch.setenv(f"SKILLSLAB_{name}", value)
    monkeypatch.delenv("SKILLSLAB_DEMO", raising=False)
    monkeypatch.delenv("SKILLSLAB_SMTP_URL", raising=False)

    with pytest.raises(ValidationError, match="set SKILLSLAB_SMTP_URL") as refused:
        NotificationsSettings()

    assert "hush" not in str(refused.value)
