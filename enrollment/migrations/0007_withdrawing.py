"""Until when withdrawing is free, and how often which reason was given."""

from shared.database.migrate import run_sql

revision = "enrollment_0007"
down_revision = "enrollment_0006"


def upgrade() -> None:
    run_sql(__file__)
