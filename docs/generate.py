"""`python -m docs.generate`: the documents that follow from the code. With `--check`: only say whether they are up to date."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

import orjson
from pydantic import BaseModel

from shared.contracts import asyncapi
from shared.contracts.event import Event
from shared.contracts.registry import PUBLISHERS

DOCS = Path(__file__).parent
SUBSCRIBERS = {
    "catalog": "catalog.reactions",
    "enrollment": "enrollment.reactions",
    "uptake": "enrollment.uptake.projection",
    "notifications": "notifications.reactions",
}


def consumers_of(event: type[Event]) -> dict[str, str]:
    """Who reacts to an event, and by which function."""
    found = {}
    for consumer, module in SUBSCRIBERS.items():
        reaction = import_module(module).SUBSCRIPTIONS.get(event)
        if reaction is not None:
            found[consumer] = f"{module}.{reaction.__name__}"
    return found


def events_page() -> str:
    lines = [
        "# Events",
        "",
        "Made by `python -m docs.generate` from `shared/contracts/` and each service's `SUBSCRIPTIONS`. Every event is a",
        "CloudEvent 1.0 in the NL GOV profile; `asyncapi.json` beside this page has the same for programs.",
        "",
        "| event | says | published by | consumed by |",
        "|---|---|---|---|",
    ]
    for publisher, events in PUBLISHERS.items():
        for event in events:
            consumers = ", ".join(f"{name} (`{function}`)" for name, function in consumers_of(event).items())
            lines.append(f"| [`{event.type}`](#{event.__name__.lower()}) | {_first(event)} | {publisher} | {consumers} |")
    for events in PUBLISHERS.values():
        for event in events:
            lines += ["", f"## {event.__name__}", "", f"`{event.type}` · `{event.__module__.replace('.', '/')}.py`", ""]
            lines += [" ".join((event.__doc__ or "").split()), "", "| field | type |", "|---|---|"]
            lines += [f"| `{name}` | {_type(schema)} |" for name, schema in _fields(event)]
    return "\n".join(lines) + "\n"


def _first(event: type[Event]) -> str:
    return " ".join((event.__doc__ or "").split()).split(". ")[0].rstrip(".")


def _fields(model: type[BaseModel]) -> list[tuple[str, dict[str, object]]]:
    schema = model.model_json_schema(by_alias=True, mode="serialization")
    return list(schema["properties"].items())


def _type(schema: dict[str, object]) -> str:
    if "$ref" in schema:
        return f"[{str(schema['$ref']).rpartition('/')[2]}](../shared/contracts/)"
    if "anyOf" in schema:
        options = schema["anyOf"]
        assert isinstance(options, list)
        return " or ".join(_type(option) for option in options)
    if "enum" in schema or "const" in schema:
        values = schema.get("enum", [schema.get("const")])
        assert isinstance(values, list)
        return ", ".join(f"`{value}`" for value in values)
    return " ".join(str(schema[key]) for key in ("type", "format") if key in schema)


def documents() -> dict[Path, bytes]:
    return {
        DOCS / "events.md": events_page().encode(),
        DOCS / "asyncapi.json": orjson.dumps(asyncapi.document(), option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS) + b"\n",
    }


def main(arguments: list[str]) -> int:
    stale = [file for file, text in documents().items() if not file.exists() or file.read_bytes() != text]
    if "--check" in arguments:
        for file in stale:
            print(f"{file.relative_to(DOCS.parent)} is not up to date: run python -m docs.generate", file=sys.stderr)
        return 1 if stale else 0
    for file in stale:
        file.write_bytes(documents()[file])
        print(f"wrote {file.relative_to(DOCS.parent)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
