"""VMS positions in tables: TACSAT2 and what fisheries agencies export.

Who: fisheries monitoring centres, ICES data calls, agencies. Format: CSV (comma, semicolon, tab) or Parquet; the
columns of TACSAT2 (``VE_COU, VE_REF, SI_LATI, SI_LONG, SI_DATE`` as DD/MM/YYYY, ``SI_TIME, SI_SP`` in knots, ``SI_HE``
in degrees; UTC), or the usual names (vessel_id, flag, timestamp, latitude, longitude, speed, course). Other names: the
source mapped with ``--scheme``. Longitudes from 0 to 360 are understood where all of the file shows them. A vessel is
known by its id in the scheme ``vms:<flag>``. Followed: ICES' EFLALO2 and TACSAT2 description, as in the R package
vmstools. Licence: confidential, by the flag state's rules. Latency: minutes to years.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import polars as pl

from makara.base.errors import UsageError
from makara.sources import _ais_csv, _convert, _source, _tables, _vms
from makara.sources._eastward import Eastward
from makara.sources._names import spelt
from makara.sources._rows import ROW, rows
from makara.sources._sniff import Guess, Head, by_columns
from makara.sources._source import Batch, Option, Source

SOURCE = Source(
    "vms",
    ("reports", "claims", "movers"),
    "VMS positions (TACSAT2 and other CSV, Parquet)",
    (
        Option("scheme", "scheme of the vessels' ids, as vms:FJI, in place of the flag that each row names"),
        Option("tz", "time zone of times that name none; TACSAT2 is UTC"),
        Option("shift-years", "years added to all times: for published data whose times were moved", "0"),
    ),
    columns={
        "own_id": ("VE_REF", "vessel_id", "VesselID", "vessel_ref", "VesselId", "vessel", "vid", "CFR", "cfr"),
        "flag": ("VE_COU", "flag", "Flag", "flag_state", "FlagState", "country"),
        "t_seen": ("timestamp", "date_time", "datetime", "DateTime", "Timestamp", "position_time", "utc", "SI_DATIM"),
        "date": ("SI_DATE", "date", "Date"),
        "time": ("SI_TIME", "time", "Time"),
        "lat_deg": ("SI_LATI", "latitude", "Latitude", "lat", "LAT", "Lat"),
        "lon_deg": ("SI_LONG", "longitude", "Longitude", "lon", "LON", "Lon", "long"),
        "sog_kn": ("SI_SP", "speed", "Speed", "sog", "speed_kn"),
        "cog_deg": ("SI_HE", "course", "Course", "heading", "Heading", "cog"),
        "name": ("vessel_name", "VesselName", "name"),
        "callsign": ("callsign", "call_sign", "CallSign", "IRCS", "ircs"),
        "imo": ("imo", "IMO"),
    },
    needed=("own_id", "lat_deg", "lon_deg"),
)
_WANTED = tuple(n for names in SOURCE.columns.values() for n in names)
_PLACE = {c: SOURCE.columns[c] for c in SOURCE.needed[1:]}


def recognises(head: Head) -> Guess | None:
    """A vessel's id, a place and a time, but no MMSI."""
    have = set(spelt(head.columns, (*_WANTED, "mmsi", "ssvid")))
    times = have.intersection(SOURCE.columns["t_seen"]) or (have & {"SI_DATE", "date", "Date"})
    if not times or have & {"mmsi", "ssvid"}:
        return None
    return by_columns(head, SOURCE)


def read(uri: Path, options: Mapping[str, str]) -> Iterator[Batch]:
    """Read a table; feed ``vms``. See :class:`makara.sources.Reader`."""
    given = SOURCE.check(options)
    try:
        shift = int(given["shift-years"])
    except ValueError as e:
        raise UsageError(f"--shift-years {given['shift-years']!r} is no whole number of years") from e
    start = _tables.head(uri)
    sep = "," if start.startswith(b"PAR1") else _tables.separator(start)
    east = Eastward(lambda: (_ais_csv.typed(f, _PLACE, SOURCE.needed[1:], uri) for f, _ in rows(uri, sep, _WANTED)))
    for frame, bad in rows(uri, sep, _WANTED):
        told = _ais_csv.typed(_timed(frame, given.get("tz"), shift), SOURCE.columns, (*SOURCE.needed, "t_seen"), uri)
        told = east.turned(told)
        flag = pl.lit("vms:") + pl.col("flag").fill_null("") if "flag" in told.columns else pl.lit("vms")
        scheme = pl.lit(given["scheme"]) if "scheme" in given else flag.str.strip_suffix(":")
        course = [pl.col("cog_deg") % 360.0] if "cog_deg" in told.columns else []
        told = told.with_columns(scheme.alias("scheme"), *course)
        frames, rejects = _vms.take(told, frame, uri.name)
        yield Batch(frames, _source.merged([bad, rejects]), len(frame) + len(bad), "vms")


def _timed(frame: pl.DataFrame, tz: str | None, shift: int) -> pl.DataFrame:
    """The rows with their time, of one column or of date and time, as instants in ``timestamp``."""
    one, date, clock = (
        next((n for n in SOURCE.columns[c] if n in frame.columns), None) for c in ("t_seen", "date", "time")
    )
    if one is None and (date is None or clock is None):
        return frame
    tacsat = date == "SI_DATE" or one == "SI_DATIM"
    values = frame[one] if one is not None else _joined(frame, str(date), str(clock))
    t = _convert.instant(_moved(values, shift), tz or ("UTC" if tacsat else None), one or f"{date}, {clock}")
    said = pl.Series("said", values.is_not_null())
    odd = pl.Series(t.is_null() & said)
    text = t.dt.strftime("%Y-%m-%dT%H:%M:%S%.6fZ").set(odd, "unreadable")
    return frame.drop([n for n in SOURCE.columns["t_seen"] if n in frame.columns]).select(
        pl.exclude(ROW), text.alias("timestamp"), ROW
    )


def _joined(frame: pl.DataFrame, date: str, clock: str) -> pl.Series:
    """Date and time as one text; an hour of one digit gets its zero."""
    day, hours = (pl.col(n).cast(pl.String()).str.strip_chars() for n in (date, clock))
    hours = pl.when(hours.str.contains(r"^\d:")).then(pl.lit("0") + hours).otherwise(hours)
    return frame.select((day + " " + hours).alias("t"))["t"]


def _moved(values: pl.Series, shift: int) -> pl.Series:
    """Times with their years moved; in text before it is read, since 29 February comes with its year."""
    if not shift:
        return values
    if values.dtype != pl.String():
        return values.dt.offset_by(f"{shift}y") if values.dtype.is_temporal() else values
    parts = [pl.col("t").str.extract(r"^(.*?)(\d{4})(.*)$", n) for n in (1, 2, 3)]
    year = parts[1].cast(pl.Int64(), strict=False) + shift
    moved = pl.concat_str([parts[0], year.cast(pl.String()), parts[2]])
    return values.alias("t").to_frame().select(pl.coalesce(moved, "t"))["t"]
