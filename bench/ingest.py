"""Positions in CSV to a sorted store: ours against DuckDB and pandas."""

from __future__ import annotations

import io
import json
import re
import shutil
from contextlib import redirect_stdout, suppress
from pathlib import Path
from typing import Any

TITLE = "Ingest: MarineCadastre CSV to a sorted, partitioned store"
NOTE = (
    "A day of many fleets in the columns of MarineCadastre's files. Ours also keeps the raw file with its hash, gives "
    "each row its id, drops repeated rows (of the file, and of those that the lake has), puts bad rows into rejects, "
    "marks each row, makes a claim of each vessel's static values by the hour, and commits all of it at once. The "
    "peers parse the same columns, leave out rows without a place and repeated ones, add the day, and write Parquet "
    "(zstd) by day, sorted by MMSI and time; `made` counts the rows read."
)
FLEETS = 26
RUNS = 5
COLUMNS = (
    "MMSI, BaseDateTime, LAT, LON, SOG, COG, Heading, VesselName, IMO, CallSign, VesselType, Status, Length, Width, "
    "Draft, TransceiverClass"
)


def prepare(directory: Path) -> dict[str, Any]:
    """A simulated sea's positions as CSV, by many fleets that differ in their MMSI and lie side by side."""
    from bench import _fleets

    rows = _fleets.table(_fleets.sea(directory, hours=24, vessels=300), FLEETS)
    file = directory / "positions.csv"
    rows.write_csv(file)
    return {"rows": len(rows), "bytes": file.stat().st_size}


def _new(directory: Path, name: str) -> Path:
    """Where a run writes, without what the run before it wrote: so no run pays for memory that others hold on to."""
    shutil.rmtree(directory / name, ignore_errors=True)
    return directory / name


def ours(directory: Path) -> dict[str, Any]:
    """The command, into a new lake."""
    from makara.cli import main

    said = io.StringIO()
    with redirect_stdout(said), suppress(SystemExit):
        main(["ingest", str(_new(directory, "lake")), "marinecadastre", str(directory / "positions.csv")])
    return {"made": json.loads(said.getvalue())["rows"], "what": "rows"}


def duckdb(directory: Path) -> dict[str, Any]:
    """read_csv, distinct, sort, COPY TO by day."""
    import duckdb

    out = _new(directory, "duckdb")
    source = f"read_csv('{directory / 'positions.csv'}', header = true)"
    db = duckdb.connect()
    db.execute(
        f"COPY (SELECT DISTINCT {COLUMNS}, BaseDateTime::DATE AS day FROM {source} "
        "WHERE LAT BETWEEN -90 AND 90 AND LON BETWEEN -180 AND 180 ORDER BY day, MMSI, BaseDateTime) "
        f"TO '{out}' (FORMAT parquet, COMPRESSION zstd, PARTITION_BY (day))"
    )
    read = db.execute(f"SELECT count(*) FROM {source}").fetchone()
    return {"made": read[0] if read else 0, "what": "rows"}


def pandas(directory: Path) -> dict[str, Any]:
    """read_csv, drop_duplicates, sort_values, to_parquet by day."""
    import pandas as pd

    names = re.split(r",\s*", COLUMNS)
    rows = pd.read_csv(directory / "positions.csv", usecols=names, parse_dates=["BaseDateTime"])
    read = len(rows)
    rows = rows[rows["LAT"].between(-90, 90) & rows["LON"].between(-180, 180)].drop_duplicates()
    rows["day"] = rows["BaseDateTime"].dt.date.astype(str)
    rows = rows.sort_values(["day", "MMSI", "BaseDateTime"])
    rows.to_parquet(_new(directory, "pandas"), compression="zstd", partition_cols=["day"])
    return {"made": read, "what": "rows"}


SUBJECTS = {"makara ingest": ours, "DuckDB": duckdb, "pandas": pandas}
