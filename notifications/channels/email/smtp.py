"""The mail server, over SMTP: one connection takes many mails, and says of each what became of it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from aiosmtplib import SMTP, SMTPDataError, SMTPException, SMTPRecipientRefused, SMTPResponseException

from notifications.channels.email.mail import Mail
from notifications.deliveries import Interrupted, Refused, Sent, Unknown

Result = Sent | Unknown | Interrupted | Refused

TIMEOUT = 20.0  # seconds for each answer
DATA_TIMEOUT = 120.0  # for taking a mail: servers look at it for viruses first
CHECK_EVERY = 5.0
CLOSING = 421
STATUS = re.compile(r"\b[245]\.\d{1,3}\.\d{1,3}\b")


class MailServerAway(Exception):
    """The mail server cannot be reached, or takes nothing from us at the moment. The message names nobody."""


class MailServer:
    """Where mail goes.

    The address is `smtp://user:password@host:587` or, encrypted from the first byte, `smtps://…`. Over `smtp://` the connection
    is encrypted where the server offers it; `?starttls=1` insists on that, as do a user and a password, and `?starttls=0`
    leaves it alone. Raises ValueError for anything else.
    """

    def __init__(self, url: str, sender: str) -> None:
        """`sender` is the address on the envelope: what cannot be delivered is returned to it."""
        parts = urlsplit(url)
        if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
            raise ValueError("SKILLSLAB_SMTP_URL must look like smtp://user:password@host:587 or smtps://user:password@host")
        asked = parse_qs(parts.query).get("starttls", [""])[0]
        self._options: dict[str, Any] = {
            "local_hostname": sender.rpartition("@")[2],
            "hostname": parts.hostname,
            "port": parts.port,
            "username": unquote(parts.username) if parts.username else None,
            "password": unquote(parts.password) if parts.password else None,
            "use_tls": parts.scheme == "smtps",
            "start_tls": False if parts.scheme == "smtps" else _start_tls(asked, bool(parts.username)),
        }
        self._sender = sender
        self._checked = -CHECK_EVERY
        self._answered = False

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Connection]:
        """A connection for a batch of mails. Raises MailServerAway."""
        async with AsyncExitStack() as stack:
            try:
                client = await stack.enter_async_context(SMTP(timeout=TIMEOUT, **self._options))
            except (SMTPException, OSError) as error:
                raise MailServerAway(_nobody_named(error)) from error
            yield Connection(client, self._sender)

    async def answers(self) -> bool:
        """Whether the mail server is there, as of a few seconds ago at most."""
        now = asyncio.get_running_loop().time()
        if now - self._checked >= CHECK_EVERY:
            self._checked = now
            try:
                async with asyncio.timeout(3), self.open():
                    self._answered = True
            except (MailServerAway, TimeoutError):
                self._answered = False
        return self._answered


class Connection:
    """Sends one mail after the other. Once something broke it is not `usable`, and sends nothing any more."""

    def __init__(self, client: SMTP, sender: str) -> None:
        self._client = client
        self._sender = sender
        self.trouble = ""
        """Why it is not usable."""
        self.taken = 0
        """How many mails the server took."""

    @property
    def usable(self) -> bool:
        return not self.trouble

    async def send(self, mail: Mail) -> Result:
        """Hand over one mail; whatever happens is in the answer."""
        if not self.usable:
            return Interrupted()
        try:
            await self._client.mail(self._sender)
            refused = await self._address(mail.recipient)
        except (SMTPException, OSError) as error:
            self.trouble = _nobody_named(error)
            return Interrupted()
        result = refused or await self._hand_over(mail.content)
        self.taken += isinstance(result, Sent)
        return result

    async def _address(self, recipient: str) -> Refused | None:
        try:
            await self._client.rcpt(recipient)
        except SMTPRecipientRefused as error:
            if error.code == CLOSING:
                raise
            await self._client.rset()
            return _refused(error)
        return None

    async def _hand_over(self, content: bytes) -> Result:
        try:
            await self._client.data(content, timeout=DATA_TIMEOUT)
        except SMTPDataError as error:
            if 200 <= error.code < 300:
                return Sent()
            if error.code == CLOSING:
                self.trouble = _nobody_named(error)
                return Interrupted()
            return _refused(error)
        except (SMTPException, OSError) as error:
            self.trouble = _nobody_named(error)
            return Unknown()
        return Sent()


def _start_tls(asked: str, has_user: bool) -> bool | None:
    match asked:
        case "1":
            return True
        case "0":
            return False
        case "":
            return True if has_user else None
        case _:
            raise ValueError("starttls in SKILLSLAB_SMTP_URL is 1 (insist) or 0 (never); leave it out to use it where offered")


def _refused(error: SMTPResponseException) -> Refused:
    return Refused(_nobody_named(error), permanent=error.code >= 500)


def _nobody_named(error: Exception) -> str:
    """What went wrong. Of what a mail server says only the numbers: its words repeat addresses."""
    if isinstance(error, SMTPResponseException):
        return " ".join([str(error.code), *STATUS.findall(error.message)[:1]])
    return f"{type(error).__name__}: {error}"
