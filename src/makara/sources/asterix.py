"""Coastal and surveillance radars in EUROCONTROL's ASTERIX: categories 010 and 048, plots and tracks.

Who: coast guards, ports, navies, air surveillance near the coast. Format: data blocks one after another, as recorded
from the network without its headers; other categories are counted and skipped. Times are seconds since midnight:
``--day`` names the day of the first plot (``file``: the file's own time, as of the last plot), and a clock that falls
back by hours has passed midnight. Polar and Cartesian plots need the radar's place: ``--radar LON,LAT``, or ``--radar
SAC/SIC=LON,LAT`` for each of several. Simulated and test targets and the radar's own fixed transponders become rejects;
what answers interrogation as aircraft do has P(vessel) 0. The track's number stands in ``provider_id`` as
SAC/SIC/NUMBER. Licence: the operator's. Latency: seconds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl

from makara.base.errors import InputError, UsageError
from makara.base.units import DAY_S
from makara.sensors.radar import Fault, Plots, decode
from makara.sensors.radar.asterix import FAULTS
from makara.sources import _places, _radars, _source
from makara.sources._files import Pieces, unreadable
from makara.sources._rows import ROW
from makara.sources._sniff import Guess, Head
from makara.sources._source import TS, Batch, Option, Source

SOURCE = Source(
    "asterix",
    ("detections",),
    "radar plots and tracks in ASTERIX categories 010 and 048",
    (
        Option("day", "day of the first plot, as 2026-03-14; or file: the last plot is as old as the file"),
        _radars.RADAR,
    ),
)
TARGET: Final = 1
CHUNK_BYTES: Final = 4 * 1024 * 1024
K95: Final = 2.4477
_KEEP: Final = ("length_m", "width_m", "axis_deg", "sog_kn", "cog_deg")


class _Clock:
    """Days of times since midnight, in the order of the file."""

    def __init__(self, day: date) -> None:
        self.midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
        self.last: float | None = None

    def instants(self, tod: pl.Series) -> pl.Series:
        """Instants of a chunk's times; null where there is none."""
        seconds = tod.to_numpy().astype(np.float64)
        known = np.isfinite(seconds) & (seconds < DAY_S)
        some = seconds[known]
        if len(some):
            before = np.concatenate([[some[0] if self.last is None else self.last], some[:-1]])
            days = np.cumsum((before - some > DAY_S / 2).astype(int) - (some - before > DAY_S / 2))
            out = np.full(len(seconds), np.nan)
            out[known] = some + days * DAY_S
            self.midnight, begin = self.midnight + timedelta(days=int(days[-1])), self.midnight
            self.last = float(some[-1])
        else:
            out, begin = np.full(len(seconds), np.nan), self.midnight
        us = pl.Series(np.round(out * 1e6)).fill_nan(None).cast(pl.Int64())
        start = pl.Series([begin], dtype=TS).cast(pl.Int64())[0]
        return pl.Series("t_seen", us + start, dtype=pl.Int64()).cast(TS)


