"""`make chaos`: SEED, OPS and KILLS choose the run, BUS=pgmq the courier; the history lands in `chaos-history/`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from tests.chaos.run import run

if __name__ == "__main__":
    seed = int(os.environ.get("SEED", "1"))
    verdict = run(
        seed=seed,
        operations=int(os.environ.get("OPS", "1500")),
        kills=int(os.environ.get("KILLS", "12")),
        with_broker=os.environ.get("BUS", "rabbitmq") != "pgmq",
        history=Path("chaos-history") / f"seed-{seed}.jsonl",
    )
    sys.exit(1 if verdict.faults else 0)
