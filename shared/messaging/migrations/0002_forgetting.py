"""The one rewrite that the log permits: another id for somebody who is to be forgotten."""

from shared.database.migrate import run_sql

revision = "messaging_0002"
down_revision = "messaging_0001"


def upgrade() -> None:
    run_sql(__file__)
