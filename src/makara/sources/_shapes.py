"""Geometries as tables hold them: repaired, longitudes in [-180, 180], cut at 180 (RFC 7946, 3.1.9), WKB."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

Box = tuple[float, float, float, float]


def geojson(geometry: Mapping[str, Any] | None) -> BaseGeometry:
    """A clean geometry from GeoJSON.

    Raises:
        ValueError: there is none, it is empty, or it cannot be repaired; the message says why.
    """
    if not geometry:
        raise ValueError("there is no geometry")
    try:
        found = shapely.geometry.shape(geometry)
    except (shapely.errors.ShapelyError, KeyError, TypeError, ValueError, AttributeError, IndexError) as e:
        raise ValueError(f"the geometry cannot be read: {e}") from e
    return clean(found)


def clean(found: BaseGeometry) -> BaseGeometry:
    """A geometry repaired, cut at 180 and normalised; polygons stay polygons.

    Raises:
        ValueError: it is empty, has impossible coordinates, or nothing is left of it.
    """
    if found.is_empty:
        raise ValueError("the geometry is empty")
    xy = shapely.get_coordinates(found)
    if not np.isfinite(xy).all() or np.abs(xy[:, 1]).max() > 90.0 or np.abs(xy[:, 0]).max() > 540.0:
        raise ValueError("the geometry has coordinates that are no longitude and latitude")
    flat = shapely.force_2d(found)
    dimension = shapely.get_dimensions(flat)
    whole = shapely.transform(flat, _unwrap_all(flat), include_z=False) if dimension > 0 else flat
    try:
        if not whole.is_valid:
            whole = shapely.make_valid(whole, method="structure", keep_collapsed=False)
        parts = [p for p in _cut(whole) if not p.is_empty and shapely.get_dimensions(p) == dimension]
    except shapely.errors.ShapelyError as e:
        raise ValueError(f"the geometry cannot be repaired: {e}") from e
    if not parts:
        raise ValueError("nothing is left of the geometry after repair: it has no area")
    joined = parts[0] if len(parts) == 1 else _join(parts)
    return shapely.normalize(joined)


def _join(parts: list[BaseGeometry]) -> BaseGeometry:
    kind = {0: shapely.multipoints, 1: shapely.multilinestrings, 2: shapely.multipolygons}
    dimension = int(shapely.get_dimensions(parts[0]))
    return kind[dimension](parts)


def _unwrap_all(found: BaseGeometry) -> Any:
    """A coordinate transform that makes each ring and line run on without jumps at 180."""
    lengths: list[int] = []
    for part in shapely.get_parts(found):
        rings = shapely.get_rings(part) if shapely.get_dimensions(part) == 2 else [part]
        lengths.extend(len(shapely.get_coordinates(r)) for r in rings)

    def unwrap(xy: NDArray[np.float64]) -> NDArray[np.float64]:
        if sum(lengths) != len(xy):
            return xy
        out = xy.copy()
        at = 0
        for n in lengths:
            step = np.diff(xy[at : at + n, 0])
            jump = (np.abs(step) > 180.0) & (np.abs(step) < 359.999)
            turns = -np.sign(step) * jump
            if jump.any() and (abs(turns.sum()) == 0 or n < 3):
                out[at + 1 : at + n, 0] += 360.0 * np.cumsum(turns)
            at += n
        return out

    return unwrap


def _cut(found: BaseGeometry) -> list[BaseGeometry]:
    """Simple parts with longitudes in [-180, 180]."""
    if found.is_empty:
        return []
    west, _, east, _ = found.bounds
    pieces: list[BaseGeometry] = []
    for k in range(int(np.floor((west + 180.0) / 360.0)), int(np.ceil((east + 180.0) / 360.0))):
        inside = found
        if west < -180.0 or east > 180.0:
            inside = shapely.intersection(found, shapely.box(-180.0 + 360.0 * k, -90.0, 180.0 + 360.0 * k, 90.0))
            inside = shapely.transform(inside, lambda xy, k=k: xy - [360.0 * k, 0.0])
        pieces.extend(_simple(inside))
    return pieces or _simple(found)


def _simple(found: BaseGeometry) -> list[BaseGeometry]:
    parts = []
    for part in shapely.get_parts(found):
        parts.extend(_simple(part) if hasattr(part, "geoms") else [part])
    return parts


def wkb(found: BaseGeometry) -> bytes:
    """Little-endian WKB in two dimensions."""
    data: bytes = shapely.to_wkb(found, byte_order=1, output_dimension=2)
    return data


def box(found: BaseGeometry) -> Box:
    """The smallest box (w, s, e, n) around a cut geometry; w > e where it crosses 180."""
    spans: list[list[float]] = []
    for w, _, e, _ in sorted(p.bounds for p in _simple(found)):
        if spans and w <= spans[-1][1]:
            spans[-1][1] = max(spans[-1][1], e)
        else:
            spans.append([w, e])
    _, south, _, north = found.bounds
    gaps = [spans[i + 1][0] - spans[i][1] for i in range(len(spans) - 1)]
    outer = spans[0][0] + 360.0 - spans[-1][1]
    if not gaps or outer >= max(gaps):
        return spans[0][0], south, spans[-1][1], north
    i = gaps.index(max(gaps))
    return spans[i + 1][0], south, spans[i][1], north
