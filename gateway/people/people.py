"""Who people are: the only queries of the platform that touch names and addresses."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from asyncpg import Record

from shared.database import sql
from shared.database.pool import Connection
from shared.translations import Language

SQL = sql.load(__file__, "people.sql")


@dataclass(frozen=True)
class Person:
    person_id: UUID
    email: str
    name: str
    language: Language


async def person(conn: Connection, person_id: UUID) -> Person | None:
    row = await conn.fetchrow(SQL.person, person_id)
    return _person(row) if row else None


async def people(conn: Connection, person_ids: Collection[UUID]) -> Sequence[Person]:
    """Those of them who are still known here."""
    return [_person(row) for row in await conn.fetch(SQL.people, list(person_ids))]


async def meet(conn: Connection, email: str, name: str, language: Language) -> UUID:
    """The person with this address; a new one if nobody has it. An existing person keeps name and language."""
    person_id: UUID = await conn.fetchval(SQL.meet, email, name, language)
    return person_id


async def meet_many(conn: Connection, emails: Sequence[str], names: Sequence[str]) -> Sequence[UUID]:
    """The same for many, in their order. Addresses must differ."""
    return [row["person_id"] for row in await conn.fetch(SQL.meet_many, emails, names)]


async def set_name(conn: Connection, person_id: UUID, name: str) -> None:
    await conn.execute(SQL.set_name, person_id, name)


async def grant_role(conn: Connection, person_ids: Collection[UUID], name: str, scope: str) -> None:
    """Give people a role; again is harmless. Everybody is a worker already, so that is not one to give."""
    await conn.execute(SQL.grant_role, list(person_ids), name, scope)


async def forget_old(conn: Connection) -> None:
    """Let go of sign-in links and sessions that ran out."""
    await conn.execute(SQL.forget_old)


def _person(row: Record) -> Person:
    return Person(row["person_id"], row["email"], row["name"], row["language"])
