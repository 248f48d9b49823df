"""Short ways to say what a test is about."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from notifications.deliveries import Delivery, Template
from notifications.recipients import Recipient
from notifications.store import Session
from shared.contracts.catalog import SeatPlan, SessionAnnounced, SessionDescribed
from shared.contracts.enrollment import (
    Approval,
    AttendanceMarked,
    EnrollmentAnonymised,
    EnrollmentCancelled,
    EnrollmentDeclined,
    EnrollmentMoved,
    EnrollmentRequested,
    EnrollmentWaitlisted,
    Outcome,
    Participation,
    SeatConfirmed,
    SeatCount,
    State,
)
from shared.contracts.event import Event
from shared.contracts.gateway import SignInRequested
from shared.contracts.registry import PUBLISHERS
from shared.messaging.message import Message
from shared.translations import Language
from tests.enrollment.build import DORDRECHT

STARTS = datetime(2027, 3, 31, 9, 0, tzinfo=UTC)
ENDS = datetime(2027, 3, 31, 17, 0, tzinfo=UTC)
EPOCH = UUID(int=1)

ABOUT = Participation(
    course_id=UUID(int=7), fieldlab_id="duurzaamheidsfabriek", theme="digital-factory", hours=8, level=4, fieldlab=DORDRECHT
)
WAIT = ("waitlisted", "waitlisted-for-approval", "approved-and-waiting")
ANSWERED = ("offered", "approval-asked", "approval-asked-first", "approval-asked-in-turn")
SEATS = SeatCount(revision=1, capacity=10, seats_left=3, waiting=0)


class Enrollment:
    """One person's enrollment, from fact to fact."""

    def __init__(self, session_id: UUID) -> None:
        self.session_id = session_id
        self.enrollment_id, self.person_id = uuid4(), uuid4()
        self._revision = 0

    def _next(self) -> dict[str, Any]:
        self._revision += 1
        return {
            "revision": self._revision, "occurred_at": datetime.now(UTC), "enrollment_id": self.enrollment_id,
            "session_id": self.session_id, "person_id": self.person_id, "registered_at": datetime.now(UTC), "about": ABOUT,
            "seats": SEATS, "command_id": uuid4(),
        }  # fmt: skip

    def confirmed(self, *, from_waiting_list: bool = False, approved: bool | None = None) -> SeatConfirmed:
        return SeatConfirmed(**self._next(), from_waiting_list=from_waiting_list, approved=approved)

    def waitlisted(self, position: int = 3, approval: Approval | None = None) -> EnrollmentWaitlisted:
        return EnrollmentWaitlisted(**self._next(), position=position, approval=approval)

    def requested(self, *, holds_seat: bool = True, from_waiting_list: bool = False) -> EnrollmentRequested:
        return EnrollmentRequested(**self._next(), until=STARTS, holds_seat=holds_seat, from_waiting_list=from_waiting_list)

    def declined(self, reason: str = "prior-knowledge") -> EnrollmentDeclined:
        return EnrollmentDeclined(**self._next(), reason=reason, held_seat=True)

    def moved(self, stands: State) -> EnrollmentMoved:
        return EnrollmentMoved(**self._next(), stands=stands, decided_at=datetime.now(UTC), described=1)

    def cancelled(self) -> EnrollmentCancelled:
        return EnrollmentCancelled(**self._next(), reason="by-person", held_seat=True)

    def marked(self, stands: Outcome, stood: State = "confirmed") -> AttendanceMarked:
        return AttendanceMarked(**self._next(), stands=stands, stood=stood)

    def anonymised(self) -> EnrollmentAnonymised:
        """From here on the enrollment is under another id."""
        self.person_id = uuid4()
        return EnrollmentAnonymised(**self._next(), stands="confirmed", decided_at=datetime.now(UTC))


def announced(session_id: UUID | None = None, *, title: str = "PLC-programmeren", sample: bool = False) -> SessionAnnounced:
    return SessionAnnounced(
        **_description(session_id or uuid4(), 1, title, sample), seats=SeatPlan(capacity=10, closes_at=STARTS)
    )


def described(session_id: UUID, *, revision: int, title: str) -> SessionDescribed:
    return SessionDescribed(**_description(session_id, revision, title, False))


def _description(session_id: UUID, revision: int, title: str, sample: bool) -> dict[str, Any]:
    return {
        "session_id": session_id, "revision": revision, "occurred_at": datetime.now(UTC), "course_id": UUID(int=7),
        "fieldlab_id": "duurzaamheidsfabriek", "fieldlab_name": "De Duurzaamheidsfabriek", "fieldlab_place": DORDRECHT,
        "theme": "digital-factory", "title_nl": title, "title_en": f"{title} (in English)", "hours": 8, "level": 4,
        "starts_at": STARTS, "ends_at": ENDS, "location": "Leerparkpromenade 50, Dordrecht", "sample": sample,
    }  # fmt: skip


def sign_in_requested() -> SignInRequested:
    return SignInRequested(sign_in_id=uuid4(), revision=1, occurred_at=datetime.now(UTC))


def messages(facts: Sequence[Event], age: timedelta = timedelta(0)) -> list[Message]:
    """Facts as their publishers' logs give them, logged so long ago; the same fact gets a new id with each call."""
    sources = {event: source for source, events in PUBLISHERS.items() for event in events}
    return [
        Message(
            id=uuid4(),
            source=sources[type(fact)],
            epoch=EPOCH,
            type=fact.type,
            subject=fact.subject,
            revision=fact.revision,
            logged_at=datetime.now(UTC) - age,
            data=fact.to_json(),
        )
        for fact in facts
    ]


# What the writer of mails gets


def a_session(*, title: str = "PLC-programmeren", location: str = "Dordrecht", sample: bool = False) -> Session:
    return Session(uuid4(), "De Duurzaamheidsfabriek", title, f"{title} (in English)", STARTS, ENDS, location, sample)


def a_recipient(
    name: str | None = "Anna de Vriës", language: Language = "nl", email: str = "anna@fabriek.example"
) -> Recipient:
    return Recipient(email=email, name=name, language=language)


def a_delivery(
    template: Template = "confirmed",
    *,
    enrollment_id: UUID | None = None,
    revision: int = 1,
    copies: int = 0,
    attempts: int = 0,
) -> Delivery:
    is_of_a_ticket = template.startswith("ticket")
    return Delivery(
        delivery_id=1,
        message_id=uuid4(),
        recipient_id=uuid4(),
        template=template,
        subject="tickets/7" if is_of_a_ticket else "enrollments/7",
        revision=revision,
        logged_at=datetime.now(UTC),
        session_id=None if template == "sign-in" else uuid4(),
        enrollment_id=None if template in ("sign-in", "transfer") or is_of_a_ticket else enrollment_id or uuid4(),
        position=3 if template in WAIT else None,
        until=STARTS if template in ANSWERED or template == "ticket" else None,
        because="prior-knowledge" if template == "declined" else None,
        described=0,
        copies=copies,
        attempts=attempts,
        queued_at=datetime.now(UTC),
    )
