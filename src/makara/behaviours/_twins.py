"""One identity in two places at once: statements that alternate between two movers, or two chains of one, too far apart
for any hull.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from makara.base.geo import distance_m
from makara.base.imo import imo_ok
from makara.base.units import HOUR_S, KN_M_S, S_US
from makara.behaviours._chains import split
from makara.behaviours._rule import Parameters, Window, instants, pack, reason, reasons, rows_of, unpack
from makara.behaviours._stays import join_runs

TWO_PLACES: Final = 0
"""One MMSI on two chains of tracks."""
ONE_IMO: Final = 1
"""One IMO number on two movers."""
_WHAT: Final = ("two_places", "one_imo")
Ints = NDArray[np.int64]
_KEYS: Final = ("what", "who", "a", "b")
_FIRSTS: Final = ("mmsi", "lon", "lat", "lon_other", "lat_other", "zone_row")
_MEMORY: Final = (
    *_KEYS, "mmsi", "t_first", "t_last", "lon", "lat", "lon_other", "lat_other", "jumps", "less_far", "mm_s",
)  # fmt: skip
_PLACED: Final = HOUR_S
"""A claim is placed by a position of its mover so long before it, at most."""
_SPAN: Final = 12 * HOUR_S


def twins(window: Window, carried: pl.DataFrame, claims: pl.DataFrame, p: Parameters) -> pl.DataFrame:
    """Spells of alternation that end in the window or last at its end.

    Args:
        window: points, tracks.
        carried: rows of such spells.
        claims: claims of ships in sight (``mover, t_seen, claim, imo, mark``).
        p: ``speed_min_kn, distance_min_m, jumps_min, quiet_max_s``.
    """
    quiet = min(int(p.quiet_max_s), _SPAN) * S_US
    old = unpack(carried, _MEMORY).drop("participants", "scope").with_row_index("k")
    old = old.with_columns(zone_row=-1 - pl.col("k").cast(pl.Int64))
    sides = pl.concat([_chains(window, p), _imos(window, claims)])
    hits = _jumps(sides, window, p)
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
    return _rows(runs, p) if len(runs) else pl.DataFrame()


def _chains(window: Window, p: Parameters) -> pl.DataFrame:
    """Messages of movers where they jump from one chain to another: whose they are, which side, where."""
    rows, chain = split(window.track_points, window.get("tracks"), p.speed_min_kn * KN_M_S, p.distance_min_m)
    other = chain[1:] != chain[:-1]
    changes = np.append(other, False)[: rows.size] | np.append(False, other)[: rows.size]
    at: Ints = rows[changes]
    some = window.track_points[at].with_columns(pl.Series("chain", chain[changes], dtype=pl.Int64()))
    return some.select(
        pl.lit(TWO_PLACES, pl.Int64()).alias("what"),
        pl.col("mover").alias("who"),
        pl.col("chain").alias("side"),
        pl.col("mmsi").cast(pl.Int64).fill_null(-1),
        pl.col("t_seen").to_physical().alias("t"),
        "lon_deg",
        "lat_deg",
        "zones",
        "mark",
    )


def _imos(window: Window, claims: pl.DataFrame) -> pl.DataFrame:
    """Claims of IMO numbers that several movers state, in the order of time, placed by their movers' positions."""
    stated = claims.filter(pl.col("imo").is_not_null() & imo_ok(pl.col("imo")))
    stated = stated.filter(
        pl.col("t_seen") >= pl.lit(window.frm).cast(pl.Datetime("us", "UTC")) - pl.duration(seconds=_SPAN)
    )
    several = stated.group_by("imo").agg(n=pl.col("mover").n_unique()).filter(pl.col("n") > 1)
    stated = stated.join(several, on="imo", how="semi").sort("t_seen", "imo", "mover", "claim")
    points = window.track_points.filter(pl.col("mover").is_in(stated["mover"].unique().implode()))
    points = points.select("mover", "t_seen", "report", "mmsi", "lon_deg", "lat_deg", "zones").sort("t_seen", "report")
    placed = stated.select("imo", "mover", "t_seen", "claim", "mark").join_asof(
        points.drop("report"), on="t_seen", by="mover", tolerance=f"{_PLACED}s", check_sortedness=False
    )
    placed = placed.filter(pl.col("lon_deg").is_not_null()).sort("imo", "t_seen", "mover", "claim")
    return placed.select(
        pl.lit(ONE_IMO, pl.Int64()).alias("what"),
        pl.col("imo").cast(pl.Int64).alias("who"),
        pl.col("mover").alias("side"),
        pl.col("mmsi").cast(pl.Int64).fill_null(-1),
        pl.col("t_seen").to_physical().alias("t"),
        "lon_deg",
        "lat_deg",
        "zones",
        "mark",
    )


