"""Versions, windows and restarts: the pure part of the walk."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from makara.base.time import EPOCH
from makara.replay import KEEP_S, affected, newest, restart, versions, windows
from makara.tables import table

T0 = datetime(2026, 3, 1, 6, tzinfo=UTC)
HOUR = timedelta(hours=1)


def event(name: str, start: float = 0, end: float | None = 1, **more: object) -> dict[str, object]:
    """Contents of an event, times in hours after T0."""
    row: dict[str, object] = {
        "event": name,
        "state": "open" if end is None else "closed",
        "kind": "gap",
        "profile": "makara",
        "scope": "",
        "rule": "gap@1.0",
        "parameters": "x",
        "t_start": T0 + start * HOUR,
        "t_end": None if end is None else T0 + end * HOUR,
        "t_end_floor": T0 + (start if end is None else end) * HOUR,
        "lon_deg": 100.0,
        "lat_deg": 5.0,
        "shape": None,
        "participants": ["mv1"],
        "mmsi": [1],
        "zones": [],
        "p": 0.5,
        "severity": 1,
        "reasons": [],
        "innocent": [],
        "details": "{}",
        "evidence": [],
        "source": "gap@1.0",
        "mark": "m",
    }
    return row | more


def contents(*rows: dict[str, object]) -> pl.DataFrame:
    schema = {k: v for k, v in table("events").schema.items() if k not in ("version", "supersedes", "t_known")}
    return pl.DataFrame(list(rows), schema=schema)


def first(*rows: dict[str, object]) -> pl.DataFrame:
    return versions(table("events").empty(), contents(*rows), EPOCH, T0)


def test_a_new_event_is_version_one() -> None:
    assert first(event("a"))["version"].to_list() == [1]


def test_the_same_contents_make_no_version() -> None:
    held = first(event("a"))
    assert len(versions(held, contents(event("a")), EPOCH, T0 + HOUR)) == 0


def test_changed_contents_are_a_revision_and_keep_the_old_version() -> None:
    held = first(event("a", end=None))
    new = versions(held, contents(event("a", end=3)), EPOCH, T0 + HOUR)
    assert new["version"].to_list() == [2]
    assert new["state"].to_list() == ["closed"]
    both = pl.concat([held, new])
    assert newest(both)["state"].to_list() == ["closed"]
    assert newest(both, as_known_at=T0)["state"].to_list() == ["open"]


def test_what_no_longer_holds_is_withdrawn_once() -> None:
    held = first(event("a"))
    gone = versions(held, contents(), EPOCH, T0 + HOUR)
    assert gone["state"].to_list() == ["withdrawn"]
    assert len(versions(newest(pl.concat([held, gone])), contents(), EPOCH, T0 + 2 * HOUR)) == 0


def test_what_was_over_before_the_replay_stays() -> None:
    held = first(event("a", start=0, end=1))
    assert len(versions(held, contents(), T0 + 2 * HOUR, T0 + 3 * HOUR)) == 0
    assert len(affected(held, T0 + 2 * HOUR)) == 0


def test_an_event_whose_start_moved_supersedes_the_old_one() -> None:
    held = first(event("a", start=0, end=5))
    new = versions(held, contents(event("b", start=1, end=5)), EPOCH, T0 + HOUR)
    found = {r["event"]: r for r in new.iter_rows(named=True)}
    assert found["a"]["state"] == "withdrawn"
    assert found["b"]["supersedes"] == "a"


def test_a_withdrawn_event_that_holds_again_is_a_new_version_of_itself() -> None:
    held = first(event("a"))
    gone = newest(pl.concat([held, versions(held, contents(), EPOCH, T0 + HOUR)]))
    back = versions(gone, contents(event("a")), EPOCH, T0 + 2 * HOUR)
    assert back["version"].to_list() == [3]
    assert back["state"].to_list() == ["closed"]


@given(st.integers(0, 10_000_000), st.integers(1, 5_000_000))
def test_windows_cover_the_span_without_overlap_and_cut_at_kept_points(start: int, length: int) -> None:
    frm = T0 + timedelta(seconds=start)
    to = frm + timedelta(seconds=length)
    parts = windows(frm, to, T0)
    assert parts[0][0] == frm
    assert parts[-1][1] == to
    for (_, b), (c, _) in itertools.pairwise(parts):
        assert b == c
        assert (b - EPOCH) % timedelta(seconds=KEEP_S) == timedelta(0)


@pytest.mark.parametrize(("dirty", "expected"), [(14, 12), (12, 12), (11, 0), (-1, None)])
def test_restart_is_the_last_kept_point_not_after_what_is_dirty(dirty: int, expected: int | None) -> None:
    kept = [T0, T0 + 12 * HOUR, T0 + 24 * HOUR]
    assert restart(T0 + dirty * HOUR, kept) == (EPOCH if expected is None else T0 + expected * HOUR)
