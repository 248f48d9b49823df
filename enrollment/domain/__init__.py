"""The rules of the desk. Pure: values in, values out; no clock, no database, no chance.

`decide` takes commands in turn; each meets the session as the one before it left it. So it does not matter how commands are
cut into batches: deciding two lists one after the other gives what deciding them together gives.

`ledger` has the values, `steps` how a session changes, `people` and `sessions` what may be asked.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import assert_never

from enrollment.commands import (
    AcceptOffer,
    Anonymise,
    CancelEnrollment,
    CancelSession,
    ChangeSeats,
    Command,
    DescribeSession,
    GoOn,
    KeepTime,
    LapseOffer,
    OpenSession,
    RefuseOffer,
    RequestSeat,
)
from enrollment.domain import deciding, people, sessions
from enrollment.domain.ledger import (
    TOO_EARLY,
    Answer,
    Decision,
    Done,
    Enrollment,
    Fault,
    Forgotten,
    Ledger,
    Refused,
    SeatsAre,
    Session,
    Settled,
    Step,
)
from enrollment.domain.people import VOLUNTARY
from shared.contracts.event import Event

__all__ = [
    "TOO_EARLY", "VOLUNTARY", "Answer", "Decision", "Done", "Enrollment", "Fault", "Forgotten", "Ledger", "Refused", "SeatsAre",
    "Session", "Settled", "Step", "decide",
]  # fmt: skip


def decide(ledger: Ledger, commands: Iterable[Command], now: datetime) -> Decision:
    """Take the commands in turn. `ledger` itself is left as it was; `now` is the moment that times are held against."""
    after = ledger.copy()
    facts: list[Event] = []
    answers = [_answer(after, command, now, facts) for command in commands]
    return Decision(after, facts, answers)


def _answer(ledger: Ledger, command: Command, now: datetime, facts: list[Event]) -> Answer:  # noqa: PLR0912  (one for each command)
    match command:
        case RequestSeat():
            return people.request_seat(ledger, command, now, facts)
        case CancelEnrollment():
            return people.cancel(ledger, command, now, facts)
        case AcceptOffer():
            return people.accept(ledger, command, now, facts)
        case RefuseOffer():
            return people.refuse(ledger, command, now, facts)
        case LapseOffer():
            return people.lapse(ledger, command, now, facts)
        case Anonymise():
            return people.anonymise(ledger, command, now, facts)
        case OpenSession():
            return sessions.open_session(ledger, command, now, facts)
        case DescribeSession():
            return sessions.describe(ledger, command, now, facts)
        case ChangeSeats():
            return sessions.change_seats(ledger, command, now, facts)
        case CancelSession():
            return sessions.cancel(ledger, command, now, facts)
        case GoOn():
            return deciding.go_on(ledger, command, now, facts)
        case KeepTime():
            return deciding.keep_time(ledger, command, now, facts)
        case _:
            assert_never(command)
