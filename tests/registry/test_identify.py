"""Vessels from claims: the likeliest value holds, the others stay, numbers tell flag and kind."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from makara.base.errors import ColumnsError
from makara.registry import classes, flag_of, identify, imo_ok, kind_of
from makara.tables import table

T0 = datetime(2026, 3, 1, tzinfo=UTC)
CLAIM = dict.fromkeys(table("claims").schema)


def claims(*rows: dict[str, object]) -> pl.DataFrame:
    full = [
        CLAIM
        | {
            "claim": k,
            "t_seen": T0 + timedelta(minutes=k),
            "receiver": "unknown",
            "mark": "m",
            "source": "x",
            "t_known": T0,
        }
        | r
        | {"mmsi": r["mover"]}
        for k, r in enumerate(rows)
    ]
    return table("claims").conform(pl.DataFrame(full, schema=table("claims").schema))


def lists(*rows: dict[str, object]) -> pl.DataFrame:
    base = {"imo": None, "name": None, "reason": "why", "from": T0, "source": "x", "t_known": T0, "mark": "m"}
    full = [base | {"entry": str(k)} | r for k, r in enumerate(rows)]
    return table("lists").conform(pl.DataFrame(full)) if full else table("lists").empty()


POINTS = pl.DataFrame(
    {"mover": [563000001, 525000009], "mmsi": [563000001, 525000009], "t_seen": [T0, T0], "track": [1, 2], "mark": "m"},
    schema_overrides={"mmsi": pl.Int32, "t_seen": pl.Datetime("us", "UTC")},
)


def test_the_most_frequent_claim_holds_and_the_others_are_kept() -> None:
    said = claims(
        {"mover": 563000001, "name": "A", "imo": 9074729},
        {"mover": 563000001, "name": "B"},
        {"mover": 563000001, "name": "A", "ship_type": 70},
    )
    vessels, links = identify(said, lists(), POINTS)
    ship = vessels.filter(pl.col("mmsi") == 563000001).to_dicts()[0]
    assert (ship["name"], ship["imo"], ship["class"], ship["flag"]) == ("A", 9074729, "cargo", "SGP")
    names = json.loads(ship["evidence"])["name"]
    assert [(n["value"], n["p"]) for n in names] == [("A", 0.6667), ("B", 0.3333)]
    assert len(vessels) == len(links) == 2, "a mover that claims nothing is a vessel, too"


def test_a_register_tells_the_class_and_its_date_is_shown() -> None:
    said = claims({"mover": 563000001, "name": "A", "ship_type": 70})
    register = lists({"list": "carrier_register", "mmsi": 563000001})
    assert classes(said, register)["class"].to_list() == ["carrier"]
    vessels, _ = identify(said, register, POINTS)
    evidence = json.loads(vessels.filter(pl.col("name") == "A")["evidence"][0])
    why = {"why": "carrier_register (since 2026-03-01) by mmsi", "list": "carrier_register"}
    told = {"value": "carrier", "p": 0.95, "how": "register", "since": "2026-03-01T00:00:00Z"}
    assert evidence["class"] == [told | why]


def test_a_wrong_imo_number_is_not_taken() -> None:
    said = claims({"mover": 563000001, "imo": 9074728})
    assert identify(said, lists(), POINTS)[0].filter(pl.col("mmsi") == 563000001)["imo"].to_list() == [None]
    found = pl.DataFrame({"imo": [9074729, 9074728, 907472, None]}).select(imo_ok(pl.col("imo")))
    assert found["imo"].to_list() == [True, False, False, None]


@pytest.mark.parametrize(
    ("mmsi", "flag", "kind"),
    [
        (419000001, "IND", "ship"),
        (520000001, "FJI", "ship"),
        (4190001, "IND", "base"),
        (111525001, "IDN", "aircraft"),
        (995251234, "IDN", "aid"),
        (970123456, None, "sart"),
        (974123456, None, "sart"),
        (979123456, None, "gear"),
        (852512345, "IDN", "handheld"),
        (985251234, "IDN", "craft"),
        (1, None, None),
    ],
)
def test_numbers_tell_flag_and_kind(mmsi: int, flag: str | None, kind: str | None) -> None:
    found = pl.DataFrame({"m": [mmsi]}).select(flag_of(pl.col("m")).alias("f"), kind_of(pl.col("m")).alias("k"))
    assert found.row(0) == (flag, kind)


def test_the_order_of_claims_changes_nothing() -> None:
    said = claims(
        {"mover": 563000001, "name": "A"}, {"mover": 525000009, "name": "C"}, {"mover": 563000001, "name": "B"}
    )
    a, b = identify(said, lists(), POINTS), identify(said.reverse(), lists(), POINTS.reverse())
    assert a[0].equals(b[0])
    assert a[1].equals(b[1])


@pytest.mark.parametrize(
    ("mmsi", "name", "ship_type", "expected"),
    [
        (563000001, "A", 30, "fishing"),
        (563000001, "NET MARK 12", 30, "gear"),
        (563000001, "7654321-87%", None, "gear"),
        (563000001, "GREY 12.6V", None, "gear"),
        (563000001, "FAD 7", 30, "gear"),
        (563000001, "VALIANT 5 V ROCKS", 30, "fishing"),
        (979123456, "A", 70, "gear"),
        (111525001, "RESCUE", None, "aircraft"),
        (5250001, "PORT", None, "base"),
        (995251234, "LIGHT", 0, "aid"),
        (982351234, "TENDER", None, "small"),
        (970123456, None, None, "sart"),
        (563000001, None, None, "unknown"),
    ],
)
def test_class(mmsi: int, name: str | None, ship_type: int | None, expected: str) -> None:
    said = claims({"mover": mmsi, "name": name, "ship_type": ship_type})
    assert classes(said, lists())["class"].to_list() == [expected]


def test_rows_fit_their_tables_and_bear_all_marks() -> None:
    said = claims({"mover": 563000001, "name": 'A "quoted": name', "imo": 9074729, "mark": "b"})
    register = lists({"list": "carrier_register", "mmsi": None, "imo": 9074729, "mark": "c"})
    vessels, links = identify(said, register, POINTS)
    for name, rows in (("vessels", vessels), ("vessel_links", links)):
        table(name).conform(rows.with_columns(source=pl.lit("s"), t_known=pl.lit(T0), mark=pl.lit("m")))
    ship = vessels.filter(pl.col("mmsi") == 563000001).to_dicts()[0]
    assert ship["marks"] == ["b", "c", "m"]
    assert json.loads(ship["evidence"])["name"][0]["value"] == 'A "quoted": name'
    assert vessels["vessel"].is_unique().all()


def test_no_claims_no_trouble() -> None:
    vessels, links = identify(table("claims").empty(), table("lists").empty(), POINTS)
    assert len(vessels) == len(links) == 2
    assert len(classes(table("claims").empty(), table("lists").empty())) == 0
    with pytest.raises(ColumnsError, match="t_seen"):
        classes(table("claims").empty().drop("t_seen"), lists())
