"""The base of every fact."""

from __future__ import annotations

from typing import ClassVar

from pydantic import AwareDatetime, BaseModel, ConfigDict
from pydantic.alias_generators import to_camel


class Value(BaseModel):
    """A frozen part of a fact: camelCase on the wire, snake_case in Python."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True, extra="ignore")


class Event(Value):
    """A fact in the past tense, never changed once published. On the wire it is the data of a CloudEvent.

    A new optional field keeps the type; any other change is a new class with a new type. Unknown fields are ignored, so a
    reader may be older than the publisher. No fact holds personal data: a person is an id.
    """

    type: ClassVar[str]
    """Reverse DNS, lower case, such as `nl.skillslabs.enrollment.confirmed`; also the routing key."""

    revision: int
    """One more with each fact of the same subject, without gaps, from 1."""
    occurred_at: AwareDatetime

    @property
    def subject(self) -> str:
        """What the fact is about, such as `enrollments/<id>`. Its facts are applied in the order of their revisions."""
        raise NotImplementedError

    def to_json(self) -> bytes:
        return self.model_dump_json(by_alias=True, exclude_none=True).encode()
