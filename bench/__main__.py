"""Measure, and write docs/benchmarks.md: ``make bench``.

Each file in this folder without an underscore is a benchmark: ``TITLE``, ``NOTE``, ``prepare(directory) -> dict`` that
makes its input and says how large it is, and ``SUBJECTS`` by name, the first being ours: functions of the directory, or
commands (of the peers' environment) in which ``{directory}`` stands for it and which print the same JSON: ``made``,
``what`` and, where the work alone was measured, ``inside_cpu_s``. ``HIDDEN`` are subjects without a row, and
``remarks(directory)`` gives Markdown to follow the table. Each subject runs three times (or ``RUNS``) in a process of
its own, after one run that warms caches; the last is looked at for its memory, the cheapest of the others counts.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
from datetime import UTC, datetime
from importlib import import_module, metadata
from pathlib import Path
from typing import Any

import psutil
from bench import _measure

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "benchmarks.md"
RUNS = 3
HEAD = """# What it costs

CPU seconds (user + sys) and peak memory (sum of PSS) of the whole process tree, start and imports included, from
`make bench`; the cheapest run after one that warms caches, memory in a run of its own. Read them as ratios: hardware
differs, and wall time drifts.

"""


def names() -> list[str]:
    """Benchmarks of this folder."""
    return sorted(p.stem for p in Path(__file__).parent.glob("*.py") if not p.stem.startswith("_"))


def measure(name: str, directory: Path) -> str:
    """One benchmark as Markdown."""
    module = import_module(f"bench.{name}")
    size = module.prepare(directory)
    rows: list[dict[str, Any]] = []
    for subject in module.SUBJECTS:
        command = _command(module.SUBJECTS[subject], name, subject, directory)
        _measure.run(command, ROOT, memory=False)
        costs = [_measure.run(command, ROOT, memory=False) for _ in range(getattr(module, "RUNS", RUNS) - 1)]
        last = _measure.run(command, ROOT)
        best = min(costs or [last], key=lambda c: c.cpu_s)
        rows.append({"subject": subject, **json.loads(best.out), "cpu_s": best.cpu_s, "peak_mb": last.peak_mb})
        print(f"{name}: {subject}: {best.cpu_s:.2f} CPU-s, {last.peak_mb:.0f} MB", file=sys.stderr)
    text = _section(module.TITLE, module.NOTE, size, rows)
    return text + module.remarks(directory) + "\n" if hasattr(module, "remarks") else text


def _command(subject: Any, benchmark: str, name: str, directory: Path) -> list[str]:
    if callable(subject):
        return [sys.executable, "-m", "bench", "--subject", benchmark, name, str(directory)]
    if not Path(subject[0]).exists():
        raise SystemExit(f"{subject[0]} is not there; type: make peers")
    return [part.format(directory=directory) for part in subject]


def _section(title: str, note: str, size: dict[str, Any], rows: list[dict[str, Any]]) -> str:
    out = [f"## {title}\n\n", "Input: " + ", ".join(f"{v:,} {k}" for k, v in size.items()) + ".\n\n"]
    inside = any("inside_cpu_s" in r for r in rows)
    extra = " in process: made a CPU-s |" if inside else ""
    out.append(f"| | made | CPU-s | made a CPU-s | ratio |{extra} peak MB |\n")
    out.append("| --- | ---: | ---: | ---: | ---: |" + (" ---: |" if inside else "") + " ---: |\n")
    ours = rows[0]["made"] / rows[0]["cpu_s"]
    for r in rows:
        rate = r["made"] / r["cpu_s"]
        ratio = "1" if r is rows[0] else f"{rate / ours:.3f}"
        made = f"{r['made']:,} {r['what']}"
        work = f" {r['made'] / r['inside_cpu_s']:,.0f} |" if "inside_cpu_s" in r else " |" if inside else ""
        cost = f"{r['cpu_s']:.2f} | {rate:,.0f} | {ratio} |{work} {r['peak_mb']:,.0f}"
        out.append(f"| {r['subject']} | {made} | {cost} |\n")
    return "".join(out) + f"\n{note}\n\n"


def _machine() -> str:
    memory = psutil.virtual_memory().total / 2**30
    versions = ", ".join(f"{p} {metadata.version(p)}" for p in ("makara", "polars", "numba", "pyais"))
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()} "
        f"{platform.machine()}, Python {platform.python_version()}; {versions}.\n\n"
    )


def main(args: list[str]) -> int:
    """Measure all benchmarks, or those named; or be one subject of one."""
    if args[:1] == ["--subject"]:
        name, subject, directory = args[1:]
        module = import_module(f"bench.{name}")
        print(json.dumps((module.SUBJECTS | getattr(module, "HIDDEN", {}))[subject](Path(directory))))
        return 0
    parser = argparse.ArgumentParser("bench", description="Measure, beside named peers, what things cost.")
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help="those to measure, printed; all: into docs/benchmarks.md"
    )
    parser.epilog = f"There are {', '.join(names())}."
    given = parser.parse_args(args).names
    if unknown := set(given) - set(names()):
        parser.error(f"no benchmark {', '.join(sorted(unknown))}. {parser.epilog}")
    sections = []
    for name in given or names():
        with tempfile.TemporaryDirectory(prefix="makara-bench-") as directory:
            sections.append(measure(name, Path(directory)))
    text = HEAD + _machine() + "".join(sections).rstrip("\n") + "\n"
    if given:
        print(text)
    else:
        PAGE.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
