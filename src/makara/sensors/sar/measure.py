"""From the clusters of a radar scene to detections: place, size, axis, kind, probability of a vessel, chip."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np
import polars as pl

from makara.sensors.sar import ghosts, hull, kinds
from makara.sensors.sar.around import REACH_M, around
from makara.sensors.sar.chips import chip
from makara.sensors.sar.hull import LENGTH, WIDTH, Hull
from makara.sensors.sar.kinds import Known
from makara.sensors.sar.patches import Floats, Patch, Read, patch, reader
from makara.sensors.sar.wake import REACH_M as WAKE_M
from makara.sensors.sar.wake import STEP_M, Wake, wake
from makara.sensors.scene import Scene

SCHEMA: Final[dict[str, pl.DataType | type[pl.DataType]]] = {
    "line": pl.Float64, "pixel": pl.Float64, "pixels": pl.Int64,
    "sensor": pl.String, "t_seen": pl.Datetime("us", "UTC"), "lon_deg": pl.Float64, "lat_deg": pl.Float64,
    "semi_major_m": pl.Float32, "semi_minor_m": pl.Float32, "orientation_deg": pl.Float32,
    "length_m": pl.Float32, "length_sd_m": pl.Float32, "width_m": pl.Float32,
    "axis_deg": pl.Float32, "axis_sd_deg": pl.Float32, "sog_kn": pl.Float32, "cog_deg": pl.Float32,
    "p_vessel": pl.Float32, "structure": pl.String, "scr_db": pl.Float32, "chip": pl.String,
    "flags": pl.List(pl.String),
}  # fmt: skip
"""Columns of a measured frame: those of table detections that pixels can tell, with the place in the image."""
GEOLOCATION_M: Final = 10.0
"""Standard deviation of a product's own georeference, metres."""
_95: Final = 2.4477
"""Standard deviations to the edge of the ellipse that holds 95 in a hundred, in two dimensions."""
P_STRUCTURE: Final = {"platform": 0.05, "land": 0.03, "ambiguity": 0.1, "border": 0.1}
"""What is held to be something else is a vessel at most this likely."""
_MAYBE: Final = ("orientation_deg", "sog_kn", "cog_deg")
P_LOBE: Final = 0.2
FAINT: Final = 100.0
"""Times the clutter from which on nothing is held to be a ghost: ghosts of the brightest ships and ports stay below."""


@dataclass(frozen=True)
class Measured:
    """What was measured in a scene.

    Attributes:
        detections: one row a cluster (SCHEMA), in the order of the clusters.
        chips: the bytes of each chip by its hash.
    """

    detections: pl.DataFrame
    chips: dict[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True)
class _One:
    hull: Hull
    row: dict[str, Any]
    features: Floats
    land: str | None
    of_land: bool
    wake: Wake | None


def measure(clusters: pl.DataFrame, scene: Scene, *, read: Read | None = None, known: Known | None = None) -> Measured:
    """Measure and sort the clusters of a scene. A cluster's row depends on the scene and on the list of clusters alone.

    Args:
        clusters: as :func:`makara.sensors.sar.clusters.clusters` gives them: ``line, pixel, peak_line, peak_pixel,
            pixels, background`` are read.
        scene: the scene they were found in.
        read: calibrated windows of it (default: through ``scene.read``).
        known: zones and earlier detections that tell fixed structures.
    """
    if clusters.is_empty():
        return Measured(pl.DataFrame(schema=SCHEMA))
    got = read or reader(scene)
    line, pixel = (clusters[k].cast(pl.Float64).to_numpy() for k in ("peak_line", "peak_pixel"))
    pixels, background = (clusters[k].cast(pl.Float64).to_numpy() for k in ("pixels", "background"))
    way = ghosts.way_of(scene)
    # In order of lines, so that bands of rows are decoded once.
    order = np.lexsort((pixel, line))
    found: dict[int, _One] = {}
    chips: dict[str, bytes] = {}
    for i in order.tolist():
        found[i] = _one(scene, got, way, float(line[i]), float(pixel[i]), float(pixels[i]), float(background[i]))
        name, data = chip(scene, got, float(line[i]), float(pixel[i]), found[i].row["length_m"])
        found[i].row["chip"], chips[name] = name, data
    ones = [found[i] for i in range(len(line))]
    return Measured(_judged(scene, way, clusters, ones, known or Known()), chips)


