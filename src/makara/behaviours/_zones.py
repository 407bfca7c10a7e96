"""Points and zones: which areas hold a point, and how far it is from their edge. Right across 180 degrees."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import polars as pl
import shapely
from numba import njit
from numpy.typing import NDArray

from makara.base.geo import A_M, unit

AREAS: Final = ("eez", "closed", "mpa", "port", "anchorage", "lane", "risk", "infrastructure", "buffer")
"""Kinds of zones that may hold a point."""


def holding(zones: pl.DataFrame, lon: NDArray[np.float64], lat: NDArray[np.float64]) -> pl.Series:
    """The keys of the areas that hold each point, sorted (list<str>).

    Args:
        zones: table zones.
        lon: degrees.
        lat: degrees.
    """
    areas = zones.filter(pl.col("kind").is_in(AREAS)).sort("zone")
    n = lon.size
    if not len(areas) or not n:
        return pl.Series("zones", [[]] * n, dtype=pl.List(pl.String()))
    shapes = shapely.from_wkb(areas["geometry"].to_numpy())
    flat = np.flatnonzero(shapely.get_dimensions(shapes) == 2)
    tree = shapely.STRtree(shapes[flat])
    points = shapely.points(np.asarray(lon, np.float64), np.asarray(lat, np.float64))
    row, at = tree.query(points, predicate="intersects")
    pairs = pl.DataFrame({"row": row.astype(np.int64), "zone": areas["zone"].gather(flat[at])})
    lists = pairs.sort("row", "zone").group_by("row", maintain_order=True).agg(pl.col("zone").alias("zones"))
    every = pl.DataFrame({"row": np.arange(n)})
    full = every.join(lists, on="row", how="left", maintain_order="left")
    return full["zones"].fill_null(pl.Series([[]], dtype=pl.List(pl.String())).first())


def edge_m(
    zones: pl.DataFrame, zone: pl.Series, lon: NDArray[np.float64], lat: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Distance in metres from points to the edge of their zones; NaN where the zone is not known.

    Cuts along 180 degrees are no edges. Distances beyond 20 km are given as 20 km.

    Args:
        zones: table zones.
        zone: the key of the zone of each point.
        lon: degrees.
        lat: degrees.
    """
    asked = zones.filter(pl.col("zone").is_in(zone.unique().implode())).sort("zone")
    keys = asked["zone"]
    legs = [_legs(g) for g in shapely.from_wkb(asked["geometry"].to_numpy())] if len(asked) else []
    first = np.concatenate([[0], np.cumsum([len(x) for x in legs])]).astype(np.int64)
    flat = np.concatenate(legs) if legs else np.empty((0, 4))
    at = zone.to_frame("zone").join(keys.to_frame("zone").with_row_index("at"), on="zone", how="left")
    index = at["at"].cast(pl.Int64).fill_null(-1).to_numpy()
    out: NDArray[np.float64] = _edges(flat, first, index, np.asarray(lon, np.float64), np.asarray(lat, np.float64))
    return out


def _legs(shape: Any) -> NDArray[np.float64]:
    """The legs of a geometry's edge (lon, lat, lon, lat), without those of the cut along 180."""
    lines = shapely.get_parts(shapely.boundary(shape) if shapely.get_dimensions(shape) == 2 else shape)
    found = []
    for line in lines:
        c = shapely.get_coordinates(line)
        leg = np.hstack([c[:-1], c[1:]])
        found.append(leg[~((np.abs(leg[:, 0]) >= 180.0) & (np.abs(leg[:, 2]) >= 180.0))])
    return np.concatenate(found) if found else np.empty((0, 4))


@njit(cache=True)
def _edges(legs: Any, first: Any, zone: Any, lon: Any, lat: Any) -> Any:
    out = np.empty(lon.size)
    k = A_M * np.pi / 180.0
    for i in range(lon.size):
        if zone[i] < 0:
            out[i] = np.nan
            continue
        best = 20_000.0
        c = np.cos(lat[i] * np.pi / 180.0)
        for j in range(first[zone[i]], first[zone[i] + 1]):
            y1 = (legs[j, 1] - lat[i]) * k
            y2 = (legs[j, 3] - lat[i]) * k
            if (y1 > best and y2 > best) or (y1 < -best and y2 < -best):
                continue
            x1 = ((legs[j, 0] - lon[i] + 180.0) % 360.0 - 180.0) * k * c
            x2 = x1 + (legs[j, 2] - legs[j, 0]) * k * c
            dx = x2 - x1
            dy = y2 - y1
            length = dx * dx + dy * dy
            u = 0.0 if length == 0.0 else min(1.0, max(0.0, -(x1 * dx + y1 * dy) / length))
            x = x1 + u * dx
            y = y1 + u * dy
            best = min(best, np.sqrt(x * x + y * y))
        out[i] = best
    return out


