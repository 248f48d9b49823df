"""The local mailbox of demo mode: real SMTP in, a plain Maildir out, for the owner's eyes only, and never too full."""

from __future__ import annotations

import asyncio
import mailbox as standard
from pathlib import Path

from notifications.channels.email import mailbox
from notifications.channels.email.mailbox import Mailbox, open_mailbox
from notifications.channels.email.smtp import MailServer
from tests.notifications.conftest import World


async def test_mail_lands_in_a_maildir(world: World, tmp_path: Path) -> None:
    await world.describe_session()
    await world.enroll(3)
    async with open_mailbox(tmp_path / "mailbox") as address:
        world.server = MailServer(address, world.writer.sender)
        await world.send_all()

    kept = standard.Maildir(tmp_path / "mailbox", create=False)
    assert {mail["Message-ID"] for mail in kept} == {
        f"<{row['message_id']}@skillslab.example>" for row in await world.ledger() if row["state"] == "sent"
    }
    assert len(kept) == 3
    assert list((tmp_path / "mailbox" / "tmp").iterdir()) == []


async def test_only_the_owner_can_look_in(tmp_path: Path) -> None:
    Mailbox(tmp_path / "mailbox").deliver(b"Subject: x\r\n\r\nx\r\n")

    folders = [tmp_path / "mailbox" / name for name in ("", "new", "cur", "tmp")]
    assert {folder.stat().st_mode & 0o777 for folder in folders} == {0o700}
    assert {mail.stat().st_mode & 0o777 for mail in (tmp_path / "mailbox" / "new").iterdir()} == {0o600}


async def test_the_oldest_mails_make_room_for_new_ones(tmp_path: Path) -> None:
    box = Mailbox(tmp_path, keep=10)

    for number in range(2 * mailbox.TIDY_EVERY + 1):
        box.deliver(b"%d" % number)

    kept = [int(mail.read_bytes()) for mail in sorted((tmp_path / "new").iterdir(), key=lambda mail: mail.name)]
    assert kept == list(range(2 * mailbox.TIDY_EVERY - 9, 2 * mailbox.TIDY_EVERY + 1)), "the newest, in order of arrival"


async def test_several_processes_may_deliver_to_one_mailbox(tmp_path: Path) -> None:
    boxes = [Mailbox(tmp_path, keep=20) for _ in range(3)]

    async def fill(box: Mailbox) -> None:
        for _ in range(120):
            await asyncio.to_thread(box.deliver, b"x")

    await asyncio.gather(*map(fill, boxes))

    assert 20 <= len(list((tmp_path / "new").iterdir())) <= 20 + 3 * 20
