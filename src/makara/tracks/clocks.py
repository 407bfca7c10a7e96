"""Receiver clocks: which stations' clocks were off, hour by hour, against the consensus of the others.

A satellite whose clock is ten minutes wrong puts every ship that it hears two miles from where the others hear it: to a
rule this looks exactly like spoofing, or like two ships under one MMSI. Two stations that hear a vessel under way close
together in time tell how far their clocks lie apart: the time that passed between the reports by the clocks, less the
time that the way between them takes at the speed that both state. A station-hour's offset is the median of such
differences; it is off only where several other stations agree, on several vessels, beyond the spread of what they say.

After pipe-segment (Global Fishing Watch), which drops satellites' hours that are off by more than 30 s.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import polars as pl

from makara.base.time import floor
from makara.base.units import HOUR_S
from makara.tracks._heard import OFF_S, REACH_S, STATIONS_MIN, Heard

MOVERS_MIN: Final = 3
"""Fewer vessels than this decide nothing."""
_PRECISION: Final = 0.5
_LIKE_SHARE: Final = 0.15
_MEDIAN_SE: Final = 1.2533 * 1.4826
_SURE: Final = 3.0
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
    heard = Heard.of(reports.lazy())
    if heard is None:
        return SCHEMA.to_frame()
    pairs = heard.pairs()
    return _found(heard, _verdicts(pairs), pairs)


def touched(first: datetime, last: datetime) -> tuple[datetime, datetime]:
    """From and to when verdicts may change because of reports between two instants (whole hours)."""
    hour, reach = timedelta(hours=1), timedelta(seconds=REACH_S)
    return floor(first - reach, HOUR_S) - hour, floor(last + reach, HOUR_S) + 2 * hour


def off_between(reports: pl.DataFrame | pl.LazyFrame, frm: datetime, to: datetime) -> pl.DataFrame:
    """Minutes (``station, minute``) in [frm, to), whole hours, in which clocks were off, from the reports around."""
    margin, t = timedelta(hours=1, seconds=REACH_S), pl.col("t_seen")
    off: pl.DataFrame = off_of(reports.lazy().filter(t >= frm - margin, t < to + margin))
    return off.filter(pl.col("minute") >= frm, pl.col("minute") < to)


def off_of(reports: pl.DataFrame | pl.LazyFrame) -> pl.DataFrame:
    """The minutes (``station, minute``) of the stretches in which :func:`clocks` finds stations' clocks off.

    Args:
        reports: as there.
    """
    heard = Heard.of(reports.lazy())
    if heard is None:
        return off_minutes(SCHEMA.to_frame())
    off = _verdicts(heard.pairs(heard.doubtful())).filter(pl.col("off"))  # most station-hours are plainly right
    return off_minutes(_found(heard, off, heard.pairs(heard.beside(off))))


def off_minutes(clocks: pl.DataFrame) -> pl.DataFrame:
    """The minutes (``station, minute``) of the stretches in which clocks were off."""
    off = clocks.filter(pl.col("off"))
    minutes = pl.datetime_ranges("t_from", "t_to", "1m", closed="left", time_zone="UTC").alias("minute")
    return off.select("station", minutes).explode("minute").unique().sort("station", "minute")


def _found(heard: Heard, verdicts: pl.DataFrame, pairs: pl.DataFrame) -> pl.DataFrame:
    """Verdicts with what they cover, under the stations' names."""
    found = _stretched(verdicts, pairs)
    return found.with_columns(heard.names.gather(found["station"])).select(*SCHEMA).sort("station", "hour")


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
