"""What may stand in text that people write, as checks for pydantic; each raises PydanticCustomError with a code of its own."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, StringConstraints
from pydantic_core import PydanticCustomError

TURNS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Characters that turn the order in which text is shown, so that it reads as what it is not."""

NINE_DIGITS = re.compile(r"(?<![\d])\d(?:[ .\-]?\d){8}(?![\d])", re.ASCII)
ELEVEN_TEST = (9, 8, 7, 6, 5, 4, 3, 2, -1)


def readable(text: str) -> str:
    if any((unicodedata.category(letter) == "Cc" and letter not in "\n\r\t") or letter in TURNS for letter in text):
        raise PydanticCustomError("control_characters", "Leave out control characters")
    return text


def on_one_line(text: str) -> str:
    if text.splitlines() not in ([], [text]):
        raise PydanticCustomError("line_breaks", "Write this on one line")
    return text


def without_citizen_number(text: str) -> str:
    """No citizen service number (BSN): nine digits that pass the eleven test, however they are spaced.

    Only bodies that a law names may use it (Wet algemene bepalingen burgerservicenummer, article 10), and consent changes
    nothing about that.
    """
    for found in NINE_DIGITS.findall(text):
        digits = [int(digit) for digit in found if digit.isdigit()]
        if any(digits) and sum(weight * digit for weight, digit in zip(ELEVEN_TEST, digits, strict=True)) % 11 == 0:
            raise PydanticCustomError("citizen_number", "This looks like a citizen service number (BSN); leave it out")
    return text


def filled(text: str) -> str:
    if not text:
        raise PydanticCustomError("string_too_short", "This may not be empty")
    return text


Words = Annotated[
    str,
    StringConstraints(max_length=200),
    AfterValidator(readable),
    AfterValidator(on_one_line),
    AfterValidator(without_citizen_number),
    AfterValidator(str.strip),
]
"""Up to 200 characters on one line, without the spaces around them; may be empty."""
Line = Annotated[Words, AfterValidator(filled)]
"""The same, and not empty."""


def _spelled(pattern: str, read: Callable[[str], object], code: str, wanted: str) -> BeforeValidator:
    """Anything looser in a query is refused: pydantic takes `86400` for a day, `1_0` for ten and `on` for true."""
    spelling = re.compile(pattern, re.ASCII)

    def check(value: object) -> object:
        if not isinstance(value, str):
            return value
        try:
            if spelling.fullmatch(value):
                return read(value)
        except ValueError:  # spelled well, and there is no such day
            pass
        raise PydanticCustomError(code, wanted)

    return BeforeValidator(check)


Day = Annotated[date, _spelled(r"\d{4}-\d{2}-\d{2}", date.fromisoformat, "date_parsing", "Write a date such as 2027-03-01")]
Whole = Annotated[int, _spelled(r"-?\d{1,18}", int, "int_parsing", "Write a whole number")]
YesOrNo = Annotated[bool, _spelled("true|false", "true".__eq__, "bool_parsing", "Write true or false")]
"""As they stand in a query."""


def _a_number(value: object) -> object:
    if isinstance(value, bool | str):
        raise PydanticCustomError("int_type", "Write a whole number")
    return value


Number = Annotated[int, BeforeValidator(_a_number)]
"""A whole number in JSON: neither `true` nor `"12"` is one."""


def filled_in(query: Mapping[str, str]) -> dict[str, str]:
    """A query without what is left empty, as forms do: that is not asked."""
    return {name: value for name, value in query.items() if value}
