"""From a delivery to the bytes on the wire: headers, text, HTML and a calendar file."""

from __future__ import annotations

from base64 import encodebytes
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

from jinja2 import Environment, StrictUndefined
from mjml import mjml2html

from notifications.channels.email import letter as letters
from notifications.channels.email.calendar import CalendarFile, calendar_file
from notifications.channels.email.headers import address_of, for_header, from_header, head
from notifications.channels.email.letter import Letter
from notifications.deliveries import AFTERWARDS, Delivery
from notifications.recipients import Recipient
from notifications.store import Session
from shared import translations

HERE = Path(__file__).parent
LOCALE = Path(__file__).parents[2] / "locale"


@dataclass(frozen=True)
class Mail:
    """Ready for the mail server."""

    recipient: str
    content: bytes


class Writer:
    """Writes mails. Templates and translations are read and compiled once."""

    def __init__(self, mail_from: str, public_url: str) -> None:
        """`mail_from` is such as `Skillslab <no-reply@skillslab.example>`. Raises CannotBeWritten where it is not."""
        self.sender, self._from = from_header(mail_from)
        self._public_url = public_url.rstrip("/")
        self._translations = translations.load(LOCALE)
        plain = Environment(undefined=StrictUndefined, trim_blocks=True, autoescape=False)  # noqa: S701  (it is not HTML)
        self._text = plain.from_string((HERE / "letter.txt").read_text(encoding="utf-8"))
        compiled = mjml2html((HERE / "letter.mjml").read_text(encoding="utf-8"))
        self._html = Environment(undefined=StrictUndefined, autoescape=True).from_string(compiled)

    def write(self, delivery: Delivery, recipient: Recipient, session: Session | None) -> Mail:
        """The mail for a delivery. `session` is there for every template but sign-in. Raises CannotBeWritten."""
        address = address_of(recipient.email)
        letter = self._letter(delivery, recipient, session)
        parts = [alternatives(delivery, self._text.render(letter=letter), self._html.render(letter=letter))]
        is_in_calendars = delivery.enrollment_id is not None and delivery.template not in AFTERWARDS  # a mere chance is in none
        if session is not None and is_in_calendars:
            parts.append(attachment(calendar_file(delivery, session, letter, self.sender, address)))
        headers = self._headers(delivery, letter, address, recipient.name or "")
        return Mail(address, headers + b"MIME-Version: 1.0\r\n" + multipart("mixed", delivery, parts))

    def calendar(self, delivery: Delivery, recipient: Recipient, session: Session) -> bytes:
        """The calendar file that goes with that mail, by itself. Raises CannotBeWritten."""
        letter = self._letter(delivery, recipient, session)
        return calendar_file(delivery, session, letter, self.sender, address_of(recipient.email)).content

    def _letter(self, delivery: Delivery, recipient: Recipient, session: Session | None) -> Letter:
        translate = self._translations[recipient.language].gettext
        return letters.write(translate, self._public_url, delivery, recipient, session)

    def _headers(self, delivery: Delivery, letter: Letter, address: str, name: str) -> bytes:
        ours = {
            "From": self._from,
            "Date": format_datetime(datetime.now(UTC)),
            "Message-ID": f"<{delivery.message_id}@{self.sender.rpartition('@')[2]}>",
            "Content-Language": letter.language,
            "Auto-Submitted": "auto-generated",  # so that no holiday reply answers it
        }
        if delivery.session_id is not None:
            ours["Skillslab-Session"] = str(delivery.session_id)
        return head(for_header(name), address, for_header(letter.subject), ours)


# The parts are put together here and not by the email package, which takes longer for it than for all the rest. They are in
# base64, so nothing in them can be taken for a boundary or a header.


def alternatives(delivery: Delivery, text: str, html: str) -> bytes:
    return multipart("alternative", delivery, [part("text/plain; charset=utf-8", text), part("text/html; charset=utf-8", html)])


def attachment(file: CalendarFile) -> bytes:
    type_ = f'text/calendar; charset=utf-8; method={file.method}; name="skillslab.ics"'
    return part(type_, file.content, 'Content-Disposition: attachment; filename="skillslab.ics"')


def multipart(kind: str, delivery: Delivery, parts: Sequence[bytes]) -> bytes:
    boundary = f"=_{kind}_{delivery.message_id.hex}"
    opening = f"--{boundary}\r\n".encode()
    header = f'Content-Type: multipart/{kind};\r\n boundary="{boundary}"\r\n\r\n'.encode()
    return header + b"".join(opening + part for part in parts) + f"--{boundary}--\r\n".encode()


def part(content_type: str, content: str | bytes, *more: str) -> bytes:
    lines = [f"Content-Type: {content_type}", "Content-Transfer-Encoding: base64", *more, "", ""]
    body = encodebytes(content.encode() if isinstance(content, str) else content)
    return "\r\n".join(lines).encode() + body.replace(b"\n", b"\r\n")
