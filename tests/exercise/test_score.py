"""The score, held against hand-made truths, a brute-force pairing and the given cases."""

from __future__ import annotations

import itertools
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from makara.base import time
from makara.exercise.score import score
from makara.tables import table

T0 = datetime(2026, 1, 1, tzinfo=UTC)
END = T0 + timedelta(days=1)
EVENT = {
    "version": 1,
    "state": "closed",
    "profile": "makara",
    "scope": "",
    "rule": "r",
    "parameters": "p",
    "lon_deg": 0.0,
    "lat_deg": 0.0,
    "zones": [],
    "severity": 2,
    "reasons": [],
    "innocent": [],
    "details": "{}",
    "evidence": [],
    "source": "r",
    "t_known": T0,
    "mark": "mk",
}
SCHEMA = table("events").schema


def ours(
    n: int, kind: str = "gap", frm: float = 1, to: float | None = 2, mmsi: int | None = 1, **parts: Any
) -> dict[str, Any]:
    start = T0 + timedelta(hours=frm)
    end = None if to is None else T0 + timedelta(hours=to)
    who = {"participants": [] if mmsi is None else [f"mv{mmsi}"], "mmsi": [] if mmsi is None else [mmsi]}
    own = {"event": f"ev{n}", "kind": kind, "t_start": start, "t_end": end, "t_end_floor": end or start}
    return EVENT | own | who | parts


def true(kind: str = "gap", frm: float = 1, to: float | None = 2, mmsi: int | None = 1, **parts: Any) -> dict[str, Any]:
    at = [None if h is None else time.text(T0 + timedelta(hours=h)) for h in (frm, to)]
    own = {"kind": kind, "t_start": at[0], "t_end": at[1], "mmsi": [] if mmsi is None else [mmsi], "planted": True}
    return own | parts


def scored(
    events: list[dict[str, Any]],
    truth: list[dict[str, Any]],
    tolerated: list[dict[str, Any]] | None = None,
    **parts: Any,
) -> dict[str, Any]:
    frame = (
        pl.DataFrame(events, schema_overrides=SCHEMA, infer_schema_length=None) if events else table("events").empty()
    )
    rows = [{"alert": f"al{e['event']}{s}", "event": e["event"], "state": "new"} for e in events for s in "ab"]
    alerts = pl.DataFrame(rows, schema={"alert": pl.String, "event": pl.String, "state": pl.String})
    told = {"events": truth, "tolerated": tolerated}
    return score(frame, alerts, told, t_start=T0, t_end=END, **parts)


def test_found_and_right() -> None:
    out = scored([ours(1)], [true(), true(mmsi=2)])
    assert out == {
        "kinds": {"gap": {"planted": 2, "found": 1, "alerts": 1, "right": 1, "recall": 0.5, "precision": 1.0}},
        "false_per_watch": 0.0,
        "watches": 2,
    }


@pytest.mark.parametrize(
    ("event", "found"),
    [
        (ours(1, frm=2.49, to=4), 1),
        (ours(1, frm=2.51, to=4), 0),
        (ours(1, frm=0, to=0.49), 0),
        (ours(1, frm=0, to=None, state="open"), 1),
        (ours(1, kind="dark"), 0),
        (ours(1, mmsi=2), 0),
        (ours(1, state="withdrawn"), 0),
        (ours(1, severity=0), 1),
        (ours(1, mmsi=2, participants=["mv1"]), 1),
        (ours(1, mmsi=None, participants=["deours"]), 1),
        (ours(1, mmsi=None, participants=["deother"]), 0),
    ],
)
def test_what_fits(event: dict[str, Any], found: int) -> None:
    out = scored([event], [true(detections=["d7"])], provider_ids={"deours": "d7", "deother": "d8"})
    assert out["kinds"]["gap"]["found"] == found


def test_a_true_event_that_goes_on_lasts_to_the_end() -> None:
    assert scored([ours(1, frm=20, to=21)], [true(to=None)])["kinds"]["gap"]["found"] == 1


