"""Regions, fieldlabs, courses and sessions, and what is known of their seats."""

from shared.database.migrate import run_sql

revision = "catalog_0001"
down_revision = None


def upgrade() -> None:
    run_sql(__file__)
