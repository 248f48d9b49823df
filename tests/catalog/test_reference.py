"""Regions, municipalities, themes and fieldlabs: what is loaded, how often it is told, and the traps in the names."""

from __future__ import annotations

import asyncio
import csv
import shutil
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from catalog import reference
from catalog.app import fill
from catalog.inputs import Paged
from shared.contracts.catalog import MunicipalityPlaced, SessionAnnounced, SessionDescribed
from shared.database.pool import Pool, transaction
from tests.catalog.build import DORDRECHT, Api
from tests.conftest import OpenPool

Row = dict[str, str]
Edit = Callable[[str, Callable[[list[Row]], list[Row]]], None]


@pytest.fixture
def edit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Edit:
    """Change a copy of a reference file, and have that copy loaded from now on."""
    folder = tmp_path / "reference"
    shutil.copytree(reference.FOLDER, folder)
    monkeypatch.setattr(reference, "FOLDER", folder)

    def change(name: str, of: Callable[[list[Row]], list[Row]]) -> None:
        rows = of(list(reference.read(name)))
        with (folder / name).open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)

    return change


async def load(pool: Pool) -> None:
    async with transaction(pool) as conn:
        await reference.load(conn, datetime.now(UTC))


# What there is


@pytest.mark.parametrize(
    ("kind", "count"), [("province", 12), ("landsdeel", 5), ("hub", 5), ("labourMarketRegion", 35), (None, 57)]
)
async def test_there_are_so_many_regions_of_each_kind(reading: Api, kind: str | None, count: int) -> None:
    reply = await reading.get("/regions", kind=kind or "")

    assert reply.body["total"] == count


@pytest.mark.parametrize(("path", "count"), [("/municipalities", 342), ("/fieldlabs", 46), ("/themes", 8), ("/courses", 44)])
async def test_there_are_so_many_of_each(reading: Api, path: str, count: int) -> None:
    assert (await reading.get(path)).body["total"] == count


@pytest.mark.parametrize("path", ["/regions", "/municipalities", "/fieldlabs", "/courses", "/themes"])
async def test_a_walk_over_the_pages_meets_everything_once(reading: Api, path: str) -> None:
    met: list[str] = []
    for page in range(1, 12):
        reply = await reading.get(path, page=page, pageSize=50)
        met += [item.get("code") or item["id"] for item in reply.body["items"]]

    assert len(met) == len(set(met)) == reply.body["total"]


@pytest.mark.parametrize("path", ["/regions", "/municipalities", "/fieldlabs", "/courses", "/themes"])
async def test_twenty_a_page_and_a_hundred_at_most(reading: Api, path: str) -> None:
    first = await reading.get(path)
    beyond = await reading.get(path, page=99)

    assert len(first.body["items"]) == min(first.body["total"], 20)
    assert (first.body["page"], first.body["pageSize"]) == (1, 20)
    assert (beyond.body["items"], beyond.body["total"]) == ([], first.body["total"])
    assert (await reading.get(path, pageSize=101)).pointers == ["#/pageSize"]
    assert Paged.of({"page_size": ""}).page_size == 20


async def test_a_province_says_where_it_is_on_the_map_and_in_which_landsdeel_and_hub(reading: Api) -> None:
    provinces = {item["code"]: item for item in (await reading.get("/regions", kind="province")).body["items"]}

    assert len({province["svgMapsId"] for province in provinces.values()}) == 12
    zeeland = provinces["PV29"]
    assert (zeeland["landsdelen"], zeeland["hubs"]) == (["LD-zuidwest"], ["HUB-zuid"])
    assert "70" in zeeland["noteNl"]
    assert provinces["PV24"]["landsdelen"] == ["LD-noordwest"], "the Techniekpact's Flevoland, not that of CBS"


async def test_labour_market_regions_lie_in_as_many_provinces_as_their_municipalities(reading: Api) -> None:
    regions = {
        item["code"]: item for item in (await reading.get("/regions", kind="labourMarketRegion", pageSize=100)).body["items"]
    }

    assert regions["AM06"]["provinces"] == ["PV25", "PV23", "PV24"], "the one with most municipalities first"
    assert sum(len(region["provinces"]) > 1 for region in regions.values()) == 9
    assert sum(len(region["landsdelen"]) > 1 for region in regions.values()) == 6
    assert sum(region["municipalities"] for region in regions.values()) == 342
    assert regions["AM03"]["name"] == "Drenthe", "a CBS code is not the number of UWV"
    assert not regions.keys() & {"AM04", "AM16", "AM31"}


async def test_a_fieldlab_lies_where_its_municipality_lies(reading: Api) -> None:
    places = {}
    for page in range(1, 5):
        for place in (await reading.get("/municipalities", page=page, pageSize=100)).body["items"]:
            places[place["code"]] = place

    for fieldlab in (await reading.get("/fieldlabs", pageSize=100)).body["items"]:
        place = places[fieldlab["municipality"]]
        for level in ("province", "labourMarketRegion", "landsdeel", "hub"):
            assert fieldlab[level] == place[level], fieldlab["id"]
        assert fieldlab["municipalityName"] == place["name"]


