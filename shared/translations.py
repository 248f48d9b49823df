"""Dutch and English: English is written in the code, Dutch in a `nl.po` beside it, read as it is (there is no build step)."""

from __future__ import annotations

from collections.abc import Mapping
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path
from typing import Literal

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

Language = Literal["nl", "en"]
LANGUAGES: tuple[Language, ...] = ("nl", "en")


def load(folder: Path) -> Mapping[Language, NullTranslations]:
    """The translations in `folder/nl.po`, per language. Raises FileNotFoundError, or babel's PoFileError."""
    with (folder / "nl.po").open("rb") as file:
        catalogue = read_po(file, locale="nl", abort_invalid=True)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return {"nl": GNUTranslations(compiled), "en": NullTranslations()}


def best(accept_language: str, default: Language = "nl") -> Language:
    """The language that an Accept-Language header likes best, of the two there are."""
    wanted: list[tuple[float, Language]] = []
    for part in accept_language.split(","):
        name, _, quality = part.strip().partition(";q=")
        for language in LANGUAGES:
            if name.lower().split("-")[0] == language:
                try:
                    wanted.append((float(quality or 1), language))
                except ValueError:
                    continue
    return max(wanted, default=(0.0, default), key=lambda pair: pair[0])[1]
