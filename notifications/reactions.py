"""What is told when: facts become rows of the ledger, in the transaction of the inbox."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from notifications import store
from notifications.deliveries import TOO_OLD, Notice, Template
from shared.contracts.catalog import SessionAnnounced, SessionDescribed
from shared.contracts.enrollment import (
    Approval,
    AttendanceMarked,
    EnrollmentAnonymised,
    EnrollmentCancelled,
    EnrollmentDeclined,
    EnrollmentMoved,
    EnrollmentRequested,
    EnrollmentWaitlisted,
    SeatConfirmed,
    SeatOffered,
    State,
    TicketAnonymised,
    TicketEnded,
    TicketTaken,
)
from shared.contracts.gateway import PersonForgotten, PersonInvited, SignInRequested, TransferOffered
from shared.database.pool import Connection
from shared.messaging import forgetting
from shared.messaging.consumer import Subscriptions
from shared.messaging.message import Envelope, Message

EnrollmentNews = (
    EnrollmentRequested | SeatConfirmed | EnrollmentWaitlisted | SeatOffered | EnrollmentDeclined | EnrollmentCancelled
    | EnrollmentMoved | AttendanceMarked
)  # fmt: skip


BY_REASON: Mapping[str, Template] = {
    "offer-lapsed": "offer-lapsed", "session-cancelled": "session-cancelled", "list-ended": "list-ended",
    "to-other-session": "to-other-session",
    "transferred": "transferred",
}  # fmt: skip
"""What is told to whom a cancellation comes as news; whoever did it themselves gets a receipt."""
WAITING: Mapping[Approval | None, Template] = {
    None: "waitlisted", "needed": "waitlisted-for-approval", "given": "approved-and-waiting",
}  # fmt: skip
MOVED: Mapping[State, Template] = {"confirmed": "moved-with-a-seat", "requested": "moved-with-a-request"}


async def on_sessions(conn: Connection, facts: Sequence[Envelope[SessionAnnounced | SessionDescribed]]) -> None:
    """Keep the latest description of each session."""
    await store.save_sessions(conn, list({fact.event.session_id: fact.event for fact in facts}.values()))


async def on_enrollments(conn: Connection, facts: Sequence[Envelope[EnrollmentNews]]) -> None:
    """Tell the person where their enrollment stands."""
    await store.queue(conn, [_about_enrollment(fact) for fact in facts])


async def on_attendance(conn: Connection, facts: Sequence[Envelope[AttendanceMarked]]) -> None:
    """Tell who completed a training, and who no longer did. Whoever was there knows it, and whoever was not does too: that
    stands on the page of their enrollment.
    """
    news = [fact for fact in facts if "completed" in (fact.event.stands, fact.event.stood)]
    await store.queue(conn, [_about_enrollment(fact) for fact in news])


async def on_tickets(conn: Connection, facts: Sequence[Envelope[TicketTaken | TicketEnded]]) -> None:
    """Tell the person that they are in a draw, or that their turn gave them nothing. Whoever is gone is told nothing."""
    await store.queue(conn, [_about_ticket(fact) for fact in facts if _is_news(fact.event)])


async def on_sign_ins(conn: Connection, facts: Sequence[Envelope[SignInRequested]]) -> None:
    """Mail the link, to whoever asked for it."""
    await store.queue(conn, [_about_sign_in(fact) for fact in facts])


async def on_invitations(conn: Connection, facts: Sequence[Envelope[PersonInvited]]) -> None:
    """Ask whoever was invited to answer."""
    await store.queue(conn, [_about_invitation(fact) for fact in facts])


async def on_transfers(conn: Connection, facts: Sequence[Envelope[TransferOffered]]) -> None:
    """Ask the colleague whether they take the seat over."""
    await store.queue(conn, [_about_transfer(fact) for fact in facts])


async def on_anonymised(conn: Connection, facts: Sequence[Envelope[EnrollmentAnonymised | TicketAnonymised]]) -> None:
    """Nobody is told: the person is gone, or it is long ago. The ledger forgets with the desk."""
    await store.rekey(conn, {fact.event.subject: fact.event.person_id for fact in facts})


async def on_forgotten(conn: Connection, facts: Sequence[Envelope[PersonForgotten]]) -> None:
    """The ledger follows when the desk says which enrollments it was; `upkeep` sees when it is done."""
    for fact in facts:
        if erasure := await forgetting.begin(conn, fact.event):
            await forgetting.rekey_trouble(conn, erasure)


def _about_enrollment(fact: Envelope[EnrollmentNews]) -> Notice:
    event = fact.event
    template = _template(event)
    return Notice(
        fact_id=fact.message.id,
        recipient_id=event.person_id,
        template=template,
        subject=event.subject,
        revision=event.revision,
        logged_at=fact.message.logged_at,
        stale=_is_history(fact.message),
        session_id=event.session_id,
        enrollment_id=event.enrollment_id,
        position=event.position if isinstance(event, EnrollmentWaitlisted) else None,
        until=event.until if isinstance(event, SeatOffered | EnrollmentRequested) else None,
        because=event.reason if template == "declined" and isinstance(event, EnrollmentDeclined) else None,
        described=event.described if isinstance(event, EnrollmentMoved) else 0,
    )


def _is_news(event: TicketTaken | TicketEnded) -> bool:
    return isinstance(event, TicketTaken) or event.reason != "withdrawn"


def _about_ticket(fact: Envelope[TicketTaken | TicketEnded]) -> Notice:
    event = fact.event
    return Notice(
        fact_id=fact.message.id,
        recipient_id=event.person_id,
        template=_ticket_template(event),
        subject=event.subject,
        revision=event.revision,
        logged_at=fact.message.logged_at,
        stale=_is_history(fact.message),
        session_id=event.session_id,
        until=event.draw_at if isinstance(event, TicketTaken) else None,
    )


def _ticket_template(event: TicketTaken | TicketEnded) -> Template:
    if isinstance(event, TicketTaken):
        return "ticket"
    return "ticket-ended" if event.reason == "session-cancelled" else "ticket-refused"


def _about_sign_in(fact: Envelope[SignInRequested]) -> Notice:
    return Notice(
        fact_id=fact.message.id,
        recipient_id=fact.event.sign_in_id,
        template="sign-in",
        subject=fact.event.subject,
        revision=fact.event.revision,
        logged_at=fact.message.logged_at,
        stale=_is_history(fact.message),
    )


def _template(event: EnrollmentNews) -> Template:
    match event:
        case SeatConfirmed():
            return "approved" if event.approved else "confirmed-from-waiting-list" if event.from_waiting_list else "confirmed"
        case EnrollmentWaitlisted():
            return WAITING[event.approval]
        case EnrollmentRequested():
            if event.from_waiting_list:
                return "approval-asked-in-turn"
            return "approval-asked" if event.holds_seat else "approval-asked-first"
        case EnrollmentDeclined():
            return "approval-lapsed" if event.reason == "approval-lapsed" else "declined"
        case SeatOffered():
            return "offered"
        case EnrollmentCancelled():
            return BY_REASON.get(event.reason, "cancelled")
        case EnrollmentMoved():
            return MOVED.get(event.stands, "moved")
        case AttendanceMarked():
            return "completed" if event.stands == "completed" else "outcome-corrected"


def _about_invitation(fact: Envelope[PersonInvited]) -> Notice:
    return Notice(
        fact_id=fact.message.id,
        recipient_id=fact.event.invitation_id,
        template="invitation",
        subject=fact.event.subject,
        revision=fact.event.revision,
        logged_at=fact.message.logged_at,
        stale=_is_history(fact.message),
    )


def _about_transfer(fact: Envelope[TransferOffered]) -> Notice:
    return Notice(
        fact_id=fact.message.id,
        recipient_id=fact.event.transfer_id,
        template="transfer",
        subject=fact.event.subject,
        revision=fact.event.revision,
        logged_at=fact.message.logged_at,
        stale=_is_history(fact.message),
        session_id=fact.event.session_id,
    )


def _is_history(message: Message) -> bool:
    return datetime.now(UTC) - message.logged_at > TOO_OLD


SUBSCRIPTIONS: Subscriptions = {
    EnrollmentRequested: on_enrollments,
    EnrollmentDeclined: on_enrollments,
    SessionAnnounced: on_sessions,
    SessionDescribed: on_sessions,
    SeatConfirmed: on_enrollments,
    EnrollmentWaitlisted: on_enrollments,
    SeatOffered: on_enrollments,
    EnrollmentCancelled: on_enrollments,
    EnrollmentMoved: on_enrollments,
    AttendanceMarked: on_attendance,
    EnrollmentAnonymised: on_anonymised,
    TicketTaken: on_tickets,
    TicketEnded: on_tickets,
    TicketAnonymised: on_anonymised,
    SignInRequested: on_sign_ins,
    PersonInvited: on_invitations,
    TransferOffered: on_transfers,
    PersonForgotten: on_forgotten,
}
