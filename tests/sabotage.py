"""Every safety test has a twin that removes the guard and must go red."""

from __future__ import annotations

from collections.abc import Callable

import pytest

RemoveGuard = Callable[[pytest.MonkeyPatch], None]


def twin(remove_guard: RemoveGuard, *, red: type[Exception] = AssertionError) -> pytest.MarkDecorator:
    """Run the test twice, the second time without its guard; that run must be red. Put it on a test that takes `guard`.

    `red` is what it fails with, where something behind the guard stops it first.
    """
    must_fail = pytest.mark.xfail(strict=True, raises=red)
    runs = [pytest.param(None, id="guarded"), pytest.param(remove_guard, id="sabotaged", marks=must_fail)]
    return pytest.mark.parametrize("guard", runs, indirect=True)


def layers(without_filter: RemoveGuard, without_security: RemoveGuard, *, both: bool = True) -> pytest.MarkDecorator:
    """Run the test with both layers, with either of them alone, which must do, and with none, which must be red.

    Not with `both` where other tests see that already.
    """

    def without_both(monkeypatch: pytest.MonkeyPatch) -> None:
        without_filter(monkeypatch)
        without_security(monkeypatch)

    runs = [
        *([pytest.param(None, id="guarded")] if both else []),
        pytest.param(without_filter, id="by the database alone"),
        pytest.param(without_security, id="by the statement alone"),
        pytest.param(without_both, id="sabotaged", marks=pytest.mark.xfail(strict=True, raises=AssertionError)),
    ]
    return pytest.mark.parametrize("guard", runs, indirect=True)


def no_row_level_security(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read as the owner of the tables, whoever asks."""
    monkeypatch.setattr("shared.web.reading.SEE_AS", "SELECT $1::text")
