"""How right it is: a dense simulated sea, real radar detections, and the given cases' truth."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import shapely
from scipy.optimize import linear_sum_assignment

from makara.base import geo
from makara.fusion import match
from makara.registry import classes
from makara.sources import source
from makara.tracks import segment

T0 = datetime(2026, 3, 1, 12, tzinfo=UTC)
HALF_M = 6_000.0


def scene(seed: int):
    """60 vessels in 12 km that turn slowly; a radar scene; AIS with gaps of some 20 minutes; a fifth is silent."""
    rng = np.random.default_rng(seed)
    n = 60
    x, y = rng.uniform(-HALF_M, HALF_M, (2, n))
    speed = rng.choice([0.0, 1.0], n, p=[0.2, 0.8]) * rng.uniform(2, 9, n)
    course, turn = rng.uniform(0, 2 * np.pi, n), rng.normal(0, 1e-4, n)
    length = np.exp(rng.normal(np.log(90), 0.6, n)).clip(12, 350)

    def at(k, t):
        c = course[k] + turn[k] * t
        if abs(turn[k]) < 1e-9:
            e, m = speed[k] * np.sin(c) * t, speed[k] * np.cos(c) * t
        else:
            e = -speed[k] / turn[k] * (np.cos(c) - np.cos(course[k]))
            m = speed[k] / turn[k] * (np.sin(c) - np.sin(course[k]))
        return x[k] + e, y[k] + m, np.degrees(c) % 360

    points, truth = [], []
    silent = rng.random(n) < 0.2
    for k in np.flatnonzero(~silent):
        for sign in (-1, 1):
            for t in sign * np.cumsum(rng.exponential(1200.0, 3)):
                e, m, c = at(k, t)
                points.append(
                    (
                        k,
                        T0 + timedelta(seconds=float(t)),
                        e + rng.normal(0, 8),
                        m + rng.normal(0, 8),
                        speed[k] * 3600 / 1852,
                        c,
                    )
                )
    gain = 113.0 * np.sin(np.radians(35.0))
    found = []
    for k in range(n):
        if rng.random() < 0.95:
            shift = -gain * speed[k] * np.sin(course[k])
            found.append(
                (
                    x[k] + rng.normal(0, 30),
                    y[k] + shift + rng.normal(0, 30),
                    max(10.0, length[k] + rng.normal(0, 12 + 0.12 * length[k])),
                )
            )
            truth.append(-1 if silent[k] else k)
    for _ in range(3):
        found.append((*rng.uniform(-HALF_M, HALF_M, 2), float(np.exp(rng.normal(3.4, 0.4)))))
        truth.append(-1)
    return points, found, truth, length


def place(e, n):
    return geo.destination(11.2, 57.4, np.degrees(np.arctan2(e, n)), np.hypot(e, n))


def frames(seed: int):
    points, found, truth, length = scene(seed)
    k, t, e, n, kn, course = zip(*points, strict=True)
    lon, lat = place(np.array(e), np.array(n))
    p = pl.DataFrame(
        {"track": k, "mover": k, "t_seen": t, "lon_deg": lon, "lat_deg": lat, "sog_kn": kn, "cog_deg": course}
    )
    e, n, size = (np.array(v) for v in zip(*found, strict=True))
    lon, lat = place(e, n)
    d = pl.DataFrame(
        {
            "detection": [f"d{q:03}" for q in range(len(found))],
            "collection": "c",
            "sensor": "sar",
            "t_seen": T0,
            "lon_deg": lon,
            "lat_deg": lat,
            "length_m": size,
            "semi_major_m": 73.0,
            "semi_minor_m": 73.0,
        }
    )
    corner = [place(a * HALF_M * 1.2, b * HALF_M * 1.2) for a, b in ((-1, -1), (1, -1), (1, 1), (-1, 1))]
    c = pl.DataFrame(
        {
            "collection": ["c"],
            "footprint": [shapely.to_wkb(shapely.Polygon([(float(u), float(v)) for u, v in corner]))],
            "heading_deg": [0.0],
            "look": ["right"],
        }
    )
    v = pl.DataFrame({"mover": range(len(length)), "class": "cargo", "length_m": length})
    return d, c, p, v, np.array(truth)


def nearest(d, p, gate_m=1000.0):
    """The baseline: dead reckoning from the nearest report, nearest neighbours within a kilometre, one to one."""
    near = (
        p.with_columns(dt=(pl.lit(T0) - pl.col("t_seen")).dt.total_microseconds() / 1e6)
        .sort(pl.col("dt").abs())
        .unique("track", keep="first", maintain_order=True)
    )
    x, y = geo.destination(near["lon_deg"], near["lat_deg"], near["cog_deg"], near["sog_kn"] * 1852 / 3600 * near["dt"])
    away = geo.distance_m(x[:, None], y[:, None], d["lon_deg"].to_numpy(), d["lat_deg"].to_numpy())
    out = np.full(len(d), -1)
    for r, c in zip(*linear_sum_assignment(np.where(away < gate_m, away, 1e7)), strict=True):
        if away[r, c] < gate_m:
            out[c] = near["track"][int(r)]
    return out


def f1(got, truth):
    right = np.sum((got >= 0) & (got == truth))
    return 2 * right / max(np.sum(got >= 0) + np.sum(truth >= 0), 1)


def test_a_dense_scene_is_matched_better_than_by_the_nearest_neighbour():
    ours, base, none, dark = [], [], [], []
    for seed in range(12):
        d, c, p, v, truth = frames(seed)
        out = match(d, c, p, vessels=v)
        got = out["track"].fill_null(-1).to_numpy()
        ours.append(f1(got, truth))
        base.append(f1(nearest(d, p), truth))
        none.append(out["p_none"].to_numpy())
        dark.append(truth < 0)
    p_none, silent = np.concatenate(none), np.concatenate(dark)
    assert np.mean(ours) > 0.94
    assert np.mean(ours) > np.mean(base) + 0.03
    said = p_none > 0.5
    assert np.mean(silent[said]) > 0.78
    assert np.mean(said[silent]) > 0.92
    assert abs(p_none.mean() - silent.mean()) < 0.06


def test_real_ships_in_real_radar_scenes(data_dir: Path):
    raw = pl.read_csv(data_dir / "satellite" / "opensarship_matches_a.csv", infer_schema_length=None).with_row_index(
        "k"
    )
    time = pl.col("sar_Time_UTC").str.to_datetime("%Y/%-m/%-d.%H:%-M:%-S", time_zone="UTC")
    raw = raw.with_columns(time.dt.cast_time_unit("us").alias("t"))
    raw = raw.filter(pl.struct("ais_MMSI", "scene").is_first_distinct())
    d = raw.select(
        detection=pl.format("d{}", pl.col("k") + 1000),
        collection="scene",
        sensor=pl.lit("sar"),
        t_seen="t",
        lon_deg="sar_Center_longitude",
        lat_deg="sar_Center_latitude",
        length_m="sar_Manual_Length",
    )
    # Dawn passes go south, dusk passes north; Sentinel-1 looks right.
    dawn = pl.col("t").dt.hour() > 20
    c = raw.group_by(collection="scene").agg(
        heading_deg=pl.when(dawn.first()).then(193.0).otherwise(347.0),
        look=pl.lit("right"),
        incidence_deg=pl.col("sar_Incidence").mean(),
        footprint=pl.lit(None, dtype=pl.Binary),
    )
    p = raw.select(
        track=pl.col("k").cast(pl.Int64),
        mover=pl.col("k").cast(pl.Int64),
        t_seen=pl.from_epoch("ais_Time", time_unit="s").dt.cast_time_unit("us").dt.replace_time_zone("UTC"),
        lon_deg="ais_Longitude",
        lat_deg="ais_Latitude",
        sog_kn=pl.col("ais_Sog") / 10,
        cog_deg=pl.col("ais_Cog") / 10,
    )
    v = raw.select(mover=pl.col("k").cast(pl.Int64), length_m=pl.col("ais_Length").cast(pl.Float64))
    v = v.with_columns(
        pl.when(pl.col("length_m") > 0).then("length_m").alias("length_m"), pl.lit("cargo").alias("class")
    )
    out = match(d, c, p, vessels=v)
    right = out.select(pl.format("d{}", pl.col("track") + 1000) == pl.col("detection")).to_series().fill_null(False)
    assert right.mean() > 0.96
    assert (out["track"].is_not_null() & ~right).mean() < 0.02
    assert out["p_dark"].null_count() == len(out)


@pytest.mark.parametrize(
    ("case", "recall", "precision", "found"), [("arafura", 0.82, 0.9, 0.93), ("quiet", 0.8, 0.88, 0.95)]
)
def test_the_given_cases(data_dir: Path, case, recall, precision, found):
    """Unmatched against truth: neither a vessel that transmits, nor one silent then (nor false)."""
    frames: dict[str, list[pl.DataFrame]] = {}
    for batch in source("case").read(data_dir / "cases" / case, {}):
        for name, rows in batch.frames.items():
            frames.setdefault(name, []).append(rows)
    reports, claims, collections, detections, lists = (
        pl.concat(frames[n], how="diagonal_relaxed")
        for n in ("reports", "claims", "collections", "detections", "lists")
    )
    points = segment(reports)
    out = match(detections, collections, points, vessels=classes(claims, lists))
    truth = json.loads((data_dir / "cases" / case / "truth.json").read_text())
    own = {v["vessel"]: {m["mmsi"] for m in v["all_mmsi"]} for v in truth["vessels"]}
    silent = {
        v["vessel"]: [
            (datetime.fromisoformat(a), datetime.fromisoformat(b) if b else datetime.max.replace(tzinfo=UTC))
            for a, b in v["silent"]
        ]
        if v["mmsi"]
        else [(datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))]
        for v in truth["vessels"]
    }
    mover = points.filter(pl.col("track").is_not_null()).group_by("track").agg(pl.col("mover").first())
    both = out.join(detections.select("detection", "provider_id", "t_seen"), on="detection").join(
        mover, on="track", how="left"
    )
    dark, said, right, transmits = [], [], [], []
    for row in both.iter_rows(named=True):
        vessel = truth["detections"][row["provider_id"]]
        hidden = vessel is None or any(a <= row["t_seen"] <= b for a, b in silent[vessel])
        dark.append(hidden)
        transmits.append(not hidden)
        said.append(row["p_none"] > 0.5)
        right.append(not hidden and row["mover"] in own[vessel])
    dark, said, right, transmits = (np.array(v) for v in (dark, said, right, transmits))
    assert np.mean(said[dark]) > recall
    assert np.mean(dark[said]) > precision
    assert right[transmits].mean() > found
