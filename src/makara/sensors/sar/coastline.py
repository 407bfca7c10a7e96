"""The coast as small polygons: a continent of a million vertices is cut up once; a scene draws only what it shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from makara.base.errors import InputError

MOST: Final = 512
"""Vertices of a piece."""
_SMALLEST_DEG: Final = 0.02


@dataclass(frozen=True)
class Coastline:
    """Polygons of land, flat.

    Attributes:
        xy: longitude in [-180, 180] and latitude of all vertices, degrees.
        start: first vertex of each ring, and the end of the last.
        box: west, south, east, north of each ring, degrees.
        source: what they are, in words.
    """

    xy: NDArray[Any]
    start: NDArray[Any]
    box: NDArray[Any]
    source: str


def coastline(wkb: bytes, source: str) -> Coastline:
    """Land cut into pieces of at most MOST vertices; holes are land.

    Args:
        wkb: a collection of valid polygons, longitude first, degrees.
        source: what they are, in words.

    Raises:
        InputError: the bytes are no geometry.
    """
    import shapely

    try:
        parts = shapely.get_parts(shapely.from_wkb(wkb))
    except shapely.errors.GEOSException as error:
        raise InputError(f"{source}: the polygons of land cannot be read ({error}); install it again") from error
    whole = shapely.polygons(shapely.get_exterior_ring(parts))
    large = shapely.get_num_coordinates(whole) > MOST
    pieces = list(whole[~large])
    waiting = list(whole[large])
    while waiting:
        polygon = waiting.pop()
        w, s, e, n = polygon.bounds
        if shapely.get_num_coordinates(polygon) <= MOST or max(e - w, n - s) < _SMALLEST_DEG:
            pieces.append(polygon)
            continue
        x, y = (w + e) / 2, (s + n) / 2
        halves = ((w, s, x, n), (x, s, e, n)) if e - w > n - s else ((w, s, e, y), (w, y, e, n))
        cut = [p for half in halves for p in shapely.get_parts(shapely.clip_by_rect(polygon, *half)) if _area(p)]
        if not np.isclose(sum(p.area for p in cut), polygon.area, rtol=1e-6, atol=1e-9):
            # A cut along an edge may leave a ring that crosses itself, of which the next cut would lose a part.
            sound = shapely.make_valid(polygon)
            cut = [p for half in halves for p in shapely.get_parts(shapely.intersection(sound, shapely.box(*half)))]
            cut = [p for p in cut if _area(p)]
        waiting += cut
    xy, ring = shapely.get_coordinates(shapely.get_exterior_ring(np.array(pieces)), return_index=True)
    start = np.searchsorted(ring, np.arange(len(pieces) + 1))
    box = shapely.bounds(np.array(pieces)).astype(np.float32)
    return Coastline(xy.astype(np.float32), start, box, source)


def _area(part: Any) -> bool:
    return part.geom_type == "Polygon" and not part.is_empty
