"""Alerts: who must see what, in which order, and why."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import polars as pl
import pytest
from events_made import NONE, NOW, T0, event, events, subscriptions
from polars.testing import assert_frame_equal

from makara.alerts import decide, explain
from makara.base import ids
from makara.tables import table


def zones() -> pl.DataFrame:
    return pl.DataFrame({"zone": ["zn1", "zn2"], "kind": ["closed", "port"]})


def lists() -> pl.DataFrame:
    names = {"list": ["iuu", "carrier_register"], "mmsi": [1, 2]}
    return pl.DataFrame(names, schema={"list": pl.String, "mmsi": pl.Int32})


def found(*rows: dict[str, Any], previous: pl.DataFrame = NONE, now: datetime = NOW, **parts: Any) -> pl.DataFrame:
    return decide(events(*rows), subscriptions(**parts), previous, None, now, zones=zones(), lists=lists())


def test_a_new_event_becomes_an_alert_of_each_subscription_that_wants_it() -> None:
    a = found(event(1), event(2, severity=1), event(3, state="withdrawn"))
    assert a["event"].to_list() == [event(1)["event"]]
    row = a.row(0, named=True)
    assert row["alert"] == ids.ident("al", "watch", row["event"])
    assert (row["state"], row["version"], row["line"], row["mark"], row["t_known"]) == ("new", 1, True, "mkone", NOW)
    both = pl.concat([subscriptions(), subscriptions(subscription="chief", severity_min=3)])
    assert len(decide(events(event(1), event(4, severity=3)), both, NONE, None, NOW)) == 3


@pytest.mark.parametrize(
    ("wants", "n"),
    [({"kinds": ["dark"]}, 0), ({"kinds": ["gap"]}, 1), ({"zones": ["zn1"]}, 1), ({"zones": ["zn2"]}, 0)],
)
def test_kinds_and_zones_are_matched(wants: dict[str, Any], n: int) -> None:
    assert len(found(event(1, zones=["zn1"]), **wants)) == n


def test_the_same_again_changes_nothing_whatever_the_order() -> None:
    rows = [event(1), event(2, severity=4), event(3, kind="dark")]
    a = found(*rows)
    assert_frame_equal(a, found(*reversed(rows)))
    assert len(found(*rows, previous=a, now=NOW + timedelta(minutes=15))) == 0


def test_a_new_version_is_followed_and_a_withdrawn_event_withdraws() -> None:
    a = found(event(1))
    b = found(event(1, version=2, severity=3, mark="mktwo"), previous=a)
    assert b.select("version", "state", "mark").row(0) == (2, "new", "mktwo")
    c = found(event(1, version=3, state="withdrawn"), previous=b)
    assert c.select("version", "state").row(0) == (3, "withdrawn")
    assert len(found(event(1, version=3, state="withdrawn"), previous=c)) == 0
    d = found(event(1, version=4), previous=c)
    assert d.select("version", "state").row(0) == (4, "new")
    assert found(event(1, severity=0), previous=a)["state"].to_list() == ["withdrawn"]


def test_what_operators_set_stays_until_the_event_is_withdrawn() -> None:
    a = found(event(1)).with_columns(state=pl.lit("claimed"), who=pl.lit("officer"))
    b = found(event(1, version=2), previous=a)
    assert b.select("version", "state", "who").row(0) == (2, "claimed", "officer")
    c = found(event(1, version=3, state="withdrawn"), previous=b)
    assert c.select("state", "who").row(0) == ("withdrawn", "officer")


def test_only_the_first_alert_of_a_line_is_marked_so() -> None:
    old, mid = event(1), event(2, supersedes=event(1)["event"])
    new = event(3, supersedes=mid["event"])
    a = found(old)
    b = found(event(1, version=2, state="withdrawn"), event(2, supersedes=old["event"], severity=0), new, previous=a)
    assert dict(b.select("event", "line").iter_rows())[new["event"]] is False
    fresh = found(event(1, state="withdrawn"), new | {"supersedes": old["event"]})
    assert fresh["line"].to_list() == [True]


def test_the_rank_is_the_sum_of_its_published_contributions() -> None:
    rows = [
        event(1, zones=["zn1", "zn2"], p=0.3333),
        event(
            2,
            kind="dark",
            participants=["mv1", "de1"],
            mmsi=[1],
            t_start=T0 + timedelta(hours=20),
            t_end_floor=T0 + timedelta(hours=21),
        ),
        event(3, state="open", p=None, mmsi=[2]),
        event(4, t_end_floor=T0 - timedelta(hours=20), t_start=T0 - timedelta(days=2), severity=4),
    ]
    a = found(*rows)
    by_event = {r["event"]: r for r in a.iter_rows(named=True)}
    for r in by_event.values():
        assert r["rank"] == pytest.approx(sum(c["weight"] for c in r["contributions"]), abs=1e-4)
        assert all(c["text"] and c["weight"] > 0 for c in r["contributions"])
    parts = [{c["code"]: round(c["weight"], 4) for c in by_event[r["event"]]["contributions"]} for r in rows]
    assert parts[0] == {"severity": 2, "p": 0.3333, "recency": 0.5, "zone": 0.5, "list": 1, "indicators": 0.25}
    assert parts[1] == {"severity": 2, "p": 0.75, "recency": 0.5, "list": 1, "indicators": 0.25}
    assert parts[2] == {"severity": 2, "p": 0.5, "recency": 0.5}
    assert parts[3] == {"severity": 4, "p": 0.75}


def test_an_empty_picture_gives_no_alerts() -> None:
    a = decide(events(), subscriptions(), NONE, None, NOW)
    assert a.schema == table("alerts").schema and len(a) == 0
    assert len(decide(events(event(1)), table("subscriptions").empty(), NONE, None, NOW)) == 0


def test_lists_known_to_the_registry_count() -> None:
    vessels = pl.DataFrame(
        {"mmsi": [1], "lists": [["sanctions"]]}, schema={"mmsi": pl.Int32, "lists": pl.List(pl.String)}
    )
    a = decide(events(event(1)), subscriptions(), NONE, vessels, NOW)
    assert "sanctions" in str(a["contributions"].to_list())


def test_an_explanation_says_why_and_what_would_change_it() -> None:
    row = event(1, state="open", t_end=None)
    told = explain(found(row).row(0, named=True), row, "it was silent for 8 h")
    assert told["why"] == "it was silent for 8 h" and told["innocent"] == ["no_reception"]
    assert told["would_change"] == [
        "silence: 8 h was held against 6; a value on the other side of it",
        "late messages of nmea, where nothing was found so far",
        "its end: it is still going on",
        "confirmation of an innocent explanation: no reception",
    ]
