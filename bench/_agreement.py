"""Whether the decoders come to the same answers: messages by type and positions, of ours and of each peer."""

from __future__ import annotations

import subprocess
import tempfile
from collections import Counter
from pathlib import Path

import polars as pl

TITLES = {
    "pyais": "pyais.FileReaderStream",
    "libais": "libais NmeaQueue",
    "aiscat": "AIS-catcher (aiscat)",
    "gpsdecode": "gpsdecode",
    "marlin": "marlin-py",
}
PLACED = (1, 2, 3, 4, 9, 11, 18, 19, 21, 27)
SAME_DEG = 1e-4
"""Peers keep 32 bits of a degree, or four decimals in type 27."""
HEAD = """The same {lines:,} sentences to each, and what it found beside ours. A position is the same when a message
of the same MMSI lies within 0.0001 degrees; the largest difference is that of the same ones.

| | messages | types with more or fewer than ours | positions | same as ours | largest difference |
| --- | ---: | --- | ---: | ---: | ---: |
"""


def told(path: Path, python: Path, root: Path) -> str:
    """A table of peers against ours, as Markdown.

    Args:
        path: sentences to decode.
        python: Python of the peers' environment.
        root: folder from which ``bench._peer`` is found.
    """
    import makara

    found = makara.decode(path)
    types = Counter({_class(k): 0 for k in range(1, 28)})
    for kind, n in found.stats["types"].items():
        types[_class(kind)] += n
    mine = _placed(found.reports)
    out = [HEAD.format(lines=found.stats["lines"])]
    out.append(f"| makara.decode | {found.stats['messages']:,} | | {len(mine):,} | | |\n")
    for peer, title in TITLES.items():
        with tempfile.NamedTemporaryFile(suffix=".parquet") as file:
            command = [str(python), "-m", "bench._peer", peer, str(path), file.name]
            subprocess.run(command, cwd=root, check=True, capture_output=True)
            rows = pl.read_parquet(file.name).filter(pl.col("msg_type").is_between(1, 27))
        theirs = Counter(_class(int(k)) for k in rows["msg_type"])
        differ = [f"{k} {theirs[k] - n:+,}" for k, n in types.items() if theirs[k] != n]
        placed = _placed(rows.filter(pl.col("msg_type").cast(pl.Int32).is_in(PLACED)))
        same, largest = _same(mine, placed)
        cells = title, f"{len(rows):,}", ", ".join(differ) or "none", f"{len(placed):,}", f"{same:,}", f"{largest:.6f}"
        out.append(f"| {' | '.join(cells)} |\n")
    return "".join(out)


def _class(kind: int) -> str:
    """Types 1 to 3 are one: a peer does not tell them apart."""
    return "1-3" if kind < 4 else str(kind)


def _placed(rows: pl.DataFrame) -> pl.DataFrame:
    lon, lat = pl.col("lon_deg").cast(pl.Float64), pl.col("lat_deg").cast(pl.Float64)
    there = (lon.abs() <= 180) & (lat.abs() <= 90) & ~((lon == 0) & (lat == 0))
    lon = pl.when(lon == 180).then(-180.0).otherwise(lon)
    return rows.filter(there).select(pl.col("mmsi").cast(pl.Int64), lon.alias("lon"), lat.alias("lat")).sort("lon")


def _same(mine: pl.DataFrame, theirs: pl.DataFrame) -> tuple[int, float]:
    """How many of their positions ours has too, and by how many degrees the same ones differ at most."""
    near = theirs.join_asof(
        mine.with_columns(near=pl.col("lon")), on="lon", by="mmsi", strategy="nearest", tolerance=SAME_DEG,
        check_sortedness=False,
    )  # fmt: skip
    off = near.select(
        pl.max_horizontal((pl.col("lon") - pl.col("near")).abs(), (pl.col("lat") - pl.col("lat_right")).abs())
    )
    same = off.to_series().drop_nulls()
    same = same.filter(same <= SAME_DEG)
    return len(same), float(same.max() or 0.0)  # type: ignore[arg-type]
