"""`python -m gateway` serves. `operator` makes the first operator, `sign-out` signs people out everywhere, `erase` forgets
somebody, `retention` lets go of who is long away, and `tokens` makes tokens for trying things out.
"""

from gateway import erase_person, first_operator, retention, sign_out, tokens
from gateway.app import open_service
from gateway.settings import GatewaySettings
from shared.web.server import main

if __name__ == "__main__":
    commands = {
        "operator": first_operator.main, "sign-out": sign_out.main, "erase": erase_person.main, "retention": retention.main,
        "tokens": tokens.main,
    }  # fmt: skip
    main("gateway", GatewaySettings, open_service, commands)
