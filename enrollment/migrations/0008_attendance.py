"""Whether the holder of a seat was there, and whether they passed."""

from shared.database.migrate import run_sql

revision = "enrollment_0008"
down_revision = "enrollment_0007"


def upgrade() -> None:
    run_sql(__file__)
