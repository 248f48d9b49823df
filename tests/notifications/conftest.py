"""The service's parts on a real database, beside a mail server and a gateway that can be away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import timedelta
from uuid import UUID, uuid4

import aiohttp
import asyncpg
import pytest
from aiohttp import web
from asyncpg import Record

from notifications.channels.email.mail import Writer
from notifications.channels.email.smtp import MailServer
from notifications.reactions import SUBSCRIPTIONS
from notifications.sender import LEASE, Sender
from shared.contracts.event import Event
from shared.database.pool import Pool, open_pool
from shared.errors import Rejected
from shared.launch.postgres import Postgres
from shared.messaging.consumer import Consumer
from shared.messaging.message import Message
from shared.messaging.pgmq import PGMQ
from shared.web.client import Client
from shared.web.principal import PrincipalKey, for_services
from shared.web.server import internal_app, json
from tests.conftest import Templates
from tests.notifications import build
from tests.notifications.build import Enrollment
from tests.notifications.sink import Sink

KEY = "k" * 32


class Gateway:
    """Stands in for the one address of the gateway that this service asks, with its contract: who is known, and where."""

    def __init__(self) -> None:
        self.away = False
        self.asked: list[dict[str, list[str]]] = []
        self.erased: set[UUID] = set()
        self.names: dict[UUID, str] = {}
        self.languages: dict[UUID, str] = {}
        self.declines: dict[UUID, list[str]] = {}
        self.url = ""

    async def post_recipients(self, request: web.Request) -> web.Response:
        if self.away:
            raise Rejected("unavailable", 503, "not now")
        wanted = await request.json()
        self.asked.append(wanted)
        people = [UUID(text) for text in wanted["people"]]
        sign_ins = [UUID(text) for text in wanted["signIns"]]
        return json(
            {
                "people": {str(one): self._recipient(one) for one in people if one not in self.erased},
                "signIns": {
                    str(one): {**self._recipient(one), "link": f"https://skills.example/aanmelden/{one.hex}", "minutes": 10}
                    for one in sign_ins
                    if one not in self.erased
                },
            }
        )

    def _recipient(self, one: UUID) -> dict[str, object]:
        return {
            "email": address_of(one), "name": self.names.get(one, "Anna"), "language": self.languages.get(one, "nl"),
            "declines": self.declines.get(one, []),
        }  # fmt: skip


def address_of(person_id: UUID) -> str:
    return f"p{person_id.hex}@fabriek.example"


class World:
    """One service's ledger with everything around it."""

    def __init__(self, pool: Pool, sink: Sink, gateway: Gateway, session: aiohttp.ClientSession) -> None:
        self.pool, self.sink, self.gateway = pool, sink, gateway
        self.writer = Writer("Skillslab <no-reply@skillslab.example>", "https://skills.example")
        self.server = MailServer(sink.url, self.writer.sender)
        self.client = Client(session, gateway.url, PrincipalKey(KEY), "notifications")
        self.consumer = Consumer("notifications", pool, PGMQ("postgresql://nowhere", "12345678"), SUBSCRIPTIONS, {})
        self.session_id = uuid4()

    def sender(self, lease: timedelta = LEASE) -> Sender:
        return Sender(self.pool, self.client, self.writer, self.server, lease=lease)

    async def hear(self, *facts: Event, age: timedelta = timedelta(0)) -> Sequence[Message]:
        """Facts arrive, logged so long ago; returns them as they came, to come again."""
        messages = build.messages(facts, age)
        await self.consumer.take(messages)
        return messages

    async def describe_session(self, *, sample: bool = False) -> None:
        await self.hear(build.announced(self.session_id, sample=sample))

    async def enroll(self, count: int) -> list[Enrollment]:
        """So many people with a confirmed seat each, whom nobody told yet; in the order of the ledger."""
        enrollments = sorted((Enrollment(self.session_id) for _ in range(count)), key=lambda one: str(one.enrollment_id))
        await self.hear(*(enrollment.confirmed() for enrollment in enrollments))
        return enrollments

    async def send_all(self) -> None:
        sender = self.sender()
        while await sender.send_batch():
            pass

    async def ledger(self) -> list[Record]:
        return await self.pool.fetch("SELECT * FROM delivery ORDER BY delivery_id")

    async def states(self) -> list[str]:
        return [row["state"] for row in await self.ledger()]

    async def let_time_pass(self) -> None:
        """Leases run out, and what waits is due."""
        await self.pool.execute(
            "UPDATE delivery SET due_at = now(), leased_until = least(leased_until, now() - interval '1 second')"
        )

    def mails_to(self, person_id: UUID) -> list[str]:
        """The subjects of what a person got, in order."""
        return [mail["Subject"] for mail in self.sink.mails if address_of(person_id) in mail["To"]]


@pytest.fixture
async def sink() -> AsyncIterator[Sink]:
    sink = Sink()
    await sink.start()
    yield sink
    sink.stop()


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    gateway = Gateway()

    async def ready() -> dict[str, bool]:
        return {}

    app = internal_app(KEY, [web.post("/internal/recipients", for_services(gateway.post_recipients))], ready)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    gateway.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield gateway
    await runner.cleanup()


@pytest.fixture(scope="session")
def one_database(postgres: Postgres, templates: Templates) -> str:
    """A database for all of these tests in turn: emptying it is quicker than making another."""
    template = templates.of("notifications")

    async def make() -> None:
        conn = await asyncpg.connect(postgres.url())
        await conn.execute(f"CREATE DATABASE notifications_in_turn TEMPLATE {template}")
        await conn.close()

    asyncio.run(make())
    return postgres.url("notifications_in_turn")


@pytest.fixture
async def pool(one_database: str) -> AsyncIterator[Pool]:
    pool = await open_pool(one_database, service="test", size=16)
    await pool.execute("TRUNCATE delivery, session, inbox, checkpoint, trouble, erasure RESTART IDENTITY")
    yield pool
    pool.terminate()


@pytest.fixture
async def world(pool: Pool, sink: Sink, gateway: Gateway) -> AsyncIterator[World]:
    """Nobody is enrolled, and the catalogue has not said anything yet."""
    async with aiohttp.ClientSession() as session:
        yield World(pool, sink, gateway, session)


async def until(true: Callable[[], bool], seconds: float = 5.0) -> None:
    """Wait for something to become true. Raises TimeoutError if it does not."""
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(0.01)
