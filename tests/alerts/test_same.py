"""One happening, one alert: what two rules tell alike wakes nobody twice, and nothing of it is lost."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import polars as pl
import pytest
from events_made import NOW, T0, acts, decided, event, events

from makara.alerts.same import same_happening

READS = {"bases": {"disabling": ("gap",), "transshipment": ("encounter",)}}
PAIR = {"participants": ["mv1", "mv2"], "mmsi": [1, 2]}


def silence(**parts: Any) -> list[dict[str, Any]]:
    """A silence that two rules tell."""
    return [event(1), event(2, **{"kind": "disabling", "participants": ["mv1"], "mmsi": [1]} | parts)]


def told(alerts: pl.DataFrame, found: list[dict[str, Any]]) -> dict[str, str | None]:
    """By kind, the kind of the alert that an alert is told by."""
    kind = {e["event"]: e["kind"] for e in found}
    of = {a: kind[e] for a, e in alerts.select("alert", "event").iter_rows()}
    return {of[a]: of.get(t) for a, t in alerts.select("alert", "told_by").iter_rows()}


@pytest.mark.parametrize("severity", [2, 3])
def test_a_silence_alerts_once_by_the_rule_that_says_more(severity: int) -> None:
    found = silence(severity=severity)
    alerts = decided(*found, about=READS)
    assert told(alerts, found) == {"gap": "disabling", "disabling": None}
    first = alerts.filter(pl.col("told_by").is_null()).to_dicts()[0]
    also = [c for c in first["contributions"] if c["code"] == "also"]
    assert [c["text"].split(",")[0] for c in also] == ["the same happening is told as gap"]
    assert sum(c["weight"] for c in first["contributions"]) == pytest.approx(first["rank"])


def test_the_graver_tells_the_other_whichever_is_made_from_which() -> None:
    found = [event(1, kind="encounter", severity=3, **PAIR), event(2, kind="transshipment", severity=2, **PAIR)]
    assert told(decided(*found, about=READS), found) == {"encounter": None, "transshipment": "encounter"}


@pytest.mark.parametrize(
    "other",
    [
        {"kind": "encounter"},
        {"kind": "disabling", "participants": ["mv9"]},
        {"kind": "disabling", "t_start": T0 + timedelta(hours=9), "t_end_floor": T0 + timedelta(hours=20)},
    ],
)
def test_another_thing_another_vessel_another_time_alert_by_themselves(other: dict[str, Any]) -> None:
    found = silence(**other)
    assert decided(*found, about=READS)["told_by"].to_list() == [None, None]


def test_a_sighting_and_the_meeting_that_it_is_a_part_of_are_one() -> None:
    met = event(2, kind="dark_rendezvous", participants=["mv1", "de1"])
    assert len(same_happening(events(event(1, kind="dark", participants=["de1"]), met))) == 2
    assert not len(same_happening(events(event(1, kind="dark", participants=["de2"]), met)))


def test_visits_are_the_same_only_of_one_zone() -> None:
    came = event(1, kind="zone_entry", scope="zn1")
    for scope, n in (("zn1", 2), ("zn2", 0)):
        visit = event(2, kind="first_visit", participants=["mv1"], scope=scope)
        assert len(same_happening(events(came, visit))) == n


def test_what_is_told_by_another_takes_no_place_in_the_budget() -> None:
    alerts = decided(*silence(), event(3, p=0.1), budget=2, about=READS)
    assert not alerts["listed"].any()


def test_what_an_operator_works_on_tells_the_other() -> None:
    before = decided(event(1))
    claimed = before.with_columns(state=pl.lit("claimed"), who=pl.lit("ann"))
    found = silence()
    alerts = decided(*found, previous=claimed, now=NOW + timedelta(hours=1), about=READS)
    assert told(alerts, found) == {"gap": None, "disabling": "gap"}


def test_suppressing_one_of_them_suppresses_both_but_a_rule_only_itself() -> None:
    found = silence()
    weaker = decided(*found, about=READS).drop_nulls("told_by")["alert"][0]
    alerts = decided(*found, about=READS | {"acts": acts({"object": [f"alert:{weaker}"]})})
    assert alerts["suppressed_by"].null_count() == 0
    alerts = decided(*found, about=READS | {"acts": acts({"object": ["kind:disabling"]})})
    assert told(alerts, found) == {"gap": None, "disabling": None}
    assert alerts["suppressed_by"].null_count() == 1
