"""Positions in tables of any form, AIS or VMS, with the columns named by the user.

Who: anyone. Format: CSV (plain, gzip, zstd, zip) or Parquet; ``--map TARGET=COLUMN`` names what each column is (a
column of table reports, or ``id`` with ``--scheme NAME`` for vessels known by another number than their MMSI). Licence:
the provider's. Latency: the provider's. Longitudes from 0 to 360 are understood where all of the file shows them: none
below 0, some above 180.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import polars as pl

from makara.base.errors import ColumnsError, UsageError
from makara.sources import _places, _recipe, _source
from makara.sources._eastward import Eastward
from makara.sources._rows import rows
from makara.sources._sniff import Guess, Head
from makara.sources._source import Batch, Option, Source, joined
from makara.tables.reports import RECEIVERS, TRANSPONDERS

SOURCE = Source(
    "mapped",
    ("reports", "movers"),
    "positions in CSV or Parquet, columns named with --map",
    (
        *_recipe.OPTIONS,
        Option("scheme", "what the mapped id is, as in vms:FJI", "mmsi"),
        Option("receiver", "class of the receiver: terrestrial, satellite, vms, own or unknown", "unknown"),
    ),
)
_EXTRA: Final = {"id": pl.String()}
_VOCABULARIES: Final = {"receiver": RECEIVERS, "transponder": TRANSPONDERS}


_GUESSES: Final = {
    "mmsi": ("mmsi", "ssvid", "maritimemobileserviceidentity"),
    "id": ("id", "ship", "vessel", "vesselid", "shipid", "vid", "craftid", "objectid", "trackid"),
    "t_seen": (
        "timestamp",
        "time",
        "datetime",
        "basedatetime",
        "t",
        "when",
        "sequencedttm",
        "utc",
        "date",
        "datetimeutc",
    ),
    "lon_deg": ("lon", "longitude", "lng", "long", "x", "londeg", "longitudedegrees"),
    "lat_deg": ("lat", "latitude", "y", "latdeg", "latitudedegrees"),
    "sog_kn": ("sog", "speed", "speedoverground", "sogkn", "sogknots", "speedknots", "sogkts"),
    "cog_deg": ("cog", "course", "courseoverground", "cogdeg", "cogdegrees"),
    "heading_deg": ("heading", "trueheading", "hdg", "headingdeg"),
    "nav_status": ("navstatus", "status", "navigationalstatus"),
}


def recognises(head: Head) -> Guess | None:
    """A table with columns that could be id, time and place; the options name them."""
    if head.kind not in ("text", "parquet"):
        return None
    bare = {re.sub(r"[^a-z]", "", c.lower()): c for c in reversed(head.columns)}
    found = {t: next((bare[n] for n in names if n in bare), None) for t, names in _GUESSES.items()}
    ident = "mmsi" if found["mmsi"] else "id"
    if any(found[n] is None for n in (ident, "t_seen", "lon_deg", "lat_deg")):
        return None
    told = {t: c for t, c in found.items() if c is not None and t not in {"mmsi", "id"} - {ident}}
    options = {"map": joined(f"{t}={c}" for t, c in told.items())}
    if head.kind == "text" and head.separator != ",":
        options["sep"] = head.separator
    if ident == "id":
        options["scheme"] = "unknown"
    return Guess(0.15, f"it has columns that could be {', '.join(told)}; check the units", options)


def _recipe_of(options: Mapping[str, str]) -> _recipe.Recipe:
    told = _recipe.recipe("reports", options, _EXTRA)
    scheme = options["scheme"]
    have = {*told.columns, *told.constants}
    if "id" in have and scheme == "mmsi":
        raise UsageError("--map id=COLUMN needs --scheme NAME, as in --scheme vms:FJI")
    wanted = ("t_seen", "lon_deg", "lat_deg", "mmsi" if scheme == "mmsi" else "id")
    lacking = [n for n in wanted if n not in have]
    if lacking:
        raise UsageError(f"nothing gives {', '.join(lacking)}; add --map {lacking[0]}=COLUMN")
    if options["receiver"] not in RECEIVERS:
        raise UsageError(f"receiver {options['receiver']!r} is unknown; give one of {', '.join(RECEIVERS)}")
    for target, values in _VOCABULARIES.items():
        if target in told.constants and told.constants[target] not in values:
            raise UsageError(f"{target} {told.constants[target]!r} is unknown; give one of {', '.join(values)}")
    return told


def _within(typed: pl.DataFrame) -> pl.DataFrame:
    """Vocabulary columns of the file with null where a word is none of ours; the defaults then hold."""
    known = [
        pl.when(pl.col(n).is_in(v)).then(pl.col(n)).alias(n) for n, v in _VOCABULARIES.items() if n in typed.columns
    ]
    return typed.with_columns(known)


def read(uri: Path, options: Mapping[str, str]) -> Iterator[Batch]:
    """Read a table of positions; feed ``mapped``. See :class:`makara.sources.Reader`."""
    given = SOURCE.check(options)
    told = _recipe_of(given)
    scheme = given["scheme"]
    east = Eastward(lambda: (told.apply(frame, str(uri)) for frame, _ in rows(uri, given["sep"], told.needs)))
    for frame, bad in rows(uri, given["sep"], told.needs):
        if not set(frame.columns) >= set(told.needs) and len(frame.columns) == 2:
            raise ColumnsError(f"{uri} has one column, {frame.columns[0]!r}: is the separator right? See --sep")
        typed = _within(east.turned(told.apply(frame, str(uri))))
        typed = typed.rename({"id": "own_id"}) if "id" in typed.columns else typed
        found, rejects = _places.reports(typed, frame, uri.name, scheme=scheme, receiver=given["receiver"])
        frames = {"reports": found}
        if scheme != "mmsi":
            frames["movers"] = _movers(scheme, typed, found)
        yield Batch(frames, _source.merged([bad, rejects]), len(frame) + len(bad), "mapped")


def _movers(scheme: str, typed: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
    """The text behind the mover numbers of the reports."""
    names = typed.join(found.select("line", "mover"), on="line").select(
        "mover", pl.lit(scheme).alias("scheme"), "own_id"
    )
    return names.unique(maintain_order=True)
