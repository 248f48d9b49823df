"""Mails about a seat that somebody moved away with, or handed over."""

from shared.database.migrate import run_sql

revision = "notifications_0007"
down_revision = "notifications_0006"


def upgrade() -> None:
    run_sql(__file__)
