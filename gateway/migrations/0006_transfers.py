"""Seats that somebody would hand over to a colleague."""

from shared.database.migrate import run_sql

revision = "gateway_0006"
down_revision = "gateway_0005"


def upgrade() -> None:
    run_sql(__file__)
