"""The OpenAPI document of all operations, from their declarations."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, models_json_schema

from gateway.api.operation import Model, Operation, Problem
from gateway.edge import API_VERSION
from gateway.problems import PROBLEMS


class _Plain(GenerateJsonSchema):
    """Schemas without what says nothing: titles that are the name again, and null as what is left out."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    def default_schema(self, schema: Any) -> Any:
        if schema.get("default", ...) is None:
            return self.generate_inner(schema["schema"])
        return super().default_schema(schema)


def openapi(operations: Sequence[Operation], server_url: str, cookie: str) -> dict[str, Any]:
    """The OpenAPI 3.1 document of these operations."""
    outgoing = {model for operation in operations for model in operation.answers.values() if model} | {Problem}
    incoming = {operation.body for operation in operations if operation.body}
    wanted = [(model, "serialization") for model in outgoing] + [(model, "validation") for model in incoming]
    wanted.sort(key=lambda pair: (pair[0].__name__, pair[1]))
    names, schemas = models_json_schema(
        wanted, ref_template="#/components/schemas/{model}", schema_generator=_Plain  # type: ignore[arg-type]
    )  # fmt: skip
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        path = paths.setdefault(operation.path.removeprefix("/v1"), {})
        path[operation.method.lower()] = _document(operation, names) | {"responses": _responses(operation, operations, names)}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Skillslab",
            "version": API_VERSION,
            "summary": "Register people for training at the skillslabs of the Dutch Smart Industry fieldlabs.",
            "description": (
                "Find a course near you and enroll, publish courses and sessions, and follow uptake per region. The names "
                "follow the English glossary of the Open Education API. Every refusal is a problem (RFC 9457) whose `type` "
                "ends in a slug. An Idempotency-Key on a POST makes asking again harmless: the first answer is kept two days."
            ),
            "contact": {"name": "Skillslab", "url": server_url, "email": "beheer@skillslab.example"},
        },
        "servers": [{"url": f"{server_url}/v1"}],
        "paths": paths,
        "components": {
            "schemas": dict(schemas.get("$defs", {})),
            "headers": HEADERS,
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "session": {"type": "apiKey", "in": "cookie", "name": cookie},
            },
        },
    }


HEADERS: Mapping[str, Mapping[str, Any]] = {
    "API-Version": {"description": "Of this document.", "required": True, "schema": {"type": "string"}},
    "Location": {"description": "Where it is.", "required": True, "schema": {"type": "string", "format": "uri-reference"}},
    "Retry-After": {
        "description": "Seconds after which asking again makes sense.", "required": True,
        "schema": {"type": "integer", "minimum": 0},
    },
    "WWW-Authenticate": {"description": "How to sign in.", "required": True, "schema": {"type": "string"}},
}  # fmt: skip
OF_STATUS = {"201": "Location", "202": "Location", "401": "WWW-Authenticate", "429": "Retry-After", "503": "Retry-After"}
"""The header that goes along with an answer, beside those that go along with every one."""


def _document(operation: Operation, names: Mapping[Any, Any]) -> dict[str, Any]:
    document: dict[str, Any] = {
        "operationId": operation.handler.__name__,
        "summary": operation.summary,
        "description": f"{operation.description} For: {operation.who}.".strip(),
        "tags": [operation.tag],
        "parameters": [*_path_parameters(operation.path), *_query_parameters(operation.query), *_header_parameters(operation)],
    }
    if operation.who != "anyone":
        document["security"] = [{"token": []}, {"session": []}]
    if operation.body:
        content = {"application/json": {"schema": names[(operation.body, "validation")]}}
        document["requestBody"] = {"required": operation.body_required, "content": content}
    return document


def _responses(operation: Operation, operations: Sequence[Operation], names: Mapping[Any, Any]) -> dict[str, Any]:
    links = _links(operation, operations)
    along = {"links": links} if links else {}
    answers = {
        str(status): _answer(status, model, operation.files, names) | {"headers": _headers(str(status))} | along
        for status, model in operation.answers.items()
    }
    problem = {"application/problem+json": {"schema": names[(Problem, "serialization")]}}
    refusals = {
        status: {
            "description": "; ".join(f"`{slug}`: {PROBLEMS[slug][0]}" for slug in slugs),
            "headers": _headers(status),
            "content": problem,
        }
        for status, slugs in _refusals(operation).items()
    }
    return answers | refusals


