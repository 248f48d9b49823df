"""Rows of text and numbers as a spreadsheet that is safe to open, as CSV or as XLSX.

A spreadsheet runs what looks like a formula, and what people wrote stands in our rows. In XLSX a cell says what it is, so text
is written as text. In CSV nothing does: there, text that some program may take for a formula gets an apostrophe in front, which
spreadsheets show and do not run (OWASP, CSV injection). Numbers stay numbers in both.

The CSV is the one that a Dutch Excel opens with a double click: semicolons, because its comma is in its numbers, and UTF-8 with
a byte order mark, without which it takes accents for something else. Lines end as RFC 4180 wants them.
"""

from __future__ import annotations

import asyncio
import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO, StringIO
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from xlsxwriter.worksheet import Worksheet

CSV = "text/csv"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

Cell = str | int | None
Row = Sequence[Cell]

NO_FORMULAS = {"strings_to_formulas": False, "strings_to_urls": False}
LITTLE_MEMORY = {"constant_memory": True}
"""Rows go to a temporary file as they come: 20,000 of them take 1 MB instead of 50."""
WIDEST = 60

UNREADABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
"""What XML or UTF-8 cannot hold, or some programs drop, so that a cell would begin with what follows it."""

BEGINS = r"(?:\A|(?<=[,;\t\n]))"
"""Where a cell begins, also for a program that splits at commas or tabs and minds no quotes."""
UNSEEN = r"""(?:[^\S\t\n]|["\u200b-\u200f\u2060\ufeff])*"""
"""Spaces, quotes and what nobody sees: some programs leave them out."""
RUNS = r"[=+\-@\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b]"
"""What a formula begins with: as ASCII, in full width, and small."""
FORMULA = re.compile(rf"{BEGINS}(?={UNSEEN}{RUNS})|\A(?=[\t\n])")


@dataclass(frozen=True)
class Sheet:
    """A sheet of a workbook; its first row is the heading."""

    name: str
    rows: Sequence[Row]


def as_csv(rows: Sequence[Row]) -> bytes:
    text = StringIO()
    writer = csv.writer(text, delimiter=";", quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n")
    writer.writerows([harmless(cell) if isinstance(cell, str) else cell for cell in row] for row in rows)
    return text.getvalue().encode("utf-8-sig")


def harmless(text: str) -> str:
    """The text with an apostrophe wherever a cell would begin with what a spreadsheet runs."""
    return FORMULA.sub("'", readable(text))


def readable(text: str) -> str:
    return UNREADABLE.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n"))


async def as_xlsx(sheets: Sequence[Sheet]) -> bytes:
    """Made in a thread: a large one takes seconds, in which others are served."""
    return await asyncio.to_thread(_as_xlsx, sheets)


def _as_xlsx(sheets: Sequence[Sheet]) -> bytes:
    from xlsxwriter import Workbook  # noqa: PLC0415 (12 MB that only who exports needs)

    file = BytesIO()
    with Workbook(file, {**NO_FORMULAS, **LITTLE_MEMORY}) as book:
        heading, line = (book.add_format({"bold": bold, "text_wrap": True, "valign": "top"}) for bold in (True, False))
        for sheet in sheets:
            page = book.add_worksheet(sheet.name)
            page.freeze_panes(1, 0)
            _set_widths(page, sheet.rows)
            for number, row in enumerate(sheet.rows):
                for column, cell in enumerate(row):
                    _put(page, number, column, cell, line if number else heading)
    return file.getvalue()


def _set_widths(page: Worksheet, rows: Sequence[Row]) -> None:
    for column, cells in enumerate(zip(*rows, strict=True)):
        page.set_column(column, column, min(WIDEST, 2 + max(len(str(cell)) for cell in cells)))


def _put(page: Worksheet, row: int, column: int, cell: Cell, style: Any) -> None:
    """Text as text whatever it looks like: only numbers are numbers, and nothing is a formula or a link."""
    if isinstance(cell, str):
        page.write_string(row, column, _no_markup(readable(cell)), style)
    elif cell is not None:
        page.write_number(row, column, cell, style)


def _no_markup(text: str) -> str:
    """xlsxwriter takes text from `<r>` to `</r>` for XML of its own, and writes it as it is; a space in front undoes that."""
    return f" {text}" if text.startswith("<r>") else text
