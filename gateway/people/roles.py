"""What people are beside a worker: invited to by mail, accepted by whoever has the address, lost at once when withdrawn."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from asyncpg import Record

from shared.contracts.gateway import PersonInvited
from shared.database import sql
from shared.database.pool import Connection
from shared.errors import Rejected, not_found
from shared.messaging import log
from shared.translations import Language
from shared.web.principal import Principal, Role, RoleName

SQL = sql.load(__file__, "roles.sql")
PUBLISHER = "gateway"
INVITATION_DAYS = 14
MOST_INVITATIONS = 100  # by one person in a day
MOST_TO_ONE = 5  # to one address in a day, whoever invites

INVITED_BY: dict[RoleName, RoleName] = {
    "organiser": "organiser",
    "region": "region",
    "employer": "employer",
    "employer-contact": "employer",
}
"""Who, in the same scope, invites somebody to a role and withdraws it. The operator does so for every role."""


@dataclass(frozen=True)
class Held:
    """A role that somebody has."""

    person_id: UUID
    role: Role
    granted_at: datetime
    name: str = ""
    email: str = ""
    employer_name: str = ""


@dataclass(frozen=True)
class Invitation:
    invitation_id: UUID
    email: str
    role: Role
    scope_name: str
    invited_at: datetime
    expires_at: datetime
    inviter: str


@dataclass(frozen=True)
class InvitationMail:
    """What whoever mails an invitation needs to know."""

    invitation_id: UUID
    email: str
    name: str
    language: Language
    role: RoleName
    scope_name: str
    inviter: str


def looks_after(asks: Principal, role: Role) -> bool:
    """Whether this person invites others to a role, and withdraws it."""
    if asks.has("operator"):
        return True
    needed = INVITED_BY.get(role.name)
    return needed is not None and asks.has(needed, role.scope)


def looked_after(asks: Principal) -> Sequence[Role]:
    """Every role that this person invites colleagues to; an operator, who may all, asks by form."""
    return [Role(name, role.scope) for role in asks.roles for name, needed in INVITED_BY.items() if role.name == needed]


async def of(conn: Connection, person_id: UUID) -> Sequence[Held]:
    """Somebody's roles beside worker."""
    return [
        Held(person_id, Role(row["name"], row["scope"]), row["granted_at"], employer_name=row["employer_name"] or "")
        for row in await conn.fetch(SQL.roles_of, person_id)
    ]


async def holders(
    conn: Connection, names: Collection[RoleName], scope: str | None = None, *, page: int = 1, page_size: int = 100
) -> tuple[Sequence[Held], int]:
    """A page of those who have one of these roles, in one scope or in any, and how many there are."""
    rows = await conn.fetch(SQL.holders, list(names), scope, page_size, (page - 1) * page_size)
    return [_held(row) for row in rows], rows[0]["total"] if rows else 0


async def grant(conn: Connection, person_ids: Collection[UUID], name: RoleName, scope: str) -> None:
    """Give people a role without asking; again is harmless. Everybody is a worker already, so that is not one to give."""
    await conn.execute(SQL.grant_role, list(person_ids), name, scope)


async def withdraw(conn: Connection, person_id: UUID, role: Role) -> None:
    """End a role, in every session and for every token, from this commit on.

    Raises Rejected: 404 if the person does not have it, 409 for the last operator.
    """
    if role.name == "operator" and await is_last_operator(conn, person_id):
        raise Rejected("last-operator", 409)
    if await conn.fetchval(SQL.withdraw_role, person_id, role.name, role.scope) is None:
        raise not_found()


async def is_last_operator(conn: Connection, person_id: UUID) -> bool:
    """Whether nobody else keeps the platform running. Nobody becomes one, or stops being one, until the transaction ends."""
    return [row["person_id"] for row in await conn.fetch(SQL.lock_operators)] == [person_id]


