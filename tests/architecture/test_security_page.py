"""What docs/security.md says is so: its tests exist, its numbers hold, and nothing of the standard is passed over."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from itertools import pairwise
from pathlib import Path

import pytest

from gateway.settings import GatewaySettings
from tests import ROOT

PAGE = (ROOT / "docs/security.md").read_text(encoding="utf-8")
NAMED = re.compile(r"(tests/[\w/]+\.py)::(\w+)")
ITEMS: Mapping[str, Sequence[int]] = {
    "6.1": (1, 2, 3), "6.2": range(1, 13), "6.3": (1, 2, 3, 4), "6.4": (1, 2, 3, 4), "6.5": (1, 2, 3, 4, 5), "6.6": (1, 2, 3),
    "6.8": (1, 2, 3, 4), "7.1": (1, 2, 3), "7.2": (1, 2, 3, 4), "7.3": (1, 2), "7.4": (1, 2, 3, 4, 5), "7.5": (1, 2),
    "7.6": (1, 2), "8.1": (1, 2), "8.2": (1, 2, 3), "8.3": (1,), "8.4": (1,), "9.1": (1, 2, 3), "9.2": (1, 2, 3, 4),
    "10.1": (1, 2), "10.2": (1, 2), "10.3": (1, 2, 3, 4), "10.4": range(1, 12), "10.5": (1, 2, 3, 4, 5), "10.6": (1, 2),
    "10.7": (1, 2, 3),
}  # fmt: skip
"""Of ASVS 5.0.0, what is of level 1 or 2 in chapters 6 to 10."""
ANSWERS = ("shown", "does not apply", "**not yet**")


def section(title: str) -> str:
    return PAGE.split(f"\n## {title}\n")[1].split("\n## ")[0]


def rows(text: str) -> Sequence[Sequence[str]]:
    """The cells of all tables, without their heads."""
    lines = [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in text.splitlines() if line.startswith("|")]
    heads = [nr for nr, (_, after) in enumerate(pairwise(lines)) if "".join(after).strip("-|") == ""]
    return [line for nr, line in enumerate(lines) if nr not in heads and nr - 1 not in heads]


def functions(file: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    yield from (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def test_every_test_on_the_page_exists() -> None:
    named = set(NAMED.findall(PAGE))
    assert len(named) > 60
    files = {file: {one.name for one in functions(ROOT / file)} for file in {file for file, _ in named}}
    assert sorted(f"{file}::{name}" for file, name in named if name not in files[file]) == []


def test_every_item_is_answered_once_and_what_is_shown_names_its_tests() -> None:
    answers = {cells[0]: cells[3] for cells in rows(section("OWASP ASVS 5.0.0, chapters 6 to 10")) if cells[0][0].isdigit()}
    assert list(answers) == [f"{part}.{number}" for part, numbers in ITEMS.items() for number in numbers]
    for number, answer in answers.items():
        kind, _, why = answer.partition(": ")
        assert kind in ANSWERS, number
        assert len(why) > 5, number
        assert kind != "shown" or NAMED.search(answer), number


def test_the_counts_are_those_of_the_items() -> None:
    table = rows(section("OWASP ASVS 5.0.0, chapters 6 to 10"))
    counts = {cells[0].split()[0].lower(): [int(cell) for cell in cells[1:]] for cells in table if not cells[0][0].isdigit()}
    found = Counter((cells[0].split(".")[0], cells[3].partition(":")[0]) for cells in table if cells[0][0].isdigit())
    by_chapter = {f"v{chapter}": [found[chapter, answer] for answer in ANSWERS] for chapter in ("6", "7", "8", "9", "10")}
    assert counts == {**by_chapter, "all": [sum(column) for column in zip(*by_chapter.values(), strict=True)]}


def value_of(name: str) -> Sequence[int]:
    """What a setting, or something in the code, says."""
    if name.startswith("SKILLSLAB_"):
        return [GatewaySettings.model_fields[name.removeprefix("SKILLSLAB_").lower()].default]
    module, _, constant = name.rpartition(".")
    value = getattr(import_module(module), constant)
    return list(value.values()) if isinstance(value, dict) else [value]


@pytest.mark.parametrize("title", ["Limits", "Sessions"])
def test_the_numbers_on_the_page_are_those_that_hold(title: str) -> None:
    table = rows(section(title))
    assert len(table) >= 8
    for _what, told, where in table:
        if "::" in where:
            continue
        assert [int(number) for number in re.findall(r"\d+", told)] == value_of(where.strip("`")), where


# What it says of the code


LETTING_IN = {"credentials.open_session", "credentials.make_token", "credentials.give_tokens", "welcome", "sign_in.welcome"}
"""Functions after which somebody has something that lets them in."""


def test_every_way_in_is_on_the_page() -> None:
    found = set()
    for file in (ROOT / "gateway").rglob("*.py"):
        module = ".".join(file.relative_to(ROOT).with_suffix("").parts)
        for function in functions(file):
            called = {ast.unparse(node.func) for node in ast.walk(function) if isinstance(node, ast.Call)}
            if called & LETTING_IN and function.name not in LETTING_IN:
                found.add(f"{module}.{function.name}")

    assert found == set(re.findall(r"`(gateway\.[\w.]+)`", section("Ways in")))


def test_nobody_has_a_password_or_a_secret_question() -> None:
    fields = set()
    for template in (ROOT / "gateway/templates").rglob("*.html"):
        text = template.read_text(encoding="utf-8")
        assert not re.search(r"""type=["']password|autocomplete["']?[=:] ?["'](current|new)-password""", text), template
        if template.parent.name == "sign-in":
            fields |= set(re.findall(r'\bname="(\w+)"|b\.(?:field|choice|tick)\("(\w+)"', text))
    assert {one or other for one, other in fields} == {"form_token", "next", "email", "code", "role"}
    tables = "".join(file.read_text(encoding="utf-8") for file in (ROOT / "gateway/migrations").glob("*.sql"))
    assert "password" not in tables.lower()


def test_no_secret_comes_from_chance_that_can_be_foreseen() -> None:
    """`random` is for how long to wait; whatever must not be guessed comes from `secrets`, or from a key."""
    using = {
        str(file.relative_to(ROOT))
        for service in ("gateway", "catalog", "enrollment", "notifications", "shared")
        for file in (ROOT / service).rglob("*.py")
        if re.search(r"^\s*(import|from) random\b", file.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert using == {"shared/idle.py", "enrollment/desk.py"}
