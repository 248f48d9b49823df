"""The local mailbox of demo mode: a small SMTP server inside this process that keeps all mail in a Maildir.

A Maildir is a folder with `tmp`, `new` and `cur`; a mail is a file, written in `tmp` and moved to `new` once it is whole. Here
file names sort by time of arrival, nothing is ever moved to `cur`, and only the owner can look in.
"""

from __future__ import annotations

import asyncio
import itertools
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

KEEP = 2000
TIDY_EVERY = 100


@asynccontextmanager
async def open_mailbox(folder: Path) -> AsyncIterator[str]:
    """Serve the mailbox; gives the address of its SMTP server, which only this machine reaches."""
    mailbox = Mailbox(folder)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(mailbox, hostname="localhost", loop=loop), "127.0.0.1", 0)
    try:
        yield f"smtp://127.0.0.1:{server.sockets[0].getsockname()[1]}?starttls=0"
    finally:
        server.close()


class Mailbox:
    """Keeps the newest mails."""

    def __init__(self, folder: Path, *, keep: int = KEEP) -> None:
        self._folder = folder
        self._keep = keep
        self._ours = secrets.token_hex(4)  # several processes may deliver here, even of several machines
        self._numbers = itertools.count(1)
        for part in (folder, *(folder / name for name in ("tmp", "new", "cur"))):
            part.mkdir(mode=0o700, parents=True, exist_ok=True)
            part.chmod(0o700)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802  (aiosmtpd looks for it)
        assert isinstance(envelope.content, bytes)
        await asyncio.to_thread(self.deliver, envelope.content)
        return "250 2.0.0 In the mailbox"

    def deliver(self, content: bytes) -> None:
        """Put a mail in the mailbox, whole or not at all. Not flushed to disk: nobody's real mail ends here."""
        number = next(self._numbers)
        microseconds = time.time_ns() // 1000
        name = f"{microseconds // 10**6}.M{microseconds % 10**6:06}R{self._ours}Q{number}.skillslab"
        draft = self._folder / "tmp" / name
        draft.touch(mode=0o600)
        draft.write_bytes(content)
        draft.replace(self._folder / "new" / name)
        if number % TIDY_EVERY == 1:
            self._tidy()

    def _tidy(self) -> None:
        """Remove the oldest mails, down to so many as are kept."""
        new = self._folder / "new"
        for name in sorted(mail.name for mail in new.iterdir())[: -self._keep]:
            (new / name).unlink(missing_ok=True)  # another process may have been quicker
