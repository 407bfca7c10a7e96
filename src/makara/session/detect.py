"""Ships in a satellite scene: opened, masked, searched, measured; with no lake, or for one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl
import shapely

from makara.base import ids, time
from makara.base.errors import InputError
from makara.base.geo import wrap_lon
from makara.sensors.scene import Scene
from makara.sources import _shapes
from makara.sources._places import collection_id
from makara.tables import table

COLUMNS: Final = [f.name for f in table("detections").own]
PLACE: Final = ("line", "pixel")
ROWS: Final = 64
"""Rows of pixels that tell where a scene has data."""
SIDES: Final = 16
"""Parts of a footprint's longer side: straight in the image is not straight on the globe."""
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Searched:
    """A scene that was searched.

    Attributes:
        look: one row, the columns of table collections without those that every row has; times may be null.
        detections: columns of table detections likewise (``t_seen`` may be null), and ``line, pixel`` in the scene.
        chips: bytes of pictures around detections, by their hash.
        about: what the detector said of its work.
    """

    look: pl.DataFrame
    detections: pl.DataFrame
    chips: Mapping[str, bytes] = field(default_factory=dict)
    about: Mapping[str, Any] = field(default_factory=dict)


def detect(
    scene: str | Path | Scene,
    *,
    provider: str | None = None,
    units: str | None = None,
    time: str | datetime | None = None,
    polarisation: str | None = None,
    licence: str | None = None,
    zones: pl.DataFrame | None = None,
    earlier: pl.DataFrame | None = None,
    progress: Progress | None = None,
) -> pl.DataFrame:
    """Find ships in a satellite scene, on this machine alone, with no lake.

    Args:
        scene: a product as its provider delivers it (directory, zip, tar, GeoTIFF with its metadata), or an opened one.
        provider: who provided it, where it does not say.
        units: of a plain radar GeoTIFF: ``dB``, ``dBx100``, ``power`` or ``amplitude``, where it does not say.
        time: when it was taken, where it does not say: ISO 8601, or begin and end parted by ``/``.
        polarisation: which to take of several; default ``vv``, else ``hh``.
        licence: licence of the product; goes into the chips.
        zones: table zones; what lies in one of kind ``infrastructure`` is labelled as a structure.
        earlier: detections of other dates; what stands where one was is labelled as a structure.
        progress: told how many lines are done, of how many.

    Returns:
        One row a detection, the columns of table detections; ``t_seen`` is null where the scene has no time.

    Raises:
        InputError: the product cannot be read, is not whole, or is hostile.
        UsageError: an argument does not fit.
    """
    known = {"zones": zones, "earlier": earlier}
    if isinstance(scene, Scene):
        return search(scene, progress=progress, **known).detections.select(COLUMNS)
    told = {"provider": provider, "units": units, "time": time, "polarisation": polarisation, "licence": licence}
    with opened(scene, **told) as found:
        return search(found, progress=progress, **known).detections.select(COLUMNS)


def opened(path: str | Path, **told: Any) -> Scene:
    """Open a product; see :func:`makara.sources.scenes.open_scene`."""
    from makara.sources.scenes import open_scene

    return open_scene(path, **told)


def search(
    scene: Scene,
    *,
    zones: pl.DataFrame | None = None,
    earlier: pl.DataFrame | None = None,
    progress: Progress | None = None,
) -> Searched:
    """Search an opened scene; see :func:`detect`.

    Raises:
        InputError: there is no detector for its kind, or it cannot be read to its end.
    """
    look = look_of(scene)
    if scene.sensor == "sar":
        from makara.sensors import sar
        from makara.sensors.sar.kinds import Known
        from makara.sensors.sar.measure import measure

        known = Known(zones=zones, earlier=earlier)
        found: Any = sar.detect(
            scene, sea=sea(scene), measure=lambda c, s: measure(c, s, known=known), progress=progress
        )
    elif scene.sensor == "optical":
        optical: Any = import_module("makara.sensors.optical")
        found = optical.detect(scene, sea=sea(scene), progress=progress)
    else:
        raise InputError(f"{scene.product} is a scene of kind {scene.sensor}, for which there is no detector here")
    return Searched(look, _named(found.detections, look, scene.sensor), found.chips, {"land": found.land})


