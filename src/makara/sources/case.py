"""Case directories: an exercise, a training case, an acceptance case, all in one form. Read and written here.

Who: ``makara exercise`` and other generators. Format: ``reports*.nmea[.gz]``, ``known.csv``, ``detections.csv``,
``collections.geojson``, ``zones.geojson``, ``authorisations.csv``, ``lists.csv``; products of satellites in the folder
``scenes``, which a lake searches; ``truth.json`` is not read. Licence: the generator's. Latency: told by ``known.csv``:
a case brings its own ``t_known``.

``t_known`` of a message is the latest that ``known.csv`` gives for its first and last sentence, else its ``t_seen``; of
a look its ``t_end``; of a detection the end of its look, or its ``t_seen`` for a sighting; of zones, lists,
authorisations and rejects the earliest time in the case. Feeds: ``case.terrestrial``, ``case.satellite`` (by the file's
name, ``reports_satellite*``), ``case.<sensor>``, ``case.zones``, ``case.lists``, ``case.authorisations``.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import polars as pl

from makara.base import ids, time
from makara.base.errors import ColumnsError, InputError
from makara.sources import _convert, _source, collections, detections, nmea, zones
from makara.sources._files import unreadable
from makara.sources._rows import ROW, rows
from makara.sources._sniff import Guess, Head
from makara.sources._source import TS, Batch, Source, shape

SOURCE = Source(
    "case",
    ("reports", "claims", "messages", "collections", "detections", "zones", "authorisations", "lists"),
    "a case directory: reports, looks, detections, zones, lists, authorisations",
)
SCENES: Final = "scenes"
"""Folder in a case directory for products of satellites; a lake searches them. What it holds is left alone here."""
_REPORTS: Final = ("reports*.nmea", "reports*.nmea.gz")
_OTHERS: Final = (
    "known.csv",
    "detections.csv",
    "collections.geojson",
    "zones.geojson",
    "authorisations.csv",
    "lists.csv",
    "truth.json",
)


def _files(directory: Path) -> list[Path]:
    try:
        present = sorted(p.name for p in directory.iterdir())
    except NotADirectoryError as e:
        raise InputError(f"{directory} is a file; the source case takes a directory (its file's folder?)") from e
    except OSError as e:
        raise unreadable(directory, e) from e
    found = sorted({p for pattern in _REPORTS for p in directory.glob(pattern)})
    if not found and not set(present) & set(_OTHERS):
        raise InputError(f"{directory} is no case directory: it has neither reports*.nmea nor {', '.join(_OTHERS)}")
    return found


def _known(directory: Path) -> dict[str, pl.DataFrame]:
    """(line, t_known) by file."""
    path = directory / "known.csv"
    if not path.exists():
        return {}
    table = _table(path, ("file", "line", "t_known"))[0]
    typed = table.select(
        "file",
        pl.col("line").cast(pl.Int64(), strict=False).alias("line"),
        _convert.instant(table["t_known"], "UTC", "t_known").alias("t_known"),
    ).drop_nulls()
    latest = typed.group_by("file", "line").agg(pl.col("t_known").max())
    return {str(key[0]): part.drop("file") for key, part in latest.partition_by("file", as_dict=True).items()}


def _table(path: Path, needed: tuple[str, ...]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """A small CSV file whole, and rejects.

    Raises:
        ColumnsError: a column is missing; the message names it and those there are.
    """
    frames, rejects = [], []
    for frame, bad in rows(path):
        missing = [c for c in needed if c not in frame.columns]
        if missing:
            have = ", ".join(c for c in frame.columns if c != ROW)
            raise ColumnsError(f"{path} has no column {', '.join(missing)}; it has: {have}")
        frames.append(frame)
        rejects.append(bad)
    return pl.concat(frames), _source.merged(rejects)


def _with_known(messages: pl.DataFrame, known: pl.DataFrame | None) -> pl.DataFrame:
    if known is None:
        late = pl.lit(None, TS)
        joined = messages
    else:
        first = known.rename({"line": "line_first", "t_known": "known_first"})
        last = known.rename({"line": "line_last", "t_known": "known_last"})
        joined = messages.join(first, on="line_first", how="left", maintain_order="left")
        joined = joined.join(last, on="line_last", how="left", maintain_order="left")
        late = pl.max_horizontal("known_first", "known_last")
    stamped = joined.with_columns(late.fill_null(pl.col("t_seen")).alias("t_known"))
    return stamped.rename({"line_last": "line"}).drop("line_first", "known_first", "known_last", strict=False)


def _earliest(found: datetime | None, frame: pl.DataFrame, column: str) -> datetime | None:
    least: Any = frame.filter(pl.col(column) >= pl.lit(_source.OLDEST).cast(TS))[column].min()
    return least if found is None else found if least is None else min(found, least)


def _number(name: str) -> pl.Expr:
    return pl.col(name).str.strip_chars().cast(pl.Int32(), strict=False).alias(name)


def _small(
    directory: Path, name: str, prefix: str, key: str, needed: tuple[str, ...]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows and rejects of lists.csv or authorisations.csv; their keys are hashes of what they say."""
    path = directory / f"{name}.csv"
    raw, rejects = _table(path, needed)
    times = [c for c in ("from", "to") if c in raw.columns]
    typed = raw.with_columns(
        pl.col(ROW).alias("line"),
        *(_convert.instant(raw[c], "UTC", c).alias(c) for c in times),
        *(_number(c) for c in ("mmsi", "imo") if c in raw.columns),
    )
    must = ("mmsi", "zone") if name == "authorisations" else ("list",)
    lacking = pl.any_horizontal(pl.col(c).is_null() for c in must)
    reason = pl.when(lacking).then(pl.lit("missing_value"))
    typed, bad = _convert.part(typed, raw, reason, pl.lit(f"no {' or '.join(must)}"), path.name)
    said = [
        [time.text(v) if isinstance(v, datetime) else v for v in row]
        for row in typed.select(c for c in needed).iter_rows()
    ]
    keys = pl.Series(key, [ids.ident(prefix, *row) for row in said], dtype=pl.String())
    return shape(name, typed.with_columns(keys)), _source.merged([rejects, bad])


