"""Licences: who may fish where, when and with what; and whose words that is."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import polars as pl
import pytest

from makara.base.time import parse
from makara.behaviours import find, rule
from makara.behaviours._cases import START, sea
from makara.behaviours._licences import gear_of

BOAT = 412000001
ZONES = sea.square("zo-closed", "closed", (131.0, -10.0), 0.6)
TIMES = {c: pl.Datetime("us", "UTC") for c in ("from", "to")}


def licence(gear: str | None, mark: str = "mk-register", **span: Any) -> pl.DataFrame:
    row = {"mmsi": [BOAT], "zone": ["zo-closed"], "gear": [gear], "from": [None], "to": [None], "mark": [mark]}
    return pl.DataFrame({**row, **{k: [v] for k, v in span.items()}}, schema_overrides={**TIMES, "gear": pl.String()})


def entry(gear: str | None, given: pl.DataFrame) -> dict[str, Any]:
    vessels = pl.DataFrame({"mover": [BOAT], "class": ["fishing"], "gear": pl.Series([gear], dtype=pl.String)})
    points = sea.vessel(kind="fishing").sail(6).sail(5, speed_kn=3).sail(5).points()
    return find("zone_entry", points, vessels=vessels, zones=ZONES, authorisations=given).to_dicts()[0]


def test_words_of_registers_are_told_as_the_gears_that_rules_name() -> None:
    words = [
        "Drifting longlines",
        "set_longlines",
        "otter trawls",
        "Tuna purse seines",
        "SQUID JIGGER",
        "pots",
        "other",
    ]
    got = pl.DataFrame({"w": words}).select(gear_of(pl.col("w"))).to_series().to_list()
    assert got == ["longline", "fixed_gear", "trawl", "purse_seine", "squid_jigger", "fixed_gear", None]


@pytest.mark.parametrize(
    ("gear", "allowed", "severity"),
    [("trawlers", "trawl", 0), ("drifting_longlines", "trawl", 3), (None, "trawl", 0), ("trawlers", None, 0),
     ("trawlers", "other", 0)],
)  # fmt: skip
def test_a_licence_for_another_gear_does_not_cover_an_entry(
    gear: str | None, allowed: str | None, severity: int
) -> None:
    event = entry(gear, licence(allowed))
    assert event["severity"] == severity
    assert json.loads(event["details"])["licence_gear"] == allowed
    assert ("other_gear" in [r["code"] for r in event["reasons"]]) == (severity == 3)
    why = rule("zone_entry").why(event)
    assert ("authorised only for trawl" in why) == (severity == 3)


def test_a_licence_holds_over_all_of_a_stay_or_not_at_all() -> None:
    start = parse(START)
    assert entry(None, licence(None, to=start + timedelta(hours=10)))["severity"] == 3
    assert (
        entry(None, licence(None, **{"from": start - timedelta(days=1), "to": start + timedelta(days=1)}))["severity"]
        == 0
    )


def test_who_is_licensed_is_as_secret_as_the_register_of_licences() -> None:
    assert entry(None, licence(None))["marks"] == ["mk-case", "mk-register"]
    assert entry(None, licence(None, to=parse(START) - timedelta(days=1)))["marks"] == ["mk-case"]


def test_events_of_earlier_versions_are_told_too() -> None:
    event = entry(None, licence(None))
    old = {k: v for k, v in json.loads(event["details"]).items() if k != "licence_gear"}
    assert "; authorised" in rule("zone_entry").why(event | {"details": json.dumps(old)})
