"""What a session asks of who comes, how many have to come, and the seats that it keeps for a group.

Seats that are kept are free seats, and not for all. Whoever is in a group takes one of these first: so the group has at least
so many, and the others have the rest. Free for all + kept + held + taken is the capacity, always.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal

from shared.contracts.catalog import Place, Prerequisites, ReservedSeats, SeatGroup
from shared.contracts.enrollment import SizeClass

Going = Literal["pending", "short", "sure"]
"""Whether a session with a minimum takes place: to be decided, for the organiser to decide, or for sure."""
Source = SeatGroup | Literal["all"]
"""Where a seat comes from."""

SMALL: frozenset[SizeClass | None] = frozenset(["micro", "small", "medium"])
DECIDED_BEFORE = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Reservation:
    """Seats that were set apart for a group, and how many of them nobody has yet."""

    group: SeatGroup
    seats: int
    left: int
    until: datetime

    @property
    def told(self) -> ReservedSeats:
        return ReservedSeats(group=self.group, seats=self.seats, until=self.until)


@dataclass(frozen=True, slots=True)
class Declared:
    """What a person told for this seat: of themselves, and so forgotten with them."""

    groups: frozenset[SeatGroup] = frozenset()
    """Those that they are in."""
    shared: frozenset[SeatGroup] = frozenset()
    """Of who waits: those that all are in with whom they wait, themselves included."""
    seat_group: SeatGroup | None = None
    """For whom the seat that they have was kept."""
    stated: str | None = None
    """What they said to bring, in the words of the organiser at that time."""


NOTHING = Declared()


@dataclass(frozen=True, slots=True)
class Rules:
    """Those of a session, as they are now."""

    minimum: int | None = None
    decide_at: datetime | None = None
    going: Going | None = None
    """There where there is a minimum."""
    requires: Prerequisites | None = None
    reserved: tuple[Reservation, ...] = ()
    waiting: Mapping[SeatGroup, int] = field(default_factory=dict)
    """How many of each group wait alone: nobody of these waits beside a seat that is kept for them."""

    @property
    def kept(self) -> int:
        """Seats that are free, and not for all."""
        return sum(one.left for one in self.reserved)

    @property
    def due(self) -> datetime | None:
        """The next moment at which something is to be decided, or to be given to all."""
        pending = [self.decide_at] if self.going == "pending" and self.decide_at else []
        return min([*pending, *(one.until for one in self.reserved)], default=None)

    def is_kept(self, group: Source | None) -> bool:
        """Whether seats are still set apart for it."""
        return any(one.group == group for one in self.reserved)

    def left_for(self, group: SeatGroup) -> int:
        return next((one.left for one in self.reserved if one.group == group), 0)

    def source(self, groups: Collection[SeatGroup], size: int, for_all: int) -> Source | None:
        """Where so many seats at once come from for who is in these groups: first from what is kept for them, and of several
        from where most is left; else from the seats for all. None if there are too few.
        """
        fitting = [one for one in self.reserved if one.group in groups and one.left >= size]
        if fitting:
            return max(fitting, key=lambda one: one.left).group
        return "all" if for_all >= size else None

    def taken(self, source: Source) -> Rules:
        return self._left(source, -1)

    def given_back(self, group: SeatGroup | None) -> Rules:
        """A seat that was kept for a group is so again, as long as any are; otherwise it is for all."""
        return self._left(group, 1)

    def _left(self, source: Source | None, change: int) -> Rules:
        if not self.is_kept(source):
            return self
        after = tuple(
            replace(one, left=min(one.left + change, one.seats)) if one.group == source else one for one in self.reserved
        )
        return replace(self, reserved=after)

    def counted(self, groups: Collection[SeatGroup], change: int) -> Rules:
        """So many more, or fewer, of these groups wait alone."""
        if not groups:
            return self
        counts = {**self.waiting, **{group: self.waiting.get(group, 0) + change for group in groups}}
        return replace(self, waiting={group: number for group, number in sorted(counts.items()) if number})

    def lifted(self, now: datetime) -> Rules:
        """What was kept until now is for all."""
        return replace(self, reserved=tuple(one for one in self.reserved if one.until > now))

    def keeping(self, wanted: Sequence[ReservedSeats]) -> Rules:
        """The same with other seats kept. Whoever took one of a group counts among those of it."""
        had = {one.group: one.seats - one.left for one in self.reserved}
        after = tuple(
            Reservation(one.group, max(one.seats, had.get(one.group, 0)), max(one.seats - had.get(one.group, 0), 0), one.until)
            for one in wanted
        )
        return replace(self, reserved=after)


def decision_moment(starts_at: datetime, closes_at: datetime, now: datetime) -> datetime:
    """A week before the start, or when enrolling closes if that is earlier; at the closing where that has been."""
    early = min(closes_at, starts_at - DECIDED_BEFORE)
    return early if early > now else closes_at


def groups_of(
    fieldlab: Place, work: Place | None, size_class: SizeClass | None, reserved: Collection[Reservation], *, jobseeker: bool
) -> frozenset[SeatGroup]:
    """The groups that a person is in by what they told. That they look for work counts only where seats are kept for that."""
    groups: set[SeatGroup] = set()
    if size_class in SMALL:
        groups.add("sme")
    if work and work.labour_market_region == fieldlab.labour_market_region:
        groups.add("own-region")
    if jobseeker and any(one.group == "jobseekers" for one in reserved):
        groups.add("jobseekers")
    return frozenset(groups)
