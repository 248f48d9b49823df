"""`python -m gateway` serves; `operator` makes the first operator, and `tokens` makes tokens for trying things out."""

from gateway import first_operator, tokens
from gateway.app import open_service
from gateway.settings import GatewaySettings
from shared.web.server import main

if __name__ == "__main__":
    main("gateway", GatewaySettings, open_service, {"operator": first_operator.main, "tokens": tokens.main})
