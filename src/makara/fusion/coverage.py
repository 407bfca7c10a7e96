"""Coverage: which sensor looked where, whether it would have seen, and how long ago; looks and AIS reception united.

"Not seen" says something only where one looked and would have seen. A look would not have seen where it was more cloud
than not, or where a vessel of the length asked for lies below its detection limit; AIS would not have heard where
neighbours that were on the air were practically never heard.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

import numpy as np
import polars as pl
import shapely
from numpy.typing import NDArray

from makara.base.cells import every, outline
from makara.base.geo import lon_delta
from makara.base.units import S_US
from makara.tables import table

CLOUDED: Final = 0.5
"""A look with so much cloud, or more, hid a vessel more likely than not."""
DEAF: Final = 0.05
"""P(heard in an hour | transmitting) below which a receiver would not have heard."""
RESOLUTION: Final = 3
_PAD_DEG: Final = 1.3
"""More than a cell's centre is from its farthest corner."""
_WHOLE: Final = 0.999
SHOWN: Final = [f.name for f in table("coverage").own]
Ints = NDArray[np.int64]


def cells_of(footprints: pl.Series) -> Ints:
    """Cells that footprints (WKB, cut at 180) may touch, sorted: all that do, and some beside."""
    cells, lon, lat = every(RESOLUTION)
    near = np.zeros(cells.size, np.bool_)
    for part in shapely.get_parts(shapely.from_wkb(footprints.drop_nulls().to_numpy())):
        w, s, e, n = part.bounds
        top = min(max(abs(s), abs(n)) + _PAD_DEG, 90.0)
        pad = _PAD_DEG / max(np.cos(np.radians(top)), 0.007)
        across = np.abs(lon_delta((w + e) / 2.0, lon)) <= (e - w) / 2.0 + pad
        near |= across & (lat >= s - _PAD_DEG) & (lat <= n + _PAD_DEG)
    return cells[near]


def unite(
    reception: pl.DataFrame, looks: pl.DataFrame, cells: Ints, *, at: datetime, length_m: float = 50.0
) -> pl.DataFrame:
    """What was looked at, cell by cell and sensor by sensor.

    Args:
        reception: table reception over a span (a row a cell, receiver and transponder).
        looks: table collections; those without a footprint tell nothing.
        cells: H3 cells (resolution 3) to speak of, besides those of reception.
        at: the instant that ages count to.
        length_m: length of the vessels that are asked for, metres.

    Returns:
        Table coverage without the columns that every row has, by cell and sensor; for each sensor that looked anywhere
        a row in every cell.
    """
    asked = np.unique(np.concatenate([cells, reception["cell"].unique().to_numpy()])) if len(reception) else cells
    shapes = {int(c): outline(int(c)) for c in asked}
    every_column = pl.DataFrame(schema={n: table("coverage").schema[n] for n in SHOWN})
    parts = [
        every_column,
        _looked(looks, np.array(list(shapes), np.int64), shapely.from_wkb(list(shapes.values())), length_m),
    ]
    if len(reception):
        parts.append(_heard(reception, asked))
    rows = pl.concat(parts, how="diagonal_relaxed")
    age = (pl.lit(at) - pl.col("t_last")).dt.total_microseconds() / S_US
    drawn = pl.col("cell").replace_strict(shapes, default=None, return_dtype=pl.Binary())
    told = rows.with_columns(age_s=age, geometry=drawn)
    return table("coverage").conform(told, partial=True).select(SHOWN).sort("cell", "sensor")


