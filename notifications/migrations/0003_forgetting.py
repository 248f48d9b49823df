"""People choose which mails they get, and are forgotten in the ledger too."""

from shared.database.migrate import run_sql

revision = "notifications_0003"
down_revision = "notifications_0002"


def upgrade() -> None:
    run_sql(__file__)
