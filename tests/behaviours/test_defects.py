"""Known defects of the published pipelines: each shows in the profile gfw and is gone from the profile makara."""

from __future__ import annotations

import json
from typing import Any

import polars as pl
import shapely

from makara.base.geo import destination
from makara.base.units import NMI_M
from makara.behaviours import find
from makara.behaviours._cases import Vessel, sea

SHORE = {"shore_min_m": 0.0}


def points(*vessels: Vessel) -> pl.DataFrame:
    """Points of vessels, each a segment of its own under its own number."""
    return pl.concat([v.points().with_columns(track=pl.col("track")) for v in vessels])


def pair(at: tuple[float, float], start: str, hours: float = 5.0) -> tuple[Vessel, Vessel]:
    """Two that drift east side by side, 200 m apart, heard at different times."""
    lon, lat = at
    return (
        sea.vessel(mover=412000001, at=(lon, lat), start=start, every_s=700).drift(hours),
        sea.vessel(mover=412000002, at=(lon, lat + 0.0018), start=start, every_s=900).drift(hours),
    )


def spans(found: pl.DataFrame) -> list[float]:
    """Hours that each event lasts."""
    return sorted(((found["t_end_floor"] - found["t_start"]).dt.total_seconds() / 3600).to_list())


def test_an_encounter_is_not_cut_at_utc_midnight() -> None:
    noon, midnight = (points(*pair((130.0, -10.0), f"2025-03-01T{h}:30:00Z")) for h in ("09", "21"))
    assert max(spans(find("encounter", noon, profile="gfw_raw"))) >= 4.5
    assert max(spans(find("encounter", midnight, profile="gfw_raw"))) < 4.5, "the peer cuts its days"
    by_day, by_night = (spans(find("encounter", p)) for p in (noon, midnight))
    assert len(by_day) == 1
    assert by_night == by_day


def test_a_stay_is_not_cut_at_utc_midnight() -> None:
    waits = [
        sea.vessel(off_nmi=40, start=f"2025-03-01T{h}:30:00Z").sail(3).drift(4.2).sail(3).points() for h in ("05", "18")
    ]
    noon, midnight = (spans(find("loitering", p, profile="gfw_raw")) for p in waits)
    assert len(noon) == 1
    assert len(midnight) == 2, "the peer cuts its days"
    by_day, by_night = (spans(find("loitering", p)) for p in waits)
    assert len(by_day) == 1
    assert by_night == by_day


def test_longitudes_are_interpolated_across_180() -> None:
    here, there = (points(*pair((lon, -10.0), "2025-03-01T09:00:00Z")) for lon in (130.0, 179.98))
    whole, broken = (spans(find("encounter", p, profile="gfw_raw")) for p in (here, there))
    assert max(broken) < max(whole), "the peer places a vessel that crosses 180 degrees on the other side of the Earth"
    west, east = (find("encounter", p) for p in (here, there))
    assert len(west) == 1
    assert spans(east) == spans(west)
    crossing = there.filter(pl.col("mover") == 412000001)["lon_deg"]
    assert crossing.max() > 179.9  # type: ignore[operator]
    assert crossing.min() < -179.9  # type: ignore[operator]


def one_falls_silent() -> tuple[Vessel, Vessel]:
    """They meet and drift for six hours; the first is silent for three of them. They come and go at ten knots."""
    start = "2025-03-01T07:30:00Z"
    vessels = []
    for k, course in enumerate((90.0, 270.0)):
        lon, lat = destination(130.0, -10.0 + 0.0018 * k, course + 180.0, 15 * NMI_M)
        v = sea.vessel(mover=412000001 + k, at=(float(lon), float(lat)), start=start).sail(1.5, course)
        v = v.drift(1.5, 0.0).dark(3, 0.0, 0.5).drift(1.5, 0.0) if k == 0 else v.drift(6, 0.0)
        vessels.append(v.sail(1.5, course + 180.0))
    return vessels[0], vessels[1]


def test_a_pair_is_the_same_in_both_directions() -> None:
    both = points(*one_falls_silent())
    raw = [r["participants"] for r in find("encounter", both, profile="gfw_raw").iter_rows(named=True)]
    assert raw == [["mv412000001", "mv412000002"]], "the peer finds it from the side of the silent one alone"
    turned = both.with_columns(mover=412000003 - pl.col("mover") + 412000000, track=412000003 - pl.col("track"))
    longer = {"duration_min_s": 3600}
    one, other = (find("encounter", p, **longer) for p in (both, turned))  # type: ignore[arg-type]
    assert len(one) == 1
    assert spans(one) == spans(other)
    assert one["participants"].to_list() == other["participants"].to_list()


def test_an_encounter_does_not_bridge_a_silence() -> None:
    both = points(*one_falls_silent())
    assert max(spans(find("encounter", both, profile="gfw_raw"))) > 5, "the peer bridges the silence of vessel 1"
    assert len(find("encounter", both)) == 0


def test_a_stay_does_not_bridge_a_silence() -> None:
    v = (
        sea.vessel(off_nmi=40, start="2025-03-01T05:00:00Z")
        .sail(2)
        .drift(2)
        .dark(3, 0.0)
        .dark(3, 180.0)
        .drift(2)
        .sail(2)
    )
    assert max(spans(find("loitering", v.points(), profile="gfw_raw"))) > 8, "the peer takes sixty miles for a stay"
    assert len(find("loitering", v.points())) == 0


def test_a_clone_does_not_end_a_port_visit_nor_hide_a_silence() -> None:
    port = shapely.to_wkb(shapely.Point(130.0, -10.0))
    zones = pl.DataFrame({"zone": ["zo"], "kind": ["anchorage"], "name": ["Harbour"], "geometry": [port]})
    caller = sea.vessel(track=1, at=(129.7, -10.0)).sail(1.76).drift(6, speed_kn=0.02).dark(9, speed_kn=0.02)
    caller = caller.drift(6, speed_kn=0.02).sail(3)
    clone = sea.vessel(track=2, at=(150.0, -12.0), start="2025-03-01T00:05:00Z").sail(30)
    both = points(caller, clone)

    def details(found: pl.DataFrame) -> list[dict[str, Any]]:
        return [json.loads(d) for d in found["details"]]

    theirs = details(find("port_visit", both, profile="gfw", zones=zones))
    assert len(theirs) > 10, "the peer takes both for one vessel that comes and goes"
    (visit,) = details(find("port_visit", both, zones=zones))
    assert visit["duration_s"] > 20 * 3600
    assert visit["silences"] == 1
    assert len(find("gap", both, profile="gfw")) == 0, "the clone's messages hide the silence"
    assert len(find("gap", both)) == 1
