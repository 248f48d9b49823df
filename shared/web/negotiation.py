"""In which form to answer, by the header Accept (RFC 9110, section 12.5.1)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

NAME = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
RANGE = re.compile(rf"\s*({NAME})/({NAME})\s*((?:;[^;]*)*)", re.ASCII)
WEIGHT = re.compile(r"\s*q\s*=\s*(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)\s*", re.ASCII | re.IGNORECASE)
"""From 0 to 1, with three decimals at most. Other parameters change nothing about what fits."""


class Range(NamedTuple):
    """Part of an Accept header: what it covers, and how well that is liked."""

    main: str
    sub: str
    weight: float

    def covers(self, main: str, sub: str) -> int:
        """How narrowly it covers this media type: 3 by name, 2 by its kind, 1 as anything; 0 if it does not."""
        if (self.main, self.sub) == ("*", "*"):
            return 1
        if self.main != main or self.sub not in ("*", sub):
            return 0
        return 2 if self.sub == "*" else 3


def best(accept: str, offers: Sequence[str]) -> str | None:
    """The media type that is liked best, the first of equals; None if none of them will do.

    What the narrowest range says counts. Where there is no header, or nothing in it that makes sense, anything will do.
    """
    wanted = [found for part in accept.split(",") if (found := _range(part))]
    if not wanted:
        return offers[0]
    liked = {offer: _liking(offer, wanted) for offer in offers}
    most = max(liked.values())
    return next((offer for offer in offers if liked[offer] == most), None) if most > 0 else None


def _liking(offer: str, wanted: Sequence[Range]) -> float:
    main, _, sub = offer.partition("/")
    return max(((span.covers(main, sub), span.weight) for span in wanted if span.covers(main, sub)), default=(0, 0.0))[1]


def _range(part: str) -> Range | None:
    """None for what is no media range, or has a weight that is none."""
    found = RANGE.fullmatch(part)
    if found is None or (found[1] == "*" and found[2] != "*"):
        return None
    weights = [WEIGHT.fullmatch(text) for text in found[3].split(";") if re.match(r"\s*q\s*=", text, re.IGNORECASE)]
    if None in weights:
        return None
    return Range(found[1].lower(), found[2].lower(), min((float(weight[1]) for weight in weights if weight), default=1.0))
