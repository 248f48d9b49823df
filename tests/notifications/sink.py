"""A real SMTP server for tests, which can be told to misbehave."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from email import policy
from email.message import EmailMessage
from email.parser import BytesHeaderParser

from aiosmtpd.smtp import SMTP, Envelope, Session

PARSER = BytesHeaderParser(policy=policy.default)


class Sink:
    """Keeps every mail it got, in order, also those whose sender never heard so."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        """Their headers, which is all that most tests look at."""
        self.contents: list[bytes] = []
        self.cuts = 0
        """How many of the next mails it takes, only to break the connection instead of saying so."""
        self.refuse: Callable[[str], str | None] = lambda address: None
        """What to answer to an address, if not that it is fine."""
        self.on_mail: Callable[[], object] = lambda: None
        self.connections = 0
        self._port = 0
        self._server: asyncio.Server | None = None
        self._open: set[SMTP] = set()

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self._port}"

    @property
    def message_ids(self) -> list[str]:
        return [mail["Message-ID"] for mail in self.mails]

    async def start(self) -> None:
        self._server = await asyncio.get_running_loop().create_server(self._connect, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]

    def stop(self) -> None:
        """Be away: nobody listens, and whoever was connected is cut off."""
        if self._server:
            self._server.close()
        for connection in self._open:
            if isinstance(connection.transport, asyncio.Transport):
                connection.transport.abort()
        self._open.clear()

    def _connect(self) -> SMTP:
        self.connections += 1
        connection = SMTP(self, hostname="sink.example", loop=asyncio.get_running_loop())
        self._open.add(connection)
        return connection

    async def handle_RCPT(  # noqa: N802  (the name that aiosmtpd looks for)
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        refusal = self.refuse(address)
        if refusal:
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 fine"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        assert isinstance(envelope.content, bytes)
        self.mails.append(PARSER.parsebytes(envelope.content))
        self.contents.append(envelope.content)
        self.on_mail()
        if self.cuts:
            self.cuts -= 1
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
            await asyncio.Event().wait()  # for ever: losing the connection cancels it
        return "250 2.0.0 taken"
