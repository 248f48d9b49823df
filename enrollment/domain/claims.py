"""At most one session of a course at a time: whoever is in one, with a seat or in the queue, has claimed the course."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Claim:
    """What a person is in, of one course. A move within the course changes which session it names."""

    session_id: UUID
    enrollment_id: UUID
    starts_at: datetime
    ends_at: datetime

    def holds(self, now: datetime) -> bool:
        """Until the session has ended; who is in something that is over may come again."""
        return now < self.ends_at


@dataclass(slots=True)
class Claims:
    """What everybody whom the commands at hand name is in, also in sessions that are not locked."""

    people: dict[UUID, Mapping[UUID, Claim]] = field(default_factory=dict)
    """By person, what they are in of each course."""
    written: frozenset[tuple[UUID, UUID]] = frozenset()
    """Those by person and course that were found, and are locked; any other is new."""

    def copy(self) -> Claims:
        return Claims(dict(self.people), self.written)

    def of(self, person_id: UUID, course_id: UUID) -> Claim | None:
        return self.people.get(person_id, {}).get(course_id)

    def put(self, person_id: UUID, course_id: UUID, claim: Claim) -> None:
        self.people[person_id] = {**self.people.get(person_id, {}), course_id: claim}

    def drop(self, person_id: UUID, course_id: UUID, session_id: UUID) -> None:
        """Unless it names another session by now."""
        theirs = self.people.get(person_id, {})
        if (claim := theirs.get(course_id)) and claim.session_id == session_id:
            self.people[person_id] = {key: one for key, one in theirs.items() if key != course_id}

    def elsewhere(self, person_id: UUID, course_id: UUID, session_id: UUID, now: datetime) -> Claim | None:
        """What keeps a person out of a session: another one of the same course that they are in."""
        claim = self.of(person_id, course_id)
        return claim if claim and claim.session_id != session_id and claim.holds(now) else None

    def overlapping(self, person_id: UUID, session_id: UUID, starts_at: datetime, ends_at: datetime) -> tuple[Claim, ...]:
        """What else a person is in at the same time, the earliest first: worth a warning, and theirs to decide."""
        at_once = (
            claim
            for claim in self.people.get(person_id, {}).values()
            if claim.session_id != session_id and claim.starts_at < ends_at and starts_at < claim.ends_at
        )
        return tuple(sorted(at_once, key=lambda claim: claim.starts_at))
