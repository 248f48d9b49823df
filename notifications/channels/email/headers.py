"""Headers that cannot be broken out of. Names and titles are other people's texts; in a header a line break is a weapon.

Python's policies do not suffice to write them: some versions decode what stands in an encoded word (`=?utf-8?q?=0ABcc:…?=`) and
write it out raw (cpython #121650), or lose spaces between words with accents. So such texts are cleaned, and written as encoded
words unless they are plain; every header block is then read back by `policy.SMTP` and compared.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from email import policy
from email.header import Header
from email.parser import BytesHeaderParser
from email.utils import parseaddr
from typing import Any

from notifications.channels.email.letter import one_line

ADDRESS = re.compile(r"[!#-'*+\-./0-9=?A-Z^_`a-z{|}~]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")
PLAIN_NAME = re.compile(r"[A-Za-z0-9' -]*")
PLAIN_SUBJECT = re.compile(r"[ -~]*")
ENCODED = "=?"
LONGEST = 150  # characters; longer names and titles are cut
PARSER = BytesHeaderParser(policy=policy.SMTP)


class CannotBeWritten(Exception):
    """There is no safe mail for this; the message says why, without naming anybody."""


def address_of(email: str) -> str:
    """An address fit for headers and the mail server. Raises CannotBeWritten.

    A domain of any script becomes its ASCII form; what stands left of the @ must be ASCII, for few servers take more.
    """
    local, _, domain = email.rpartition("@")
    try:
        address = f"{local}@{domain.encode('idna').decode()}"
    except UnicodeError as error:
        raise CannotBeWritten("the domain of the address is not one") from error
    if not ADDRESS.fullmatch(address) or ENCODED in address:
        raise CannotBeWritten("the address is not one that mail can be sent to")
    return address


def for_header(text: str) -> str:
    """Somebody's text, fit for a header: one line, not too long, and without the beginning of an encoded word."""
    cleaned = one_line(text).replace(ENCODED, "= ?")
    return cleaned if len(cleaned) <= LONGEST else cleaned[: LONGEST - 1] + "…"


def from_header(mail_from: str) -> tuple[str, str]:
    """Who mails come from: the address, and what the header says. Raises CannotBeWritten for what is not an address."""
    name, address = parseaddr(mail_from)
    sender = address_of(address)
    return sender, _mailbox("From", for_header(name), sender)


def head(name: str, address: str, subject: str, ours: Mapping[str, str]) -> bytes:
    """The header block, with CRLF and without the empty line after it. `name` (of who has the address) and `subject` must be
    cleaned already; `ours` are headers with nobody's text in them, in ASCII.

    Raises CannotBeWritten if the block does not read back as it was meant.
    """
    fields = {**ours, "To": _mailbox("To", name, address), "Subject": _encoded("Subject", subject, PLAIN_SUBJECT)}
    block = "".join(f"{field}: {value}\r\n" for field, value in fields.items()).encode("ascii", "replace")
    if not _reads_back(block, list(fields), name, address, subject):
        raise CannotBeWritten("the headers do not read back as they were meant")
    return block


def _mailbox(field: str, name: str, address: str) -> str:
    return f"{_encoded(field, name, PLAIN_NAME)} <{address}>" if name else address


def _encoded(field: str, text: str, plain: re.Pattern[str]) -> str:
    return text if plain.fullmatch(text) else Header(text, "utf-8", header_name=field).encode(linesep="\r\n")


def _reads_back(block: bytes, fields: list[str], name: str, address: str, subject: str) -> bool:
    back: Any = PARSER.parsebytes(block)
    if back.keys() != fields or len(back["To"].addresses) != 1:
        return False
    (to,) = back["To"].addresses
    return (
        (to.addr_spec, _without_spaces(to.display_name)) == (address, _without_spaces(name))  # some parsers add spaces
        and back["Subject"] == subject
    )


def _without_spaces(text: str) -> str:
    return "".join(text.split())
