"""Segment: from reports to points on tracks, one track per plausible hull.

Two profiles. ``makara``: candidate hand-overs are scored on time gap (24 h at most) and implied speed (30 kn at most),
with the reported speed and course as the prediction; two ships that share an MMSI give two tracks, never their average;
stations whose clock was off are left out. ``gfw``: what Global Fishing Watch's segmenter gives.
"""

from __future__ import annotations

import itertools
from typing import Any, Final

import numpy as np
import polars as pl

from makara.base import ids
from makara.base.cell_at import cells
from makara.base.errors import ColumnsError, NotFoundError, UsageError
from makara.base.frames import frame
from makara.base.runs import ordered
from makara.tables import table
from makara.tracks import gfw
from makara.tracks._heard import NEEDED
from makara.tracks._pass import link
from makara.tracks.clean import CLOCK_OFF, DUPLICATE, KEPT, NOISE, TOO_FAST, mark_duplicates
from makara.tracks.clocks import off_of
from makara.tracks.left_out import REQUIRED, placed, warn_of_places

PROFILES: Final = ("makara", "gfw")
BATCH: Final = 1_000_000
"""Rows that are judged at once, in whole movers; the result does not depend on it."""
_PASSED: Final = {"mmsi": pl.Int32(), "transponder": pl.String(), "mark": pl.String()}
_READ: Final = {"station": pl.String(), "msg_type": pl.Int32()}
_STAMPS: Final = ("source", "t_known", "mark")
_SCHEMA: Final = {f.name: f for f in table("track_points").fields if f.name not in _STAMPS}
_INPUT: Final = ("report", "mover", "t_seen", "lon_deg", "lat_deg", "sog_kn", "cog_deg", "heading_deg")
_FLAG: Final = {KEPT: None, DUPLICATE: "duplicate", TOO_FAST: "too_fast", CLOCK_OFF: "clock_off", NOISE: "noise"}
_FLAGS: Final = pl.Series([[_FLAG[k]] if k else [] for k in sorted(_FLAG)], dtype=pl.List(pl.String()))
_KEY: Final = ["mover", "t_seen", "report"]


def segment(
    reports: Any,
    *,
    profile: str = "makara",
    context: pl.DataFrame | None = None,
    clock_off: pl.DataFrame | None = None,
    max_hours: float | None = None,
) -> pl.DataFrame:
    """Points on tracks, from reports in any order.

    Args:
        reports: columns of table reports; ``report, mover, t_seen, lon_deg, lat_deg`` are required, ``sog_kn, cog_deg,
            heading_deg`` help, with ``station`` receivers' clocks are checked, ``receiver`` is filled with ``unknown``.
            Profile gfw also looks at ``msg_type`` and ``transponder``. Rows without time or position are left out
            (:func:`makara.left_out` tells which), with a warning where they state a place that is none. Longitudes may
            run from 0 to 360: where none is below 0 and some are above 180, those are taken to be west of 0.
        profile: ``makara`` or ``gfw``.
        context: what this function gave for the same movers' reports of the 24 h before these. With it the result is
            the same as for all reports at once; no row of it is returned. Profile makara only: what gfw gives depends
            on all that went before.
        clock_off: minutes in which stations' clocks were off (``station, minute``), if known; otherwise they are found
            from these reports (see :func:`makara.tracks.clocks`). Profile makara only.
        max_hours: silence after which a segment ends, hours. Profile gfw only: 24, as published today, unless given;
            8 repeats what the older segmenter gave.

    Returns:
        Columns of table track_points without ``source`` and ``t_known``, with ``mmsi``, ``transponder`` and ``mark``
        where the reports had them, sorted by mover, t_seen and report. Dropped reports have a null track and one flag:
        ``clock_off`` (the station's clock was wrong), ``duplicate`` (a repetition), ``too_fast`` (no hull of this mover
        could be there), or, in profile gfw, ``noise`` (a message without speed or course, or too coarse).

    Raises:
        ColumnsError: a required column is missing or has a wrong type.
        NotFoundError: there is no such profile.
        UsageError: profile gfw with a context; profile makara with ``max_hours``; ``max_hours`` not above 0.
    """
    if profile not in PROFILES:
        raise NotFoundError(f"no profile {profile!r} of segment; there are: {', '.join(PROFILES)}")
    if profile == "gfw" and context is not None:
        raise UsageError("segment: profile gfw cannot continue from a context; give it whole movers")
    if max_hours is not None and (profile != "gfw" or not max_hours > 0.0):
        raise UsageError(f"segment: max_hours={max_hours} with profile {profile}; it is for profile gfw, above 0")
    hours = gfw.MAX_HOURS if max_hours is None else float(max_hours)
    reports = frame(reports)
    warn_of_places(reports)
    passed = [c for c in _PASSED if c in reports.columns]
    off = None
    if profile == "makara" and "station" in reports.columns:
        off = _clocks_off(reports) if clock_off is None else clock_off
    parts = [_points(_prepare(part, off), context, profile, hours) for part in _batches(reports)]
    lon, lat = (pl.concat([part[c] for part in parts]) for c in ("lon_deg", "lat_deg"))
    h3, at = cells(lon, lat, 3), 0
    for k, part in enumerate(parts):  # batch by batch: a whole frame beside its parts would be twice the memory
        absent = [pl.lit(None, dtype=f.type).alias(c) for c, f in _SCHEMA.items() if c not in (*part.columns, "h3_3")]
        parts[k] = part.with_columns(*absent, h3[at : at + len(part)]).select(*_SCHEMA, *passed)
        at += len(part)
    return pl.concat(parts)


