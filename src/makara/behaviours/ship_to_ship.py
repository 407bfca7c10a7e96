"""Ship to ship: two tankers lie or sail side by side for hours, outside the areas meant for it.

Why it matters: oil under embargo changes its origin like this; an old hull without insurance does it in open water.
What looks the same: permitted lightering, bunkering off a port, a tanker that helps another, weather that keeps two
tankers in one lee.
Source: practice of sanctions monitors (two tankers within 250 m for 3 h or more, possibly under way, outside
authorised areas; stronger with a gap or a changed identity before).

Unlike an encounter it may happen at several knots, and out where satellites hear a vessel every two hours; so longer
silences are interpolated, and the share of time that no report vouches for is stated: it makes the event less sure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import numpy as np
import polars as pl

from makara.base.units import DAY_S, HOUR_S, KN_M_S, NMI_M, S_US
from makara.behaviours._cases import fires, sea, silent
from makara.behaviours._derived import all_marks, base, members
from makara.behaviours._meetings import MEMORY, PAIR, Terms, meet
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
    touches,
    unpack,
    zone_keys,
)
from makara.behaviours._words import detail, hours, nmi, place, who

RULE = Rule(
    kind="ship_to_ship",
    version="1.1",
    inputs={
        "track_points": 6 * HOUR_S,
        "events:gap": 30 * DAY_S,
        "events:identity": 30 * DAY_S,
        "zones": 0,
        "vessels": 0,
    },
    parameters=(
        Parameter("distance_max_m", 250.0, "side by side: no farther than this"),
        Parameter("duration_min_s", 3 * HOUR_S, "shortest transfer"),
        Parameter("leg_max_kn", 8.0, "a tanker faster than this is not transferring"),
        Parameter("anchorage_min_m", 10_000.0, "nearer an anchorage than this does not count"),
        Parameter("bridge_max_s", 2.5 * HOUR_S, "longest time between two reports that is interpolated (at most 3 h)"),
        Parameter("pause_max_s", HOUR_S, "apart for less than this goes on"),
        Parameter("merge_max_s", 6 * HOUR_S, "meetings of a pair less than this apart are one event"),
        Parameter("made_max_share", 1.0, "share of interpolated time above which the rule refuses"),
        Parameter("before_max_s", 7 * DAY_S, "how long before a gap or a change of identity counts"),
        Parameter("steady_min", 0.8, "length of the mean bearing from one to the other above which it is steady"),
        Parameter("shore_min_m", 12 * NMI_M, "nearer the shore than this is bunkering more often than not"),
    ),
    profiles={"makara": {}},
    innocent=("permitted_lightering", "bunkering", "help_in_distress", "sheltering"),
    details={
        "duration_s": pl.Int64(),
        "distance_min_m": pl.Float64(),
        "distance_mean_m": pl.Float64(),
        "mean_speed_kn": pl.Float64(),
        "steadiness": pl.Float64(),
        "interpolated_share": pl.Float64(),
        "shore_m": pl.Float64(),
        "gap_before": pl.Boolean(),
        "identity_before": pl.Boolean(),
    },
    by="place",
)

_AREAS: Final = ("anchorage", "port", "infrastructure")


def step(window: Window, carried: pl.DataFrame, p: Parameters) -> pl.DataFrame:
    """Tankers side by side at the reports of the window, joined with what went on before."""
    tankers = window.classes.filter(pl.col("class") == "tanker").select("mover")
    points = window.track_points.join(tankers, on="mover", how="semi", maintain_order="left")
    far = pl.col("anchorage_m").fill_null(np.inf) >= p.anchorage_min_m
    far = (far | pl.lit(not zone_keys(window, ("port", "anchorage")))) & ~touches("zones", zone_keys(window, _AREAS))
    terms = Terms(
        reach_m=p.distance_max_m,
        slow_kn=p.leg_max_kn,
        leg_max_kn=p.leg_max_kn,
        bridge_us=min(int(p.bridge_max_s), 3 * HOUR_S) * S_US,
        pause_us=int(p.pause_max_s) * S_US,
        merge_us=int(p.merge_max_s) * S_US,
        lasted=(pl.col("t_last") - pl.col("t_first") >= int(p.duration_min_s) * S_US)
        & (pl.col("made_ms") <= p.made_max_share * pl.col("ms")),
    )
    found = meet(window, points, points.select(far).to_series().to_numpy(), unpack(carried, MEMORY), terms)
    return pl.concat(
        [
            _events(window, found.events.join(found.zones, on="zone_row", how="left", maintain_order="left"), p),
            _memory(found.kept.join(found.zones, on="zone_row", how="left", maintain_order="left"), 1, p),
            _memory(found.ongoing.join(found.zones, on="zone_row", how="left", maintain_order="left"), 0, p),
        ]
    )


def why(event: Mapping[str, Any]) -> str:
    """The transfer in words for the radio."""
    d = detail(event)
    pace = "lay" if d["mean_speed_kn"] < 2 else "sailed"
    off = "" if d["shore_m"] is None else f", {nmi(d['shore_m'])} nmi off"
    before = [text for key, text in (("gap_before", "silence"), ("identity_before", "a changed identity")) if d[key]]
    return (
        f"{who(event)}, two tankers, {pace} {d['distance_mean_m']:.0f} m from each other for"
        f" {hours(d['duration_s'])} h at {place(event)} at {d['mean_speed_kn']:.1f} kn{off}"
        + (f", after {' and '.join(before)}" if before else "")
    )


def _common(found: pl.DataFrame) -> pl.DataFrame:
    """Columns that every row of a step needs."""
    return found.with_columns(
        t_start=instants("t_first"),
        t_end_floor=instants("t_last"),
        lon_deg=pl.col("lon") / 1e7,
        lat_deg=pl.col("lat") / 1e7,
        participants=pl.concat_list([pl.concat_str(pl.lit("mv"), pl.col(c).cast(pl.String)) for c in PAIR]),
        marks=pl.col("marks").fill_null([]),
    )


def _memory(found: pl.DataFrame, sure: int, p: Parameters) -> pl.DataFrame:
    """Rows that are memory only: meetings that later ones may join (1), and those that go on (0)."""
    if not len(found):
        return nothing()
    rows = found.with_columns(sure=pl.lit(sure, pl.Int64()))
    memory = pack({c: rows[c].to_numpy() for c in MEMORY})
    return emit(RULE, p, _common(rows).with_columns(memory, state=pl.lit("pending")))


def _before(window: Window, found: pl.DataFrame, kind: str, p: Parameters) -> pl.DataFrame:
    """Events of a kind of either tanker that were over (gap) or had begun (others) shortly before: ``event``, marks."""
    each = members(base(window, kind)).select("mover", "t_start", "t_end", other="marks")
    pairs = found.select("event", pl.col("t_start").alias("at"), mover=pl.concat_list(*PAIR)).explode("mover")
    both = pairs.join(each, on="mover")
    until = pl.coalesce("t_end", "t_start") if kind == "gap" else pl.col("t_start")
    since = pl.col("at") - pl.duration(seconds=int(p.before_max_s))
    near = both.filter(until <= pl.col("at"), until >= since, (pl.lit(kind) != "gap") | pl.col("t_end").is_not_null())
    return near.group_by("event").agg(pl.col("other").explode().drop_nulls().unique().sort().alias(f"marks_{kind}"))


def _events(window: Window, found: pl.DataFrame, p: Parameters) -> pl.DataFrame:
    """Rows of a step for transfers."""
    if not len(found):
        return nothing()
    rows = _common(found)
    for kind in ("gap", "identity"):
        rows = rows.join(_before(window, rows, kind, p), on="event", how="left", maintain_order="left")
    numbers = [pl.when(pl.col(c) >= 0).then(c) for c in ("mmsi_a", "mmsi_b")]
    length = (pl.col("east_ms").cast(pl.Float64) ** 2 + pl.col("north_ms").cast(pl.Float64) ** 2).sqrt()
    rows = rows.with_columns(
        all_marks("marks", "marks_gap", "marks_identity"),
        state=pl.when("alive").then(pl.lit("open")).otherwise(pl.lit("closed")),
        t_end=pl.when(~pl.col("alive")).then("t_end_floor"),
        mmsi=pl.concat_list(numbers).list.drop_nulls(),
        duration_s=(pl.col("t_last") - pl.col("t_first")) // S_US,
        distance_min_m=(pl.col("mm") / 1000).round(0),
        distance_mean_m=(pl.col("mm_ms") / pl.col("ms") / 1000).round(0),
        mean_speed_kn=(pl.col("speed_ms") / pl.col("ms") / 2000 / KN_M_S).round(2),
        steadiness=(length / pl.col("ms") / 1000).round(3),
        interpolated_share=(pl.col("made_ms") / pl.col("ms")).round(4),
        shore_m=pl.when(pl.col("shore") >= 0).then("shore"),
        gap_before=pl.col("marks_gap").is_not_null(),
        identity_before=pl.col("marks_identity").is_not_null(),
        evidence=pl.concat_list([rows_of(c, pl.col("t_start"), pl.col("t_end_floor")) for c in PAIR]),
    )
    steady = pl.col("steadiness") >= p.steady_min
    near = (pl.col("shore_m") < p.shore_min_m).fill_null(False)
    hidden = pl.col("gap_before") | pl.col("identity_before")
    rows = rows.with_columns(
        reasons(
            reason("near", "mean distance", pl.col("distance_mean_m"), "m", p.distance_max_m),
            reason("long", "how long", pl.col("duration_s"), "s", p.duration_min_s),
            reason("steady", "steady bearing", pl.col("steadiness"), None, p.steady_min, when=steady),
            reason("gap_before", "one was silent shortly before", when=pl.col("gap_before")),
            reason("identity_before", "one's identity was in doubt shortly before", when=pl.col("identity_before")),
            reason("near_shore", "bunkering is usual this near the shore", weight=-1.0, when=near),
            reason("interpolated", "share between reports", pl.col("interpolated_share"), None, None, -0.5),
        ),
        p=(1.0 - pl.col("interpolated_share") * 0.4).round(4),
        severity=pl.when(hidden).then(pl.when(near).then(2).otherwise(3)).when(near).then(1).otherwise(2),
    )
    return emit(RULE, p, rows)


_ONE: Final = sea.vessel(kind="tanker", every_s=1200)
_TWO: Final = sea.vessel(mover=412000002, at=(130.0, -9.9985), kind="tanker", every_s=1500)

CASES = (
    fires("two tankers drift side by side for five hours", _ONE.drift(5).sail(3), _TWO.drift(5).sail(3, 270)),
    fires(
        "side by side at four knots, one of them silent for nine hours before",
        _ONE.sail(1, 0).dark(9, 180, 1).sail(5, speed_kn=4).sail(3),
        sea.vessel(mover=412000002, at=(130.0, -9.985), start="2025-03-01T10:00:00Z", kind="tanker", every_s=1500)
        .sail(5, speed_kn=4)
        .sail(3, 0),
    ),
    fires(
        "heard by satellites every two hours",
        replace(_ONE, every_s=7200.0).drift(11).sail(5),
        replace(_TWO, every_s=7000.0).drift(11).sail(5, 270),
    ),
    silent("two hours are too short", _ONE.drift(2).sail(3), _TWO.drift(2).sail(3, 270)),
    silent("a tanker and a tug", _ONE.drift(5).sail(3), sea.vessel(412000002, (130.0, -9.9985), kind="tug").drift(5)),
    silent(
        "in an anchorage meant for it",
        _ONE.drift(5).sail(3),
        _TWO.drift(5).sail(3, 270),
        tables=lambda: {"zones": sea.square("zo-roads", "anchorage", (130.0, -10.0), 0.3)},
    ),
    silent("one sails past the other", _ONE.drift(5), _TWO.sail(2, 0).drift(5), hazard="hole"),
    fires(
        "across 180 degrees and midnight",
        sea.vessel(at=(179.9995, -17.0), start="2025-03-01T22:00:00Z", kind="tanker").drift(4),
        sea.vessel(mover=412000002, at=(-179.9995, -17.0), start="2025-03-01T22:01:00Z", kind="tanker").drift(4),
        hazard="antimeridian",
    ),
)
