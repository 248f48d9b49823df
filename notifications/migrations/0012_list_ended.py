"""Mails to who waited until the training began."""

from shared.database.migrate import run_sql

revision = "notifications_0012"
down_revision = "notifications_0009"


def upgrade() -> None:
    run_sql(__file__)
