"""What a service says when it cannot do what was asked. Rules raise nothing: an expected no is a value until the door."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Rejected(Exception):
    """An expected no, translated at the door into a problem (RFC 9457) with this slug in its `type`."""

    slug: str
    status: int = 409
    detail: str = ""
    retry_after: int | None = None
    """Seconds after which asking again makes sense."""
    allowed: str = ""
    """The methods that the address does answer to, for one that it does not (405)."""
    errors: list[dict[str, str]] = field(default_factory=list)
    """One entry per faulty field: where it stands (`field`) and what to do (`detail`)."""

    def __str__(self) -> str:
        return self.slug


def not_found() -> Rejected:
    """The answer for what does not exist and for what is not yours: nobody can tell the two apart."""
    return Rejected("not-found", 404, "There is nothing here under this id that you may see.")


class Busy(Rejected):
    """Everything is in use for the moment; nothing was done."""

    def __init__(self) -> None:
        super().__init__("busy", 503, "It is very busy. Nothing was changed; please try again in a moment.", retry_after=2)
