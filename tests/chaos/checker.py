"""Holds what the databases, the report and the mailboxes say against what people were told. Pure: a picture in, faults out."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Told:
    """One line of the history: what somebody asked, and what they heard. `info` is an answer that never came."""

    op: str
    """`enroll` or `cancel`."""
    outcome: str
    """`ok`, `fail` or `info`."""
    person: str
    session: str
    enrollment: str | None = None
    state: str | None = None


@dataclass(frozen=True)
class Row:
    """An enrollment in the desk's table."""

    enrollment: str
    session: str
    person: str
    state: str
    revision: int
    region: str | None = None


@dataclass(frozen=True)
class Seats:
    """A session as the desk's table, or the catalogue, has it."""

    session: str
    capacity: int
    seats_left: int
    waiting: int


@dataclass(frozen=True)
class Fact:
    """A fact about an enrollment, in the order of its session's revisions."""

    id: str
    state: str
    enrollment: str
    session: str
    person: str
    revision: int


@dataclass(frozen=True)
class Mail:
    """What a mailbox got."""

    message_id: str


@dataclass(frozen=True)
class Delivery:
    """A line of the mail ledger."""

    fact: str
    message_id: str
    state: str
    doubted: bool
    """Whether it was sent again because nobody knew whether the first copy arrived."""


@dataclass
class Picture:
    """Everything there is to see once the dust has settled."""

    history: Sequence[Told] = ()
    rows: Sequence[Row] = ()
    sessions: Sequence[Seats] = ()
    shown: Sequence[Seats] = ()
    """The same sessions as the catalogue shows them."""
    facts: Sequence[Fact] = ()
    report: Sequence[Row] = ()
    """The enrollments as the region's report counts them."""
    mails: Sequence[Mail] = ()
    ledger: Sequence[Delivery] = ()
    unsettled: Mapping[str, int] = field(default_factory=dict)
    """What should be empty at rest: outboxes, troubled facts, mails that are due; by name."""


@dataclass
class Verdict:
    """What was found: figures to print, and faults by kind. Without faults every promise held."""

    figures: dict[str, int] = field(default_factory=dict)
    faults: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def note(self, kind: str, what: Iterable[str]) -> None:
        self.faults[kind].extend(what)
        if not self.faults[kind]:
            del self.faults[kind]


def check(picture: Picture) -> Verdict:
    verdict = Verdict()
    by_id = {row.enrollment: row for row in picture.rows}
    verdict.note("lost", _lost(picture, by_id))
    verdict.note("oversold", _oversold(picture))
    verdict.note("duplicate", _duplicate(picture))
    verdict.note("unasked", _unasked(picture))
    verdict.note("half done", _half_done(picture, by_id))
    verdict.note("unfair", _unfair(picture))
    verdict.note("report differs", _differs(picture.rows, picture.report))
    verdict.note("catalogue differs", _differs(picture.sessions, picture.shown))
    verdict.note("mail missing", _mail_missing(picture))
    verdict.note("mail twice", _mail_twice(picture))
    verdict.note("unsettled", (f"{name}: {count}" for name, count in picture.unsettled.items() if count))
    outcomes = Counter((told.op, told.outcome) for told in picture.history)
    verdict.figures = {
        "enrollments acknowledged": outcomes["enroll", "ok"],
        "cancellations acknowledged": outcomes["cancel", "ok"],
        "answers that never came": outcomes["enroll", "info"] + outcomes["cancel", "info"],
        "refused": outcomes["enroll", "fail"] + outcomes["cancel", "fail"],
        "enrollments found": len(picture.rows),
        "facts": len(picture.facts),
        "mails": len(picture.mails),
        "mails sent again in doubt": sum(delivery.doubted for delivery in picture.ledger),
    }
    return verdict


def _lost(picture: Picture, by_id: Mapping[str, Row]) -> Iterable[str]:
    """Whatever was acknowledged is there, as acknowledged, or as somebody changed it afterwards."""
    wants_out = {told.enrollment for told in picture.history if told.op == "cancel" and told.outcome in ("ok", "info")}
    for told in picture.history:
        if told.outcome != "ok" or told.enrollment is None:
            continue
        row = by_id.get(told.enrollment)
        if row is None:
            yield f"{told.op} of {told.enrollment} was acknowledged and is gone"
        elif (row.person, row.session) != (told.person, told.session):
            yield f"{told.enrollment} belongs to somebody or something else now"
        elif told.op == "cancel" and row.state != "cancelled":
            yield f"{told.enrollment} was withdrawn and is {row.state}"
        elif told.op == "enroll" and row.state == "cancelled" and told.enrollment not in wants_out:
            yield f"{told.enrollment} was withdrawn by nobody"
        elif told.op == "enroll" and told.state == "confirmed" and row.state == "waitlisted":
            yield f"{told.enrollment} had a seat and lost it"


