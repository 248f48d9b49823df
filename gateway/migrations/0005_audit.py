"""Who did what, and who looked at whose data; which mails people choose not to get."""

from shared.database.migrate import run_sql

revision = "gateway_0005"
down_revision = "gateway_0004"


def upgrade() -> None:
    run_sql(__file__)
