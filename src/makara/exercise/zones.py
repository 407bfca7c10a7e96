"""The zones of the simulated sea: waters of states, closures, ports, anchorages, lanes, cables.

All outlines are invented or roughly indicative, drawn for training; none is a claim about any boundary. Polygons are
drawn with longitudes running past 180 and cut there when written (RFC 7946).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.affinity import translate
from shapely.geometry import LineString, Point, Polygon, box, mapping
from shapely.geometry.base import BaseGeometry

from makara.exercise.places import NODES, PORTS
from makara.exercise.routes import FloatArray, degrees_per_m

CLOSED: Final = "closed-similan"
CLOSED_FIJI: Final = "closed-koro-line"
RESERVE: Final = "mpa-mergui"
CABLE: Final = "cable-penang-chennai"
CABLE_WEST: Final = "cable-blair-phuket"
LAWFUL: Final = ("eez", "closed", "mpa", "risk")
"""Kinds of zones whose entries are noted in the truth."""
PORT_M: Final = 3000.0
ANCHORAGE_M: Final = 4000.0
_LANE_M: Final = 5000.0


@dataclass(frozen=True, slots=True)
class Zone:
    """A zone; the geometry's longitudes may run past 180."""

    zone: str
    name: str
    kind: str
    authority: str | None
    geometry: BaseGeometry

    def holds(self, lon: FloatArray, lat: FloatArray) -> NDArray[np.bool_]:
        """Which points (longitude running past 180) it holds."""
        inside: NDArray[np.bool_] = shapely.contains_xy(self.geometry, lon, lat)
        return inside


def _disc(lon: float, lat: float, radius_m: float) -> Polygon:
    a = np.linspace(0.0, 2.0 * np.pi, 25)[:-1]
    per_lon, per_lat = degrees_per_m(lat)
    return Polygon(np.column_stack([lon + radius_m * np.cos(a) * per_lon, lat + radius_m * np.sin(a) * per_lat]))


_EEZ: Final = (
    ("ind", "India", ((84, 5.6), (88.5, 5.95), (93.8, 6.35), (95.0, 7.2), (95.2, 9.6), (94.9, 11.5), (94.6, 14.0),
                      (92.2, 14.6), (84, 14.6))),
    ("mmr", "Myanmar", ((92.2, 14.6), (94.6, 14.0), (94.9, 11.5), (95.2, 9.6), (97.4, 9.6), (98.7, 10.0),
                        (98.9, 16.9), (92.2, 16.9))),
    ("tha", "Thailand", ((95.2, 9.6), (95.6, 8.0), (96.6, 7.0), (98.3, 6.35), (99.65, 6.46), (100.2, 6.7),
                         (99.5, 8.5), (98.7, 10.0), (97.4, 9.6))),
    ("idn", "Indonesia", ((88.5, 5.95), (93.8, 6.35), (95.0, 7.2), (95.6, 8.0), (96.6, 7.0), (98.3, 6.35),
                          (99.0, 5.4), (99.6, 4.6), (100.6, 3.1), (101.2, 2.55), (102.1, 1.85), (103.0, 1.3),
                          (103.4, 1.08), (103.65, 1.10), (103.95, 1.16), (104.5, 1.25), (105.5, 1.3), (105.5, -2),
                          (88.5, -2))),
    ("mys", "Malaysia", ((98.3, 6.35), (99.65, 6.46), (100.2, 6.7), (101.5, 6.2), (103.5, 1.6), (103.55, 1.2),
                         (103.4, 1.08), (103.0, 1.3), (102.1, 1.85), (101.2, 2.55), (100.6, 3.1), (99.6, 4.6),
                         (99.0, 5.4))),
    ("sgp", "Singapore", ((103.55, 1.2), (103.6, 1.45), (104.1, 1.42), (104.3, 1.3), (103.95, 1.16), (103.65, 1.10),
                          (103.4, 1.08))),
    ("fji", "Fiji", ((175.6, -15.2), (178.2, -13.2), (181.2, -14.6), (182.1, -17.0), (182.0, -20.2), (179.5, -22.6),
                     (175.4, -21.6), (174.2, -18.4))),
)  # fmt: skip
"""Waters of states: code, name, outline. Simple shapes for training."""


def _waters() -> list[Zone]:
    return [Zone(f"eez-{k}", f"{name} EEZ (indicative)", "eez", k.upper(), Polygon(ring)) for k, name, ring in _EEZ]


def _line(zone: str, name: str, *points: tuple[float, float]) -> Zone:
    return Zone(zone, name, "cable", None, LineString(points))


