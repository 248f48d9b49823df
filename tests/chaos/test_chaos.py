"""The kill test in small; `make chaos` runs it in full."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos.run import run
from tests.counts import count


@pytest.mark.broker
@pytest.mark.timeout(1200)
def test_every_promise_holds_while_everything_is_killed(tmp_path: Path) -> None:
    verdict = run(
        seed=count(11, 12),
        operations=count(250, 10_000),
        kills=count(6, 120),
        with_broker=True,
        history=tmp_path / "history.jsonl",
    )

    assert not verdict.faults
    assert verdict.figures["enrollments acknowledged"] > count(150, 5_000)
