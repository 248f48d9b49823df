"""Mails about a ticket of a draw."""

from shared.database.migrate import run_sql

revision = "notifications_0009"
down_revision = "notifications_0008"


def upgrade() -> None:
    run_sql(__file__)
