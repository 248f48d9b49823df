"""Sessions by their start, to end the waiting for those that begin."""

from shared.database.migrate import run_sql

revision = "enrollment_0012"
down_revision = "enrollment_0011"


def upgrade() -> None:
    run_sql(__file__)