def _looks(directory: Path) -> tuple[pl.DataFrame, pl.DataFrame, int]:
    path = directory / "collections.geojson"
    found, rejects, n = collections.load(path)
    return found.with_columns(pl.col("t_end").alias("t_known")), rejects, n


def _detections(directory: Path, looks: pl.DataFrame) -> Iterator[tuple[pl.DataFrame, pl.DataFrame, int]]:
    """Detections with what the case knows of their looks; those of unknown looks are rejected."""
    path = directory / "detections.csv"
    ends = looks.select("collection", pl.col("t_end").alias("look_end"))
    for found, bad, n in detections.load(path, {"tz": "UTC"}):
        joined = found.join(ends, on="collection", how="left", maintain_order="left")
        lost = pl.col("collection").is_not_null() & pl.col("look_end").is_null()
        told = joined.select("provider_id", "line")
        kept, unknown = _convert.part(
            joined,
            told,
            pl.when(lost).then(pl.lit("unknown_collection")),
            pl.lit("its collection is not in collections.geojson"),
            path.name,
        )
        known = pl.col("look_end").fill_null(pl.col("t_seen")).alias("t_known")
        yield kept.with_columns(known).drop("look_end"), _source.merged([bad, unknown]), n


def _by_sensor(name: str, found: pl.DataFrame, rejects: pl.DataFrame, n: int) -> Iterator[Batch]:
    """One batch a sensor, for each is a feed; the rejects go with the first."""
    parts = found.partition_by("sensor", maintain_order=True)
    spare = n - len(found)
    for part in parts:
        yield Batch({name: part}, rejects, len(part) + spare, f"case.{part['sensor'][0]}")
        rejects, spare = rejects.clear(), 0
    if not parts and n:
        yield Batch({name: found}, rejects, n, "case.sightings")


