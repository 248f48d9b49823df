"""People, what they may do, and how they show who they are."""

from shared.database.migrate import run_sql

revision = "gateway_0001"
down_revision = None


def upgrade() -> None:
    run_sql(__file__)