async def invite(conn: Connection, asks: Principal, email: str, role: Role, scope_name: str, language: Language) -> UUID:
    """Ask somebody by mail to take a role.

    Raises Rejected: 404 for a role that is not theirs to give, 409 for who has it, 429 for too many mails by one person, or to
    one address.
    """
    if not looks_after(asks, role):
        raise not_found()
    if await conn.fetchval(SQL.has_role, email, role.name, role.scope):
        raise Rejected("has-this-role", 409)
    await count_invitation(conn, asks.person_id, hashlib.sha256(email.lower().encode()).digest())
    days = timedelta(days=INVITATION_DAYS)
    invitation_id: UUID = await conn.fetchval(
        SQL.invite, email, language, role.name, role.scope, scope_name, asks.person_id, days
    )
    fact = PersonInvited(invitation_id=invitation_id, revision=1, occurred_at=datetime.now(UTC))
    await log.append(conn, PUBLISHER, [fact])
    return invitation_id


async def count_invitation(conn: Connection, person_id: UUID, hashed: bytes) -> None:
    """Note that this person has a mail sent to somebody, named by a hash. Raises Rejected (429) where there were too many."""
    await conn.execute(SQL.count_invitation, person_id)
    sent = await conn.fetchrow(SQL.sent_invitations, person_id, hashed)
    assert sent is not None
    if sent["by_them"] >= MOST_INVITATIONS or sent["to_them"] >= MOST_TO_ONE:
        raise Rejected("too-many-invitations", 429, retry_after=3600)
    await conn.execute(SQL.note_invitation, person_id, hashed)


async def invitations_to(conn: Connection, email: str) -> Sequence[Invitation]:
    """What somebody with this address was invited to, and has not answered."""
    return [_invitation(row) for row in await conn.fetch(SQL.invitations_to, email)]


async def pending(conn: Connection, names: Collection[RoleName], scope: str | None = None) -> Sequence[Invitation]:
    """Invitations to these roles, in one scope or in any, that nobody answered yet."""
    return [_invitation(row) for row in await conn.fetch(SQL.pending_invitations, list(names), scope)]


async def accept(conn: Connection, person_id: UUID, invitation_id: UUID) -> Role:
    """Take the role. Raises Rejected (404) for an invitation that is somebody else's, withdrawn, answered or too old."""
    return _found(await conn.fetchrow(SQL.accept_invitation, invitation_id, person_id))


async def decline(conn: Connection, person_id: UUID, invitation_id: UUID) -> Role:
    """Raises Rejected (404) likewise."""
    return _found(await conn.fetchrow(SQL.decline_invitation, invitation_id, person_id))


async def withdraw_invitation(conn: Connection, asks: Principal, invitation_id: UUID) -> Role:
    """Raises Rejected (404) for one to a role that the asker does not look after."""
    role = _found(await conn.fetchrow(SQL.invitation, invitation_id))
    if not looks_after(asks, role):
        raise not_found()
    await conn.execute(SQL.withdraw_invitation, invitation_id)
    return role


async def invitation_mails(conn: Connection, invitation_ids: Collection[UUID]) -> Sequence[InvitationMail]:
    """The invitations that may still be answered, to be mailed."""
    return [
        InvitationMail(
            row["invitation_id"], row["email"], row["name"] or "", row["spoken"], row["role"], row["scope_name"],
            row["inviter"],
        )
        for row in await conn.fetch(SQL.invitations_to_mail, list(invitation_ids))
    ]  # fmt: skip


async def employer_called(conn: Connection, name: str) -> str:
    """The employer of this name, who is new if there is none; returns its id, which is the scope of its people's roles."""
    return str(await conn.fetchval(SQL.employer_called, name))


async def name_employer(conn: Connection, employer_id: UUID, name: str) -> None:
    """An employer with an id of ours; again is harmless."""
    await conn.execute(SQL.name_employer, employer_id, name)


async def employer_name(conn: Connection, employer_id: str) -> str | None:
    name: str | None = await conn.fetchval(SQL.employer_name, employer_id)
    return name


def _held(row: Record) -> Held:
    role = Role(row["name"], row["scope"])
    return Held(row["person_id"], role, row["granted_at"], row["person_name"], row["email"], row["employer_name"] or "")


def _invitation(row: Record) -> Invitation:
    return Invitation(
        row["invitation_id"], row["email"], Role(row["role"], row["scope"]), row["scope_name"], row["invited_at"],
        row["expires_at"], row["inviter"],
    )  # fmt: skip


def _found(row: Record | None) -> Role:
    if row is None:
        raise not_found()
    return Role(row["role"], row["scope"])
