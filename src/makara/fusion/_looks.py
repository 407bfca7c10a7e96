"""Detections and their looks as arrays: sweeps, error ellipses, footprints, areas."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl
import shapely
from numpy.typing import NDArray

from makara.base.errors import InputError
from makara.base.geo import cartesian, destination
from makara.base.lines import seen_us
from makara.fusion._frames import floats, require, texts
from makara.fusion._states import Floats, Ints

SHARE95: Final = 2.4477
"""Half axis of the 95 % ellipse in standard deviations (two dimensions)."""
SD_M: Final = {"sar": 60.0, "optical": 30.0, "viirs": 370.0, "rf": 3000.0, "radar": 120.0, "patrol": 120.0}
"""Standard deviation of a position without an ellipse, metres."""
FOUND: Final = {"sar": 0.85, "optical": 0.8, "viirs": 0.3, "rf": 0.5, "radar": 0.9, "patrol": 0.9}
"""Probability that a look finds a vessel whose length or whose look's limit is unknown."""
SWEEPING: Final = ("radar", "patrol")
"""Sensors that see one vessel again and again within a look."""
_SWEEP_GAP_US: Final = 10_000_000
_LINE_US: Final = 1_000_000
"""A detection that is nearer than this to the time of its line was told that time."""
_PAD_DEG: Final = 0.3
REQUIRED: Final = ("detection", "sensor", "t_seen", "lon_deg", "lat_deg")


@dataclass(frozen=True)
class Looks:
    """Detections, sorted by id, with what their looks say.

    Attributes:
        frame: the detections, joined with their collections (columns of those end in ``_look``).
        group: number of each detection's sweep: one vessel gives at most one detection in it.
        look: number of each detection's look, for sums over a look.
        area_m2: area that the look covers times its sweeps, by detection.
        found: probability that the look finds a vessel of unknown length, by detection.
        xx, yy, xy: covariance of the position, east and north, square metres.
        xyz: on the ellipsoid, metres from the earth's centre.
        length50_m: length that the look finds with probability one half, NaN if unknown.
    """

    frame: pl.DataFrame
    group: Ints
    look: Ints
    t_us: Ints
    lon: Floats
    lat: Floats
    xyz: Floats
    xx: Floats
    yy: Floats
    xy: Floats
    area_m2: Floats
    found: Floats
    length50_m: Floats


def looks_of(detections: pl.DataFrame, collections: pl.DataFrame) -> Looks:
    """Detections with their looks.

    Raises:
        ColumnsError: a required column is missing.
    """
    require(detections, REQUIRED, "detections")
    require(collections, ("collection",), "collections")
    d = detections.sort("detection").unique("detection", keep="first", maintain_order=True)
    if "collection" not in d.columns:
        d = d.with_columns(collection=pl.lit(None, dtype=pl.String))
    wanted = ("footprint", "length50_m", "incidence_deg", "heading_deg", "look", "line_times", "mark")
    c = collections.unique("collection", keep="first").select(
        "collection",
        *(
            pl.col(w).alias(f"{w}_look") if w in collections.columns else pl.lit(None).alias(f"{w}_look")
            for w in wanted
        ),
        _known=pl.lit(True),
    )
    d = d.join(c, on="collection", how="left", maintain_order="left").with_columns(pl.col("_known").fill_null(False))
    lon, lat = floats(d, "lon_deg"), floats(d, "lat_deg")
    t_us = _of_lines(d, d["t_seen"].cast(pl.Datetime("us", "UTC")).to_physical().to_numpy(), lon, lat)
    alone = pl.concat_str(pl.lit("\0"), pl.col("detection"))
    name = d.select(pl.when("_known").then("collection").otherwise(alone)).to_series()
    look = name.rank("dense").cast(pl.Int64).to_numpy() - 1
    group, sweeps = _sweeps(look, t_us, d["sensor"].cast(pl.String).is_in(SWEEPING).to_numpy())
    sensor = d["sensor"].cast(pl.String)
    sd = sensor.replace_strict(SD_M, default=SD_M["radar"], return_dtype=pl.Float64).to_numpy()
    a, b = floats(d, "semi_major_m") / SHARE95, floats(d, "semi_minor_m") / SHARE95
    a = np.where(np.isnan(a), np.where(np.isnan(b), sd, b), a)
    b = np.where(np.isnan(b), a, b)
    o = np.radians(np.nan_to_num(floats(d, "orientation_deg")))
    return Looks(
        frame=d,
        group=group,
        look=look,
        t_us=t_us,
        lon=lon,
        lat=lat,
        xyz=cartesian(lon, lat),
        xx=(a * np.sin(o)) ** 2 + (b * np.cos(o)) ** 2,
        yy=(a * np.cos(o)) ** 2 + (b * np.sin(o)) ** 2,
        xy=(a * a - b * b) * np.sin(o) * np.cos(o),
        area_m2=_areas(d, look, lon, lat) * sweeps,
        found=sensor.replace_strict(FOUND, default=FOUND["radar"], return_dtype=pl.Float64).to_numpy(),
        length50_m=floats(d, "length50_m_look"),
    )


