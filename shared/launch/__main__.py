"""`python -m shared.launch gateway catalog …`: the whole platform on this machine, until Ctrl-C.

A PostgreSQL of its own unless `SKILLSLAB_DATABASE_URL` names one, PGMQ in it as courier unless `SKILLSLAB_BUS_URL` names one,
and each service as so many processes as `SKILLSLAB_WORKERS` says. What falls over is started again. Everything ends with us:
by Ctrl-C in order, and by the kernel's hand when we are killed.
"""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from urllib.parse import urlsplit

from shared.database.address import database_of
from shared.launch import environment, postgres
from shared.launch.children import Child
from shared.launch.postgres import DatabaseFailed, Postgres

PATIENCE = 90.0
PORT_PATIENCE = 5.0
STOP_SECONDS = 25.0
TICK = 0.2
BROKER_PATIENCE = 2.0
PORTS = {"amqp": 5672, "amqps": 5671, "postgresql": 5432, "postgres": 5432}


class CannotStart(Exception):
    """Why the platform does not start, and what to do about it."""


class Platform:
    """Everything we started, in the order in which it stands on each other."""

    def __init__(self, services: Sequence[str]) -> None:
        self.services = services
        self.data = Path(os.environ.get("SKILLSLAB_DATA", ".skillslab")).resolve()
        self.port = whole_number("SKILLSLAB_PORT", "8080", most=65_535)
        self.host = os.environ.get("SKILLSLAB_HOST", "127.0.0.1")
        self.workers = whole_number("SKILLSLAB_WORKERS", "1", most=64)
        self.address = os.environ.get("SKILLSLAB_PUBLIC_URL", f"http://{self.host}:{self.port}")
        self.children: list[Child] = []
        self.stopping = False
        self._database: Postgres | None = None

    def start(self) -> None:
        """Bring up the database, then the tables, then the services. Raises CannotStart or DatabaseFailed."""
        self._refuse_if_taken()
        say("The database starts …")
        everything = self._environment()
        environment.leave_for_commands(self.data, everything)
        say("Tables are brought up to date …")
        self._run([sys.executable, "-m", "shared.database.migrate", *self.services], everything)
        say("The services start …")
        logs = self.data / "logs"
        logs.mkdir(exist_ok=True)
        logs.chmod(0o700)
        for service in self.services:
            told = environment.for_service(service, everything, self.services)
            for number in range(1, self.workers + 1):
                log = logs / (f"{service}.log" if self.workers == 1 else f"{service}-{number}.log")
                child = Child(service, [sys.executable, "-m", service], told, log)
                child.start()
                self.children.append(child)
        self._wait_until_ready()

    def watch(self) -> None:
        """Until we are asked to stop: start again whatever fell over, the database included."""
        while not self.stopping:
            if self._database and self._database.process.poll() is not None:
                self._database = postgres.start(self.data / "postgres", port=self._database.port)
            for child in self.children:
                child.watch()
            time.sleep(TICK)

    def stop(self) -> None:
        """End the services, who finish what they are at, and then the database."""
        for child in self.children:
            child.ask_to_stop()
        deadline = time.monotonic() + STOP_SECONDS
        for child in self.children:
            child.wait_until_stopped(deadline)
        if self._database:
            self._database.stop()

    def _environment(self) -> dict[str, str]:
        server_url = os.environ.get("SKILLSLAB_DATABASE_URL") or self._start_database()
        told = {name: value for name, value in os.environ.items() if name.startswith(environment.PREFIX)}
        return {
            **told,
            **environment.keys(self.data, self.services),
            **environment.addresses(self.services),
            "SKILLSLAB_DATA": str(self.data),
            "SKILLSLAB_DATABASE_URL": server_url,
            "SKILLSLAB_BUS_URL": os.environ.get("SKILLSLAB_BUS_URL") or database_of(server_url, "bus"),
            "SKILLSLAB_HOST": self.host,
            "SKILLSLAB_PORT": str(self.port),
            "SKILLSLAB_PUBLIC_URL": self.address,
        }

    def _start_database(self) -> str:
        self._database = postgres.start(self.data / "postgres")
        postgres.make_role(self.data / "postgres", self._database)
        return self._database.url_of_services()

    def _run(self, command: Sequence[str], everything: dict[str, str]) -> None:
        done = subprocess.run(command, env={**os.environ, **everything}, capture_output=True, text=True, check=False)
        if done.returncode:
            raise CannotStart(f"bringing the tables up to date failed:\n{done.stderr.strip()}")

    def _refuse_if_taken(self) -> None:
        deadline = time.monotonic() + PORT_PATIENCE  # services of a launcher that was killed may be on their way out
        while True:
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind((self.host, self.port))
                except OSError as error:
                    if time.monotonic() > deadline:
                        raise CannotStart(
                            f"port {self.port} cannot be used ({error.strerror}). Choose another with SKILLSLAB_PORT."
                        ) from error
                else:
                    return
            time.sleep(TICK)

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while not self.stopping:
            for child in self.children:
                child.watch()
            try:
                with urllib.request.urlopen(f"http://{self.host}:{self.port}/health/ready", timeout=5):
                    return
            except (urllib.error.URLError, OSError) as error:
                if time.monotonic() > deadline:
                    why = error.read().decode() if isinstance(error, urllib.error.HTTPError) else str(error)
                    raise CannotStart(f"not ready within {PATIENCE:.0f} seconds: {why}. See {self.data / 'logs'}") from error
            time.sleep(TICK)


