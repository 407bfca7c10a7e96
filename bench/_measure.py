"""What a command costs: CPU seconds (user + sys) and peak memory of its whole process tree.

Wall time is not given: it drifts with whatever else the machine does. Memory is the proportional set size (PSS) summed
over the tree, so that pages which processes share count once.
"""

from __future__ import annotations

import os
import resource
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

EVERY_S = 0.02


@dataclass(frozen=True)
class Cost:
    """What a command cost.

    Attributes:
        cpu_s: CPU seconds, user and system, of the process and all its descendants.
        peak_mb: highest sum of PSS over the tree, in MB, sampled fifty times a second; 0 where it was not asked.
        out: what it printed.
    """

    cpu_s: float
    peak_mb: float
    out: str


def run(command: Sequence[str], cwd: Path, env: Mapping[str, str] | None = None, memory: bool = True) -> Cost:
    """Run a command to its end and measure it; Python keeps its bytecode, as it does where a package is installed.

    To look at memory costs the process looked at up to a seventh of its time: the kernel holds its pages meanwhile.

    Args:
        command: the command.
        cwd: where to run it.
        env: variables to set beside those that are set.
        memory: measure its peak.

    Raises:
        RuntimeError: it failed; the message holds what it said.
    """
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    around = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=cwd,
                             env={**around, **(env or {})})  # fmt: skip
    tree = psutil.Process(child.pid)
    peak = 0
    while memory and child.poll() is None:
        peak = max(peak, _pss(tree))
        time.sleep(EVERY_S)
    out, err = child.communicate()
    if child.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{err}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(cpu, peak / 1e6, out)


def _pss(tree: psutil.Process) -> int:
    total = 0
    for p in _alive(tree):
        try:
            total += p.memory_full_info().pss
        except psutil.Error:
            continue
    return total


def _alive(tree: psutil.Process) -> list[psutil.Process]:
    try:
        return [tree, *tree.children(recursive=True)]
    except psutil.Error:
        return []
