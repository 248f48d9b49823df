"""What may be asked of the desk. A command is a question: it is answered once, and may be refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from shared.contracts.catalog import SessionAnnounced, SessionDescribed
from shared.contracts.enrollment import FundingScheme, Sector, SizeClass, WorkerGroup
from shared.messaging.answers import Keyed


@dataclass(frozen=True, slots=True)
class RequestSeat:
    """A person wants a seat in a session. The two ids are chosen by whoever asks, so that asking again is harmless."""

    command_id: UUID
    session_id: UUID
    enrollment_id: UUID
    person_id: UUID
    work_municipality: str | None = None
    home_municipality: str | None = None
    employer_size_class: SizeClass | None = None
    sector: Sector | None = None
    worker_group: WorkerGroup | None = None
    funding_scheme: FundingScheme | None = None
    keyed: Keyed | None = None


@dataclass(frozen=True, slots=True)
class CancelEnrollment:
    """A person withdraws."""

    command_id: UUID
    session_id: UUID
    enrollment_id: UUID
    person_id: UUID
    keyed: Keyed | None = None


@dataclass(frozen=True, slots=True)
class OpenSession:
    """The catalogue announced a session: give out its seats from now on."""

    command_id: UUID
    announced: SessionAnnounced
    keyed: None = None

    @property
    def session_id(self) -> UUID:
        return self.announced.session_id


@dataclass(frozen=True, slots=True)
class DescribeSession:
    """The catalogue describes a session differently: what later facts say of it changes."""

    command_id: UUID
    described: SessionDescribed
    keyed: None = None

    @property
    def session_id(self) -> UUID:
        return self.described.session_id


@dataclass(frozen=True, slots=True)
class Anonymise:
    """Forget whose the enrollments of these people in a session are: each is under another id from now on.

    A seat or a place in a session that is still to come is given up.
    """

    command_id: UUID
    session_id: UUID
    anonymous_ids: Mapping[UUID, UUID]
    """By person, the id that takes the place of theirs and belongs to nobody."""
    whole_session: bool = False
    """Whether that is everybody who was in: then the session itself is done with."""
    keyed: None = None


Command = RequestSeat | CancelEnrollment | OpenSession | DescribeSession | Anonymise
