"""Every command of the desk in any order, on a real database: whatever people, organisers and the clock do, the promises hold.

A new command gets a rule in `TheDesk`: draw what it needs, and `self.ask` it. What must hold is held against the rows after
each round, and with the statements of `skillslab check` (enrollment/checks.sql) at the end of each sequence.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Coroutine, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, ClassVar, Protocol, TypeVar, cast, get_args
from uuid import UUID, uuid4

import asyncpg
import pytest
import uvloop
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from enrollment import checks, desk, places
from enrollment.commands import (
    AcceptOffer,
    AdmitTickets,
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
    OrganiserOf,
    RefuseOffer,
    RejectRequest,
)
from enrollment.domain import Session, approvals, people, steps
from enrollment.domain.ledger import OUT
from shared.contracts.catalog import ReservedSeats, SeatGroup, SessionDescribed
from shared.contracts.enrollment import (
    AboutEnrollment,
    EnrollmentCancelled,
    EnrollmentDeclined,
    EnrollmentFact,
    EnrollmentRequested,
    Outcome,
    SeatConfirmed,
)
from shared.contracts.event import Event
from shared.database.pool import Connection
from shared.launch.postgres import Postgres
from shared.messaging import log
from tests.conftest import Templates
from tests.counts import count
from tests.enrollment.build import A_COURSE, DORDRECHT, EINDHOVEN, NOW, a_request, announced, opening

T = TypeVar("T")
SEQUENCES = count(500, 10_000)
STEPS = 10
LAB = frozenset(["duurzaamheidsfabriek"])
ORGANISER = OrganiserOf(UUID(int=99), LAB)
BY_THE_CLOCK = ("offers_that_did_not_end", "requests_that_did_not_end")
"""Go by the server's clock; here time is made up, and `what_has_a_deadline_ends` looks instead."""
UNSOUND = "\nUNION ALL\n".join(
    f"SELECT '{invariant} {name}' AS what, id::text AS id FROM ({getattr(checks.SQL, name)}) AS found"
    for invariant, names in checks.OF_SESSIONS.items()
    for name in names
    if name not in BY_THE_CLOCK
)
ROWS = "SELECT * FROM enrollment WHERE session_id = ANY($1::uuid[])"
SESSIONS = "SELECT session_id, capacity, seats_left, waiting FROM session WHERE session_id = ANY($1::uuid[])"
TICKETS = """
SELECT t.*, o.served, o.waiting AS counted FROM ticket t JOIN opening o USING (session_id) WHERE session_id = ANY($1::uuid[])
"""
PERSON = st.integers(0, 6)
GROUPS: st.SearchStrategy[dict[SeatGroup, int]] = st.dictionaries(st.sampled_from(["sme", "own-region"]), st.integers(1, 2))
MOSTLY_ONE = st.sampled_from([0, 0, 0, 1])
APPROVAL = st.sampled_from([None, None, True, False])
"""None where no approval is asked; else whether a request holds a seat."""
LAPSES = {"waitlisted": LapseOffer, "offered": LapseOffer, "requested": LapseRequest}
MARKS = st.dictionaries(PERSON, st.sampled_from(get_args(Outcome)), min_size=1, max_size=7)


class Opens(Protocol):
    """How a session with so many seats opens."""

    def __call__(self, seats: int, *, offers: int | None, approval: bool | None, course: UUID) -> OpenSession: ...


def a_draw(seats: int, *, offers: int | None, approval: bool | None, course: UUID) -> OpenSession:
    asked = announced(seats=seats, offers=offers, approval=approval, course=course, draw_in=timedelta(days=1))
    return OpenSession(uuid4(), asked, "5eed" * 16)


def a_waiting_room(seats: int, *, offers: int | None, approval: bool | None, course: UUID) -> OpenSession:
    return OpenSession(uuid4(), announced(seats=seats, offers=offers, approval=approval, course=course, waiting_room=True))


def kept(groups: Mapping[SeatGroup, int], until: datetime) -> tuple[ReservedSeats, ...]:
    return tuple(ReservedSeats(group=group, seats=seats, until=until) for group, seats in sorted(groups.items()))


