"""The local mailbox of demo mode: everybody's mail, for whoever tries the platform out."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from email.utils import parseaddr, parsedate_to_datetime
from functools import lru_cache
from pathlib import Path
from urllib.parse import quote

import orjson
from aiohttp import web

from gateway.edge import SETTINGS
from gateway.pages.page import show
from shared.errors import not_found
from shared.web.server import json_bytes

PAGE_SIZE = 25
KEPT = 2500
NAME = re.compile(r"\d[\w.,:=+-]{0,199}")
SESSION = "Skillslab-Session"

MAIL_POLICY = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation"
    ),
    "X-Frame-Options": "SAMEORIGIN",
}
"""For a mail itself: it may be read, its links followed, and nothing else."""

FRAME_POLICY = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
        "frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
}
"""For the page around it: as any page, and it may show a page of ours in a frame."""


@dataclass(frozen=True)
class Attachment:
    filename: str
    content_type: str
    content: bytes


@dataclass(frozen=True)
class Mail:
    id: str
    to: str
    subject: str
    sent_at: datetime | None
    text: str
    html: str
    session_id: str | None
    attachments: tuple[Attachment, ...]


async def get_mailbox(request: web.Request) -> web.Response:
    folder = _folder(request)
    names = await asyncio.to_thread(newest_first, folder)
    if _wants_json(request):
        return json_bytes(await asyncio.to_thread(as_json, folder, names))
    page = _page(request, len(names))
    shown = names[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]
    mails = await asyncio.to_thread(read_all, folder, shown)
    pages = max(1, -(-len(names) // PAGE_SIZE))
    return await show(request, "mailbox/list.html", mails=mails, total=len(names), page=page, pages=pages)


async def get_mail(request: web.Request) -> web.Response:
    response = await show(request, "mailbox/mail.html", mail=await _mail(request))
    response.headers.update(FRAME_POLICY)
    return response


async def get_html(request: web.Request) -> web.Response:
    """The mail as its sender made it, to be shown in a frame; its links take the whole window."""
    mail = await _mail(request)
    without = re.sub(r"""^\s*<!doctype[^>]*>|\starget=["']?_blank["']?""", "", mail.html, flags=re.IGNORECASE)
    body = f'<!doctype html><base target="_top">{without}'
    return web.Response(text=body, content_type="text/html", headers=MAIL_POLICY)


async def get_attachment(request: web.Request) -> web.Response:
    mail, number = await _mail(request), int(request.match_info["number"])
    if number >= len(mail.attachments):
        raise not_found()
    attachment = mail.attachments[number]
    disposition = f"attachment; filename*=UTF-8''{quote(attachment.filename)}"
    headers = {"Content-Type": attachment.content_type, "Content-Disposition": disposition}
    return web.Response(body=attachment.content, headers=headers)


def newest_first(folder: Path) -> Sequence[str]:
    """The names of the files with mails; they sort by the time of arrival."""
    names = [entry.name for part in ("new", "cur") if (folder / part).is_dir() for entry in (folder / part).iterdir()]
    return sorted((name for name in names if NAME.fullmatch(name)), reverse=True)


def read_all(folder: Path, names: Sequence[str]) -> Sequence[Mail]:
    """These mails, but for those that were tidied away meanwhile."""
    return [mail for name in names if (mail := read(folder, name)) is not None]


def read(folder: Path, name: str) -> Mail | None:
    content = _content(folder, name)
    return parsed(name, content) if content is not None else None


def _content(folder: Path, name: str) -> bytes | None:
    for part in ("new", "cur"):
        try:
            return (folder / part / name).read_bytes()
        except FileNotFoundError:
            continue
    return None


def parsed(name: str, content: bytes) -> Mail:
    """A mail out of its file. With the older interface of the email package: the newer one takes ten times as long."""
    message = message_from_bytes(content)
    parts = [part for part in message.walk() if not part.is_multipart()]
    bodies = [part for part in parts if part.get_content_disposition() != "attachment"]
    return Mail(
        id=name,
        to=_header(message, "To"),
        subject=_header(message, "Subject"),
        sent_at=_date(message),
        text=_body(bodies, "text/plain"),
        html=_body(bodies, "text/html"),
        session_id=message[SESSION],
        attachments=tuple(_attachment(part) for part in parts if part.get_content_disposition() == "attachment"),
    )


def _header(message: Message, name: str) -> str:
    return " ".join(str(make_header(decode_header(message.get(name, "")))).split())


def _date(message: Message) -> datetime | None:
    try:
        return parsedate_to_datetime(message.get("Date", ""))
    except ValueError:
        return None


def _body(parts: Sequence[Message], content_type: str) -> str:
    for part in parts:
        if part.get_content_type() == content_type:
            return _bytes(part).decode(part.get_content_charset("utf-8"), errors="replace").replace("\r\n", "\n")
    return ""


def _attachment(part: Message) -> Attachment:
    return Attachment(part.get_filename() or "attachment", part.get_content_type(), _bytes(part))


def _bytes(part: Message) -> bytes:
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    return content


def as_json(folder: Path, names: Sequence[str]) -> bytes:
    told = (_json(folder, name) for name in names)
    return b"[" + b",".join(mail for mail in told if mail is not None) + b"]"


@lru_cache(maxsize=KEPT)
def _json(folder: Path, name: str) -> bytes | None:
    """What is told of a mail; it never changes once it is there, so it is put together once."""
    mail = read(folder, name)
    if mail is None:
        return None
    told: dict[str, object] = {
        "id": mail.id, "to": parseaddr(mail.to)[1] or mail.to, "subject": mail.subject, "text": mail.text, "html": mail.html,
        "attachments": [_told(attachment) for attachment in mail.attachments],
    }  # fmt: skip
    if mail.session_id:
        told["sessionId"] = mail.session_id
    return orjson.dumps(told)


def _told(attachment: Attachment) -> dict[str, str]:
    told = {"filename": attachment.filename, "contentType": attachment.content_type}
    if attachment.content_type.startswith("text/"):
        told["content"] = attachment.content.decode(errors="replace")
    return told


async def _mail(request: web.Request) -> Mail:
    folder, name = _folder(request), request.match_info["mail"]
    mail = await asyncio.to_thread(read, folder, name) if NAME.fullmatch(name) else None
    if mail is None:
        raise not_found()
    return mail


def _folder(request: web.Request) -> Path:
    settings = request.app[SETTINGS]
    if not settings.has_mailbox:
        raise not_found()
    return settings.data / "mailbox"


def _wants_json(request: web.Request) -> bool:
    accept = request.headers.get("Accept", "")
    return "application/json" in accept and "text/html" not in accept


def _page(request: web.Request, total: int) -> int:
    text = request.query.get("page", "1")
    page = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 1
    return min(max(page, 1), max(1, -(-total // PAGE_SIZE)))
