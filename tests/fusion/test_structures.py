"""What stands at one place is no vessel; ships at anchor, ships that AIS explains and berths in turn are none such."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest
import shapely

from makara.base import geo
from makara.behaviours._cases import sea
from makara.fusion import structures
from makara.fusion.structures import SIGHTED
from makara.tables import REASONS

T0 = datetime(2026, 3, 1, 6, tzinfo=UTC)
US = pl.Datetime("us", "UTC")


class Coast:
    """Looks at a place on some days, and what was found in them."""

    def __init__(self, lon: float = 130.0, lat: float = -10.0) -> None:
        self.lon, self.lat = lon, lat
        self.found: list[dict] = []
        self.looks: list[dict] = []
        self.zones = sea.square("zo-none", "closed", (0.0, 0.0)).clear()

    def look(self, day: float, *, sensor: str = "sar", half_deg: float = 0.5, footprint: bool = True, **more) -> Coast:
        east = shapely.box(self.lon - half_deg, self.lat - half_deg, self.lon + half_deg, self.lat + half_deg)
        cut = [shapely.intersection(east, shapely.box(w, -90, w + 360, 90)) for w in (-180, -540, 180)]
        parts = [
            shapely.transform(c, lambda p, s=s: p + np.array([s, 0])) for c, s in zip(cut, (0, 360, -360), strict=True)
        ]
        shape = shapely.to_wkb(shapely.MultiPolygon([p for p in parts if not p.is_empty])) if footprint else None
        t = T0 + timedelta(days=day)
        row = {"collection": f"co{sensor}{day}", "sensor": sensor, "t_start": t, "t_end": t, "footprint": shape,
               "cloud_share": None, "mark": f"look{day}"}  # fmt: skip
        self.looks.append(row | more)
        return self

    def detection(self, east_m: float = 0.0, north_m: float = 0.0, *, p_none: float = 0.97, **more) -> Coast:
        """Something found in the last look."""
        way = np.degrees(np.arctan2(east_m, north_m))
        lon, lat = geo.destination(self.lon, self.lat, way, np.hypot(east_m, north_m))
        look = self.looks[-1]
        row = {"detection": f"de{len(self.found):03}", "collection": look["collection"], "sensor": look["sensor"],
               "t_seen": look["t_start"] + timedelta(seconds=5), "lon_deg": float(lon), "lat_deg": float(lat),
               "length_m": 60.0, "structure": None, "mark": "image", "p_none": p_none}  # fmt: skip
        self.found.append(row | more)
        return self

    def platform(self, days: list[float], *, jitter_m: float = 15.0, seed: int = 1, **more) -> Coast:
        rng = np.random.default_rng(seed)
        for day in days:
            self.look(day, **more).detection(*rng.normal(0.0, jitter_m, 2))
        return self

    def judged(self, *, later: int | None = None) -> pl.DataFrame:
        """All of them, the last ``later`` matched now and the others before (None: all now)."""
        types = {"structure": pl.String, "t_seen": US, "length_m": pl.Float32}
        rows = pl.DataFrame(self.found, schema_overrides=types, infer_schema_length=None)
        matches = rows.select(
            "detection", "p_none", p_dark=pl.col("p_none") * 0.9, reasons=pl.lit([], REASONS), mark=pl.lit("match")
        )
        n = 0 if later is None else len(rows) - later
        found = matches[n:].with_columns(marks=pl.concat_list(pl.lit("own"))).drop("mark")
        looks = pl.DataFrame(self.looks, schema_overrides={"t_start": US, "t_end": US, "cloud_share": pl.Float32})
        sighted = rows.select(SIGHTED).sample(fraction=1.0, shuffle=True, seed=4)
        return structures(found, sighted, matches[:n], looks, self.zones)

    def zone(self, zone: str, half_deg: float, *, east_deg: float = 0.0, kind: str = "infrastructure", **more) -> Coast:
        """A square zone; or a point (half_deg = 0)."""
        new = sea.square(zone, kind, (self.lon + east_deg, self.lat), half_deg)
        if not half_deg:
            new = new.with_columns(geometry=pl.lit(shapely.to_wkb(shapely.Point(self.lon + east_deg, self.lat))))
        new = new.with_columns(mark=pl.lit(f"mark-{zone}"), **more)
        self.zones = pl.concat([self.zones, new], how="diagonal_relaxed")
        return self

    def stand(self, *, later: int | None = None) -> list[bool]:
        return self.judged(later=later)["p_dark"].is_null().to_list()


@pytest.mark.parametrize(("lon", "lat"), [(130.0, -10.0), (179.9999, -17.0), (20.0, 76.0)])
def test_a_platform_is_one_from_the_third_date_on(lon: float, lat: float) -> None:
    coast = Coast(lon, lat).platform([0, 12, 24, 36, 48])
    assert coast.stand() == [False, False, True, True, True]
    assert coast.stand(later=2) == [True, True]
    row = coast.judged()[4].to_dicts()[0]
    why = row["reasons"][-1]
    assert (why["code"], why["value"], why["against"]) == ("structure", 5.0, 3.0)
    assert "in 5 of 5 looks since 2026-03-01" in why["text"]
    assert row["marks"] == sorted({"own", "image", *(f"look{d}" for d in (0, 12, 24, 36, 48))})
    assert "match" in coast.judged(later=1)["marks"][0], "that no track explained the earlier ones is evidence"


def test_few_or_close_dates_are_not_enough() -> None:
    assert not any(Coast().platform([0, 12]).stand())
    assert not any(Coast().platform([0, 2, 4, 6, 8]).stand()), "five sightings, two dates five days apart"
    assert not any(Coast().platform([0, 100, 190]).stand()), "the first is over half a year back"


def test_what_later_looks_miss_sails() -> None:
    """A berth that every second look finds taken is no structure; without footprints nobody can miss it."""
    for footprint, stands in ((True, False), (False, True)):
        coast = Coast().platform([0])
        for day in (6, 12, 18, 24, 30):
            coast.look(day, footprint=footprint)
            if day in (12, 24):
                coast.detection()
        coast.look(36).detection(5_000.0)
        assert coast.stand()[2] is stands and not coast.stand()[3]
    elsewhere = Coast().platform([0, 12, 24])
    elsewhere.looks += Coast(132.0).look(6).look(18).look(19).look(20).looks
    assert elsewhere.stand() == [False, False, True]


def test_ships_at_anchor_are_seldom_structures() -> None:
    """They swing: of 300 that lie there for 36 days, unseen by AIS, seen every 12, fewer than three in a hundred."""
    rng = np.random.default_rng(7)
    wrong = 0
    for _ in range(300):
        coast = Coast()
        for day, way in zip((0, 12, 24, 36), rng.uniform(0, 2 * np.pi, 4), strict=True):
            at = np.array([np.sin(way), np.cos(way)]) * 150.0 + rng.normal(0.0, 15.0, 2)
            coast.look(day).detection(*at)
        wrong += any(coast.stand())
    assert wrong <= 24, "two chances each: four dates hold two triples of neighbours, and some more"


def test_what_a_track_explains_is_no_evidence_and_not_asked() -> None:
    coast = Coast()
    for day, p_none in ((0, 0.97), (12, 0.02), (24, 0.97), (36, 0.97), (48, 0.02)):
        coast.look(day).detection(p_none=p_none)
    assert coast.stand() == [False, False, False, True, False]


def test_another_size_another_kind_or_a_ghost_is_no_evidence() -> None:
    for odd in ({"length_m": 200.0}, {"structure": "ambiguity"}, {"sensor": "optical"}, {"sensor": "viirs"}):
        coast = Coast().platform([0, 12])
        coast.look(24).detection(**odd)
        assert not any(coast.stand()), odd
    coast = Coast().platform([0, 12]).look(24).detection(length_m=None)
    assert coast.stand()[2]


def test_clouds_hide_what_stands() -> None:
    """An optical look under cloud, or of which nobody knows how cloudy it was, does not tell that it was gone."""
    for cloud, stands in ((0.6, True), (None, True), (0.02, False)):
        coast = Coast().platform([0, 12], sensor="optical", cloud_share=0.05)
        for day in (14, 16, 18, 20):
            coast.look(day, sensor="optical", cloud_share=cloud)
        coast.look(24, sensor="optical", cloud_share=0.05).detection()
        assert coast.stand()[2] is stands, cloud


@pytest.mark.parametrize(("lon", "lat"), [(130.0, -10.0), (179.9999, -17.0), (20.0, 76.0)])
@pytest.mark.parametrize("half_deg", [0.0, 0.004])
def test_a_zone_tells_a_platform_from_the_first_look_on(lon: float, lat: float, half_deg: float) -> None:
    coast = Coast(lon, lat).zone("zo-rig", half_deg).look(0).detection(90.0, -90.0).detection(3_000.0)
    assert coast.stand() == [True, False]
    row = coast.judged().to_dicts()[0]
    assert row["marks"] == ["mark-zo-rig", "own"]
    (why,) = row["reasons"]
    assert why["code"] == "structure" and "zo-rig" in why["text"]


def test_how_near_is_near() -> None:
    edge = 0.008 * np.radians(geo.A_M) * np.cos(np.radians(10.0))
    for half_deg, out in ((0.0, 0.0), (0.008, edge)):
        coast = Coast().zone("zo-rig", half_deg).look(0).detection(out + 190.0, 100.0 if half_deg else 0.0)
        assert coast.detection(out + 210.0).stand() == [True, False]


def test_a_field_another_zone_or_another_time_tells_nothing() -> None:
    day = T0 + timedelta(days=1)
    for half_deg, more in (
        (0.1, {}),
        (0.004, {"kind": "port"}),
        (0.004, {"from": pl.lit(day)}),
        (0.004, {"to": pl.lit(T0)}),
    ):
        assert Coast().zone("zo-rig", half_deg, **more).look(0).detection().stand() == [False], more
    assert Coast().zone("zo-rig", 0.004, to=pl.lit(day)).look(0).detection().stand() == [True]


def test_a_vessel_at_a_platform_is_none() -> None:
    """One that transmits beside it keeps its match; lights and emitters say too little of where they are."""
    coast = Coast().zone("zo-rig", 0.004).look(0).detection(p_none=0.02)
    assert coast.stand() == [False]
    for sensor in ("viirs", "rf", "radar", "patrol"):
        assert Coast().zone("zo-rig", 0.004).look(0, sensor=sensor).detection().stand() == [False]


def test_what_zones_tell_stays_evidence_for_what_looks_tell() -> None:
    """A zone that is in force no more leaves the dates on which something stood there."""
    coast = Coast().zone("zo-rig", 0.004, to=pl.lit(T0 + timedelta(days=20))).platform([0, 12, 24])
    assert coast.stand() == [True, True, True]
    assert [len(r) for r in coast.judged()["reasons"].to_list()] == [1, 1, 1]