def _stamped(batch: Batch, start: datetime) -> Batch:
    """What has no time of its own is known from the case's start on."""
    from_start = pl.lit(start).cast(TS)
    frames = {
        name: f.with_columns(
            (pl.col("t_known").fill_null(from_start) if "t_known" in f.columns else from_start).alias("t_known")
        )
        for name, f in batch.frames.items()
    }
    rejects = batch.rejects.with_columns(from_start.alias("t_known"))
    return Batch(frames, rejects, batch.rows, batch.feed, batch.stats)


def recognises(head: Head) -> Guess | None:
    """A directory with the files of a case."""
    if head.kind != "directory":
        return None
    known = [n for n in head.names if n.startswith("reports") or n in ("detections.csv", "collections.geojson")]
    return Guess(0.98, f"a directory with {', '.join(known[:4])}") if known else None


def read(uri: Path, options: Mapping[str, str]) -> Iterator[Batch]:
    """Read a case directory. Rows and rejects bring their ``t_known``. See :class:`makara.sources.Reader`."""
    SOURCE.check(options)
    directory = Path(uri)
    known: dict[str, pl.DataFrame] | None = None
    start: datetime | None = None
    reports = _files(directory)
    held: list[Batch] = []
    looks = collections.load_nothing()
    if (directory / "collections.geojson").exists():
        looks, rejects, n = _looks(directory)
        held.extend(_by_sensor("collections", looks, rejects, n))
        start = _earliest(start, looks, "t_start")
    if (directory / "detections.csv").exists():
        for found, rejects, n in _detections(directory, looks):
            held.extend(_by_sensor("detections", found, rejects, n))
            start = _earliest(start, found, "t_seen")
    for path in reports:
        known = _known(directory) if known is None else known
        receiver = "satellite" if path.name.startswith("reports_satellite") else "terrestrial"
        for decoded in nmea.chunks(path, receiver=receiver):
            frames = {name: _with_known(f, known.get(path.name)) for name, f in decoded.frames().items()}
            for f in frames.values():
                start = _earliest(start, f, "t_seen")
            held.append(Batch(frames, decoded.rejects, decoded.stats["lines"], f"case.{receiver}", decoded.stats))
    if (directory / "zones.geojson").exists():
        found, rejects, n = zones.load(directory / "zones.geojson")
        held.append(Batch({"zones": found}, rejects, n, "case.zones"))
    for name, prefix, key, needed in (
        ("lists", "li", "entry", ("list", "mmsi", "imo", "name", "reason", "from")),
        ("authorisations", "au", "authorisation", ("mmsi", "zone", "gear", "from", "to")),
    ):
        if (directory / f"{name}.csv").exists():
            found, rejects = _small(directory, name, prefix, key, needed)
            held.append(Batch({name: found}, rejects, len(found) + len(rejects), f"case.{name}"))
    for batch in held:
        yield _stamped(batch, start or time.EPOCH)


def write(files: Mapping[str, bytes], directory: Path) -> None:
    """Write a case directory. Each file appears whole or not at all; ``truth.json`` comes last.

    Args:
        files: contents by name, as in a case directory.
        directory: made if it is missing; an old case in it is replaced.

    Raises:
        InputError: the directory holds something that is no case, a name is none of a case's, or it cannot be written.
    """
    for name in files:
        if name not in _OTHERS and not any(Path(name).match(p) for p in _REPORTS):
            raise InputError(f"{name!r} is no file of a case directory")
    try:
        directory.mkdir(parents=True, exist_ok=True)
        present = {p.name for p in directory.iterdir()}
        present -= {SCENES}
        strange = {n for n in present if n not in _OTHERS and not any(Path(n).match(p) for p in _REPORTS)}
        if strange:
            raise InputError(f"{directory} holds {sorted(strange)[0]}, so it is no case; choose an empty directory")
        for name in sorted(present - set(files)):
            (directory / name).unlink()
        for name in sorted(files, key=lambda n: (n == "truth.json", n)):
            part = directory / f".{name}.part"
            with part.open("wb") as f:
                f.write(files[name])
                f.flush()
                os.fsync(f.fileno())
            part.replace(directory / name)
    except OSError as e:
        raise InputError(f"{directory} cannot be written: {e.strerror or e}") from e
