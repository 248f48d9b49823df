"""The read side's own tables."""

from shared.database.migrate import run_sql

revision = "enrollment_0002"
down_revision = "enrollment_0001"


def upgrade() -> None:
    run_sql(__file__)
