"""PGMQ, from the package that carries its SQL. There is no upgrade path for such an installation: the version is pinned."""

import hashlib
from importlib.metadata import distribution
from pathlib import Path

from shared.database.migrate import run_sql

revision = "bus_0001"
down_revision = None

SHA256 = "bf7e66c75ed771df0c5f7cb2b9f0123ca77992daacd56e3911d1894a3efa99de"  # PGMQ SQL 1.13.0, of pgmq 1.1.4


def upgrade() -> None:
    # The file is located, not imported: importing pgmq would pull in a second database driver.
    text = Path(str(distribution("pgmq").locate_file("pgmq/sql/pgmq.sql"))).read_bytes()
    if hashlib.sha256(text).hexdigest() != SHA256:
        raise RuntimeError("the installed pgmq does not carry PGMQ SQL 1.13.0; install it from requirements/run.txt")
    run_sql(__file__, text.decode())
