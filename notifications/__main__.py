"""`python -m notifications` serves."""

from notifications.app import open_service
from notifications.settings import NotificationsSettings
from shared.web.server import main

if __name__ == "__main__":
    main("notifications", NotificationsSettings, open_service)
