"""The radar detector on rendered scenes: who is found, how long it is said to be, and what else is taken for a ship.

    .venv/bin/python -m bench.accuracy.scene [--seeds 6] [--out table.md]

Each scene (4,000 x 4,000 pixels of 10 m, open sea and coast in turn) is written as a product, read by the reader and
searched by the detector with the shipped land grid. Ships are drawn by ``makara.exercise.radar``; nothing of the
detector was tuned on it. A detection is a ship's when it lies within 150 m or half a length of where it is shown.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl

from makara.exercise.looks import Look, scene
from makara.exercise.radar import Rendered, Target, View, render
from makara.exercise.radar.land import BLOCK
from makara.exercise.scenes import Shot
from makara.sensors.sar import detect
from makara.sensors.sar.landmask import water
from makara.sensors.sar.measure import measure
from makara.session.exercise import write_scene
from makara.session.resources import land
from makara.sources.scenes import open_scene

SIDE: Final = 4000
SHIPS: Final = 160
PLACES: Final = ((95.6, 8.2, 348.0), (98.30, 7.80, 192.0), (180.0, -18.3, 348.0), (103.75, 1.10, 192.0))
LENGTHS: Final = (10.0, 15.0, 20.0, 30.0, 40.0, 60.0, 100.0, 200.0, 400.0)
CONTRASTS: Final = (-99.0, 6.0, 8.0, 10.0, 12.0, 14.0, 99.0)
NEAR_M: Final = 150.0
APART: Final = 80
LOBES_M: Final = 400.0
SHORE_M: Final = 600.0
CAUSES: Final = ("ambiguity", "side lobe or split ship", "structure", "wake", "border", "land", "sea")


def sea_of(number: int) -> tuple[View, list[Target]]:
    """A view and what is in it."""
    rng = np.random.default_rng([number, 77])
    lon, lat, heading = PLACES[number % len(PLACES)]
    view = View(lon, lat, heading, float(rng.uniform(31.0, 44.0)), (SIDE, SIDE), 10.0,
                datetime(2026, 3, 14, 16, number % 60, tzinfo=UTC))  # fmt: skip
    targets: list[Target] = []
    taken: list[tuple[float, float]] = []
    while len(targets) < SHIPS:
        line, pixel = rng.uniform(80.0, SIDE - 80.0, 2)
        x, y = (float(v) for v in view.place(line, pixel))
        if any(max(abs(line - a), abs(pixel - b)) < APART for a, b in taken) or _shore(view, line, pixel):
            continue
        taken.append((line, pixel))
        n = len(targets)
        length = float(np.exp(rng.uniform(np.log(10.0), np.log(360.0))))
        heading_deg = float(rng.uniform(0.0, 360.0))
        if n < 5:
            kind, length, width, speed = "platform", float(rng.uniform(50.0, 90.0)), 60.0, 0.0
        elif n < 9:
            kind, length, width, speed = "breakwater", float(rng.uniform(500.0, 1200.0)), 20.0, 0.0
        else:
            kind, width = "vessel", max(3.0, length / 6.5)
            speed = float(rng.uniform(4.0, 20.0)) if rng.random() < 0.6 else 0.0
        targets.append(Target(f"{kind}{n}", kind, x, y, length, width, heading_deg, heading_deg, speed))
    return view, targets


def _shore(view: View, line: float, pixel: float) -> bool:
    """Whether land is near a point."""
    off = SHORE_M / view.spacing_m
    y, x = np.meshgrid(line + np.array([-off, 0.0, off]), pixel + np.array([-off, 0.0, off]))
    return bool(land()(*view.place(y, x)).any())


def found_in(view: View, targets: list[Target], seed: int) -> tuple[Rendered, pl.DataFrame]:
    """The scene, and what the detector found in its product."""
    look = Look("sar-001", "sar", "SAR", "IW", 0.0, 10.0, scene(view.lon, view.lat, 4e4, 4e4, view.heading_deg), None,
                "open", 22.0, view.heading_deg, view.incidence_deg)  # fmt: skip
    shot = Shot(seed, look, view, (), tuple(targets), (), seed)
    made = render(view, targets, land_mask=land(), seed=seed)
    with tempfile.TemporaryDirectory() as home:
        write_scene(shot, made, Path(home))
        with open_scene(Path(home) / shot.directory) as product:
            return made, detect(product, sea=water(product, land()), measure=measure).detections


def judged(made: Rendered, found: pl.DataFrame) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """A row a ship (with its detection, if any), and a row a detection that is none's (with its cause)."""
    spacing = made.view.spacing_m
    y, x = (found[k].to_numpy() for k in ("line", "pixel"))
    owner: dict[int, int] = {}
    pairs = []
    for k, d in enumerate(made.drawn):
        away = np.hypot(y - d.shown_line, x - d.pixel) * spacing
        if d.target.kind == "vessel":
            reach = max(NEAR_M, 0.5 * d.target.length_m)
            pairs += [(float(away[i]), int(i), k) for i in np.flatnonzero(away < reach)]
    mine: dict[int, int] = {}
    for _, i, k in sorted(pairs):
        if i not in owner and k not in mine:
            owner[i], mine[k] = k, i
    ships = []
    for k, d in enumerate(made.drawn):
        if d.target.kind != "vessel" or not (0 <= d.shown_line < SIDE):
            continue
        row = found.row(mine[k], named=True) if k in mine else {}
        ships.append({"length": d.target.length_m, "contrast": made.contrast_db(k), "found": k in mine,
                      "p": row.get("p_vessel"), "said": row.get("length_m")})  # fmt: skip
    others = [
        {"cause": _cause(made, float(y[i]), float(x[i])), "p": found["p_vessel"][i]}
        for i in range(len(found)) if i not in owner
    ]  # fmt: skip
    return ships, others


