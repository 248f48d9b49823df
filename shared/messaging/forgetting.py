"""Forgetting somebody: each service puts an id that belongs to nobody where theirs stood, in its tables and in its log.

A service begins when it hears the fact, in the transaction of its inbox. What was under way at that moment may still bring the
earlier id, so for a day it is swept after; then the two ids are let go, and nobody can tell who it was.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

import orjson

from shared.contracts.gateway import PersonForgotten
from shared.database import sql
from shared.database.pool import Connection
from shared.messaging.message import Envelope

SQL = sql.load(__file__, "forgetting.sql")


@dataclass(frozen=True)
class Erasure:
    """Somebody to forget: the id to look for, and the one that takes its place here."""

    erasure_id: UUID
    person_id: UUID
    anonymous_id: UUID


async def begin(conn: Connection, fact: PersonForgotten) -> Erasure | None:
    """Take it in hand, once; None when it was done so long ago that nobody knows the ids any more."""
    row = await conn.fetchrow(SQL.begin, fact.erasure_id, fact.person_id, uuid4())
    assert row is not None
    return Erasure(**row) if row["person_id"] else None


async def unfinished(conn: Connection) -> Sequence[Erasure]:
    """What is to be swept, locked for this transaction; what another process has in hand is left to it."""
    return [Erasure(**row) for row in await conn.fetch(SQL.unfinished)]


async def tell(conn: Connection, erasure: Erasure, told: Mapping[str, int]) -> None:
    """Write down how much there was of what, for the page that tells the person."""
    await conn.execute(SQL.tell, erasure.erasure_id, orjson.dumps(told).decode())


async def done(conn: Connection, erasure: Erasure) -> None:
    """Write down that nothing is left here."""
    await conn.execute(SQL.done, erasure.erasure_id)


async def let_go(conn: Connection) -> None:
    """Lose the ids of what was done a day ago."""
    await conn.execute(SQL.let_go)


async def gone(conn: Connection, person_ids: Collection[UUID]) -> set[UUID]:
    """Those of these people who were forgotten within a day: a request of theirs may still be under way."""
    return {row["person_id"] for row in await conn.fetch(SQL.gone, list(person_ids))}


async def rekey_log(conn: Connection, whose: Mapping[str, UUID], blanked: Sequence[str]) -> int:
    """Put these ids in all facts of these subjects, and leave out what stands at the paths in `blanked`, such as
    `{about,home}`. Returns how many facts were changed. It looks through the whole log, so it may take a while.
    """
    changed: int = await conn.fetchval(SQL.rekey_log, list(whose), list(whose.values()), list(blanked))
    return changed


async def rekey_trouble(conn: Connection, erasure: Erasure) -> None:
    """The same in facts that could not be applied yet."""
    await conn.execute(SQL.rekey_trouble, str(erasure.person_id), str(erasure.anonymous_id))


async def on_forgotten(conn: Connection, facts: Sequence[Envelope[PersonForgotten]]) -> None:
    """The reaction of a service that has a person's id nowhere but in facts that it could not apply yet."""
    for fact in facts:
        if erasure := await begin(conn, fact.event):
            await rekey_trouble(conn, erasure)
            await done(conn, erasure)


async def told(conn: Connection, erasure_id: UUID) -> tuple[bool, Mapping[str, int]]:
    """Whether this service is done with an erasure, and how much of what it erased."""
    row = await conn.fetchrow(SQL.told, erasure_id)
    return (row["done"], orjson.loads(row["told"])) if row else (False, {})


async def sweep(conn: Connection) -> None:
    """The chore of a service that only `on_forgotten` serves."""
    for erasure in await unfinished(conn):
        await rekey_trouble(conn, erasure)
    await let_go(conn)
