"""The whole walk: a lake made, files taken in, run, in one process."""

from __future__ import annotations

import json
import os
import resource
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

TITLE = "Walk: files to events, alerts and releases"
NOTE = (
    "A new lake, `ingest` and `run`; the simulated seas are walked in steps of 15 minutes of `t_known`, real files "
    "(where there are any) in one step, with 229 zones. The ten million are a log of many fleets of the large sea, "
    "with its zones and all rules, known in one step; `once more` is `makara run --from` the beginning on that lake: "
    "all rules again. No peer does the same, and the sets differ: the ratio says nothing here."
)
RUNS = 1
FLEETS = 54
DATA = Path(os.environ.get("MAKARA_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))
REAL = {
    "USCG NMEA, 50,000 lines": ("nmea", "nmea/uscg_nais_20160728_a.nmea.gz", {}),
    "Kattegat, mapped": (
        "mapped",
        "ais/dma_kattegat_20251101_02.parquet",
        {
            "map": "mmsi=MMSI t_seen=Timestamp lon_deg=Longitude lat_deg=Latitude sog_kn=SOG "
            "cog_deg=atan2(COG_sin,COG_cos)",
            "unit": "sog_kn=m/s",
            "tz": "UTC",
        },
    ),
    "West Australia, mapped, two years": (
        "mapped",
        "ais/omtad_west_australia_2018_2019.parquet",
        {
            "map": "id=CRAFT_ID t_seen=TIMESTAMP lon_deg=LON lat_deg=LAT sog_kn=SPEED cog_deg=COURSE",
            "scheme": "omtad",
            "receiver": "satellite",
        },
    ),
}


def prepare(directory: Path) -> dict[str, Any]:
    """Two simulated seas."""
    from makara.session import exercise

    small = exercise(7, directory / "small", hours=6, vessels=120)
    large = exercise(7, directory / "large", hours=24, vessels=300)
    return {"bytes of the small sea": small, "bytes of the large one": large} | many(directory, FLEETS)


def many(directory: Path, fleets: int) -> dict[str, Any]:
    """A log of many fleets of the large sea."""
    from bench import _fleets

    logs = _fleets.sea(directory, hours=24, vessels=300)
    file = directory / "positions.nmea"
    with file.open("wb") as f:
        f.writelines(_fleets.log(logs, fleets))
    return {"bytes of many fleets": file.stat().st_size}


def _walked(session: Any, taken: dict[str, Any]) -> dict[str, Any]:
    session.run()
    return {"made": taken["reports"], "what": "reports"}


def _sea(name: str, directory: Path) -> dict[str, Any]:
    import makara

    session = makara.open(directory / f"lake-{name}-{os.getpid()}")
    return _walked(session, session.ingest("case", directory / name))


def _cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _many(directory: Path) -> dict[str, Any]:
    """The log of many fleets; the CPU seconds of each stage go to ``stages.json`` in the directory."""
    import makara

    session = makara.open(directory / f"lake-many-{os.getpid()}")
    session.ingest("zones", directory / "sea" / "zones.geojson")
    start = _cpu_s()
    session.ingest("nmea", directory / "positions.nmea")
    taken = _cpu_s()
    done = session.run()
    stages = {"ingest": taken - start, "run": _cpu_s() - taken, "events": sum(done["events"].values())}
    (directory / "stages.json").write_text(json.dumps(stages))
    (directory / "lake.txt").write_text(str(session.lake.path))
    return {"made": done["rows"]["track_points"], "what": "reports"}


def _again(directory: Path) -> dict[str, Any]:
    """All rules once more on that lake."""
    import polars as pl

    import makara

    session = makara.open((directory / "lake.txt").read_text())
    points = session.lake.scan("track_points").select(pl.len(), pl.col("t_seen").min())
    rows, first = points.collect().row(0)
    session.run(frm=first)
    return {"made": rows, "what": "reports"}


def remarks(directory: Path) -> str:
    """What the stages of the ten million cost."""
    of = json.loads((directory / "stages.json").read_text())
    return f"Of the ten million: ingest {of['ingest']:.1f} CPU-s, run {of['run']:.1f}; {of['events']:,} events.\n"


def _real(name: str, directory: Path) -> dict[str, Any]:
    import makara

    source, pattern, options = REAL[name]
    session = makara.open(directory / f"lake-{os.getpid()}")
    session.ingest("zones", DATA / "geo" / "gfw_eezs.json")
    lined = {k: v.replace(" ", "\n") if k == "map" else v for k, v in options.items()}
    return _walked(session, session.ingest(source, sorted(DATA.glob(pattern)), **lined))


SUBJECTS: dict[str, Callable[[Path], dict[str, Any]]] = {
    "simulated, 6 h, 120 vessels": partial(_sea, "small"),
    "simulated, 24 h, 300 vessels": partial(_sea, "large"),
    "ten million, all rules": _many,
    "ten million, all rules once more": _again,
}
if DATA.is_dir():
    SUBJECTS |= {name: partial(_real, name) for name in REAL}
