"""Satellite scenes of whatever provider, to looks; a lake also finds the ships in them and keeps chips of these.

Who: Copernicus, commercial radar and optical providers. Format: what the sources of images read (Sentinel-1 SAFE,
ICEYE, Capella, Umbra, calibrated GeoTIFF, Sentinel-2 and others), as directory, zip, tar or GeoTIFF with its metadata
beside it; which it is, is recognised. Licence: the provider's, ``--licence NAME``. Latency: an hour to days.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl
import shapely

from makara.base import geo, lines, time
from makara.base.errors import InputError
from makara.sensors.optical import limit as by_day
from makara.sensors.sar import limit as by_radar
from makara.sensors.scene import Scene
from makara.sources import _shapes, _source
from makara.sources._places import collection_id
from makara.sources._source import Batch, Option, Source
from makara.sources.scenes import open_scene
from makara.tables import table

SOURCE = Source(
    "scene",
    ("collections", "detections", "chips"),
    "satellite scenes, in which ships are found",
    (
        Option("provider", "who provided the scene, where it does not say"),
        Option("units", "what the numbers of a plain radar GeoTIFF are: dB, dBx100, power or amplitude"),
        Option("time", "when it was taken, where it does not say: 2026-01-31T14:00:00Z, or begin/end"),
        Option("polarisation", "which to take of several, as vv"),
    ),
)
LIMITS: Final = {"sar": by_radar.length50_m, "optical": by_day.length50_m}
"""Detection limits by kind of sensor; lights at night tell no length."""
ROWS: Final = 64
"""Rows of pixels that tell where a scene has data."""
SIDES: Final = 16
"""Parts of a footprint's longer side: straight in the image is not straight on the globe."""


def look_of(scene: Scene) -> pl.DataFrame:
    """The look that a scene is: a row of table collections without the columns that every row has."""
    line, pixel = (n / 2.0 for n in scene.shape)
    row = {
        "collection": identity(scene),
        "product": scene.product,
        "sensor": scene.sensor,
        "platform": scene.platform,
        "mode": scene.mode,
        "t_start": scene.t_start,
        "t_end": scene.t_end or scene.t_start,
        "footprint": footprint(scene),
        "length50_m": LIMITS[scene.sensor](scene.resolution_m) if scene.sensor in LIMITS else None,
        "resolution_m": scene.resolution_m,
        "incidence_deg": float(scene.incidence_deg.at(line, pixel)) if scene.incidence_deg is not None else None,
        "heading_deg": scene.heading_deg,
        "look": scene.look,
        "cloud_share": _cloud(scene),
        "line_times": line_times(scene),
        "scene_uri": scene.uri,
        "provider": scene.provider,
        "product_form": "raw",
        "licence": scene.licence,
    }
    types = {f.name: f.type for f in table("collections").own}
    return pl.DataFrame([row], schema={c: types[c] for c in row})


def identity(scene: Scene) -> str:
    """The key of the look that a scene is."""
    return collection_id(scene.provider or "", scene.product)


def placed(scene: Scene) -> None:
    """Refuse a scene whose pixels lie nowhere. No pixel is read.

    Raises:
        InputError: its places are no longitudes and latitudes, or all the same.
    """
    y, x = (np.linspace(-0.5, n - 0.5, SIDES) for n in scene.shape)
    lon, lat = scene.georeference.lon.grid(y, x), scene.georeference.lat.grid(y, x)
    if not np.isfinite(lon).all() or not np.isfinite(lat).all() or np.abs(lat).max() > 90.0:
        raise InputError(f"{scene.product} is not placed: its georeference has no longitude and latitude everywhere")
    if not np.ptp(lon) > 0.0 or not np.ptp(lat) > 0.0:
        raise InputError(f"{scene.product} is not placed: its georeference puts all pixels on one line or point")


def footprint(scene: Scene) -> bytes | None:
    """What a scene shows, as WKB cut at 180: the hull of its pixels with data; None where there are none."""
    lines = np.unique(np.linspace(0, scene.shape[0] - 1, ROWS).astype(np.int64))
    ends = []
    for line in lines.tolist():
        row = scene.read(line, line + 1)
        there = np.flatnonzero((row.reshape(-1, row.shape[-1]) != 0).any(axis=0))
        if there.size:
            # The whole pixel counts, half of it on either side of its centre.
            up, down = (0.5 if line == n else 0.0 for n in (lines[0], lines[-1]))
            y = line - up + down
            ends += [(y, there[0] - 0.5), (y, there[-1] + 0.5)]
    if not ends:
        return None
    outline = shapely.simplify(shapely.convex_hull(shapely.multipoints(ends)), 1.0)
    hull = shapely.segmentize(outline, max(scene.shape) / SIDES)
    at = shapely.get_coordinates(hull)
    lon, lat = scene.georeference.lon.at(at[:, 0], at[:, 1]), scene.georeference.lat.at(at[:, 0], at[:, 1])
    # Longitudes run on across 180; the whole is turned to where its first point is.
    ring = np.column_stack([lon - lon[0] + float(geo.wrap_lon(lon[0])), lat])
    try:
        return _shapes.wkb(_shapes.clean(shapely.Polygon(ring)))
    except ValueError as e:
        raise InputError(f"{scene.product} has no footprint: {e}") from e


def line_times(scene: Scene) -> bytes | None:
    """When lines of a scene were seen (see :mod:`makara.base.lines`); None where no time is known, or all is of one."""
    if scene.t_start is None:
        return None
    y = np.linspace(0.0, scene.shape[0] - 1.0, SIDES + 1)
    t_us = [time.to_us(t) for t in scene.seen(y) if t is not None]
    ends = np.array([-0.5, scene.shape[1] - 0.5])
    lon, lat = geo.wrap_lon(scene.georeference.lon.grid(y, ends)), scene.georeference.lat.grid(y, ends)
    return lines.pack(t_us, lon[:, 0], lat[:, 0], lon[:, 1], lat[:, 1])


def _cloud(scene: Scene) -> float | None:
    """Share of cloud in a scene, from its mask or as its provider says."""
    if scene.cloud is None:
        said = scene.about.get("cloud_share")
        return None if said is None else float(said)
    lines = np.unique(np.linspace(0, scene.shape[0] - 1, ROWS).astype(np.int64)).tolist()
    return float(np.mean([np.mean(scene.cloud(n, n + 1)) for n in lines]))


def read(uri: Path, options: Mapping[str, str]) -> Iterator[Batch]:
    """Read a scene as a look alone; feed ``scene``. See :class:`makara.sources.Reader`."""
    told: dict[str, Any] = SOURCE.check(options)
    with open_scene(uri, **told) as found:
        look = look_of(found)
        if found.t_start is None:
            yield Batch({}, _source.reject(uri.name, None, "no_time", "no time; give --time"), 1, "scene")
            return
    yield Batch({"collections": _source.shape("collections", look)}, _source.no_rejects(), 1, "scene")


__all__ = ["SOURCE", "footprint", "identity", "line_times", "look_of", "placed", "read"]
