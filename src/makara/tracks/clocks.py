"""Receiver clocks: which stations' clocks were off, hour by hour, against the consensus of the others.

A satellite whose clock is ten minutes wrong puts every ship that it hears two miles from where the others hear it: to a
rule this looks exactly like spoofing, or like two ships under one MMSI. Two stations that hear a vessel under way close
together in time tell how far their clocks lie apart: the time that passed between the reports by the clocks, less the
time that the way between them takes at the speed that both state. A station-hour's offset is the median of such
differences; it is off only where several other stations agree, on several vessels, beyond the spread of what they say.

After pipe-segment (Global Fishing Watch), which drops satellites' hours that are off by more than 30 s.
"""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import Any, Final

import numpy as np
import polars as pl
from numba import njit

from makara.base.geo import bearing_scalar, distance_scalar
from makara.base.time import floor
from makara.base.units import HOUR_S, KN_M_S

OFF_S: Final = 30.0
"""A clock that is off by more is off (pipe-segment)."""
REACH_S: Final = 1800
"""Reports further apart by the clocks than this are not compared."""
MOVERS_MIN: Final = 3
"""Fewer vessels than this decide nothing."""
STATIONS_MIN: Final = 2
"""Fewer other stations that agree decide nothing: of two clocks that differ, either may be wrong."""
_SPEED_MIN_KN: Final = 4.0
_SPEED_SHARE: Final = 0.1
_TURN_DEG: Final = 10.0
_ACROSS_M: Final = 100.0
_ACROSS_SHARE: Final = 0.1
_OFFSET_MAX_S: Final = 6.0 * 3600.0
_PRECISION: Final = 0.5
_LIKE_SHARE: Final = 0.15
_MEDIAN_SE: Final = 1.2533 * 1.4826
_SURE: Final = 3.0
_MINUTE_US: Final = 60_000_000
_HOUR_US: Final = 60 * _MINUTE_US
NEEDED: Final = ("report", "mover", "t_seen", "lon_deg", "lat_deg", "sog_kn", "cog_deg", "station")
SCHEMA: Final = pl.Schema(
    {
        "station": pl.String(),
        "hour": pl.Datetime("us", "UTC"),
        "offset_s": pl.Float64(),
        "n": pl.Int64(),
        "off": pl.Boolean(),
        "t_from": pl.Datetime("us", "UTC"),
        "t_to": pl.Datetime("us", "UTC"),
    }
)


@njit(cache=True)
def _difference(dt: float, p: Any, q: Any) -> Any:
    """Seconds by which the second report's clock is ahead of the first's; NaN where the two do not tell."""
    turn = (q[3] - p[3] + 180.0) % 360.0 - 180.0
    speed = 0.5 * (p[2] + q[2])
    if abs(turn) > _TURN_DEG or abs(p[2] - q[2]) > _SPEED_SHARE * speed:
        return math.nan
    way = distance_scalar(p[0], p[1], q[0], q[1])
    z = (bearing_scalar(p[0], p[1], q[0], q[1]) - p[3] - 0.5 * turn) * math.pi / 180.0 if way > 0.0 else 0.0
    along, across = way * math.cos(z), abs(way * math.sin(z))
    ahead = dt - along / (speed * KN_M_S)
    if across > _ACROSS_SHARE * abs(along) + _ACROSS_M or abs(ahead) > _OFFSET_MAX_S:
        return math.nan
    return ahead


@njit(cache=True)
def _pairs(mover: Any, t_us: Any, place: Any, station: Any) -> Any:
    """For each row the latest row before it of its mover that another station heard (-1: none), and the difference."""
    other = np.full(t_us.size, -1, np.int64)
    ahead = np.full(t_us.size, math.nan)
    a = b = -1  # the latest row, and the latest of another station than that one's
    for i in range(t_us.size):
        if a >= 0 and mover[a] != mover[i]:
            a = b = -1
        if a >= 0 and station[a] != station[i]:
            b = a
        a = i
        if b >= 0 and (t_us[i] - t_us[b]) * 1e-6 <= REACH_S:
            ahead[i] = _difference((t_us[i] - t_us[b]) * 1e-6, place[b], place[i])
            if not math.isnan(ahead[i]):
                other[i] = b
    return other, ahead


def clocks(reports: pl.DataFrame) -> pl.DataFrame:
    """How far each station's clock was off, hour by hour.

    Args:
        reports: columns ``report, mover, t_seen, lon_deg, lat_deg, sog_kn, cog_deg, station`` of table reports, in any
            order. Those without station, course or a speed of 4 kn or more say nothing.

    Returns:
        ``station``; ``hour``: its beginning, by that station's own clock; ``offset_s``: seconds that the clock is ahead
        of the others' (median over other stations and vessels); ``n``: pairs of reports behind it; ``off``: whether it
        is off by more than 30 s; null where that cannot be told (fewer than three vessels, fewer than two other
        stations, or these do not agree); ``t_from, t_to``: what the verdict covers: the hour, and if it is off the
        minutes before and after it in which the clock was off alike. Sorted by station and hour; station-hours
        without any pair are left out. A verdict depends on no report further than 90 minutes from what it covers.
    """
    moving = pl.col("sog_kn") >= _SPEED_MIN_KN
    rows = reports.lazy().filter(pl.col("station").is_not_null(), moving, pl.col("cog_deg").is_not_null())
    told = rows.select(NEEDED).collect()
    names = told["station"].unique().sort()
    if len(names) <= STATIONS_MIN:
        return SCHEMA.to_frame()
    told = told.with_columns(pl.col("station").cast(pl.Enum(names)).to_physical().cast(pl.Int64))
    told = told.sort("mover", "t_seen", "report")  # from here on stations are numbers
    place = told.select(pl.col("lon_deg", "lat_deg", "sog_kn", "cog_deg").cast(pl.Float64)).to_numpy()
    t_us = told["t_seen"].to_physical().to_numpy()
    other, ahead = _pairs(told["mover"].to_numpy(), t_us, np.ascontiguousarray(place), told["station"].to_numpy())
    at = np.flatnonzero(other >= 0)
    pairs = pl.concat([_told(told, at, other[at], ahead[at]), _told(told, other[at], at, -ahead[at])])
    found = _stretched(_verdicts(pairs), pairs)
    return found.with_columns(names.gather(found["station"])).select(*SCHEMA).sort("station", "hour")


