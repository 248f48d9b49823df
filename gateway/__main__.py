"""`python -m gateway` serves; `python -m gateway tokens` makes tokens for trying things out."""

from gateway import tokens
from gateway.app import open_service
from gateway.settings import GatewaySettings
from shared.web.server import main

if __name__ == "__main__":
    main("gateway", GatewaySettings, open_service, {"tokens": tokens.main})
