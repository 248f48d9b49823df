"""Who may see which figure exactly. Pure: it works on figures that were counted already.

A reviewer sees the own region exact, and knows it: what has to be protected of a figure is the part that is not the reviewer's
own, for that is what is left when the own part is subtracted. Of that part counts of 1 to 4 are hidden, and with them so many
others of the same column that nothing follows by subtraction: at least three lines, whose parts add up to at least the
threshold. One mark stands for both kinds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from enrollment.uptake.queries import Figures, Report

THRESHOLD = 5
FEWEST_HIDDEN = 3
PLACES = ("taken", "participants")
"""Columns of which the one would give the other away: hidden on the same lines."""
OUTCOMES = ("confirmed", "attended", "completed", "no_show")
"""What became of the places. They add up to those taken, so they are hidden together, and wherever those are."""

Line = dict[str, object]
Counts = Mapping[str, int]
WITHHELD: Mapping[str, bool] = {"withheld": True}


def exact(report: Report) -> tuple[list[Line], Line]:
    """Everything as counted: the lines, and the totals."""
    return [_shown(line, line.counts) for line in report.items], _shown(report.totals, report.totals.counts)


def protected(report: Report, own: Report) -> tuple[list[Line], Line]:
    """With small figures hidden. `own` is the answer to the same question about the reviewer's own region alone."""
    of_own = {tuple(line.key.items()): line.counts for line in own.items}
    others = [_less(line.counts, of_own.get(tuple(line.key.items()), {})) for line in report.items]
    of_others = _less(report.totals.counts, own.totals.counts)
    hidden = {column: _hidden(others, [column]) for column in of_others if column not in (*PLACES, *OUTCOMES)}
    hidden |= dict.fromkeys(PLACES, _hidden(others, PLACES))
    hidden |= dict.fromkeys(OUTCOMES, _hidden(others, OUTCOMES) | hidden["taken"])
    shown = [
        _shown(line, {name: WITHHELD if number in hidden[name] else count for name, count in line.counts.items()})
        for number, line in enumerate(report.items)
    ]
    unsafe = {name for name in of_others if 0 < of_others[name] < THRESHOLD or _gives_away(others, name, hidden[name])}
    totals = {
        name: WITHHELD if unsafe.intersection(_would_tell(name)) else count for name, count in report.totals.counts.items()
    }
    return shown, _shown(report.totals, totals)


def _less(counts: Counts, own: Counts) -> Counts:
    return {name: count - own.get(name, 0) for name, count in counts.items()}


def _would_tell(name: str) -> Sequence[str]:
    """What would follow from a total: few seats say that there are few people, and the other way round, and all outcomes but
    one say the last.
    """
    if name in OUTCOMES:
        return (*PLACES, *OUTCOMES)
    return PLACES if name in PLACES else (name,)


def _gives_away(others: Sequence[Counts], column: str, hidden: set[int]) -> bool:
    """Whether a total would say too much about its hidden lines: there were not enough others to hide among them."""
    concealed = sum(others[number][column] for number in hidden)
    return concealed > 0 and (len(hidden) < FEWEST_HIDDEN or concealed < THRESHOLD)


def _hidden(others: Sequence[Counts], columns: Sequence[str]) -> set[int]:
    """The numbers of the lines that must be hidden in these columns."""

    def smallest(number: int) -> int:
        return min((others[number][name] for name in columns if others[number][name]), default=0)

    with_others = [number for number in range(len(others)) if smallest(number)]
    hidden = {number for number in with_others if smallest(number) < THRESHOLD}
    for number in sorted(set(with_others) - hidden, key=smallest):
        if not hidden or (len(hidden) >= FEWEST_HIDDEN and sum(map(smallest, hidden)) >= THRESHOLD):
            break
        hidden.add(number)
    return hidden


def _shown(line: Figures, counts: Mapping[str, object]) -> Line:
    states = {name: count for name, count in counts.items() if name != "participants"}
    figures: Line = {"enrollments": states, "participants": counts["participants"]}
    return {"key": line.key, **figures} if line.key else figures
