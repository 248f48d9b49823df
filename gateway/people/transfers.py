"""Seats that somebody would hand over to a colleague: offered by mail, taken by who has the address, decided by the desk."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from asyncpg import Record

from gateway.people import people, roles
from shared.contracts.gateway import TransferOffered
from shared.database import sql
from shared.database.pool import Connection
from shared.errors import Rejected, not_found
from shared.messaging import log
from shared.translations import Language

SQL = sql.load(__file__, "transfers.sql")
DAYS = timedelta(days=7)
"""For how long a colleague may think about it; never beyond the start of the session."""


@dataclass(frozen=True)
class Transfer:
    """A seat that is offered to a colleague."""

    transfer_id: UUID
    enrollment_id: UUID
    session_id: UUID
    from_person: UUID
    from_name: str
    to_person: UUID | None
    to_email: str | None
    offered_at: datetime
    expires_at: datetime
    accepted_by: UUID | None
    told: str
    """JSON: what who said yes told with it."""
    given: bool
    """Whether who asks is the one who hands over."""


@dataclass(frozen=True)
class TransferMail:
    """What whoever mails it needs to know."""

    transfer_id: UUID
    email: str
    name: str
    language: Language
    inviter: str


async def offer(
    conn: Connection,
    person_id: UUID,
    enrollment_id: UUID,
    session_id: UUID,
    starts_at: datetime,
    language: Language,
    *,
    to_person: UUID | None = None,
    to_email: str | None = None,
) -> UUID:
    """Ask a colleague, by mail, to take over a seat that this person holds. By id it is the same whether there is such a person
    or not.

    Raises Rejected: 409 to oneself, or while another colleague did not answer, 429 for too many mails by one person or to one.
    """
    own = await people.person(conn, person_id)
    if to_person == person_id or (own and to_email and own.email.lower() == to_email.lower()):
        raise Rejected("transfer-to-yourself", 409)
    await roles.count_invitation(conn, person_id, hashed(to_person, to_email))
    await conn.execute(SQL.lapsed, enrollment_id)
    transfer_id: UUID | None = await conn.fetchval(
        SQL.offer, enrollment_id, session_id, person_id, to_person, to_email, language, DAYS, starts_at
    )
    if transfer_id is None:
        raise Rejected("transfer-pending", 409)
    fact = TransferOffered(transfer_id=transfer_id, session_id=session_id, revision=1, occurred_at=datetime.now(UTC))
    await log.append(conn, roles.PUBLISHER, [fact])
    return transfer_id


def hashed(to_person: UUID | None, to_email: str | None) -> bytes:
    """Under what it is counted that somebody was asked: an id is never looked up for it."""
    return hashlib.sha256((to_email or f"person {to_person}").lower().encode()).digest()


async def transfer(conn: Connection, person_id: UUID, transfer_id: UUID) -> Transfer:
    """One that this person gives, or may take. Raises Rejected (404) for any other, and for one that is over."""
    return _found(await conn.fetchrow(SQL.transfer, transfer_id, person_id))


async def transfers(conn: Connection, person_id: UUID) -> Sequence[Transfer]:
    """All that this person gives or may take, the newest first."""
    return [_transfer(row) for row in await conn.fetch(SQL.transfers, person_id)]


async def of_enrollment(conn: Connection, person_id: UUID, enrollment_id: UUID) -> Transfer | None:
    """The one that is under way for an enrollment of this person."""
    row = await conn.fetchrow(SQL.of_enrollment, enrollment_id, person_id)
    return _transfer(row) if row else None


async def accept(conn: Connection, person_id: UUID, transfer_id: UUID, told: str) -> Transfer:
    """Say yes: from this commit on neither of the two takes it back, and the desk is to be asked. `told` is JSON.

    Raises Rejected (404) for one that is somebody else's, withdrawn, answered or too old.
    """
    return _found(await conn.fetchrow(SQL.accept, transfer_id, person_id, told))


async def hold(conn: Connection, given: Transfer) -> Transfer | None:
    """Take it in hand until the transaction ends. None if somebody else had it, and it is answered by now."""
    row = await conn.fetchrow(SQL.hold, given.transfer_id, given.accepted_by)
    return _transfer(row) if row else None


async def put_back(conn: Connection, transfer_id: UUID) -> None:
    """The desk said no for now: it is open again."""
    await conn.execute(SQL.put_back, transfer_id)


async def done(conn: Connection, transfer_id: UUID) -> None:
    await conn.execute(SQL.done, transfer_id)


async def decline(conn: Connection, person_id: UUID, transfer_id: UUID) -> Transfer:
    """Raises Rejected (404) for one that is not offered to this person, or was answered."""
    return _found(await conn.fetchrow(SQL.decline, transfer_id, person_id))


async def withdraw(conn: Connection, person_id: UUID, transfer_id: UUID) -> Transfer:
    """Raises Rejected (404) for one that this person does not give, or that was answered."""
    return _found(await conn.fetchrow(SQL.withdraw, transfer_id, person_id))


async def drop(conn: Connection, person_id: UUID, enrollment_id: UUID) -> None:
    """Nobody can take over what its holder let go of otherwise."""
    await conn.execute(SQL.drop, enrollment_id, person_id)


async def let_lapse(conn: Connection) -> None:
    await conn.execute(SQL.let_lapse)


async def unfinished(conn: Connection, limit: int) -> Sequence[Transfer]:
    """Those said yes to, of which it is not known what the desk made of them."""
    return [_transfer(row) for row in await conn.fetch(SQL.unfinished, limit)]


async def mails(conn: Connection, transfer_ids: Collection[UUID]) -> Sequence[TransferMail]:
    """Those that can still be answered, by somebody there is an address of."""
    return [
        TransferMail(row["transfer_id"], row["email"], row["name"] or "", row["language"], row["from_name"])
        for row in await conn.fetch(SQL.to_mail, list(transfer_ids))
    ]


def _found(row: Record | None) -> Transfer:
    if row is None:
        raise not_found()
    return _transfer(row)


def _transfer(row: Record) -> Transfer:
    return Transfer(**{name: row[name] for name in Transfer.__dataclass_fields__})
