"""A platform in a lake: dark until it has stood there three times, whatever scene came first."""

from __future__ import annotations

import itertools
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import shapely
from pictures import of_dark, picture

import makara
from makara.base import geo, time

T0 = datetime(2026, 3, 1, 6, tzinfo=UTC)
DAYS = (0, 12, 24, 36)
PLATFORM = (179.9995, -17.0)


def around(away_m: float, way: float) -> tuple[float, float]:
    lon, lat = geo.destination(*PLATFORM, way, away_m)
    return float(lon), float(lat)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[str, Path]]:
    """A file a date: what a radar found (a platform; a ship somewhere) and where it looked; who transmits."""
    where = tmp_path_factory.mktemp("coast")
    rng = np.random.default_rng(5)
    heard = [
        (503_000_000 + k, time.text(T0 + timedelta(days=day, minutes=m)), *around(25_000.0, 30.0 * k))
        for day in DAYS
        for m in range(-240, 241, 20)
        for k in range(12)
    ]
    pl.DataFrame(heard, schema=["mmsi", "t_seen", "lon_deg", "lat_deg"], orient="row").write_csv(where / "ais.csv")
    out = {"ais": ("mapped", where / "ais.csv")}
    shape = shapely.MultiPolygon([shapely.box(179.5, -17.5, 180, -16.5), shapely.box(-180, -17.5, -179.5, -16.5)])
    for day in DAYS:
        t = time.text(T0 + timedelta(days=day))
        places = (around(abs(rng.normal(0, 15)), 40.0 * day), around(9_000.0, 7.0 * day))
        rows = [(f"s{day}", f"s{day}-{n}", t, *p, 60.0, "high") for n, p in enumerate(places)]
        names = ["scene_id", "detection_id", "timestamp", "longitude", "latitude", "length", "confidence_level"]
        pl.DataFrame(rows, schema=names, orient="row").write_csv(where / f"found{day}.csv")
        look = {"collection": f"s{day}", "sensor": "sar", "t_start": t, "t_end": t, "length50_m": 20.0}
        feature = {"type": "Feature", "properties": look, "geometry": shapely.geometry.mapping(shape)}
        (where / f"look{day}.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
        out |= {f"found{day}": ("ksat", where / f"found{day}.csv")}
        out |= {f"look{day}": ("collections", where / f"look{day}.geojson")}
    rig = {"type": "Feature", "properties": {"zone": "rig", "name": "Rig", "kind": "infrastructure"}}
    rig |= {"geometry": shapely.geometry.mapping(shapely.Point(*PLATFORM))}
    (where / "zones.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": [rig]}))
    return out | {"zones": ("zones", where / "zones.geojson")}


def taken(lake: Path, files: dict[str, tuple[str, Path]], parts: list[tuple[str, ...]]) -> makara.Session:
    """A lake that was walked after each part."""
    session = makara.open(lake, settings=of_dark())
    for part in parts:
        for name in part:
            source, path = files[name]
            pairs = "\n".join(f"{c}={c}" for c in ("mmsi", "t_seen", "lon_deg", "lat_deg"))
            told = {"mapped": {"map": pairs}, "zones": {}}.get(source, {"provider": "KSAT"})
            session.ingest(source, path, licence="own", **told)
        session.run()
    return session


@pytest.fixture(scope="module")
def once(files: dict[str, tuple[str, Path]], tmp_path_factory: pytest.TempPathFactory) -> makara.Session:
    with pytest.MonkeyPatch.context() as m:
        m.setenv("MAKARA_RUN__STEP_S", "86400")
        return taken(tmp_path_factory.mktemp("once") / "lake", files, [tuple(n for n in files if n != "zones")])


def test_the_third_date_tells_the_platform(once: makara.Session) -> None:
    found = once.detections().join(once.view("matches"), on="detection").sort("t_seen", "provider_id")
    stands = found.filter(pl.col("provider_id").str.ends_with("-0"))
    assert stands["p_dark"].is_null().to_list() == [False, False, True, True]
    assert stands["reasons"][2].to_list()[-1]["code"] == "structure"
    assert found.filter(pl.col("provider_id").str.ends_with("-1"))["p_dark"].min() > 0.5  # type: ignore[operator]
    dark = once.events(kind="dark")["participants"].explode().to_list()
    assert set(dark) == set(found.filter(pl.col("p_dark").is_not_null())["detection"])


ORDERS = {
    "the last first": [("ais",), *((f"found{d}", f"look{d}") for d in reversed(DAYS))],
    "looks at the end": [tuple(f"found{d}" for d in DAYS), ("ais",), *((f"look{d}",) for d in (24, 0, 36, 12))],
}


@pytest.mark.parametrize("order", ORDERS.values(), ids=ORDERS)
def test_any_order_gives_the_same_picture(
    order: list[tuple[str, ...]], files: Any, once: makara.Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAKARA_RUN__STEP_S", "86400")
    assert sorted([*itertools.chain(*order), "zones"]) == sorted(files)
    assert picture(taken(tmp_path / "lake", files, order)) == picture(once)


def test_an_old_scene_that_comes_late_withdraws_what_it_explains(files: Any, tmp_path: Path) -> None:
    session = taken(tmp_path / "lake", files, [("ais", *(f"{n}{d}" for d in DAYS[1:] for n in ("found", "look")))])
    before = session.events(kind="dark")
    assert len(before) == 2 + 3
    for name in ("found0", "look0"):
        session.ingest(files[name][0], files[name][1], licence="own", provider="KSAT")
    session.run()
    after = session.events(kind="dark")
    gone = after.filter(pl.col("state") == "withdrawn")
    assert len(gone) == 1 and gone["event"][0] in set(before["event"])
    assert gone["t_start"][0] == T0 + timedelta(days=24)


def test_a_zone_tells_the_platform_whether_it_comes_first_or_last(
    files: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAKARA_RUN__STEP_S", "86400")
    scene, later = ("ais", "found0", "look0"), ("found12", "look12")
    first = taken(tmp_path / "first", files, [("zones", *scene), later])
    last = taken(tmp_path / "last", files, [scene, later, ("zones",)])
    found = first.detections().join(first.view("matches"), on="detection").sort("t_seen", "provider_id")
    assert found["p_dark"].is_null().to_list() == [True, False, True, False]
    assert "Rig" in found["reasons"][0].to_list()[-1]["text"]
    assert picture(first) == picture(last)
    events = last.events(kind="dark")
    gone = set(events.filter(pl.col("state") == "withdrawn")["participants"].explode())
    assert gone == set(found.filter(pl.col("p_dark").is_null())["detection"])
