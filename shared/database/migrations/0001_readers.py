"""Reading as somebody: a role that owns nothing, and who it reads for."""

from shared.database.migrate import run_sql

revision = "database_0001"
down_revision = None


def upgrade() -> None:
    run_sql(__file__)
