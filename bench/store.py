"""Questions to a lake of fifty million positions: a vessel's week, and all in a zone on a day; ours and DuckDB.

With the variable ``MAKARA_BENCH_LAKE`` set to the directory of a compacted lake that has reports of a week and zones,
the questions are put to that lake, which is only read; else one is made, which takes some minutes and 3 GB.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import polars as pl
import shapely
from bench import _voyages

import makara
from makara.base.time import text

RUNS = 1
POSITIONS = 50_000_000
QUESTIONS = 50
"""Of each kind."""
TITLE = "Store: a vessel's week and a zone's day from fifty million positions"
NOTE = (
    "Each question gives all columns of its rows, by key, as a frame of Polars; each is asked twice in one process "
    "(made counts both), the first time with nothing known of the files. No result is kept by either. DuckDB reads the "
    "very same Parquet files, day by partition, with its cache of their descriptions on: by mover and time, and for "
    "zones by the box of each hemisphere's polygons and then, as we do, by a prepared shapely polygon."
)
KINDS = {"vessel": "a vessel's week", "zone": "a zone's day"}
Ask = Callable[[str, dict[str, Any]], pl.DataFrame]


def _lake(directory: Path) -> Path:
    given = os.environ.get("MAKARA_BENCH_LAKE")
    return Path(given) if given else directory / "lake"


def prepare(directory: Path) -> dict[str, Any]:
    """The lake, and the questions: vessels at random, zones in which something was."""
    if "MAKARA_BENCH_LAKE" not in os.environ:
        _voyages.make(directory / "lake", POSITIONS)
    session = makara.open(_lake(directory), create=False)
    files, size = _files(session), 0
    for f in files:
        size += f.path.stat().st_size
    days = sorted({datetime.fromisoformat(f.day).replace(tzinfo=UTC) for f in files if f.day})
    first = pl.scan_parquet([f.path for f in files if f.day == f"{days[0]:%Y-%m-%d}"])
    movers = first.select(pl.col("mover").unique().sort()).collect()["mover"].sample(QUESTIONS, seed=3)
    asked: dict[str, list[dict[str, Any]]] = {
        "vessel": [{"mover": m, "since": text(days[0]), "until": text(days[0] + timedelta(days=7))} for m in movers],
        "zone": [],
    }
    for k, zone in enumerate(session.view("zones").sort("zone")["zone"]):
        since = days[k % len(days)]
        q = {"zone": zone, "since": since, "until": since + timedelta(days=1)}
        if len(asked["zone"]) < QUESTIONS and len(session.reports(**q)):
            asked["zone"].append({"zone": zone, "since": text(since), "until": text(q["until"])})
    (directory / "questions.json").write_text(json.dumps(asked))
    rows = sum(pl.scan_parquet(f.path).select(pl.len()).collect().item() for f in files)
    return {"positions": rows, "days": len(days), "bytes per position": round(size / rows, 1)}


def _files(session: makara.Session) -> tuple[Any, ...]:
    view = session.lake.view()
    return view.held.files(session.lake.path / "tables" / "reports", view.snapshot.versions["reports"])


def _ours(session: makara.Session) -> Ask:
    def ask(kind: str, q: dict[str, Any]) -> pl.DataFrame:
        return session.reports(**q)

    return ask


def _duckdb(session: makara.Session) -> Ask:
    """The same questions to DuckDB."""
    db = duckdb.connect()
    db.execute("SET parquet_metadata_cache = true")
    paths = ", ".join(f"'{f.path}'" for f in _files(session))
    db.execute(f"CREATE VIEW reports AS FROM read_parquet([{paths}], hive_partitioning = true, "
               "hive_types = {'day': DATE})")  # fmt: skip
    shapes = {z: shapely.from_wkb(g) for z, g in session.view("zones").select("zone", "geometry").iter_rows()}
    boxes = {}
    for zone, shape in shapes.items():
        shapely.prepare(shape)
        parts = shapely.get_parts(shape)
        east = shapely.get_x(shapely.centroid(parts)) > 0
        boxes[zone] = [shapely.total_bounds(parts[side]) for side in (east, ~east) if side.any()]

    def ask(kind: str, q: dict[str, Any]) -> pl.DataFrame:
        times = [q["since"], q["until"], q["since"].date(), q["until"].date()]
        where, said = "mover = ?", [q.get("mover")]
        if kind == "zone":
            one = "lon_deg BETWEEN ? AND ? AND lat_deg BETWEEN ? AND ?"
            where = " OR ".join([one] * len(boxes[q["zone"]]))
            said = [x for w, s, e, n in boxes[q["zone"]] for x in (w, e, s, n)]
        asked = f"t_seen >= ? AND t_seen < ? AND day >= ? AND day <= ? AND ({where})"
        query = f"SELECT * EXCLUDE day FROM reports WHERE {asked}" + (" ORDER BY report" if kind == "vessel" else "")
        rows = pl.DataFrame(db.execute(query, [*times, *said]).fetch_arrow_table())
        if kind == "vessel":
            return rows
        held = shapely.intersects_xy(shapes[q["zone"]], rows["lon_deg"].to_numpy(), rows["lat_deg"].to_numpy())
        return rows.filter(pl.Series(held, dtype=pl.Boolean)).sort("report")

    return ask


PEERS: dict[str, Callable[[makara.Session], Ask]] = {
    "makara, Session.reports": _ours,
    f"DuckDB {duckdb.__version__}, same files": _duckdb,
}


def answer(name: str, directory: Path) -> dict[str, Any]:
    """Ask all questions twice, and keep what each cost and what came."""
    ask = PEERS[name](makara.open(_lake(directory), create=False))
    found: dict[str, Any] = {kind: [] for kind in KINDS}
    for _ in range(2):
        for kind, q in _questions(directory):
            wall, cpu = time.perf_counter(), time.process_time()
            rows = ask(kind, q)
            cost = (time.perf_counter() - wall, time.process_time() - cpu)
            keys = hashlib.sha256(rows["report"].to_numpy().tobytes()).hexdigest()
            found[kind].append([len(rows), keys, *cost])
    _kept(directory, name).write_text(json.dumps(found))
    every = [a for answers in found.values() for a in answers]
    return {"made": sum(a[0] for a in every), "what": "rows", "inside_cpu_s": sum(a[3] for a in every)}


def _questions(directory: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    for kind, asked in json.loads((directory / "questions.json").read_text()).items():
        for q in asked:
            yield kind, q | {k: datetime.fromisoformat(q[k]) for k in ("since", "until")}


def _kept(directory: Path, name: str) -> Path:
    return directory / f"{list(PEERS).index(name)}.json"


def remarks(directory: Path) -> str:
    """How long one question takes, and that all gave the same rows.

    Raises:
        RuntimeError: they did not.
    """
    found = {name: json.loads(_kept(directory, name).read_text()) for name in PEERS}
    lines = [
        "| one question, ms | rows: median, p95 | first: CPU median | p95 | wall | p95 | again: CPU median | p95 "
        "| wall | p95 |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for kind, told in KINDS.items():
        if len({json.dumps([a[:2] for a in answers[kind]]) for answers in found.values()}) > 1:
            raise RuntimeError(f"{told}: the answers differ in rows or keys")
        for name, answers in found.items():
            n = len(answers[kind]) // 2
            rows, wall, cpu = (np.array([a[k] for a in answers[kind]], np.float64) for k in (0, 2, 3))
            parts = (cpu[:n], wall[:n], cpu[n:], wall[n:])
            costs = [f"{np.percentile(x, p) * 1e3:,.1f}" for x in parts for p in (50, 95)]
            size = f"{np.median(rows):,.0f}, {np.percentile(rows, 95):,.0f}"
            lines.append(f"| {name}, {told} | {size} | " + " | ".join(costs) + " |")
    count = sum(len(answers) for answers in found[next(iter(found))].values()) // 2
    return "\n".join(lines) + f"\n\nAll gave the same rows with the same keys to each of the {count} questions.\n"


SUBJECTS = {name: partial(answer, name) for name in PEERS}