def _one(scene: Scene, read: Read, way: ghosts.Way | None, line: float, pixel: float, pixels: float, sea: float) -> _One:  # fmt: skip  # noqa: E501
    """One cluster by itself."""
    window = patch(read, scene.spacing_m, line, pixel, REACH_M)
    smoothed = hull.smooth(window.values, window.size_m)
    row, column = window.inside(line, pixel)
    h = hull.measured(window, smoothed, row, column, sea)
    near = around(window, smoothed, h, sea)
    blur = hull.blur_m(window.size_m, scene.resolution_m)
    length = max(LENGTH.slope * h.length + LENGTH.smear * blur, 0.5 * min(window.size_m))
    # Another blur than that of the fit: its share of the smear may be off by half.
    off = 0.5 * LENGTH.smear * (blur - hull.BLUR_M)
    sd = float(np.sqrt(LENGTH.sd**2 + (LENGTH.sd_share * length) ** 2 + LENGTH.scene_sd**2 + off**2))
    area = pixels * scene.spacing_m[0] * scene.spacing_m[1]
    features = kinds.features(h, near, length, area)
    p = float(kinds.p_vessel(features[None, :])[0])
    land = kinds.structure_of(h, near, length, area, sea, p)
    y, x = window.outside(h.row, h.column)
    axis = (
        float(scene.georeference.bearing_deg(y, x, h.down / scene.spacing_m[0], h.right / scene.spacing_m[1])) % 180.0
    )
    trail = _trail(scene, read, way, y, x, h, sea) if p >= 0.5 and land is None else None
    told = {
        "length_m": length,
        "length_sd_m": sd,
        "width_m": float(max(WIDTH.slope * h.across_m + WIDTH.smear * blur, 3.0)),
        "axis_deg": axis,
        "axis_sd_deg": hull.axis_sd_deg(h, blur),
        "scr_db": 10.0 * float(np.log10(h.peak / sea)),
        "sog_kn": trail.sog_kn if trail else None,
        "cog_deg": trail.cog_deg if trail else None,
        "middle": (y, x),
    }
    told |= _ellipse(length, axis if way is not None else None, blur)
    ghost = way is not None and land is None and h.scr < FAINT and _of_land(scene, read, way, y, x, window, h, sea)
    return _One(h, told, features, land, ghost, trail)


def _of_land(scene: Scene, read: Read, way: ghosts.Way, line: float, pixel: float, window: Patch, h: Hull, sea: float) -> bool:  # fmt: skip  # noqa: E501
    """Whether something bright, land or not, lies where this would be the ghost of it."""
    there = h.wide & np.isfinite(window.values)
    near, far = ghosts.first_m(scene, np.array([line]), np.array([pixel]))
    excess = float(np.mean(window.values[there])) - sea
    return ghosts.of_land(read, scene.spacing_m, np.array([line, pixel]), excess, way, (float(near[0]), float(far[0])))


def _trail(scene: Scene, read: Read, way: ghosts.Way | None, line: float, pixel: float, h: Hull, sea: float) -> Wake | None:  # fmt: skip  # noqa: E501
    """The wake of what may be a vessel, in a wider window around it."""
    if way is None:
        return None
    wide = patch(read, scene.spacing_m, line, pixel, WAKE_M, STEP_M)
    row, column = wide.inside(line, pixel)
    return wake(wide, replace(h, row=row, column=column), sea, way, scene)


def _ellipse(length: float, axis: float | None, blur: float) -> dict[str, float | None]:
    """95 % ellipse of the middle of the hull: georeference, blur, and bright spots that pull it along the hull.

    A circle where the platform's way is not known: readers of the table take a long axis for the way then.
    """
    noise = float(np.hypot(GEOLOCATION_M, blur / 4.0))
    along = float(np.hypot(noise, 0.12 * length))
    major, minor = _95 * along, _95 * (noise if axis is not None else along)
    return {"semi_major_m": major, "semi_minor_m": minor, "orientation_deg": axis}


def _judged(scene: Scene, way: ghosts.Way | None, clusters: pl.DataFrame, ones: list[_One], known: Known) -> pl.DataFrame:  # fmt: skip  # noqa: E501
    """What all clusters together, zones and earlier dates say of each."""
    middle = np.array([o.row["middle"] for o in ones])
    lon, lat = scene.georeference.place(middle[:, 0], middle[:, 1])
    told = pl.DataFrame([o.row for o in ones], schema_overrides=dict.fromkeys(_MAYBE, pl.Float64)).drop("middle")
    frame = pl.concat([clusters.select("line", "pixel", "pixels"), told], how="horizontal").with_columns(
        sensor=pl.lit("sar"),
        t_seen=pl.Series(scene.seen(middle[:, 0]), dtype=pl.Datetime("us", "UTC")),
        lon_deg=lon,
        lat_deg=lat,
    )
    p = kinds.p_vessel(np.array([o.features for o in ones]))
    kind: list[str | None] = [o.land for o in ones]
    flags: list[list[str]] = [[] for _ in ones]
    if way is not None:
        peak = 10.0 * np.log10(np.array([o.hull.peak for o in ones]))
        first = ghosts.first_m(scene, middle[:, 0], middle[:, 1])
        ambiguous, lobe = ghosts.ghosts(middle[:, 0], middle[:, 1], peak, way, first)
        for i, one in enumerate(ones):
            faint = one.hull.scr < FAINT
            if (ambiguous[i] or one.of_land) and faint and kind[i] is None:
                kind[i] = "ambiguity"
            elif lobe[i] and faint and kind[i] is None:
                flags[i].append("side_lobe")
                p[i] = min(p[i], P_LOBE)
    for i in np.flatnonzero(kinds.standing(frame, known)).tolist():
        kind[i] = kind[i] or "platform"
    for i, one in enumerate(ones):
        if (k := kind[i]) is not None:
            p[i] = min(p[i], P_STRUCTURE[k])
        if one.wake is not None:
            flags[i].append("wake")
        if one.row["axis_sd_deg"] > 25.0:
            flags[i].append("axis_unsure")
    frame = frame.with_columns(
        p_vessel=p, structure=pl.Series(kind, dtype=pl.String), flags=pl.Series(flags, dtype=pl.List(pl.String))
    )
    return frame.select(pl.col(k).cast(t) for k, t in SCHEMA.items())


__all__ = ["SCHEMA", "Measured", "measure"]
