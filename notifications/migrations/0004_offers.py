"""Mails about a seat that is held for somebody."""

from shared.database.migrate import run_sql

revision = "notifications_0004"
down_revision = "notifications_0003"


def upgrade() -> None:
    run_sql(__file__)