def _heard(reception: pl.DataFrame, cells: Ints) -> pl.DataFrame:
    """AIS: by cell the receiver that hears best."""
    best = reception.sort("p_heard", "receiver", "transponder", descending=[True, False, False], nulls_last=True)
    by = best.group_by("cell").agg(
        pl.col("p_heard", "p_lo", "p_hi").first(),
        pl.when(pl.col("p_heard").first().is_not_null()).then(pl.col("receiver").first()),
        pl.col("t_last").max(),
        (pl.col("state") == "looked").any().alias("there"),
    )
    rows = pl.DataFrame({"cell": cells}).join(by, on="cell", how="left", maintain_order="left")
    there = pl.col("there").fill_null(False)
    deaf = there & (pl.col("p_heard") < DEAF).fill_null(False)
    state = (
        pl.when(deaf).then(pl.lit("could not see")).when(there).then(pl.lit("looked")).otherwise(pl.lit("not looked"))
    )
    return rows.select(
        "cell",
        pl.lit("ais").alias("sensor"),
        state.alias("state"),
        pl.when(deaf).then(pl.lit("reception")).alias("why"),
        pl.lit(0, pl.Int64()).alias("looks"),
        "t_last",
        "p_heard",
        "p_lo",
        "p_hi",
        "receiver",
    )


def _looked(looks: pl.DataFrame, cells: Ints, shapes: NDArray[np.object_], length_m: float) -> pl.DataFrame:
    """Looks: by cell and sensor those that would have seen, or why none would."""
    placed = looks.filter(pl.col("footprint").is_not_null()) if len(looks) else looks
    if not len(placed) or not cells.size:
        return pl.DataFrame(schema={"cell": pl.Int64(), "sensor": pl.String()})
    small = pl.col("length50_m") > length_m
    why = pl.when(pl.col("cloud_share") >= CLOUDED).then(pl.lit("cloud")).when(small).then(pl.lit("length"))
    told = placed.select("sensor", "t_end", "length50_m", "cloud_share", why.alias("why")).with_row_index("look")
    foot = shapely.from_wkb(placed["footprint"].to_numpy())
    look, cell = shapely.STRtree(shapes).query(foot, predicate="intersects")
    seen = shapely.intersection(foot[look], shapes[cell])
    some = shapely.area(seen) > 0.0
    pairs = pl.DataFrame({"look": look[some].astype(np.uint32), "at": cell[some], "pair": np.flatnonzero(some)})
    pairs = pairs.join(told, on="look", how="left", maintain_order="left")
    could = pl.col("why").is_null()
    best = pairs.filter(could).sort("t_end", "look")
    saw = best.group_by("at", "sensor", maintain_order=True).agg(
        pl.len().cast(pl.Int64).alias("looks"),
        pl.col("t_end").last().alias("t_last"),
        pl.col("length50_m").min(),
        pl.col("cloud_share").last(),
        pl.col("pair"),
    )
    whole = shapely.area(shapes)
    share = [_share(seen[p], float(whole[a])) for a, p in saw.select("at", "pair").iter_rows()]
    saw = saw.with_columns(share=pl.Series(share, dtype=pl.Float64), state=pl.lit("looked")).drop("pair")
    not_seen = pairs.join(saw, on=["at", "sensor"], how="anti").group_by("at", "sensor").agg(pl.col("why").min())
    grid = pl.DataFrame({"at": np.arange(cells.size)}).join(told.select(pl.col("sensor").unique()), how="cross")
    rows = grid.join(saw, on=["at", "sensor"], how="left").join(not_seen, on=["at", "sensor"], how="left")
    missed = pl.when(pl.col("why").is_not_null()).then(pl.lit("could not see")).otherwise(pl.lit("not looked"))
    return rows.with_columns(
        pl.Series(cells).gather(rows["at"]).alias("cell"),
        pl.col("looks").fill_null(0),
        pl.col("state").fill_null(missed),
    ).drop("at")


def _share(seen: NDArray[np.object_], whole: float) -> float:
    """Share of a cell that looks saw together; degrees serve, for a cell is small."""
    most = float(shapely.area(seen).max()) / whole
    if most >= _WHOLE or len(seen) == 1:
        return min(most, 1.0)
    return min(float(shapely.area(shapely.union_all(seen))) / whole, 1.0)


__all__ = ["cells_of", "unite"]
