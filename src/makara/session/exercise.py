"""A simulated sea written to disk."""

from __future__ import annotations

from pathlib import Path


def exercise(seed: int, out: str | Path, *, hours: float = 24.0, vessels: int = 300, quiet: bool = False) -> int:
    """Write a simulated sea as a case directory; answers the number of bytes.

    Args:
        seed: same seed, same bytes.
        out: directory to write; refused when it holds anything but a case.
        hours: length.
        vessels: how many.
        quiet: no incident, look-alikes only.
    """
    from makara.exercise import simulate
    from makara.session.resources import land
    from makara.sources.case import write

    case = simulate(seed, hours=hours, vessels=vessels, quiet=quiet, land=land())
    write(case.files, Path(out))
    return sum(len(b) for b in case.files.values())
