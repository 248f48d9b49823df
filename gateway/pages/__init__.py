"""Pages for people, in Dutch at `/` and in English at `/en`."""

from gateway.pages.providers import PROVIDERS
from gateway.pages.routes import add_to

__all__ = ["PROVIDERS", "add_to"]
