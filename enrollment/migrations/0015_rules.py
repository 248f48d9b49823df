"""Seats with rules: one session of a course at a time, a minimum, prerequisites, and seats that are kept for a group."""

from shared.database.migrate import run_sql

revision = "enrollment_0015"
down_revision = "enrollment_0014"


def upgrade() -> None:
    run_sql(__file__)
