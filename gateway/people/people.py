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
    declines: tuple[str, ...] = ()
    """Which mails they chose not to get."""


CAN_DECLINE = ("waitlisted", "cancelled")
"""Mails that tell somebody what they did themselves, and see on their page; all others they have to get."""


async def person(conn: Connection, person_id: UUID) -> Person | None:
    row = await conn.fetchrow(SQL.person, person_id)
    return _person(row) if row else None


async def people(conn: Connection, person_ids: Collection[UUID]) -> Sequence[Person]:
    """Those of them who are still known here."""
    return [_person(row) for row in await conn.fetch(SQL.people, list(person_ids))]


async def with_address(conn: Connection, email: str) -> UUID | None:
    person_id: UUID | None = await conn.fetchval(SQL.with_address, email)
    return person_id


async def meet(conn: Connection, email: str, name: str, language: Language) -> UUID:
    """The person with this address; a new one if nobody has it. An existing person keeps name and language."""
    person_id: UUID = await conn.fetchval(SQL.meet, email, name, language)
    return person_id


async def meet_many(conn: Connection, emails: Sequence[str], names: Sequence[str]) -> Sequence[UUID]:
    """The same for many, in their order. Addresses must differ."""
    return [row["person_id"] for row in await conn.fetch(SQL.meet_many, emails, names)]


async def correct(
    conn: Connection, person_id: UUID, name: str | None, language: Language | None, declines: Collection[str] | None = None
) -> None:
    """Change what somebody is called, the language they are told things in, and which mails they do not want; None leaves
    it as it is.
    """
    await conn.execute(SQL.correct, person_id, name, language, None if declines is None else sorted(set(declines)))


async def set_name(conn: Connection, person_id: UUID, name: str) -> None:
    await conn.execute(SQL.set_name, person_id, name)


async def forget_old(conn: Connection) -> None:
    """Let go of links, sessions, invitations, tokens and visits to providers that ran out."""
    await conn.execute(SQL.forget_old)


def _person(row: Record) -> Person:
    return Person(row["person_id"], row["email"], row["name"], row["language"], tuple(row["declines"]))
