"""NMEA lines to a table: ours against pyais's own file reader."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

TITLE = "Decode: NMEA lines to tables of reports and claims"
NOTE = (
    "The input holds lines with a wrong checksum, as real ones do: pyais decodes them, ours puts them into rejects. "
    'pyais is asked for 14 columns of plain values; ours also makes ids, instants and nulls for "not available".'
)
COPIES = 20
COLUMNS = (
    "msg_type", "mmsi", "lon", "lat", "speed", "course", "heading", "status", "turn",
    "imo", "shipname", "callsign", "ship_type",
)  # fmt: skip


def prepare(directory: Path) -> dict[str, Any]:
    """A simulated sea's terrestrial lines (tag blocks, noise and all), twenty times over."""
    from makara.session import exercise

    exercise(7, directory / "sea", hours=6, vessels=120)
    lines = gzip.decompress((directory / "sea" / "reports_terrestrial.nmea.gz").read_bytes())
    (directory / "lines.nmea").write_bytes(lines * COPIES)
    return {"lines": lines.count(b"\n") * COPIES, "bytes": len(lines) * COPIES}


def ours(directory: Path) -> dict[str, Any]:
    """makara.decode: reports, claims, rejects, with ids, times and nulls."""
    import makara

    found = makara.decode(directory / "lines.nmea")
    return {"made": found.stats["messages"], "what": "messages"}


def pyais_reader(directory: Path) -> dict[str, Any]:
    """pyais.FileReaderStream: each message decoded and put into a table as a row."""
    import polars as pl
    from pyais import FileReaderStream

    rows: list[tuple[Any, ...]] = []
    with FileReaderStream(str(directory / "lines.nmea")) as stream:
        for sentence in stream:
            told = sentence.decode().asdict()
            stamp = sentence.tag_block
            if stamp is not None:
                stamp.init()
            t = None if stamp is None else stamp.receiver_timestamp
            rows.append((t, *(told.get(c) for c in COLUMNS)))
    frame = pl.DataFrame(rows, schema=["t", *COLUMNS], orient="row", infer_schema_length=None, strict=False)
    return {"made": len(frame), "what": "messages"}


SUBJECTS = {"makara.decode": ours, "pyais.FileReaderStream": pyais_reader}
