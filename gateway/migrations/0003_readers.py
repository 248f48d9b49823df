"""Who sees which people, as the database itself has it."""

from shared.database.migrate import run_sql

revision = "gateway_0003"
down_revision = "gateway_0002"


def upgrade() -> None:
    run_sql(__file__)
