"""Accounts of organisations by which people sign in."""

from shared.database.migrate import run_sql

revision = "gateway_0004"
down_revision = "gateway_0003"


def upgrade() -> None:
    run_sql(__file__)
