"""Alert rates by flag, class and length: counted as said, with intervals that hold, small craft shown as such."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from events_made import event, events
from scipy.stats import binomtest

from makara.alerts.fairness import RATES, SMALL, rates, wilson

DAY = date(2026, 1, 1)
VESSELS = pl.DataFrame(
    {
        "mover": [1, 2, 3, 4, 9],
        "flag": ["AAA", "AAA", "BBB", None, "AAA"],
        "class": ["fishing", "cargo", "unknown", "small", "base"],
        "length_m": [12.0, 200.0, 11.0, None, None],
    },
    schema_overrides={"mover": pl.Int64(), "length_m": pl.Float32()},
)
DAYS = pl.DataFrame(
    {"mover": [1, 1, 2, 3, 4, 5, 9], "day": [DAY, DAY + timedelta(1), DAY, DAY, DAY, DAY, DAY]},
    schema_overrides={"mover": pl.Int64()},
)
EVENTS = events(
    event(1),
    event(11, participants=["mv1"], kind="loitering"),
    event(12, participants=["mv1", "mv2"], kind="encounter"),
    event(13, participants=["de1"], kind="dark", mmsi=[]),
)


def found(rule: str, by: str) -> dict[str, tuple[int, int, int, int]]:
    rows = rates(EVENTS, DAYS, VESSELS).filter(pl.col("rule") == rule, pl.col("by") == by)
    names = ("group", "vessels", "vessel_days", "alerts", "alert_days")
    return {r[0]: r[1:] for r in rows.select(names).iter_rows()}


def test_vessel_days_with_an_alert_are_counted_for_each_group() -> None:
    assert rates(EVENTS, DAYS, VESSELS).schema == RATES
    assert found("*", "flag") == {"AAA": (2, 3, 3, 2), "BBB": (1, 1, 0, 0), "unknown": (2, 2, 0, 0)}
    assert found("gap", "class") == {
        "fishing": (1, 2, 1, 1),
        "cargo": (1, 1, 0, 0),
        "small": (1, 1, 0, 0),
        "unknown": (2, 2, 0, 0),
    }
    assert found("encounter", "length")["150 m and more"] == (1, 1, 1, 1)
    assert found("dark", "vessel") == {"no vessel known": (0, 0, 1, 0)}


def test_small_craft_are_a_group_with_words() -> None:
    assert found("*", "size")[SMALL] == (3, 4, 3, 1)
    rows = rates(EVENTS, DAYS, VESSELS)
    notes = rows.filter(pl.col("note").is_not_null())
    assert set(notes["group"]) == {SMALL} and "no AIS" in notes["note"][0]


def test_rates_lie_within_their_intervals_and_what_stands_out_is_marked() -> None:
    days = pl.DataFrame({"mover": range(1, 401)}).with_columns(day=pl.lit(DAY))
    vessels = days.select("mover", flag=pl.when(pl.col("mover") > 100).then(pl.lit("AAA")).otherwise(pl.lit("BBB")))
    vessels = vessels.with_columns(**{"class": pl.lit("cargo"), "length_m": pl.lit(100.0)})
    rows = rates(events(*(event(n) for n in range(1, 61))), days, vessels)
    of = {r["group"]: r for r in rows.filter(pl.col("rule") == "*", pl.col("by") == "flag").iter_rows(named=True)}
    assert (of["BBB"]["per_1000"], of["BBB"]["against_all"]) == (600.0, "higher")
    assert (of["AAA"]["per_1000"], of["AAA"]["against_all"]) == (0.0, "lower")
    alike = rows.filter(pl.col("by") == "class")
    assert alike["against_all"].to_list() == ["", ""] and alike["per_1000"].to_list() == [150.0, 150.0]
    assert rows.filter(pl.col("vessel_days") > 0).select(pl.col("per_1000").is_between("lo", "hi").all()).item()


@pytest.mark.parametrize(("k", "n"), [(0, 1), (1, 1), (0, 50), (3, 40), (40, 40), (500, 1000)])
def test_the_interval_is_wilsons(k: int, n: int) -> None:
    lo, hi = wilson(np.array([float(k)]), np.array([float(n)]))
    want = binomtest(k, n).proportion_ci(0.95, "wilson")
    assert (lo[0], hi[0]) == pytest.approx((want.low, want.high), abs=1e-6)


def test_nothing_observed_gives_no_rate() -> None:
    assert len(rates(EVENTS.clear(), DAYS.clear(), VESSELS)) == 0
    alone = rates(EVENTS, DAYS.clear(), VESSELS).filter(pl.col("by") == "flag", pl.col("rule") == "gap")
    assert alone["group"].to_list() == ["unknown"]
