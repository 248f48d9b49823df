"""`python -m shared.checks gateway catalog …`: what `skillslab check` runs. Exits with 0 when all is well, and with 1 when it
is not, or when that cannot be said.
"""

from __future__ import annotations

import asyncio
import os
import sys
from argparse import ArgumentParser
from collections.abc import Sequence

import orjson

from shared.checks.checking import check
from shared.checks.logs import WAIT
from shared.platform import find_platform

HUMBLE = 10


def main(arguments: Sequence[str]) -> int:
    parser = ArgumentParser(prog="skillslab check", description="Check everything that must hold, on the running platform.")
    parser.add_argument("services", nargs="+", help="whose databases to look at")
    parser.add_argument("--json", action="store_true", help="for programs")
    parser.add_argument(
        "--wait", type=float, default=WAIT, metavar="SECONDS", help=f"for facts that are under way (at most; {WAIT:.0f})"
    )
    wanted = parser.parse_args(arguments)
    find_platform()
    server_url = os.environ.get("SKILLSLAB_DATABASE_URL")
    if not server_url:
        parser.error("no running platform was found: set SKILLSLAB_DATA to its data folder, or SKILLSLAB_DATABASE_URL")
    os.nice(HUMBLE)
    found = asyncio.run(check(server_url, wanted.services, wanted.wait))
    print(orjson.dumps(found.as_json(), option=orjson.OPT_INDENT_2).decode() if wanted.json else found.as_text())
    return 0 if found.all_is_well else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
