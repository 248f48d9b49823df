"""How sessions are described, and the ledger of what was told to whom."""

from shared.database.migrate import run_sql

revision = "notifications_0001"
down_revision = None


def upgrade() -> None:
    run_sql(__file__)
