"""What a consumer has applied: the last revision of each subject, and how far it walked each log."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import groupby
from uuid import UUID

from shared.database.pool import Connection
from shared.messaging.log import SQL
from shared.messaging.message import Message


async def admit(conn: Connection, consumer: str, messages: Sequence[Message]) -> tuple[Sequence[Message], Sequence[Message]]:
    """Which of the messages to apply now, and which came before their turn; what was applied already is dropped.

    `messages` must be sorted by source, subject and revision. The admitted ones are remembered in the caller's transaction,
    which must apply them: inbox and reaction commit together or not at all. Until it ends, the consumer's other processes
    wait for their turn.
    """
    admitted: list[Message] = []
    early: list[Message] = []
    for source, group in groupby(messages, key=lambda message: message.source):
        of_source = list(group)
        epoch, _ = await take_turn(conn, consumer, source)
        if epoch is None:
            epoch = of_source[0].epoch
            await conn.execute(SQL.known_epoch, consumer, source, epoch)
        subjects = sorted({message.subject for message in of_source})
        rows = await conn.fetch(SQL.last_applied, consumer, source, subjects)
        last: dict[str, int] = {row["subject"]: row["revision"] for row in rows}
        for message in of_source:
            applied = last.get(message.subject, 0)
            if message.epoch != epoch or message.revision > applied + 1:
                early.append(message)  # of another life of the log: walking it tells which of the two is over
            elif message.revision == applied + 1:
                last[message.subject] = message.revision
                admitted.append(message)
        await _remember(conn, consumer, source, {subject: last[subject] for subject in subjects if subject in last})
    return admitted, early


async def take_turn(conn: Connection, consumer: str, source: str) -> tuple[UUID | None, str]:
    """Wait until no other process of this consumer applies facts of `source`; returns the log's life and the place in it."""
    row = await conn.fetchrow(SQL.take_turn, consumer, source)
    assert row is not None
    return row["epoch"], row["cursor"]


async def start_over(conn: Connection, consumer: str, source: str, epoch: UUID) -> None:
    """Forget what was applied of a log that began a new life."""
    await take_turn(conn, consumer, source)
    await conn.execute(SQL.start_over, consumer, source, epoch)


async def remember(conn: Connection, consumer: str, message: Message) -> None:
    """Count a fact as applied."""
    await _remember(conn, consumer, message.source, {message.subject: message.revision})


async def _remember(conn: Connection, consumer: str, source: str, revisions: dict[str, int]) -> None:
    await conn.execute(SQL.remember, consumer, source, list(revisions), list(revisions.values()))


def age(messages: Sequence[Message]) -> float:
    """Seconds since the newest of these was logged."""
    return (datetime.now(UTC) - max(message.logged_at for message in messages)).total_seconds()
