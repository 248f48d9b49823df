"""Who sees drafts, as the database itself has it."""

from shared.database.migrate import run_sql

revision = "catalog_0002"
down_revision = "catalog_0001"


def upgrade() -> None:
    run_sql(__file__)
