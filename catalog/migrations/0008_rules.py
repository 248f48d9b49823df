"""What a course asks for, and the rules of a session: how many have to come, and what is kept for whom."""

from shared.database.migrate import run_sql

revision = "catalog_0008"
down_revision = "catalog_0007"


def upgrade() -> None:
    run_sql(__file__)