def touched(first: datetime, last: datetime) -> tuple[datetime, datetime]:
    """From and to when verdicts may change because of reports between two instants (whole hours)."""
    hour, reach = timedelta(hours=1), timedelta(seconds=REACH_S)
    return floor(first - reach, HOUR_S) - hour, floor(last + reach, HOUR_S) + 2 * hour


def off_between(reports: pl.DataFrame | pl.LazyFrame, frm: datetime, to: datetime) -> pl.DataFrame:
    """Minutes (``station, minute``) in [frm, to), whole hours, in which clocks were off, from the reports around."""
    margin, t = timedelta(hours=1, seconds=REACH_S), pl.col("t_seen")
    near = reports.lazy().filter(t >= frm - margin, t < to + margin).select(NEEDED).collect()
    off: pl.DataFrame = off_minutes(clocks(near))
    return off.filter(pl.col("minute") >= frm, pl.col("minute") < to)


def off_minutes(clocks: pl.DataFrame) -> pl.DataFrame:
    """The minutes (``station, minute``) of the stretches in which clocks were off."""
    off = clocks.filter(pl.col("off"))
    minutes = pl.datetime_ranges("t_from", "t_to", "1m", closed="left", time_zone="UTC").alias("minute")
    return off.select("station", minutes).explode("minute").unique().sort("station", "minute")


def _told(rows: pl.DataFrame, at: Any, other: Any, ahead: Any) -> pl.DataFrame:
    """What pairs say of the stations of rows ``at``."""
    t = rows["t_seen"].to_physical().to_numpy()[at]
    station, instant = rows["station"].to_numpy(), pl.Datetime("us", "UTC")
    return pl.DataFrame(
        {
            "station": station[at],
            "mover": rows["mover"].to_numpy()[at],
            "minute": pl.Series(t // _MINUTE_US * _MINUTE_US).cast(instant),
            "hour": pl.Series(t // _HOUR_US * _HOUR_US).cast(instant),
            "other": station[other],
            "ahead": ahead,
        }
    )


def _verdicts(pairs: pl.DataFrame) -> pl.DataFrame:
    key = ["station", "hour"]
    by_mover = pairs.group_by(*key, "other", "mover").agg(pl.col("ahead").median(), pl.len().alias("n"))
    by_other = by_mover.group_by(*key, "other").agg(pl.col("ahead").median().alias("theirs"))
    spread = (pl.col("ahead") - pl.col("ahead").median()).abs().median()
    whole = by_mover.group_by(key).agg(
        offset_s=pl.col("ahead").median(),
        se=_MEDIAN_SE * spread / pl.len().sqrt(),
        n=pl.col("n").sum().cast(pl.Int64),
        movers=pl.col("mover").n_unique(),
    )
    near = (pl.col("theirs") - pl.col("offset_s")).abs() <= OFF_S
    agreed = by_other.join(whole, on=key).group_by(key).agg(agree=near.sum(), others=pl.len())
    away, unsure, agree = pl.col("offset_s").abs(), _SURE * pl.col("se"), pl.col("agree")
    enough = (pl.col("movers") >= MOVERS_MIN) & (agree >= STATIONS_MIN) & (2 * agree > pl.col("others"))
    off = pl.when(enough & (away - unsure > OFF_S)).then(True).when(enough & (away + unsure <= OFF_S)).then(False)
    return whole.join(agreed, on=key).with_columns(off=off, offset_s=pl.col("offset_s").round(1))


def _stretched(verdicts: pl.DataFrame, pairs: pl.DataFrame) -> pl.DataFrame:
    """What each verdict covers. A clock goes wrong, and is put right, within an hour, least of all on it.

    A clock that is put back gives the same minutes twice, once wrong: a share of the pairs is enough.
    """
    hour, minute, end = pl.col("hour"), pl.col("minute"), pl.col("hour").dt.offset_by("1h")
    off = verdicts.filter(pl.col("off")).select("station", "hour", "offset_s")
    beside = pl.concat(off.with_columns(at=hour.dt.offset_by(by)) for by in ("-1h", "1h"))
    told = beside.join(pairs.select("station", "minute", "ahead", at="hour"), on=["station", "at"])
    like = (pl.col("ahead") - pl.col("offset_s")).abs() <= (_PRECISION * pl.col("offset_s").abs()).clip(0.0, OFF_S)
    after = minute >= hour
    far = pl.when(after).then(minute - end).otherwise(hour - minute)
    minutes = told.group_by("station", "hour", "minute").agg(like=like.mean() >= _LIKE_SHARE)
    side = ["station", "hour", "after"]
    runs = minutes.with_columns(after=after, far=far).sort(*side, "far")
    runs = runs.filter(pl.col("like").cast(pl.Int8).cum_min().over(side) == 1)
    ends = runs.group_by("station", "hour").agg(first=minute.min(), last=minute.max().dt.offset_by("1m"))
    return verdicts.join(ends, on=["station", "hour"], how="left").with_columns(
        t_from=pl.min_horizontal(hour, "first"), t_to=pl.max_horizontal(end, "last")
    )
