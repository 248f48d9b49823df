"""The first answer to each request that came with an Idempotency-Key: whoever asks again with that key hears it again.

Kept in the transaction of the effect, for two days. A key belongs to who uses it: somebody else's same key is another request.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID, uuid5

from shared.database import sql
from shared.database.pool import Connection
from shared.errors import Rejected

SQL = sql.load(__file__, "answers.sql")


@dataclass(frozen=True, slots=True)
class Keyed:
    """That a request came with a key."""

    request_hash: bytes
    """SHA-256 of what was asked; the same key with another request is refused."""


@dataclass(frozen=True, slots=True)
class First:
    """What was asked and answered the first time."""

    request_hash: bytes
    answer: str
    """As JSON."""


def command_id(person_id: UUID, key: str) -> UUID:
    """The id of the one request that this person makes with this key."""
    return uuid5(person_id, key)


def keyed(asked: str | bytes) -> Keyed:
    return Keyed(hashlib.sha256(asked if isinstance(asked, bytes) else asked.encode()).digest())


def reused() -> Rejected:
    """The same key came with another request."""
    return Rejected("idempotency-key-reused", 422, "This Idempotency-Key was used for another request. Choose a new key.")


async def load(conn: Connection, command_ids: Collection[UUID]) -> dict[UUID, First]:
    """What these requests were answered before."""
    if not command_ids:
        return {}
    rows = await conn.fetch(SQL.load, list(command_ids))
    return {row["command_id"]: First(row["request_hash"], row["answer"]) for row in rows}


async def keep(conn: Connection, answers: Sequence[tuple[UUID, Keyed, str]]) -> None:
    """Write down answers (id, key, JSON). Raises UniqueViolationError for one that was answered meanwhile elsewhere."""
    if answers:
        ids, keys, texts = zip(*answers, strict=True)
        await conn.execute(SQL.keep, ids, [key.request_hash for key in keys], texts)


async def forget(conn: Connection) -> None:
    """Let go of answers older than two days."""
    await conn.execute(SQL.forget)
