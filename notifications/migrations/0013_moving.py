"""Mails about a seat that somebody moved away with, or handed over."""

from shared.database.migrate import run_sql

revision = "notifications_0013"
down_revision = "notifications_0012"


def upgrade() -> None:
    run_sql(__file__)
