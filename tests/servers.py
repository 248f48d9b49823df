"""Real servers for the tests: one PostgreSQL and, when asked for, one RabbitMQ; started once, ended with the tests."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from shared.launch.postgres import Postgres, free_port, start, tied_to_parent

RABBITMQ = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")


@contextmanager
def scratch(name: str) -> Iterator[Path]:
    """A folder that other users may enter (a database does not run as root), gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix=f"skillslab-{name}-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def postgres_server(*, durable: bool = False) -> Iterator[Postgres]:
    with scratch("postgres") as folder:
        server = start(folder / "data", fast_and_loose=not durable)
        try:
            yield server
        finally:
            server.stop()


class RabbitMQServer(NamedTuple):
    """A broker of Debian's package, as an ordinary process on a port of its own."""

    folder: Path
    port: int
    management_port: int
    environment: dict[str, str]
    user: str
    password: str

    @property
    def url(self) -> str:
        return self.url_of("/")

    def url_of(self, vhost: str) -> str:
        return f"amqp://{self.user}:{self.password}@127.0.0.1:{self.port}/{'' if vhost == '/' else vhost}"

    def launch(self) -> subprocess.Popen[bytes]:
        """Start the broker; it takes a while before it answers."""
        with (self.folder / "broker.log").open("ab") as log:
            return subprocess.Popen(
                [RABBITMQ], env=self.environment, stdout=log, stderr=log, cwd="/",
                start_new_session=True,
                preexec_fn=tied_to_parent(signal.SIGTERM, drop_root=True),  # noqa: PLW1509
            )  # fmt: skip

    def start(self) -> subprocess.Popen[bytes]:
        """Start the broker and wait until it answers."""
        process = self.launch()
        deadline = time.monotonic() + 90
        while not self._answers():
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"RabbitMQ did not start:\n{(self.folder / 'broker.log').read_text()[-2000:]}")
            time.sleep(0.2)
        return process

    def manage(self, method: str, path: str, body: bytes = b"{}") -> None:
        """Call the management API; raises urllib.error.URLError when the broker does not answer."""
        token = b64encode(f"{self.user}:{self.password}".encode()).decode()
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.management_port}/api/{path}", data=None if method == "GET" else body, method=method,
            headers={"Authorization": f"Basic {token}", "Content-Type": "application/json"},
        )  # fmt: skip
        with urllib.request.urlopen(request, timeout=5):
            return

    def make_vhost(self, name: str) -> str:
        """A world of its own on the broker; returns its address."""
        self.manage("PUT", f"vhosts/{name}")
        self.manage("PUT", f"permissions/{name}/{self.user}", b'{"configure":".*","write":".*","read":".*"}')
        return self.url_of(name)

    def _answers(self) -> bool:
        try:
            self.manage("GET", "health/checks/virtual-hosts")
        except (urllib.error.URLError, OSError):
            return False
        return True


@contextmanager
def rabbitmq_server() -> Iterator[RabbitMQServer]:
    with scratch("rabbitmq") as folder:
        server = prepare_rabbitmq(folder)
        process = server.start()
        try:
            yield server
        finally:
            stop_rabbitmq(server, process)


def stop_rabbitmq(server: RabbitMQServer, process: subprocess.Popen[bytes]) -> None:
    """End the broker's whole process group, and the port mapper it started for itself."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and _environ(entry).get(b"ERL_EPMD_PORT") == server.environment["ERL_EPMD_PORT"].encode():
            os.kill(int(entry.name), signal.SIGKILL)


def _environ(process: Path) -> dict[bytes, bytes]:
    try:
        pairs = (process / "environ").read_bytes().split(b"\0")
    except OSError:  # it ended, or it is not ours
        return {}
    return dict(pair.split(b"=", 1) for pair in pairs if b"=" in pair)


def prepare_rabbitmq(folder: Path) -> RabbitMQServer:
    if not RABBITMQ.exists():
        raise RuntimeError("RabbitMQ is not installed; `make test` installs Debian's rabbitmq-server where it may")
    folder.chmod(0o777)
    port, management, mapper = free_port(), free_port(), free_port()
    password = secrets.token_urlsafe(12)
    (folder / "rabbitmq.conf").write_text(
        f"listeners.tcp.local = 127.0.0.1:{port}\n"
        f"management.tcp.ip = 127.0.0.1\nmanagement.tcp.port = {management}\n"
        f"default_user = tester\ndefault_pass = {password}\nloopback_users = none\n"
        "vm_memory_high_watermark.absolute = 1GiB\ndisk_free_limit.absolute = 50MB\n"
    )
    (folder / "enabled_plugins").write_text("[rabbitmq_management].\n")
    environment = {
        "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
        "HOME": str(folder),
        "LC_ALL": "C.UTF-8",
        "RABBITMQ_NODENAME": f"test{port}@localhost",
        "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "enabled_plugins"),
        "RABBITMQ_MNESIA_BASE": str(folder / "data"),
        "RABBITMQ_LOG_BASE": str(folder / "log"),
        "RABBITMQ_PID_FILE": str(folder / "pid"),
        "RABBITMQ_DIST_PORT": str(free_port()),
        "ERL_EPMD_PORT": str(mapper),
        "ERL_EPMD_ADDRESS": "127.0.0.1",
        # Two busy schedulers would spin for work on a machine that has none to spare.
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+sbwt none +sbwtdcpu none +sbwtdio none",
    }
    return RabbitMQServer(folder, port, management, environment, "tester", password)
