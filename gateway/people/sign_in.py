"""Signing in by a link in a mail: asked for with an address, shown with a button, used once within ten minutes."""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64encode
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from gateway.people import credentials, people
from gateway.people.people import SQL
from shared.contracts.gateway import SignInRequested
from shared.database.pool import Connection
from shared.errors import Rejected
from shared.messaging import log
from shared.translations import Language

PUBLISHER = "gateway"
MINUTES = 10
MOST_PER_ADDRESS = 5  # in ten minutes: enough for who mistypes, too few to pester somebody


@dataclass(frozen=True)
class Mail:
    """What whoever mails a link needs to know."""

    sign_in_id: UUID
    email: str
    name: str
    language: Language
    link: str
    """A path on the public address."""


@dataclass(frozen=True)
class SignedIn:
    cookie: str
    next_page: str
    language: Language


class SignIns:
    """Makes and recognises links. A link is derived from its id and a key, so that only a hash of it has to be kept."""

    def __init__(self, key: str) -> None:
        self._key = key.encode()

    async def request(self, conn: Connection, email: str, language: Language, next_page: str) -> None:
        """Have a link mailed. Whether the address is known makes no difference. Raises Rejected (429) when asked too often."""
        if await conn.fetchval(SQL.recent_sign_ins, email) >= MOST_PER_ADDRESS:
            detail = "A link was sent to this address several times. Look in your mailbox, or try again in ten minutes."
            raise Rejected("too-many-sign-ins", 429, detail, retry_after=600)
        sign_in_id = uuid4()
        hashed = credentials.digest(self._secret(sign_in_id))
        await conn.execute(SQL.request_sign_in, sign_in_id, email, language, hashed, next_page, timedelta(minutes=MINUTES))
        fact = SignInRequested(sign_in_id=sign_in_id, revision=1, occurred_at=datetime.now(UTC))
        await log.append(conn, PUBLISHER, [fact])

    async def mails(self, conn: Connection, sign_in_ids: Collection[UUID]) -> Sequence[Mail]:
        """The links that may still be used, to be mailed."""
        return [
            Mail(
                row["sign_in_id"],
                row["email"],
                row["name"] or "",
                row["language"],
                self._path(row["sign_in_id"], row["language"]),
            )
            for row in await conn.fetch(SQL.sign_ins, list(sign_in_ids))
        ]

    async def can_be_used(self, conn: Connection, token: str) -> bool:
        """Whether a link still works. Looking does not use it up: mail scanners look."""
        return await conn.fetchrow(SQL.open_sign_in, *self._parts(token)) is not None

    async def use(self, conn: Connection, token: str) -> SignedIn | None:
        """Sign in whoever has the link, as the person with that address, who may be new. None if it was used or is too old."""
        row = await conn.fetchrow(SQL.use_sign_in, *self._parts(token))
        if row is None:
            return None
        person_id = await people.meet(conn, row["email"], "", row["language"])
        return SignedIn(await credentials.open_session(conn, person_id), row["next_page"], row["language"])

    def _secret(self, sign_in_id: UUID) -> str:
        mac = hmac.digest(self._key, b"sign-in " + sign_in_id.bytes, hashlib.sha256)
        return urlsafe_b64encode(mac).decode().rstrip("=")

    def _path(self, sign_in_id: UUID, language: Language) -> str:
        prefix = "/aanmelden" if language == "nl" else "/en/sign-in"
        return f"{prefix}/{sign_in_id.hex}.{self._secret(sign_in_id)}"

    @staticmethod
    def _parts(token: str) -> tuple[UUID, bytes]:
        sign_in_id, _, secret = token.partition(".")
        try:
            return UUID(sign_in_id), credentials.digest(secret)
        except ValueError:
            return UUID(int=0), b""