async def test_how_sure_a_fieldlab_is_can_be_read(reading: Api) -> None:
    iot_academy = (await reading.get("/fieldlabs/iot-academy")).body

    assert (iot_academy["certainty"], iot_academy["municipalityCertainty"]) == ("high", "low")
    assert iot_academy["skillslabEvidence"] == "yes"
    assert "Delft" in iot_academy["noteNl"]
    assert iot_academy["source"]


async def test_every_fieldlab_and_theme_has_its_texts_in_both_languages(reading: Api) -> None:
    for fieldlab in (await reading.get("/fieldlabs", pageSize=100)).body["items"]:
        assert fieldlab["topicNl"]
        assert fieldlab["topicEn"]
        assert bool(fieldlab["noteNl"]) == bool(fieldlab["noteEn"])
        assert bool(fieldlab["skillslabNoteNl"]) == bool(fieldlab["skillslabNoteEn"])
    for theme in (await reading.get("/themes")).body["items"]:
        assert theme["nameNl"]
        assert theme["nameEn"]


async def test_fieldlabs_can_be_asked_for_by_any_region(reading: Api) -> None:
    counts = {
        region: (await reading.get("/fieldlabs", region=region)).body["total"]
        for region in ("NL", "PV28", "AM23", "GM0505", "LD-zuidwest", "HUB-zuid", "PV99")
    }

    assert counts == {"NL": 46, "PV28": 12, "AM23": 1, "GM0505": 1, "LD-zuidwest": 13, "HUB-zuid": 18, "PV99": 0}
    assert (await reading.get("/fieldlabs", region="Zuid-Holland")).pointers == ["#/region"]


async def test_a_fieldlab_that_does_not_exist_is_not_found(reading: Api) -> None:
    for fieldlab_id in ("nowhere", "De Duurzaamheidsfabriek", "duurzaamheidsfabriek%00", "..%2fx"):
        assert (await reading.get(f"/fieldlabs/{fieldlab_id}")).status == 404, fieldlab_id


# Names


async def names(api: Api, q: str) -> list[str]:
    return [item["name"] for item in (await api.get("/municipalities", q=q)).body["items"]]


async def test_a_municipality_is_found_by_whatever_people_call_it(reading: Api) -> None:
    for typed, first in [
        ("den haag", "'s-Gravenhage"),
        ("gravenhage", "'s-Gravenhage"),
        ("'s-Gravenhage", "'s-Gravenhage"),
        ("\u2019s gravenhage", "'s-Gravenhage"),
        ("DEN BOSCH", "'s-Hertogenbosch"),
        ("sudwest fryslan", "Súdwest-Fryslân"),
        ("zuidwest-friesland", "Súdwest-Fryslân"),
        ("Groningen", "Groningen"),
        ("bergen", "Bergen (L.)"),
        ("nuenen", "Nuenen c.a."),
    ]:
        assert (await names(reading, typed))[0] == first, typed


async def test_what_begins_with_the_word_comes_before_what_has_it_inside(reading: Api) -> None:
    assert await names(reading, "groningen") == ["Groningen", "Midden-Groningen"]


async def test_what_is_no_name_finds_nothing_and_signs_alone_ask_for_nothing(reading: Api) -> None:
    for typed, total in [("xyzzy", 0), ("' OR 1=1 --", 0), ("%", 342), ("_", 342), ("\\", 342)]:
        assert (await reading.get("/municipalities", q=typed)).body["total"] == total, typed


async def test_a_leading_s_does_not_count_in_the_alphabet(reading: Api) -> None:
    sorted_names = [
        item["name"]
        for page in (1, 2)
        for item in (await reading.get("/municipalities", page=page, pageSize=100)).body["items"]
    ]

    at = sorted_names.index("'s-Gravenhage")
    assert sorted_names[0] == "Aa en Hunze"
    assert (sorted_names[at - 1], sorted_names[at + 1]) == ("Gouda", "Groningen")


async def test_the_province_is_fryslan_and_the_labour_market_region_friesland(reading: Api) -> None:
    regions = {item["code"]: item["name"] for item in (await reading.get("/regions", pageSize=100)).body["items"]}

    assert (regions["PV21"], regions["AM02"]) == ("Fryslân", "Friesland")


async def test_groningen_is_three_things_with_three_codes(reading: Api) -> None:
    regions = (await reading.get("/regions", pageSize=100)).body["items"]
    municipality = (await reading.get("/municipalities", q="Groningen")).body["items"][0]

    assert {item["code"] for item in regions if item["name"] == "Groningen"} == {"PV20", "AM01"}
    assert municipality["code"] == "GM0014"
    assert len({(await reading.get("/fieldlabs", region=code)).body["total"] for code in ("GM0014", "PV20", "AM01")}) == 1


