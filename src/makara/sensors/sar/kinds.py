"""What a cluster is: a vessel, how surely, or a part of land, a border, an azimuth ambiguity, a structure.

The probability is a logistic function of features that each have a meaning; weights are fitted by
``python -m bench.accuracy.radar`` and can only point the way that the meaning says:

- the radar cross-section: what is bright enough to be more than a crest or a buoy;
- faint for its size: a ship has some 0.08 L^(7/3) square metres (Skolnik 2008); smears and ghosts have less;
- goes on as a line, on both sides or one: breakwaters, jetties, quays;
- bright surroundings, bright area: at or on land that the coastline of the map does not have;
- broad: islands.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl

from makara.base import geo
from makara.base.structures import zoned
from makara.sensors.sar.around import Around
from makara.sensors.sar.hull import Hull
from makara.sensors.sar.patches import Floats

FEATURES: Final = ("section_db", "faint_db", "line_db", "side_db", "bright_share", "area_ha", "broad_m", "cluster_ha")
WEIGHTS: Final = (0.363, -0.388, -0.148, -0.436, -35.4, -0.0802, -0.0707, -0.195)
OFFSET: Final = 1.02
"""Weights of FEATURES and the constant, as fitted."""
SURE: Final = 0.02
"""No picture alone makes surer than this: what the few scenes of the fit did not hold."""
SHORTEST_M: Final = 25.0
"""Nothing is held to be shorter when it is asked whether it is bright enough: crests and speckle are a pixel large."""
LONGEST_M: Final = 520.0
"""Longer is no vessel: the longest ever built had 458 m, and smear is taken off."""
BROADEST_M: Final = 160.0
"""Broader, smear included, is an island, a pier or a mole."""
BRIGHT_M2: Final = 1e4
"""Cross-section of a broad thing that is more than a patch of rough sea, square metres."""
SEA_MOST: Final = 0.25
"""Sigma nought (-6 dB) above which the surroundings are no sea that a vessel could be told from."""
LARGE_M2: Final = 3e5
"""A larger cluster is land, even with the side lobes of the brightest ship."""
LINE_DB: Final = 6.0
"""What goes on this bright, on both sides, is a part of a structure on land's edge."""
TOUCH_M: Final = 100.0
"""Nearer to the border of the data a faint cluster is the border's."""
SAME_M: Final = 75.0
"""What stands this near to where it was on another date has not moved."""
COMPACT_M: Final = 150.0
"""Platforms seldom look longer; what does must have been there on two other dates: ships lie at anchor for days."""
OTHER_DAY_H: Final = 20.0


def features(hull: Hull, near: Around, length_m: float, cluster_m2: float) -> Floats:
    """The features of one cluster, in the order of FEATURES, clipped to where they say something.

    Args:
        hull, near: what was measured.
        length_m: as estimated.
        cluster_m2: area of all its pixels in the detector.
    """
    section = 10.0 * np.log10(max(hull.energy_m2, 1.0))
    expected = 10.0 * np.log10(0.08 * max(length_m, SHORTEST_M) ** (7.0 / 3.0))
    return np.array(
        [
            np.clip(section, 15.0, 40.0) - 30.0,
            np.clip(expected - section, 0.0, 15.0),
            np.clip(near.line_db - 3.0, 0.0, 6.0),
            np.clip(near.side_db - 4.0, 0.0, 6.0),
            np.clip(near.bright_share, 0.0, 0.1),
            np.clip(near.area_m2 / 1e4 - 3.0, 0.0, 3.0),
            np.clip(hull.across_m - 110.0, 0.0, 100.0),
            np.clip(cluster_m2 / 1e4 - 20.0, 0.0, 20.0),
        ]
    )


def p_vessel(rows: Floats) -> Floats:
    """Probability of a vessel for rows of features."""
    z = OFFSET + rows @ np.array(WEIGHTS)
    return np.asarray(SURE + (1.0 - 2.0 * SURE) / (1.0 + np.exp(-z)), np.float64)


