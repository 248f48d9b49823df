"""Declaring an operation of the API; its routes and the document about it follow from that."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeVar

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

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

    pointer: str = Field(pattern="^#(/|$)")
    code: str
    detail: str


class Problem(Shape):
    """What is wrong and what to do about it (RFC 9457). `type` ends in a slug that programs can rely on."""

    type: str = Field(pattern="^/problems/[a-z-]+$")
    title: str
    status: int = Field(ge=400, le=599)
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
    leads_to: Mapping[str, str] = field(default_factory=dict)
    """Where the id in the answer can be used next: by operation, the parameter or the field of its body."""


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
        leads_to: Mapping[str, str] | None = None,
    ) -> Callable[[H], H]:
        """Say what a handler is for. Its docstring becomes the description."""

        def remember(handler: H) -> H:
            description = " ".join((handler.__doc__ or "").split())
            operation = Operation(
                method, path, handler, summary, description, self._tag, who, answers, query, body, body_required, problems,
                files, leads_to or {},
            )  # fmt: skip
            self.all.append(operation)
            return handler

        return remember


def routes(operations: Sequence[Operation]) -> list[web.RouteDef]:
    return [
        web.get(operation.path, operation.handler, allow_head=True)
        if operation.method == "GET"
        else web.route(operation.method, operation.path, operation.handler)
        for operation in operations
    ]
