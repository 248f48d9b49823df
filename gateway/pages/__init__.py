"""Pages for people, in Dutch at `/` and in English at `/en`."""

from gateway.pages.page import RELAY
from gateway.pages.routes import add_to

__all__ = ["RELAY", "add_to"]
