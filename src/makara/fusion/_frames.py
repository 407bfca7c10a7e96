"""From frames to the arrays that matching works on."""

from __future__ import annotations

import numpy as np
import polars as pl

from makara.base.errors import ColumnsError
from makara.base.motion import SPEED_MAX_KN
from makara.fusion._states import SPREAD, Floats, Tracks

NO_SHIPS = ("base", "aircraft", "sart")
"""Transponders that no look is matched against."""
OCCASION_US = 1_800_000_000
"""Reports of one half-hour are one occasion of hearing."""
POINTS = ("track", "t_seen", "lon_deg", "lat_deg")


def require(frame: pl.DataFrame, columns: tuple[str, ...], what: str) -> None:
    """Hold a frame to its required columns.

    Raises:
        ColumnsError: one is missing; the message names it.
    """
    missing = [c for c in columns if c not in frame.columns]
    if missing:
        raise ColumnsError(f"{what}: missing column {', '.join(missing)}; needed are {', '.join(columns)}")


def floats(frame: pl.DataFrame, column: str) -> Floats:
    """A column as floats, NaN for null or where there is no such column."""
    if column not in frame.columns:
        return np.full(len(frame), np.nan)
    return np.ascontiguousarray(frame[column].cast(pl.Float64).fill_null(float("nan")).to_numpy())


def texts(frame: pl.DataFrame, column: str) -> pl.Series:
    """A column as text, null where there is no such column."""
    if column not in frame.columns:
        return pl.Series(column, [None] * len(frame), dtype=pl.String)
    return frame[column].cast(pl.String)


def tracks_of(points: pl.DataFrame, vessels: pl.DataFrame | None, against: str) -> Tracks:
    """Tracks from track_points of the feed matched against, with what is known of their vessels.

    Args:
        points: columns of table track_points.
        vessels: columns ``mover, class, length_m, marks``, or None.
        against: ``vms``, or ``ais`` for all others.
    """
    require(points, POINTS, "track_points")
    used = points.filter(pl.col("track").is_not_null())
    if "receiver" in used.columns:
        vms = pl.col("receiver").cast(pl.String) == "vms"
        used = used.filter(vms if against == "vms" else ~vms.fill_null(False))
    order = ["track", "t_seen"] + (["report"] if "report" in used.columns else [])
    if "transponder" in used.columns:
        used = used.filter(~pl.col("transponder").cast(pl.String).is_in(NO_SHIPS).fill_null(False))
    used = used.sort(order)
    ident = used["track"].to_numpy()
    sent = texts(used, "transponder").fill_null("")
    turns = np.flatnonzero(np.concatenate([[True], ident[1:] != ident[:-1]])) if len(used) else np.zeros(0, np.int64)
    mover = used["mover"] if "mover" in used.columns else pl.repeat(0, len(used), dtype=pl.Int64, eager=True)
    heads = pl.DataFrame({"mover": mover.gather(turns)})
    t_us = used["t_seen"].cast(pl.Datetime("us", "UTC")).to_physical().to_numpy()
    fresh = np.concatenate([[True], np.diff(t_us // OCCASION_US) != 0])[: t_us.size]
    fresh[turns] = True
    known = {
        "class": pl.lit("unknown"),
        "length_m": pl.lit(None, dtype=pl.Float32),
        "marks": pl.lit(None, dtype=pl.List(pl.String())),
    }
    if vessels is not None and {"mover"} <= set(vessels.columns):
        have = [c for c in known if c in vessels.columns]
        single = vessels.select("mover", *have).sort("mover").unique("mover", keep="first", maintain_order=True)
        heads = heads.join(single, on="mover", how="left", maintain_order="left")
    heads = heads.with_columns(e.alias(c) for c, e in known.items() if c not in heads.columns)
    kind = pl.col("class").cast(pl.String)
    factor = heads.select(kind.replace_strict(SPREAD, default=SPREAD["unknown"], return_dtype=pl.Float64)).to_series()
    fastest = heads.select(
        kind.replace_strict(SPEED_MAX_KN, default=SPEED_MAX_KN["unknown"], return_dtype=pl.Float64)
    ).to_series()
    return Tracks(
        ident=ident[turns],
        mover=heads["mover"].to_numpy(),
        start=np.append(turns, len(used)).astype(np.int64),
        t_us=t_us,
        lon=floats(used, "lon_deg"),
        lat=floats(used, "lat_deg"),
        sog=floats(used, "sog_kn"),
        cog=floats(used, "cog_deg"),
        factor=factor.fill_null(SPREAD["unknown"]).to_numpy(),
        speed_max_kn=fastest.fill_null(SPEED_MAX_KN["unknown"]).to_numpy(),
        length_m=floats(heads, "length_m"),
        vessel_marks=heads["marks"],
        class_b=(sent.gather(turns) == "class_b").to_numpy(),
        vessel=(sent.gather(turns) != "aid").to_numpy(),
        occasion=np.cumsum(fresh),
        mark=texts(used, "mark"),
        receiver=texts(used, "receiver").fill_null("unknown"),
    )
