"""The head of a queue is found at once, however long the queue is and whoever waits in it."""

from shared.database.migrate import run_sql

revision = "enrollment_0011"
down_revision = "enrollment_0010"


def upgrade() -> None:
    run_sql(__file__)
