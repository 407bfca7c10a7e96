"""Segment: from reports to points on tracks, one track per plausible hull.

After gpsdio-segment and pipe-segment (Global Fishing Watch): candidate hand-overs are scored on time gap (24 h at most)
and implied speed (30 kn at most), with the reported speed and course as the prediction. Two ships that share an MMSI
give two tracks, never their average.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import polars as pl

from makara.base import ids
from makara.base.cells import cells
from makara.base.errors import ColumnsError, NotFoundError
from makara.base.frames import frame
from makara.tables import table
from makara.tracks._pass import link
from makara.tracks.clean import DUPLICATE, KEPT, TOO_FAST, mark_duplicates

PROFILES: Final = ("makara",)
REQUIRED: Final = ("report", "mover", "t_seen", "lon_deg", "lat_deg")
_PASSED: Final = {"mmsi": pl.Int32(), "transponder": pl.String(), "mark": pl.String()}
_STAMPS: Final = ("source", "t_known", "mark")
_SCHEMA: Final = {f.name: f for f in table("track_points").fields if f.name not in _STAMPS}
_INPUT: Final = ("report", "mover", "t_seen", "lon_deg", "lat_deg", "sog_kn", "cog_deg", "heading_deg")
_FLAGS: Final = pl.Series([[], ["duplicate"], ["too_fast"]], dtype=pl.List(pl.String()))
_KEY: Final = ["mover", "t_seen", "report"]


def segment(reports: Any, *, profile: str = "makara", context: pl.DataFrame | None = None) -> pl.DataFrame:
    """Points on tracks, from reports in any order.

    Args:
        reports: columns of table reports; ``report, mover, t_seen, lon_deg, lat_deg`` are required, ``sog_kn, cog_deg,
            heading_deg`` help, ``receiver`` is filled with ``unknown``. Rows without time or position are left out.
        profile: ``makara``.
        context: what this function gave for the same movers' reports of the 24 h before these. With it the result is
            the same as for all reports at once; no row of it is returned.

    Returns:
        Columns of table track_points without ``source`` and ``t_known``, with ``mmsi``, ``transponder`` and ``mark``
        where the reports had them, sorted by mover, t_seen and report. Dropped reports have a null track and the flag
        ``duplicate`` (a repetition) or ``too_fast`` (no hull of this mover could be there).

    Raises:
        ColumnsError: a required column is missing or has a wrong type.
        NotFoundError: there is no such profile.
    """
    if profile not in PROFILES:
        raise NotFoundError(f"no profile {profile!r} of segment; there are: {', '.join(PROFILES)}")
    reports = frame(reports)
    rows = _prepare(reports)
    known = _prepare_context(context, rows)
    both = pl.concat([rows, known], how="diagonal") if len(known) else rows
    both = both.sort(_KEY)
    fixed = both["_fixed"].to_numpy()
    key = np.stack([both[c].to_physical().to_numpy() for c in _KEY])
    repeated = np.concatenate([[False], (key[:, 1:] == key[:, :-1]).all(axis=0)])[: len(both)]
    if repeated.any():
        both, fixed, key = both.filter(~repeated), fixed[~repeated], key[:, ~repeated]
    code, track = _judge(both, key, fixed, profile)
    out = both.with_columns(track, flags=_FLAGS.gather(code.astype(np.uint32)))
    if len(known):
        out = out.filter(~fixed)
    h3 = cells(out["lon_deg"], out["lat_deg"], 3)
    out = out.with_columns(h3, *(pl.lit(None, dtype=_SCHEMA[c].type).alias(c) for c in _absent(out)))
    return out.select(*_SCHEMA, *(c for c in _PASSED if c in reports.columns))


def _absent(out: pl.DataFrame) -> list[str]:
    return [c for c in _SCHEMA if c not in out.columns and c != "h3_3"]


def _judge(both: pl.DataFrame, key: Any, fixed: Any, profile: str) -> tuple[Any, pl.Series]:
    """Verdict and track of each row."""
    n = len(both)
    mover, t_us, _ = key
    turns = np.concatenate([[True], mover[1:] != mover[:-1]])[:n]
    start = np.maximum.accumulate(np.where(turns, np.arange(n), 0)).astype(np.int64)
    place = [both[c].cast(pl.Float64).fill_null(float("nan")).to_numpy() for c in _INPUT[3:]]
    place = [np.ascontiguousarray(x) for x in place]
    code = both["_code"].to_numpy().astype(np.int8)
    own = ids.bulk(pl.repeat(profile, n, eager=True), both["report"]).to_numpy()
    known = both["_track"].to_numpy()
    mark_duplicates(start, t_us, *place, fixed, code)
    at = link(start, t_us, *place[:4], fixed, known, fixed & (known == own), code)
    found = np.where(fixed[at], known[at], own[at]) if n else own
    track = pl.select(pl.when(pl.Series(at >= 0)).then(pl.Series(found)).alias("track"))["track"]
    return code, track.cast(pl.Int64)


def _prepare(reports: pl.DataFrame) -> pl.DataFrame:
    """The columns used, typed and rounded as stored, of the rows with a time and a place."""
    missing = [c for c in REQUIRED if c not in reports.columns]
    if missing:
        raise ColumnsError(f"segment: missing column {', '.join(missing)}; needed are {', '.join(REQUIRED)}")
    have = [c for c in (*_INPUT, "receiver", *_PASSED) if c in reports.columns]
    try:
        rows = reports.select(_typed(c, reports.schema[c]) for c in have)
    except pl.exceptions.PolarsError as e:
        raise ColumnsError(f"segment: {str(e).splitlines()[0]}") from e
    rows = rows.filter(
        pl.col("t_seen").is_not_null(),
        pl.col("report").is_not_null(),
        pl.col("mover").is_not_null(),
        pl.col("lon_deg").is_between(-180.0, 180.0),
        pl.col("lat_deg").is_between(-90.0, 90.0),
    )
    fill = [pl.lit(None, dtype=pl.Float32).alias(c) for c in _INPUT[5:] if c not in have]
    receiver = pl.col("receiver").fill_null("unknown") if "receiver" in have else pl.lit("unknown").alias("receiver")
    return rows.with_columns(
        *fill,
        receiver,
        lon_deg=pl.when(pl.col("lon_deg") == 180.0).then(-180.0).otherwise("lon_deg"),
        _fixed=pl.lit(False),
        _track=pl.lit(0, dtype=pl.Int64),
        _code=pl.lit(KEPT, dtype=pl.Int8),
    )


def _typed(column: str, given: pl.DataType) -> pl.Expr:
    field = _SCHEMA.get(column)
    wanted = field.type if field else _PASSED[column]
    e = pl.col(column) if given == wanted else pl.col(column).cast(wanted)
    if wanted.is_float():
        e = e.fill_nan(None)
    return e.round(field.decimals) if field and field.decimals is not None else e


def _prepare_context(context: pl.DataFrame | None, rows: pl.DataFrame) -> pl.DataFrame:
    """Earlier points of the same movers, as rows that were judged before."""
    if context is None or len(context) == 0:
        return rows.head(0)
    mine = context.join(rows.select("mover").unique(), on="mover", how="semi")
    flags = pl.col("flags")
    verdict = (
        pl.when(pl.col("track").is_not_null())
        .then(KEPT)
        .when(flags.list.contains("too_fast"))
        .then(TOO_FAST)
        .otherwise(DUPLICATE)
    )
    return _prepare(mine).with_columns(
        _fixed=pl.lit(True),
        _track=mine["track"].fill_null(0),
        _code=mine.select(verdict.cast(pl.Int8)).to_series(),
    )
