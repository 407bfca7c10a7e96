"""Meetings: stretches in which two vessels keep side by side, joined into events. What encounter and its kin share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from makara.base.units import KN_M_S
from makara.behaviours._pairs import Legs, near, speeds, unbroken
from makara.behaviours._rule import Window
from makara.behaviours._stays import join_runs, marks_of

PAIR: Final = ("mover_a", "mover_b")
_FIRSTS: Final = ("mmsi_a", "mmsi_b", "lon", "lat", "shore", "zone_row")
_SUMS: Final = ("ms", "made_ms", "slow_ms", "mm_ms", "speed_ms", "east_ms", "north_ms")
MEMORY: Final = (
    "sure", *PAIR, "mmsi_a", "mmsi_b", "t_first", "t_last", "lon", "lat", "shore", "mm", *_SUMS, "meetings",
)  # fmt: skip
"""What a meeting remembers: who, when, where it began, the least distance (mm), and sums over its time (ms): of it, of
interpolated time, of slow vessels, of distance (mm), of both speeds (mm/s), of the bearing's east and north (1/1000).
"""


@dataclass(frozen=True)
class Terms:
    """What counts as a meeting.

    Attributes:
        reach_m: no farther apart than this.
        slow_kn: speed below which a vessel counts as slow.
        leg_max_kn: a vessel faster than this is passing.
        bridge_us: longest time between two reports that is interpolated.
        pause_us: apart for less than this goes on.
        merge_us: meetings of a pair less than this apart are one event.
        lasted: whether a run is a meeting (over the columns of :data:`MEMORY`).
    """

    reach_m: float
    slow_kn: float
    leg_max_kn: float
    bridge_us: int
    pause_us: int
    merge_us: int
    lasted: pl.Expr


@dataclass(frozen=True)
class Meetings:
    """Meetings of pairs, with the columns of :data:`MEMORY` but ``sure``, ``zone_row``, ``marks`` and ``alive``.

    Attributes:
        events: joined meetings to publish.
        kept: a pair's meetings that later ones may join.
        ongoing: runs that may go on.
        zones: ``zone_row, zones``.
    """

    events: pl.DataFrame
    kept: pl.DataFrame
    ongoing: pl.DataFrame
    zones: pl.DataFrame


def meet(window: Window, points: pl.DataFrame, far: NDArray[np.bool_], held: pl.DataFrame, terms: Terms) -> Meetings:
    """Meetings that end in the window or last at its end, joined with the pair's meetings just before.

    Args:
        window: its new reports make new instants.
        points: points of those that may meet, ordered as the window's.
        far: which of them count: far enough from where vessels lie side by side anyway.
        held: what was carried, unpacked by :data:`MEMORY`.
        terms: what counts as a meeting.
    """
    old = held.with_row_index("k").with_columns(zone_row=-1 - pl.col("k").cast(pl.Int64))
    hits, told, zones = _hits(window, points, far, terms)
    going = old.filter(pl.col("sure") == 0)
    begins = (pl.col("start") != pl.col("t_prev")) & (pl.col("t_first") - pl.col("t_prev") > terms.pause_us)
    runs, marks = join_runs(hits, going, PAIR, begins, firsts=_FIRSTS, sums=_adds(), mins=["mm"])
    marks = _all_marks(runs, marks, told)
    runs = runs.join(marks, on="run", how="left", maintain_order="left")
    zones = pl.concat([zones, old.select("zone_row", "zones")])
    runs = runs.with_columns(
        alive=pl.col("final") & (pl.col("t_last") + 2 * terms.bridge_us >= window.to_us),
        sure=terms.lasted,
        meetings=pl.lit(1, pl.Int64()),
    )
    done = old.filter(pl.col("sure") == 1).with_columns(alive=pl.lit(False))
    names = [*PAIR, "t_first", "t_last", *_FIRSTS, *_SUMS, "mm", "meetings", "marks", "alive"]
    meetings = pl.concat([done.select(names), runs.filter(pl.col("sure")).select(names)])
    events = _merged(meetings, terms.merge_us)
    kept = _merged(meetings.filter(~pl.col("alive")), terms.merge_us).filter("final")
    ongoing = runs.filter("alive").select(names)
    kept = kept.join(ongoing.select(*PAIR, t_next="t_first"), on=PAIR, how="left", maintain_order="left")
    waits = (pl.col("t_last") + terms.merge_us + terms.bridge_us >= window.to_us) | (
        pl.col("t_next") - pl.col("t_last") < terms.merge_us
    )
    kept = kept.filter(waits.fill_null(pl.col("t_last") + terms.merge_us + terms.bridge_us >= window.to_us))
    return Meetings(events, kept, ongoing, zones)


def _hits(
    window: Window, points: pl.DataFrame, far: NDArray[np.bool_], terms: Terms
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """New instants at which two vessels are side by side; the marks of the reports behind them; zones by row."""
    t = points["t_seen"].to_physical().to_numpy()
    track, mover = points["track"].to_numpy(), points["mover"].to_numpy()
    who_ = np.cumsum(np.append(False, mover[1:] != mover[:-1])[: mover.size])  # points are ordered by mover
    usable = unbroken(track, t, far, terms.bridge_us)
    legs = Legs(who_, t, points["lon_deg"].to_numpy(), points["lat_deg"].to_numpy(), usable)
    pace = speeds(legs, terms.leg_max_kn * KN_M_S * 1000)
    usable &= pace <= terms.leg_max_kn * KN_M_S * 1000
    found = near(legs, pace, terms.reach_m, terms.slow_kn * KN_M_S * 1000, window.frm_us)
    a, b = found["row_a"].to_numpy(), found["row_b"].to_numpy()
    marks = points["mark"].unique().sort()
    hits = found.with_columns(
        mover_a=points["mover"].gather(a),
        mover_b=points["mover"].gather(b),
        mmsi_a=points["mmsi"].gather(a).cast(pl.Int64).fill_null(-1),
        mmsi_b=points["mmsi"].gather(b).cast(pl.Int64).fill_null(-1),
        shore=points["shore_m"].gather(a).round().cast(pl.Int64).fill_null(-1),
        zone_row=pl.col("row_a"),
        mark=pl.lit(marks[0] if len(marks) == 1 else None, pl.String()),
    )
    rows = np.unique(a)
    zones = pl.DataFrame({"zone_row": pl.Series(rows, dtype=pl.Int64()), "zones": points["zones"].gather(rows)})
    return hits, _told(hits, points["mark"], marks if len(marks) > 1 else marks.clear()), zones


def _told(hits: pl.DataFrame, mark: pl.Series, marks: pl.Series) -> pl.DataFrame:
    """Which of some marks the reports behind each stretch bear: ``mover_a, mover_b, t_last, mark``."""
    found = [hits.clear().select(*PAIR, "t_last", "mark")]
    for one in marks.drop_nulls():
        count = np.concatenate([[0], np.cumsum((mark == one).fill_null(False).to_numpy())])
        has = np.zeros(len(hits), bool)
        for row, end in (("row_a", "end_a"), ("row_b", "end_b")):
            has |= count[hits[end].to_numpy() + 1] > count[hits[row].to_numpy() - 1]
        found.append(hits.filter(pl.Series(has)).select(*PAIR, "t_last", mark=pl.lit(one)))
    return pl.concat(found)


def _adds() -> dict[str, pl.Expr]:
    """What each stretch adds: itself, and the time before it back to the stretch that it continues."""
    joined = (pl.col("start") == pl.col("t_prev")).fill_null(False)
    ms = pl.when(joined).then((pl.col("t_first") - pl.col("start")) // 1000).otherwise(0)
    return {
        "ms": ms + pl.col("in_ms"),
        "made_ms": pl.when(joined).then("made_0").otherwise(0) + pl.col("in_made"),
        "slow_ms": ms * pl.col("slow_0") + pl.col("in_slow"),
        "mm_ms": ms * pl.col("mm_0") + pl.col("in_mm"),
        "speed_ms": ms * pl.col("pace_0") + pl.col("in_pace"),
        "east_ms": ms * pl.col("east_0") + pl.col("in_east"),
        "north_ms": ms * pl.col("north_0") + pl.col("in_north"),
    }


def _all_marks(runs: pl.DataFrame, marks: pl.DataFrame, told: pl.DataFrame) -> pl.DataFrame:
    """Marks of runs: those carried, and those of the reports behind their new instants."""
    spans = runs.select("run", *PAIR, "t_first", t_run="t_last")
    inside = told.drop_nulls().join(spans, on=PAIR).filter(pl.col("t_last").is_between("t_first", "t_run"))
    return marks_of(pl.concat([marks.explode("marks").rename({"marks": "mark"}), inside.select("run", "mark")]), "run")


def _merged(meetings: pl.DataFrame, merge: int) -> pl.DataFrame:
    """Meetings of a pair joined into events."""
    both = meetings.sort(*PAIR, "t_first")
    other = (
        (pl.col("mover_a") != pl.col("mover_a").shift(1)) | (pl.col("mover_b") != pl.col("mover_b").shift(1))
    ).fill_null(True)
    both = both.with_columns(other=other)
    begins = pl.col("other") | (pl.col("t_first") - pl.col("t_last").shift(1) >= merge)
    both = both.with_columns(event=begins.cum_sum(), final=pl.col("other").shift(-1).fill_null(True))
    return both.group_by("event", maintain_order=True).agg(
        pl.col(*PAIR, "t_first", *_FIRSTS).first(),
        pl.col("t_last", "alive", "final").last(),
        pl.col(*_SUMS, "meetings").sum(),
        pl.col("mm").min(),
        pl.col("marks").explode().drop_nulls().unique().sort(),
    )
