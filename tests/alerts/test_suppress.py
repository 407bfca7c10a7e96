"""Suppression: silent with a reason, until a day, reversible; and one alert a line, whatever takes its place."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import polars as pl
import pytest
from events_made import NOW, T0, acts, decided, event

from makara.alerts import explain
from makara.base import ids

ALERT = ids.ident("al", "watch", event(1)["event"])


def silent(*terms: str, about: dict[str, Any] | None = None, **act: Any) -> list[int]:
    """Vessels whose alerts are suppressed."""
    rows = [event(1, zones=["zn1"]), event(2, zones=["zn1"], kind="dark"), event(3)]
    given = {"acts": acts({"object": list(terms)} | act)} | (about or {})
    found = decided(*rows, about=given)
    assert len(found) == 3, "suppressed alerts stand"
    of = {r["event"]: r["mmsi"][0] for r in rows}
    return sorted(of[e] for e in found.filter(pl.col("suppressed_by").is_not_null())["event"])


@pytest.mark.parametrize(
    ("terms", "want"),
    [
        ([f"alert:{ALERT}"], [1]),
        (["vessel:3"], [3]),
        (["zone:zn1"], [1, 2]),
        (["kind:gap"], [1, 3]),
        (["zone:zn1", "kind:gap"], [1]),
        (["zone:zn9"], []),
    ],
)
def test_all_terms_of_an_act_must_hold(terms: list[str], want: list[int]) -> None:
    assert silent(*terms) == want


def test_an_act_ends_by_itself_or_is_lifted() -> None:
    assert silent("vessel:3", until=NOW + timedelta(seconds=1)) == [3]
    assert silent("vessel:3", until=NOW) == []
    act = {"object": ["vessel:3"], "act": "acone"}
    lifted = acts(act, {"verb": "lift", "object": ["acone"]})
    assert silent("x", about={"acts": lifted}) == []
    again = acts(act, {"verb": "lift", "object": ["acone"]}, {"object": ["vessel:3"], "act": "actwo"})
    assert silent("x", about={"acts": again}) == [3]


def test_the_alert_says_which_act_why_who_and_until_when() -> None:
    given = acts({"object": ["vessel:1"], "act": "acone", "until": NOW + timedelta(days=1)})
    row = decided(event(1), about={"acts": given}).row(0, named=True)
    assert row["suppressed_by"] == "acone: survey (bob until 2026-01-02T12:00:00Z)"
    told = explain(row, event(1), "it was silent")
    assert told["suppressed_by"] == row["suppressed_by"] and told["listed"] is False


def test_it_comes_back_when_the_act_is_over_and_is_withdrawn_with_its_event() -> None:
    about = {"acts": acts({"object": ["vessel:1"], "until": NOW + timedelta(hours=1)})}
    a = decided(event(1), about=about)
    b = decided(event(1), previous=a, now=NOW + timedelta(hours=2), about=about)
    assert b["suppressed_by"].to_list() == [None]
    c = decided(event(1, version=2, state="withdrawn"), previous=a, about=about)
    assert c["state"].to_list() == ["withdrawn"]


def test_what_is_suppressed_takes_no_place_in_the_budget() -> None:
    rows = [event(1, severity=4), event(2)]
    found = decided(*rows, budget=1, about={"acts": acts({"object": ["vessel:1"]})})
    assert found["listed"].to_list() == [False, False]
    assert sorted(decided(*rows, budget=1)["listed"]) == [False, True]


def test_a_suppressed_line_stays_so_when_the_event_is_replaced() -> None:
    about = {"acts": acts({"object": [f"alert:{ALERT}"]})}
    a = decided(event(1), about=about)
    new = event(2, mmsi=[1], participants=["mv1"], supersedes=event(1)["event"], t_start=T0 + timedelta(minutes=1))
    b = decided(event(1, version=2, state="withdrawn"), new, previous=a, about=about)
    rows = {r["event"]: r for r in b.iter_rows(named=True)}
    assert rows[new["event"]]["suppressed_by"] and not rows[new["event"]]["line"]


def test_an_alert_that_takes_anothers_place_goes_on_with_what_was_done() -> None:
    a = decided(event(1)).with_columns(state=pl.lit("closed"), who=pl.lit("ann"), outcome=pl.lit("survey"))
    new = event(2, mmsi=[1], participants=["mv1"], supersedes=event(1)["event"])
    b = decided(event(1, version=2, state="withdrawn"), new, previous=a)
    row = b.filter(pl.col("event") == new["event"]).row(0, named=True)
    assert (row["state"], row["who"], row["outcome"], row["line"]) == ("closed", "ann", "survey", False)
    held = pl.concat([a.join(b, on="alert", how="anti"), b])
    c = decided(event(1, version=2, state="withdrawn"), new | {"version": 2}, previous=held)
    assert c.select("version", "state", "who").rows() == [(2, "closed", "ann")], "one line, one alert that stands"