def of_kinds(zones: pl.DataFrame | None, kinds: str) -> pl.DataFrame:
    """Zones of some kinds (text, with commas between): ``zone, zone_kind, zone_name``."""
    if zones is None or not len(zones):
        return pl.DataFrame(schema={"zone": pl.String(), "zone_kind": pl.String(), "zone_name": pl.String()})
    wanted = [k.strip() for k in kinds.split(",")]
    name = pl.coalesce("name", "zone")
    return zones.filter(pl.col("kind").is_in(wanted)).select("zone", zone_kind="kind", zone_name=name)


NEAR_M: Final = 50_000.0
"""Distances to zones are given below this."""


def tagged(points: pl.DataFrame, zones: pl.DataFrame, given: set[str]) -> pl.DataFrame:
    """Track points with ``zones`` and ``anchorage_m`` where the caller's columns (``given``) lacked them."""
    lon, lat = points["lon_deg"].to_numpy(), points["lat_deg"].to_numpy()
    out = points
    if "zones" not in given:
        out = out.with_columns(holding(zones, lon, lat).alias("zones"))
    if "anchorage_m" not in given:
        berths = zones.filter(pl.col("kind").is_in(["port", "anchorage"]))
        out = out.with_columns(pl.Series("anchorage_m", near_m(berths, lon, lat), nan_to_null=True))
    return out.with_columns(pl.col("anchorage_m").cast(pl.Float32))


def near_m(zones: pl.DataFrame, lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.float64]:
    """Distance to the nearest zone, 0 inside, metres; NaN beyond 50 km. Edges are followed at 500 m."""
    from scipy.spatial import cKDTree  # costs a quarter of a second to load

    shapes = shapely.from_wkb(zones["geometry"].to_numpy())
    out = np.full(lon.size, np.nan)
    if not len(shapes) or not lon.size:
        return out
    fine = shapely.get_coordinates(shapely.segmentize(shapes, 0.0045))
    near, _ = cKDTree(unit(fine[:, 0], fine[:, 1])).query(unit(lon, lat), distance_upper_bound=NEAR_M / A_M)
    hit = np.isfinite(near)
    out[hit] = near[hit] * A_M
    areas = shapely.STRtree(shapes[shapely.get_dimensions(shapes) == 2])
    inside, _ = areas.query(shapely.points(lon, lat), predicate="intersects")
    out[inside] = 0.0
    return out


def nearest_line_m(
    zones: pl.DataFrame | None, kind: str, lon: NDArray[np.float64], lat: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Distance to the nearest line or edge of the zones of a kind, metres; infinite where there are none."""
    best = np.full(lon.size, np.inf)
    if zones is None or not len(zones):
        return best
    for key in zones.filter(pl.col("kind") == kind)["zone"].sort().to_list():
        best = np.minimum(best, edge_m(zones, pl.Series([key] * lon.size, dtype=pl.String()), lon, lat))
    return best


def nearest_port(
    zones: pl.DataFrame | None, lon: NDArray[np.float64], lat: NDArray[np.float64]
) -> dict[str, pl.Series]:
    """The port or anchorage nearest to each point: its key (``anchorage``) and ``name``; null where there is none."""
    from scipy.spatial import cKDTree  # costs a quarter of a second to load

    none = pl.Series([None] * lon.size, dtype=pl.String())
    if zones is None or not lon.size or not zones["kind"].is_in(["port", "anchorage"]).any():
        return {"anchorage": none, "name": none}
    ports = zones.filter(pl.col("kind").is_in(["port", "anchorage"])).sort("zone")
    shapes = shapely.from_wkb(ports["geometry"].to_numpy())
    fine, of = shapely.get_coordinates(shapely.segmentize(shapes, 0.0045), return_index=True)
    _, at = cKDTree(unit(fine[:, 0], fine[:, 1])).query(unit(lon, lat))
    nearest = of[at]
    areas = np.flatnonzero(shapely.get_dimensions(shapes) == 2)
    inside, which = shapely.STRtree(shapes[areas]).query(shapely.points(lon, lat), predicate="intersects")
    nearest[inside] = areas[which]
    names = ports["name"] if "name" in ports.columns else pl.Series([None] * len(ports), dtype=pl.String())
    return {"anchorage": ports["zone"].gather(nearest), "name": names.gather(nearest)}
