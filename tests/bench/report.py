"""What was measured, as a page for people."""

from __future__ import annotations

import os
import platform as machine
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from tests.bench.load import Rush
from tests.bench.profile import Watched
from tests.bench.queues import Queues

PAGE = """# Benchmarks

Made by `make bench` on {cores} cores of {processor}, Python {python}, PostgreSQL 18 with every commit on disk. {rounds} rounds
of {seconds} seconds each, in turn, so that a slow moment strikes all. The machine is shared: read the ratios, which compare
neighbours in time. Median (lowest to highest).

## One hot session

Everybody wants the same session of {seats} seats: the first get one, the others a place in the queue. Every answer came after
its commit; after each round the seats were counted, and nobody was refused. The *naive transaction* takes the row lock, raises
the counter, inserts the enrollment and its message, and commits. The rest of the platform was running meanwhile, and received
the facts of these decisions.

| | decisions per second | slowest hundredth (ms) | times the naive one |
|---|---|---|---|
| naive transaction, {clients} clients (pgbench) | {naive} | | 1 |
| the desk, {workers} at once (wrk) | {desk} | {desk_tail} | {desk_ratio} |
| the public API, {workers} at once (wrk) | {api} | {api_tail} | {api_ratio} |

After a rush every consumer had caught up within {caught_up:.1f} seconds, and every mail was out within {mailed:.0f}. Facts
let a rush pass first, for ten seconds at most (`shared/messaging/relay.py`).

## Over {spread_sessions:,} sessions

The same, but everybody wants another session than the one before: the lock is nowhere in the way, and a commit serves few.

| | decisions per second | slowest hundredth (ms) | times the naive one |
|---|---|---|---|
| naive transaction over as many rows, {clients} clients (pgbench) | {spread_naive} | | 1 |
| the desk, {workers} at once (wrk) | {spread} | {spread_tail} | {spread_ratio} |

## Long queues

One decision at a time, each in a commit of its own, in turn on a session for which nobody waits and one for which 100,000 do.

| decision | nobody waits (ms) | 100,000 wait (ms) | times |
|---|---|---|---|
{queues}

10,000 seats more were offered to 10,000 people who waited in {offered_in:.1f} seconds, in one decision.

## What bounds it

Processor time while the rush was on, in cores, and where a profiler (py-spy, 100 samples a second) found the service: the
function of ours that was at work, and what it had called.

{profiles}"""


@dataclass(frozen=True)
class Plan:
    rounds: int
    seconds: int
    workers: int = 500
    clients: int = 32
    seats: int = 20
    spread: int = 2000


@dataclass
class Findings:
    yardstick: list[float] = field(default_factory=list)
    desk: list[Rush] = field(default_factory=list)
    api: list[Rush] = field(default_factory=list)
    caught_up: list[float] = field(default_factory=list)
    """Seconds after a rush until every consumer had applied every fact."""
    mailed: list[float] = field(default_factory=list)
    """Seconds after a rush until every mail was out."""
    spread_yardstick: list[float] = field(default_factory=list)
    spread: list[Rush] = field(default_factory=list)
    profiles: dict[str, Watched] = field(default_factory=dict)
    queues: Queues = field(default_factory=lambda: Queues({}, 0.0))


def page(plan: Plan, found: Findings) -> str:
    return PAGE.format(
        cores=os.cpu_count(),
        processor=_processor(),
        python=machine.python_version(),
        rounds=plan.rounds,
        seconds=plan.seconds,
        seats=plan.seats,
        clients=plan.clients,
        workers=plan.workers,
        naive=_span(found.yardstick),
        desk=_span([rush.per_second for rush in found.desk]),
        desk_tail=_tail(found.desk),
        desk_ratio=_ratio(found.desk, found.yardstick),
        api=_span([rush.per_second for rush in found.api]),
        api_tail=_tail(found.api),
        api_ratio=_ratio(found.api, found.yardstick),
        caught_up=max(found.caught_up),
        mailed=max(found.mailed),
        spread_sessions=plan.spread,
        spread_naive=_span(found.spread_yardstick),
        spread=_span([rush.per_second for rush in found.spread]),
        spread_tail=_tail(found.spread),
        spread_ratio=_ratio(found.spread, found.spread_yardstick),
        queues=found.queues.rows(),
        offered_in=found.queues.offered_in,
        profiles=_profile("The desk", found.profiles["enrollment"])
        + "\n"
        + _profile("The public API, seen from the gateway", found.profiles["gateway"]),
    )


def _profile(title: str, watched: Watched) -> str:
    shares = ", ".join(f"{name} {share:.2f}" for name, share in sorted(watched.share.items(), key=lambda pair: -pair[1]))
    rows = "\n".join(f"| {share:.0%} | `{where}` |" for where, share in watched.top())
    return f"### {title}\n\nCores: {shares}.\n\n| samples | where |\n|---|---|\n{rows}\n"


def _span(values: Sequence[float]) -> str:
    return f"{median(values):,.0f} ({min(values):,.0f} to {max(values):,.0f})"


def _tail(rushes: Sequence[Rush]) -> str:
    return f"{median([rush.p99 for rush in rushes]):,.0f}"


def _ratio(rushes: Sequence[Rush], yardstick: Sequence[float]) -> str:
    ratios = [rush.per_second / plain for rush, plain in zip(rushes, yardstick, strict=True)]
    return f"**{median(ratios):.2f}** ({min(ratios):.2f} to {max(ratios):.2f})"


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(": ")[2]
    return machine.processor()
