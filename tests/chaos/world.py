"""Everything that can be killed, in one place: the services, the broker, the database, and a mailbox that sees it all."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from email.parser import BytesHeaderParser
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

from shared.launch import postgres
from shared.launch.postgres import Postgres, free_port
from tests import servers
from tests.platform import SERVICES, Running
from tests.servers import RabbitMQServer

VICTIMS = (*SERVICES, "broker", "database")


class Mailbox:
    """A real SMTP server that keeps the id of every message it accepted."""

    def __init__(self) -> None:
        self.port = free_port()
        self.message_ids: list[str] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802  (aiosmtpd's name)
        content = envelope.content
        assert isinstance(content, bytes)
        headers = BytesHeaderParser().parsebytes(content)
        self.message_ids.append(headers["Message-ID"])
        return "250 kept"

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: SMTP(self, enable_SMTPUTF8=True), "127.0.0.1", self.port)
        try:
            yield
        finally:
            server.close()
            await server.wait_closed()


class World:
    """The platform on its servers. Must be made in the main thread: the servers live as long as the thread that starts them."""

    def __init__(self, folder: Path, broker: RabbitMQServer | None) -> None:
        self.folder = folder
        self.mailbox = Mailbox()
        self.broker = broker
        self._broker_process: subprocess.Popen[bytes] | None = None
        self.database: Postgres | None = None
        self.platform: Running | None = None

    def start(self) -> Running:
        self.database = postgres.start(self.folder / "database")
        if self.broker:
            self._broker_process = self.broker.start()
        bus_url = self.broker.url if self.broker else ""
        self.platform = Running(
            self.folder, self.database.url("chaos"), bus_url, smtp_url=f"smtp://127.0.0.1:{self.mailbox.port}"
        )
        return self.platform

    def victims(self) -> tuple[str, ...]:
        return VICTIMS if self.broker else tuple(victim for victim in VICTIMS if victim != "broker")

    def kill(self, victim: str) -> None:
        """kill -9, at once and without a word."""
        assert self.platform
        assert self.database
        if victim == "database":
            os.kill(self.database.process.pid, signal.SIGKILL)
            self.database.process.wait()
        elif victim == "broker":
            assert self.broker
            assert self._broker_process
            servers.stop_rabbitmq(self.broker, self._broker_process)
            self._broker_process = None
        else:
            self.platform.kill(victim)

    def revive(self) -> None:
        """Start again whatever is down."""
        assert self.platform
        assert self.database
        if self.database.process.poll() is not None:
            self.database = postgres.start(self.folder / "database", port=self.database.port)
        if self.broker and self._broker_process is None:
            self._broker_process = self.broker.launch()
        self.platform.watch()

    def stop(self) -> None:
        if self.platform:
            self.platform.stop()
        if self.broker and self._broker_process:
            servers.stop_rabbitmq(self.broker, self._broker_process)
        if self.database:
            self.database.stop()


@contextmanager
def a_world(*, with_broker: bool) -> Iterator[World]:
    with ExitStack() as stack:
        folder = stack.enter_context(servers.scratch("chaos"))
        broker = servers.prepare_rabbitmq(stack.enter_context(servers.scratch("broker"))) if with_broker else None
        world = World(folder, broker)
        stack.callback(world.stop)
        yield world
