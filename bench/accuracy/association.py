"""Which reports belong to one vessel, when all that is known is where and when: ``python -m bench.accuracy.association``.

Data: four hours of AIS at Hampton Roads (``ais/hampton_roads_set1.csv`` of MAKARA_DATA): 13,714 reports of 20 vessels,
many of them moored side by side, with each vessel's true id. All reports are put under one mover; ids are used for
scoring only; copies of one transmission that several stations heard are left out. Split by time: on the first two hours constants may be chosen (the baselines' gate is, by the best link
accuracy); the second two hours are scored, begun anew.

Measures, over reports that the method keeps on a track (``kept``: the share of those):

- **links**: share of reports, each vessel's first left out, whose predecessor on their track is the vessel's previous
  report. Reports that a method drops count as wrong here, so that nothing is won by dropping.
- **purity**: share of reports of the vessel that most reports of their track are of.
- **completeness**: share of reports on the track that holds most reports of their vessel.
- **matched**: share of all reports that are right under the best one-to-one pairing of tracks and vessels; this is what
  "association accuracy" means in most papers.

Baselines: each report joins the open track whose last position (nearest) or whose dead-reckoned position (constant
velocity) is nearest, if within a gate that grows with time, else it begins a track; GNN does so for all reports of one
second at once, one to one, at least total distance.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from scipy.optimize import linear_sum_assignment

import makara
from makara.base import geo

DATA = Path(os.environ.get("MAKARA_DATA", Path(__file__).resolve().parents[3] / "shared" / "data"))
GATES_KN = (5.0, 10.0, 20.0, 40.0)
START_M = 300.0
Labels = pl.Series


def read(path: Path) -> pl.DataFrame:
    """Reports as makara knows them, all of one mover, with the true ``vessel``."""
    raw = pl.read_csv(path)
    day = pl.lit("2020-01-01T") + pl.col("SEQUENCE_DTTM") + "Z"
    return raw.select(
        report=pl.col("OBJECT_ID").cast(pl.Int64),
        mover=pl.lit(1, dtype=pl.Int64),
        vessel="VID",
        t_seen=day.str.to_datetime("%Y-%m-%dT%H:%M:%SZ", time_unit="us", time_zone="UTC"),
        lon_deg="LON",
        lat_deg="LAT",
        sog_kn=(pl.col("SPEED_OVER_GROUND") / 10).cast(pl.Float32),
        cog_deg=(pl.col("COURSE_OVER_GROUND") / 10).cast(pl.Float32),
    ).pipe(once)


def once(reports: pl.DataFrame) -> pl.DataFrame:
    """Each transmission once: what a vessel states again within five seconds, another station heard."""
    stated = ["vessel", "lon_deg", "lat_deg", "sog_kn", "cog_deg"]
    rows = reports.sort("t_seen", "report")
    again = pl.col("t_seen").diff().over(stated) <= pl.duration(seconds=5)
    return rows.filter(~again.fill_null(False))


def ours(reports: pl.DataFrame, _: float) -> Labels:
    """makara.segment."""
    points = makara.segment(reports.drop("vessel")).select("report", "track")
    return reports.join(points, on="report", how="left", maintain_order="left")["track"]


def nearest(reports: pl.DataFrame, gate_kn: float, *, ahead: bool = False, at_once: bool = False) -> Labels:
    """Nearest neighbour: by last or dead-reckoned position, one report after another or all of a second at once."""
    lon, lat = (reports[c].to_numpy() for c in ("lon_deg", "lat_deg"))
    sog, cog = (reports[c].to_numpy().astype(float) for c in ("sog_kn", "cog_deg"))
    t = reports["t_seen"].to_physical().to_numpy() / 1e6
    label = np.full(len(t), -1)
    last: list[int] = []
    groups = np.split(np.arange(len(t)), np.flatnonzero(np.diff(t)) + 1) if at_once else [[i] for i in range(len(t))]
    for group in groups:
        cost = np.full((len(group), len(last)), np.inf)
        if last:
            k = np.array(last)
            for row, i in enumerate(group):
                dt = t[i] - t[k]
                x, y = geo.destination(lon[k], lat[k], cog[k], sog[k] * 1852 / 3600 * dt) if ahead else (lon[k], lat[k])
                miss = geo.distance_m(x, y, lon[i], lat[i])
                cost[row] = np.where(miss <= START_M + gate_kn * 1852 / 3600 * dt, miss, np.inf)
        joined: dict[int, int] = {}
        if last:
            rows, columns = linear_sum_assignment(np.where(np.isinf(cost), 1e9, cost))
            joined = {int(r): int(c) for r, c in zip(rows, columns, strict=True) if np.isfinite(cost[r, c])}
        for row, i in enumerate(group):
            if row in joined:
                label[i] = joined[row]
                last[joined[row]] = int(i)
            else:
                label[i] = len(last)
                last.append(int(i))
    return pl.Series(label)


def gnn(reports: pl.DataFrame, gate_kn: float) -> Labels:
    """Global nearest neighbour with constant velocity."""
    return nearest(reports, gate_kn, ahead=True, at_once=True)


def constant_velocity(reports: pl.DataFrame, gate_kn: float) -> Labels:
    """Nearest dead-reckoned position, report by report."""
    return nearest(reports, gate_kn, ahead=True)


def score(reports: pl.DataFrame, track: Labels) -> dict[str, float]:
    """The measures of the module's docstring."""
    rows = reports.select("vessel", "report").with_columns(track=track)
    true = pl.col("report").shift().over("vessel")
    on = rows.filter(pl.col("track").is_not_null()).with_columns(found=pl.col("report").shift().over("track"))
    linked = rows.with_columns(true=true).join(on.select("report", "found"), on="report", how="left")
    linked = linked.filter(pl.col("true").is_not_null())
    table = on.group_by("vessel", "track").len().pivot("track", index="vessel", values="len").fill_null(0)
    counts = table.drop("vessel").to_numpy().astype(np.int64)
    r, c = linear_sum_assignment(-counts)
    return {
        "links": float((linked["found"] == linked["true"]).fill_null(False).mean() or 0.0),
        "purity": counts.max(axis=0).sum() / counts.sum(),
        "completeness": counts.max(axis=1).sum() / counts.sum(),
        "matched": counts[r, c].sum() / len(rows),
        "kept": len(on) / len(rows),
        "tracks": on["track"].n_unique(),
    }


