"""What is told to whom, and what becomes of it: values in, values out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID, uuid5

Template = Literal[
    "confirmed", "confirmed-from-waiting-list", "waitlisted", "offered", "offer-lapsed", "list-ended", "moved-with-a-seat",
    "moved", "session-cancelled", "cancelled", "completed", "outcome-corrected", "ticket", "ticket-ended", "ticket-refused",
    "sign-in", "invitation", "approval-asked", "approval-asked-first", "approval-asked-in-turn", "waitlisted-for-approval",
    "approved", "approved-and-waiting", "declined", "approval-lapsed", "moved-with-a-request", "to-other-session",
    "transferred", "transfer",
]  # fmt: skip
State = Literal["due", "sending", "sent", "unknown", "no_recipient", "declined", "stale", "failed"]

AFTERWARDS: frozenset[Template] = frozenset(["completed", "outcome-corrected"])
"""What is told when a training is over: no calendar has to change for it."""

TOO_OLD = timedelta(days=3)
"""A fact that is older when first seen is history: whoever replays years of it must not mail people about them."""

UNKNOWN_WAIT = timedelta(seconds=15)
INTERRUPTED_WAIT = timedelta(seconds=2)  # lets others go first, should it be this mail that the server stumbles over
MOST_COPIES = 2
MOST_PERMANENT_REFUSALS = 3
MOST_REFUSALS = 60  # with the pauses below: two days, as mail servers do
LONGEST_PAUSE = timedelta(hours=1)


@dataclass(frozen=True)
class Notice:
    """Something to tell somebody: what the ledger keeps of it."""

    fact_id: UUID
    recipient_id: UUID
    template: Template
    subject: str
    revision: int
    logged_at: datetime
    stale: bool
    """Only noted, for it is too old to be news."""
    session_id: UUID | None = None
    enrollment_id: UUID | None = None
    position: int | None = None
    until: datetime | None = None
    because: str | None = None
    """Why, for a mail that says it, as a slug."""
    described: int = 0
    """The session has to be described by at least this revision before it is told."""

    @property
    def message_id(self) -> UUID:
        """The same for every copy that is ever sent."""
        return uuid5(self.fact_id, f"{self.recipient_id}/{self.template}")


@dataclass(frozen=True)
class Delivery:
    """A notice in hand, as the ledger had it when it was claimed."""

    delivery_id: int
    message_id: UUID
    recipient_id: UUID
    template: Template
    subject: str
    revision: int
    logged_at: datetime
    session_id: UUID | None
    enrollment_id: UUID | None
    position: int | None
    until: datetime | None
    described: int
    because: str | None
    copies: int
    attempts: int
    queued_at: datetime


# What may happen to a delivery in hand.


@dataclass(frozen=True)
class Sent:
    """The mail server took it."""


@dataclass(frozen=True)
class Unknown:
    """The connection broke while the mail was on it: the server may have taken it."""


@dataclass(frozen=True)
class Interrupted:
    """The connection broke before the mail was on it: it was certainly not sent."""


@dataclass(frozen=True)
class Refused:
    """The mail server, or we ourselves, will not have this mail."""

    reason: str
    """Without the address."""
    permanent: bool


@dataclass(frozen=True)
class Nobody:
    """There is nobody to tell: the person was erased, or the link was used or ran out."""


@dataclass(frozen=True)
class Declined:
    """The person chose not to get such mails."""


@dataclass(frozen=True)
class NotDescribed:
    """The catalogue's fact about the session has not arrived yet."""


Outcome = Sent | Unknown | Interrupted | Refused | Nobody | Declined | NotDescribed


@dataclass(frozen=True)
class Step:
    """What a row of the ledger becomes. `pause` counts from now; a finished row is never touched again."""

    delivery_id: int
    state: State
    copies: int
    attempts: int
    finished: bool = False
    pause: timedelta = timedelta(0)
    reason: str | None = None


def after(delivery: Delivery, outcome: Outcome, now: datetime) -> Step:
    """What becomes of a delivery, given what happened to it."""
    key, copies, attempts = delivery.delivery_id, delivery.copies, delivery.attempts
    waiting: State = "unknown" if copies else "due"
    match outcome:
        case Sent():
            return Step(key, "sent", copies + 1, attempts, finished=True)
        case Unknown():
            return Step(key, "unknown", copies + 1, attempts, finished=copies + 1 == MOST_COPIES, pause=UNKNOWN_WAIT)
        case Interrupted():
            return Step(key, waiting, copies, attempts, pause=INTERRUPTED_WAIT)
        case Nobody():
            return Step(key, "no_recipient", copies, attempts, finished=True)
        case Declined():
            return Step(key, "declined", copies, attempts, finished=True)
        case NotDescribed():
            return Step(key, waiting, copies, attempts, pause=_as_long_as_it_waited(delivery, now))
        case Refused(reason, permanent):
            attempts += 1
            if attempts >= (MOST_PERMANENT_REFUSALS if permanent else MOST_REFUSALS):
                return Step(key, "failed", copies, attempts, finished=True, reason=reason)
            return Step(key, waiting, copies, attempts, pause=_longer_each_time(attempts), reason=reason)


def _longer_each_time(attempts: int) -> timedelta:
    return min(timedelta(seconds=5 * 2.0 ** min(attempts, 12)), LONGEST_PAUSE)


def _as_long_as_it_waited(delivery: Delivery, now: datetime) -> timedelta:
    """Short at first, when the catalogue's fact is likely to be on its way; at least half a second, at most a minute."""
    return min(max(now - delivery.queued_at, timedelta(seconds=0.5)), timedelta(minutes=1))
