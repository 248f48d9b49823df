"""The event log: what a service recorded, in the transaction that made it so, for as long as the service lives."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from shared.contracts.event import Event
from shared.database import sql
from shared.messaging.message import Message

if TYPE_CHECKING:
    from asyncpg import Record

    from shared.database.pool import Connection

SQL = sql.load(__file__, "messaging.sql")
PAGE = 500


@dataclass(frozen=True)
class Page:
    """A stretch of a log. `cursor` is where the next one starts; an empty page repeats the cursor that was asked."""

    epoch: UUID
    messages: Sequence[Message]
    cursor: str


ReadLog = Callable[[str], Awaitable[Page]]
"""How a consumer reads a publisher's log after a cursor (empty: from the start)."""


async def append(conn: Connection, source: str, facts: Sequence[Event]) -> None:
    """Log facts of this service and put them up for sending. Part of the caller's transaction, or nothing."""
    if facts:
        await conn.execute(
            SQL.append,
            source,
            [fact.type for fact in facts],
            [fact.subject for fact in facts],
            [fact.revision for fact in facts],
            [fact.to_json().decode() for fact in facts],
        )


async def keep(conn: Connection, messages: Sequence[Message]) -> None:
    """Log facts of another service too, so that this log alone can rebuild what was built on them."""
    if messages:
        await conn.execute(
            SQL.keep,
            [message.id for message in messages],
            [message.source for message in messages],
            [message.epoch for message in messages],
            [message.type for message in messages],
            [message.subject for message in messages],
            [message.revision for message in messages],
            [message.data.decode() for message in messages],
        )


async def read(conn: Connection, source: str, after: str, limit: int = PAGE) -> Page:
    """What `source` logged after a cursor. Raises ValueError for a cursor that this log never gave."""
    xid, _, position = (after or "0-0").partition("-")
    rows = await conn.fetch(SQL.read_page, source, str(int(xid)), int(position), limit)
    cursor = f"{rows[-1]['xid']}-{rows[-1]['position']}" if rows else after
    return Page(await conn.fetchval(SQL.epoch), [message_of(row) for row in rows], cursor)


def message_of(row: Record) -> Message:
    return Message(
        id=row["event_id"],
        source=row["source"],
        epoch=row["epoch"],
        type=row["type"],
        subject=row["subject"],
        revision=row["revision"],
        logged_at=row["logged_at"],
        data=row["data"].encode(),
    )
