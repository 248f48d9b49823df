"""Who may see which figure exactly. Pure: it works on figures that were counted already.

A reviewer sees the own region exact. Of any other region, counts of 1 to 4 are hidden, and with them so many others of the
same column that nothing follows by subtraction: at least three lines, which add up to at least the threshold. One mark stands
for both kinds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from enrollment.uptake.queries import Figures, Report

THRESHOLD = 5
FEWEST_HIDDEN = 3
TOGETHER = ("confirmed", "participants")
"""Columns of which the one would give the other away: hidden on the same lines."""

Line = dict[str, object]
WITHHELD: Mapping[str, bool] = {"withheld": True}
IsOwn = Callable[[Figures], bool]


def exact(report: Report) -> tuple[list[Line], Line]:
    """Everything as counted: the lines, and the totals."""
    return [_shown(line, line.counts) for line in report.items], _shown(report.totals, report.totals.counts)


def protected(report: Report, is_own: IsOwn) -> tuple[list[Line], Line]:
    """With small figures hidden, except on the lines that are the reviewer's own."""
    lines = list(report.items)
    hidden = {column: _hidden(lines, [column], is_own) for column in report.totals.counts if column not in TOGETHER}
    together = _hidden(lines, TOGETHER, is_own)
    hidden |= dict.fromkeys(TOGETHER, together)
    shown = [
        _shown(line, {name: WITHHELD if number in hidden[name] else count for name, count in line.counts.items()})
        for number, line in enumerate(lines)
    ]
    totals = {
        name: WITHHELD if 0 < count < THRESHOLD or _gives_away(lines, name, hidden[name]) else count
        for name, count in report.totals.counts.items()
    }
    return shown, _shown(report.totals, totals)


def _gives_away(lines: Sequence[Figures], column: str, hidden: set[int]) -> bool:
    """Whether a total would say too much about its hidden lines: there were not enough others to hide among them."""
    return bool(hidden) and (len(hidden) < FEWEST_HIDDEN or sum(lines[number].counts[column] for number in hidden) < THRESHOLD)


def _hidden(lines: Sequence[Figures], columns: Sequence[str], is_own: IsOwn) -> set[int]:
    """The numbers of the lines that must be hidden in these columns."""

    def smallest(number: int) -> int:
        return min((lines[number].counts[name] for name in columns if lines[number].counts[name]), default=0)

    others = [number for number, line in enumerate(lines) if not is_own(line) and smallest(number)]
    hidden = {number for number in others if smallest(number) < THRESHOLD}
    for number in sorted(set(others) - hidden, key=smallest):
        if not hidden or (len(hidden) >= FEWEST_HIDDEN and sum(map(smallest, hidden)) >= THRESHOLD):
            break
        hidden.add(number)
    return hidden


def _shown(line: Figures, counts: Mapping[str, object]) -> Line:
    states = {name: count for name, count in counts.items() if name != "participants"}
    figures: Line = {"enrollments": states, "participants": counts["participants"]}
    return {"key": line.key, **figures} if line.key else figures
