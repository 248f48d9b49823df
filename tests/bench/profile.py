"""Where the time goes while a rush is on: processor time per process, and the functions on top of the stacks."""

from __future__ import annotations

import os
import subprocess
import time
from collections import Counter, defaultdict
from collections.abc import Mapping
from pathlib import Path

from tests import ROOT
from tests.platform import Running

TICKS = os.sysconf("SC_CLK_TCK")


def processor_seconds(platform: Running) -> Mapping[str, float]:
    """Processor time so far of each service, and of all that PostgreSQL runs."""
    spent: defaultdict[str, float] = defaultdict(float)
    names = {child.pid: child.name for child in platform.children}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            stat = (entry / "stat").read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue
        command, fields = stat[stat.index("(") + 1 : stat.rindex(")")], stat[stat.rindex(")") + 2 :].split()
        name = names.get(int(entry.name)) or (command if command in ("postgres", "wrk") else None)
        if name:
            spent[name] += (int(fields[11]) + int(fields[12])) / TICKS
    return spent


class Watched:
    """Processor time between entering and leaving, and a profile of one service."""

    def __init__(self, platform: Running, service: str, folder: Path) -> None:
        self._platform = platform
        self._stacks = folder / f"{service}.stacks"
        pid = next(child.pid for child in platform.children if child.name == service)
        self._command = [
            str(ROOT / ".venv/bin/py-spy"), "record", "--pid", str(pid), "--duration", "5", "--rate", "100",
            "--format", "raw", "--output", str(self._stacks),
        ]  # fmt: skip
        self.share: dict[str, float] = {}

    def __enter__(self) -> Watched:
        self._before, self._started = processor_seconds(self._platform), time.monotonic()
        self._spy = subprocess.Popen(self._command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        return self

    def __exit__(self, *_: object) -> None:
        elapsed, after = time.monotonic() - self._started, processor_seconds(self._platform)
        complaint = self._spy.communicate(timeout=60)[1]
        if self._spy.returncode:
            raise RuntimeError(f"py-spy could not watch it: {complaint.decode()}")
        self.share = {name: (after[name] - self._before.get(name, 0)) / elapsed for name in sorted(after)}

    def top(self, count: int = 12) -> list[tuple[str, float]]:
        """Where the samples were, by our own function or else the library that was at work, as shares of all."""
        where: Counter[str] = Counter()
        for line in self._stacks.read_text().splitlines():
            stack, _, samples = line.rpartition(" ")
            if "pycares" in stack:  # a thread of the resolver that does nothing but wait
                continue
            where[_blame(stack.split(";"))] += int(samples)
        total = sum(where.values()) or 1
        return [(name, samples / total) for name, samples in where.most_common(count)]


def _blame(frames: list[str]) -> str:
    """The innermost frame of ours, with the library below it."""
    ours = ("gateway/", "catalog/", "enrollment/", "notifications/", "shared/")
    for depth in range(len(frames) - 1, -1, -1):
        frame = frames[depth]
        if any(f"({part}" in frame or f"/{part}" in frame for part in ours) and "site-packages" not in frame:
            below = frames[depth + 1] if depth + 1 < len(frames) else ""
            return f"{_short(frame)} → {_short(below)}" if below else _short(frame)
    return f"(library) {_short(frames[-1])}"


def _short(frame: str) -> str:
    """`ask (shared/gather.py:40)` without the line, and without where packages live."""
    name, _, place = frame.partition(" (")
    file = place.rpartition(":")[0]
    return f"{name} ({file.rpartition('site-packages/')[2] or file})"
