"""Search: by any number, by misspelt, former and listed names; the likeliest first."""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl
import pytest
from claimed_ships import claims, imo, lists, says

from makara.registry import identify, likeness, search
from makara.registry.names import plain, plain_callsign

A, B, C = 563000001, 636000002, 525000003
HERON = {"imo": imo(907472), "name": "GREY HERON", "callsign": "9VAB1"}
SAID = claims(
    says(A, 0, 5, **HERON),
    says(B, 6, 5, **HERON | {"name": "EVER GIVING", "callsign": "A8XY2"}),
    says(C, 0, 1, name="SEA OTTER 12", callsign="YBXY2"),
)
LISTS = lists(
    {
        "list": "iuu",
        "name": "EVIL OTTER",
        "names": ["GREY  HERÓN 7"],
        "as_of": datetime(2026, 1, 1, tzinfo=UTC),
        "own_id": "77",
    },
)
VESSELS, LINKS = identify(SAID, LISTS)
SHIP = VESSELS.filter(pl.col("imo").is_not_null())["vessel"][0]


@pytest.mark.parametrize(
    ("asked", "what", "score"),
    [
        (str(B), "mmsi", 1.0),
        (str(A), "mmsi", 0.95),
        (str(HERON["imo"]), "imo", 1.0),
        (f"IMO {HERON['imo']}", "imo", 1.0),
        ("a8xy2", "callsign", 1.0),
        ("9VAB1", "callsign", 0.95),
        ("ever giving", "name", 1.0),
        ("EVER GVIING", "name", 0.9),
        ("GIVING EVER", "name", 0.9),
        ("grey heron", "name", 0.95),
        ("GREY HERRON", "name", 0.8),
        ("GIVING", "name", 0.8),
        (SHIP, "vessel", 1.0),
    ],
)
def test_a_vessel_is_found(asked: str, what: str, score: float) -> None:
    found = search(VESSELS, LISTS, asked)
    best = found.to_dicts()[0]
    assert (best["vessel"], best["what"]) == (SHIP, what)
    assert best["score"] >= score
    assert (best["mmsi"], best["name"]) == (B, "EVER GIVING")
    assert found["vessel"].drop_nulls().is_unique().all()


def test_entries_of_lists_are_found_with_the_date() -> None:
    found = search(VESSELS, LISTS, "GREY HERON 7").to_dicts()
    entry = next(r for r in found if r["list"])
    assert (entry["list"], entry["as_of"], entry["name"]) == ("iuu", datetime(2026, 1, 1, tzinfo=UTC), "EVIL OTTER")
    assert search(VESSELS, LISTS, "77")["list"].to_list() == ["iuu"]


@pytest.mark.parametrize("asked", ["", "   ", "QQQQ WWWW", "999999999", "%%%"])
def test_nothing_is_found_where_nothing_is_like_it(asked: str) -> None:
    assert len(search(VESSELS, LISTS, asked)) == 0


def test_who_sees_less_finds_less() -> None:
    seen = VESSELS.select("vessel", "mmsi", pl.lit(None, pl.String).alias("name"))
    assert len(search(seen, lists(), "EVER GIVING")) == 0
    assert len(search(seen, lists(), str(A))) == 0, "a former number stands in the evidence alone"
    assert search(seen, lists(), str(B))["vessel"].to_list() == [SHIP]
    assert len(search(pl.DataFrame(), lists(), "EVER GIVING")) == 0
    assert len(search(VESSELS, LISTS, "OTTER", limit=1)) == 1


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("  Grey-Heron. ", "GREY HERON"),
        ("Ñandú é", "NANDU E"),
        ("NET 12-87%", "NET 12"),
        ("BUOY 7 12.6V", "BUOY 7"),
        ("鲁荣远渔 197", "鲁荣远渔 197"),
        ("N/A", None),
        ("@@@", None),
        (None, None),
    ],
)
def test_names_are_made_comparable(name: str | None, expected: str | None) -> None:
    assert pl.DataFrame({"n": [name]}, schema={"n": pl.String}).select(plain(pl.col("n"))).item() == expected


@pytest.mark.parametrize(("sign", "expected"), [("9v-ab 1", "9VAB1"), ("0000", None), ("AB", None), ("NONE", None)])
def test_call_signs_are_made_comparable(sign: str, expected: str | None) -> None:
    assert pl.DataFrame({"c": [sign]}).select(plain_callsign(pl.col("c"))).item() == expected


def test_names_of_a_fleet_that_differ_in_a_number_are_not_alike() -> None:
    assert likeness("LONG YU 12", "LONG YU 13") == 0.0
    assert likeness("LONG YU 12", "LONG YV 12") > 0.85
    assert likeness("A", "A") == 1.0
