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

from makara.base import runs
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
    dated = _dated(rows)
    if t.name not in PLACED:
        order = dated.select(pl.arg_sort_by("_day", *PARTITIONED[t.name])).to_series().to_numpy()
        return _taken(dated.drop("_day"), order)
    # One number for day, place, mover and time sorts three times as fast as the five columns.
    ranks = places(dated.lazy(), "_day").collect().sort("_day", "_place", "mover").with_row_index("_rank")
    key = ["_day", "mover"]
    rank = dated.select(key).join(ranks.select(*key, "_rank"), on=key, how="left", maintain_order="left")["_rank"]
    time = dated["t_seen"].to_physical().to_numpy() % _DAY_US
    place, report = rank.to_numpy().astype(np.int64), dated["report"].to_numpy()
    stood = runs.index([place, time, report])
    return _taken(dated.drop("_day"), _order(place, time, report, len(ranks)) if stood is None else stood)


def _taken(rows: pl.DataFrame, order: NDArray[Any]) -> pl.DataFrame:
    """All rows in an order; a column that has one value stays as it is."""
    same = one_valued(rows)
    moved = rows.drop(same)[order]
    return pl.DataFrame([rows[c] if c in same else moved[c] for c in rows.columns])


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


def _bare(s: pl.Series) -> bool:
    """Whether a column has one text, or nothing, in all rows: then it is never looked at row by row, nor copied."""
    return s.null_count() == len(s) or (s.dtype == pl.String() and _same(s))


def _dated(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows with ``day``, and the number of the day in ``_day``; each day's name is made once, not row by row."""
    bare = {s.name for s in rows if _bare(s)}
    rows = pl.DataFrame([s if s.name in bare else s.rechunk() for s in rows])
    date = rows["t_seen"].dt.date().alias("_day")
    days = date.unique().sort()
    at = np.searchsorted(days.to_physical().to_numpy(), date.to_physical().to_numpy())
    names = days.dt.strftime(_DAY).alias("day")
    return rows.with_columns(names.gather(at.astype(np.uint32)), date.to_physical())


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
    x, y = pl.col("lon_deg"), pl.col("lat_deg")
    across = x.max() - x.min() > 180.0
    middle = pl.when(across).then(-180.0).otherwise((x.min() + x.max()) / 2.0)
    found = dated.group_by(by, "mover").agg(middle.alias("x"), ((y.min() + y.max()) / 2.0).alias("y"))
    on_curve = pl.struct("x", "y").map_batches(
        lambda s: curve(s.struct.field("x"), s.struct.field("y")), return_dtype=pl.Int64
    )
    return found.select(by, "mover", on_curve.alias("_place"))


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