# Loading


async def test_a_first_start_tells_every_municipality_once(make_pool: OpenPool) -> None:
    pool = await make_pool("catalog")

    await fill(pool, demo=False)

    rows = await pool.fetch("SELECT subject, revision, data::text AS data FROM event_log")
    facts = {row["subject"]: MunicipalityPlaced.model_validate_json(row["data"]) for row in rows}
    assert len(rows) == len(facts) == 342
    assert {row["revision"] for row in rows} == {1}
    assert facts["municipalities/GM0505"].place == DORDRECHT
    assert await pool.fetchval("SELECT count(*) FROM course") == 0


async def state_of(pool: Pool) -> dict[str, object]:
    tables = ("region", "municipality", "theme", "fieldlab", "course", "session", "event_log")
    return {table: await pool.fetch(f"SELECT t::text FROM {table} t ORDER BY 1") for table in tables}


async def test_a_second_start_changes_and_tells_nothing(pool: Pool) -> None:
    before = await state_of(pool)

    await fill(pool, demo=True)

    assert await state_of(pool) == before


async def test_eight_processes_that_start_at_once_load_it_once(make_pool: OpenPool) -> None:
    pool = await make_pool("catalog")

    await asyncio.gather(*(fill(pool, demo=True) for _ in range(8)))

    counts = Counter(row["type"] for row in await pool.fetch("SELECT type FROM event_log"))
    assert counts[MunicipalityPlaced.type] == 342
    assert counts[SessionAnnounced.type] == await pool.fetchval("SELECT count(*) FROM session")


async def test_a_municipality_that_moved_is_told_again_and_its_sessions_are_described_anew(alone: Api, edit: Edit) -> None:
    def to_the_north(rows: list[Row]) -> list[Row]:
        return [row | {"landsdeel": "LD-noord"} if row["code"] == "GM0505" else row for row in rows]

    edit("municipalities.csv", to_the_north)
    await load(alone.pool)

    (placed,) = [fact for fact in await alone.facts(MunicipalityPlaced) if fact.revision > 1]
    assert (placed.subject, placed.revision, placed.place.landsdeel) == ("municipalities/GM0505", 2, "LD-noord")
    described = await alone.facts(SessionDescribed)
    in_dordrecht = [fact for fact in described if fact.fieldlab_place.municipality == "GM0505"]
    assert in_dordrecht
    assert all(fact.fieldlab_place.landsdeel == "LD-noord" and fact.revision == 2 for fact in in_dordrecht)


async def test_a_new_year_is_a_new_set_beside_the_old_one(alone: Api, edit: Edit) -> None:
    def of_2026(rows: list[Row]) -> list[Row]:
        return [row | {"reference_date": "2026-01-01"} for row in rows if row["code"] != "GM1696"]

    for name in (*reference.KINDS, "municipalities.csv"):
        edit(name, of_2026)
    await load(alone.pool)

    assert (await alone.get("/municipalities")).body["total"] == 341
    assert (await alone.get("/regions")).body["total"] == 57
    assert (await alone.get("/municipalities", q="Dordrecht")).body["items"][0]["referenceDate"] == "2026-01-01"
    assert await alone.pool.fetchval("SELECT count(*) FROM municipality") == 342 + 341
    assert Counter(fact.revision for fact in await alone.facts(MunicipalityPlaced)) == {1: 342, 2: 341}


async def test_an_older_version_of_the_service_leaves_newer_tables_alone(alone: Api, edit: Edit) -> None:
    def of_2024(rows: list[Row]) -> list[Row]:
        return [row | {"reference_date": "2024-01-01", "landsdeel": "LD-noord"} for row in rows]

    before = await state_of(alone.pool)
    edit("municipalities.csv", of_2024)

    await load(alone.pool)

    assert await state_of(alone.pool) == before


async def test_a_fieldlab_that_got_another_name_is_found_by_it(alone: Api, edit: Edit) -> None:
    def renamed(rows: list[Row]) -> list[Row]:
        return [row | {"name": "Het Waterlab"} if row["fieldlab_id"] == "duurzaamheidsfabriek" else row for row in rows]

    edit("fieldlabs.csv", renamed)
    await load(alone.pool)

    assert (await alone.get("/fieldlabs", q="waterlab")).ids == ["duurzaamheidsfabriek"]
    assert len((await alone.get("/courses", q="waterlab")).titles) == 3


async def test_a_fieldlab_in_no_municipality_stops_the_start_and_nothing_is_half_loaded(
    make_pool: OpenPool, edit: Edit
) -> None:
    pool = await make_pool("catalog")
    edit("fieldlabs.csv", lambda rows: [rows[0] | {"municipality": "GM9999"}, *rows[1:]])

    with pytest.raises(ValueError, match="rosf lies in GM9999"):
        await load(pool)

    assert await pool.fetchval("SELECT count(*) FROM municipality") == 0
