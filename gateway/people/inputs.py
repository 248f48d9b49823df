"""What people may write about themselves and each other."""

from __future__ import annotations

import re

from email_validator import EmailNotValidError, validate_email
from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticCustomError

from shared.text import Words, without_citizen_number

NAME: TypeAdapter[str] = TypeAdapter(Words)
LINK = re.compile(r"://|\bwww\.", re.IGNORECASE)
LONGEST_ADDRESS = 254


def address(text: str) -> tuple[str, str | None]:
    """A mail address as it is kept; or nothing, and the code of what is wrong with it."""
    try:
        without_citizen_number(text[:LONGEST_ADDRESS])
        found = validate_email(text[: LONGEST_ADDRESS + 1], check_deliverability=False, allow_smtputf8=False)
        return found.normalized, None
    except PydanticCustomError as wrong:
        return "", wrong.type
    except EmailNotValidError:
        return "", "email"


def fault_in_name(text: str) -> str | None:
    """The code of what is wrong with a name, or another short text, if anything is.

    A name stands in mails to others, in which programs make a link of whatever looks like one.
    """
    if LINK.search(text):
        return "link"
    try:
        NAME.validate_python(text)
    except ValidationError as error:
        return error.errors()[0]["type"]
    return None
