"""A session may ask for an approval before a seat is given."""

from shared.database.migrate import run_sql

revision = "enrollment_0006"
down_revision = "enrollment_0005"


def upgrade() -> None:
    run_sql(__file__)