def whole_number(name: str, default: str, *, most: int) -> int:
    """What the environment says, from 1 on. Raises CannotStart for anything else."""
    told = os.environ.get(name, default)
    if not (told.isascii() and told.isdigit() and 1 <= int(told[:9]) <= most):
        raise CannotStart(f"{name} is {told!r}, and must be a whole number from 1 to {most}.")
    return int(told)


def answers(url: str) -> bool:
    """Whether somebody listens at the host and port of an address."""
    where = urlsplit(url)
    try:
        with socket.create_connection((where.hostname or "", where.port or PORTS[where.scheme]), timeout=BROKER_PATIENCE):
            return True
    except OSError:
        return False


def without_password(url: str) -> str:
    where = urlsplit(url)
    return where._replace(netloc=where.netloc.rpartition("@")[2]).geturl()


def say(text: str) -> None:
    print(text, flush=True)


@contextmanager
def only_one(data: Path) -> Iterator[None]:
    """One launcher per data folder. Raises CannotStart when another is at work."""
    data.mkdir(parents=True, exist_ok=True)
    with (data / "launch.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise CannotStart(f"the platform runs already with {data}; stop it, or choose another SKILLSLAB_DATA") from error
        yield


def main(services: Sequence[str]) -> int:
    try:
        platform = Platform(services)
    except CannotStart as why:
        print(f"Skillslab cannot start: {why}", file=sys.stderr)
        return 1

    def ask_to_stop(number: int, frame: FrameType | None) -> None:
        platform.stopping = True

    signal.signal(signal.SIGINT, ask_to_stop)
    signal.signal(signal.SIGTERM, ask_to_stop)
    try:
        with only_one(platform.data):
            started = time.monotonic()
            try:
                platform.start()
                if not platform.stopping:
                    greet(platform, time.monotonic() - started)
                platform.watch()
            finally:
                say("\nStopping …")
                platform.stop()
    except (CannotStart, DatabaseFailed) as why:
        print(f"Skillslab cannot start: {why}", file=sys.stderr)
        return 1
    say("Stopped. Start it again and it goes on with the same data.")
    return 0


def greet(platform: Platform, seconds: float) -> None:
    say(f"\nSkillslab is open at {platform.address} (after {seconds:.1f} seconds)")
    hint = platform.data / "greeting.txt"
    if hint.exists():
        say(hint.read_text(encoding="utf-8"))
    if (bus := os.environ.get("SKILLSLAB_BUS_URL")) and not answers(bus):
        say(
            f"Nobody answers at {without_password(bus)} (SKILLSLAB_BUS_URL). "
            "Until the broker is there, facts go round by the logs, once a minute."
        )
    say(f"Data lives in {platform.data}, what the services say in {platform.data / 'logs'}. Ctrl-C stops everything.")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
