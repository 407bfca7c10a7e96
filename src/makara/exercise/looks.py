"""Satellite looks at the sea: which were taken, where, and with what power.

Radar looks over the places of the incidents (over the same places in a quiet exercise) and two busy roadsteads, wide
open-licence radar over the strait, the Andaman Sea and Fiji, one over empty water, night lights and optical scenes at
the hours at which such satellites pass (half past one at night, half past ten in the morning, local time), and two for
radio emitters. Two coastal radars keep watch for some hours and sweep every six minutes, their plots told hour by hour;
a patrol aircraft stays over a place for an hour and a half and plots every five minutes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import numpy as np
from shapely.geometry import Polygon

from makara.base.time import from_us, text, to_us
from makara.base.units import S_US
from makara.exercise.incidents import Planted
from makara.exercise.incidents.cables import CABLE_AT
from makara.exercise.incidents.craft import HUNTED_FROM, MOTHER_AT, SECOND_FROM
from makara.exercise.incidents.fisheries import CLOSED_AT
from makara.exercise.incidents.meetings import FIJI, RENDEZVOUS, SKIFF
from makara.exercise.incidents.papers import LENGTH_AT
from makara.exercise.incidents.tankers import DARK_AT
from makara.exercise.routes import degrees_per_m
from makara.exercise.zones import collection_json, feature


@dataclass(frozen=True, slots=True)
class Look:
    """A look: times in seconds after the start; the footprint's longitudes may run past 180.

    ``length50_m`` is the length seen with probability one half; None for night lights and radio.
    """

    collection: str
    sensor: str
    platform: str
    mode: str
    t_start: float
    t_end: float
    footprint: Polygon
    length50_m: float | None
    licence: str
    sd_m: float
    heading_deg: float | None = None
    incidence_deg: float | None = None
    cloud_share: float | None = None
    planned: bool = False
    sweep_s: float | None = None

    def sweeps(self) -> tuple[float, ...]:
        """Times of its sweeps, seconds; one that looks once: none."""
        if self.sweep_s is None:
            return ()
        return tuple(float(t) for t in np.arange(self.t_start + 20.0, self.t_end, self.sweep_s))


def scene(lon: float, lat: float, along_m: float, across_m: float, heading_deg: float) -> Polygon:
    """A rectangle of a length and width (metres) around a place, its long side along a heading."""
    a = np.radians(heading_deg)
    u = np.array([1.0, 1.0, -1.0, -1.0]) * along_m / 2.0
    v = np.array([-1.0, 1.0, 1.0, -1.0]) * across_m / 2.0
    per_lon, per_lat = degrees_per_m(lat)
    east, north = u * np.sin(a) + v * np.cos(a), u * np.cos(a) - v * np.sin(a)
    return Polygon(np.column_stack([lon + east * per_lon, lat + north * per_lat]))


_FINE: Final = ("SAR-COM-1", "spotlight wide", 70_000.0, 50_000.0, 14.0, "commercial-a", 22.0)
_FINE_B: Final = ("SAR-COM-2", "stripmap", 90_000.0, 40_000.0, 16.0, "commercial-b", 25.0)
_WIDE: Final = ("SAR-OPEN-1", "wide swath", 240_000.0, 210_000.0, 27.0, "open", 40.0)


def _radar(number: int, what: tuple[str, str, float, float, float, str, float], at: tuple[float, float], t: float,
           heading_deg: float, planned: bool = False) -> Look:  # fmt: skip
    platform, mode, along, across, l50, licence, sd = what
    shape = scene(*at, along, across, heading_deg)
    length_s = along / 6900.0
    return Look(f"sar-{number:03d}", "sar", platform, mode, t, t + length_s, shape, l50, licence, sd, heading_deg, 34.0,
                None, planned)  # fmt: skip


def _nightly(start: datetime, span_s: float, hour_utc: float) -> list[float]:
    """Seconds after the start at which that hour of the day falls inside the exercise."""
    midnight = start.replace(hour=0, minute=0, second=0, microsecond=0)
    first = (midnight + timedelta(hours=hour_utc) - start).total_seconds()
    return [t for t in np.arange(first, span_s - 120.0, 86_400.0) if t > 0.0]


def all_looks(planted: list[Planted], start: datetime, span_s: float, rng: np.random.Generator) -> list[Look]:
    """Every look of an exercise, by time."""
    out: list[Look] = []

    def radar(what: tuple[str, str, float, float, float, str, float], at: tuple[float, float], t: float,
              planned: bool = False) -> None:  # fmt: skip
        heading = float(rng.choice([192.0, 348.0]))
        at = (at[0] + rng.uniform(-0.03, 0.03), at[1] + rng.uniform(-0.03, 0.03))
        out.append(_radar(len(out) + 1, what, at, min(t, span_s - 60.0), heading, planned))

    asked = {p.name: p.look for p in planted if p.look}
    usual = {"dark_rendezvous": (RENDEZVOUS, 0.5), "silent": (CLOSED_AT, 0.5), "fiji": (FIJI, 0.5),
             "dark_tanker": (DARK_AT, 0.47), "shrunk": (LENGTH_AT, 0.66)}  # fmt: skip
    for name, (place, share) in usual.items():
        x, y, t = asked.get(name) or (*place, share * span_s)
        radar(_FINE, (x, y), t, planned=True)
        if name in ("dark_rendezvous", "silent"):
            radar(_FINE_B, (x, y), t + 0.6 * 3600.0, planned=True)
    radar(_FINE_B, CABLE_AT, 0.55 * span_s)
    radar(_FINE_B, (100.15, 5.5), 0.3 * span_s)
    radar(_WIDE, (100.4, 3.6), 0.35 * span_s)
    radar(_WIDE, (97.2, 8.9), 0.8 * span_s)
    radar(_WIDE, (179.6, -18.2), 0.75 * span_s)
    radar(_FINE, (91.2, 8.9), 0.25 * span_s)
    box_andaman = Polygon([(93.5, 6.0), (99.0, 6.0), (98.2, 14.5), (93.0, 14.5)])
    box_fiji = Polygon([(177.0, -20.5), (183.0, -20.5), (183.0, -16.0), (177.0, -16.0)])
    for shape, hour in ((box_andaman, 18.55), (box_fiji, 13.6)):
        for t in _nightly(start, span_s, hour):
            n = len(out) + 1
            out.append(Look(f"viirs-{n:03d}", "viirs", "VIIRS-A", "DNB", t, t + 90.0, shape, None, "open", 300.0,
                            cloud_share=0.15))  # fmt: skip
    for at, hour in ((CLOSED_AT, 3.6), ((100.0, 5.3), 3.62), (FIJI, 22.3)):
        for t in _nightly(start, span_s, hour):
            n = len(out) + 1
            out.append(Look(f"optical-{n:03d}", "optical", "OPT-COM-1", "multispectral", t, t + 8.0,
                            scene(*at, 60_000.0, 45_000.0, 190.0), 9.0, "commercial-b", 12.0, 190.0,
                            cloud_share=0.25))  # fmt: skip
    for t, shape in ((0.47, Polygon([(94.6, 8.0), (98.3, 8.0), (97.6, 12.0), (94.4, 12.0)])), (0.6, box_fiji)):
        n = len(out) + 1
        out.append(Look(f"rf-{n:03d}", "rf", "RF-CLUSTER-1", "X-band", t * span_s, t * span_s + 240.0, shape, None,
                        "commercial-a", 1500.0))  # fmt: skip
    out += _watches(span_s)
    return sorted((k for k in out if k.t_start < span_s), key=lambda k: (k.t_start, k.collection))


_COASTAL: Final = (("RDR-CNB", (92.90, 9.20), 55_000.0, HUNTED_FROM - 0.05, 0.70),
                   ("RDR-HKT", (98.27, 7.92), 50_000.0, 0.40, 0.64))  # fmt: skip
"""Coastal radars: name, antenna, range in metres, from and to as shares of the exercise."""
_FLIGHT_S: Final = 1.5 * 3600.0
_FLIGHTS: Final = ((MOTHER_AT, SECOND_FROM), (SKIFF, 0.30))
"""Patrol flights: where, and when as a share of the exercise."""
_WATCH_MOST_S: Final = 9.0 * 3600.0


def _watches(span_s: float) -> list[Look]:
    """Coastal radars hour by hour, and patrol flights."""
    out: list[Look] = []
    for number, (name, at, range_m, first, last) in enumerate(_COASTAL):
        t, end = first * span_s, min(last * span_s, first * span_s + _WATCH_MOST_S)
        a = np.linspace(0.0, 2.0 * np.pi, 49)[:-1]
        per_lon, per_lat = degrees_per_m(at[1])
        disc = Polygon(np.column_stack([at[0] + range_m * np.sin(a) * per_lon, at[1] + range_m * np.cos(a) * per_lat]))
        while t < end - 600.0:
            until = min(t + 3600.0, end)
            code = f"radar-{number + 1}{len(out) + 1:02d}"
            out.append(Look(code, "radar", name, "coastal", t, until, disc, 6.0, "own", 60.0, sweep_s=360.0))
            t = until
    for number, (at, share) in enumerate(_FLIGHTS):
        t = max(0.0, share * span_s - 0.2 * _FLIGHT_S)
        shape = scene(*at, 90_000.0, 90_000.0, 0.0)
        out.append(Look(f"patrol-{number + 1:03d}", "patrol", "MPA-1", "surface search radar", t,
                        min(t + _FLIGHT_S, span_s), shape, 7.0, "own", 60.0, sweep_s=300.0))  # fmt: skip
    return out


def instant(start: datetime, t: float) -> str:
    """ISO text of a time in seconds after the start, to the millisecond."""
    return text(from_us(to_us(start) + round(t * 1000.0) * S_US // 1000))


def collections_geojson(looks: list[Look], start: datetime) -> bytes:
    """``collections.geojson``."""
    features = []
    for k in looks:
        about: dict[str, Any] = {
            "collection": k.collection, "sensor": k.sensor, "platform": k.platform, "mode": k.mode,
            "t_start": instant(start, k.t_start), "t_end": instant(start, k.t_end), "length50_m": k.length50_m,
            "licence": k.licence,
        }  # fmt: skip
        if k.sensor == "sar":
            about |= {"heading_deg": k.heading_deg, "look": "right", "incidence_deg": k.incidence_deg}
        if k.cloud_share is not None:
            about["cloud_share"] = k.cloud_share
        features.append(feature(k.footprint, about))
    return collection_json(features)