def structure_of(hull: Hull, near: Around, length_m: float, cluster_m2: float, clutter: float, p: float) -> str | None:
    """``land`` or ``border`` where the picture itself shows it."""
    if clutter > SEA_MOST:
        return "land"
    broad = hull.across_m > BROADEST_M and hull.energy_m2 > BRIGHT_M2
    if length_m > LONGEST_M or broad or cluster_m2 > LARGE_M2 or (near.line_db >= LINE_DB and p < 0.5):
        return "land"
    if near.border_m <= TOUCH_M and p < 0.5:
        return "border"
    return None


@dataclass(frozen=True)
class Known:
    """What stands in the area of a scene.

    Attributes:
        zones: table zones (``geometry``, ``kind``); see :func:`makara.base.structures.zoned` for those that count.
        earlier: table detections of other dates (``lon_deg, lat_deg, t_seen``, null: unknown; ``length_m``).
    """

    zones: pl.DataFrame | None = None
    earlier: pl.DataFrame | None = None


def standing(frame: pl.DataFrame, known: Known) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Which detections are fixed structures, by zones or by earlier dates.

    Args:
        frame: ``lon_deg, lat_deg, length_m, t_seen`` (null: another time than all of ``earlier``).
        known: zones and earlier detections.
    """
    out = np.zeros(frame.height, bool)
    lon, lat = frame["lon_deg"].to_numpy(), frame["lat_deg"].to_numpy()
    if known.zones is not None and frame.height:
        out[_in_zones(frame, known.zones)] = True
    if known.earlier is not None and known.earlier.height and frame.height:
        out |= _seen_before(frame, known.earlier, lon, lat)
    return out


def _in_zones(frame: pl.DataFrame, zones: pl.DataFrame) -> Any:
    seen = frame.select(
        "lon_deg", "lat_deg", "t_seen", detection=pl.int_range(pl.len()).cast(pl.String), sensor=pl.lit("sar")
    )
    named = zones if "zone" in zones.columns else zones.with_columns(zone=pl.lit(""))
    return zoned(seen, named)["detection"].cast(pl.Int64).to_numpy()


def _seen_before(frame: pl.DataFrame, earlier: pl.DataFrame, lon: Any, lat: Any) -> Any:
    """Where something of like size stood before: compact things on one other date, longer ones on two."""
    at_lat = earlier["lat_deg"].to_numpy()
    order = np.argsort(at_lat, kind="stable")
    at_lon, at_lat = earlier["lon_deg"].to_numpy()[order], at_lat[order]
    was = _sizes(earlier)[order]
    size = _sizes(frame)
    times = earlier["t_seen"].dt.epoch("us").to_numpy()[order] / 3.6e9
    now = frame["t_seen"].dt.epoch("us").to_numpy() / 3.6e9 if frame["t_seen"].null_count() == 0 else None
    reach = SAME_M / 110_000.0
    out = np.zeros(len(lon), bool)
    for i, (x, y) in enumerate(zip(lon, lat, strict=True)):
        a, b = np.searchsorted(at_lat, [y - reach, y + reach])
        if a == b:
            continue
        same = geo.distance_m(x, y, at_lon[a:b], at_lat[a:b]) <= SAME_M
        ratio = size[i] / was[a:b]
        same &= ~((ratio > 2.0) | (ratio < 0.5))
        if now is not None:
            # What bears no time is of another date, as the caller says.
            same &= ~(np.abs(times[a:b] - now[i]) < OTHER_DAY_H)
        seen = np.sort(times[a:b][same])
        dates = int(seen.size > 0) + int((np.diff(seen) >= OTHER_DAY_H).sum())
        out[i] = dates >= (1 if not size[i] > COMPACT_M else 2)
    return out


def _sizes(frame: pl.DataFrame) -> Any:
    """Lengths, metres, at least 50 (below that radar tells no sizes apart); NaN: unknown."""
    if "length_m" not in frame.columns:
        return np.full(frame.height, np.nan)
    return np.maximum(frame["length_m"].cast(pl.Float64).to_numpy(), 50.0)


__all__ = ["FEATURES", "OFFSET", "WEIGHTS", "Known", "features", "p_vessel", "standing", "structure_of"]
