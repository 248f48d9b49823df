"""No text that anybody wrote is run by the spreadsheet that opens it, and all of it stays readable."""

from __future__ import annotations

import csv
import re
from io import BytesIO, StringIO
from typing import Any
from xml.etree import ElementTree
from zipfile import ZipFile

import pytest
from python_calamine import CalamineWorkbook

from shared import spreadsheets
from shared.spreadsheets import Sheet, as_csv, as_xlsx, readable
from tests import hostile
from tests.counts import count
from tests.sabotage import twin

COUNT = count(2000, 10_000)
SPLITS = re.compile(r"[;,\t\r\n]")
UNSEEN = '"\u200b\u200c\u200d\u200e\u200f\u2060\ufeff'
RUN = tuple("=+-@\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b")
MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def runs(cell: str) -> bool:
    """Whether some spreadsheet may take it for a formula, however generous it is about spaces and quotes before it."""
    bare = cell
    while bare and (bare[0].isspace() or bare[0] in UNSEEN):
        bare = bare[1:]
    return bare.startswith(RUN)


def text_goes_in_as_it_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spreadsheets, "harmless", readable)


@pytest.mark.fuzz
@twin(text_goes_in_as_it_comes)
def test_no_cell_of_a_csv_begins_with_what_a_spreadsheet_runs(guard: None) -> None:
    given = list(hostile.texts(COUNT))

    text = as_csv([[cell, 7, cell] for cell in given]).decode("utf-8-sig")

    rows = list(csv.reader(StringIO(text, newline=""), delimiter=";", strict=True))
    assert [row[1] for row in rows] == ["7"] * COUNT
    assert [cell for row in rows for cell in row if runs(cell) or cell[:1] in ("\t", "\r", "\n", "\0")] == []
    for separator in (",", "\t"):
        others = csv.reader(StringIO(text, newline=""), delimiter=separator)
        assert [cell for row in others for cell in row if runs(cell)] == []
    assert [piece for piece in SPLITS.split(text) if runs(piece)] == [], "nor for a program that minds no quotes"


def test_a_csv_keeps_what_was_written() -> None:
    given = list(hostile.texts(COUNT))

    rows = csv.reader(StringIO(as_csv([[cell] for cell in given]).decode("utf-8-sig"), newline=""), delimiter=";")

    for cell, row in zip(given, rows, strict=True):
        assert "".join(row).replace("'", "") == readable(cell).replace("'", "")


def test_a_csv_is_the_one_that_a_dutch_excel_opens() -> None:
    written = as_csv([["Regio", "Deelnemers"], ["Fryslân; 't noorden", 12], [None, -3]])

    assert written == '\ufeff"Regio";"Deelnemers"\r\n"Fryslân; \'t noorden";12\r\n"";-3\r\n'.encode()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Jan-Willem, 12 jaar; e-mail: a@b.example", "Jan-Willem, 12 jaar; e-mail: a@b.example"),
        ("Robots + mensen", "Robots + mensen"),
        ("eerste regel\r\n\r\ntweede regel", "eerste regel\n\ntweede regel"),
        ("=1", "'=1"),
        ("+31 6 1234 5678", "'+31 6 1234 5678"),
        ("Lassen; =1", "Lassen;' =1"),
        ("a\0b", "a\ufffdb"),
    ],
)
def test_only_what_would_run_gets_an_apostrophe(text: str, shown: str) -> None:
    assert spreadsheets.harmless(text) == shown


def cells_are_guessed_at(monkeypatch: pytest.MonkeyPatch) -> None:
    def guess(page: Any, row: int, column: int, cell: object, style: object) -> None:
        page.write(row, column, readable(cell) if isinstance(cell, str) else cell, style)

    monkeypatch.setattr(spreadsheets, "NO_FORMULAS", {"max_url_length": 10_000})
    monkeypatch.setattr(spreadsheets, "_put", guess)


@pytest.mark.fuzz
@twin(cells_are_guessed_at)
async def test_text_in_a_workbook_is_text_and_no_formula_or_link(guard: None) -> None:
    given = list(hostile.texts(COUNT))

    book = await as_xlsx([Sheet("Cijfers", [[cell, 7] for cell in given])])

    assert kinds_of_cells(book) == {"inlineStr", "n"}
    read = CalamineWorkbook.from_filelike(BytesIO(book)).get_sheet_by_name("Cijfers").to_python(skip_empty_area=False)
    assert [row[1] for row in read] == [7.0] * COUNT
    for cell, row in zip(given, read, strict=True):
        assert row[0] in (readable(cell), f" {readable(cell)}")


def markup_goes_in_as_it_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spreadsheets, "_no_markup", lambda text: text)


@pytest.mark.fuzz
@twin(markup_goes_in_as_it_comes)
async def test_text_that_looks_like_the_inside_of_a_workbook_stays_text(guard: None) -> None:
    given = [f"<r>{text}</r>" for text in hostile.texts(COUNT)]

    assert kinds_of_cells(await as_xlsx([Sheet("Cijfers", [[cell] for cell in given])])) == {"inlineStr"}


def kinds_of_cells(book: bytes) -> set[str]:
    """The kinds of cells in a workbook, which must hold no formula, no link, and nothing that leads out of it."""
    with ZipFile(BytesIO(book)) as parts:
        for name in parts.namelist():
            assert b'TargetMode="External"' not in parts.read(name)
        sheet = parts.read("xl/worksheets/sheet1.xml").decode()
    try:
        root = ElementTree.fromstring(sheet)
    except ElementTree.ParseError as error:
        raise AssertionError("this is no workbook") from error
    assert not root.findall(f".//{MAIN}f")
    assert not root.findall(f".//{MAIN}hyperlink")
    return {cell.get("t", "n") for cell in root.iter(f"{MAIN}c")}