def _headers(status: str) -> dict[str, Any]:
    names = ["API-Version", *([OF_STATUS[status]] if status in OF_STATUS else [])]
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _links(operation: Operation, operations: Sequence[Operation]) -> dict[str, Any]:
    """What can be done next with what was answered: its id goes into the path, or else into the body."""
    paths = {other.handler.__name__: other.path for other in operations}
    return {
        name: {
            "operationId": name,
            "parameters" if f"{{{where}}}" in paths[name] else "requestBody": {where: "$response.body#/id"},
        }
        for name, where in operation.leads_to.items()
    }


def _refusals(operation: Operation) -> dict[str, list[str]]:
    """Which problems an operation may give, by status."""
    refusals: dict[str, list[str]] = {}
    if operation.who == "anyone":
        refusals["401"] = ["token-not-valid"]
    else:
        refusals["401"] = ["not-signed-in", "token-not-valid"]
    if "{" in operation.path:
        refusals["404"] = ["not-found"]
    refusals["400"] = ["unreadable-request"]
    if operation.query or operation.body or operation.method == "POST":
        refusals["400"].append("invalid-input")
    if operation.files:
        refusals["406"] = ["not-acceptable"]
    if operation.method != "GET":
        refusals["403"] = ["cross-site", "token-only-reads"]
        refusals["408"] = ["too-slow"]
        refusals["413"] = ["body-too-large"]
        refusals["415"] = ["encoded-body"]
    if operation.method == "POST":
        refusals["422"] = ["idempotency-key-reused"]
    refusals["429"] = ["too-many-requests"]
    refusals["503"] = ["unavailable", "busy"]
    for entry in operation.problems:
        status, _, slug = entry.partition(" ")
        refusals.setdefault(status, []).append(slug)
    return dict(sorted(refusals.items()))


def _answer(status: int, model: Model | None, files: Sequence[str], names: Mapping[Any, Any]) -> dict[str, Any]:
    descriptions = {200: "As it is.", 201: "Made.", 202: "Begun.", 204: "Done."}
    answer: dict[str, Any] = {"description": descriptions.get(status, "Answer.")}
    if model:
        answer["content"] = {"application/json": {"schema": names[(model, "serialization")]}} | {kind: {} for kind in files}
    return answer


def _path_parameters(path: str) -> list[dict[str, Any]]:
    """Ids are UUIDs as we gave them out; a fieldlab goes by a name."""
    ours, slug = {"type": "string", "format": "uuid"}, {"type": "string", "pattern": "^[a-z0-9-]{1,64}$"}
    return [
        {"name": name, "in": "path", "required": True, "schema": slug if name == "fieldlabId" else ours}
        for name in re.findall(r"{(\w+)}", path)
    ]


def _query_parameters(model: Model | None) -> list[dict[str, Any]]:
    if model is None:
        return []
    schema = model.model_json_schema(schema_generator=_Plain)
    parameters = []
    for name, property_schema in schema.get("properties", {}).items():
        shown = _not_null(property_schema)
        required = name in schema.get("required", ())
        parameter = {"name": name, "in": "query", "required": required, "allowEmptyValue": not required, "schema": shown}
        if "description" in shown:
            parameter["description"] = shown.pop("description")
        if shown.get("type") == "array":
            parameter |= {"style": "form", "explode": False}
        parameters.append(parameter)
    return parameters


def _not_null(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The schema of what stands in a query, where nothing is null: it is there or it is not."""
    choices = [choice for choice in schema.get("anyOf", ()) if choice != {"type": "null"}]
    rest = {key: value for key, value in schema.items() if key != "anyOf"}
    return {**choices[0], **rest} if len(choices) == 1 else dict(schema)


def _header_parameters(operation: Operation) -> list[dict[str, Any]]:
    if operation.method != "POST":
        return []
    schema = {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$"}
    return [{"name": "Idempotency-Key", "in": "header", "required": False, "schema": schema}]
