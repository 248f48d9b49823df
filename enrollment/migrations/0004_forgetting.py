"""Enrollments of people who are forgotten, and when that is due."""

from shared.database.migrate import run_sql

revision = "enrollment_0004"
down_revision = "enrollment_0003"


def upgrade() -> None:
    run_sql(__file__)
