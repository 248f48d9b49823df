"""How a session opens: from when, by a draw, with a waiting room; and the tickets of who comes."""

from shared.database.migrate import run_sql

revision = "enrollment_0014"
down_revision = "enrollment_0013"


def upgrade() -> None:
    run_sql(__file__)
