"""The audit log: who did what to which record, when and from where, and who looked at whose data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from asyncpg import Record

from shared.database import sql
from shared.database.pool import LOST_CONNECTION, Connection, Pool, connection
from shared.errors import Busy
from shared.gather import Gather
from shared.web.principal import Role, RoleName

SQL = sql.load(__file__, "audit.sql")
KEPT_MONTHS = 24
PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class Act:
    """Something that somebody did, as it is written down."""

    actor_id: UUID
    role: Role
    action: str
    """A slug, such as `enrolled`."""
    record: str = ""
    """To what, such as `enrollments/<id>`."""
    about: tuple[UUID, ...] = ()
    """Whose data it is, as far as they are others than the actor."""
    address: str = ""
    request_id: str = ""


@dataclass(frozen=True)
class Entry:
    """An act as it was written down. The actor's name is empty for who is forgotten."""

    entry_id: int
    at: datetime
    act: Act
    actor_name: str = ""


@dataclass(frozen=True)
class Wanted:
    """Which entries to look for; whatever is None does not narrow. Days are in Amsterdam, and inclusive."""

    person_id: UUID | None = None
    action: str | None = None
    record: str | None = None
    from_: date | None = None
    to: date | None = None
    before: int | None = None
    """Only entries before this one."""


class Trail:
    """Writes acts down, many at once when many come at once; whoever waits for it knows that it is kept."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self.acts: Gather[Act, None] = Gather(self._append, limit=500, fatal=(*LOST_CONNECTION, TimeoutError, Busy))

    async def _append(self, acts: Sequence[Act]) -> Sequence[None]:
        async with connection(self._pool) as conn:
            await append(conn, acts)
        return [None] * len(acts)


async def append(conn: Connection, acts: Sequence[Act]) -> None:
    await conn.execute(
        SQL.append,
        [act.actor_id for act in acts],
        [act.role.name for act in acts],
        [act.role.scope for act in acts],
        [act.action for act in acts],
        [act.record for act in acts],
        ["{" + ",".join(map(str, act.about)) + "}" for act in acts],
        [act.address for act in acts],
        [act.request_id for act in acts],
    )


async def search(conn: Connection, wanted: Wanted, limit: int = PAGE_SIZE) -> Sequence[Entry]:
    """The newest entries that are wanted, as far as who asks may see them."""
    rows = await conn.fetch(
        SQL.search, wanted.person_id, wanted.action, wanted.record, wanted.from_, wanted.to, wanted.before, limit
    )
    return [_entry(row) for row in rows]


async def looks(conn: Connection, person_id: UUID, limit: int) -> Sequence[Record]:
    """Who looked at somebody's data: when, in which role, and at what."""
    return await conn.fetch(SQL.looks, person_id, limit)


async def own(conn: Connection, person_id: UUID, limit: int) -> Sequence[Record]:
    """What somebody did themselves."""
    return await conn.fetch(SQL.own, person_id, limit)


async def rekey(conn: Connection, person_id: UUID, anonymous_id: UUID) -> int:
    """Put another id in place of somebody's, and blank from where they came; returns in how many entries."""
    changed: int = await conn.fetchval(SQL.rekey, person_id, anonymous_id)
    return changed


async def let_go(conn: Connection) -> None:
    """Drop what is older than is kept."""
    await conn.execute(SQL.let_go, KEPT_MONTHS)


def _entry(row: Record) -> Entry:
    name: RoleName = row["role"]
    role = Role(name, row["scope"])
    act = Act(row["actor_id"], role, row["action"], row["record"], tuple(row["about"]), row["address"], row["request_id"])
    return Entry(row["entry_id"], row["at"], act, row["actor_name"] or row["actor_email"] or "")
