"""Sessions that ask for an approval say within how many hours it is given, and whether a seat is held until then."""

from shared.database.migrate import run_sql

revision = "catalog_0006"
down_revision = "catalog_0003"


def upgrade() -> None:
    run_sql(__file__)
