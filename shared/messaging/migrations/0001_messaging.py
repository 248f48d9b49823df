"""The event log, its outbox, what a consumer remembers, and what was answered before."""

from shared.database.migrate import run_sql

revision = "messaging_0001"
down_revision = None


def upgrade() -> None:
    run_sql(__file__)
