"""What a service says of itself for a check. Each has a module `checks` with one class `Checks` that is this."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from asyncpg import Record

from shared.checks.findings import Findings
from shared.checks.logs import Log, Stretch
from shared.checks.looking import Database
from shared.messaging.consumer import Subscriptions


class ServiceChecks:
    """Steps of a check, in their order; each may find faults. `own` is the service's database.

    First `follow` goes along with every log as it is walked, up to a moment; then `alone` looks at the tables; then the rest of
    the logs is followed, so that whatever `alone` saw is in them; then `finish` draws the line.
    """

    consumers: ClassVar[Mapping[str, Subscriptions]] = {}
    """What this service's consumers subscribe to, by their names."""
    open_to_all: ClassVar[Mapping[str, str]] = {}
    """Tables of which anybody may see all rows (`true`) or those of which this SQL is true."""
    own_invariants: ClassVar[Sequence[str]] = ()
    """What cannot be checked when this service's database is away."""

    async def follow(self, own: Database, stretch: Stretch, found: Findings) -> None:
        """Hold a stretch of a publisher's log against the tables."""

    async def alone(self, own: Database, logs: Mapping[str, Log], found: Findings) -> None:
        """Hold the tables against themselves; `logs` are read up to a moment before."""

    async def finish(self, own: Database, logs: Mapping[str, Log], found: Findings) -> None:
        """Decide on what only whole logs tell; those that could not be read are not in `logs`."""


def ids(rows: Sequence[Record]) -> list[str]:
    """The ids in what a check's statement found."""
    return [str(row["id"]) for row in rows]


def in_words(name: str) -> str:
    """A statement's name says what is wrong with what it finds."""
    return name.replace("_", " ")
