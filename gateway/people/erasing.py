"""Erasing somebody: their name and address go at once, and a fact has every service forget the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from uuid import UUID, uuid4

from gateway.people import audit, roles
from gateway.people.audit import Act
from shared.contracts.gateway import PersonForgotten
from shared.database import sql
from shared.database.pool import Connection
from shared.errors import Rejected, not_found
from shared.logs import logger
from shared.messaging import forgetting, log
from shared.web.principal import Role

SQL = sql.load(__file__, "erasing.sql")


async def erase(conn: Connection, person_id: UUID, *, why: str) -> UUID:
    """Erase somebody, in the caller's transaction; returns the erasure by which they can follow how far it is.

    `why` is the slug under which the audit log has it. Raises Rejected: 404 for who is not known, 409 for the last operator.
    """
    if await roles.is_last_operator(conn, person_id):
        raise Rejected("last-operator", 409)
    email = await conn.fetchval(SQL.person, person_id)
    if email is None:
        raise not_found()
    counted = await conn.fetchrow(SQL.count, person_id, email)
    assert counted is not None
    await conn.execute(SQL.erase, person_id, email)
    fact = PersonForgotten(erasure_id=uuid4(), person_id=person_id, revision=1, occurred_at=datetime.now(UTC))
    await log.append(conn, roles.PUBLISHER, [fact])
    erasure = await forgetting.begin(conn, fact)
    assert erasure is not None
    acts = await audit.rekey(conn, person_id, erasure.anonymous_id)
    await audit.append(conn, [Act(erasure.anonymous_id, Role("worker"), why, f"erasures/{fact.erasure_id}")])
    await forgetting.tell(conn, erasure, {**counted, "acts": acts})
    await forgetting.done(conn, erasure)
    logger.info("erased", person=str(person_id), erasure=str(fact.erasure_id), why=why)
    return fact.erasure_id


async def told(conn: Connection, erasure_id: UUID) -> Mapping[str, int] | None:
    """How much of what was erased here; None for an erasure that never was."""
    done, counts = await forgetting.told(conn, erasure_id)
    return counts if done else None


async def sweep(conn: Connection) -> None:
    """Re-key what a request that was under way wrote down after its person was gone, and let go of what is a day old."""
    for erasure in await forgetting.unfinished(conn):
        await audit.rekey(conn, erasure.person_id, erasure.anonymous_id)
    await forgetting.let_go(conn)


async def long_away(conn: Connection, months: int, limit: int) -> Sequence[UUID]:
    """People who were not here for so many months and have no role, those who are away longest first."""
    return [row["person_id"] for row in await conn.fetch(SQL.long_away, months, limit)]
