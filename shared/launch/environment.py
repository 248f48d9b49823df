"""What every process of the platform is told, kept in the data folder so that the next start tells the same."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Sequence
from pathlib import Path

from shared.launch.postgres import free_port
from shared.platform import PLATFORM, private_file

PREFIX = "SKILLSLAB_"


def keys(data: Path, services: Sequence[str]) -> dict[str, str]:
    """A key that all services share, and one for each service alone; made at the first start."""
    file = data / "keys.json"
    kept: dict[str, str] = json.loads(file.read_text()) if file.exists() else {}
    wanted = ["SKILLSLAB_INTERNAL_KEY", *(own_key(service) for service in services)]
    missing = {name: secrets.token_urlsafe(32) for name in wanted if name not in kept}
    if missing:
        private_file(file, json.dumps(kept | missing, indent=1))
    return kept | missing


def own_key(service: str) -> str:
    return f"{PREFIX}{service.upper()}_KEY"


def addresses(services: Sequence[str]) -> dict[str, str]:
    """Where the services find each other, unless the environment says so: free ports of this machine alone."""
    names = [f"{PREFIX}{service.upper()}_URL" for service in services]
    return {name: os.environ.get(name, f"http://127.0.0.1:{free_port()}") for name in names}


def for_service(service: str, everything: dict[str, str], services: Sequence[str]) -> dict[str, str]:
    """All but the keys of the other services."""
    others = {own_key(other) for other in services if other != service}
    return {**os.environ, **{name: value for name, value in everything.items() if name not in others}}


def leave_for_commands(data: Path, everything: dict[str, str]) -> None:
    """So that `python -m <service> <command>` finds the running platform; see shared.platform.find_platform."""
    private_file(data / PLATFORM, "".join(f"{name}={value}\n" for name, value in sorted(everything.items())))
