"""In which order rows stand in their files, and how their columns are written.

Two questions are asked of positions: where was this vessel in a week, and who was in this area on a day. One order
answers both: of each day, all rows of a mover stand together in time, and movers stand along a Hilbert curve by the
middle of their day's box. A mover's day then lies in one small row group, and each row group covers a small area.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import polars as pl
from deltalake import ColumnProperties, WriterProperties
from numpy.typing import NDArray

from makara.base import groups, runs
from makara.tables import Table

PARTITIONED: Final = {
    "reports": ("mover", "t_seen", "report"),
    "claims": ("mover", "t_seen", "claim"),
    "messages": ("mover", "t_seen", "message"),
    "detections": ("t_seen", "detection"),
    "track_points": ("mover", "t_seen", "report"),
}
"""Tables partitioned by the UTC day of ``t_seen``, and the order of rows in their files."""
PLACED: Final = ("reports", "track_points")
"""Tables whose movers stand along the curve, before that order."""
GROUP_ROWS: Final = 8_192
"""Rows of a row group, the least that is read: smaller ones cost memory (30 kB each for its description)."""
SMALL: Final = ("report", "claim", "message", "mover", "mmsi", "transponder", "radio_channel", "receiver", "station",
                "msg_type", "nav_status", "flags", "source", "mark")  # fmt: skip
"""Columns that compression makes hardly smaller (keys, which are hashes; few values, by dictionary, in runs), written
without it: that saves a sixth of the time to read a position, and costs half a percent of its bytes at most."""
CURVE_BITS: Final = 16
_TIME_BITS: Final = 37
"""Bits of a day's microseconds."""
_DAY_US: Final = 86_400_000_000
_DAY: Final = "%Y-%m-%d"


def in_order(t: Table, rows: pl.DataFrame) -> pl.DataFrame:
    """Rows with the column ``day``, in the order in which their files hold them; as they are if it has no days."""
    if t.name not in PARTITIONED:
        return rows
    time = rows["t_seen"].to_physical().to_numpy()
    date = time // _DAY_US
    if t.name not in PLACED:
        keys = rows.select(PARTITIONED[t.name]).with_columns(_day=pl.Series(date))
        return _taken(rows, date, keys.select(pl.arg_sort_by("_day", *PARTITIONED[t.name])).to_series().to_numpy())
    # One number for day, place, mover and time sorts three times as fast as the five columns.
    number, first = groups.numbered(date, rows["mover"].to_numpy())
    rank = _ranks(rows, date, number, first)
    place, time, report = rank[number], time - date * _DAY_US, rows["report"].to_numpy()
    stood = runs.index([place, time, report])
    return _taken(rows, date, _order(place, time, report, len(rank)) if stood is None else stood)


