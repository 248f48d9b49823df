"""The yardstick, the transaction that everybody writes first: lock the counter's row, insert enrollment and message."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import asyncpg

from shared.launch.postgres import Postgres, programs

TABLES = """
    CREATE TABLE naive_session (
        session_id int PRIMARY KEY,
        taken int NOT NULL,
        capacity int NOT NULL,
        CHECK (taken <= capacity)
    );
    INSERT INTO naive_session SELECT nr, 0, 2000000000 FROM generate_series(1, 2000) AS nr;
    CREATE TABLE naive_enrollment (
        enrollment_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        session_id int NOT NULL REFERENCES naive_session,
        person_id bigint NOT NULL,
        enrolled_at timestamptz NOT NULL DEFAULT now()
    );
    CREATE TABLE naive_outbox (event_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, body jsonb NOT NULL);
"""
TRANSACTION = r"""
\set person random(1, 1000000000)
\set session random(1, %(sessions)s)
BEGIN;
UPDATE naive_session SET taken = taken + 1 WHERE session_id = :session AND taken < capacity;
INSERT INTO naive_enrollment (session_id, person_id) VALUES (:session, :person);
INSERT INTO naive_outbox (body) VALUES ('{"type": "confirmed", "session": 1, "person": 1}');
COMMIT;
"""


async def prepare(server: Postgres) -> None:
    conn = await asyncpg.connect(server.url())
    await conn.execute(TABLES)
    await conn.close()


def transactions_per_second(server: Postgres, folder: Path, *, clients: int, seconds: int, sessions: int = 1) -> float:
    """pgbench with prepared statements, on one hot row or spread over up to 2,000."""
    script = folder / "naive.sql"
    script.write_text(TRANSACTION % {"sessions": sessions})
    command = [
        str(programs(folder) / "pgbench"), "-n", "-M", "prepared", "-c", str(clients), "-j", "2", "-T", str(seconds),
        "-f", str(script), "-h", "127.0.0.1", "-p", str(server.port), "-U", "postgres", "postgres",
    ]  # fmt: skip
    environment = {"PGPASSWORD": server.password, "LC_ALL": "C.UTF-8"}
    report = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
    found = re.search(r"tps = ([\d.]+)", report)
    assert found, report
    return float(found[1])
