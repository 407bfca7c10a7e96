"""Anomaly: an hour unlike what the vessel did before, and unlike what its class does there.

Why it matters: what no other rule describes still shows as a ship that is somewhere it never was, at a speed or on a
course that neither it nor others like it keep there.
What looks the same: a new charter or route, a diversion, trials after a refit, weather, another ship under the same
number, a sensor fault. One hour in a thousand of an innocent vessel stands out, so it is of severity 1 at most, and
others must confirm it.
Source: the European Maritime Safety Agency's automated behaviour monitoring (anomaly detection); the ranking is
conformal (Laxhammar & Falkman 2014), so that the share of false ones is known; the rest is Makara's own.

One sample an hour of each track is compared with the histories of its mover and of its class at that place (within
50 km): how surprising, in bits, are its band of speed and course, and the place itself, by whichever of the two
histories finds them less so. Then it is ranked among the mover's own surprises so far. It stands out if it is among the
highest one in a thousand, so there is nothing before a thousand hours have been ranked; and if its chance was small
at all, which it is not where others of the class do the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import polars as pl

from makara.base.units import DAY_S, HOUR_S, KN_M_S, S_US
from makara.behaviours._cases import Vessel, fires, sea, silent
from makara.behaviours._habits import HERE, OWN, learned, samples
from makara.behaviours._rule import (
    Parameter,
    Parameters,
    Rule,
    Window,
    emit,
    instants,
    nothing,
    pack,
    reason,
    reasons,
    rows_of,
    unpack,
)
from makara.behaviours._words import detail, place, who

RULE = Rule(
    kind="anomaly",
    version="1.0",
    inputs={"track_points": 7 * HOUR_S, "tracks": 0, "vessels": 0},
    parameters=(
        Parameter("tail_max", 0.001, "share of a vessel's hours that stand out"),
        Parameter("surprise_min", 7.0, "and that surprise by at least so many bits (7: a chance of 1 in 128)"),
        Parameter("history_min", 1000, "hours ranked before one may stand out (at least 1 / tail_max)"),
        Parameter("learn_min", 200, "hours learned before any are ranked"),
        Parameter("bridge_max_s", 6 * HOUR_S, "a leg longer than this tells no speed (at most 6 h)"),
        Parameter("apart_min_s", 12 * HOUR_S, "an hour so soon after one that stood out is not told again"),
        Parameter("memory_s", 365 * DAY_S, "a vessel not heard for so long is forgotten"),
    ),
    profiles={"makara": {}},
    innocent=("new_route", "diversion", "trials", "weather", "shared_number", "sensor_fault"),
    details={
        "speed_kn": pl.Float64(),
        "course_deg": pl.Float64(),
        "unusual": pl.String(),
        "surprise_bits": pl.Float64(),
        "tail": pl.Float64(),
        "history_hours": pl.Int64(),
        "class_hours": pl.Int64(),
        "class": pl.String(),
    },
    by="place",
)

_PARTS: Final = ("speed", "course", "place")


def step(window: Window, carried: pl.DataFrame, p: Parameters) -> pl.DataFrame:
    """Hours of the window that stand out; what was learned is remembered."""
    mine = pl.col("participants").list.len() > 0
    own = unpack(carried.filter(mine), OWN).select(*OWN, "marks")
    here = unpack(carried.filter(~mine), HERE).select(*HERE, "marks", kind="scope")
    rows = samples(window, min(int(p.bridge_max_s), 6 * HOUR_S) * S_US)
    memory, apart = int(p.memory_s) * S_US, int(p.apart_min_s) * S_US
    limits = (int(p.learn_min), int(p.history_min), p.tail_max, p.surprise_min, memory, apart)
    rows, own_after, here_after = learned(rows, own, here, *limits)
    seen = _marks(rows, own, here)
    events = _rows(rows.filter("told"), seen, p)
    own_after = own_after.filter(pl.col("t_last") + memory >= window.to_us)
    return pl.concat([events, _own_memory(own_after, seen, p), _here_memory(here_after, seen, p)])


def why(event: Mapping[str, Any]) -> str:
    """The hour in words for the radio."""
    d = detail(event)
    speed = "lay still" if d["course_deg"] is None else f"made {d['speed_kn']:.1f} kn on {d['course_deg']:03.0f}"
    return (
        f"{who(event)} ({d['class']}) {speed} at {place(event)}: its {d['unusual']} is unlike its last "
        f"{d['history_hours']} h and the {d['class_hours']} h of its class there"
    )


def _marks(rows: pl.DataFrame, own: pl.DataFrame, here: pl.DataFrame) -> pl.DataFrame:
    """From when on the histories rest on a mark: ``what`` (mover, or class at place), ``mark, since``."""
    ever = pl.lit(np.iinfo(np.int64).min).alias("since")
    mover = pl.concat_str(pl.lit("mv"), pl.col("mover").cast(pl.String)).alias("what")
    there = pl.format("{}@{}", "kind", "place").alias("what")
    told = [
        own.select(mover, mark="marks", since=ever).explode("mark"),
        here.select(there, mark="marks", since=ever).explode("mark"),
        rows.select(mover, "mark", since="t"),
        rows.select(there, "mark", since="t"),
    ]
    return pl.concat(told).drop_nulls().group_by("what", "mark").agg(pl.col("since").min()).sort("what", "mark")


def _rows(found: pl.DataFrame, seen: pl.DataFrame, p: Parameters) -> pl.DataFrame:
    """Events of a step."""
    if not len(found):
        return nothing()
    found = found.with_row_index("n")
    mover = pl.concat_str(pl.lit("mv"), pl.col("mover").cast(pl.String))
    both = [found.select("n", "t", what=w) for w in (mover, pl.format("{}@{}", "kind", "place"))]
    marks = pl.concat(both).join(seen, on="what").filter(pl.col("since") <= pl.col("t"))
    marks = marks.select("n", "mark").unique().sort("n", "mark").group_by("n", maintain_order=True).agg(marks="mark")
    parts = [pl.col(f"by_{c}") for c in _PARTS]
    still = pl.col("bin") == 0
    rows = found.join(marks, on="n", how="left", maintain_order="left").with_columns(
        state=pl.lit("closed"),
        t_start=instants("t"),
        t_end=instants("t"),
        t_end_floor=instants("t"),
        participants=pl.concat_list(mover),
        mmsi=pl.concat_list("mmsi").list.drop_nulls(),
        marks=pl.col("marks").fill_null([]),
        severity=pl.lit(1),
        unusual=pl.lit(pl.Series([list(_PARTS)])).first().list.get(pl.concat_list(parts).list.arg_max()),
        speed_kn=(pl.col("mm_s") / 1000 / KN_M_S).round(1),
        course_deg=pl.when(~still).then(pl.col("cog_deg").cast(pl.Float64).round(0) % 360.0),
        surprise_bits=(pl.col("surprise") / 1000).round(1),
        tail=(pl.col("rank") / pl.col("among")).round(6),
        history_hours=pl.col("among") + int(p.learn_min) - 1,
        class_hours=pl.col("hours"),
    )
    rows = rows.with_columns(
        reasons(
            reason("stands_out", "rank among its own hours, as a share", pl.col("tail"), None, p.tail_max),
            reason(
                "surprise",
                "surprise by its own and its class's history",
                pl.col("surprise_bits"),
                "bits",
                p.surprise_min,
            ),
            *(
                reason(f"unusual_{c}", f"its {c}, in bits", pl.col(f"by_{c}"), when=pl.col(f"by_{c}") >= 5.0)
                for c in _PARTS
            ),
        ),
        evidence=pl.concat_list(rows_of("mover", pl.col("t_start"), pl.col("t_start"))),
    )
    return emit(RULE, p, rows.rename({"kind": "class"}))


def _own_memory(own: pl.DataFrame, seen: pl.DataFrame, p: Parameters) -> pl.DataFrame:
    """Pending rows: the history of each mover."""
    mover = pl.concat_str(pl.lit("mv"), pl.col("mover").cast(pl.String))
    rows = own.with_columns(what=mover, participants=pl.concat_list(mover), scope=pl.lit(""), t=pl.col("t_last"))
    return _pending(rows, OWN, seen, p)


def _here_memory(here: pl.DataFrame, seen: pl.DataFrame, p: Parameters) -> pl.DataFrame:
    """Pending rows: the history of each class at each place."""
    nobody = pl.lit([], dtype=pl.List(pl.String()))
    rows = here.with_columns(what=pl.format("{}@{}", "kind", "place"), participants=nobody, scope="kind", t=pl.lit(0))
    return _pending(rows.drop("kind"), HERE, seen, p)


def _pending(rows: pl.DataFrame, names: tuple[str, ...], seen: pl.DataFrame, p: Parameters) -> pl.DataFrame:
    if not len(rows):
        return nothing()
    marks = seen.group_by("what", maintain_order=True).agg(marks="mark")
    rows = rows.join(marks, on="what", how="left", maintain_order="left")
    rows = rows.with_columns(
        pack({c: rows[c].to_numpy() for c in names}),
        marks=pl.col("marks").fill_null([]),
        state=pl.lit("pending"),
        t_start=instants("t"),
        t_end_floor=instants("t"),
        lon_deg=pl.lit(0.0),
        lat_deg=pl.lit(0.0),
    )
    return emit(RULE, p, rows)


def _shuttle(at: tuple[float, float], trips: int = 110, **more: Any) -> Vessel:
    """A ferry: six hours out, six hours back, again and again."""
    v = sea.vessel(at=at, start="2025-01-01T00:00:00Z", every_s=3600, kind="passenger", **more)
    for _ in range(trips):
        v = v.sail(6, 0, 10).sail(6, 180, 10)
    return v


CASES = (
    fires("after two months on one line, a ferry runs east at 24 kn", _shuttle((130.0, -10.0)).sail(3, 90, 24)),
    silent("the same in its first week", _shuttle((130.0, -10.0), trips=14).sail(3, 90, 24)),
    silent("it keeps to its line", _shuttle((130.0, -10.0), trips=120)),
    fires(
        "across 180 degrees",
        _shuttle((179.8, -17.0)).sail(3, 90, 24),
        hazard="antimeridian",
    ),
)