def _of_lines(d: pl.DataFrame, t_us: Ints, lon: Floats, lat: Floats) -> Ints:
    """When each detection was seen: where another time is told than that of its line of the image, the line's.

    Products that give all they found in a scene the scene's own time are half a minute off: 250 m of a ship's way.
    """
    out = t_us.copy()
    for (data,), rows in d.select("line_times_look").with_row_index("row").group_by("line_times_look"):
        if data is not None:
            at = np.sort(rows["row"].to_numpy())
            line = seen_us(data, lon[at], lat[at])
            off = np.abs(line - t_us[at]) > _LINE_US
            out[at[off]] = np.rint(line[off]).astype(np.int64)
    return out


def _sweeps(look: Ints, t_us: Ints, sweeping: NDArray[np.bool_]) -> tuple[Ints, Ints]:
    """Sweep of each detection (numbered over all), and how many its look has."""
    order = np.lexsort((t_us, look))
    lk, t = look[order], t_us[order]
    new = np.concatenate([[True], lk[1:] != lk[:-1]])[: lk.size]
    apart = np.concatenate([[False], np.diff(t) > _SWEEP_GAP_US])[: lk.size]
    begins = new | (apart & sweeping[order])
    group = np.empty(look.size, np.int64)
    group[order] = np.cumsum(begins) - 1
    each = np.bincount(lk, begins).astype(np.int64) if lk.size else np.zeros(0, np.int64)
    return group, each[look]


def _shape(wkb: Any) -> Any:
    if wkb is None:
        return None
    try:
        return shapely.from_wkb(wkb)
    except shapely.errors.GEOSException as e:
        raise InputError(f"collections: a footprint is no WKB: {e}") from e


def _area_m2(shape: Any) -> float:
    """Area by Lambert's cylindrical projection, which keeps areas (on the sphere: right to half a percent)."""
    flat = shapely.transform(shape, lambda p: np.stack([np.radians(p[:, 0]), np.sin(np.radians(p[:, 1]))], axis=1))
    return float(shapely.area(flat)) * 6_371_007.0**2


def _areas(d: pl.DataFrame, look: Ints, lon: Floats, lat: Floats) -> Floats:
    """Area of each detection's look; of a look without footprint, of a box around its detections."""
    out = np.empty(len(d))
    _, first = np.unique(look, return_index=True)
    prints = d["footprint_look"]
    for n, k in enumerate(first):
        mine = look == n
        shape = _shape(prints[int(k)])
        if shape is None or shapely.is_empty(shape):
            x = lon[mine] - lon[k]
            x = (x + 180.0) % 360.0 - 180.0
            shape = shapely.box(
                x.min() - _PAD_DEG, lat[mine].min() - _PAD_DEG, x.max() + _PAD_DEG, lat[mine].max() + _PAD_DEG
            )
        out[mine] = max(_area_m2(shape), 1e6)
    return out


def standing(looks: Looks, border_m: float) -> pl.Series:
    """Where each detection stands in its look: ``inside``, or why nothing can be said: ``no_look``, ``no_footprint``,
    ``outside_look``, ``border`` (of a SAR scene, within ``border_m`` metres).
    """
    d = looks.frame
    out = np.full(len(d), "no_look", dtype=object)
    known = d["_known"].to_numpy()
    sar = (d["sensor"].cast(pl.String) == "sar").to_numpy()
    prints = d["footprint_look"]
    bearings = np.arange(0.0, 360.0, 22.5)
    for n in np.unique(looks.look[known]):
        at = np.flatnonzero(looks.look == n)
        shape = _shape(prints[int(at[0])])
        if shape is None:
            out[at] = "no_footprint"
            continue
        shapely.prepare(shape)
        held = shapely.intersects_xy(shape, looks.lon[at], looks.lat[at])
        out[at] = np.where(held, "inside", "outside_look")
        near = at[held & sar[at]]
        if near.size:
            x, y = destination(looks.lon[near][:, None], looks.lat[near][:, None], bearings, border_m)
            whole = shapely.intersects_xy(shape, x.ravel(), y.ravel()).reshape(x.shape).all(axis=1)
            out[near[~whole]] = "border"
    return pl.Series("standing", out.tolist(), dtype=pl.String)


def marks_of(looks: Looks) -> tuple[pl.Series, pl.Series]:
    """Marks of the detections and of their looks, null where there is none."""
    return texts(looks.frame, "mark"), texts(looks.frame, "mark_look")
