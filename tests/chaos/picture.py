"""What there is to see in the databases and the mailbox once everything has come to rest."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

import asyncpg

from shared.database.address import database_of
from tests.chaos.checker import Delivery, Fact, Mail, Picture, Row, Seats, Told
from tests.platform import SERVICES

SETTLE = 120.0

ENROLLMENTS = """
    SELECT enrollment_id::text, session_id::text, person_id::text, state, revision, about #>> '{work,province}' AS region
      FROM enrollment WHERE session_id = ANY($1::uuid[])"""
REPORT = """
    SELECT enrollment_id::text, session_id::text, person_id::text, state, revision, work_province AS region
      FROM uptake_enrollment WHERE session_id = ANY($1::uuid[])"""
SESSIONS = """
SELECT session_id::text, capacity, seats_left - seats_kept(rules), waiting FROM session WHERE session_id = ANY($1::uuid[])
"""
SHOWN = "SELECT session_id::text, capacity, seats_left, waiting FROM availability WHERE session_id = ANY($1::uuid[])"
FACTS = """
    SELECT event_id::text, split_part(type, '.', 4) AS state, data ->> 'enrollmentId' AS enrollment,
           data ->> 'sessionId' AS session, data ->> 'personId' AS person, revision
      FROM event_log WHERE data ? 'enrollmentId' AND (data ->> 'sessionId')::uuid = ANY($1::uuid[])
     ORDER BY data ->> 'sessionId', (data #>> '{seats,revision}')::int"""
LEDGER = "SELECT fact_id::text, message_id::text, state, copies > 1 FROM delivery WHERE session_id = ANY($1::uuid[])"


async def take(server_url: str, sessions: Sequence[str], history: Sequence[Told], message_ids: Sequence[str]) -> Picture:
    connections = {name: await asyncpg.connect(database_of(server_url, name)) for name in SERVICES}
    try:
        desk, catalog, notifications = connections["enrollment"], connections["catalog"], connections["notifications"]
        return Picture(
            history=history,
            rows=[Row(*row) for row in await desk.fetch(ENROLLMENTS, sessions)],
            sessions=[Seats(*row) for row in await desk.fetch(SESSIONS, sessions)],
            shown=[Seats(*row) for row in await catalog.fetch(SHOWN, sessions)],
            facts=[Fact(*row) for row in await desk.fetch(FACTS, sessions)],
            report=[Row(*row) for row in await desk.fetch(REPORT, sessions)],
            mails=[Mail(message_id.strip("<>").partition("@")[0]) for message_id in message_ids],
            ledger=[Delivery(*row) for row in await notifications.fetch(LEDGER, sessions)],
            unsettled=await unsettled(connections),
        )
    finally:
        for connection in connections.values():
            await connection.close()


async def unsettled(connections: dict[str, asyncpg.Connection[asyncpg.Record]]) -> dict[str, int]:
    """What waits somewhere, by name; all zero when everything is at rest."""
    counts = {f"outbox of {name}": await c.fetchval("SELECT count(*) FROM outbox") for name, c in connections.items()}
    counts |= {f"trouble of {name}": await c.fetchval("SELECT count(*) FROM trouble") for name, c in connections.items()}
    counts["mails not sent"] = await connections["notifications"].fetchval(
        "SELECT count(*) FROM delivery WHERE finished_at IS NULL OR state = 'failed'"
    )
    return counts


async def wait_until_settled(server_url: str) -> float:
    """Wait until nothing waits any more and the mails match the facts; returns the seconds it took, at most SETTLE."""
    started = time.monotonic()
    while time.monotonic() - started < SETTLE:
        try:
            connections = {name: await asyncpg.connect(database_of(server_url, name)) for name in SERVICES}
        except (OSError, asyncpg.PostgresError):
            await asyncio.sleep(0.5)
            continue
        try:
            waiting = sum((await unsettled(connections)).values())
            facts = await connections["enrollment"].fetchval("SELECT count(*) FROM event_log WHERE data ? 'enrollmentId'")
            told = await connections["notifications"].fetchval("SELECT count(*) FROM delivery WHERE session_id IS NOT NULL")
        finally:
            for connection in connections.values():
                await connection.close()
        if not waiting and told >= facts:
            break
        await asyncio.sleep(0.5)
    return time.monotonic() - started
