"""Forgiving search: the words people type are widened to the words that the catalogue itself uses.

Full text finds a word in all its forms. Three more things are forgiven, against the catalogue's own vocabulary: a word may be a
part of a compound ("robot" is in "lasrobotprogrammeur"), it may be misspelt, and it may be one the catalogue never uses, which
then counts only if there is nothing else to go by.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from time import monotonic

from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

from shared.database import sql
from shared.database.pool import Connection

SQL = sql.load(__file__, "catalog.sql")

MOST_WORDS = 10
SAYS_NOTHING = frozenset(
    ["cursus", "cursussen", "training", "trainingen", "opleiding", "opleidingen", "scholing", "workshop", "course", "courses"]
)
"""What everything here is: such a word counts only when it stands alone."""
REFRESH_SECONDS = 60.0
WHOLE_WORD = 4
"""Letters from which a word is looked for inside others; shorter ones are found there too easily."""
LEAST_PART = 3
"""Letters that the part of a compound before it has at least."""


@dataclass(frozen=True)
class Wanted:
    """What to look for, as two text queries of PostgreSQL."""

    words: str
    """Every word, each in any of the forms that it may stand for."""
    exact: str
    """Any of the very words: what has them comes first."""
    some: str | None = None
    """At least one of the words, for where nothing has them all; None for a single word."""


class Vocabulary:
    """The words in use, as stems, read anew once a minute. A word that is newer is still found when it is typed as it is."""

    def __init__(self, statement: str) -> None:
        self._statement = statement
        self._words: frozenset[str] = frozenset()
        self._good_until = 0.0

    async def words(self, conn: Connection) -> frozenset[str]:
        if monotonic() > self._good_until:
            self._words = frozenset(row["word"] for row in await conn.fetch(self._statement))
            self._good_until = monotonic() + REFRESH_SECONDS
        return self._words


async def understand(conn: Connection, vocabulary: Vocabulary, typed: str) -> Wanted | None:
    """What to look for when somebody typed this; None if no word of it means anything."""
    in_use = await vocabulary.words(conn)
    words = [forms for forms in await _forms(conn, split(typed)) if forms]
    if not words:
        return None
    meant = [(forms, widen(forms, in_use) or await _with_a_letter_too_many(conn, forms, in_use)) for forms in words]
    used = [(forms, wide) for forms, wide in meant if wide] or meant
    return Wanted(
        words=" & ".join(f"({_any_of(forms | wide)})" for forms, wide in used),
        exact=_any_of(form for forms in words for form in forms),
        some=_any_of(form for forms, wide in used for form in forms | wide) if len(used) > 1 else None,
    )


def split(typed: str) -> Sequence[str]:
    """The words, in small letters and without accents, as the database compares them (`fold`). Single letters are no words."""
    letters = "".join(c for c in unicodedata.normalize("NFKD", typed) if not unicodedata.combining(c))
    words = [word for word in re.findall(r"[^\W_]+", letters.lower()) if len(word) > 1]
    return ([word for word in words if word not in SAYS_NOTHING] or words)[:MOST_WORDS]


def widen(forms: Collection[str], in_use: Collection[str]) -> frozenset[str]:
    """The words in use that a word may stand for: itself and compounds with it; else what it resembles; else nothing."""
    return _compounds(forms, in_use) or _compounds(_nearest(forms, in_use), in_use) or _near_parts(forms, in_use)


async def _forms(conn: Connection, words: Sequence[str]) -> Sequence[frozenset[str]]:
    """Each word as it is and as its Dutch and its English stem; nothing for one that is a mere particle in either language."""
    rows = await conn.fetch(SQL.words, words)
    return [frozenset([row["word"], *row["nl"], *row["en"]]) if row["nl"] and row["en"] else frozenset() for row in rows]


async def _with_a_letter_too_many(conn: Connection, forms: Collection[str], in_use: Collection[str]) -> frozenset[str]:
    """What a long word stands for with any one of its letters left out: "lassenn" has no stem, and "lassen" has one."""
    typed = max(forms, key=len)
    if len(typed) <= WHOLE_WORD:
        return frozenset()
    shorter = {typed[:at] + typed[at + 1 :] for at in range(len(typed))}
    found = (_compounds(stems, in_use) for stems in await _forms(conn, sorted(shorter)))
    return frozenset(word for words in found for word in words)


def _compounds(forms: Collection[str], in_use: Collection[str]) -> frozenset[str]:
    return frozenset(word for word in in_use if any(_is_part(form, word, in_use) for form in forms))


def _is_part(form: str, word: str, in_use: Collection[str]) -> bool:
    if form == word:
        return True
    if len(form) >= WHOLE_WORD:
        return word.startswith(form) or form in word[LEAST_PART:]  # "lass" is in "robotlass", and not in "glass"
    if len(form) == WHOLE_WORD - 1 and word.startswith(form):  # "las" is in "lasrobot", and not in "lasersnijder"
        return any(word.startswith(other, len(form)) for other in in_use if len(other) >= WHOLE_WORD)
    return len(form) == WHOLE_WORD - 1 and word.endswith(form) and word.removesuffix(form) in in_use


def _nearest(forms: Collection[str], in_use: Collection[str]) -> frozenset[str]:
    """The words in use that differ least, if they differ by a slip of the finger at most. A short word that begins with
    another letter is another word: "zorg" is not "morgen".
    """
    found: dict[str, float] = {}
    for form in forms:
        if len(form) >= WHOLE_WORD:
            slips = 1 if len(form) < 7 else 2
            for word, distance, _ in process.extract(form, in_use, scorer=OSA.distance, score_cutoff=slips, limit=None):
                if slips == 1 and word[0] != form[0]:
                    continue
                found[word] = min(distance, found.get(word, distance))
    least = min(found.values(), default=0)
    return frozenset(word for word, distance in found.items() if distance == least and len(word) >= WHOLE_WORD)


def _near_parts(forms: Collection[str], in_use: Collection[str]) -> frozenset[str]:
    """The compounds in use with a part that a long word resembles."""
    return frozenset(
        word
        for form in forms
        if len(form) >= 8
        for word, _, _ in process.extract(form, in_use, scorer=fuzz.partial_ratio, score_cutoff=87, limit=None)
        if len(word) > len(form)
    )


def _any_of(forms: Iterable[str]) -> str:
    return " | ".join(sorted({"'" + form.replace("\\", "\\\\").replace("'", "''") + "'" for form in forms}))