def test_unobservable_ones_are_not_demanded_but_right() -> None:
    out = scored([ours(1)], [true(observable=False)])
    assert out["kinds"]["gap"] == {"planted": 0, "found": 0, "alerts": 1, "right": 1, "recall": None, "precision": 1.0}
    assert scored([ours(1)], [true(observable=None)])["kinds"]["gap"]["planted"] == 1


def test_other_true_and_tolerated_ones_are_neutral_and_the_rest_false() -> None:
    events = [ours(1), ours(2, mmsi=2), ours(3, mmsi=3), ours(4, mmsi=4), ours(5, mmsi=5, severity=1)]
    out = scored(events, [true(), true(mmsi=2, planted=False)], [true(mmsi=3)])
    assert out["kinds"]["gap"] == {"planted": 1, "found": 1, "alerts": 2, "right": 1, "recall": 1.0, "precision": 0.5}
    assert out["false_per_watch"] == 0.5


def test_a_second_alert_of_one_planted_event_is_false() -> None:
    out = scored([ours(1), ours(2, frm=1.2)], [true()])
    assert out["kinds"]["gap"]["alerts"] == 2 and out["kinds"]["gap"]["right"] == 1


def test_a_pairing_that_a_greedy_one_would_miss() -> None:
    events = [ours(1) | {"participants": ["mv1", "mv2"], "mmsi": [1, 2]}, ours(2)]
    assert scored(events, [true(), true(mmsi=2)])["kinds"]["gap"]["found"] == 2


def test_kinds_that_only_alerts_have_are_shown() -> None:
    out = scored([ours(1, kind="dark")], [true()])
    assert out["kinds"]["dark"] == {"planted": 0, "found": 0, "alerts": 1, "right": 0, "recall": None, "precision": 0.0}
    assert scored([], [])["kinds"] == {}


@given(
    st.lists(st.tuples(st.integers(1, 3), st.integers(0, 6)), max_size=5),
    st.lists(st.tuples(st.integers(1, 3), st.integers(0, 6)), max_size=5),
)
@settings(max_examples=80, deadline=None)
def test_as_many_are_found_as_any_pairing_finds(events: list[tuple[int, int]], truth: list[tuple[int, int]]) -> None:
    mine = [ours(n, mmsi=m, frm=h, to=h + 1) for n, (m, h) in enumerate(events)]
    out = scored(mine, [true(mmsi=m, frm=h, to=h + 1) for m, h in truth])
    fit = [[m == k and abs(h - g) <= 1.5 for k, g in truth] for m, h in events]
    slots = list(range(len(truth))) + [-1] * len(events)
    best = max(
        (
            sum(s >= 0 and fit[n][s] for n, s in enumerate(order))
            for order in set(itertools.permutations(slots, len(events)))
        ),
        default=0,
    )
    assert out["kinds"].get("gap", {"found": 0})["found"] == best


@pytest.mark.parametrize("case", ["arafura", "quiet"])
def test_a_perfect_watch_on_a_given_case(case: str, data_dir: Path) -> None:
    truth = json.loads((data_dir / "cases" / case / "truth.json").read_text())
    events = []
    for n, e in enumerate(truth["events"]):
        end = time.parse(e["t_end"]) if e["t_end"] else None
        start = time.parse(e["t_start"])
        who = [f"mv{m}" for m in e["mmsi"]] + e.get("detections", []) + e.get("unmatched", [])
        own = {"event": f"ev{n}", "kind": e["kind"], "t_start": start, "t_end": end, "t_end_floor": end or start}
        events.append(EVENT | own | {"participants": who, "mmsi": e["mmsi"], "state": "closed" if end else "open"})
    frame = pl.DataFrame(events, schema_overrides=SCHEMA, infer_schema_length=None)
    alerts = frame.select(alert="event", event="event", state=pl.lit("new"))
    span = {k: time.parse(truth[k]) for k in ("t_start", "t_end")}
    out = score(frame, alerts, truth, **span)
    assert out["false_per_watch"] == 0.0
    for kind, s in out["kinds"].items():
        assert s["found"] == s["planted"] and s["precision"] in (1.0, None), kind
    nothing = score(frame.clear(), alerts.clear(), truth, **span)
    assert all(s["found"] == 0 and s["precision"] is None for s in nothing["kinds"].values())
