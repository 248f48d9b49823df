"""Links bound to the browser that asked, roles by invitation, tokens that can be looked over."""

from shared.database.migrate import run_sql

revision = "gateway_0002"
down_revision = "gateway_0001"


def upgrade() -> None:
    run_sql(__file__)
