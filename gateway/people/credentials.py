"""From a bearer token or a session cookie to the principal behind it."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from shared.database import sql
from shared.database.pool import LOST_CONNECTION, Connection, Pool, connection
from shared.errors import Busy, not_found
from shared.gather import Gather
from shared.web.principal import Principal, Role, RoleName

SQL = sql.load(__file__, "credentials.sql")
SESSION_DAYS = 14
IDLE_DAYS = 7
LATELY_MINUTES = 30
WORKER = Role("worker")


@dataclass(frozen=True)
class Holder:
    """Who a credential stands for."""

    principal: Principal
    can_write: bool = True
    """Whether it may change anything; a token may be for reading alone."""
    lately: bool = False
    """Whether somebody signed in by it within the last half hour."""


@dataclass(frozen=True)
class Token:
    """A token as its owner sees it. The token itself is shown once, when it is made."""

    token_id: UUID
    name: str
    role: Role
    can_write: bool
    made_at: datetime
    expires_at: datetime
    last_used_on: date | None


@dataclass(frozen=True)
class Session:
    """A browser on which somebody is signed in."""

    session_id: UUID
    browser: str
    created_at: datetime
    seen_on: date
    this_one: bool


def new_secret() -> str:
    """32 random bytes, as text that fits in a header or a cookie."""
    return secrets.token_urlsafe(32)


def digest(secret: str) -> bytes:
    """What is kept of a secret. It has 256 random bits, so that a fast hash is enough."""
    return hashlib.sha256(secret.encode(errors="surrogateescape")).digest()  # a cookie may hold any bytes at all


class Credentials:
    """Looks credentials up, many at once when many come at once. Nothing is cached: what is withdrawn is gone."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        away = (*LOST_CONNECTION, TimeoutError, Busy)
        self.tokens: Gather[bytes, Holder | None] = Gather(self._holders_of_tokens, limit=500, fatal=away)
        self.sessions: Gather[bytes, Holder | None] = Gather(self._holders_of_sessions, limit=500, fatal=away)

    async def holder_of_token(self, token: str) -> Holder | None:
        return await self.tokens.ask(digest(token))

    async def holder_of_session(self, cookie: str) -> Holder | None:
        return await self.sessions.ask(digest(cookie))

    async def _holders_of_tokens(self, hashes: Sequence[bytes]) -> Sequence[Holder | None]:
        async with connection(self._pool) as conn:
            rows = await conn.fetch(SQL.holders_of_tokens, hashes)
            if first := [row["token_hash"] for row in rows if row["first_today"]]:
                await conn.execute(SQL.note_use_of_tokens, first)
        found = {
            row["token_hash"]: Holder(Principal(row["person_id"], (Role(row["role"], row["scope"]),)), row["can_write"])
            for row in rows
        }
        return [found.get(token_hash) for token_hash in hashes]

    async def _holders_of_sessions(self, hashes: Sequence[bytes]) -> Sequence[Holder | None]:
        async with connection(self._pool) as conn:
            rows = await conn.fetch(SQL.holders_of_sessions, hashes, timedelta(minutes=LATELY_MINUTES))
            if first := [row["session_hash"] for row in rows if row["first_today"]]:
                await conn.execute(SQL.note_use_of_sessions, first, timedelta(days=IDLE_DAYS), timedelta(days=SESSION_DAYS))
        found = {
            row["session_hash"]: Holder(
                Principal(row["person_id"], (WORKER, Role(row["role"], row["scope"])) if row["role"] else (WORKER,)),
                lately=row["lately"],
            )
            for row in rows
        }
        return [found.get(session_hash) for session_hash in hashes]


async def open_session(conn: Connection, person_id: UUID, browser: str) -> str:
    """Sign a person in on one browser, which is called so; returns what its cookie holds.

    It ends two weeks later whatever happens, and before that when the browser is not used for a week.
    """
    cookie = new_secret()
    await conn.execute(SQL.open_session, digest(cookie), person_id, timedelta(days=IDLE_DAYS), browser)
    return cookie


async def close_session(conn: Connection, cookie: str) -> None:
    await conn.execute(SQL.close_session, digest(cookie))


async def sessions(conn: Connection, person_id: UUID, cookie: str) -> Sequence[Session]:
    """Where somebody is signed in, the newest first."""
    return [Session(**row) for row in await conn.fetch(SQL.sessions, person_id, digest(cookie))]


async def close_session_of(conn: Connection, person_id: UUID, session_id: UUID) -> None:
    """Sign somebody out on one browser. Raises Rejected (404) for one that is not theirs."""
    if await conn.fetchval(SQL.close_session_of, session_id, person_id) is None:
        raise not_found()


async def close_other_sessions(conn: Connection, person_id: UUID, cookie: str) -> int:
    """Sign somebody out everywhere but here, at once; returns on how many browsers that was. Without a cookie: everywhere."""
    return len(await conn.fetch(SQL.close_other_sessions, person_id, digest(cookie)))


async def sign_out(conn: Connection, person_id: UUID | None) -> Sequence[UUID]:
    """Sign somebody out everywhere, or everybody where it is None; returns whose browsers those were."""
    return [row["person_id"] for row in await conn.fetch(SQL.sign_out, person_id)]


async def end_tokens(conn: Connection, person_id: UUID | None) -> Sequence[UUID]:
    """End all tokens of somebody, or of everybody; returns whose they were."""
    return [row["person_id"] for row in await conn.fetch(SQL.end_tokens, person_id)]


async def act_as(conn: Connection, cookie: str, role: Role) -> None:
    """Be something else on this browser. Raises Rejected (404) for a role that the person does not have."""
    if await conn.fetchval(SQL.act_as, digest(cookie), role.name, role.scope) is None:
        raise not_found()


async def give_tokens(
    conn: Connection, person_ids: Sequence[UUID], role: RoleName, scope: str, tokens: Sequence[str], *, days: int, name: str
) -> None:
    """Let each of these tokens stand for one of these people in one role, for so many days."""
    hashes = [digest(token) for token in tokens]
    await conn.execute(SQL.give_tokens, hashes, person_ids, role, scope, datetime.now(UTC) + timedelta(days=days), name)


async def make_token(
    conn: Connection, person_id: UUID, role: Role, *, name: str, can_write: bool, days: int
) -> tuple[UUID, str, datetime]:
    """A new token for somebody in one of their roles: its id, the token itself, which is kept nowhere, and when it ends."""
    token = new_secret()
    row = await conn.fetchrow(
        SQL.make_token, digest(token), person_id, role.name, role.scope, timedelta(days=days), name, can_write
    )
    assert row is not None
    return row["token_id"], token, row["expires_at"]


async def tokens(conn: Connection, person_id: UUID) -> Sequence[Token]:
    """Somebody's tokens that still count, the newest first."""
    return [
        Token(
            row["token_id"], row["name"], Role(row["role"], row["scope"]), row["can_write"], row["made_at"],
            row["expires_at"], row["last_used_on"],
        )
        for row in await conn.fetch(SQL.tokens, person_id)
    ]  # fmt: skip


async def is_own_token(conn: Connection, person_id: UUID, token: str) -> bool:
    """Whether a token is this person's. Asking is no use of it."""
    own: bool = await conn.fetchval(SQL.is_own_token, digest(token), person_id)
    return own


async def revoke_token(conn: Connection, person_id: UUID, token_id: UUID) -> None:
    """End a token at once. Raises Rejected (404) for one that is not theirs."""
    if await conn.fetchval(SQL.revoke_token, token_id, person_id) is None:
        raise not_found()
