"""Every safety test has a twin that removes the guard and must go red."""

from __future__ import annotations

from collections.abc import Callable

import pytest

RemoveGuard = Callable[[pytest.MonkeyPatch], None]


def twin(remove_guard: RemoveGuard) -> pytest.MarkDecorator:
    """Run the test twice, the second time without its guard; that run must be red. Put it on a test that takes `guard`."""
    must_fail = pytest.mark.xfail(strict=True, raises=AssertionError)
    runs = [pytest.param(None, id="guarded"), pytest.param(remove_guard, id="sabotaged", marks=must_fail)]
    return pytest.mark.parametrize("guard", runs, indirect=True)
