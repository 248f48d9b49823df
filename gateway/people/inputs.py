"""What people may write about themselves and each other."""

from __future__ import annotations

from email_validator import EmailNotValidError, validate_email
from pydantic import TypeAdapter, ValidationError

from shared.text import Words

NAME: TypeAdapter[str] = TypeAdapter(Words)
LONGEST_ADDRESS = 254


def address(text: str) -> str | None:
    """A mail address as it is kept, or None for what is none."""
    try:
        return validate_email(text[: LONGEST_ADDRESS + 1], check_deliverability=False).normalized
    except EmailNotValidError:
        return None


def fault_in_name(text: str) -> str | None:
    """The code of what is wrong with a name, if anything is."""
    try:
        NAME.validate_python(text)
    except ValidationError as error:
        return error.errors()[0]["type"]
    return None
