"""A writer that kills itself: ``crashing_writer.py LAKE [MODULE.FUNCTION before|after NTH [compact]]``.

It commits for ever, or compacts once. Commit number n appends one reject, makes the tracks n rows and puts one horizon,
so that all three count n.
"""

from __future__ import annotations

import importlib
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from lake_rows import T0, plain

from makara.lake import Lake


def dying(function: Callable[..., Any], when: str, nth: int) -> Callable[..., Any]:
    """The function, but its n-th call ends the process as a power cut would."""
    calls = 0

    def call(*args: Any, **named: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == nth and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        out = function(*args, **named)
        if calls == nth:
            os.kill(os.getpid(), signal.SIGKILL)
        return out

    return call


def commit(lake: Lake) -> None:
    """One more of each."""
    with lake.write() as work:
        made = lake.snapshot()
        n = (made.number if made else 0) + 1
        work.append("rejects", plain("rejects", 1, start=n))
        work.replace("tracks", plain("tracks", n))
        work.put("horizons", plain("horizons", 1, start=n))


if __name__ == "__main__":
    lake = Lake.open(sys.argv[1])
    if len(sys.argv) > 2:
        where, _, name = sys.argv[2].rpartition(".")
        module = importlib.import_module(where)
        setattr(module, name, dying(getattr(module, name), sys.argv[3], int(sys.argv[4])))
    print("ready", flush=True)
    if sys.argv[5:] == ["compact"]:
        with lake.write() as work:
            work.compact(T0)
    while not sys.argv[5:]:
        commit(lake)
