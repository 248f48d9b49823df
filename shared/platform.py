"""What a running platform leaves in its data folder, for commands that run beside it."""

from __future__ import annotations

import os
from pathlib import Path

PLATFORM = "platform.env"


def private_file(path: Path, text: str) -> None:
    """Write a file that only its owner may read, whole or not at all."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}.new")
    temporary.touch(mode=0o600)
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(path)


def find_platform() -> None:
    """Where the environment does not say which database to use, take all settings of the platform that runs on this machine
    from the file that its launcher left in the data folder (`SKILLSLAB_DATA`).
    """
    file = Path(os.environ.get("SKILLSLAB_DATA", ".skillslab")) / PLATFORM
    if "SKILLSLAB_DATABASE_URL" in os.environ or not file.exists():
        return
    for line in file.read_text(encoding="utf-8").splitlines():
        name, _, value = line.partition("=")
        os.environ.setdefault(name, value)
