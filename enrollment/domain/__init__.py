"""The rules of the desk. Pure: values in, values out; no clock, no database, no chance.

`decide` takes commands in turn; each meets the session as the one before it left it. So it does not matter how commands are
cut into batches: deciding two lists one after the other gives what deciding them together gives.

`ledger`, `room`, `rules` and `claims` have the values, `steps` how a session changes, `people`, `moving`, `handing_over`,
`approvals`, `sessions`, `deciding` and `attendance` what may be asked, and `openings` who waits for their turn to ask it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import assert_never

from enrollment.commands import (
    AcceptOffer,
    AdmitTickets,
    Anonymise,
    ApproveRequest,
    CancelEnrollment,
    CancelSession,
    ChangeSeats,
    ChangeSession,
    Command,
    DescribeSession,
    DrawTickets,
    GoOn,
    HandOver,
    KeepTime,
    LapseOffer,
    LapseRequest,
    LeaveLine,
    MarkAttendance,
    OpenSession,
    RefuseOffer,
    RejectRequest,
    RequestSeat,
)
from enrollment.domain import approvals, attendance, deciding, handing_over, moving, openings, people, sessions
from enrollment.domain.ledger import (
    TOO_EARLY,
    Admitted,
    Answer,
    Decision,
    Done,
    Enrollment,
    Fault,
    Forgotten,
    Ledger,
    Left,
    Refused,
    SeatsAre,
    Session,
    Settled,
    Step,
    Ticketed,
    is_too_early,
)
from enrollment.domain.people import MOST_IN_A_GROUP, VOLUNTARY
from enrollment.domain.room import Room, Ticket
from enrollment.domain.sessions import moves
from shared.contracts.event import Event

__all__ = [
    "MOST_IN_A_GROUP", "TOO_EARLY", "VOLUNTARY", "Admitted", "Answer", "Decision", "Done", "Enrollment", "Fault", "Forgotten",
    "Ledger", "Left", "Refused", "Room", "SeatsAre", "Session", "Settled", "Step", "Ticket", "Ticketed", "decide",
    "is_too_early", "moves",
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
        case ChangeSession():
            return moving.change_session(ledger, command, now, facts)
        case HandOver():
            return handing_over.hand_over(ledger, command, now, facts)
        case LeaveLine():
            return openings.leave(ledger, command, now, facts)
        case LapseOffer():
            return people.lapse(ledger, command, now, facts)
        case ApproveRequest() | RejectRequest() | LapseRequest():
            return approvals.answer(ledger, command, now, facts)
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
        case MarkAttendance():
            return attendance.mark(ledger, command, now, facts)
        case DrawTickets() | AdmitTickets():
            return openings.answer(ledger, command, now, facts, people.request_seat)
        case GoOn():
            return deciding.go_on(ledger, command, now, facts)
        case KeepTime():
            return deciding.keep_time(ledger, command, now, facts)
        case _:
            assert_never(command)
