"""One command starts everything, and nothing stays behind: not after Ctrl-C, and not after a kill."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import pytest

from shared.launch.postgres import free_port
from tests import ROOT, servers
from tests.platform import SERVICES

PATIENCE = 90


class Launched:
    """The launcher as a process of its own, as a newcomer starts it."""

    def __init__(self, data: Path, port: int) -> None:
        self.data, self.port = data, port
        self.process: subprocess.Popen[str] | None = None
        self.more: dict[str, str] = {}

    def start(self) -> subprocess.Popen[str]:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("SKILLSLAB_")}
        environment |= {"SKILLSLAB_DATA": str(self.data), "SKILLSLAB_PORT": str(self.port), "SKILLSLAB_DEMO": "1"}
        environment |= self.more
        self.process = subprocess.Popen(
            [sys.executable, "-m", "shared.launch", *SERVICES],
            cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        return self.process

    def until_open(self) -> str:
        """What it printed until it said that it is open."""
        assert self.process
        assert self.process.stdout
        said = []
        for line in self.process.stdout:
            said.append(line)
            if "Ctrl-C stops everything" in line:
                return "".join(said)
        raise AssertionError(f"it ended while starting: {''.join(said)}")

    def family(self) -> set[int]:
        """Every process below the launcher."""
        assert self.process
        return descendants(self.process.pid)

    def interrupt(self) -> str:
        assert self.process
        self.process.send_signal(signal.SIGINT)
        said, _ = self.process.communicate(timeout=PATIENCE)
        return said

    def courses(self) -> int:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/v1/courses", timeout=10) as answer:
            total: int = json.load(answer)["total"]
            return total


def descendants(pid: int) -> set[int]:
    children: dict[int, set[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text()
            except (FileNotFoundError, ProcessLookupError):
                continue
            parent = int(stat[stat.rindex(")") + 2 :].split()[1])
            children.setdefault(parent, set()).add(int(entry.name))
    found, look = set(), [pid]
    while look:
        for child in children.get(look.pop(), ()):
            found.add(child)
            look.append(child)
    return found


def alive(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat[stat.rindex(")") + 2] != "Z"


def until_gone(pids: set[int]) -> set[int]:
    """Those who are still there after half a minute."""
    deadline = time.monotonic() + 30
    while (left := {pid for pid in pids if alive(pid)}) and time.monotonic() < deadline:
        time.sleep(0.1)
    return left


@pytest.fixture
def launched() -> Iterator[Launched]:
    with a_launcher() as launched:
        yield launched


@pytest.fixture(scope="module")
def running() -> Iterator[Launched]:
    """One that is open, for who only looks at it."""
    with a_launcher() as launched:
        launched.start()
        launched.until_open()
        yield launched
        launched.interrupt()


@contextmanager
def a_launcher() -> Iterator[Launched]:
    with servers.scratch("launch") as folder:
        launched = Launched(folder / "data", free_port())
        try:
            yield launched
        finally:
            if launched.process and launched.process.poll() is None:
                launched.process.kill()
                launched.process.wait()
            if launched.process and launched.process.stdout:
                launched.process.stdout.close()


def test_it_starts_stops_and_goes_on_with_the_same_data(launched: Launched) -> None:
    launched.start()
    said = launched.until_open()
    family = launched.family()

    assert f"http://127.0.0.1:{launched.port}" in said
    assert "worker@demo.skillslab.example" in said
    assert launched.courses() == 44
    demo = launched.data / "demo.json"
    assert demo.stat().st_mode & 0o777 == 0o600
    assert set(json.loads(demo.read_text())["tokens"]) == {"worker", "employer", "organiser", "region", "operator"}

    assert "Stopped." in launched.interrupt()
    assert until_gone(family) == set()

    launched.start()
    launched.until_open()
    assert launched.courses() == 44
    assert json.loads(demo.read_text())["tokens"]
    launched.interrupt()


async def test_the_services_use_a_role_that_cannot_put_constraints_aside(running: Launched) -> None:
    told = dict(line.split("=", 1) for line in (running.data / "platform.env").read_text().splitlines())

    conn = await asyncpg.connect(told["SKILLSLAB_DATABASE_URL"] + "_enrollment")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await conn.execute("SET session_replication_role = replica")
    assert not await conn.fetchval("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
    await conn.close()


def test_when_the_launcher_is_killed_nothing_stays_behind(launched: Launched) -> None:
    process = launched.start()
    launched.until_open()
    family = launched.family()
    assert len(family) > len(SERVICES)

    process.kill()
    process.wait()

    assert until_gone(family) == set()
    assert process.stdout
    process.stdout.close()
    launched.start()
    launched.until_open()
    assert launched.courses() == 44
    launched.interrupt()


def test_a_service_and_a_database_that_are_killed_come_back(launched: Launched) -> None:
    launched.start()
    launched.until_open()
    for pid in launched.family():
        try:
            command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except FileNotFoundError:  # it ended by itself, as a tool of the start does
            continue
        if b"catalog" in command or command[0].endswith(b"bin/postgres"):
            os.kill(pid, signal.SIGKILL)

    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            assert launched.courses() == 44
            break
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.2)
    launched.interrupt()


def test_a_second_launcher_on_the_same_data_is_told_what_to_do(running: Launched) -> None:
    second = Launched(running.data, free_port())

    said, _ = second.start().communicate(timeout=PATIENCE)

    assert "choose another SKILLSLAB_DATA" in said


def test_a_port_that_is_taken_is_named(launched: Launched) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", launched.port))
        other.listen()

        said, _ = launched.start().communicate(timeout=PATIENCE)

    assert f"port {launched.port}" in said
    assert "SKILLSLAB_PORT" in said


@pytest.mark.parametrize(
    ("name", "told"),
    [("SKILLSLAB_PORT", "abc"), ("SKILLSLAB_PORT", "99999"), ("SKILLSLAB_PORT", "0"), ("SKILLSLAB_WORKERS", "x")],
)
def test_what_is_no_number_is_named_in_plain_words(tmp_path: Path, name: str, told: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "shared.launch", *SERVICES],
        cwd=ROOT, env={**os.environ, "SKILLSLAB_DATA": str(tmp_path), name: told}, capture_output=True, text=True,
        timeout=PATIENCE, check=False,
    )  # fmt: skip

    assert done.returncode == 1
    assert f"{name} is '{told}', and must be a whole number" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_broker_that_nobody_finds_is_named_without_its_password(launched: Launched, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launched, "more", {"SKILLSLAB_BUS_URL": f"amqp://guest:geheim@127.0.0.1:{free_port()}/"})
    launched.start()

    said = launched.until_open()

    assert "Nobody answers at amqp://127.0.0.1:" in said
    assert "geheim" not in said
    assert f"what the services say in {launched.data / 'logs'}" in said
    launched.interrupt()


def test_a_start_warns_of_nothing(launched: Launched) -> None:
    launched.start()
    launched.until_open()
    launched.interrupt()

    assert [log.name for log in (launched.data / "logs").iterdir() if "log not read" in log.read_text()] == []


def test_mail_gives_way_to_the_people_at_the_desk(running: Launched) -> None:
    niceness: dict[str, int] = {}
    for pid in running.family():
        command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        if b"-m" in command:
            niceness[command[command.index(b"-m") + 1].decode()] = os.getpriority(os.PRIO_PROCESS, pid)

    assert niceness["notifications"] > niceness["enrollment"] == niceness["gateway"]
