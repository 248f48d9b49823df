"""Everything the gateway says is there in Dutch too, and says the same with the same blanks in it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

import gateway
from gateway.problems import FIELD_FAULTS, PROBLEMS

ROOT = Path(gateway.__file__).parent
READERS = [("**.py", "python"), ("**.html", "jinja2.ext:babel_extract")]
OPTIONS = {"**.html": {"extensions": "jinja2.ext.i18n", "trim_blocks": "true", "lstrip_blocks": "true", "silent": "false"}}
BLANKS = re.compile(r"%\(\w+\)s")


def dutch() -> Catalog:
    with (ROOT / "locale" / "nl.po").open("rb") as file:
        return read_po(file, locale="nl", abort_invalid=True)


def said() -> set[str | tuple[str, ...]]:
    """What is marked for translation in code and templates; a pair is a singular and its plural."""
    return {text for _, _, text, _, _ in extract_from_dir(ROOT, READERS, options_map=OPTIONS)}


def kept() -> dict[str | tuple[str, ...], Message]:
    return {_key(message): message for message in dutch() if message.id}


def _key(message: Message) -> str | tuple[str, ...]:
    return message.id if isinstance(message.id, str) else tuple(message.id)


def test_every_text_is_there_in_dutch() -> None:
    assert len(said()) > 300
    assert sorted(map(str, said() - kept().keys())) == []


def test_nothing_is_translated_that_nobody_says() -> None:
    assert sorted(map(str, kept().keys() - said())) == []


def test_no_translation_is_empty_or_a_guess() -> None:
    empty = [key for key, message in kept().items() if not all(_forms(message.string)) or message.fuzzy]
    assert empty == []


def test_a_translation_has_the_blanks_of_its_original() -> None:
    wrong = [
        (original, translation)
        for message in kept().values()
        for original, translation in zip(_forms(message.id), _forms(message.string), strict=True)
        if sorted(BLANKS.findall(original)) != sorted(BLANKS.findall(translation))
    ]
    assert wrong == []


def _forms(text: object) -> list[str]:
    return [text] if isinstance(text, str) else list(text)  # type: ignore[call-overload]


SERVICES = ("gateway", "catalog", "enrollment", "notifications", "shared")
CODE = "\n".join(path.read_text() for service in SERVICES for path in (ROOT.parent / service).rglob("*.py"))


def test_every_refusal_that_any_part_gives_is_put_in_plain_words() -> None:
    slugs = set(re.findall(r'Rejected\(\s*"([a-z-]+)"', CODE)) | set(re.findall(r'Refused\("([a-z-]+)"', CODE))

    assert len(slugs) > 10
    assert slugs - PROBLEMS.keys() == set()


def test_every_fault_of_a_field_is_put_in_plain_words() -> None:
    codes = set(re.findall(r'PydanticCustomError\(\s*"(\w+)"', CODE)) | set(re.findall(r'"code": "(\w+)"', CODE))

    assert len(codes) > 8
    assert codes - FIELD_FAULTS.keys() == set()


TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.relative_to(ROOT / "templates").as_posix())
def test_a_template_holds_no_style_and_no_script_of_its_own(template: Path) -> None:
    text = template.read_text(encoding="utf-8")
    assert re.findall(r"\sstyle=|<style|\son\w+=|<script(?![^>]*\ssrc=)|javascript:|hx-on|hx-vals=.js", text) == []


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.relative_to(ROOT / "templates").as_posix())
def test_a_template_says_nothing_outside_the_translations(template: Path) -> None:
    """Words between tags, but for names that are the same in both languages."""
    text = re.sub(r"{% trans.*?endtrans %}|{#.*?#}|{%.*?%}|{{.*?}}", "", template.read_text(encoding="utf-8"), flags=re.DOTALL)
    words = {word for piece in re.findall(r">([^<>]*)<", text) for word in re.findall(r"[A-Za-z]{2,}", piece)}
    assert words - {"Skillslab", "CC", "BY", "MapSVG", "ESCO", "EQF", "nbsp", "English", "Nederlands"} == set()
