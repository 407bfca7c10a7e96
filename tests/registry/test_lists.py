"""Lists: the newest edition is in force, dates are shown, classes and watch lists reach the vessels that they mean."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest
from claimed_ships import claims, imo, lists, says

from makara.registry import classes, identify, watched

A, B = 563000001, 636000002
HERON = {"imo": imo(907472), "name": "GREY HERON", "callsign": "9VAB1"}
OLD, NEW = datetime(2025, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)


def cited(said: pl.DataFrame, entries: pl.DataFrame) -> list[dict[str, Any]]:
    vessels, _ = identify(said, entries)
    found: list[dict[str, Any]] = json.loads(vessels["evidence"][0]).get("lists", [])
    return found


@pytest.mark.parametrize(
    ("entry", "how", "p"),
    [
        ({"imo": HERON["imo"], "name": "OTHER"}, "imo", 0.97),
        ({"mmsi": A}, "mmsi", 0.90),
        ({"callsign": "9V AB1", "name": "Grey  Heron"}, "callsign and name", 0.90),
        ({"name": "X", "names": ["GREY HERON"]}, "name", 0.30),
    ],
)
def test_an_entry_is_tied_and_cited_with_the_date_of_its_list(entry: dict[str, Any], how: str, p: float) -> None:
    found = cited(claims(says(A, 0, 1, **HERON)), lists({"list": "iuu", "as_of": NEW} | entry))
    assert [(e["list"], e["how"], e["p"], e["as_of"]) for e in found] == [("iuu", how, p, "2026-01-01T00:00:00Z")]


def test_a_name_that_many_entries_bear_says_little_and_a_register_is_not_tied_by_name() -> None:
    said = claims(says(A, 0, 1, name="MARIA"))
    found = cited(said, lists(*({"list": "iuu", "name": "MARIA", "own_id": str(k)} for k in range(3))))
    assert [e["p"] for e in found] == [0.1] * 3
    assert cited(said, lists({"list": "fishing_register", "name": "MARIA"})) == []


def test_only_the_newest_edition_is_in_force() -> None:
    said = claims(says(A, 0, 1, **HERON))
    old, new = {"list": "iuu", "as_of": OLD, "mmsi": A}, {"list": "iuu", "as_of": NEW, "mmsi": B}
    assert len(cited(said, lists(old))) == 1
    assert cited(said, lists(old, new)) == []
    assert cited(said, lists(new, old)) == []
    assert len(cited(said, lists(old, new | {"list": "ofac_sdn"}))) == 1, "another list's edition is another matter"


def test_what_alerts_weigh_bears_the_date_and_reaches_by_imo_number() -> None:
    known = classes(claims(says(A, 0, 1, **HERON)), lists())
    found = watched(
        known,
        lists(
            {"list": "ofac_sdn", "as_of": NEW, "imo": HERON["imo"]},
            {"list": "iuu", "mmsi": B, "from": OLD},
            {"list": "iuu", "mmsi": A, "former": True},
            {"list": "carrier_register", "mmsi": A},
        ),
    )
    assert found.rows() == [("iuu (since 2025-01-01)", B), ("ofac_sdn (as of 2026-01-01)", A)]
    assert len(watched(known, lists())) == 0


def test_a_class_comes_from_the_entry_or_the_name_of_the_register_with_the_date() -> None:
    said = claims(says(A, 0, 1, ship_type=70, **HERON))
    entry = {
        "list": "iccat_register",
        "as_of": NEW,
        "class": "fishing",
        "gear": "LL",
        "callsign": "9VAB1",
        "name": "GREY HERON",
    }
    vessels, _ = identify(said, lists(entry))
    ship = vessels.to_dicts()[0]
    assert (ship["class"], ship["gear"]) == ("fishing", "LL")
    why = json.loads(ship["evidence"])["class"][0]
    assert why["why"] == "iccat_register (as of 2026-01-01) by callsign and name"
    assert ship["marks"] == ["list", "m"], "the class rests on the entry"
    assert classes(said, lists({"list": "tanker_register", "imo": HERON["imo"]}))["class"].to_list() == ["tanker"]
    assert classes(said, lists(entry | {"list": "iuu"}))["class"].to_list() == ["cargo"], "a list that warns tells none"
    assert classes(said, lists({"list": "odd_register", "imo": HERON["imo"]}))["class"].to_list() == ["cargo"]


def test_an_entry_that_is_only_cited_makes_no_vessel_more_secret() -> None:
    vessels, _ = identify(claims(says(A, 0, 1, **HERON)), lists({"list": "iuu", "mmsi": A}))
    assert vessels["marks"].to_list() == [["m"]]


def test_a_newer_table_of_mids_goes_before_the_one_that_ships() -> None:
    said = claims(says(A, 0, 1, **HERON))
    newer = lists(
        {"list": "mid_register", "own_id": "563", "flag": "XYZ"}, {"list": "mid_register", "own_id": "?", "flag": "ABC"}
    )
    assert classes(said, newer)["flag"].to_list() == ["XYZ"]
    vessels, _ = identify(said, newer)
    assert vessels["flag"].to_list() == ["XYZ"]
