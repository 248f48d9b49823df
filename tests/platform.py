"""The whole platform as processes, on servers that the test brings: to use it as people do, and to pull its plugs."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path

from shared.launch import environment
from shared.launch.children import Child
from shared.launch.postgres import free_port
from tests.counts import count

SERVICES = ("gateway", "catalog", "enrollment", "notifications")


class Running:
    """All services, each as so many processes, with addresses of this machine alone."""

    def __init__(
        self, folder: Path, database_url: str, bus_url: str, *,
        smtp_url: str = "", workers: int = 1, more: Mapping[str, str] | None = None,
    ) -> None:  # fmt: skip
        """`database_url` ends in the prefix of the databases' names; `bus_url` may be empty for PGMQ beside them.

        `more` is told to every process as well.
        """
        self.folder = folder
        self.port = free_port()
        self.base_url = f"http://127.0.0.1:{self.port}"
        self._workers = workers
        self._told = {
            **environment.keys(folder, SERVICES),
            **{f"SKILLSLAB_{name.upper()}_URL": f"http://127.0.0.1:{free_port()}" for name in SERVICES},
            "SKILLSLAB_DATA": str(folder),
            "SKILLSLAB_DATABASE_URL": database_url,
            "SKILLSLAB_BUS_URL": bus_url or f"{database_url}_bus",
            "SKILLSLAB_PORT": str(self.port),
            "SKILLSLAB_PUBLIC_URL": self.base_url,
            "SKILLSLAB_DEMO": "1",
            "SKILLSLAB_SMTP_URL": smtp_url,
            "SKILLSLAB_WALK_SECONDS": count("5", "60"),
            **(more or {}),
        }
        self.children: list[Child] = []

    def start(self) -> None:
        """Make the tables, start everything, and wait until it is ready. Call it from the main thread."""
        told = {**os.environ, **self._told}
        subprocess.run([sys.executable, "-m", "shared.database.migrate", *SERVICES], env=told, check=True)
        for service in SERVICES:
            for number in range(self._workers):
                command = [sys.executable, "-m", service]
                its_own = environment.for_service(service, self._told, SERVICES)
                child = Child(service, command, its_own, self.folder / f"{service}-{number}.log")
                child.start()
                self.children.append(child)
        self.wait_until_ready()

    def wait_until_ready(self, seconds: float = 90) -> None:
        deadline = time.monotonic() + seconds
        while True:
            self.watch()
            try:
                with urllib.request.urlopen(f"{self.base_url}/health/ready", timeout=5):
                    return
            except (urllib.error.URLError, OSError) as error:
                if time.monotonic() > deadline:
                    raise AssertionError(f"not ready after {seconds} seconds: {self.last_words()}") from error
            time.sleep(0.1)

    def watch(self) -> None:
        """Start again what fell over, as the launcher does."""
        for child in self.children:
            child.watch()

    def kill(self, service: str) -> None:
        """kill -9 every process of a service."""
        for child in self.children:
            if child.name == service and child.pid:
                os.kill(child.pid, signal.SIGKILL)

    def stop(self) -> None:
        for child in self.children:
            child.ask_to_stop()
        deadline = time.monotonic() + 25
        for child in self.children:
            child.wait_until_stopped(deadline)

    def internal_url(self, service: str) -> str:
        return self._told[f"SKILLSLAB_{service.upper()}_URL"]

    @property
    def told(self) -> dict[str, str]:
        """The environment of the processes, for commands that run beside them."""
        return {**os.environ, **self._told}

    @property
    def demo(self) -> dict[str, dict[str, str]]:
        told: dict[str, dict[str, str]] = json.loads((self.folder / "demo.json").read_text())
        return told

    def tokens(self, role: str, count: int, scope: str | None = None) -> Sequence[str]:
        """Bearer tokens of so many new people."""
        command = [sys.executable, "-m", "gateway", "tokens", "--role", role, "--count", str(count)]
        command += ["--scope", scope] if scope else []
        return subprocess.run(command, env=self.told, check=True, capture_output=True, text=True).stdout.split()

    def last_words(self) -> str:
        """The end of each log, for a failure's message."""
        return "\n".join(
            f"{log.name}: {line}" for log in self.folder.glob("*.log") for line in log.read_text().splitlines()[-8:]
        )