def sea(scene: Scene) -> Any:
    """Where a scene shows sea, from the best coastline at hand."""
    from makara.sensors.sar.landmask import water
    from makara.session.resources import land

    return water(scene, land())


def look_of(scene: Scene) -> pl.DataFrame:
    """The look that a scene is: a row of table collections without the columns that every row has."""
    from makara.sensors.sar.limit import length50_m

    line, pixel = (n / 2.0 for n in scene.shape)
    provider = scene.provider or ""
    row = {
        "collection": collection_id(provider, scene.product),
        "product": scene.product,
        "sensor": scene.sensor,
        "platform": scene.platform,
        "mode": scene.mode,
        "t_start": scene.t_start,
        "t_end": scene.t_end or scene.t_start,
        "footprint": footprint(scene),
        "length50_m": scene.about.get("length50_m")
        or (length50_m(scene.resolution_m) if scene.sensor == "sar" else None),
        "resolution_m": scene.resolution_m,
        "incidence_deg": float(scene.incidence_deg.at(line, pixel)) if scene.incidence_deg is not None else None,
        "heading_deg": scene.heading_deg,
        "look": scene.look,
        "cloud_share": _cloud(scene),
        "scene_uri": scene.uri,
        "provider": scene.provider,
        "product_form": "raw",
        "licence": scene.licence,
    }
    types = {f.name: f.type for f in table("collections").own}
    return pl.DataFrame([row], schema={c: types[c] for c in row})


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
    ring = np.column_stack([lon - lon[0] + float(wrap_lon(lon[0])), lat])
    try:
        return _shapes.wkb(_shapes.clean(shapely.Polygon(ring)))
    except ValueError as e:
        raise InputError(f"{scene.product} has no footprint: {e}") from e


def _cloud(scene: Scene) -> float | None:
    """Share of cloud in a scene, from its mask or as its provider says."""
    if scene.cloud is None:
        said = scene.about.get("cloud_share")
        return None if said is None else float(said)
    lines = np.unique(np.linspace(0, scene.shape[0] - 1, ROWS).astype(np.int64)).tolist()
    return float(np.mean([np.mean(scene.cloud(n, n + 1)) for n in lines]))


def _named(found: pl.DataFrame, look: pl.DataFrame, sensor: str) -> pl.DataFrame:
    """Detections with their look, the provider's id (line and pixel) and their key."""
    collection = look["collection"][0]
    own = found.select(pl.format("{}:{}", pl.col("line").round(1), pl.col("pixel").round(1)))[:, 0].to_list()
    rows = found.with_columns(
        pl.lit(collection).alias("collection"),
        pl.lit(sensor).alias("sensor"),
        pl.Series("provider_id", own, dtype=pl.String()),
        pl.Series("detection", [ids.ident("dt", collection, x) for x in own], dtype=pl.String()),
    )
    if "flags" not in rows.columns:
        rows = rows.with_columns(pl.lit([], pl.List(pl.String())).alias("flags"))
    missing = [c for c in COLUMNS if c not in rows.columns]
    types = table("detections").schema
    full = rows.with_columns(pl.lit(None, types[c]).alias(c) for c in missing)
    once = table("detections").conform(full, partial=True).select(COLUMNS)
    return once.hstack(full.select(pl.col(c).cast(pl.Float64) for c in PLACE)).unique(
        "detection", keep="first", maintain_order=True
    )


def untimed(scene: Scene) -> InputError:
    """The error that says that a lake needs the time of a scene."""
    return InputError(
        f"{scene.uri or scene.product} does not say when it was taken, and a lake needs to know; "
        f"give --time, as {time.text(time.EPOCH).replace('1970', '2026')} or begin/end"
    )


__all__ = ["Searched", "detect", "footprint", "look_of", "opened", "search", "untimed"]
