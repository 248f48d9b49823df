"""`python -m catalog` serves."""

from catalog.app import open_service
from catalog.settings import CatalogSettings
from shared.web.server import main

if __name__ == "__main__":
    main("catalog", CatalogSettings, open_service)
