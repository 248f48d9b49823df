"""Sessions that do not take place."""

from shared.database.migrate import run_sql

revision = "catalog_0003"
down_revision = "catalog_0002"


def upgrade() -> None:
    run_sql(__file__)
