"""Logs and those who read them: nothing is missing in a log, and each consumer applied what is in it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from time import monotonic
from uuid import UUID

from asyncpg import Record

from shared.checks.findings import Findings
from shared.checks.looking import PIECE, SQL, Database
from shared.messaging.consumer import Subscriptions

WAIT = 90.0
"""Seconds for which what is not applied yet may be under way: a consumer reads the whole log once a minute."""


@dataclass(frozen=True)
class Stretch:
    """Some facts of a log, one after the other, and where to read more of them."""

    source: str
    facts: Sequence[Record]
    after: tuple[str, int]
    moment: str
    database: Database

    @property
    def bounds(self) -> tuple[str, int, str, int, str]:
        """The place after which it begins, its last place, both as (xid, position), and by which moment it was logged."""
        return (*self.after, self.facts[-1]["xid"], self.facts[-1]["position"], self.moment)


class Log:
    """A publisher's log, read once. Keeps which revisions of each subject there are: about 150 bytes for a subject."""

    def __init__(self, source: str, database: Database) -> None:
        self.source = source
        self.database = database
        self.epoch: UUID | None = None
        self.was_restored = False
        """Whether it had another life before: what others remember of that may be gone."""
        self._revisions: dict[int, int] = {}
        self._place = ("0", 0)

    def has(self, key: int, revision: int) -> bool:
        """Whether all facts of a subject, by the hash of it, up to a revision are in what was read."""
        every = (1 << revision) - 1
        return self._revisions.get(key, 0) & every == every

    def newest(self, key: int) -> int:
        """The highest revision of a subject; 0 if there is none."""
        return self._revisions.get(key, 0).bit_length()

    async def stretches(self, found: Findings) -> AsyncIterator[Stretch]:
        """Walk it, up to where nothing can come any more that is not there yet."""
        now = (await self.database.fetch(SQL.moment))[0]
        self.epoch = now["epoch"]
        while facts := await self.database.fetch(SQL.walk, self.source, *self._place, PIECE, now["settled"]):
            yield self._note(facts, now["moment"], found)

    async def rest(self, found: Findings) -> AsyncIterator[Stretch]:
        """All that was logged after that by this moment."""
        now = (await self.database.fetch(SQL.moment))[0]
        while facts := await self.database.fetch(SQL.rest, self.source, *self._place, PIECE, now["moment"]):
            yield self._note(facts, now["moment"], found)

    async def must_have_no_gaps(self, found: Findings) -> None:
        """Hold the whole log, rest and all, against itself."""
        gaps = [key for key, revisions in self._revisions.items() if revisions & (revisions + 1)]
        if gaps:
            subjects = await self.database.fetch(SQL.subjects_by_hash, self.source, gaps[:1000])
            found.broken("I5", f"subjects that lack a fact in the log of {self.source}", (row["subject"] for row in subjects))

    def _note(self, facts: Sequence[Record], moment: str, found: Findings) -> Stretch:
        stretch = Stretch(self.source, facts, self._place, moment, self.database)
        revisions = self._revisions
        for fact in facts:
            bit, known = 1 << (fact["revision"] - 1), revisions.get(fact["key"], 0)
            if known & bit:
                found.broken("I5", f"facts that are twice in the log of {self.source}", [fact["event_id"]])
            revisions[fact["key"]] = known | bit
            self.was_restored = self.was_restored or fact["epoch"] != self.epoch
        self._place = (facts[-1]["xid"], facts[-1]["position"])
        found.looked_at[f"facts of {self.source}"] += len(facts)
        return stretch


@dataclass
class Reader:
    """A consumer of a log, and what it has not applied yet."""

    name: str
    database: Database
    log: Log
    types: frozenset[str]
    waiting: list[Record] = field(default_factory=list)
    beyond: dict[str, tuple[int, int]] = field(default_factory=dict)
    """What it applied that the log did not have yet: by subject, its hash and the revision."""

    async def follow(self, facts: Sequence[Record]) -> None:
        """Remember those facts that it has not applied."""
        wanted = [fact for fact in facts if fact["type"] in self.types]
        self.waiting += [wanted[row["nr"] - 1] for row in await self._not_applied(wanted)]

    async def look_into_inbox(self) -> None:
        """Remember what it applied beyond what was read of the log."""
        subject = ""
        while page := await self.database.fetch(SQL.inbox, self.name, self.log.source, subject, PIECE):
            for row in page:
                if row["revision"] > self.log.newest(row["key"]):
                    self.beyond[row["subject"]] = (row["key"], row["revision"])
            subject = page[-1]["subject"]

    def compare(self, found: Findings) -> None:
        """Whatever it applied is in the log by now, or never was."""
        never = [subject for subject, (key, revision) in self.beyond.items() if revision > self.log.newest(key)]
        found.broken("I5", f"subjects of which {self.name} applied more than {self.log.source} logged", never)

    async def settle(self, found: Findings) -> str:
        """Drop what it applied by now and tell what it never will; returns how far it has read."""
        still: list[Record] = []
        lost: list[Record] = []
        cursor = ""
        for row in await self._not_applied(self.waiting):
            fact, cursor = self.waiting[row["nr"] - 1], row["cursor"] or ""
            (lost if row["read_beyond"] and not row["set_apart"] else still).append(fact)
        self.waiting = still
        found.broken("I5", f"facts that {self.name} never applied", (fact["event_id"] for fact in lost))
        return cursor

    async def _not_applied(self, facts: Sequence[Record]) -> Sequence[Record]:
        if not facts:
            return []
        return await self.database.fetch(
            SQL.not_applied,
            self.name, self.log.source,
            [fact["subject"] for fact in facts], [fact["revision"] for fact in facts], [fact["xid"] for fact in facts],
            self.log.epoch,
            [fact["position"] for fact in facts],
        )  # fmt: skip


def readers(
    database: Database,
    consumers: Mapping[str, Subscriptions],
    logs: Mapping[str, Log],
    published: Mapping[str, Collection[str]],
) -> list[Reader]:
    """Who of a service reads which log; `published` has the types of facts by who publishes them."""
    return [
        Reader(name, database, log, types)
        for name, subscriptions in consumers.items()
        for source, log in logs.items()
        if (types := frozenset(event.type for event in subscriptions) & frozenset(published[source]))
    ]


async def until_applied(behind: Sequence[Reader], found: Findings, wait: float) -> None:
    """What is under way is given its time. Whoever has read on without applying it has lost it; whoever does not read on at all
    stands still, and whoever does is only slow.
    """
    deadline = monotonic() + wait
    began: dict[str, str] = {}
    while True:
        places = {f"{one.name}/{one.log.source}": await one.settle(found) for one in behind}
        began = began or places
        behind = [one for one in behind if one.waiting]
        if not behind or monotonic() > deadline:
            break
        await asyncio.sleep(0.5)
    for one in behind:
        key, said = f"{one.name}/{one.log.source}", f"{one.name} has yet to apply {len(one.waiting)} facts of {one.log.source}"
        if places[key] == began[key]:
            found.broken("I10", f"facts that wait for {one.name}, which does not read on", (f["event_id"] for f in one.waiting))
            found.cannot(["I5"], said)
        else:
            found.note("I5", f"{said}, and is at it")
