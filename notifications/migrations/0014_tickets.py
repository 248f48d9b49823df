"""Mails about a ticket of a draw."""

from shared.database.migrate import run_sql

revision = "notifications_0014"
down_revision = "notifications_0013"


def upgrade() -> None:
    run_sql(__file__)