METHODS: dict[str, Callable[[pl.DataFrame, float], Labels]] = {
    "makara.segment": ours,
    "nearest position": nearest,
    "constant velocity": constant_velocity,
    "GNN, constant velocity": gnn,
}


def measure(reports: pl.DataFrame) -> list[dict[str, Any]]:
    """Each method on the held-back half, with the gate that was best on the first."""
    middle = reports["t_seen"].min() + (reports["t_seen"].max() - reports["t_seen"].min()) / 2  # type: ignore[operator]
    first, second = reports.filter(pl.col("t_seen") < middle), reports.filter(pl.col("t_seen") >= middle)
    out = []
    for name, method in METHODS.items():
        gates = GATES_KN if method is not ours else GATES_KN[:1]
        links = [score(first, method(first, g))["links"] for g in gates]
        gate = gates[int(np.argmax(links))]
        out.append({"method": name, "gate_kn": gate if method is not ours else None} | score(second, method(second, gate)))
    return out


def main(args: list[str]) -> int:
    """Measure and print."""
    options = argparse.ArgumentParser(description="Association accuracy of segment beside simple baselines.")
    options.add_argument("path", nargs="?", type=Path, default=DATA / "ais" / "hampton_roads_set1.csv")
    path = options.parse_args(args).path
    if not path.is_file():
        print(f"no {path}; set MAKARA_DATA, or give the file", file=sys.stderr)
        return 1
    print("| method | gate kn | links | purity | completeness | matched | kept | tracks |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for r in measure(read(path)):
        gate = "" if r["gate_kn"] is None else f"{r['gate_kn']:.0f}"
        shares = " | ".join(f"{r[k]:.4f}" for k in ("links", "purity", "completeness", "matched", "kept"))
        print(f"| {r['method']} | {gate} | {shares} | {r['tracks']} |")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