def _oversold(picture: Picture) -> Iterable[str]:
    held = Counter(row.session for row in picture.rows if row.state == "confirmed")
    queued = Counter(row.session for row in picture.rows if row.state == "waitlisted")
    for session in picture.sessions:
        if held[session.session] > session.capacity:
            yield f"{session.session} has {session.capacity} seats and {held[session.session]} people on them"
        if session.seats_left + held[session.session] != session.capacity:
            yield f"{session.session}: {session.seats_left} left + {held[session.session]} held is not {session.capacity}"
        if session.waiting != queued[session.session]:
            yield f"{session.session} says {session.waiting} wait, and {queued[session.session]} do"
        if session.seats_left and session.waiting:
            yield f"{session.session} has people waiting beside a free seat"


def _duplicate(picture: Picture) -> Iterable[str]:
    active = Counter((row.session, row.person) for row in picture.rows if row.state != "cancelled")
    for (session, person), times in active.items():
        if times > 1:
            yield f"{person} is {times} times in {session}"


def _unasked(picture: Picture) -> Iterable[str]:
    asked = {(told.person, told.session) for told in picture.history if told.op == "enroll" and told.outcome != "fail"}
    return (f"{row.enrollment} was asked for by nobody" for row in picture.rows if (row.person, row.session) not in asked)


def _half_done(picture: Picture, by_id: Mapping[str, Row]) -> Iterable[str]:
    """Rows and facts tell the same, and each enrollment's facts count up without gaps."""
    told: defaultdict[str, list[Fact]] = defaultdict(list)
    for fact in picture.facts:
        told[fact.enrollment].append(fact)
    for enrollment in by_id.keys() | told.keys():
        revisions = [fact.revision for fact in told[enrollment]]
        if revisions != list(range(1, len(revisions) + 1)):
            yield f"{enrollment} has facts {revisions}"
        elif enrollment not in by_id:
            yield f"{enrollment} has facts and no row"
        elif not revisions or (told[enrollment][-1].state, revisions[-1]) != (
            by_id[enrollment].state,
            by_id[enrollment].revision,
        ):
            yield f"{enrollment} is {by_id[enrollment].state} in its row and not in its last fact"


def _unfair(picture: Picture) -> Iterable[str]:
    """Nobody on a waiting list is served before somebody who waited longer."""
    queues: defaultdict[str, list[str]] = defaultdict(list)
    for fact in picture.facts:
        queue = queues[fact.session]
        if fact.state == "waitlisted":
            queue.append(fact.enrollment)
        elif fact.enrollment in queue:
            if fact.state == "confirmed" and queue[0] != fact.enrollment:
                yield f"{fact.enrollment} was served before {queue[0]}"
            queue.remove(fact.enrollment)


def _differs(truth: Sequence[object], told: Sequence[object]) -> Iterable[str]:
    for thing in set(truth) - set(told):
        yield f"missing: {thing}"
    for thing in set(told) - set(truth):
        yield f"extra: {thing}"


def _mail_missing(picture: Picture) -> Iterable[str]:
    arrived = {mail.message_id for mail in picture.mails}
    message_of = {delivery.fact: delivery.message_id for delivery in picture.ledger}
    for fact in picture.facts:
        if message_of.get(fact.id) not in arrived:
            yield f"nobody was told that {fact.enrollment} is {fact.state}"


def _mail_twice(picture: Picture) -> Iterable[str]:
    """One mail per fact and person. Only one that was sent again in doubt may have arrived twice, as the same message."""
    copies = Counter(mail.message_id for mail in picture.mails)
    doubted = {delivery.message_id for delivery in picture.ledger if delivery.doubted}
    for message_id, times in copies.items():
        if times > 1 + (message_id in doubted):
            yield f"{message_id} arrived {times} times"
    facts = Counter(delivery.fact for delivery in picture.ledger)
    for fact, times in facts.items():
        if times > 1:
            yield f"fact {fact} is {times} times in the ledger"
    known = {delivery.message_id for delivery in picture.ledger}
    yield from (f"{message_id} is of no fact" for message_id in copies.keys() - known)
