"""Until when withdrawing is free, and how often which reason was given."""

from shared.database.migrate import run_sql

revision = "enrollment_0013"
down_revision = "enrollment_0012"


def upgrade() -> None:
    run_sql(__file__)
