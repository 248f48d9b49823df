"""Processes that belong to us: started, watched, started again when they fall over, and ended with us."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from shared.launch.postgres import tied_to_parent

STABLE_SECONDS = 10.0
LOG_BYTES = 20 * 1024**2


def private_log(path: Path, mode: str = "ab") -> IO[bytes]:
    """A file that only its owner may read."""
    return open(path, mode, opener=lambda name, flags: os.open(name, flags, 0o600))


class Child:
    """One service process. It is started again whenever it ends by itself, less eagerly the more often that happens."""

    def __init__(self, name: str, command: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
        self.name = name
        self.restarts = 0
        self._command = command
        self._environment = environment
        self._log = log
        self._started = 0.0
        self._wait_until = 0.0
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process and self._process.poll() is None else None

    def start(self) -> None:
        self._turn_log_over()
        with private_log(self._log) as log:
            self._process = subprocess.Popen(
                self._command, env=dict(self._environment), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True,  # Ctrl-C is for us, who end our children in order
                preexec_fn=tied_to_parent(signal.SIGTERM),  # noqa: PLW1509  (no threads, by contract)
            )  # fmt: skip
        self._started = time.monotonic()

    def watch(self) -> None:
        """Start it again if it ended. Called several times a second."""
        self._turn_log_over()
        if self.pid is not None:
            if time.monotonic() - self._started > STABLE_SECONDS:
                self.restarts = 0
            return
        now = time.monotonic()
        if not self._wait_until:
            self._wait_until = now + (min(0.2 * 2**self.restarts, 10.0) if self.restarts else 0.0)
        if now >= self._wait_until:
            self._wait_until = 0.0
            self.restarts += 1
            self.start()

    def _turn_log_over(self) -> None:
        """Keep the log, and one before it, to a size. The process goes on writing to the same file."""
        if self._log.exists() and self._log.stat().st_size > LOG_BYTES:
            with private_log(self._log.with_suffix(".old.log"), "wb") as old, self._log.open("rb") as log:
                shutil.copyfileobj(log, old)
            os.truncate(self._log, 0)

    def ask_to_stop(self) -> None:
        if self._process and self._process.poll() is None:
            self._process.terminate()

    def wait_until_stopped(self, deadline: float) -> None:
        """Wait until it ended by itself; when it takes too long, end it."""
        if self._process is None:
            return
        try:
            self._process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
