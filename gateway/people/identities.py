"""Accounts at identity providers by which people sign in, and who is on their way to a provider at this moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from gateway.people import credentials
from shared.database import sql
from shared.database.pool import Connection
from shared.errors import not_found
from shared.translations import Language

SQL = sql.load(__file__, "identities.sql")
MINUTES = 10
LONGEST_SUBJECT = 255

Purpose = Literal["sign-in", "connect"]


@dataclass(frozen=True)
class Account:
    """An account at a provider. The subject means something beside its issuer alone."""

    issuer: str
    subject: str


@dataclass(frozen=True)
class Secrets:
    """What ties an answer to the question: new for every visit to a provider."""

    state: str = field(default_factory=credentials.new_secret)
    nonce: str = field(default_factory=credentials.new_secret)
    verifier: str = field(default_factory=credentials.new_secret)


@dataclass(frozen=True)
class Visit:
    """What is remembered of somebody who was sent to a provider, until they come back."""

    nonce: str
    verifier: str
    purpose: Purpose
    person_id: UUID | None
    """Who connects an account; nobody yet when it is to sign in."""
    next_page: str


@dataclass(frozen=True)
class Identity:
    """An account that is connected, as its owner sees it."""

    identity_id: UUID
    issuer: str
    subject: str
    connected_at: datetime


async def leave(
    conn: Connection, provider: str, browser: str, secrets: Secrets, person_id: UUID | None, next_page: str
) -> None:
    """Remember for ten minutes who went to a provider: the browser with this secret, for a person who connects an account, or
    for nobody yet, to sign in.
    """
    purpose: Purpose = "connect" if person_id else "sign-in"
    state, asker = credentials.digest(secrets.state), credentials.digest(browser)
    await conn.execute(
        SQL.leave, state, asker, provider, secrets.nonce, secrets.verifier, purpose, person_id, next_page,
        timedelta(minutes=MINUTES),
    )  # fmt: skip


async def come_back(conn: Connection, provider: str, browser: str, state: str) -> Visit | None:
    """The visit that this state stands for, once; None for one that ended, or began with another provider or browser."""
    row = await conn.fetchrow(SQL.come_back, credentials.digest(state), credentials.digest(browser), provider)
    return Visit(**row) if row else None


async def holder(conn: Connection, account: Account) -> UUID | None:
    """Whose account this is. Holds others back who ask for the same account, until the transaction ends."""
    await conn.execute(SQL.lock_identity, account.issuer, account.subject)
    person_id: UUID | None = await conn.fetchval(SQL.holder_of_identity, account.issuer, account.subject)
    return person_id


async def meet(conn: Connection, account: Account, email: str, language: Language) -> UUID | None:
    """Somebody new with this account and address; None if the address is somebody's already."""
    person_id: UUID | None = await conn.fetchval(SQL.meet_by_identity, account.issuer, account.subject, email, language)
    return person_id


async def add(conn: Connection, account: Account, person_id: UUID) -> bool:
    """Connect an account to a person; again is harmless. Whether it is theirs now: it may be somebody else's."""
    owner: UUID = await conn.fetchval(SQL.add_identity, account.issuer, account.subject, person_id)
    return owner == person_id


async def of(conn: Connection, person_id: UUID) -> Sequence[Identity]:
    """The accounts that somebody connected."""
    return [Identity(**row) for row in await conn.fetch(SQL.identities, person_id)]


async def remove(conn: Connection, person_id: UUID, identity_id: UUID) -> None:
    """Disconnect an account. Raises Rejected (404) for one that is not theirs."""
    if await conn.fetchval(SQL.remove_identity, identity_id, person_id) is None:
        raise not_found()