class Bench:
    """A connection to a migrated database, for sequences that are each rolled back."""

    def __init__(self, url: str) -> None:
        self.loop = asyncio.Runner(loop_factory=uvloop.new_event_loop)
        self.conn: Any = self.run(asyncpg.connect(url))
        self.told: list[Event] = []
        self.run(places.save(cast("Connection", self.conn), [DORDRECHT, EINDHOVEN]))

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run(work)

    def close(self) -> None:
        self.run(self.conn.close())
        self.loop.close()


class TheDesk(RuleBasedStateMachine):
    """Two sessions and seven people. What is asked is decided in rounds of so many commands, as at a real desk."""

    bench: ClassVar[Bench]
    plainly: ClassVar[bool] = False
    """With few seats, of which none are kept, and no line in front of the desk: what goes wrong comes soon."""

    # How it goes

    @initialize(
        seats=st.integers(0, 4), offers=st.sampled_from([None, 24, 24]), size=st.sampled_from([1, 4, 8]), approval=APPROVAL,
        other=st.sampled_from([opening, a_draw, a_waiting_room]), others=APPROVAL,
        course=st.sampled_from([A_COURSE, UUID(int=8)]), groups=st.one_of(st.just({}), GROUPS),
        minimum=st.sampled_from([None, 2]), first=st.integers(0, 7),
    )  # fmt: skip
    def opens(
        self, seats: int, offers: int | None, size: int, approval: bool | None, other: Opens, others: bool | None, course: UUID,
        groups: dict[SeatGroup, int], minimum: int | None, first: int,
    ) -> None:  # fmt: skip
        """The second session is of the same course, or of another. The first keeps some seats, or none. Each may ask for an
        approval.
        """
        if self.plainly:
            seats, offers, groups, minimum, other = min(seats, 1), 24, {}, None, opening
        self.now = NOW
        self.bench.told.clear()
        self.transaction = self.bench.conn.transaction()
        self.bench.run(self.transaction.start())
        reserved = kept(groups, NOW + timedelta(days=3))
        openings = [
            opening(seats, offers=offers, approval=approval, reserved=reserved, minimum=minimum),
            other(1, offers=24, approval=others, course=course),
        ]
        self.sessions = [one.announced for one in openings]
        self.people = [uuid4() for _ in range(7)]
        self.groups = [uuid4() for _ in range(2)]
        self.requested: dict[tuple[int, int], UUID] = {}
        self.described = 1
        self.size = size
        self.refused = False
        self.round: list[Command] = [*openings]
        self.decide()
        self.some_come(0, list(range(first)), None, at_once=False)

    def teardown(self) -> None:
        if not hasattr(self, "transaction"):
            return
        try:
            if not self.refused:
                self.decide()
                assert self.fetch(UNSOUND) == []
        finally:
            self.bench.run(self.transaction.rollback())

    def ask(self, *commands: Command) -> None:
        """Put commands up for the next round. What they name may be known only after it: then they find nothing."""
        self.round += commands
        if len(self.round) >= self.size:
            self.decide()

    def decide(self) -> None:
        """Have the round decided, and look whether everything holds."""
        before, commands, self.round = len(self.bench.told), self.round, []
        if not commands:
            return
        self.at_the_desk(desk.settle(self.bench.conn, commands, self.now))
        if len(self.bench.told) > before:
            self.everything_holds()

    def at_the_desk(self, work: Coroutine[Any, Any, object]) -> None:
        """The rules keep what they promise; the constraints of the database are there for the day they do not."""
        try:
            self.bench.run(work)
        except asyncpg.IntegrityConstraintViolationError as refused:
            self.refused = True
            raise AssertionError(f"only the database kept this from happening: {refused.constraint_name}") from refused

    def fetch(self, statement: str) -> list[asyncpg.Record]:
        rows: list[asyncpg.Record] = self.bench.run(
            self.bench.conn.fetch(statement, [session.session_id for session in self.sessions])
        )
        return rows

    def enrollment_of(self, session: int, person: int) -> UUID | None:
        """That by which somebody is in, or else the last one."""
        session_id, person_id = self.sessions[session].session_id, self.people[person]
        theirs = (f for f in self.bench.told if isinstance(f, EnrollmentFact) and f.session_id == session_id)
        active = {f.enrollment_id: f.state not in OUT for f in theirs if f.person_id == person_id}
        ids = [enrollment for enrollment, is_in in active.items() if is_in]
        return ids[0] if ids else self.requested.get((session, person))

    def of_their_own(self, command: type[CancelEnrollment | AcceptOffer | RefuseOffer], session: int, person: int) -> None:
        if enrollment := self.enrollment_of(session, person):
            self.ask(command(uuid4(), self.sessions[session].session_id, enrollment, self.people[person]))

    def of_an_approver(self, command: type[ApproveRequest | RejectRequest], session: int, person: int) -> None:
        if enrollment := self.enrollment_of(session, person):
            self.ask(command(uuid4(), self.sessions[session].session_id, enrollment, ORGANISER))

    # What may be asked

    @rule(
        session=MOSTLY_ONE, people=st.lists(PERSON, min_size=1, max_size=5, unique=True), at_once=st.booleans(),
        group=st.sampled_from([None, None, 0, 1]),
    )  # fmt: skip
    def some_come(
        self, session: int, people: list[int], group: int | None, at_once: bool, rush: bool = False
    ) -> None:  # fmt: skip
        for person in people:
            request = a_request(
                self.sessions[session].session_id, self.people[person], "GM0505" if person % 3 else "GM0772",
                group=None if group is None else self.groups[group], at_once=at_once,
            )  # fmt: skip
            self.requested[session, person] = request.enrollment_id
            self.ask(replace(request, queues=rush, employer_size_class="small" if person % 2 else None))

    @rule(session=MOSTLY_ONE, person=PERSON, group=st.sampled_from([None, 0]))
    def somebody_comes(self, session: int, person: int, group: int | None) -> None:
        self.some_come(session, [person], group, at_once=False)

    @precondition(lambda self: not self.plainly)
    @rule(session=MOSTLY_ONE, people=st.lists(PERSON, min_size=1, max_size=5, unique=True), group=st.sampled_from([None, 0]))
    def a_rush_comes(self, session: int, people: list[int], group: int | None) -> None:
        """More than there is time for: they get tickets."""
        self.some_come(session, people, group, at_once=False, rush=True)

    @precondition(lambda self: not self.plainly)
    @rule(session=MOSTLY_ONE, at_most=st.sampled_from([1, 2, 250]))
    def some_are_let_in(self, session: int, at_most: int) -> None:
        self.ask(AdmitTickets(uuid4(), self.sessions[session].session_id, at_most))

    @precondition(lambda self: not self.plainly)
    @rule(number=st.integers(0, 20))
    def somebody_leaves_the_line(self, number: int) -> None:
        """Whose turn came already, too; then it changes nothing."""
        if tickets := self.fetch(TICKETS):
            one = tickets[number % len(tickets)]
            self.ask(LeaveLine(uuid4(), one["session_id"], one["ticket_id"], one["person_id"]))

    @rule(session=MOSTLY_ONE, person=PERSON)
    def somebody_withdraws(self, session: int, person: int) -> None:
        self.of_their_own(CancelEnrollment, session, person)

    @rule(session=MOSTLY_ONE, person=PERSON)
    def somebody_accepts(self, session: int, person: int) -> None:
        self.of_their_own(AcceptOffer, session, person)

    @rule(session=MOSTLY_ONE, person=PERSON)
    def somebody_refuses(self, session: int, person: int) -> None:
        self.of_their_own(RefuseOffer, session, person)

    @rule(session=MOSTLY_ONE, person=PERSON)
    def somebody_moves_to_the_other_session(self, session: int, person: int) -> None:
        if enrollment := self.enrollment_of(session, person):
            here, there = self.sessions[session].session_id, self.sessions[1 - session].session_id
            self.ask(ChangeSession(uuid4(), here, enrollment, self.people[person], there, uuid4()))

    @rule(session=MOSTLY_ONE, person=PERSON, colleague=PERSON)
    def somebody_hands_over_to_a_colleague(self, session: int, person: int, colleague: int) -> None:
        if enrollment := self.enrollment_of(session, person):
            wanted = a_request(self.sessions[session].session_id, self.people[colleague], "GM0505")
            self.ask(HandOver(wanted.command_id, wanted.session_id, enrollment, self.people[person], wanted))

    @rule(session=MOSTLY_ONE, person=PERSON, decision=st.sampled_from([ApproveRequest, RejectRequest]))
    def an_organiser_decides(self, session: int, person: int, decision: type[ApproveRequest | RejectRequest]) -> None:
        self.of_an_approver(decision, session, person)

    @precondition(lambda self: len(self.bench.told) > 15)
    @rule(session=MOSTLY_ONE, outcomes=MARKS, reason=st.sampled_from([None, "mistake"]))
    def it_is_marked_who_was_there(self, session: int, outcomes: dict[int, Outcome], reason: str | None) -> None:
        """Once it has begun. Of people who have no place nothing can be marked, and then it is of nobody."""
        self.decide()
        self.now = max(self.now, self.sessions[session].starts_at)
        self.the_clock_looks()
        ids = {person: self.enrollment_of(session, person) for person in outcomes}
        marks = {enrollment: outcomes[person] for person, enrollment in ids.items() if enrollment}
        self.ask(MarkAttendance(uuid4(), self.sessions[session].session_id, LAB, marks, cast("Any", reason)))

    @rule(person=PERSON)
    def somebody_is_forgotten(self, person: int) -> None:
        self.decide()
        self.at_the_desk(desk.forget(self.bench.conn, {self.people[person]: uuid4()}, self.now))
        self.people[person] = uuid4()
        self.everything_holds()

    @rule(hours=st.sampled_from([1, 12, 30, 200]))
    def time_passes(self, hours: int) -> None:
        """And the clock ends what is over, and holds the draws that are due, as it does each second."""
        self.decide()
        self.now += timedelta(hours=hours)
        self.the_clock_looks()

    def the_clock_looks(self) -> None:
        over = [row for row in self.fetch(ROWS) if self.is_over(row)]
        over.sort(key=lambda row: row["place"] is None)  # a line ends before what is held in a session that has begun
        self.round += [LAPSES[row["state"]](uuid4(), row["session_id"], row["enrollment_id"]) for row in over]
        for session in self.sessions:
            self.round += [DrawTickets(uuid4(), session.session_id), KeepTime(uuid4(), session.session_id)]
        self.decide()
        if over:
            self.what_is_over_ends(self.fetch(ROWS))

    def is_over(self, row: asyncpg.Record) -> bool:
        (starts_at,) = (session.starts_at for session in self.sessions if session.session_id == row["session_id"])
        has_begun = self.now >= starts_at
        until = row["offered_until"] or row["approval_until"]
        return bool(row["state"] in LAPSES and (has_begun or (until is not None and self.now >= until)))

    @rule(session=MOSTLY_ONE, seats=st.integers(1, 6), offers=st.sampled_from([None, 1, 48]), approval=APPROVAL)
    def an_organiser_changes_the_seats(self, session: int, seats: int, offers: int | None, approval: bool | None) -> None:
        self.ask(
            ChangeSeats(
                uuid4(), self.sessions[session].session_id, LAB, capacity=seats, offer_hours=offers,
                needs_approval=approval is not None, holds_seat=approval,
            )
        )  # fmt: skip

    @precondition(lambda self: not self.plainly)
    @rule(session=MOSTLY_ONE, groups=GROUPS, days=st.integers(1, 20))
    def an_organiser_keeps_seats(self, session: int, groups: dict[SeatGroup, int], days: int) -> None:
        until = self.now + timedelta(days=days)
        self.ask(ChangeSeats(uuid4(), self.sessions[session].session_id, LAB, reserved=kept(groups, until)))

    @precondition(lambda self: not self.plainly)
    @rule(session=MOSTLY_ONE)
    def an_organiser_goes_on(self, session: int) -> None:
        self.ask(GoOn(uuid4(), self.sessions[session].session_id, LAB))

    @rule(session=MOSTLY_ONE, days=st.integers(-20, 20))
    def a_session_moves(self, session: int, days: int) -> None:
        self.decide()
        self.described += 1
        moved = self.sessions[session].model_copy(
            update={name: getattr(self.sessions[session], name) + timedelta(days=days) for name in ("starts_at", "ends_at")}
        )
        told = SessionDescribed(**{**moved.model_dump(exclude={"seats"}), "revision": self.described})
        self.sessions[session] = moved
        self.round.append(DescribeSession(uuid4(), told))
        self.at_the_desk(desk.settle(self.bench.conn, self.round, self.now))
        self.round = []  # what is over since it moved ends first
        self.the_clock_looks()

    @precondition(lambda self: len(self.bench.told) > 15)
    @rule(session=MOSTLY_ONE)
    def a_session_is_called_off(self, session: int) -> None:
        self.ask(CancelSession(uuid4(), self.sessions[session].session_id, LAB))

    # What holds after each round

    def everything_holds(self) -> None:
        rows = self.fetch(ROWS)
        for session in self.fetch(SESSIONS):
            of_it = [row for row in rows if row["session_id"] == session["session_id"]]
            held = [row["seat_no"] for row in of_it if row["seat_no"] is not None]
            people = [row["person_id"] for row in of_it if row["state"] not in OUT]
            assert session["seats_left"] + len(held) == session["capacity"]
            assert len(held) == len(set(held))
            assert len(people) == len(set(people))
            assert session["waiting"] == sum(row["place"] is not None for row in of_it)
        self.tickets_are_kept({row["enrollment_id"] for row in rows})
        self.rows_are_as_told(rows)
        self.what_is_over_ends(rows)
        self.nobody_was_passed({row["enrollment_id"]: row["group_id"] for row in rows if row["group_id"]})

    def tickets_are_kept(self, enrollments: set[UUID]) -> None:
        """Who holds one is let in by their turn, once; and whoever was let in is there."""
        tickets = self.fetch(TICKETS)
        waiting = [(row["session_id"], row["person_id"]) for row in tickets if row["state"] == "waiting"]
        assert len(waiting) == len(set(waiting))
        for ticket in tickets:
            assert ticket["counted"] == sum(session == ticket["session_id"] for session, _ in waiting)
            assert ticket["state"] != "enrolled" or ticket["enrollment_id"] in enrollments
            assert ticket["state"] != "waiting" or ticket["turn"] is None or ticket["turn"] > ticket["served"]

    def rows_are_as_told(self, rows: list[asyncpg.Record]) -> None:
        last = {fact.enrollment_id: fact for fact in self.bench.told if isinstance(fact, AboutEnrollment)}
        for row in rows:
            fact = last[row["enrollment_id"]]
            stands = fact.state if isinstance(fact, EnrollmentFact) else getattr(fact, "stands")  # noqa: B009
            assert (row["person_id"], row["state"], row["revision"]) == (fact.person_id, stands, fact.revision)
        assert len(rows) == len(last)

    def what_is_over_ends(self, rows: list[asyncpg.Record]) -> None:
        for row in rows:
            assert (row["state"] == "offered") == (row["offered_until"] is not None)
            assert (row["state"] == "requested") == (row["approval_until"] is not None)
            assert not self.is_over(row)

    def nobody_was_passed(self, groups: dict[UUID, UUID]) -> None:
        queues: defaultdict[UUID, list[checks.Turn]] = defaultdict(list)
        for fact in self.bench.told:
            if turn := turn_of(fact):
                queues[getattr(fact, "session_id")].append(turn)  # noqa: B009
        for turns in queues.values():
            assert list(checks.passed(turns, groups)) == []


