"""Named queries. SQL lives in .sql files beside the code that runs it; `-- name: x` stands above each statement."""

from __future__ import annotations

import re
from pathlib import Path


class Queries:
    """The statements of one file as attributes: `SQL.lock_sessions` is text for `conn.fetch`."""

    def __init__(self, **statements: str) -> None:
        self.__dict__.update(statements)

    def __getattr__(self, name: str) -> str:
        raise AttributeError(f"no query is named {name}; there are {', '.join(sorted(vars(self)))}")


def load(module_file: str, name: str) -> Queries:
    """The queries of the .sql file `name` beside `module_file`."""
    text = Path(module_file).with_name(name).read_text(encoding="utf-8")
    parts = re.split(r"^-- name: (\w+)\n", text, flags=re.MULTILINE)
    return Queries(**dict(zip(parts[1::2], map(str.strip, parts[2::2]), strict=True)))