def _day(option: str | None, path: Path) -> date:
    """The day of the first plot.

    Raises:
        UsageError: it is not told, or is no day.
    """
    if option is None:
        raise UsageError("ASTERIX tells the time of day alone; add --day 2026-03-14, or --day file")
    if option != "file":
        try:
            return date.fromisoformat(option)
        except ValueError as e:
            raise UsageError(f"--day {option!r} is no day; write it as 2026-03-14, or file") from e
    try:
        written = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except OSError as e:
        raise unreadable(path, e) from e
    clock = _Clock(written.date())
    seen = [clock.instants(p.frame["tod_s"]).drop_nulls() for p, _, _ in _chunks(path)]
    last = next((s[-1] for s in reversed(seen) if len(s)), None)
    if last is None:
        return written.date()
    ahead = last - written - timedelta(minutes=5)
    return written.date() - timedelta(days=max(0, -(-ahead // timedelta(days=1))))


def _chunks(path: Path) -> Iterator[tuple[Plots, bytes, int]]:
    """Plots of some megabytes at a time, with the bytes and their offset in the file."""
    pieces = Pieces(path)
    held, at = b"", 0
    for piece in pieces:
        held += piece
        if len(held) < CHUNK_BYTES:
            continue
        found = decode(held, final=False)
        yield found, held, at
        held, at = held[found.used :], at + found.used
    yield decode(held), held, at
    if pieces.cut is not None:
        raise InputError(f"{path}: {pieces.cut}")


def recognises(head: Head) -> Guess | None:
    """Blocks of the categories, one behind another."""
    if head.kind not in ("binary", "text") or head.data[:1] not in (b"\x0a", b"\x30", b"\x22"):
        return None
    found = decode(head.data, final=False)
    if len(found.frame) > 3 * len(found.faults) and found.used > len(head.data) // 2:
        return Guess(0.9, f"its first {found.used} bytes are {len(found.frame)} records in ASTERIX blocks")
    return None


def read(uri: Path, options: Mapping[str, str]) -> Iterator[Batch]:
    """Read a recording; feed ``asterix``. See :class:`makara.sources.Reader`."""
    given = SOURCE.check(options)
    where = _radars.stands(given)
    clock = _Clock(_day(given.get("day"), uri))
    some = 0
    for found, data, at in _chunks(uri):
        batch = _batch(found, data, at, uri.name, where, clock)
        some += len(found.frame) + found.other
        yield batch
    if not some:
        raise InputError(f"{uri} holds no ASTERIX data block; `makara ingest --explain` says what it looks like")


def _batch(found: Plots, data: bytes, at: int, file: str, where: _radars.Stands, clock: _Clock) -> Batch:
    rows = found.frame
    named = rows.with_columns(
        clock.instants(rows["tod_s"]).alias("t_seen"),
        pl.col("tod_s").is_not_null().alias("t_seen_said"),
        pl.format("{}/{}", *(pl.col(c).cast(pl.Int64()) for c in ("sac", "sic"))).alias("radar"),
    ).filter(pl.col("kind") == TARGET)
    placed = _radars.placed(named, where)
    told = placed.select(
        (pl.col("offset") + at).alias("line"),
        "t_seen",
        "t_seen_said",
        "lon_deg",
        "lat_deg",
        *(pl.lit(value=False).alias(f"{c}_said") for c in ("lon_deg", "lat_deg")),
        *_KEEP,
        *_ellipse(),
        pl.lit(None, pl.String()).alias("product"),
        pl.format("{}/{}", "radar", pl.col("track").cast(pl.Int64())).alias("provider_id"),
        pl.when("airborne").then(0.0).alias("p_vessel"),
        _sensor().alias("sensor"),
        pl.col("lon_deg").is_null().alias("lost"),
    )
    raw = told.select(pl.lit("").alias("bytes"), pl.col("line").alias(ROW))
    good, rejects = _places.detections(told, raw, file)
    rejects = _told(rejects, told, data, at)
    faults = [_fault(f, data, at, file) for f in found.faults]
    stats: dict[str, Any] = {"other_blocks": found.other, "other_messages": len(rows) - len(named)}
    return Batch({"detections": good}, _source.merged([rejects, *faults]), len(named) + len(faults), SOURCE.name, stats)


def _sensor() -> pl.Expr:
    """Radar; or, so that the row is rejected for what it is, in words what else."""
    return (
        pl.when("simulated")
        .then(pl.lit("simulated or test target"))
        .when("fixed")
        .then(pl.lit("fixed transponder of the radar"))
        .otherwise(pl.lit("radar"))
    )


def _ellipse() -> list[pl.Expr]:
    """The 95 % ellipse of variances east and north and their covariance; the long axis clockwise from north."""
    xx, yy, xy = pl.col("xx_m2"), pl.col("yy_m2"), pl.col("xy_m2").fill_null(0.0)
    mean, half = (xx + yy) / 2.0, (((xx - yy) / 2.0) ** 2 + xy**2).sqrt()
    known = (mean + half) > 0.0
    axes = [(mean + half).sqrt() * K95, pl.max_horizontal(mean - half, pl.lit(0.0)).sqrt() * K95]
    turn = (pl.arctan2(2.0 * xy, yy - xx) * (90.0 / np.pi)) % 180.0
    names = ("semi_major_m", "semi_minor_m", "orientation_deg")
    return [pl.when(known).then(e).alias(n) for n, e in zip(names, [*axes, turn], strict=True)]


def _told(rejects: pl.DataFrame, told: pl.DataFrame, data: bytes, at: int) -> pl.DataFrame:
    """Rejects with offsets for lines, bytes for text, and what to do where a radar's place is not known."""
    if rejects.is_empty():
        return rejects
    lost = rejects.select(pl.col("line")).join(told.select("line", "lost"), on="line", how="left")["lost"]
    place = "no place: polar and Cartesian plots need --radar LON,LAT, or --radar SAC/SIC=LON,LAT"
    no_place = lost & (rejects["reason"] == "missing_value")
    raw = [data[o - at : o - at + 64] for o in rejects["line"].to_list()]
    return rejects.with_columns(
        pl.when(no_place).then(pl.lit(place)).otherwise(pl.col("detail")).alias("detail"),
        pl.col("line").alias("offset"),
        pl.lit(None, pl.Int64()).alias("line"),
        pl.Series("raw", raw, dtype=pl.Binary()),
    )


def _fault(f: Fault, data: bytes, at: int, file: str) -> pl.DataFrame:
    reason, words = FAULTS[f.what]
    detail = f"category {f.category:03d}: {words}" if f.category >= 0 else words
    raw = data[f.offset : f.offset + min(f.size, _source.RAW_BYTES)]
    row = _source.reject(file, None, reason, f"{detail} ({f.size} bytes)", raw)
    return row.with_columns(pl.lit(at + f.offset, pl.Int64()).alias("offset"))
