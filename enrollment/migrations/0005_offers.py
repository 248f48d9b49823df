"""Seats that are offered until a deadline, and groups that wait together."""

from shared.database.migrate import run_sql

revision = "enrollment_0005"
down_revision = "enrollment_0004"


def upgrade() -> None:
    run_sql(__file__)