def _jumps(sides: pl.DataFrame, window: Window, p: Parameters) -> pl.DataFrame:
    """New messages from another side than the one before, too far away for any hull."""
    shifted = ("what", "who", "side", "lon_deg", "lat_deg", "t")
    both = sides.with_columns(pl.col(c).shift(1).alias(f"{c}_0") for c in shifted)
    span = pl.col("t") - pl.col("t_0")
    same = (pl.col("what") == pl.col("what_0")) & (pl.col("who") == pl.col("who_0"))
    other = same & (pl.col("side") != pl.col("side_0"))
    both = both.filter(other & (span <= _SPAN * S_US) & (pl.col("t") >= window.frm_us))
    far = distance_m(*(both[c].to_numpy() for c in ("lon_deg_0", "lat_deg_0", "lon_deg", "lat_deg")))
    pace = np.minimum(far * 1e9 / np.maximum((both["t"] - both["t_0"]).to_numpy(), 1), 1e15).astype(np.int64)
    both = both.with_columns(pl.Series("far", far), pl.Series("mm_s", pace))
    fast = pl.col("mm_s") > p.speed_min_kn * KN_M_S * 1000
    jumps = both.filter(fast & (pl.col("far") >= p.distance_min_m)).with_row_index("zone_row")
    first = pl.col("side_0") < pl.col("side")
    return jumps.select(
        "what",
        "who",
        pl.when(first).then("side_0").otherwise("side").alias("a"),
        pl.when(first).then("side").otherwise("side_0").alias("b"),
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
    """Spells with jumps enough are events, others that go on are remembered."""
    over, enough, imo = pl.col("over"), pl.col("jumps") >= p.jumps_min, pl.col("alike") == ONE_IMO
    number = pl.col("who").cast(pl.String)
    repeated = pl.any_horizontal([number == str(d) * 9 for d in range(1, 10)] + [number == "123456789"])
    ship = imo | (pl.col("who").is_between(200_000_000, 799_999_999) & ~repeated)
    members = pl.when(imo).then(pl.concat_list("a", "b")).otherwise(pl.concat_list("who"))
    rows = runs.with_columns(pl.col("what").alias("alike")).with_columns(
        pack({c: runs[c].to_numpy() for c in _MEMORY}),
        pl.Series(_WHAT).gather(runs["what"]).alias("what"),
        scope=pl.when(imo).then(pl.lit("one_imo")).otherwise(pl.lit("")),
        state=pl.when(~enough).then(pl.lit("pending")).when(over).then(pl.lit("closed")).otherwise(pl.lit("open")),
        t_start=instants("t_first"),
        t_end=pl.when(over).then(instants("t_last")),
        t_end_floor=instants("t_last"),
        lon_deg=pl.col("lon") / 1e7,
        lat_deg=pl.col("lat") / 1e7,
        members=members,
        participants=members.list.eval(pl.concat_str(pl.lit("mv"), pl.element().cast(pl.String))),
        marks=pl.col("marks").fill_null([]),
        ship_number=ship,
        severity=pl.when(ship).then(2).otherwise(1),
        p=1.0 - 0.5 ** (pl.col("jumps") - 1),
        imo=pl.when(imo).then("who"),
        distance_max_m=(-pl.col("less_far") / 1000).round(0),
        speed_needed_kn=(pl.col("mm_s") / 1000 / KN_M_S).round(1),
        lon_other_deg=pl.col("lon_other") / 1e7,
        lat_other_deg=pl.col("lat_other") / 1e7,
    )
    both = pl.col("members").list.eval(pl.element().filter(pl.element().is_between(1, 999_999_999)))
    mine = pl.concat_list(pl.when(pl.col("mmsi") >= 0).then("mmsi")).list.drop_nulls()
    seen = [rows_of(c, pl.col("t_start"), pl.col("t_end_floor")) for c in ("a", "b")]
    return rows.with_columns(
        reasons(
            reason("two_places", "farthest apart", pl.col("distance_max_m"), "m", p.distance_min_m),
            reason("alternates", "messages in turn from two sides", pl.col("jumps"), None, p.jumps_min),
            reason("no_hull", "least speed needed", pl.col("speed_needed_kn"), "kn", p.speed_min_kn),
            reason(
                "no_ship_number",
                "a default or no ship's number: shared by mistake",
                weight=-1.0,
                when=~pl.col("ship_number"),
            ),
        ),
        memory=pl.when(~over).then("memory"),
        mmsi=pl.when(imo).then(both).otherwise(mine),
        evidence=pl.when(imo)
        .then(pl.concat_list(*seen))
        .otherwise(pl.concat_list(rows_of("who", pl.col("t_start"), pl.col("t_end_floor")))),
    ).rename({"speed_needed_kn": "speed_min_kn"})
