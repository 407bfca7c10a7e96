"""A process that follows a UDP feed and dies by SIGKILL at a named point of taking a segment in. For test_follow."""

from __future__ import annotations

import os
import signal
import sys

import makara
from makara.lake.spool import Spool
from makara.session import follow

lake, port, point = sys.argv[1], sys.argv[2], sys.argv[3]


def die(*_: object, **__: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def listening(news: str) -> None:
    """From now on the point is deadly; what an earlier process left was taken in before."""
    if point == "cut":  # the segment is cut and written, the lake has nothing of it
        follow.ingest = die  # type: ignore[assignment]
    elif point == "taken":  # the lake has it, the spool does not know yet
        Spool.done = die  # type: ignore[method-assign]
    print(news, flush=True)


makara.open(lake).follow("listen", f"udp://127.0.0.1:{port}", every_s=0.5, walk=False, say=listening)