def _ranks(
    rows: pl.DataFrame, date: NDArray[np.int64], number: NDArray[np.int32], first: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Where each mover's day stands among all of them, by day and place: by the number of its group."""
    boxes = {"_day": date[first], "mover": rows["mover"].to_numpy()[first]}
    for c in ("lon_deg", "lat_deg"):
        low, high = groups.ends(number, rows[c].to_numpy(), len(first))
        boxes |= {f"{c}_min": low, f"{c}_max": high}
    placed = pl.DataFrame(boxes, nan_to_null=True).with_row_index("_number").with_columns(_place())
    rank = np.empty(len(first), np.int64)
    rank[placed.sort("_day", "_place", "mover")["_number"].to_numpy()] = np.arange(len(first))
    return rank


def _taken(rows: pl.DataFrame, date: NDArray[np.int64], order: NDArray[Any]) -> pl.DataFrame:
    """All rows in an order, with their ``day``; a column that has one value stays as it is."""
    same, at = one_valued(rows), pl.Series(order.astype(np.uint32))
    moved = [s if s.name in same else s.rechunk().gather(at) for s in rows]
    days = pl.Series("day", date[order]).rle().struct.unnest()
    names = days["value"].cast(pl.Int32()).cast(pl.Date()).dt.strftime(_DAY)
    spelt = [pl.repeat(name, n, dtype=pl.String(), eager=True) for name, n in zip(names, days["len"], strict=True)]
    return pl.DataFrame([*moved, pl.concat([names.clear(), *spelt]).alias("day")])


def one_valued(rows: pl.DataFrame) -> set[str]:
    """Columns that have one value in all rows, which may be null; of lists only those that are all empty."""
    return {s.name for s in rows if _same(s)}


def _same(s: pl.Series) -> bool:
    if s.null_count() == len(s):
        return True
    if isinstance(s.dtype, pl.List):
        return not s.null_count() and s.list.len().max() == 0
    if s.null_count() or s.dtype.is_nested() or s.dtype.is_float() or s.dtype == pl.Binary():
        return False
    first = s.first()
    return first == s[len(s) // 2] == s.last() and bool((s == first).all())


def _order(
    place: NDArray[np.int64], time: NDArray[np.int64], report: NDArray[np.int64], places: int
) -> NDArray[np.int64]:
    """The order of rows by place (below ``places``), time and report; the first two are seldom the same twice."""
    at = place * 2**_TIME_BITS + time
    if places <= 1 << 16 and runs.ascends([time]):
        order: NDArray[np.int64] = np.argsort(place.astype(np.uint16), kind="stable")  # by its bytes: no comparison
    else:
        order = np.argsort(at, kind="stable")  # rows come nearly in the order of time
    placed = at[order]
    same = np.flatnonzero(placed[1:] == placed[:-1])
    again = np.union1d(same, same + 1)
    some = order[again]
    order[again] = some[np.lexsort((report[some], at[some]))]
    return order


def day() -> pl.Expr:
    """The UTC day of a row, as the partitions are named."""
    return pl.col("t_seen").dt.strftime(_DAY).alias("day")


def places(dated: pl.LazyFrame, by: str = "day") -> pl.LazyFrame:
    """Where on the curve each mover's day lies: ``day`` (or the column ``by``), ``mover, _place`` (null: nowhere)."""
    ends = [
        e
        for c in ("lon_deg", "lat_deg")
        for e in (pl.col(c).min().alias(f"{c}_min"), pl.col(c).max().alias(f"{c}_max"))
    ]
    return dated.group_by(by, "mover").agg(ends).select(by, "mover", _place())


def _place() -> pl.Expr:
    """Where on the curve the middle of a box lies (``lon_deg_min, lon_deg_max``, and so for latitudes)."""
    west, east = pl.col("lon_deg_min"), pl.col("lon_deg_max")
    x = pl.when(east - west > 180.0).then(-180.0).otherwise((west + east) / 2.0)
    y = (pl.col("lat_deg_min") + pl.col("lat_deg_max")) / 2.0
    return (
        pl.struct(x.alias("x"), y.alias("y"))
        .map_batches(lambda s: curve(s.struct.field("x"), s.struct.field("y")), return_dtype=pl.Int64)
        .alias("_place")
    )


def curve(lon: pl.Series, lat: pl.Series) -> pl.Series:
    """Places along a Hilbert curve over longitude and latitude; null where one is (Warren, Hacker's Delight, 16-2)."""
    n = 1 << CURVE_BITS
    x = ((lon.fill_null(0.0) + 180.0) / 360.0 * n).clip(0, n - 1).cast(pl.Int64).to_numpy()
    y = ((lat.fill_null(0.0) + 90.0) / 180.0 * n).clip(0, n - 1).cast(pl.Int64).to_numpy()
    at = np.zeros(len(x), np.int64)
    side = n >> 1
    while side:
        right, up = (x & side) > 0, (y & side) > 0
        at += side * side * ((3 * right) ^ up)
        turned = right & ~up
        x, y = np.where(turned, n - 1 - x, x), np.where(turned, n - 1 - y, y)
        x, y = np.where(up, x, y), np.where(up, y, x)
        side >>= 1
    return pl.select(pl.when(lon.is_not_null() & lat.is_not_null()).then(pl.Series(at))).to_series()


def properties(t: Table) -> WriterProperties:
    """How a table's columns are written: each number in the encoding that makes it small.

    Instants as differences, places as planes of bytes, keys (which are hashes) plain, all else by dictionary. Against
    dictionaries alone this saves a quarter of the bytes of a position, and half of the time to read its place.
    """
    columns = {
        c: ColumnProperties(dictionary_enabled=False, statistics_enabled="CHUNK", encoding=e)
        for c, e in encodings(t).items()
    }
    return WriterProperties(
        compression="ZSTD",
        max_row_group_size=GROUP_ROWS,
        default_column_properties=ColumnProperties(statistics_enabled="CHUNK"),
        column_properties=columns or None,
    )


def encodings(t: Table) -> dict[str, str]:
    """The columns that are not written by dictionary, and how they are."""
    found = {"t_seen": "DELTA_BINARY_PACKED", "report": "PLAIN", "claim": "PLAIN", "message": "PLAIN"}
    places = {f.name: "BYTE_STREAM_SPLIT" for f in t.fields if f.type == pl.Float64()}
    return {f.name: (found | places)[f.name] for f in t.fields if f.name in found or f.name in places}
