"""wrk with a different person for every request, and one session after another."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

SCRIPT = """
local people = {}
for line in io.lines("%(people)s") do people[#people + 1] = line end
local sessions = {}
for line in io.lines("%(sessions)s") do sessions[#sessions + 1] = line end
local asked = 0
request = function()
  asked = asked + 1
  local body = '{"sessionId": "' .. sessions[asked %% #sessions + 1] .. '", "workMunicipality": "GM0505"}'
  local headers = {["%(header)s"] = people[asked %% #people + 1], ["Content-Type"] = "application/json"}
  return wrk.format("POST", "%(path)s", headers, body)
end
done = function(summary, latency, requests)
  io.write(string.format('\\n{"requests": %%d, "microseconds": %%d, "refused": %%d, "broken": %%d, "p50": %%d, "p99": %%d}\\n',
    summary.requests, summary.duration, summary.errors.status,
    summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout,
    latency:percentile(50), latency:percentile(99)))
end
"""


@dataclass(frozen=True)
class Rush:
    """What wrk saw: answers per second, the middle and the slowest hundredth (milliseconds), and what went wrong."""

    per_second: float
    p50: float
    p99: float
    answered: int
    refused: int
    broken: int


def rush(
    folder: Path, base_url: str, path: str, header: str, people: Sequence[str], sessions: Sequence[str], *, at_once: int,
    seconds: int,
) -> Rush:  # fmt: skip
    """`people` are the values of `header`, one for each request."""
    listed, wanted, script = folder / "people.txt", folder / "sessions.txt", folder / "rush.lua"
    listed.write_text("\n".join(people))
    wanted.write_text("\n".join(sessions))
    script.write_text(SCRIPT % {"people": listed, "sessions": wanted, "path": path, "header": header})
    command = ["wrk", "-t1", f"-c{at_once}", f"-d{seconds}s", "--timeout", "20s", "-s", str(script), base_url]
    report = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    told = json.loads(report.strip().splitlines()[-1])
    return Rush(
        per_second=told["requests"] / (told["microseconds"] / 1e6),
        p50=told["p50"] / 1000,
        p99=told["p99"] / 1000,
        answered=told["requests"],
        refused=told["refused"],
        broken=told["broken"],
    )
