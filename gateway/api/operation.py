"""Declaring an operation of the API, and the OpenAPI document that follows from all of them."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from aiohttp import web
from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel
from pydantic.json_schema import models_json_schema

from gateway.edge import API_VERSION
from gateway.problems import PROBLEMS

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
H = TypeVar("H", bound=Handler)
Who = Literal["anyone", "signed in", "worker", "organiser", "reviewer"]
Model = type[BaseModel]


class Shape(BaseModel):
    """What goes out: camelCase. Documentation of what the services answer, and held against it by the tests."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class Input(BaseModel):
    """What comes in: strict about names, so that a misspelt field is not silently ignored."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", frozen=True)


class Fault(Shape):
    """One faulty field: where it stands, and what to do about it."""

    pointer: str
    code: str
    detail: str


class Problem(Shape):
    """What is wrong and what to do about it (RFC 9457). `type` ends in a slug that programs can rely on."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[Fault] | None = None


@dataclass(frozen=True)
class Operation:
    """One method of one path."""

    method: str
    path: str
    handler: Handler
    summary: str
    description: str
    tag: str
    who: Who
    answers: Mapping[int, Model | None]
    query: Model | None = None
    body: Model | None = None
    body_required: bool = True
    problems: Sequence[str] = ()
    """Slugs of the refusals that are particular to it."""
    files: Sequence[str] = ()
    """Media types in which the answer can be had as well."""


class Operations:
    """The operations of one module, in the order of their declaration."""

    def __init__(self, tag: str) -> None:
        self._tag = tag
        self.all: list[Operation] = []

    def declare(
        self,
        method: str,
        path: str,
        summary: str,
        answers: Mapping[int, Model | None],
        *,
        who: Who = "anyone",
        query: Model | None = None,
        body: Model | None = None,
        body_required: bool = True,
        problems: Sequence[str] = (),
        files: Sequence[str] = (),
    ) -> Callable[[H], H]:
        """Say what a handler is for. Its docstring becomes the description."""

        def remember(handler: H) -> H:
            description = " ".join((handler.__doc__ or "").split())
            self.all.append(
                Operation(
                    method,
                    path,
                    handler,
                    summary,
                    description,
                    self._tag,
                    who,
                    answers,
                    query,
                    body,
                    body_required,
                    problems,
                    files,
                )
            )
            return handler

        return remember


def routes(operations: Sequence[Operation]) -> list[web.RouteDef]:
    return [
        web.get(operation.path, operation.handler, allow_head=True)
        if operation.method == "GET"
        else web.route(operation.method, operation.path, operation.handler)
        for operation in operations
    ]


def openapi(operations: Sequence[Operation], server_url: str) -> dict[str, Any]:
    """The OpenAPI 3.1 document of these operations."""
    outgoing = {model for operation in operations for model in operation.answers.values() if model} | {Problem}
    incoming = {model for operation in operations for model in (operation.body, operation.query) if model}
    wanted = [(model, "serialization") for model in outgoing] + [(model, "validation") for model in incoming]
    wanted.sort(key=lambda pair: (pair[0].__name__, pair[1]))
    names, schemas = models_json_schema(wanted, ref_template="#/components/schemas/{model}")  # type: ignore[arg-type]
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        paths.setdefault(operation.path.removeprefix("/v1"), {})[operation.method.lower()] = _document(operation, names)
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
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "session": {"type": "apiKey", "in": "cookie", "name": "skillslab"},
            },
        },
    }


def _document(operation: Operation, names: Mapping[Any, Any]) -> dict[str, Any]:
    document: dict[str, Any] = {
        "operationId": operation.handler.__name__,
        "summary": operation.summary,
        "description": f"{operation.description} For: {operation.who}.".strip(),
        "tags": [operation.tag],
        "parameters": [*_path_parameters(operation.path), *_query_parameters(operation.query), *_header_parameters(operation)],
        "responses": {
            str(status): _answer(status, model, operation.files, names) for status, model in operation.answers.items()
        },
    }
    if operation.who != "anyone":
        document["security"] = [{"token": []}, {"session": []}]
    if operation.body:
        content = {"application/json": {"schema": names[(operation.body, "validation")]}}
        document["requestBody"] = {"required": operation.body_required, "content": content}
    for status, slugs in _refusals(operation).items():
        document["responses"][status] = {
            "description": "; ".join(f"`{slug}`: {PROBLEMS[slug][0]}" for slug in slugs),
            "content": {"application/problem+json": {"schema": names[(Problem, "serialization")]}},
        }
    return document


def _refusals(operation: Operation) -> dict[str, list[str]]:
    """Which problems an operation may give, by status."""
    refusals: dict[str, list[str]] = {}
    if operation.who == "anyone":
        refusals["401"] = ["token-not-valid"]
    else:
        refusals["401"] = ["not-signed-in", "token-not-valid"]
    if "{" in operation.path:
        refusals["404"] = ["not-found"]
    if operation.query or operation.body:
        refusals["400"] = ["invalid-input"]
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
    descriptions = {200: "As it is.", 201: "Made.", 204: "Done."}
    answer: dict[str, Any] = {"description": descriptions.get(status, "Answer.")}
    if model:
        answer["content"] = {"application/json": {"schema": names[(model, "serialization")]}} | {kind: {} for kind in files}
    return answer


def _path_parameters(path: str) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in re.findall(r"{(\w+)}", path)
    ]


def _query_parameters(model: Model | None) -> list[dict[str, Any]]:
    if model is None:
        return []
    schema = model.model_json_schema()
    parameters = []
    for name, property_schema in schema.get("properties", {}).items():
        shown = {key: value for key, value in property_schema.items() if key not in ("title", "description")}
        parameter = {"name": name, "in": "query", "required": name in schema.get("required", ()), "schema": shown}
        if "description" in property_schema:
            parameter["description"] = property_schema["description"]
        if shown.get("type") == "array":
            parameter |= {"style": "form", "explode": False}
        parameters.append(parameter)
    return parameters


def _header_parameters(operation: Operation) -> list[dict[str, Any]]:
    if operation.method != "POST":
        return []
    schema = {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$"}
    return [{"name": "Idempotency-Key", "in": "header", "required": False, "schema": schema}]
