"""Who sees which enrollments, as the database itself has it."""

from shared.database.migrate import run_sql

revision = "enrollment_0003"
down_revision = "enrollment_0002"


def upgrade() -> None:
    run_sql(__file__)
