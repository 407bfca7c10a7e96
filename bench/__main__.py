"""Measure, and write docs/benchmarks.md: ``make bench``.

Each file in this folder without an underscore is a benchmark: ``TITLE``, ``NOTE``, ``prepare(directory) -> dict`` that
makes its input and says how large it is, and ``SUBJECTS``, functions of the directory by name, the first being ours.
Each subject runs three times in a process of its own, after one run that warms caches; the cheapest run counts.
"""

from __future__ import annotations

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
`make bench`; the cheapest of three runs with warm caches. Read them as ratios: hardware differs, and wall time drifts.

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
        command = [sys.executable, "-m", "bench", "--subject", name, subject, str(directory)]
        costs = [_measure.run(command, ROOT) for _ in range(RUNS + 1)][1:]
        best = min(costs, key=lambda c: c.cpu_s)
        rows.append({"subject": subject, **json.loads(best.out), "cpu_s": best.cpu_s, "peak_mb": best.peak_mb})
        print(f"{name}: {subject}: {best.cpu_s:.2f} CPU-s, {best.peak_mb:.0f} MB", file=sys.stderr)
    return _section(module.TITLE, module.NOTE, size, rows)


def _section(title: str, note: str, size: dict[str, Any], rows: list[dict[str, Any]]) -> str:
    out = [f"## {title}\n\n", "Input: " + ", ".join(f"{v:,} {k}" for k, v in size.items()) + ".\n\n"]
    out.append("| | made | CPU-s | made a CPU-s | ratio | peak MB |\n| --- | ---: | ---: | ---: | ---: | ---: |\n")
    ours = rows[0]["made"] / rows[0]["cpu_s"]
    for r in rows:
        rate = r["made"] / r["cpu_s"]
        ratio = "1" if r is rows[0] else f"{rate / ours:.3f}"
        made = f"{r['made']:,} {r['what']}"
        out.append(f"| {r['subject']} | {made} | {r['cpu_s']:.2f} | {rate:,.0f} | {ratio} | {r['peak_mb']:,.0f} |\n")
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
        print(json.dumps(import_module(f"bench.{name}").SUBJECTS[subject](Path(directory))))
        return 0
    sections = []
    for name in args or names():
        with tempfile.TemporaryDirectory(prefix="makara-bench-") as directory:
            sections.append(measure(name, Path(directory)))
    text = HEAD + _machine() + "".join(sections).rstrip("\n") + "\n"
    if args:
        print(text)
    else:
        PAGE.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
