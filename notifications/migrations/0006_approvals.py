"""Mails about requests for approval."""

from shared.database.migrate import run_sql

revision = "notifications_0006"
down_revision = "notifications_0004"


def upgrade() -> None:
    run_sql(__file__)