def _batches(reports: pl.DataFrame) -> list[pl.DataFrame]:
    """Reports in batches of whole movers, in the order of their numbers."""
    if len(reports) <= BATCH or "mover" not in reports.columns or not reports.schema["mover"].is_integer():
        return [reports]
    sizes = reports.group_by("mover").len().drop_nulls().sort("mover")
    batch = ((sizes["len"].cum_sum() - 1) // BATCH).to_numpy()
    last = sizes["mover"].to_numpy()[np.flatnonzero(np.append(batch[1:] != batch[:-1], True))].tolist()
    mover = reports["mover"]
    if mover.is_sorted():
        ends = [int(mover.search_sorted(m, side="right")) for m in last]
        return [reports[a:b] for a, b in zip([mover.null_count(), *ends[:-1]], ends, strict=True)]
    within = [(pl.col("mover") > a) & (pl.col("mover") <= b) for a, b in itertools.pairwise([last[0], *last[1:]])]
    return [reports.filter(w) for w in (pl.col("mover") <= last[0], *within)]


def _points(rows: pl.DataFrame, context: pl.DataFrame | None, profile: str, max_hours: float) -> pl.DataFrame:
    """Points of whole movers, sorted."""
    known = _prepare_context(context, rows)
    both = pl.concat([rows, known], how="diagonal") if len(known) else rows
    if profile == "gfw":  # in the order given where times are equal, of copies the first
        both = ordered(both.unique("report", keep="first", maintain_order=True), _KEY[:2])
    else:
        both = _once(ordered(both, _KEY))
    key = [both[c].to_physical().to_numpy() for c in _KEY]
    code, track = _judge(both, key, profile, max_hours)
    out = both.with_columns(track, _FLAGS.gather(code.astype(np.uint32)).alias("flags"))
    if len(known):
        out = out.filter(~pl.col("_fixed"))
    if profile == "gfw":
        out = ordered(out, _KEY)
    return out.select(c for c in out.columns if c in _SCHEMA or c in _PASSED)


def _once(rows: pl.DataFrame) -> pl.DataFrame:
    """Sorted rows, each report once."""
    again = np.all([(k := rows[c].to_physical().to_numpy())[1:] == k[:-1] for c in _KEY], axis=0)
    return rows.filter(np.concatenate([[True], ~again])) if again.any() else rows


def _judge(both: pl.DataFrame, key: Any, profile: str, max_hours: float) -> tuple[Any, pl.Series]:
    """Verdict and track of each row."""
    n = len(both)
    mover, t_us, report = key
    turns = np.concatenate([[True], mover[1:] != mover[:-1]])[:n]
    start = np.maximum.accumulate(np.where(turns, np.arange(n), 0)).astype(np.int64)
    code = both["_code"].to_numpy().astype(np.int8)
    fixed, known = both["_fixed"].to_numpy(), both["_track"].to_numpy()
    if profile == "gfw":
        at = gfw.judge(both, start, t_us, code, max_hours)
    else:
        place = [both[c].cast(pl.Float64).fill_null(float("nan")).to_numpy() for c in _INPUT[3:]]
        place = [np.ascontiguousarray(x) for x in place]
        began = np.zeros(n, np.bool_)
        began[fixed] = known[fixed] == _own(profile, report[fixed])
        mark_duplicates(start, t_us, *place, fixed, code)
        at = link(start, t_us, *place[:4], fixed, known, began, code)
    first = np.unique(at[at >= 0])
    track = np.zeros(n, np.int64)
    track[first] = np.where(fixed[first], known[first], _own(profile, report[first]))
    found = pl.select(pl.when(pl.Series(at >= 0)).then(pl.Series(track[at] if n else track)).alias("track"))
    return code, found["track"]


def _own(profile: str, report: Any) -> Any:
    """Ids of the tracks that reports begin."""
    return ids.bulk(pl.repeat(profile, len(report), eager=True), pl.Series(report, dtype=pl.Int64)).to_numpy()


def _clocks_off(reports: pl.DataFrame) -> pl.DataFrame:
    """The minutes in which stations' clocks were off, as the reports themselves tell."""
    known = [c for c in NEEDED if c in reports.columns]
    return off_of(_prepare(reports.select(known), None))


def _mark_clocks(rows: pl.DataFrame, clock_off: pl.DataFrame) -> pl.DataFrame:
    """Rows of stations whose clock was off, told as such."""
    minute = pl.col("t_seen").dt.truncate("1m").alias("minute")
    off = clock_off.select("station", "minute", _off=pl.lit(True))
    found = rows.select("station", minute).join(off, on=["station", "minute"], how="left", maintain_order="left")
    return rows.with_columns(_code=pl.when(found["_off"]).then(pl.lit(CLOCK_OFF, pl.Int8)).otherwise("_code"))


def _prepare(reports: pl.DataFrame, clock_off: pl.DataFrame | None) -> pl.DataFrame:
    """The columns used, typed and rounded as stored, of the rows with a time and a place; clocks that were off told."""
    missing = [c for c in REQUIRED if c not in reports.columns]
    if missing:
        raise ColumnsError(f"segment: missing column {', '.join(missing)}; needed are {', '.join(REQUIRED)}")
    have = [c for c in (*_INPUT, "receiver", *_PASSED, *_READ) if c in reports.columns]
    try:
        rows = reports.select(_typed(c, reports.schema[c]) for c in have)
    except pl.exceptions.PolarsError as e:
        raise ColumnsError(f"segment: {str(e).splitlines()[0]}") from e
    rows = rows.filter(placed())
    fill = [pl.lit(None, dtype=pl.Float32).alias(c) for c in _INPUT[5:] if c not in have]
    receiver = pl.col("receiver").fill_null("unknown") if "receiver" in have else pl.lit("unknown").alias("receiver")
    rows = rows.with_columns(
        *fill,
        receiver,
        lon_deg=pl.when(pl.col("lon_deg") == 180.0).then(-180.0).otherwise("lon_deg"),
        **{c: pl.when(pl.col(c).is_between(0.0, 360.0, closed="left")).then(c) for c in _INPUT[6:] if c in have},
        _fixed=pl.lit(False),
        _track=pl.lit(0, dtype=pl.Int64),
        _code=pl.lit(KEPT, dtype=pl.Int8),
    )
    return rows if clock_off is None or not len(clock_off) else _mark_clocks(rows, clock_off)


def _typed(column: str, given: pl.DataType) -> pl.Expr:
    field = _SCHEMA.get(column)
    wanted = field.type if field else (_PASSED | _READ)[column]
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
    dropped = pl.coalesce(pl.when(flags.list.contains(f)).then(c) for c, f in _FLAG.items() if f is not None)
    verdict = pl.when(pl.col("track").is_not_null()).then(KEPT).otherwise(dropped.fill_null(DUPLICATE))
    return _prepare(mine, None).with_columns(
        _fixed=pl.lit(True),
        _track=mine["track"].fill_null(0),
        _code=mine.select(verdict.cast(pl.Int8)).to_series(),
    )
