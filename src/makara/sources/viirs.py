"""Lit boats at night, as the Earth Observation Group finds them in the day/night band of VIIRS (VBD).

Who: Earth Observation Group, Colorado School of Mines; Suomi NPP, NOAA-20 and 21. Format: nightly CSV, one row a
detection (``id_Key, Date_Mscan, Lat_DNB, Lon_DNB, Rad_DNB, QF_Detect, SMI, SI, SHI, LI, File_DNB, Lat_Gring,
Lon_Gring, ...``; 999999 is unknown), plain or packed. Licence: CC BY 4.0, with attribution; nightly data by account.
Latency: 4 to 12 hours.

Quality flags stay with each row, as flags and as P(vessel): 1 strong, 2 weak, 3 blurry, 4 gas flare, 5 particle, 6 moon
glint, 7 glow, 8 recurring, 9 crosstalk, 10 weak and blurry, 11 platform. These probabilities are set by what the flags
mean, not measured. A granule whose outline the file tells (``Lat_Gring``, ``Lon_Gring``) is a look; else its rows are
sightings.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import polars as pl
import shapely

from makara.base.errors import ColumnsError
from makara.sources import _convert, _places, _shapes, _source
from makara.sources._places import collection_id
from makara.sources._rows import ROW, rows
from makara.sources._sniff import Guess, Head
from makara.sources._source import Batch, Option, Source

SOURCE = Source(
    "viirs",
    ("collections", "detections"),
    "lit boats at night (VIIRS boat detection of the Earth Observation Group)",
    (Option("provider", "who provided the looks: part of their ids", "eog"),),
)
NEEDED: Final = ("Date_Mscan", "Lat_DNB", "Lon_DNB", "QF_Detect")
FILL: Final = 999_999.0
QUALITY: Final[Mapping[int, tuple[float, str | None, str | None]]] = {
    1: (0.95, None, None),
    2: (0.75, "weak", None),
    3: (0.5, "blurry", None),
    4: (0.02, "gas_flare", "platform"),
    5: (0.02, "particle", None),
    6: (0.03, "moon_glint", None),
    7: (0.05, "glow", None),
    8: (0.8, "recurring", None),
    9: (0.02, "crosstalk", "ambiguity"),
    10: (0.4, "weak_blurry", None),
    11: (0.05, "platform", "platform"),
}
"""By quality flag: P(vessel), the flag, the structure."""
ELLIPSE_M: Final = 610.0
"""Half the axis of the 95 % error ellipse: anywhere in a pixel of 742 m, and 130 m of georeference."""
RESOLUTION_M: Final = 742.0
PLATFORMS: Final = {"npp": "Suomi NPP", "j01": "NOAA-20", "j02": "NOAA-21"}
_GRANULE: Final = re.compile(r"SVDNB_(npp|j\d\d)_d(\d{8})_t(\d{6})(\d)_e(\d{6})(\d)_b(\d+)")
_NUMBER: Final = re.compile(r"[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")


def recognises(head: Head) -> Guess | None:
    """The columns of the day/night band with a quality flag."""
    if {"Lat_DNB", "Lon_DNB", "QF_Detect"} <= set(head.columns):
        return Guess(0.95, "it has Lat_DNB, Lon_DNB and QF_Detect")
    return None


def _known(frame: pl.DataFrame, name: str) -> pl.Series:
    """Numbers of a column; 999999 is unknown, as is a column that is not there."""
    if name not in frame.columns:
        return pl.Series(name, [None] * len(frame), dtype=pl.Float64())
    found = _convert.number(frame[name]).alias(name)
    return found.set((found.abs() >= FILL).fill_null(value=False), None)


def _said(frame: pl.DataFrame, name: str) -> pl.Series:
    """Whether there is something in a column, and not the number for unknown."""
    text = _convert.text(frame[name])
    return text.is_not_null() & ~text.str.contains(r"^999999(\.0+)?$").fill_null(value=False)


def granule(name: str | None) -> tuple[str, str, datetime, datetime] | None:
    """Id, platform, begin and end of a granule by the name of its file; None where it is named otherwise.

    >>> granule("SVDNB_npp_d20240301_t1702001_e1707405_b63999_c20240301234207_oebc_ops.h5")[1]
    'Suomi NPP'
    """
    m = _GRANULE.search(name or "")
    if m is None:
        return None
    try:
        day = [datetime.strptime(m[2] + m[k], "%Y%m%d%H%M%S").replace(tzinfo=UTC) for k in (3, 5)]
    except ValueError:
        return None
    start, end = (t + timedelta(milliseconds=100 * int(m[k])) for t, k in zip(day, (4, 6), strict=True))
    return m[0], PLATFORMS.get(m[1], m[1]), start, end if end >= start else end + timedelta(days=1)


def outline(lat: str | None, lon: str | None) -> bytes | None:
    """The footprint of a granule by its ring of latitudes and longitudes, cut at 180; None where they make none."""
    y, x = ([float(v) for v in _NUMBER.findall(text or "")] for text in (lat, lon))
    if len(y) != len(x) or len(y) < 3 or any(abs(v) > 90 for v in y) or any(abs(v) > 180 for v in x):
        return None
    ring = list(zip(x, y, strict=True))
    try:
        return _shapes.wkb(_shapes.geojson({"type": "Polygon", "coordinates": [[*ring, ring[0]]]}))
    except (ValueError, shapely.errors.ShapelyError):
        return None


def _looks(frame: pl.DataFrame, provider: str) -> tuple[dict[str, str], list[dict[str, Any]]]:
    """Product ids by file name of the granules whose outline is told, and their rows of table collections."""
    if not {"File_DNB", "Lat_Gring", "Lon_Gring"} <= set(frame.columns):
        return {}, []
    products, found = {}, []
    once = frame.unique("File_DNB", keep="first", maintain_order=True)
    for line, name, lat, lon in once.select(ROW, "File_DNB", "Lat_Gring", "Lon_Gring").iter_rows():
        told, shape = granule(name), outline(lat, lon)
        if told is None or shape is None:
            continue
        product, platform, start, end = told
        products[name] = product
        found.append(
            {
                "collection": collection_id(provider, product), "product": product, "sensor": "viirs",
                "platform": platform, "mode": "DNB", "t_start": start, "t_end": end, "footprint": shape,
                "resolution_m": RESOLUTION_M, "provider": provider, "product_form": "detection", "line": line,
            }
        )  # fmt: skip
    return products, found


def load(path: Path, provider: str) -> Iterator[tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame, int]]:
    """Detections, looks, rejects, and rows read, a batch at a time.

    Raises:
        InputError: the file cannot be read.
        ColumnsError: a column is missing; the message names it and those there are.
    """
    types = dict(_source.shape("collections", pl.DataFrame()).schema)
    seen: set[str] = set()
    for frame, bad in rows(path):
        missing = [c for c in NEEDED if c not in frame.columns]
        if missing:
            have = ", ".join(c for c in frame.columns[:60] if c != ROW)
            raise ColumnsError(f"{path}: no column {', '.join(missing)}; it has: {have}")
        products, looks = _looks(frame, provider)
        fresh = [look for look in looks if look["collection"] not in seen]
        seen.update(look["collection"] for look in fresh)
        quality = _known(frame, "QF_Detect").cast(pl.Int64(), strict=False)
        none = (None, None, None)
        p, flag, structure = (
            zip(*(QUALITY.get(q, none) for q in quality.to_list()), strict=True) if len(frame) else none
        )
        strange = quality.is_not_null() & ~quality.is_in(list(QUALITY))
        files = frame["File_DNB"] if "File_DNB" in frame.columns else pl.Series([None] * len(frame), dtype=pl.String())
        full = pl.DataFrame(
            {
                "line": frame[ROW],
                "provider_id": _convert.text(frame["id_Key"]) if "id_Key" in frame.columns else [None] * len(frame),
                "product": files.replace_strict(products, default=None, return_dtype=pl.String()),
                "sensor": ["viirs"] * len(frame),
                "t_seen": _convert.instant(frame["Date_Mscan"], "UTC", "Date_Mscan"),
                "lon_deg": _known(frame, "Lon_DNB"),
                "lat_deg": _known(frame, "Lat_DNB"),
                "t_seen_said": _said(frame, "Date_Mscan"),
                "lon_deg_said": _said(frame, "Lon_DNB"),
                "lat_deg_said": _said(frame, "Lat_DNB"),
                "semi_major_m": [ELLIPSE_M] * len(frame),
                "semi_minor_m": [ELLIPSE_M] * len(frame),
                "radiance_nw": _known(frame, "Rad_DNB"),
                "p_vessel": list(p or ()),
                "structure": list(structure or ()),
            },
            schema_overrides={"provider_id": pl.String(), "p_vessel": pl.Float64(), "structure": pl.String()},
        ).with_columns(pl.when(pl.col("radiance_nw") >= 0).then(pl.col("radiance_nw")))
        doubts = [
            [f] if f else [f"qf_{q}"] if odd else []
            for f, q, odd in zip(flag or (), quality.to_list(), strange.to_list(), strict=True)
        ]
        found, rejects = _places.detections(full, frame, path.name, provider=provider)
        flags = pl.DataFrame({"line": frame[ROW], "flags": pl.Series(doubts, dtype=pl.List(pl.String()))})
        told = found.drop("flags").join(flags, on="line", how="left", maintain_order="left").select(found.columns)
        shaped = _source.shape("collections", pl.DataFrame(fresh, schema={**types, "line": pl.Int64()}))
        yield told, shaped, _source.merged([bad, rejects]), len(frame) + len(bad)


def read(uri: Path, options: Mapping[str, str]) -> Iterator[Batch]:
    """Read a night of boat detections; feed ``viirs``. See :class:`makara.sources.Reader`."""
    given = SOURCE.check(options)
    for found, looks, rejects, n in load(uri, given["provider"]):
        yield Batch({"collections": looks, "detections": found}, rejects, n, "viirs")
