"""`python -m notifications` serves."""

import os

from notifications.app import open_service
from notifications.settings import NotificationsSettings
from shared.web.server import main

NICENESS = 10  # mail can wait a second where processors are few; people at the desk should not

if __name__ == "__main__":
    os.nice(NICENESS)
    main("notifications", NotificationsSettings, open_service)
