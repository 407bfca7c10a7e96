"""What a file looks like, and which sources may read it: for people who do not know the format."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from makara.base.errors import InputError
from makara.sources import _json, _tables
from makara.sources._geoparquet import PLACE, point_column
from makara.sources._names import bare, spelt
from makara.sources._source import Source

DEPTH: Final = 5
OBJECTS: Final = 20
_ANYBODY: Final = frozenset({
    "callsign", "class", "cog", "course", "date", "draft", "draught", "eta", "flag", "heading", "id", "imo", "lat",
    "latitude", "length", "lon", "long", "longitude", "mmsi", "name", "rot", "sog", "source", "speed", "status", "time",
    "timestamp", "type", "vesselname", "width",
})  # fmt: skip
"""Names of columns that tell nothing of whose table it is."""


class Guess(NamedTuple):
    """How well a file fits a source.

    Attributes:
        score: 0 to 1.
        why: in words.
        options: options that it would need, where they can be guessed.
    """

    score: float
    why: str
    options: Mapping[str, str] = {}


@dataclass(frozen=True)
class Head:
    """The beginning of a file.

    Attributes:
        path: the file.
        data: its first bytes, uncompressed.
        kind: directory, parquet, json, xml, text, binary or empty.
    """

    path: Path
    data: bytes
    kind: str
    names: tuple[str, ...] = field(default=())

    @cached_property
    def lines(self) -> list[bytes]:
        """Its first lines, the last one only if it is whole."""
        lines = self.data.splitlines()
        return lines[:-1] if len(self.data) >= _tables.HEAD_BYTES and len(lines) > 1 else lines

    @cached_property
    def separator(self) -> str:
        """Of a table as text."""
        return _tables.separator(self.data)

    @cached_property
    def objects(self) -> list[dict[str, Any]]:
        """The first objects of JSON."""
        found = []
        for _, record, _, _ in _json.objects([self.data]):
            if record is not None:
                found.append(record)
            if len(found) >= OBJECTS:
                break
        return found

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """Names of columns; of JSON the paths of single values."""
        if self.kind == "parquet":
            return self.names
        if self.kind == "json":
            return tuple(dict.fromkeys(p for record in self.objects for p in _paths(record)))
        if self.kind != "text" or not self.lines:
            return ()
        try:
            line = self.lines[0].decode("utf-8-sig", "replace")
            return tuple(n.strip() for n in next(csv.reader([line], delimiter=self.separator), []))
        except csv.Error:
            return ()

    @property
    def words(self) -> str:
        """What kind of file it is, in words."""
        if self.kind == "text" and len(self.columns) > 1:
            names = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
            return f"text, columns parted by {names[self.separator]}"
        return {"parquet": "Parquet", "json": "JSON", "xml": "XML", "directory": "a directory"}.get(
            self.kind, self.kind
        )


def _paths(record: Any, before: str = "", depth: int = 0) -> Iterator[str]:
    if depth > DEPTH:
        return
    inner = record.items() if isinstance(record, dict) else enumerate(record)
    for name, value in inner:
        path = f"{before}{name}"
        if isinstance(value, dict) or (isinstance(value, list) and len(value) < 4):
            yield from _paths(value, f"{path}.", depth + 1)
        else:
            yield path


def head(path: Path) -> Head:
    """The beginning of a file.

    Raises:
        InputError: it cannot be read.
    """
    if path.is_dir():
        return Head(path, b"", "directory", tuple(sorted(p.name for p in path.iterdir())))
    data = _tables.head(path)
    if not data.strip():
        return Head(path, data, "empty")
    if data.startswith(b"PAR1"):
        try:
            schema = pq.read_schema(path)
            points = point_column(schema)
            names = (n for n in schema.names if n != points)
            return Head(path, data, "parquet", (*names, *(PLACE if points else ())))
        except (OSError, pa.ArrowException) as e:
            raise InputError(f"{path} is no readable Parquet file: {str(e).splitlines()[0]}") from e
    if _tables.is_json(data):
        return Head(path, data, "json")
    if data.lstrip()[:1] == b"<":
        return Head(path, data, "xml")
    odd = sum(b < 9 or 14 <= b < 32 for b in data[:4096])
    return Head(path, data, "binary" if odd > len(data[:4096]) / 20 else "text")


def by_columns(found: Head, source: Source) -> Guess | None:
    """How well a table's columns fit those that a source declares; None where a needed one is missing."""
    names = [n for several in source.columns.values() for n in several]
    have = set(found.columns if found.kind == "json" else spelt(found.columns, names))
    if not source.needed or any(have.isdisjoint(source.columns[n]) for n in source.needed):
        return None
    known = set(names)
    found_here = sum(not have.isdisjoint(names) for names in source.columns.values())
    share, covered = len(have & known) / len(have), found_here / len(source.columns)
    why = (
        f"{len(have & known)} of its {len(have)} columns are known, {found_here} of the source's {len(source.columns)}"
    )
    if {bare(n) for n in have & known} <= _ANYBODY:
        return Guess(0.1, "its columns are such as any table of positions has")
    exact = len(have & set(found.columns)) / len(have)
    return Guess(0.2 + 0.35 * share + 0.05 * exact + 0.3 * min(1.0, 1.5 * covered), why)


def mapping(columns: tuple[str, ...], source: Source) -> dict[str, str]:
    """What becomes of each column that a source knows: our name by column."""
    known = [n for several in source.columns.values() for n in several]
    ours: dict[str, str] = dict(zip(columns, spelt(columns, known), strict=True))
    if source.any_case:
        ours = {c: c.strip().lower() for c in columns}
    if source.any_case and any(c.startswith("properties.") for c in ours.values()):
        inner = {c: n for c, n in ours.items() if n.startswith("properties.") or n == "id"}
        ours = {c: n.removeprefix("properties.") for c, n in inner.items()}
    targets: dict[str, str] = {}
    for target, names in source.columns.items():
        for name in names:
            targets.setdefault(name, target)
    return {c: targets[name] for c, name in ours.items() if name in targets}


def geometry_types(found: Head) -> set[str]:
    """The geometries of GeoJSON features, as far as the head shows them."""
    text = found.data.decode("utf-8", "replace")
    return {t for t in ("Point", "LineString", "Polygon", "MultiPolygon") if json.dumps(t) in text}
