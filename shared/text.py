"""What may stand in text that people write, as checks for pydantic; each raises PydanticCustomError with a code of its own."""

from __future__ import annotations

import re
import unicodedata
from typing import Annotated

from pydantic import AfterValidator, StringConstraints
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
    if len(text.splitlines()) > 1:
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


Words = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=200),
    AfterValidator(readable),
    AfterValidator(on_one_line),
    AfterValidator(without_citizen_number),
]
"""Up to 200 characters on one line; may be empty."""
