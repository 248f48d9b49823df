"""What people call a place, and what they may have meant: with the reference data itself, and no platform."""

from __future__ import annotations

from functools import cache

import pytest

from catalog import reference
from gateway.names import Municipality, Names, Place, plain


@cache
def known() -> Names:
    municipalities = [
        Municipality(
            row["code"], row["name"], tuple(filter(None, row["also_known_as"].split(";"))), row["province"],
            row["labour_market_region"], row["landsdeel"],
        )
        for row in reference.read("municipalities.csv")
    ]  # fmt: skip
    regions = {
        row["code"]: {
            "kind": kind, "nameNl": row.get("name_nl") or row["name"], "nameEn": row.get("name_en") or row["name"]
        }
        for file, kind in reference.KINDS.items()
        for row in reference.read(file)
    }  # fmt: skip
    towns = [Place(row["place"], row["municipality"]) for row in reference.read("fieldlabs.csv")]
    return Names({one.code: one for one in municipalities}, regions, {}, {}, towns)


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("Drachten", "GM0090"), ("Ulft", "GM1509"), ("Varsseveld", "GM1509"), ("Marknesse", "GM0171"), ("IJmuiden", "GM0453"),
        ("hoek van holland", "GM0599"), ("Europoort", "GM0599"), ("Scheveningen", "GM0518"), ("The Hague", "GM0518"),
        ("Den Bosch", "GM0796"), ("Nuenen", "GM0820"), ("sint odilienberg", "GM1669"), ("Groningen", "GM0014"),
        ("Groningen (provincie)", "PV20"), ("Groningen (province)", "PV20"), ("Groningen (regio)", "AM01"),
        ("South Holland", "PV28"), ("North Brabant", "PV30"), ("Brabant", "PV30"), ("Friesland", "PV21"), ("PV28", "PV28"),
        ("Nederland", "NL"), ("Nergenshuizen", None), ("", None),
    ],
)  # fmt: skip
def test_a_place_is_known_by_what_people_call_it(typed: str, code: str | None) -> None:
    assert known().find(typed) == code


def test_every_place_of_a_fieldlab_is_known() -> None:
    for row in reference.read("fieldlabs.csv"):
        assert known().find_municipality(row["place"]) == row["municipality"], row["place"]


def test_no_town_is_said_to_lie_in_two_municipalities() -> None:
    names = [plain(name) for one in known().municipalities.values() for name in {one.name, *one.also_known_as}]
    assert sorted(name for name in set(names) if names.count(name) > 1) == []


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("Roterdam", "Rotterdam"), ("Eindhovn", "Eindhoven"), ("marknese", "Marknesse"), ("Dordr", "Dordrecht"), ("x", None),
     ("Zuid Holand", "Zuid-Holland"), ("Gravenhage", "'s-Gravenhage"), ("qqqqqqqq", None)],
)  # fmt: skip
def test_a_slip_of_the_finger_brings_up_what_may_be_meant(typed: str, meant: str | None) -> None:
    assert next(iter(known().near(typed)), None) == meant


def test_where_only_a_municipality_will_do_no_province_is_brought_up() -> None:
    assert "Zuid-Holland" not in known().near("Zuid-Hol", municipalities_only=True)
