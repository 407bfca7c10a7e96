"""Identity: one MMSI in two places at once.

Why it matters: a borrowed or cloned number hides who is where; sanctioned and unlicensed vessels sail under others'.
What looks the same: a number shared by mistake or by a family of small boats, a factory default never set, gear beacons
under the boat's number, a receiver whose clock is wrong, a satellite that delivers old positions as new.
Source: Global Fishing Watch's overlapping segments; the limit of 50 kn is Makara's proposal.

Messages of the number alternate between two chains of tracks, each plausible in itself, and no hull could have gone
from one to the other. One jump proves little (a wrong clock, a new owner); several there and back do.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import polars as pl

from makara.base.geo import distance_m
from makara.base.units import HOUR_S, KN_M_S, NMI_M, S_US
from makara.behaviours._cases import fires, sea, silent
from makara.behaviours._chains import with_chain
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
from makara.behaviours._stays import join_runs
from makara.behaviours._words import detail, nmi, place, who

RULE = Rule(
    kind="identity",
    version="1.0",
    inputs={"track_points": 12 * HOUR_S, "tracks": 12 * HOUR_S},
    parameters=(
        Parameter("speed_min_kn", 50.0, "no hull joins two places that need more than this"),
        Parameter("distance_min_m", 10 * NMI_M, "places nearer than this are not told apart"),
        Parameter("jumps_min", 6, "fewer alternations than this prove nothing"),
        Parameter("quiet_max_s", 12 * HOUR_S, "alternations farther apart than this are not one event (at most 12 h)"),
    ),
    profiles={"makara": {}},
    innocent=("number_shared_by_mistake", "factory_default", "gear_beacon", "wrong_receiver_clock"),
    details={
        "jumps": pl.Int64(),
        "distance_max_m": pl.Float64(),
        "speed_min_kn": pl.Float64(),
        "lon_other_deg": pl.Float64(),
        "lat_other_deg": pl.Float64(),
        "ship_number": pl.Boolean(),
    },
)

_KEYS: Final = ("mover", "chain_a", "chain_b")
_FIRSTS: Final = ("mmsi", "lon", "lat", "lon_other", "lat_other", "zone_row")
_MEMORY: Final = (
    *_KEYS, "mmsi", "t_first", "t_last", "lon", "lat", "lon_other", "lat_other", "jumps", "less_far", "mm_s",
)  # fmt: skip


def step(window: Window, carried: pl.DataFrame, p: Parameters) -> pl.DataFrame:
    """Spells of alternation that end in the window or last at its end."""
    quiet = min(int(p.quiet_max_s), 12 * HOUR_S) * S_US
    old = unpack(carried, _MEMORY).with_row_index("k").with_columns(zone_row=-1 - pl.col("k").cast(pl.Int64))
    hits = _jumps(window, p)
    runs, marks = join_runs(
        hits.drop("zones"),
        old,
        _KEYS,
        pl.col("t_last") - pl.col("t_prev") > quiet,
        firsts=_FIRSTS,
        sums={"jumps": pl.lit(1, pl.Int64())},
        mins=("less_far", "mm_s"),
    )
    zones = pl.concat([hits.select("zone_row", "zones"), old.select("zone_row", "zones")])
    runs = runs.with_columns(over=~pl.col("final") | (pl.col("t_last") + quiet < window.to_us))
    runs = runs.filter((pl.col("jumps") >= p.jumps_min) | ~pl.col("over"))
    runs = runs.join(marks, on="run", how="left").join(zones, on="zone_row", how="left").sort("run")
    return _rows(runs, p)


def why(event: Mapping[str, Any]) -> str:
    """The clash in words for the radio."""
    d = detail(event)
    return (
        f"{who(event)} was heard at {place(event)} and {nmi(d['distance_max_m'])} nmi away in turn, {d['jumps']} times;"
        f" one hull would have needed {d['speed_min_kn']:.0f} kn or more: shared or cloned"
    )


def _jumps(window: Window, p: Parameters) -> pl.DataFrame:
    """New messages that came from another chain than the one before, too far away for any hull."""
    points = with_chain(window.track_points, window.get("tracks")).sort("mover", "t_seen", "report")
    both = points.select(
        "mover",
        "chain",
        pl.col("mmsi").cast(pl.Int64).fill_null(-1),
        pl.col("t_seen").to_physical().alias("t"),
        "lon_deg",
        "lat_deg",
        "zones",
        "mark",
        *(pl.col(c).shift(1).alias(f"{c}_0") for c in ("mover", "chain", "lon_deg", "lat_deg")),
        pl.col("t_seen").to_physical().shift(1).alias("t_0"),
    )
    span = pl.col("t") - pl.col("t_0")
    other = (pl.col("mover") == pl.col("mover_0")) & (pl.col("chain") != pl.col("chain_0"))
    both = both.filter(other & (span <= 12 * HOUR_S * S_US) & (pl.col("t") >= window.frm_us))
    far = distance_m(*(both[c].to_numpy() for c in ("lon_deg_0", "lat_deg_0", "lon_deg", "lat_deg")))
    both = both.with_columns(
        pl.Series("far", far),
        pl.Series(
            "mm_s", np.minimum(far * 1e9 / np.maximum((both["t"] - both["t_0"]).to_numpy(), 1), 1e15).astype(np.int64)
        ),
    )
    fast = pl.col("mm_s") > p.speed_min_kn * KN_M_S * 1000
    jumps = both.filter(fast & (pl.col("far") >= p.distance_min_m)).with_row_index("zone_row")
    first = pl.col("chain_0") < pl.col("chain")
    return jumps.select(
        "mover",
        pl.when(first).then("chain_0").otherwise("chain").alias("chain_a"),
        pl.when(first).then("chain").otherwise("chain_0").alias("chain_b"),
        "mmsi",
        pl.col("t_0").alias("t_first"),
        pl.col("t").alias("t_last"),
        *((pl.col(f"{c}_deg_0") * 1e7).round().cast(pl.Int64).alias(c) for c in ("lon", "lat")),
        *((pl.col(f"{c}_deg") * 1e7).round().cast(pl.Int64).alias(f"{c}_other") for c in ("lon", "lat")),
        (-pl.col("far") * 1000).round().cast(pl.Int64).alias("less_far"),
        "mm_s",
        pl.col("zone_row").cast(pl.Int64),
        "zones",
        "mark",
    )


def _rows(runs: pl.DataFrame, p: Parameters) -> pl.DataFrame:
    """Rows of a step: spells with jumps enough are events, others that go on are remembered."""
    if not len(runs):
        return nothing()
    over, enough = pl.col("over"), pl.col("jumps") >= p.jumps_min
    number = pl.col("mmsi").cast(pl.String)
    repeated = pl.any_horizontal([number == str(d) * 9 for d in range(1, 10)] + [number == "123456789"])
    ship = pl.col("mmsi").is_between(200_000_000, 799_999_999) & ~repeated
    rows = runs.with_columns(
        pack({c: runs[c].to_numpy() for c in _MEMORY}),
        state=pl.when(~enough).then(pl.lit("pending")).when(over).then(pl.lit("closed")).otherwise(pl.lit("open")),
        t_start=instants("t_first"),
        t_end=pl.when(over).then(instants("t_last")),
        t_end_floor=instants("t_last"),
        lon_deg=pl.col("lon") / 1e7,
        lat_deg=pl.col("lat") / 1e7,
        participants=pl.concat_list(pl.concat_str(pl.lit("mv"), pl.col("mover").cast(pl.String))),
        marks=pl.col("marks").fill_null([]),
        ship_number=ship,
        severity=pl.when(ship).then(2).otherwise(1),
        p=1.0 - 0.5 ** (pl.col("jumps") - 1),
        distance_max_m=(-pl.col("less_far") / 1000).round(0),
        speed_min_kn=(pl.col("mm_s") / 1000 / KN_M_S).round(1),
        lon_other_deg=pl.col("lon_other") / 1e7,
        lat_other_deg=pl.col("lat_other") / 1e7,
    )
    rows = rows.with_columns(
        reasons(
            reason("two_places", "farthest apart", pl.col("distance_max_m"), "m", p.distance_min_m),
            reason("alternates", "messages in turn from two chains", pl.col("jumps"), None, p.jumps_min),
            reason("no_hull", "least speed needed", pl.col("speed_min_kn"), "kn", p.speed_min_kn),
            reason(
                "no_ship_number",
                "a default or no ship's number: shared by mistake",
                weight=-1.0,
                when=~pl.col("ship_number"),
            ),
        ),
        memory=pl.when(~over).then("memory"),
        mmsi=pl.concat_list(pl.when(pl.col("mmsi") >= 0).then("mmsi")).list.drop_nulls(),
        evidence=pl.concat_list(rows_of("mover", pl.col("t_start"), pl.col("t_end_floor"))),
    )
    return emit(RULE, p, rows)


_TWIN = sea.vessel(track=2, at=(140.0, -12.0), start="2025-03-01T01:05:00Z")

CASES = (
    fires("a clone sails 600 nmi away", sea.vessel(track=1).sail(8), _TWIN.sail(5)),
    silent("one jump: the number moved to a new ship", sea.vessel(track=1).sail(1), _TWIN.sail(5)),
    silent(
        "two receivers a mile apart in place",
        sea.vessel(track=1).drift(8),
        sea.vessel(track=2, at=(130.01, -10.0), start="2025-03-01T00:05:00Z").drift(8),
    ),
    fires(
        "the twin is across 180 degrees",
        sea.vessel(track=1, at=(179.0, -17.0), start="2025-03-01T21:00:00Z").sail(8),
        sea.vessel(track=2, at=(-175.0, -17.0), start="2025-03-01T22:05:00Z").sail(5),
        hazard="antimeridian",
    ),
)
