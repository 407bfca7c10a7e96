"""What partners' products share: foreign names and units to table detections, and the looks that the rows name.

A product is a table (CSV, Parquet, JSON, GeoJSON points) with one contact a row. Names are matched without regard to
case, blanks and brackets: ``Length (m)`` is ``length_m``. A row that names its scene or pass becomes part of a look;
that look's footprint is unknown unless a feed ``collections`` tells it, so nothing in it can be called unmatched. A
look begins and ends with what it found, or when the rows or a Sentinel-1 product's name say.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import polars as pl

from makara.base.errors import ColumnsError
from makara.sources import _json, _places, _source, _tables
from makara.sources._json import RAW
from makara.sources._recipe import Recipe
from makara.sources._rows import ROW, Rows, rows
from makara.sources._source import TS, Batch, Source, shape
from makara.tables import table

Refine = Callable[[pl.DataFrame], pl.DataFrame]

LON: Final = "geometry.lon"
LAT: Final = "geometry.lat"
"""Names of the coordinates of a GeoJSON point."""
TYPES: Final[dict[str, pl.DataType]] = {
    **{f.name: f.type for f in table("detections").own if not isinstance(f.type, pl.List)},
    "product": pl.String(),
    "platform": pl.String(),
    "mode": pl.String(),
    "licence": pl.String(),
    "t_start": TS,
    "t_end": TS,
}
"""Types of the columns that a source may name; of others the suffix tells."""
_NUMBERS: Final = ("m", "km", "nmi", "hz", "khz", "mhz", "ghz", "deg", "kn", "share", "plain")
"""Endings of further columns that are numbers."""
_LOOK: Final = ("product", "platform", "mode", "licence", "t_start", "t_end")
_SENTINEL1: Final = re.compile(r"(S1[A-D])_(\w\w)_\w{4}_\w{4}_(\d{8}T\d{6})_(\d{8}T\d{6})_")


def frames(path: Path, source: Source) -> Iterator[Rows]:
    """The rows of a product in any of its forms, names of columns plain.

    Raises:
        InputError: the file cannot be read, or is none of these forms.
    """
    start = _tables.head(path)
    wanted = [n for names in source.columns.values() for n in names]
    if _tables.is_json(start):
        pieces = _json.rows(path, wanted, _picker(source.columns))
    else:
        pieces = rows(path, _tables.separator(start))
    for frame, bad in pieces:
        lower = {c: _plain(c) for c in frame.columns if c not in (ROW, RAW)}
        kept = {c: n for c, n in lower.items() if list(lower.values()).count(n) == 1 or c == n}
        yield frame.select(*kept, *(c for c in (ROW, RAW) if c in frame.columns)).rename(kept), bad


def _picker(columns: Mapping[str, Any]) -> _json.Pick:
    """Columns of a JSON object; of a Feature its properties, id and point."""
    by_paths = _json.by_paths(columns)

    def pick(record: dict[str, Any]) -> dict[str, Any] | None:
        kind = record.get("type")
        if kind == "FeatureCollection":
            return None
        if kind != "Feature":
            return by_paths(_lower(record))
        told = record.get("properties")
        flat = _lower(told) if isinstance(told, dict) else {}
        place = record.get("geometry")
        xy = place.get("coordinates") if isinstance(place, dict) and place.get("type") == "Point" else None
        lon, lat = (xy[0], xy[1]) if isinstance(xy, list) and len(xy) > 1 else (None, None)
        points = {LON: lon, LAT: lat} | ({} if record.get("id") is None else {"id": record["id"]})
        return {**by_paths(flat), **{n: v for n, v in points.items() if v is not None}}

    return pick


def _lower(record: Mapping[str, Any]) -> dict[str, Any]:
    """Plain names, as those of tables; inner ones too."""
    return {_plain(str(k)): _lower(v) if isinstance(v, dict) else v for k, v in record.items()}


def _plain(name: str) -> str:
    """A name in lower case, all but letters, digits and points an underscore."""
    return re.sub(r"[^\w.]+", "_", name.strip().lower()).strip("_")


def parts(names: Iterable[str]) -> set[str]:
    """All parts of the names of columns and the paths into JSON, plain: what a file is recognised by."""
    return {part for name in names for part in _plain(name).split(".")}


def typed(frame: pl.DataFrame, source: Source, path: Path, tz: str | None = "UTC") -> pl.DataFrame:
    """Columns by our names: numbers Float64, times as instants, text; of several names the first that a row fills.

    Raises:
        ColumnsError: a needed column is missing; the message names it and those there are.
    """
    columns, merged = {}, {}
    for target, names in source.columns.items():
        have = [n for n in names if n in frame.columns]
        if not have:
            continue
        columns[target] = f"{target}\0"
        text = [pl.col(n).cast(pl.String()).str.strip_chars() for n in have]
        one = len(have) == 1 and frame[have[0]].dtype != pl.String()
        filled = pl.coalesce(pl.when(t != "").then(t) for t in text)
        if _type(target) == TS:
            filled = filled.str.replace(r"\s*(UTC|GMT)$", "Z").str.replace(r"^(\S+) (\S+)Z$", "${1}T${2}Z")
        merged[f"{target}\0"] = pl.col(have[0]) if one else filled
    lacking = [n for n in source.needed if n not in columns]
    if lacking:
        have = [c for c in frame.columns if c not in (ROW, RAW)]
        wanted = ", ".join(source.columns[n][0] for n in lacking)
        raise ColumnsError(f"{path} has no column {wanted}; it has: {', '.join(have[:60])}")
    targets = {t: _type(t) for t in columns}
    recipe = Recipe(targets, columns, {}, {}, {}, frozenset(), tz)
    return recipe.apply(frame.select(ROW).with_columns(frame.select(**merged)), str(path))


def _type(target: str) -> pl.DataType:
    if target in TYPES:
        return TYPES[target]
    return pl.Float64() if target.rpartition("_")[2] in _NUMBERS else pl.String()


def batches(
    pieces: Iterable[Rows],
    source: Source,
    path: Path,
    refine: Refine,
    *,
    provider: str = "",
    tz: str | None = "UTC",
    whole: Refine | None = None,
) -> Iterator[Batch]:
    """Looks, then detections, a batch at a time.

    Args:
        pieces: rows as read, and rejects of rows without form (see :func:`frames`).
        source: whose columns these are.
        path: the file.
        refine: works on the typed columns: units, words, the sensor; ``flags`` are kept.
        provider: who took the looks: part of their keys.
        tz: zone of times that name none.
        whole: works on all detections of the file at once, as clustering does; columns of table detections, ``line``.

    Raises:
        ColumnsError: a needed column is missing.
    """
    found, looks, rejects, n = [], [], [], 0
    for frame, bad in pieces:
        told = _filled(refine(typed(frame, source, path, tz)))
        raw = frame.select(RAW, ROW) if RAW in frame.columns else frame
        good, refused = _places.detections(told, raw, path.name, provider=provider)
        found.append(good)
        looks.append(told.join(good.select("line", "collection"), on="line", how="inner"))
        rejects += [bad, refused]
        n += len(frame) + len(bad)
    if not found:
        return
    detections = pl.concat(found)
    all_looks = _looks(pl.concat(looks, how="diagonal"), provider)
    tables = {"collections": all_looks} if len(all_looks) else {}
    if whole is not None:
        detections = whole(detections)
    bad = _source.merged(rejects).sort("line", nulls_last=True, maintain_order=True)
    yield Batch({**tables, "detections": detections}, bad, n, source.name)


def _filled(told: pl.DataFrame) -> pl.DataFrame:
    empty = {"product": pl.String(), "provider_id": pl.String(), "lon_deg": pl.Float64(), "lat_deg": pl.Float64()}
    none = {n: t for n, t in {**empty, "t_seen": TS}.items() if n not in told.columns}
    return told.with_columns(pl.lit(None, t).alias(n) for n, t in none.items())


def _looks(told: pl.DataFrame, provider: str) -> pl.DataFrame:
    """A look a product. What a Sentinel-1 product's name tells of time, platform and mode goes before the rows."""
    told = told.filter(pl.col("collection").is_not_null())
    told = told.with_columns(pl.lit(None, TYPES[n]).alias(n) for n in _LOOK if n not in told.columns)
    grouped = (
        told.group_by("collection")
        .agg(
            pl.col("product", "sensor", "platform", "mode", "licence").drop_nulls().max(),
            pl.coalesce("t_start", "t_seen").min().alias("t_start"),
            pl.max_horizontal("t_end", "t_seen").max().alias("t_end"),
        )
        .sort("collection")
    )
    made = [_named(row) for row in grouped.iter_rows(named=True)]
    fixed = {"provider": provider or None, "product_form": "detection"}
    listed = [{**row, **fixed, "line": None} for row in made]
    schema = {**{f.name: f.type for f in table("collections").own}, "line": pl.Int64()}
    return shape("collections", pl.DataFrame(listed, schema=schema))


def _named(row: dict[str, Any]) -> dict[str, Any]:
    told = _SENTINEL1.match(row["product"])
    if told is None:
        return row
    start, end = (pl.Series([told[i]]).str.to_datetime("%Y%m%dT%H%M%S", strict=False)[0] for i in (3, 4))
    if start is None or end is None or end < start:
        return row
    zone = row["t_start"].tzinfo
    return {
        **row,
        "platform": row["platform"] or f"Sentinel-1{told[1][2]}",
        "mode": row["mode"] or told[2],
        "t_start": start.replace(tzinfo=zone),
        "t_end": end.replace(tzinfo=zone),
    }
