"""Signing in by a link in a mail: asked for with an address, shown with a button, used once within ten minutes, by the browser
that asked. Whoever reads the mail elsewhere types its code on that browser.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64encode
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal
from uuid import UUID, uuid4

from asyncpg import Record

from gateway.people import credentials, people
from gateway.people.people import SQL
from shared.contracts.gateway import SignInRequested
from shared.database.pool import Connection
from shared.errors import Rejected
from shared.messaging import log
from shared.translations import Language

PUBLISHER = "gateway"
MINUTES = 10
MOST_FROM_ONE_NETWORK = 5  # to one address in ten minutes: enough for who mistypes
MOST_PER_ADDRESS = 15  # from anywhere: too few to pester somebody, too many for one who tries to keep somebody else out
CODE_DIGITS = 8

Standing = Literal["works", "elsewhere", "gone"]
"""What a link is to the browser that shows it: it works, it works where it was asked for, or it no longer does."""


@dataclass(frozen=True)
class Mail:
    """What whoever mails a link needs to know."""

    sign_in_id: UUID
    email: str
    name: str
    language: Language
    link: str
    """A path on the public address."""
    code: str


@dataclass(frozen=True)
class SignedIn:
    person_id: UUID
    next_page: str
    language: Language


class SignIns:
    """Makes and recognises links and codes. Both follow from an id and a key, so that only a hash of the link is kept."""

    def __init__(self, key: str) -> None:
        self._key = key.encode()

    async def request(
        self, conn: Connection, email: str, language: Language, next_page: str, browser: str, network: str
    ) -> None:
        """Have a link mailed, for the browser with this secret, at this network address. Whether the mail address is known
        makes no difference.

        Raises Rejected (429) when asked too often.
        """
        asked_from = hmac.digest(self._key, b"network " + network.encode(), hashlib.sha256)
        await conn.execute(SQL.take_turn, email)
        recent = await conn.fetchrow(SQL.recent_sign_ins, email, asked_from)
        assert recent is not None
        if recent["from_here"] >= MOST_FROM_ONE_NETWORK or recent["from_anywhere"] >= MOST_PER_ADDRESS:
            detail = "A link was sent to this address several times. Look in your mailbox, or try again in ten minutes."
            raise Rejected("too-many-sign-ins", 429, detail, retry_after=600)
        sign_in_id = uuid4()
        hashed, asker = credentials.digest(self._secret(sign_in_id)), credentials.digest(browser)
        await conn.execute(
            SQL.request_sign_in,
            sign_in_id,
            email,
            language,
            hashed,
            next_page,
            timedelta(minutes=MINUTES),
            asker,
            asked_from,
        )
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
                self.code(row["sign_in_id"]),
            )
            for row in await conn.fetch(SQL.sign_ins, list(sign_in_ids))
        ]

    async def standing(self, conn: Connection, token: str, browser: str) -> Standing:
        """What a link is to a browser. Looking does not use it up: mail scanners look."""
        asker = await conn.fetchval(SQL.open_sign_in, *self._parts(token))
        if asker is None:
            return "gone"
        return "works" if hmac.compare_digest(asker, credentials.digest(browser)) else "elsewhere"

    async def use(self, conn: Connection, token: str, browser: str) -> SignedIn | None:
        """Whoever has the link on the browser that asked: the person with that address, who may be new. None otherwise."""
        row = await conn.fetchrow(SQL.use_sign_in, *self._parts(token), credentials.digest(browser))
        return await self._signed_in(conn, row)

    async def use_code(self, conn: Connection, code: str, browser: str) -> SignedIn | None:
        """The same for who types the code of a mail on the browser that asked. A wrong one counts as a try; five end a link."""
        asker = credentials.digest(browser)
        asked: Sequence[UUID] = [row["sign_in_id"] for row in await conn.fetch(SQL.try_sign_ins, asker)]
        given = "".join(filter(str.isdigit, code))
        for sign_in_id in asked:
            if hmac.compare_digest(self.code(sign_in_id).encode(), given.encode()):
                hashed = credentials.digest(self._secret(sign_in_id))
                return await self._signed_in(conn, await conn.fetchrow(SQL.use_sign_in, sign_in_id, hashed, asker))
        return None

    def code(self, sign_in_id: UUID) -> str:
        """Eight digits: seventy-five guesses in ten minutes, which is all one address allows, hit once in a million times."""
        number = int.from_bytes(self._derived(b"code", sign_in_id)[:8]) % 10**CODE_DIGITS
        return f"{number:0{CODE_DIGITS}}"

    async def _signed_in(self, conn: Connection, row: Record | None) -> SignedIn | None:
        if row is None:
            return None
        person_id = await people.meet(conn, row["email"], "", row["language"])
        return SignedIn(person_id, row["next_page"], row["language"])

    def _secret(self, sign_in_id: UUID) -> str:
        return urlsafe_b64encode(self._derived(b"sign-in", sign_in_id)).decode().rstrip("=")

    def _derived(self, purpose: bytes, sign_in_id: UUID) -> bytes:
        return hmac.digest(self._key, purpose + b" " + sign_in_id.bytes, hashlib.sha256)

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
