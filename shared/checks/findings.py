"""What must hold, and what was found of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

Status = Literal["ok", "broken", "not checkable"]

INVARIANTS: Mapping[str, str] = {
    "I1": "the seats that are taken are the seats that are held, and no more than there are",
    "I2": "every enrollment and withdrawal that was acknowledged is there as it was acknowledged",
    "I3": "nobody is twice in one session",
    "I4": "whatever was asked is fully there or fully absent: rows and facts tell the same",
    "I5": "facts count up without gaps, and each consumer applied each of them once",
    "I6": "the report, and the seats that are shown, equal the truth cell by cell",
    "I7": "one mail for each fact, person and kind of mail",
    "I8": "free seats and held seats make the capacity, and every offer ends",
    "I9": "nobody was served before somebody who waited longer and could be served",
    "I10": "nothing lies about unsent, unapplied or parked",
    "I11": "nobody reads what is not theirs",
}
SHOWN = 5


@dataclass
class Fault:
    """How often something was found, and the ids of the first: of enrollments, sessions or facts, never of people."""

    count: int = 0
    first: list[str] = field(default_factory=list)


@dataclass
class Findings:
    """Everything that was found so far."""

    faults: dict[tuple[str, str], Fault] = field(default_factory=dict)
    """By invariant and what is wrong."""
    unknown: dict[tuple[str, str], None] = field(default_factory=dict)
    """Invariants that could not be checked, and why."""
    notes: dict[tuple[str, str], None] = field(default_factory=dict)
    """What is no fault and worth knowing."""
    looked_at: Counter[str] = field(default_factory=Counter)

    def broken(self, invariant: str, what: str, ids: Iterable[object]) -> None:
        for found in ids:
            fault = self.faults.setdefault((invariant, what), Fault())
            fault.count += 1
            if len(fault.first) < SHOWN:
                fault.first.append(str(found))

    def cannot(self, invariants: Iterable[str], why: str) -> None:
        self.unknown.update(dict.fromkeys((invariant, why) for invariant in invariants))

    def note(self, invariant: str, what: str) -> None:
        self.notes[invariant, what] = None

    def status(self, invariant: str) -> Status:
        if any(of == invariant for of, _ in self.faults):
            return "broken"
        return "not checkable" if any(of == invariant for of, _ in self.unknown) else "ok"

    @property
    def all_is_well(self) -> bool:
        return not self.faults and not self.unknown

    def as_json(self) -> dict[str, object]:
        return {
            "ok": self.all_is_well,
            "lookedAt": dict(self.looked_at),
            "invariants": [
                {
                    "id": invariant,
                    "promise": promise,
                    "status": self.status(invariant),
                    "faults": [
                        {"what": what, "count": fault.count, "first": fault.first}
                        for (of, what), fault in self.faults.items()
                        if of == invariant
                    ],
                    "notCheckable": [why for of, why in self.unknown if of == invariant],
                    "notes": [what for of, what in self.notes if of == invariant],
                }
                for invariant, promise in INVARIANTS.items()
            ],
        }

    def as_text(self) -> str:
        lines = []
        for invariant, promise in INVARIANTS.items():
            lines.append(f"{invariant:<4} {self.status(invariant):<14} {promise}")
            lines += [
                f"{'':<9}{fault.count} x {what}: {', '.join(fault.first)}{' …' if fault.count > len(fault.first) else ''}"
                for (of, what), fault in self.faults.items()
                if of == invariant
            ]
            lines += [f"{'':<9}{what}" for of, what in (*self.unknown, *self.notes) if of == invariant]
        looked_at = ", ".join(f"{count:,} {what}" for what, count in self.looked_at.items())
        return "\n".join([*lines, f"Looked at {looked_at or 'nothing'}."])
