"""What the rules find and what they say in vain, on exercise seas: ``python -m bench.accuracy.score``.

Seas: ``makara exercise`` with seeds 1 to 5 and one quiet sea (look-alikes only), 24 h and 300 vessels each; with
``--cases DIR`` every case directory in DIR beside them. Each is ingested into a lake of its own, run in steps of six
hours of ``t_known``, and held against its truth (``makara.exercise.score``).

Per kind, summed over the seeds: **planted** (and observable), **found**, **recall**; **alerts** (right or false; those
of other true events and tolerated ones count neither way), **precision**. Per sea: false alerts in a watch of 12 h, and
all alerts of severity 2 or more in a watch, true ones included. ``--missed`` names what was missed and what was false.
"""

from __future__ import annotations

import argparse
import json
import re
import resource
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import polars as pl

STEP_S = 21_600
SEEDS = (1, 2, 3, 4, 5)


def lake_of(case: Path, home: Path) -> Any:
    """A lake that holds a case, all rules run."""
    import makara
    from makara.session.settings import default_settings

    settings = re.sub(r"(?m)^step_s = \d+", f"step_s = {STEP_S}", default_settings())
    session = makara.open(home, settings=settings)
    session.ingest("case", case)
    session.run()
    return session


def measured(case: Path, home: Path, missed: bool) -> dict[str, Any]:
    """The score of a case, its alerts in a watch, and CPU seconds."""
    before = _cpu_s()
    session = lake_of(case, home)
    out: dict[str, Any] = session.score(case / "truth.json")
    events = session.events().filter(pl.col("state") != "withdrawn", pl.col("severity") >= 2)
    loud = events.join(session.alerts().select("event").unique(), on="event", how="semi")
    out["alerts_per_watch"] = round(len(loud) / max(out["watches"], 0.1), 2)
    out["loud"] = dict(loud.group_by("kind").len().sort("kind").iter_rows())
    out["cpu_s"] = round(_cpu_s() - before, 1)
    if missed:
        tell(session, json.loads((case / "truth.json").read_text()))
    return out


def tell(session: Any, truth: dict[str, Any]) -> None:
    """Print planted events without an event of ours beside them, and our loud ones without a true one."""
    from makara.base import time

    def near(e: dict[str, Any], o: dict[str, Any]) -> bool:
        end = e["t_end"] or truth["t_end"]
        who = {f"mv{m}" for m in e["mmsi"]} | set(e.get("detections") or []) | set(e.get("unmatched") or [])
        ours = set(o["participants"]) | {f"mv{m}" for m in o["mmsi"] or []}
        late, early = o["t_end"] or o["t_end_floor"], o["t_start"]
        if o["state"] == "open":
            late = max(late, time.parse(truth["t_end"]))
        return (
            bool(who & ours)
            and (early - time.parse(end)).total_seconds() <= 1800
            and ((time.parse(e["t_start"]) - late).total_seconds() <= 1800)
        )

    events = session.events().filter(pl.col("state") != "withdrawn").to_dicts()
    ids = dict(session.detections().select("detection", "provider_id").iter_rows())
    for o in events:
        o["participants"] = [ids.get(p, p) for p in o["participants"]]
    by: dict[str, list[dict[str, Any]]] = {}
    for o in events:
        by.setdefault(o["kind"], []).append(o)
    for e in truth["events"]:
        if e.get("planted") and e.get("observable") is not False and not any(near(e, o) for o in by.get(e["kind"], [])):
            print(f"  missed {e['kind']} {e['t_start']} {e['t_end']} {e['mmsi']} {e['vessels']} {e['lon']} {e['lat']}")
    known = [*truth["events"], *truth["tolerated"]]
    for o in events:
        if o["severity"] >= 2 and not any(e["kind"] == o["kind"] and near(e, o) for e in known):
            who = f"{o['mmsi']} {o['participants'][:3]} {o['lon_deg']:.3f} {o['lat_deg']:.3f}"
            print(f"  false {o['kind']} {o['severity']} {o['t_start']} {who} {session.explain(o['event'])['why']}")


def _cpu_s() -> float:
    return sum(
        u.ru_utime + u.ru_stime for u in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )


def table(scores: list[dict[str, Any]]) -> str:
    """Kinds of some scores summed, as Markdown."""
    total: dict[str, Counter[str]] = {}
    for s in scores:
        for kind, one in s["kinds"].items():
            total.setdefault(kind, Counter()).update({k: one[k] for k in ("planted", "found", "alerts", "right")})
    rows = ["| kind | planted | found | recall | alerts | precision |", "| --- | ---: | ---: | ---: | ---: | ---: |"]
    for kind, c in sorted(total.items()):
        recall = f"{c['found'] / c['planted']:.2f}" if c["planted"] else ""
        precision = f"{c['right'] / c['alerts']:.2f}" if c["alerts"] else ""
        rows.append(f"| {kind} | {c['planted']} | {c['found']} | {recall} | {c['alerts']} | {precision} |")
    return "\n".join(rows)


def main() -> None:
    """Measure and print."""
    from makara.session import exercise

    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs="*", default=list(SEEDS))
    parser.add_argument("--hours", type=float, default=24.0)
    parser.add_argument("--vessels", type=int, default=300)
    parser.add_argument("--no-quiet", action="store_true")
    parser.add_argument("--cases", type=Path, help="a directory of case directories")
    parser.add_argument("--missed", action="store_true", help="name what was missed and what was false")
    parser.add_argument("--keep", type=Path, help="keep cases and lakes here")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        home = asked.keep or Path(scratch)
        seas: list[tuple[str, dict[str, Any]]] = []
        for seed, quiet in [*((s, False) for s in asked.seeds), *(() if asked.no_quiet else ((1, True),))]:
            name = f"{'quiet' if quiet else 'seed'}-{seed}"
            exercise(seed, home / name / "case", hours=asked.hours, vessels=asked.vessels, quiet=quiet)
            seas.append((name, measured(home / name / "case", home / name / "lake", asked.missed)))
            _say(*seas[-1])
        planted = [s for name, s in seas if name.startswith("seed")]
        if planted:
            print(f"\n{table(planted)}\n")
        for case in sorted(asked.cases.iterdir()) if asked.cases else ():
            s = measured(case, home / case.name / "lake", asked.missed)
            _say(case.name, s)
            print(f"\n{table([s])}\n")


def _say(name: str, s: dict[str, Any]) -> None:
    false, every = s["false_per_watch"], s["alerts_per_watch"]
    print(f"{name}: {false} false alerts a watch, {every} of severity 2 or more: {s['loud']}; {s['cpu_s']} CPU-s")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
