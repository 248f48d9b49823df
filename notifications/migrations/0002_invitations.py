"""Mails that invite somebody to a role."""

from shared.database.migrate import run_sql

revision = "notifications_0002"
down_revision = "notifications_0001"


def upgrade() -> None:
    run_sql(__file__)
