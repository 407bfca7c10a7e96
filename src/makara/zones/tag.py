"""Tag: which zones hold each point, how far the shore and the nearest anchorage are.

Points are gathered in cells of 0.1 degrees first: a cell that a zone covers or misses settles all its points at once,
so only points in cells that a border cuts are tested one by one.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import polars as pl
import shapely
import shapely.affinity
from numpy.typing import NDArray

from makara.base.errors import ColumnsError, InputError
from makara.base.geo import cartesian
from makara.zones.depth import Depth
from makara.zones.shore import Shore

CELL_DEG: Final = 0.1
ANCHORAGE_MAX_M: Final = 50_000.0
"""Beyond this, the distance to the nearest anchorage is not told."""
DEPTH_WITHIN_DEG: Final = 0.25
"""Farther from every cable than this (and a cell), the depth is not told: nobody asks."""
ANCHORAGE_KINDS: Final = ("port", "anchorage")
OUTLINE_STEP_M: Final = 250.0
"""Outlines of ports are taken as points so far apart: distances beyond 1 km are right to 8 m."""
_METRES_PER_DEG: Final = 111_195.0
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


def tag(
    points: pl.DataFrame, zones: pl.DataFrame, *, shore: Shore | None = None, depth: Depth | None = None
) -> pl.DataFrame:
    """Points with ``zones``, ``anchorage_m``, ``depth_m``, ``shore_m`` and the flag ``on_land``.

    Args:
        points: columns ``lon_deg, lat_deg``, with ``t_seen`` where zones have times, and ``flags`` if there are any.
        zones: columns ``zone, kind, geometry`` of table zones; ``from`` and ``to`` are respected where there.
        shore: distances to the shore; without it ``shore_m`` stays as it is or null.
        depth: depths of the sea; without it ``depth_m`` stays as it is.

    Returns:
        The points, in their order. ``zones``: sorted keys of the zones whose polygons hold the point (borders
        included) and that are in force at ``t_seen``; lines and points hold nothing. ``anchorage_m``: metres to the
        nearest port or anchorage (0 inside one), null beyond 50 km. ``depth_m``: near cables only. ``shore_m``: 0 on
        land.

    Raises:
        ColumnsError: a required column is missing.
        InputError: a geometry is no WKB.
    """
    _require(points, ("lon_deg", "lat_deg"), "points")
    _require(zones, ("zone", "kind", "geometry"), "zones")
    lon, lat = points["lon_deg"].to_numpy(), points["lat_deg"].to_numpy()
    given = zones.sort("zone")
    try:
        shapes = np.asarray(shapely.from_wkb(given["geometry"].to_list()))
    except shapely.errors.GEOSException as e:
        raise InputError(f"zones: a geometry is no WKB: {e}") from e
    cells = _Cells(lon, lat) if len(given) else _Cells(lon[:0], lat[:0])  # without zones nobody asks for them
    near = _anchorage_m(len(points), cells, shapes[given["kind"].is_in(ANCHORAGE_KINDS).to_numpy()])
    out = points.with_columns(
        _holding(points, given, shapes, cells),
        anchorage_m=pl.Series(near, dtype=pl.Float32).fill_nan(None).round(0),
    )
    if depth is not None:
        out = out.with_columns(_depth_m(lon, lat, cells, shapes[(given["kind"] == "cable").to_numpy()], depth))
    if shore is None:
        return out if "shore_m" in out.columns else out.with_columns(shore_m=pl.lit(None, dtype=pl.Float32))
    away = shore.distance_m(lon, lat)
    out = out.with_columns(shore_m=pl.Series(away, dtype=pl.Float32).round(0))
    if "flags" not in out.columns:
        out = out.with_columns(flags=pl.lit([], dtype=pl.List(pl.String())))
    return out.with_columns(_ashore(out["flags"], away == 0.0))


def _depth_m(lon: Floats, lat: Floats, cells: _Cells, cables: Any, depth: Depth) -> pl.Series:
    """Depth of the points near cables; null elsewhere and where it is not known."""
    around = [np.zeros(0, np.int64)]
    for shape in cables:
        for turn in (-360.0, 0.0, 360.0):  # a cable ends at 180 degrees, what lies beside it need not
            moved = shapely.affinity.translate(shape, turn)
            around.append(cells.tree.query(moved, predicate="dwithin", distance=DEPTH_WITHIN_DEG))
    at = cells.points(np.unique(np.concatenate(around)))
    told = np.full(lon.size, np.nan, np.float32)
    told[at] = depth.depth_m(lon[at], lat[at])
    return pl.Series("depth_m", told, dtype=pl.Float32).fill_nan(None)


def _ashore(flags: pl.Series, ashore: NDArray[np.bool_]) -> pl.Series:
    """Flags with ``on_land`` last where it holds, and nowhere else; lists are made anew only where they change."""
    again = flags.list.contains("on_land").fill_null(False).to_numpy()
    at = np.flatnonzero(ashore | again)
    others = pl.col("flags").list.set_difference(["on_land"])
    here = pl.when(pl.Series(ashore[at])).then(pl.concat_list(others, pl.lit("on_land"))).otherwise(others)
    made = flags.gather(pl.Series(at, dtype=pl.UInt32)).alias("flags").to_frame().select(here.alias("flags"))
    row = np.arange(len(flags), dtype=np.uint32)
    row[at] = np.arange(len(flags), len(flags) + at.size, dtype=np.uint32)
    return pl.concat([flags, made["flags"]]).gather(pl.Series(row))


def _require(frame: pl.DataFrame, columns: tuple[str, ...], what: str) -> None:
    missing = [c for c in columns if c not in frame.columns]
    if missing:
        raise ColumnsError(f"tag: missing column {', '.join(missing)} of {what}; needed are {', '.join(columns)}")


class _Cells:
    """Points by cells of 0.1 degrees."""

    def __init__(self, lon: Floats, lat: Floats) -> None:
        self.lon, self.lat = lon, lat
        x = np.floor((lon + 180.0) / CELL_DEG).astype(np.int64)
        y = np.floor((lat + 90.0) / CELL_DEG).astype(np.int64)
        code, self.of = np.unique(x * 10_000 + y, return_inverse=True)
        self.order = np.argsort(self.of, kind="stable")
        self.count = np.bincount(self.of, minlength=code.size)
        self.first = np.concatenate([[0], np.cumsum(self.count)])[:-1]
        self.west, self.south = code // 10_000 * CELL_DEG - 180.0, code % 10_000 * CELL_DEG - 90.0
        # A hair wider than the cell, so that rounding puts no point outside its own.
        e = 1e-9
        self.boxes = shapely.box(self.west - e, self.south - e, self.west + CELL_DEG + e, self.south + CELL_DEG + e)
        self.tree = shapely.STRtree(self.boxes)

    def points(self, cells: Ints) -> Ints:
        """Points of these cells."""
        n = self.count[cells]
        start = np.repeat(self.first[cells] - np.concatenate([[0], np.cumsum(n)[:-1]]), n)
        found: Ints = self.order[start + np.arange(n.sum())]
        return found


def _inside(shape: Any, cells: _Cells) -> Ints:
    """Points that a polygon holds."""
    touched = cells.tree.query(shape, predicate="intersects")
    if touched.size == 0:
        return np.zeros(0, np.int64)
    whole = cells.tree.query(shape, predicate="covers")
    cut = cells.points(np.setdiff1d(touched, whole))
    held = shapely.intersects_xy(shape, cells.lon[cut], cells.lat[cut])
    return np.concatenate([cells.points(whole), cut[held]])


def _holding(points: pl.DataFrame, zones: pl.DataFrame, shapes: Any, cells: _Cells) -> pl.Series:
    """The list of zones that hold each point."""
    n = len(points)
    t = points["t_seen"].to_physical().to_numpy() if "t_seen" in points.columns else None
    since, until = _times(zones, "from"), _times(zones, "to")
    shapely.prepare(shapes)
    at, which = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for k in np.flatnonzero(np.isin(shapely.get_type_id(shapes), (3, 6, 7))):
        held = _inside(shapes[k], cells)
        if t is not None and since[k] is not None:
            held = held[t[held] >= since[k]]
        if t is not None and until[k] is not None:
            held = held[t[held] < until[k]]
        at.append(held)
        which.append(np.full(held.size, k, np.int64))
    where, zone = np.concatenate(at), np.concatenate(which)
    pairs = pl.DataFrame({"at": where, "zone": zone}).sort("at", "zone")
    keys = zones["zone"].cast(pl.String).gather(pairs["zone"].cast(pl.UInt32))
    lists = pl.DataFrame({"at": pairs["at"], "zones": keys}).group_by("at", maintain_order=True).agg("zones")
    row = np.full(n, len(lists), np.uint32)
    row[lists["at"].to_numpy()] = np.arange(len(lists), dtype=np.uint32)
    none = pl.Series("zones", [[]], dtype=pl.List(pl.String()))
    return pl.concat([lists["zones"], none]).gather(pl.Series(row))


def _times(zones: pl.DataFrame, column: str) -> list[int | None]:
    if column not in zones.columns:
        return [None] * len(zones)
    return zones[column].cast(pl.Datetime("us", "UTC")).to_physical().to_list()


def _anchorage_m(n: int, cells: _Cells, shapes: Any) -> Floats:
    """Metres to the nearest port or anchorage of each of n points; NaN beyond 50 km."""
    from scipy.spatial import cKDTree  # costs a quarter of a second to load

    out = np.full(n, np.nan)
    if shapes.size == 0 or out.size == 0:
        return out
    outline = shapely.get_coordinates(shapely.segmentize(shapes, OUTLINE_STEP_M / _METRES_PER_DEG))
    tree = cKDTree(cartesian(outline[:, 0], outline[:, 1]))
    middle = cartesian(cells.west + CELL_DEG / 2, cells.south + CELL_DEG / 2)
    reach = ANCHORAGE_MAX_M + CELL_DEG * _METRES_PER_DEG
    close, _ = tree.query(middle, distance_upper_bound=reach)
    some = cells.points(np.flatnonzero(np.isfinite(close)))
    away, _ = tree.query(cartesian(cells.lon[some], cells.lat[some]), distance_upper_bound=ANCHORAGE_MAX_M)
    out[some] = np.where(np.isfinite(away), away, np.nan)
    shapely.prepare(shapes)
    for k in np.flatnonzero(np.isin(shapely.get_type_id(shapes), (3, 6, 7))):
        out[_inside(shapes[k], cells)] = 0.0
    return out