def all_zones() -> tuple[Zone, ...]:
    """Every zone, in a fixed order."""
    out = _waters()
    out += [
        Zone(CLOSED, "Similan seasonal closure", "closed", "THA", box(97.35, 8.3, 97.98, 9.0)),
        Zone("closed-perak", "Perak nursery closure", "closed", "MYS", box(99.72, 4.35, 99.95, 4.75)),
        Zone(CLOSED_FIJI, "Koro line closure", "closed", "FJI", box(179.80, -18.25, 180.25, -17.7)),
        Zone(RESERVE, "Mergui bank reserve", "mpa", "MMR", box(96.9, 12.0, 97.4, 12.5)),
        Zone("mpa-lau", "Lau reserve", "mpa", "FJI", box(181.2, -19.0, 181.8, -18.3)),
        Zone("risk-strait", "Listed area, southern strait", "risk", "IFC",
             Polygon([(103.3, 1.02), (103.3, 1.3), (103.9, 1.35), (104.6, 1.45), (104.6, 1.2), (103.9, 1.1)])),
        Zone("risk-ten-degree", "Listed area, Ten Degree Channel", "risk", "IFC", box(93.05, 8.2, 94.6, 9.85)),
        _line(CABLE, "Penang Chennai cable", (100.2, 5.68), (99.75, 5.92), (99.28, 6.0), (98.4, 6.2), (96.5, 6.8),
              (95.0, 7.6), (90.0, 8.2)),
        _line(CABLE_WEST, "Port Blair Phuket cable", (92.95, 11.6), (94.5, 10.9), (96.6, 8.9), (97.6, 7.9),
              (98.2, 7.72)),
        _line("cable-suva-tonga", "Suva Tonga cable", (178.45, -18.25), (179.4, -18.8), (180.6, -19.3), (182.4, -19.9)),
    ]  # fmt: skip
    lanes = (
        ("six-degree", "Six Degree Channel lane", ("west", "six", "rondo", "diamond")),
        ("malacca", "Malacca Strait lane", ("north_strait", "mid_strait", "aruah", "cape_rachado", "strait_south")),
    )
    for key, name, stops in lanes:
        line = LineString([NODES[s] for s in stops])
        out.append(Zone(f"lane-{key}", name, "lane", None, line.buffer(_LANE_M / 111_000.0, quad_segs=2)))
    for p in PORTS.values():
        title = {"klang": "Port Klang", "portblair": "Port Blair"}.get(p.name, p.name.capitalize())
        out.append(Zone(f"port-{p.name}", f"{title} harbour", "port", p.country, _disc(p.lon, p.lat, PORT_M)))
        disc = _disc(p.anchor_lon, p.anchor_lat, ANCHORAGE_M)
        out.append(Zone(f"anch-{p.name}", f"{title} roads", "anchorage", p.country, disc))
        out.append(Zone(f"berth-{p.name}", f"{title} berths", "anchorage", p.country, Point(p.lon, p.lat)))
    return tuple(out)


def cut(geometry: BaseGeometry) -> BaseGeometry:
    """A geometry whose longitudes run past 180, cut there into parts within [-180, 180]."""
    west, east = geometry.bounds[0], geometry.bounds[2]
    if east <= 180.0:
        return geometry
    if west >= 180.0:
        return translate(geometry, -360.0)
    halves = [geometry.intersection(box(-360.0, -90.0, 180.0, 90.0)),
              translate(geometry.intersection(box(180.0, -90.0, 540.0, 90.0)), -360.0)]  # fmt: skip
    return shapely.union_all(halves) if geometry.geom_type == "Point" else _gather(halves)


def _gather(halves: list[BaseGeometry]) -> BaseGeometry:
    parts = [p for h in halves for p in getattr(h, "geoms", [h])]
    return shapely.multilinestrings(parts) if parts[0].geom_type == "LineString" else shapely.multipolygons(parts)


def feature(geometry: BaseGeometry, properties: dict[str, Any]) -> dict[str, Any]:
    """A GeoJSON feature, cut at 180 degrees, coordinates to 1e-6 degrees."""
    shape = mapping(shapely.transform(cut(geometry), lambda xy: np.round(xy, 6)))
    return {"type": "Feature", "geometry": shape, "properties": properties}


def collection_json(features: list[dict[str, Any]]) -> bytes:
    """A GeoJSON feature collection."""
    return json.dumps({"type": "FeatureCollection", "features": features}, separators=(",", ":")).encode()


def zones_geojson(zones: tuple[Zone, ...]) -> bytes:
    """``zones.geojson``."""
    return collection_json([
        feature(z.geometry, {"zone": z.zone, "name": z.name, "kind": z.kind, "authority": z.authority}) for z in zones
    ])  # fmt: skip
