"""Sessions with their seats, and who holds them."""

from shared.database.migrate import run_sql

revision = "enrollment_0001"
down_revision = None


def upgrade() -> None:
    run_sql(__file__)
