"""What must hold in the desk's tables, in its log, and in the report that was made of it. See shared.checks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar, NamedTuple
from uuid import UUID

from enrollment import reactions
from enrollment.uptake import projection
from shared.checks.findings import Findings
from shared.checks.logs import Log, Stretch
from shared.checks.looking import FIRST, PIECE, Database
from shared.checks.service import ServiceChecks, ids, in_words
from shared.database import sql
from shared.messaging.consumer import Subscriptions

SQL = sql.load(__file__, "checks.sql")
SESSIONS_AT_ONCE = 50

OF_SESSIONS: Mapping[str, Sequence[str]] = {
    "I1": (
        "seats_counted_as_taken_that_nobody_holds_or_held_and_not_counted", "sessions_with_more_people_on_seats_than_seats",
        "seats_that_are_held_twice", "seats_beyond_the_capacity",
        "people_with_a_seat_who_should_have_none_or_without_one_who_should", "people_with_a_seat_that_nobody_approved",
    ),
    "I3": ("people_who_are_in_twice", "claims_to_a_course_of_people_who_are_out_of_it"),
    "I4": ("people_left_in_a_session_that_is_cancelled", "tickets_that_became_an_enrollment_that_is_not_there"),
    "I8": (
        "seats_that_are_neither_held_nor_free_or_both", "sessions_whose_seats_do_not_add_up",
        "sessions_that_miscount_who_waits", "offers_that_did_not_end", "sessions_that_miscount_who_asks",
        "requests_that_did_not_end", "lines_that_miscount_who_waits_with_a_ticket",
    ),
    "I9": (
        "people_who_wait_beside_seats_that_are_enough_for_them", "places_in_line_that_are_held_twice_or_not_given_out",
        "groups_that_are_miscounted", "lines_that_went_back",
    ),
}  # fmt: skip
"""Statements about the sessions whose ids they are given."""

OF_FACTS: Mapping[str, Sequence[str]] = {
    "I2": ("enrollments_that_are_older_than_what_was_told_of_them", "sessions_that_are_older_than_what_was_told_of_them"),
    "I4": ("facts_of_enrollments_that_are_not_there", "enrollments_that_are_not_as_their_last_fact_tells"),
    "I8": ("seats_that_were_given_up_for_another_and_are_still_held",),
}
"""Statements about a stretch of the log, held against the tables as they are: one picture has both."""


class Turn(NamedTuple):
    """Something that happened to a queue, or to seats that are kept."""

    number: int
    """Which change of the seats it was."""
    enrollment: UUID | None
    what: str
    seats_left: int
    """Free for all after it."""
    kept: int | None = None
    """Free after it and kept for groups; None where it is not said that any are."""


class Checks(ServiceChecks):
    consumers: ClassVar[Mapping[str, Subscriptions]] = {
        "enrollment": reactions.SUBSCRIPTIONS,
        "uptake": projection.SUBSCRIPTIONS,
    }
    open_to_all: ClassVar[Mapping[str, str]] = {
        "session": "true", "opening": "true", "municipality": "true", "uptake_municipality": "true", "retention": "true",
    }  # fmt: skip
    own_invariants = ("I1", "I2", "I3", "I4", "I6", "I8", "I9")

    def __init__(self) -> None:
        self._queues: defaultdict[UUID, list[Turn]] = defaultdict(list)
        self._ahead: list[tuple[int, int, UUID]] = []
        """Enrollments that are further than what was read of the log: the hash of their subject, the revision and the id."""

    async def follow(self, own: Database, stretch: Stretch, found: Findings) -> None:
        if stretch.source != "enrollment":
            return
        async with own.piece() as conn:
            for invariant, names in OF_FACTS.items():
                for name in names:
                    found.broken(invariant, in_words(name), ids(await conn.fetch(getattr(SQL, name), *stretch.bounds)))
        for row in await own.fetch(SQL.queues, *stretch.bounds):
            turn = Turn(row["turn"], row["enrollment_id"], row["what"], row["seats_left"], row["kept"])
            self._queues[row["session_id"]].append(turn)

    async def alone(self, own: Database, logs: Mapping[str, Log], found: Findings) -> None:
        await self._sessions(own, found)
        await self._enrollments(own, logs.get("enrollment"), found)
        await self._report(own, found)
        await self._acknowledged(own, found)

    async def finish(self, own: Database, logs: Mapping[str, Log], found: Findings) -> None:
        if log := logs.get("enrollment"):
            untold = [enrollment for key, revision, enrollment in self._ahead if not log.has(key, revision)]
            found.broken("I4", "enrollments that lack a fact", untold)
            await self._fairness(own, found)

    async def _sessions(self, own: Database, found: Findings) -> None:
        last = FIRST
        while page := await own.fetch(SQL.sessions_after, last, SESSIONS_AT_ONCE):
            sessions = [row["session_id"] for row in page]
            async with own.piece() as conn:
                for invariant, names in OF_SESSIONS.items():
                    for name in names:
                        found.broken(invariant, in_words(name), ids(await conn.fetch(getattr(SQL, name), sessions)))
            found.looked_at["sessions"] += len(page)
            last = sessions[-1]

    async def _enrollments(self, own: Database, log: Log | None, found: Findings) -> None:
        last = (FIRST, FIRST)
        while page := await own.fetch(SQL.truth, *last, PIECE):
            told = [(row["key"], row["revision"], row["enrollment_id"]) for row in page]
            self._ahead += [one for one in told if log and not log.has(*one[:2])]
            misreported = (row["enrollment_id"] for row in page if row["is_misreported"])
            found.broken("I6", "enrollments that the report tells otherwise", misreported)
            found.looked_at["enrollments"] += len(page)
            last = (page[-1]["session_id"], page[-1]["enrollment_id"])

    async def _report(self, own: Database, found: Findings) -> None:
        last = (FIRST, FIRST)
        while page := await own.fetch(SQL.reported, *last, PIECE):
            found.broken("I6", "rows of the report that are of nobody", (r["enrollment_id"] for r in page if r["is_of_nobody"]))
            last = (page[-1]["session_id"], page[-1]["enrollment_id"])

    async def _acknowledged(self, own: Database, found: Findings) -> None:
        last = FIRST
        while page := await own.fetch(SQL.acknowledged, last, PIECE):
            found.broken("I2", "acknowledged, and not there", (row["command_id"] for row in page if row["is_gone"]))
            found.looked_at["answers"] += len(page)
            last = page[-1]["command_id"]

    async def _fairness(self, own: Database, found: Findings) -> None:
        sessions = list(self._queues)
        for start in range(0, len(sessions), SESSIONS_AT_ONCE):
            some = sessions[start : start + SESSIONS_AT_ONCE]
            groups = {row["enrollment_id"]: row["group_id"] for row in await own.fetch(SQL.groups, some)}
            for session in some:
                found.broken("I9", "served before somebody who waited longer", passed(self._queues[session], groups))


def passed(turns: Sequence[Turn], groups: Mapping[UUID, UUID]) -> Iterator[UUID]:
    """Whoever was served while somebody before them in the queue could have been; a queue's whole history, in any order.

    Whoever joins a group brings all of it to the end; a group is served as a whole, so it may be passed while there are too few
    seats for it. Who takes a seat that is kept for them passes nobody who waits for one that is for all.
    """
    queue: dict[UUID, UUID] = {}  # in the order of the queue; each with the group that it waits in, or itself
    sizes: defaultdict[UUID, int] = defaultdict(int)
    kept = {turn.number: turn.kept for turn in turns}
    keeps = any(seats is not None for seats in kept.values())
    for number, enrollment, what, seats_left, kept_after in sorted(turns, key=lambda turn: turn.number):
        if enrollment is None:
            continue
        company = groups.get(enrollment, enrollment)
        took_one_for_all = not keeps or (kept_after is not None and kept_after == kept.get(number - 1))
        if what == "waitlisted":
            for other in [one for one, theirs in queue.items() if theirs == company] if sizes[company] else ():
                queue[other] = queue.pop(other)
            queue[enrollment] = company
            sizes[company] += 1
        elif enrollment in queue and what in ("offered", "confirmed", "requested", "cancelled"):
            there_were = seats_left + took_one_for_all
            if what != "cancelled" and any(sizes[theirs] <= there_were for theirs in _before(queue, enrollment)):
                yield enrollment
            del queue[enrollment]
            sizes[company] -= 1


def _before(queue: Mapping[UUID, UUID], enrollment: UUID) -> Iterator[UUID]:
    """The groups, or single ones, that stand before somebody, but for their own."""
    for one, company in queue.items():
        if one == enrollment:
            return
        if company != queue[enrollment]:
            yield company
