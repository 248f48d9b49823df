"""From a bearer token or a session cookie to the principal behind it."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from gateway.people.people import SQL
from shared.database.pool import LOST_CONNECTION, Connection, Pool, connection
from shared.errors import Busy
from shared.gather import Gather
from shared.web.principal import Principal, Role, RoleName

SESSION_DAYS = 14
WORKER = Role("worker")


def new_secret() -> str:
    """32 random bytes, as text that fits in a header or a cookie."""
    return secrets.token_urlsafe(32)


def digest(secret: str) -> bytes:
    """What is kept of a secret. It has 256 random bits, so that a fast hash is enough."""
    return hashlib.sha256(secret.encode()).digest()


class Credentials:
    """Looks credentials up, many at once when many come at once. Nothing is cached: what is withdrawn is gone."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        away = (*LOST_CONNECTION, TimeoutError, Busy)
        self.tokens: Gather[bytes, Principal | None] = Gather(self._holders_of_tokens, limit=500, fatal=away)
        self.sessions: Gather[bytes, Principal | None] = Gather(self._holders_of_sessions, limit=500, fatal=away)

    async def holder_of_token(self, token: str) -> Principal | None:
        return await self.tokens.ask(digest(token))

    async def holder_of_session(self, cookie: str) -> Principal | None:
        return await self.sessions.ask(digest(cookie))

    async def _holders_of_tokens(self, hashes: Sequence[bytes]) -> Sequence[Principal | None]:
        async with connection(self._pool) as conn:
            rows = await conn.fetch(SQL.holders_of_tokens, hashes)
        found = {row["token_hash"]: Principal(row["person_id"], (Role(row["role"], row["scope"]),)) for row in rows}
        return [found.get(token_hash) for token_hash in hashes]

    async def _holders_of_sessions(self, hashes: Sequence[bytes]) -> Sequence[Principal | None]:
        async with connection(self._pool) as conn:
            rows = await conn.fetch(SQL.holders_of_sessions, hashes)
        found = {
            row["session_hash"]: Principal(
                row["person_id"],
                (WORKER, *(Role(name, scope) for name, scope in zip(row["roles"], row["scopes"], strict=True))),
            )
            for row in rows
        }
        return [found.get(session_hash) for session_hash in hashes]


async def open_session(conn: Connection, person_id: UUID) -> str:
    """Sign a person in on one browser; returns what its cookie holds."""
    cookie = new_secret()
    await conn.execute(SQL.open_session, digest(cookie), person_id, timedelta(days=SESSION_DAYS))
    return cookie


async def close_session(conn: Connection, cookie: str) -> None:
    await conn.execute(SQL.close_session, digest(cookie))


async def give_tokens(
    conn: Connection, person_ids: Sequence[UUID], role: RoleName, scope: str, tokens: Sequence[str], *, days: int
) -> None:
    """Let each of these tokens stand for one of these people in one role, for so many days."""
    hashes = [digest(token) for token in tokens]
    await conn.execute(SQL.give_tokens, hashes, person_ids, role, scope, datetime.now(UTC) + timedelta(days=days))
