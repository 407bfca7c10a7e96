"""What looks found: detections with errors, misses by length, false alarms, and calibrated scores.

A radar sees a hull with a probability logistic in the logarithm of its length over ``length50_m``, and shifts a mover
along its own track by slant range x radial speed / platform speed, forward when the vessel approaches. The ellipse
holds 95 % of the sensor's error without that shift. Scores are P(it is a vessel): a hidden quality, normal around +1.6
for vessels and -1.6 for false alarms, turned into a posterior with the share of vessels among that sensor's detections.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray

from makara.base import geo
from makara.base.units import KN_M_S
from makara.exercise.fleet import Fleet, IntArray
from makara.exercise.looks import Look, instant
from makara.exercise.routes import FloatArray, Sea, degrees_per_m

SLANT_M: Final = 720_000.0
PLATFORM_M_S: Final = 7_500.0
BORDER_M: Final = 500.0
"""Detections nearer than this to the border of a scene are half seen."""
SEMI_95: Final = 2.448
"""Semi-axis of the 95 % ellipse in standard deviations (chi-square, two degrees of freedom)."""
_QUALITY: Final = 1.6
_STEEP: Final = 4.5
_FALSE_PER_M2: Final = {"sar": 1.5e-10, "optical": 2e-10, "viirs": 5e-12, "rf": 1e-11, "radar": 2e-11, "patrol": 2e-11}
_HEADER: Final = ("detection,collection,sensor,t_seen,lon,lat,length_m,width_m,axis_deg,semi_major_m,semi_minor_m,"
                  "orientation_deg,score,emitter\n")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Detection:
    """A detection and, for the truth, whose it is (number of a vessel; None: a false alarm).

    ``pixels``: a vessel in a rendered scene, for a detector to find; it is in the truth, not among the detections told.
    """

    look: Look
    vessel: int | None
    t: float
    lon: float
    lat: float
    length_m: float | None
    width_m: float | None
    axis_deg: float | None
    semi_major_m: float
    semi_minor_m: float
    orientation_deg: float
    quality: float
    border: bool
    pixels: bool = False


def azimuth_shift_m(look: Look, sog_kn: FloatArray, cog_deg: FloatArray) -> FloatArray:
    """How far a radar shows movers ahead along its heading, metres (negative: behind); 0 for other sensors."""
    if look.heading_deg is None or look.incidence_deg is None:
        return np.zeros_like(sog_kn)
    away = np.cos(np.radians(cog_deg - (look.heading_deg + 90.0))) * np.sin(np.radians(look.incidence_deg))
    shift: FloatArray = -SLANT_M / PLATFORM_M_S * sog_kn * KN_M_S * away
    return shift


def _chance(look: Look, fleet: Fleet) -> FloatArray:
    """Probability with which a look sees each vessel if it is inside."""
    length = np.array([v.length_m for v in fleet.vessels])
    if look.sensor == "viirs":
        return np.where([v.lit for v in fleet.vessels], 0.9, 0.03) * (1.0 - (look.cloud_share or 0.0))
    if look.sensor == "rf":
        return np.where(length > 60.0, 0.75, np.where(length > 20.0, 0.5, 0.02))
    seen = 0.98 / (1.0 + (length / (look.length50_m or 1.0)) ** -_STEEP)
    clear = 1.0 - (look.cloud_share or 0.0)
    return np.asarray(seen * clear, np.float64)


def _border(look: Look, lon: FloatArray, lat: FloatArray) -> NDArray[np.bool_]:
    edge = look.footprint.exterior
    near: NDArray[np.bool_] = shapely.distance(shapely.points(lon, lat), edge) < BORDER_M / 111_000.0
    return near


def _of_vessels(rng: np.random.Generator, look: Look, fleet: Fleet, sought: NDArray[np.bool_]) -> list[Detection]:
    n = len(fleet.vessels)
    if look.sweep_s is not None:
        return [d for t in look.sweeps() for d in _at(rng, look, fleet, sought, np.full(n, t))]
    t = rng.uniform(look.t_start, look.t_end, n) if look.sensor != "optical" else np.full(n, look.t_start)
    return _at(rng, look, fleet, sought, t)


def _at(
    rng: np.random.Generator, look: Look, fleet: Fleet, sought: NDArray[np.bool_], t: FloatArray
) -> list[Detection]:
    """Who was found when the look passed each vessel at a time."""
    n = len(fleet.vessels)
    t = np.minimum(t, fleet.span_s - 1.0)
    lon, lat = fleet.at(np.arange(n), t)
    k = (t / 10.0).astype(np.int64)
    sog, cog, heading = (a[np.arange(n), k] for a in (fleet.sog_kn, fleet.cog_deg, fleet.heading_deg))
    shift = azimuth_shift_m(look, sog, cog)
    turn = np.radians(look.heading_deg or 0.0)
    ratio = rng.uniform(0.25, 0.8, n) if look.sensor == "rf" else np.full(n, 0.8)
    scale = rng.uniform(0.7, 2.2, n) if look.sensor == "rf" else np.ones(n)
    tilt = rng.uniform(0.0, 180.0, n) if look.sensor == "rf" else np.full(n, (look.heading_deg or 0.0) % 180.0)
    major, minor = look.sd_m * scale * rng.normal(size=n), look.sd_m * scale * ratio * rng.normal(size=n)
    a = np.radians(tilt)
    east = shift * np.sin(turn) + major * np.sin(a) + minor * np.cos(a)
    north = shift * np.cos(turn) + major * np.cos(a) - minor * np.sin(a)
    per_lon, per_lat = degrees_per_m(lat)
    lon, lat = lon + east * per_lon, lat + north * per_lat
    inside = shapely.contains_xy(look.footprint, lon, lat)
    border = _border(look, lon, lat)
    found = inside & ((rng.random(n) < _chance(look, fleet) * np.where(border, 0.5, 1.0)) | (sought & look.planned))
    quality = rng.normal(_QUALITY, 1.0, n)
    quality = np.where(sought & look.planned, np.maximum(quality, 1.0), quality)
    grow, lean = rng.normal(1.0, 0.1, n), rng.normal(0.0, 5.0, n)
    out = []
    for i in np.flatnonzero(found):
        v = fleet.vessels[int(i)]
        sized = look.sensor in ("sar", "optical") or (look.sensor == "patrol" and grow[i] > 0.95)
        length = float(max(4.0, v.length_m * grow[i] * (0.6 if border[i] else 1.0))) if sized else None
        axis = float((heading[i] + lean[i]) % 180.0) if sized and v.length_m > 25.0 else None
        semi = SEMI_95 * look.sd_m * float(scale[i])
        out.append(Detection(look, int(i), float(t[i]), float(lon[i]), float(lat[i]), length,
                             float(max(2.0, v.width_m * grow[i])) if sized else None, axis, semi,
                             semi * float(ratio[i]), float(tilt[i]), float(quality[i]), bool(border[i])))  # fmt: skip
    return out


def _false_alarms(rng: np.random.Generator, look: Look, sea: Sea) -> list[Detection]:
    """Waves, wakes, ambiguities: anywhere in the scene, and more along its border."""
    west, south, east, north = look.footprint.bounds
    area = look.footprint.area * 111_000.0**2 * np.cos(np.radians(look.footprint.centroid.y))
    out = []
    for _ in range(int(rng.poisson(area * _FALSE_PER_M2[look.sensor] + (0.8 if look.sensor == "sar" else 0.0)))):
        for _ in range(50):
            x, y = rng.uniform(west, east), rng.uniform(south, north)
            if look.footprint.contains(shapely.Point(x, y)) and not sea.dry(np.array([x]), np.array([y]))[0]:
                break
        else:
            continue
        sized = look.sensor in ("sar", "optical")
        length = float(rng.gamma(3.0, 6.0) + 5.0) if sized else None
        semi = SEMI_95 * look.sd_m
        place = bool(_border(look, np.array([x]), np.array([y]))[0])
        out.append(Detection(look, None, float(rng.uniform(look.t_start, look.t_end)), float(x), float(y), length,
                             length * 0.4 if length else None, None, semi, 0.8 * semi,
                             (look.heading_deg or 0.0) % 180.0, float(rng.normal(-_QUALITY, 1.0)), place))  # fmt: skip
    return out


def detect(rng: np.random.Generator, looks: list[Look], fleet: Fleet, sea: Sea, sought: IntArray) -> list[Detection]:
    """Everything the looks found, in the order of ids (time). ``sought``: vessels planned looks do not miss."""
    wanted = np.zeros(len(fleet.vessels), bool)
    wanted[sought] = True
    out: list[Detection] = []
    for look in looks:
        out += _of_vessels(rng, look, fleet, wanted)
        out += _false_alarms(rng, look, sea)
    return sorted(out, key=lambda d: (d.look.t_start, d.look.collection, d.t, d.lon))


def scores(found: list[Detection]) -> FloatArray:
    """P(it is a vessel) of each detection, calibrated sensor by sensor."""
    out = np.zeros(len(found))
    for sensor in {d.look.sensor for d in found}:
        rows = [i for i, d in enumerate(found) if d.look.sensor == sensor]
        told = [found[i] for i in rows if not found[i].pixels]
        real = sum(d.vessel is not None for d in told)
        prior = np.log((real + 0.5) / (len(told) - real + 0.5))
        quality = np.array([found[i].quality for i in rows])
        out[rows] = 1.0 / (1.0 + np.exp(-(2.0 * _QUALITY * quality + prior)))
    return out


def name(number: int) -> str:
    """The id of the detection of that number."""
    return f"d{number + 1:05d}"


def detections_csv(found: list[Detection], start: datetime) -> bytes:
    """``detections.csv``."""

    def cell(value: float | None, digits: int = 1) -> str:
        return "" if value is None else f"{value:.{digits}f}"

    rows = [_HEADER]
    for i, (d, score) in enumerate(zip(found, scores(found), strict=True)):
        if d.pixels:
            continue
        lon = float(geo.wrap_lon(round(d.lon, 6)))
        rows.append(
            f"{name(i)},{d.look.collection},{d.look.sensor},{instant(start, d.t)},{lon:.6f},{d.lat:.6f},"
            f"{cell(d.length_m)},{cell(d.width_m)},{cell(d.axis_deg)},{d.semi_major_m:.0f},{d.semi_minor_m:.0f},"
            f"{d.orientation_deg:.1f},{score:.3f},{'x_band_radar' if d.look.sensor == 'rf' else ''}\n"
        )
    return "".join(rows).encode()
