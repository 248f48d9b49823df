"""Search as people type: compounds, misspellings, other names; and the index that answers."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from catalog import search
from catalog.search import Vocabulary
from shared.database.pool import Pool, connection
from tests.catalog.build import Api, add_course, organiser

IN_USE = frozenset(
    ["robot", "lasrobotprogrammeur", "robotlass", "cobot", "lasersnijder", "glass", "onderhoud", "programmer", "operator",
     "windpark", "duurzaamheidsfabriek", "plaatwerk"]
)  # fmt: skip


TYPED = [
    ("robot", "Lasrobotprogrammeur"),
    ("robot", "Robotlassen voor operators"),
    ("lassen", "Robotlassen voor operators"),
    ("lassen", "Lasrobotprogrammeur"),
    ("las", "Lasrobotprogrammeur"),
    ("cobbot", "Werken met een cobot: basis"),
    ("robbot", "Lasrobotprogrammeur"),
    ("lassenn", "Robotlassen voor operators"),
    ("programeren", "PLC-programmeren voor monteurs"),
    ("onderhout", "Onderhoud aan robotcellen"),
    ("INDUSTRIELE", "Industriële robot: veilig bedienen"),
    ("industriële", "Industriële robot: veilig bedienen"),
    ("welding", "Robotlassen voor operators"),
    ("cobots", "Werken met een cobot: basis"),
    ("plc", "PLC-programmeren voor monteurs"),
    ("5G", "5G in de fabriek"),
    ("3d printen", "3D-metaalprinten voor de werkvloer"),
    ("Den Haag", "Veilig werken met verbonden machines"),
    ("'s-Gravenhage", "Veilig werken met verbonden machines"),
    ("den bosch", "Maken met lasersnijder en CNC"),
    ("drachten", "3D-metaalprinten voor de werkvloer"),
    ("fryslan", "3D-metaalprinten voor de werkvloer"),
    ("twente", "Lasrobotprogrammeur"),
    ("duurzaamheidsfabriek", "Digitaal tekeninglezen"),
    ("duurzaamheit", "Digitaal tekeninglezen"),
    ("circulaire economie", "Circulair produceren"),
    ("plc dordrecht", "PLC-programmeren voor monteurs"),
    ("training plc", "PLC-programmeren voor monteurs"),
    ("cursus lassen", "Robotlassen voor operators"),
    ("de plc voor een monteur", "PLC-programmeren voor monteurs"),
]


async def found(api: Api, typed: str) -> list[str]:
    return (await api.get("/courses", q=typed, pageSize=100)).titles


async def test_what_people_type_finds_what_they_mean(reading: Api) -> None:
    missed = [(typed, title) for typed, title in TYPED if title not in (await found(reading, typed))]

    assert missed == []


async def test_letters_that_happen_to_be_inside_a_word_are_no_compound(reading: Api) -> None:
    assert "Op afstand meekijken met een AR-bril" not in await found(reading, "lassen"), "glasses"
    assert "Maken met lasersnijder en CNC" not in await found(reading, "las")


async def test_what_the_catalogue_does_not_have_finds_nothing(reading: Api) -> None:
    for typed in ("kapper", "yoga", "zorg", "xyzzy", "de", "???", "a", "' & !| <-> (", "\\'"):
        assert await found(reading, typed) == [], typed


async def test_signs_around_a_word_mean_nothing(reading: Api) -> None:
    assert await found(reading, "!(robot'--") == await found(reading, "robot")


async def test_all_words_count_as_far_as_the_catalogue_uses_them(reading: Api) -> None:
    assert (await reading.get("/courses", q="plc pannenkoek")).titles == ["PLC-programmeren voor monteurs"]


async def test_where_nothing_has_all_words_what_has_some_is_found_and_said_to_be_so(reading: Api) -> None:
    some = await reading.get("/courses", q="plc composieten", pageSize=100)

    assert {"PLC-programmeren voor monteurs", "Composieten leggen met de robot"} <= set(some.titles)
    assert some.body["someWords"]
    assert "someWords" not in (await reading.get("/courses", q="plc dordrecht")).body


async def test_a_title_weighs_more_than_a_theme_and_a_theme_more_than_a_description(alone: Api) -> None:
    asks = organiser()
    await add_course(alone, asks, title="Draaien", descriptionNl="Ook iets over hydrauliek.")
    await add_course(alone, asks, title="Hydrauliek")

    assert (await alone.get("/courses", q="hydrauliek")).titles == ["Hydrauliek", "Draaien"]
    flexible = (await alone.get("/courses", q="flexibel produceren", pageSize=100)).body["items"]
    assert {item["theme"] for item in flexible[:3]} == {"flexible-manufacturing"}


async def test_the_very_word_comes_before_compounds_with_it(reading: Api) -> None:
    titles = (await reading.get("/courses", q="robot", pageSize=100)).titles

    assert titles.index("Composieten leggen met de robot") < titles.index("Lasrobotprogrammeur")


async def test_fieldlabs_are_found_the_same_way(reading: Api) -> None:
    for typed, fieldlabs in [
        ("den haag", {"digital-factory-composites", "smart-base", "the-garden"}),
        ("duurzaamheidsfabriek", {"duurzaamheidsfabriek"}),
        ("robohouze", {"robohouse"}),
        ("lassen", {"smart-welding-factory"}),
        ("velsen", {"techport"}),
        ("de", set()),
    ]:
        assert set((await reading.get("/fieldlabs", q=typed)).ids) == fieldlabs, typed


async def test_a_search_can_be_narrowed(reading: Api) -> None:
    assert (await reading.get("/fieldlabs", q="robot", region="PV28")).ids == ["robohouse"]
    assert (await reading.get("/courses", q="robot", region="PV28")).titles == [
        "Robots leren grijpen: inleiding cognitieve robotica"
    ]
    assert (await reading.get("/courses", q="robot", page=2, pageSize=10)).body["total"] == 11


async def test_a_new_course_is_found_by_its_words_at_once(alone: Api) -> None:
    await alone.get("/courses", q="robot")  # the vocabulary is known by now, and will be for a minute

    await add_course(alone, organiser(), title="Smeedkunst")

    assert (await alone.get("/courses", q="smeedkunst")).titles == ["Smeedkunst"]


async def test_the_vocabulary_is_read_anew_after_a_minute(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(search, "monotonic", lambda: now)
    vocabulary = Vocabulary(search.SQL.course_vocabulary)
    async with connection(pool) as conn:
        before = await vocabulary.words(conn)
        await conn.execute("UPDATE course SET document = to_tsvector('simple', 'smeedkunst')")
        assert await vocabulary.words(conn) is before
        now += 61
        assert await vocabulary.words(conn) == {"smeedkunst"}


# How a word is widened, without a database


@pytest.mark.parametrize(
    ("word", "found"),
    [
        ("robot", {"robot", "lasrobotprogrammeur", "robotlass"}),
        ("lass", {"robotlass"}),
        ("las", {"lasrobotprogrammeur"}),
        ("werk", {"plaatwerk"}),
        ("cobbot", {"cobot"}),
        ("programer", {"programmer"}),
        ("onderhuod", {"onderhoud"}),
        ("duurzaamheit", {"duurzaamheidsfabriek"}),
        ("xy", set()),
        ("kapper", set()),
        ("park", {"windpark"}),
    ],
)
def test_a_word_stands_for_itself_its_compounds_or_what_it_resembles(word: str, found: set[str]) -> None:
    assert search.widen({word}, IN_USE) == found


def test_a_correction_is_looked_for_in_compounds_too() -> None:
    assert search.widen({"roobot"}, IN_USE) == {"robot", "lasrobotprogrammeur", "robotlass"}


def test_words_are_split_without_accents_and_at_most_ten_count() -> None:
    assert search.split("3D-printen, industriële 's-Gravenhage!") == ["3d", "printen", "industriele", "gravenhage"]
    assert len(search.split("woord " * 50)) == 10


# The index


async def test_a_search_in_a_large_catalogue_goes_through_the_index(pool: Pool) -> None:
    asked: list[object] = [datetime.now(UTC), [], *[None] * 6, False, "'robot' | 'robotlass'", "'robot'", 20, 0]
    async with pool.acquire() as conn:
        await conn.execute(
            """INSERT INTO course (course_id, fieldlab_id, theme, title_nl, title_en, hours, level, mode_of_delivery, state,
                                   document)
               SELECT gen_random_uuid(), fieldlab_id, 'smart-working', 'Cursus ' || n, 'Course ' || n, 8, 3, 'presential',
                      'published', to_tsvector('simple', md5(n::text))
                 FROM fieldlab, generate_series(1, 100) AS n"""
        )
        await conn.execute("VACUUM ANALYZE")
        plan = "\n".join(row[0] for row in await conn.fetch("EXPLAIN " + search.SQL.search_courses, *asked))

    assert "Bitmap Index Scan on course_by_words" in plan
