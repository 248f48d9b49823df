"""Where a service's database is."""

from __future__ import annotations

from urllib.parse import urlsplit, urlunsplit


def database_of(server_url: str, name: str) -> str:
    """The address of one service's own database on a server: `…/skillslab` and `catalog` give `…/skillslab_catalog`."""
    url = urlsplit(server_url)
    prefix = url.path.strip("/") or "skillslab"
    return urlunsplit(url._replace(path=f"/{prefix}_{name}"))
