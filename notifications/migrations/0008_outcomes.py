"""Mails about a training that somebody completed, or no longer did."""

from shared.database.migrate import run_sql

revision = "notifications_0008"
down_revision = "notifications_0007"


def upgrade() -> None:
    run_sql(__file__)
