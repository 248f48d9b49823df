"""What must hold in the ledger of mails. See shared.checks."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Mapping
from typing import ClassVar
from uuid import UUID

from notifications import reactions
from shared.checks.findings import Findings
from shared.checks.logs import Log, Stretch
from shared.checks.looking import PIECE, Database
from shared.checks.service import ServiceChecks, ids, in_words
from shared.contracts.enrollment import TicketTaken
from shared.database import sql
from shared.messaging.consumer import Subscriptions

SQL = sql.load(__file__, "checks.sql")
TOLD = frozenset(
    event.type
    for event, reaction in reactions.SUBSCRIPTIONS.items()
    if reaction in (reactions.on_enrollments, reactions.on_sign_ins, reactions.on_invitations, reactions.on_transfers)
) | {TicketTaken.type}
"""Types of facts of which somebody is told."""


class Checks(ServiceChecks):
    consumers: ClassVar[Mapping[str, Subscriptions]] = {"notifications": reactions.SUBSCRIPTIONS}
    own_invariants = ("I7",)

    def __init__(self) -> None:
        self._facts = array("Q")
        """The first half of every fact's id: eight bytes for each tell it from all others."""
        self._last = 0

    async def follow(self, own: Database, stretch: Stretch, found: Findings) -> None:
        self._facts.extend(_half(fact["event_id"]) for fact in stretch.facts)
        told = [fact for fact in stretch.facts if fact["type"] in TOLD]
        name = "facts_that_count_as_applied_and_that_nobody_was_told"
        untold = await own.fetch(
            getattr(SQL, name),
            [stretch.source] * len(told), [fact["event_id"] for fact in told], [fact["subject"] for fact in told],
            [fact["revision"] for fact in told],
        )  # fmt: skip
        found.broken("I7", in_words(name), ids(untold))

    async def alone(self, own: Database, logs: Mapping[str, Log], found: Findings) -> None:
        failed = 0
        while page := await own.fetch(SQL.deliveries, self._last, PIECE):
            self._last = page[-1]["delivery_id"]
            for invariant, what, sign in (
                ("I7", "mails that are in the ledger twice", "is_there_twice"),
                ("I7", "mails that went out more often than twice", "went_out_too_often"),
                ("I10", "mails that should have gone out ten minutes ago", "lies_about"),
            ):
                found.broken(invariant, what, (row["fact_id"] for row in page if row[sign]))
            failed += sum(row["failed"] for row in page)
            found.looked_at["mails"] += len(page)
        if failed:
            found.note("I10", f"{failed} mails were refused for good, each with its reason in the ledger")

    async def finish(self, own: Database, logs: Mapping[str, Log], found: Findings) -> None:
        """Whatever was in the ledger before the rest of the logs was read is about a fact that is in them."""
        if {"gateway", "enrollment"} - logs.keys():
            return
        if any(log.was_restored for log in logs.values()):
            found.note("I7", "a log was restored from a backup: mails about what the backup lacked are not looked for")
            return
        facts = sorted(self._facts)
        last, upto = 0, self._last
        while last < upto and (page := await own.fetch(SQL.deliveries, last, PIECE)):
            strange = [
                row["fact_id"] for row in page if row["delivery_id"] <= upto and not _is_in(facts, _half(row["fact_id"]))
            ]
            found.broken("I7", "mails about facts that are in no log", strange)
            last = page[-1]["delivery_id"]


def _half(fact_id: UUID) -> int:
    return fact_id.int >> 64


def _is_in(facts: list[int], half: int) -> bool:
    place = bisect_left(facts, half)
    return place < len(facts) and facts[place] == half
