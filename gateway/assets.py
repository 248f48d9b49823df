"""Style sheets, script, font, icons and map: our own from `static/`, the rest from the npm packages in `node_modules/`.

Nothing of others is kept in this repository. What is read is listed here by name, once, at start; it is served from our own
origin under an address that holds a hash of it all, so that browsers may keep it for ever.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from aiohttp import web
from markupsafe import Markup

from shared.errors import not_found

HERE = Path(__file__).parent
STATIC = HERE / "static"
PACKAGES = HERE.parent / "node_modules"

OWN = ("theme.css", "layout.css", "pages.js", "icon.svg")
TAKEN = {
    "components.css": "@utrecht/component-library-css/dist/index.css",
    "components-licence.md": "@utrecht/component-library-css/LICENSE.md",
    "htmx.js": "htmx.org/dist/htmx.min.js",
    "source-sans-3-latin.woff2": "@fontsource-variable/source-sans-3/files/source-sans-3-latin-wght-normal.woff2",
    "source-sans-3-latin-ext.woff2": "@fontsource-variable/source-sans-3/files/source-sans-3-latin-ext-wght-normal.woff2",
    "source-sans-3-licence.txt": "@fontsource-variable/source-sans-3/LICENSE",
}
ICONS = (
    "alert-triangle", "building-factory-2", "calendar-event", "chart-bar", "chevron-right",
    "circle-check", "clock", "download", "file-text", "hourglass", "info-circle", "list-check", "login-2", "logout",
    "mail", "map-pin", "school", "search", "settings", "tag", "user", "world",
)  # fmt: skip
TYPES = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
    ".md": "text/plain",
    ".txt": "text/plain",
}
SQUEEZED = (".css", ".js", ".svg", ".md", ".txt")
FOR_EVER = "public, max-age=31536000, immutable"


class AssetsMissing(Exception):
    """What the pages are made of is not there; the message says what to do."""


@dataclass(frozen=True)
class Asset:
    body: bytes
    squeezed: bytes | None
    content_type: str


@dataclass(frozen=True)
class Province:
    """A province on the map, as the outline that the package gives."""

    map_id: str
    outline: str


@dataclass(frozen=True)
class Map:
    view_box: str
    provinces: tuple[Province, ...]


@dataclass(frozen=True)
class Assets:
    version: str
    files: Mapping[str, Asset]
    icons: Mapping[str, Markup]
    netherlands: Map

    def url(self, name: str) -> str:
        """Where a file is served. Raises KeyError for one that is not on the list."""
        if name not in self.files:
            raise KeyError(name)
        return f"/assets/{self.version}/{name}"

    def icon(self, name: str) -> Markup:
        """A decoration beside words that say the same."""
        return self.icons[name]

    def route(self) -> web.RouteDef:
        async def get_asset(request: web.Request) -> web.Response:
            asset = self.files.get(request.match_info["name"])
            if asset is None:
                raise not_found()
            response = _response(asset, squeeze="gzip" in request.headers.get("Accept-Encoding", ""))
            if request.match_info["version"] != self.version:  # a page of before an update, or of after it
                response.headers["Cache-Control"] = "no-cache"
            return response

        return web.get("/assets/{version}/{name}", get_asset)


def load() -> Assets:
    """Read everything on the lists. Raises AssetsMissing."""
    if not PACKAGES.is_dir():
        raise AssetsMissing(f"The style sheets of the pages are not set up ({PACKAGES} is missing): run `make assets`.")
    bodies = {name: (STATIC / name).read_bytes() for name in OWN} | {name: _taken(path) for name, path in TAKEN.items()}
    icons = {name: _icon(_taken(f"@tabler/icons/icons/outline/{name}.svg")) for name in ICONS}
    version = hashlib.sha256(b"".join(bodies.values())).hexdigest()[:16]
    return Assets(
        version,
        {name: _asset(name, body) for name, body in bodies.items()},
        icons,
        _map(_taken("@svg-maps/netherlands/netherlands.svg")),
    )


def _taken(path: str) -> bytes:
    try:
        return (PACKAGES / path).read_bytes()
    except FileNotFoundError as missing:
        package = json.loads((HERE.parent / "package.json").read_text(encoding="utf-8"))["dependencies"]
        wanted = ", ".join(f"{name} {version}" for name, version in package.items())
        raise AssetsMissing(f"{missing.filename} is missing: run `make assets`, which installs {wanted}.") from missing


def _asset(name: str, body: bytes) -> Asset:
    suffix = Path(name).suffix
    return Asset(body, gzip.compress(body, 9, mtime=0) if suffix in SQUEEZED else None, TYPES[suffix])


def _response(asset: Asset, *, squeeze: bool) -> web.Response:
    headers = {"Content-Type": asset.content_type, "Cache-Control": FOR_EVER, "Vary": "Accept-Encoding"}
    if asset.content_type.startswith("text/"):
        headers["Content-Type"] += "; charset=utf-8"
    if squeeze and asset.squeezed is not None:
        return web.Response(body=asset.squeezed, headers={**headers, "Content-Encoding": "gzip"})
    return web.Response(body=asset.body, headers=headers)


def _icon(svg: bytes) -> Markup:
    """The lines of the drawing, to stand in the page itself: so it takes the colour of the text."""
    paths = re.findall(r' d="([^"]+)"', svg.decode())[1:]  # the first is the empty square around it
    lines = "".join(f'<path d="{path}"/>' for path in paths)
    return Markup(  # noqa: S704  (from a package that is pinned by its hash)
        '<svg class="icon" width="24" height="24" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.75" '
        f'stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false">{lines}</svg>'
    )


def _map(svg: bytes) -> Map:
    drawing = ElementTree.fromstring(svg)  # noqa: S314  (likewise)
    provinces = [Province(path.attrib["id"], path.attrib["d"]) for path in drawing]
    return Map(drawing.attrib["viewBox"], tuple(provinces))
