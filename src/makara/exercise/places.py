"""The places of the simulated sea: waypoints, ports, anchorages, fishing grounds and receiving stations.

Positions are degrees, longitude first; those near Fiji run past 180 (180.5 is 179.5 W), so that no track jumps. All are
indicative: chosen on charts' general knowledge, not surveyed. Stations and their ranges are invented.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Port:
    """A port: berths around a point, and the anchorage before it.

    Attributes:
        name: as shown.
        country: three letters, as authority of its zones.
        lon, lat: middle of the berths, degrees.
        anchor_lon, anchor_lat: middle of the anchorage, degrees.
        size: share of calls, relative.
    """

    name: str
    country: str
    lon: float
    lat: float
    anchor_lon: float
    anchor_lat: float
    size: float


@dataclass(frozen=True, slots=True)
class Station:
    """A terrestrial AIS station.

    Attributes:
        name: as in the tag block.
        lon, lat: antenna, degrees.
        range_m: distance at which one message in two is lost, metres.
        mmsi: of its base station reports (ITU-R M.585: 00MIDxxxx).
    """

    name: str
    lon: float
    lat: float
    range_m: float
    mmsi: int


@dataclass(frozen=True, slots=True)
class Ground:
    """A fishing ground: a circle of open sea.

    Attributes:
        name: for the reader.
        port: home port of those who fish there.
        lon, lat, radius_m: the circle.
    """

    name: str
    port: str
    lon: float
    lat: float
    radius_m: float


PORTS: Final[dict[str, Port]] = {
    p.name: p
    for p in (
        Port("singapore", "SGP", 103.70, 1.20, 103.62, 1.17, 5.0),
        Port("klang", "MYS", 101.215, 3.0, 101.13, 2.96, 4.0),
        Port("malacca", "MYS", 102.2, 2.12, 102.16, 2.07, 0.7),
        Port("dumai", "IDN", 101.42, 2.12, 101.50, 2.20, 1.0),
        Port("lumut", "MYS", 100.5, 4.15, 100.44, 4.10, 0.6),
        Port("penang", "MYS", 100.30, 5.55, 100.20, 5.60, 2.0),
        Port("belawan", "IDN", 98.75, 3.93, 98.80, 4.02, 2.0),
        Port("langkawi", "MYS", 99.71, 6.207, 99.68, 6.12, 0.6),
        Port("lhokseumawe", "IDN", 97.15, 5.25, 97.20, 5.31, 0.7),
        Port("sabang", "IDN", 95.32, 5.93, 95.40, 5.96, 0.4),
        Port("phuket", "THA", 98.43, 7.80, 98.45, 7.72, 1.2),
        Port("kantang", "THA", 99.10, 7.20, 99.02, 7.16, 0.4),
        Port("ranong", "THA", 98.43, 9.86, 98.38, 9.82, 0.5),
        Port("myeik", "MMR", 98.10, 12.55, 98.02, 12.53, 0.6),
        Port("dawei", "MMR", 97.95, 14.00, 97.87, 13.96, 0.3),
        Port("yangon", "MMR", 96.25, 16.20, 96.25, 16.05, 1.2),
        Port("portblair", "IND", 92.80, 11.68, 92.86, 11.66, 0.8),
        Port("campbell", "IND", 93.97, 7.05, 94.03, 7.03, 0.2),
        Port("suva", "FJI", 178.42, -18.18, 178.44, -18.22, 0.0),
        Port("savusavu", "FJI", 179.30, -16.85, 179.28, -16.89, 0.0),
        Port("levuka", "FJI", 178.87, -17.68, 178.90, -17.66, 0.0),
    )
}
"""Ports by name; those of Fiji have size 0, so that nobody sails there from the Andaman Sea."""

NODES: Final[dict[str, tuple[float, float]]] = {
    # the great lane from Dondra Head through the Six Degree Channel to One Fathom Bank and Singapore
    "dondra": (81.5, 5.60),
    "west": (87.0, 5.85),
    "six_west": (92.5, 6.10),
    "six": (94.2, 6.25),
    "rondo": (95.4, 6.25),
    "diamond": (97.4, 5.70),
    "north_strait": (98.7, 5.05),
    "mid_strait": (99.7, 4.10),
    "aruah": (100.45, 3.35),
    "fathom": (100.85, 2.92),
    "fathom_south": (101.10, 2.62),
    "cape_rachado": (101.70, 2.20),
    "strait_south": (102.35, 1.75),
    "undan": (102.80, 1.50),
    "piai": (103.35, 1.22),
    "sebarok": (103.62, 1.145),
    "singapore_strait": (103.75, 1.14),
    "batam": (103.86, 1.195),
    "singapore_east": (104.10, 1.26),
    "china_sea": (104.95, 1.80),
    "horsburgh": (104.50, 1.32),
    # the Andaman Sea
    "ten_west": (89.5, 10.0),
    "ten": (92.55, 10.05),
    "ten_east": (94.3, 10.0),
    "south_andaman": (95.6, 8.2),
    "mid_andaman": (95.6, 11.0),
    "mergui_west": (96.9, 11.5),
    "north_andaman": (95.8, 14.0),
    "yangon_roads": (96.25, 15.7),
    "preparis": (93.6, 14.6),
    "bengal": (90.5, 15.0),
    "blair_east": (93.2, 11.6),
    "nicobar_east": (94.3, 8.0),
    "phuket_west": (97.7, 7.6),
    "phuket_south": (98.35, 7.45),
    "similan_west": (97.3, 9.0),
    "ranong_sea": (97.75, 9.6),
    "ranong_mouth": (98.33, 9.75),
    "lanta": (98.85, 7.10),
    "butang": (98.95, 6.25),
    "langkawi_sea": (99.45, 6.0),
    "penang_sea": (99.9, 5.6),
    "perak": (100.1, 4.6),
    "lumut_sea": (100.35, 3.95),
    "belawan_sea": (98.95, 4.25),
    "lhok_sea": (97.3, 5.45),
    "sabang_sea": (95.5, 6.05),
    "klang_sea": (101.0, 2.92),
    "dumai_sea": (101.45, 2.28),
    "malacca_sea": (102.1, 2.0),
    "myeik_sea": (97.9, 12.4),
    "dawei_sea": (97.7, 13.9),
    "campbell_sea": (94.25, 7.05),
    # Fiji
    "suva_sea": (178.45, -18.35),
    "koro_south": (179.15, -18.35),
    "koro_sea": (179.15, -17.75),
    "koro_north": (178.98, -17.2),
    "savusavu_sea": (179.1, -17.0),
    "levuka_sea": (178.98, -17.65),
    "koro_east": (179.75, -17.55),
    "line": (180.0, -18.0),
    "lau_gate": (180.65, -18.0),
    "lau_south": (180.5, -18.9),
    "tonga_bound": (182.6, -19.6),
    "kadavu_east": (179.2, -19.3),
    "samoa_bound": (180.4, -16.2),
    "nanuku": (180.55, -16.8),
    "rabi_east": (180.35, -17.2),
}
"""Waypoints at sea by name; the routes between them follow from which see each other over clear water."""

GROUNDS: Final[tuple[Ground, ...]] = (
    Ground("phuket shelf", "phuket", 98.05, 7.15, 25_000.0),
    Ground("similan slope", "phuket", 97.35, 8.1, 25_000.0),
    Ground("surin", "ranong", 97.45, 10.1, 22_000.0),
    Ground("mergui slope", "myeik", 97.05, 12.3, 35_000.0),
    Ground("tavoy", "dawei", 97.0, 13.6, 30_000.0),
    Ground("martaban", "yangon", 95.9, 14.9, 35_000.0),
    Ground("langkawi north", "langkawi", 99.1, 6.35, 18_000.0),
    Ground("penang bank", "penang", 99.55, 5.35, 25_000.0),
    Ground("perak", "lumut", 99.95, 4.55, 20_000.0),
    Ground("belawan bank", "belawan", 98.75, 4.45, 18_000.0),
    Ground("aceh north", "lhokseumawe", 97.0, 5.75, 15_000.0),
    Ground("sabang deep", "sabang", 95.0, 6.7, 25_000.0),
    Ground("nicobar east", "portblair", 94.9, 9.0, 40_000.0),
    Ground("andaman east", "portblair", 93.9, 12.3, 35_000.0),
    Ground("andaman middle", "phuket", 96.1, 9.7, 45_000.0),
)
"""Fishing grounds of the Andaman Sea and the Malacca Strait."""

FIJI_GROUNDS: Final[tuple[Ground, ...]] = (
    Ground("kadavu passage", "suva", 179.2, -19.6, 30_000.0),
    Ground("koro", "suva", 179.85, -17.4, 14_000.0),
    Ground("lau east", "suva", 182.4, -18.6, 35_000.0),
)
"""Fishing grounds of Fiji."""

STATIONS: Final[tuple[Station, ...]] = (
    Station("SG-SIN", 103.75, 1.28, 52_000.0, 5630001),
    Station("MY-PIA", 103.51, 1.29, 45_000.0, 5330007),
    Station("MY-MLK", 102.25, 2.20, 50_000.0, 5330001),
    Station("MY-PKG", 101.35, 3.00, 58_000.0, 5330002),
    Station("MY-LUM", 100.57, 4.22, 55_000.0, 5330003),
    Station("MY-PEN", 100.26, 5.43, 62_000.0, 5330004),
    Station("MY-LGK", 99.72, 6.38, 68_000.0, 5330005),
    Station("ID-BLW", 98.69, 3.79, 50_000.0, 5250001),
    Station("ID-DUM", 101.45, 1.68, 50_000.0, 5250002),
    Station("ID-LHK", 97.10, 5.17, 48_000.0, 5250003),
    Station("ID-SAB", 95.32, 5.86, 62_000.0, 5250004),
    Station("TH-HKT", 98.30, 7.90, 68_000.0, 5670001),
    Station("TH-KLK", 98.28, 8.68, 70_000.0, 5670002),
    Station("TH-RNG", 98.58, 9.95, 55_000.0, 5670003),
    Station("IN-PBL", 92.75, 11.65, 60_000.0, 4190001),
    Station("IN-GNB", 93.93, 7.02, 58_000.0, 4190002),
    Station("IN-CNB", 92.80, 9.17, 65_000.0, 4190003),
    Station("MM-YGN", 96.28, 16.45, 50_000.0, 5060001),
    Station("FJ-SUV", 178.44, -18.12, 55_000.0, 5200001),
    Station("FJ-GAU", 179.30, -18.01, 88_000.0, 5200002),
    Station("FJ-TVU", 180.03, -16.83, 80_000.0, 5200003),
)
"""Receiving stations. The coast of Myanmar between Yangon and Ranong has none: a hole that makes innocent silence.
Those at 60 km and more stand on hills; the one on Gau, at 738 m, hears across 180 degrees."""
