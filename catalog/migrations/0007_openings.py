"""How a session opens, as its organiser asked for it."""

from shared.database.migrate import run_sql

revision = "catalog_0007"
down_revision = "catalog_0006"


def upgrade() -> None:
    run_sql(__file__)