def _cause(made: Rendered, line: float, pixel: float) -> str:
    spacing = made.view.spacing_m
    for d in made.drawn:
        t = d.target
        if t.kind != "vessel" and np.hypot(line - d.line, pixel - d.pixel) * spacing < 0.5 * t.length_m + 150.0:
            return "structure"
    for d in made.drawn:
        if any(np.hypot(line - g, pixel - d.pixel) * spacing < 0.5 * d.target.length_m + 100.0 for g in d.ambiguities):
            return "ambiguity"
    for d in made.drawn:
        if np.hypot(line - d.shown_line, pixel - d.pixel) * spacing < LOBES_M + 0.5 * d.target.length_m:
            return "side lobe or split ship"
    if min(line, SIDE - 1 - line, pixel, SIDE - 1 - pixel) < 50.0:
        return "border"
    b, reach = made.land, int(SHORE_M / spacing / BLOCK)
    r, c = int(line / BLOCK), int(pixel / BLOCK)
    if b[max(0, r - reach) : r + reach + 1, max(0, c - reach) : c + reach + 1].any():
        return "land"
    for d in made.drawn:
        for p in d.patches:
            if p.how == "times" and 0 <= line - p.line < p.values.shape[0] and 0 <= pixel - p.pixel < p.values.shape[1]:
                return "wake"
    return "sea"


def table(ships: list[dict[str, Any]], others: list[dict[str, Any]], scenes: int) -> str:
    """The figures as Markdown."""
    rows = [f"{scenes} scenes of {SIDE * SIDE / 1e6:.0f} Mpx, {len(ships)} ships, seeds 0 to {scenes - 1}.", ""]
    sure = [s for s in ships if s["found"] and s["p"] is not None and s["p"] >= 0.5]
    for title, key, edges in (("length, m", "length", LENGTHS), ("peak contrast, dB", "contrast", CONTRASTS)):
        rows += [f"| {title} | ships | found | found and P(vessel) >= 0.5 |", "| --- | --- | --- | --- |"]
        for low, high in pairwise(edges):
            part = [s for s in ships if low <= s[key] < high]
            if part:
                both = sum(s["found"] and (s["p"] or 0.0) >= 0.5 for s in part) / len(part)
                share = sum(s["found"] for s in part) / len(part)
                rows.append(f"| {_span(low, high)} | {len(part)} | {share:.2f} | {both:.2f} |")
        rows.append("")
    rows += ["| length error of ships, m | n | bias | median | 90th percentile |", "| --- | --- | --- | --- | --- |"]
    for name, low, high in (("all, P(vessel) >= 0.5", 0.0, 999.0), ("under 60 m", 0.0, 60.0), ("60 m up", 60.0, 999.0)):
        off = np.array([s["said"] - s["length"] for s in sure if s["said"] is not None and low <= s["length"] < high])
        if len(off):
            median, p90 = np.percentile(np.abs(off), [50, 90])
            rows.append(f"| {name} | {len(off)} | {off.mean():+.0f} | {median:.0f} | {p90:.0f} |")
    rows += ["", "| other clusters, a scene | all | P(vessel) >= 0.5 |", "| --- | --- | --- |"]
    every, loud = (Counter(o["cause"] for o in part) for part in (others, _loud(others)))
    rows += [f"| {c} | {every[c] / scenes:.1f} | {loud[c] / scenes:.1f} |" for c in CAUSES if every[c]]
    rows.append(f"| all | {len(others) / scenes:.1f} | {sum(loud.values()) / scenes:.1f} |")
    return "\n".join(rows)


def _span(low: float, high: float) -> str:
    if low < 0.0:
        return f"under {high:.0f}"
    return f"{low:.0f} up" if high == CONTRASTS[-1] else f"{low:.0f} to {high:.0f}"


def _loud(others: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return [o for o in others if (o["p"] or 0.0) >= 0.5]


def main() -> None:
    """Render, search, count, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=6)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    ships, others = [], []
    for seed in range(given.seeds):
        made, found = found_in(*sea_of(seed), seed)
        s, o = judged(made, found)
        ships, others = ships + s, others + o
        print(f"scene {seed}: {len(s)} ships, {sum(k['found'] for k in s)} found, {len(o)} other clusters", flush=True)
    text = table(ships, others, given.seeds)
    print(text)
    if given.out:
        given.out.write_text(text + "\n")


if __name__ == "__main__":
    main()
