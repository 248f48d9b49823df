"""For how long it is remembered who took part: sessions that ended longer ago than their fieldlab's term are anonymised.

`python -m enrollment retention --dry-run` says what the next run would do.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from argparse import ArgumentParser
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from enrollment import desk
from enrollment.settings import EnrollmentSettings
from shared.database import sql
from shared.database.address import database_of
from shared.database.pool import Connection, Pool, connection, open_pool, transaction
from shared.logs import logger

SQL = sql.load(__file__, "retention.sql")
AMSTERDAM = ZoneInfo("Europe/Amsterdam")
AT_ONCE = 50  # sessions that are anonymised in one transaction


@dataclass(frozen=True)
class Term:
    """For how many months after a session's end a fieldlab remembers who took part, and whether it chose that itself."""

    fieldlab_id: str
    months: int
    own: bool


@dataclass(frozen=True)
class Due:
    """A session whose people are to be forgotten."""

    session_id: UUID
    fieldlab_id: str
    ends_at: datetime
    people: int
    enrollments: int


async def terms(conn: Connection, fieldlab_ids: Sequence[str], months: int) -> Sequence[Term]:
    """The terms of these fieldlabs; `months` for those that chose none."""
    chosen = {row["fieldlab_id"]: row["months"] for row in await conn.fetch(SQL.terms, fieldlab_ids)}
    return [Term(one, chosen.get(one, months), one in chosen) for one in fieldlab_ids]


async def choose(conn: Connection, fieldlab_id: str, months: int) -> None:
    await conn.execute(SQL.choose, fieldlab_id, months)


async def due(conn: Connection, now: datetime, months: int, limit: int | None = None) -> Sequence[Due]:
    """Sessions that are past their term at a moment, the earliest first, with how many are in them."""
    return [Due(**row) for row in await conn.fetch(SQL.due, now, months, limit)]


async def run(pool: Pool, now: datetime, months: int) -> int:
    """Anonymise whatever is due; returns how many enrollments that were. Another process that runs meanwhile waits its turn."""
    enrollments = 0
    while True:
        async with transaction(pool) as conn:
            await conn.execute("SET LOCAL statement_timeout = 0")
            await conn.execute(SQL.take_turn)
            sessions = await due(conn, now, months, AT_ONCE)
            ids = [anonymous for session in sessions for anonymous in await _anonymise(conn, session, now)]
            await desk.forget_log(conn, ids)
            if not sessions:
                await conn.execute(SQL.throw_keys_away)
                break
        enrollments += sum(session.enrollments for session in sessions)
    if enrollments:
        logger.info("had their time", enrollments=enrollments)
    return enrollments


async def _anonymise(conn: Connection, session: Due, now: datetime) -> Collection[UUID]:
    key: bytes = await conn.fetchval(SQL.key_of_year, session.ends_at.astimezone(AMSTERDAM).year, secrets.token_bytes(32))
    return await desk.forget_session(conn, session.session_id, lambda person_id: anonymous_id(key, person_id), now)


def anonymous_id(key: bytes, person_id: UUID) -> UUID:
    """What takes the place of a person's id in all sessions of one year; without the key it says nothing of whose it was."""
    return UUID(bytes=hmac.digest(key, person_id.bytes, hashlib.sha256)[:16], version=4)


async def main(settings: EnrollmentSettings, arguments: Sequence[str]) -> None:
    parser = ArgumentParser(prog="python -m enrollment retention", description="Forget who was in sessions of long ago.")
    parser.add_argument("--dry-run", action="store_true", help="only say what would be anonymised")
    parser.add_argument("--on", type=datetime.fromisoformat, help="as if it were this day, such as 2029-01-01; for a dry run")
    wanted = parser.parse_args(arguments)
    if wanted.on and not wanted.dry_run:
        parser.error("--on goes with --dry-run: what is not due yet is not forgotten")
    now = wanted.on.replace(tzinfo=UTC) if wanted.on else datetime.now(UTC)
    pool = await open_pool(database_of(settings.database_url, "enrollment"), service="retention", size=2)
    try:
        async with connection(pool) as conn:
            sessions = await due(conn, now, settings.retention_months)
        for session in sessions:
            print(f"{session.ends_at:%Y-%m-%d}  {session.fieldlab_id}  {session.session_id}  {session.enrollments} enrollments")
        print(f"{len(sessions)} sessions, {sum(session.enrollments for session in sessions)} enrollments are past their term.")
        if not wanted.dry_run:
            print(f"Anonymised: {await run(pool, now, settings.retention_months)} enrollments.")
    finally:
        pool.terminate()