def turn_of(fact: Event) -> checks.Turn | None:
    """As the check's statement `queues` chooses them."""
    seats = getattr(fact, "seats", None)
    if seats is None or not (seats.reserved is not None or (isinstance(fact, EnrollmentFact) and is_about_a_queue(fact))):
        return None
    left = None if seats.reserved is None else sum(seats.reserved.values())
    what = fact.state if isinstance(fact, EnrollmentFact) else fact.type
    return checks.Turn(seats.revision, getattr(fact, "enrollment_id", None), what, seats.seats_left, left)


def is_about_a_queue(fact: EnrollmentFact) -> bool:
    """Whether somebody joined it, was served or left."""
    if isinstance(fact, SeatConfirmed | EnrollmentRequested):
        return fact.from_waiting_list
    return not (isinstance(fact, EnrollmentDeclined) or (isinstance(fact, EnrollmentCancelled) and fact.held_seat))


@pytest.fixture
def bench(postgres: Postgres, templates: Templates, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    name = f"machine_{uuid4().hex[:8]}"
    admin = asyncio.Runner()
    conn: Any = admin.run(asyncpg.connect(postgres.url()))
    admin.run(conn.execute(f"CREATE DATABASE {name} TEMPLATE {templates.of('enrollment')}"))
    bench = Bench(postgres.url(name))
    append = log.append

    async def noted(conn: Any, source: str, facts: list[Event]) -> None:
        bench.told += facts
        await append(conn, source, facts)

    monkeypatch.setattr(log, "append", noted)
    yield bench
    bench.close()
    admin.run(conn.execute(f"DROP DATABASE {name}"))
    admin.run(conn.close())
    admin.close()


def live(bench: Bench, *, sequences: int, phases: tuple[Phase, ...], steps: int = STEPS) -> None:
    TheDesk.bench = bench
    run_state_machine_as_test(
        TheDesk,
        settings=settings(
            max_examples=sequences, stateful_step_count=steps, deadline=None, phases=phases, database=None,
            suppress_health_check=list(HealthCheck), print_blob=False, report_multiple_bugs=False,
        ),
    )  # fmt: skip


@pytest.mark.timeout(count(300, 3600))
def test_whatever_happens_in_whatever_order_the_promises_hold(bench: Bench) -> None:
    live(bench, sequences=SEQUENCES, phases=(Phase.explicit, Phase.generate, Phase.shrink))


def the_last_in_line_first(monkeypatch: pytest.MonkeyPatch) -> None:
    def served(self: Session) -> list[Any]:
        waiting = [one for one in self.enrollments.values() if one.place is not None]
        served = [one for one in waiting if self.source(one.declared.shared, one.company or 1)]
        return [max(served, key=lambda one: one.place or 0)] if served else []

    monkeypatch.setattr(Session, "next_to_be_served", served)


def whoever_is_in_may_come_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Session, "active_of", lambda self, person_id: None)


def offers_and_requests_last_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (people, approvals):
        monkeypatch.setattr(module, "is_over", lambda session, until, now: False)


def who_needs_an_approval_gets_a_seat_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("enrollment.domain.steps.request", steps.confirm)


def a_freed_seat_is_nobodys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("enrollment.domain.steps.fill", lambda session, cause, now, facts: None)


@pytest.mark.parametrize(
    "sabotage",
    [
        the_last_in_line_first, whoever_is_in_may_come_again, offers_and_requests_last_for_ever,
        who_needs_an_approval_gets_a_seat_at_once, a_freed_seat_is_nobodys,
    ],
    ids=lambda sabotage: sabotage.__name__.replace("_", " "),
)  # fmt: skip
def test_the_machine_notices_when_a_rule_is_taken_away(bench: Bench, sabotage: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    sabotage(monkeypatch)
    monkeypatch.setattr(TheDesk, "plainly", True)

    with pytest.raises(AssertionError):
        live(bench, sequences=1000, phases=(Phase.generate,), steps=3 * STEPS)
