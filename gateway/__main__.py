"""`python -m gateway` serves. `operator` makes the first operator, `erase` forgets somebody, `retention` lets go of who is long
away, and `tokens` makes tokens for trying things out.
"""

from gateway import erase_person, first_operator, retention, tokens
from gateway.app import open_service
from gateway.settings import GatewaySettings
from shared.web.server import main

if __name__ == "__main__":
    commands = {
        "operator": first_operator.main, "erase": erase_person.main, "retention": retention.main, "tokens": tokens.main,
    }  # fmt: skip
    main("gateway", GatewaySettings, open_service, commands)
