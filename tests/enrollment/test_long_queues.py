"""A long queue does not slow the desk: a decision reads what it needs, however many wait. Counted in rows, not in seconds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from enrollment import desk, store
from enrollment.commands import ChangeSeats, Command, LapseOffer, OpenSession, RequestSeat
from shared.database.pool import Pool, connection, transaction
from tests.enrollment.build import NOW, a_cancellation, a_request, an_acceptance, opening
from tests.enrollment.test_seats import described
from tests.sabotage import twin

LAB = frozenset(["duurzaamheidsfabriek"])
WAITING = 1000
SEATS = 5
ROWS_READ = "SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0))::bigint FROM pg_stat_xact_user_tables"
Lived = tuple[OpenSession, Sequence[RequestSeat]]


async def lived(pool: Pool, waiting: int, *, group_size: int = 1) -> Lived:
    """A session whose seats are held, all but one that is offered where somebody waits; the others of so many wait."""
    command = opening(SEATS, offers=24)
    requests = [a_request(command.session_id) for _ in range(SEATS + 1)]
    group: Mapping[int, UUID] = {nr: uuid4() for nr in range(waiting // group_size + 1)}
    requests += [
        a_request(command.session_id, group=group[nr // group_size] if group_size > 1 else None) for nr in range(waiting)
    ]
    async with transaction(pool) as conn:
        await desk.settle(conn, [command, *requests], NOW)
        await desk.settle(conn, [a_cancellation(requests[0])], NOW)
    await pool.execute("ANALYZE")
    return command, requests


async def rows_read(pool: Pool, command: Command) -> int:
    """How many rows PostgreSQL looks at for one decision, for constraints too; the decision itself is taken back."""
    async with connection(pool) as conn:
        decision = conn.transaction()
        await decision.start()
        before: int = await conn.fetchval(ROWS_READ)
        await desk.settle(conn, [command], NOW + timedelta(hours=1))
        after: int = await conn.fetchval(ROWS_READ)
        await decision.rollback()
    assert after > before
    return after - before


DECISIONS: Mapping[str, Callable[[OpenSession, Sequence[RequestSeat]], Command]] = {
    "somebody comes": lambda command, came: a_request(command.session_id),
    "a group comes": lambda command, came: a_request(command.session_id, group=uuid4()),
    "a holder withdraws": lambda command, came: a_cancellation(came[1]),
    "an offer is accepted": lambda command, came: an_acceptance(came[SEATS]),
    "an offer ends": lambda command, came: LapseOffer(uuid4(), command.session_id, came[SEATS].enrollment_id),
    "one seat more": lambda command, came: ChangeSeats(uuid4(), command.session_id, LAB, capacity=SEATS + 1),
    "another title": lambda command, came: described(command, title_nl="Anders"),
}


def all_of_the_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        store.SQL,
        "load_queues",
        store.SQL.load_queues.replace("LIMIT asked.seats", "").replace("LIMIT $4", "LIMIT $4 + 100000"),
    )
    monkeypatch.setattr(store, "moves", lambda session, described: True)


@twin(all_of_the_queue)
@pytest.mark.parametrize("group_size", [1, 2])
async def test_a_decision_reads_no_more_rows_for_a_thousand_who_wait_than_for_none(
    pool: Pool, group_size: int, guard: None
) -> None:
    nobody_waits = await lived(pool, 0)
    short = {name: await rows_read(pool, decision(*nobody_waits)) for name, decision in DECISIONS.items()}
    many_wait = await lived(pool, WAITING, group_size=group_size)
    long = {name: await rows_read(pool, decision(*many_wait)) for name, decision in DECISIONS.items()}

    assert {name: (short[name], long[name]) for name in DECISIONS if long[name] > short[name] + 60} == {}
