"""From NMEA to stored tracks: positions decoded, cleaned, segmented and stored."""

from __future__ import annotations

import json
import os
import re
import resource
from pathlib import Path
from typing import Any

TITLE = "Chain: NMEA decoded, cleaned, segmented and stored"
NOTE = (
    "A log of many fleets: lines with tag blocks, of stations and satellites, noise and all. `ingest` keeps the raw "
    "file, decodes it and stores reports and claims; `run` with all rules off cleans, segments, tags the distance to "
    "the shore, and stores track points, tracks and vessels. `made` counts reports with a place. No peer does the same."
)
FLEETS = 61


def prepare(directory: Path) -> dict[str, Any]:
    """A simulated sea's logs, by many fleets that differ in their MMSI."""
    from bench import _fleets

    file = directory / "positions.nmea"
    with file.open("wb") as f:
        f.writelines(_fleets.log(_fleets.sea(directory, hours=24, vessels=300), FLEETS))
    return {"bytes": file.stat().st_size}


def _cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def ours(directory: Path) -> dict[str, Any]:
    """A new lake, ingest, run; the CPU seconds of each stage go to ``stages-<pid>.json`` in the directory."""
    import makara
    from makara.session.settings import default_settings

    start = _cpu_s()
    no_rules = re.sub(r"(\[rules\.\w+\][^\n]*\n)enabled = true", r"\1enabled = false", default_settings())
    session = makara.open(directory / f"lake-{os.getpid()}", settings=no_rules)
    opened = _cpu_s()
    session.ingest("nmea", directory / "positions.nmea")
    taken = _cpu_s()
    made = session.run()["rows"]["track_points"]
    stages = {"start": start, "open": opened - start, "ingest": taken - opened, "run": _cpu_s() - taken}
    (directory / f"stages-{os.getpid()}.json").write_text(json.dumps(stages))
    return {"made": made, "what": "positions"}


def decode_alone(directory: Path) -> dict[str, Any]:
    """The same log through the decoder alone: the share of it."""
    from makara.sources.nmea import chunks

    made = sum(int(found.reports["lon_deg"].count()) for found in chunks(directory / "positions.nmea"))
    return {"made": made, "what": "positions"}


SUBJECTS = {"ingest and run": ours, "decode alone": decode_alone}
