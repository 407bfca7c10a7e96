"""Structures: what a radar or a camera sees at a known one, or again and again at one place, is no vessel.

Known are zones of kind infrastructure that are one structure: a point, or at most 2 km across. What no track explains
within 200 m of one that is in force then is that structure.

After Paolo 2024, who find offshore infrastructure in medians of six months of radar images: what stands is there in
most of them, what sails in few. Here of detections: one is a structure's where something of like size, that no track
explains, was found within 50 m on at least 3 dates of the last 180 days, its own the last and each 5 days or more
after the one before, and in more than half of the looks of its kind of sensor before it that have shown the place since
the first of these. What is known only later changes nothing of what was seen before: the first two dates of a new
platform stay unexplained.

Why these numbers: the centre of a small bright thing is found within some 20 m of where it is, so two of one platform
lie within 50 m of each other 19 times in 20. A ship at anchor swings on 100 to 200 m of chain and hull: by chance the
same 50 m twice more is one in a hundred (11 % each at 150 m), and it would have to lie there ten days without AIS. Of a
crowded anchorage (one unexplained ship a square kilometre) any ship lies within 50 m of a given place in 1 of 130
looks.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

import numpy as np
import polars as pl
import shapely
from scipy.spatial import cKDTree

from makara.base.geo import cartesian
from makara.base.structures import NEAR_M, SENSORS, zoned
from makara.base.time import from_us
from makara.base.units import DAY_S, S_US
from makara.fusion._frames import floats
from makara.tables import REASON, REASONS

SAME_M: Final = 50.0
DATES: Final = 3
APART_US: Final = 5 * DAY_S * S_US
REACH: Final = timedelta(days=180)
SHARE: Final = 0.5
LEAST_M: Final = 50.0
"""Below this length images hardly tell sizes apart."""
ALIKE: Final = 2.0
"""Lengths that differ by more are of two things."""
CLEAR: Final = 0.1
"""Optical looks with more cloud may have missed what stands there."""
SIGHTED: Final = ("detection", "collection", "sensor", "t_seen", "lon_deg", "lat_deg", "length_m", "structure", "mark")
"""Columns of detections that are read."""


def structures(
    found: pl.DataFrame, sighted: pl.DataFrame, matches: pl.DataFrame, collections: pl.DataFrame, zones: pl.DataFrame
) -> pl.DataFrame:
    """Matches, in which what stands at one place is not judged: ``p_dark`` is null and ``reasons`` say why.

    Args:
        found: as :func:`makara.fusion.match` gives them.
        sighted: detections with the columns :data:`SIGHTED`: those of ``found``, and of the 180 days before them.
        matches: table matches of the earlier ones (``detection, p_none, mark``); those of ``found`` are not read.
        collections: table collections, a row a look.
        zones: table zones.

    Returns:
        The same rows; ``marks`` hold those of the evidence, too.
    """
    older = matches.join(found, on="detection", how="anti").select("detection", "p_none", marks=pl.concat_list("mark"))
    p_none = pl.concat([older, found.select(older.columns)])
    own = pl.col("structure").is_null() | (pl.col("structure") == "platform")
    alone = sighted.join(p_none, on="detection").filter(
        pl.col("sensor").is_in(SENSORS), own, pl.col("p_none").round(4) >= 0.5
    )
    rows = _of_zones(alone.join(found, on="detection", how="semi"), zones)
    known = [r["detection"] for r in rows]
    rest = found.filter(~pl.col("detection").is_in(known))
    rows += [r for s in SENSORS for r in _of_sensor(alone.filter(pl.col("sensor") == s), rest, s, collections)]
    if not rows:
        return found
    types = {"detection": pl.String(), "why": REASON, "more": pl.List(pl.String())}
    told = found.join(pl.DataFrame(rows, schema=types), on="detection", how="left", maintain_order="left")
    stands = pl.col("why").is_not_null()
    marks = pl.col("marks").list.concat(pl.col("more")).list.unique().list.sort()
    return told.with_columns(
        p_dark=pl.when(~stands).then("p_dark"),
        reasons=pl.when(stands).then(pl.concat_list("reasons", "why")).otherwise("reasons").cast(REASONS),
        marks=pl.when(stands).then(marks).otherwise("marks"),
    ).select(found.columns)


def _of_zones(asked: pl.DataFrame, zones: pl.DataFrame) -> list[dict[str, Any]]:
    """Of each detection at a known structure: its id, why, and the mark of the zone."""
    if not len(asked):
        return []
    return [
        {"detection": detection, "why": _zone(name), "more": [mark] if mark else []}
        for detection, name, mark in zoned(asked, zones).iter_rows()
    ]


def _of_sensor(
    alone: pl.DataFrame, found: pl.DataFrame, sensor: str, collections: pl.DataFrame
) -> list[dict[str, Any]]:
    """Of each detection that is a structure's: its id, why, and the marks of the evidence."""
    every = alone.sort("t_seen", "detection")
    asked = np.flatnonzero(every["detection"].is_in(found["detection"].implode()).to_numpy())
    if len(every) < DATES or not asked.size:
        return []
    lon, lat, t = floats(every, "lon_deg"), floats(every, "lat_deg"), every["t_seen"].to_physical().to_numpy()
    size = np.maximum(floats(every, "length_m"), LEAST_M)
    xyz = cartesian(lon, lat)
    near = cKDTree(xyz).query_ball_point(xyz[asked], SAME_M, return_sorted=True)
    seen: dict[int, Any] = {}
    for i, some in zip(asked.tolist(), near, strict=True):
        at = np.array([k for k in some if k <= i], np.int64)  # in the order of times
        ratio = size[at] / size[i]
        at = at[~((ratio > ALIKE) | (ratio < 1.0 / ALIKE)) & (t[at] >= t[i] - REACH // timedelta(microseconds=1))]
        first, n = _dates(t[at])
        if n >= DATES:
            seen[i] = at[t[at] >= first], first, n
    if not seen:
        return []
    looks = _showing(sensor, collections, lon[list(seen)], lat[list(seen)])
    names, marks, of_match = (every[c].to_list() for c in ("collection", "mark", "marks"))
    ids, rows = every["detection"].to_list(), []
    for (i, (at, first, n)), mine in zip(seen.items(), looks, strict=True):
        held = {names[k] or ids[k] for k in at.tolist()}
        shown = {c: m for c, begin, end, m in mine if c in held or (end >= first and begin <= t[i])}
        if len(held) - 1 > SHARE * (len(held | set(shown)) - 1):
            told = {*shown.values(), *(marks[k] for k in at.tolist()), *(m for k in at.tolist() for m in of_match[k])}
            rows.append({"detection": ids[i], "why": _why(n, first, len(held), len(held | set(shown))), "more": told})
    return [{**r, "more": sorted(m for m in r["more"] if m is not None)} for r in rows]


def _dates(t: Any) -> tuple[int, int]:
    """The first of the dates on which something was there, and how many: from the last back, each days before it."""
    last, n = int(t[-1]), 1
    for at in t[::-1].tolist():
        if last - at >= APART_US:
            last, n = at, n + 1
    return last, n


def _showing(
    sensor: str, collections: pl.DataFrame, lon: Any, lat: Any
) -> list[list[tuple[str, int, int, str | None]]]:
    """Of each place the looks of a sensor that show it: collection, begin and end in microseconds, mark."""
    clear = pl.lit(True) if sensor == "sar" else (pl.col("cloud_share") <= CLEAR).fill_null(False)
    looks = collections.filter(pl.col("sensor") == sensor, pl.col("footprint").is_not_null(), clear).sort("collection")
    times = (pl.col(c).to_physical() for c in ("t_start", "t_end"))
    told = looks.select("collection", *times, "mark").rows()
    out: list[list[tuple[str, int, int, str | None]]] = [[] for _ in lon]
    tree = shapely.STRtree(shapely.from_wkb(looks["footprint"].to_numpy()))
    for place, look in zip(*tree.query(shapely.points(lon, lat), predicate="intersects").tolist(), strict=True):
        out[place].append(told[look])
    return out


def _zone(name: str) -> dict[str, Any]:
    return {
        "code": "structure",
        "value": None,
        "unit": None,
        "against": None,
        "weight": None,
        "text": f"{name}, a zone of kind infrastructure, stands within {NEAR_M:.0f} m: held to be that structure",
    }


def _why(dates: int, first: int, held: int, shown: int) -> dict[str, Any]:
    return {
        "code": "structure",
        "value": float(dates),
        "unit": "dates",
        "against": float(DATES),
        "weight": None,
        "text": f"something of its size was found here in {held} of {shown} looks since {from_us(first):%Y-%m-%d}: "
        "held to be a fixed structure",
    }


__all__ = ["REACH", "SENSORS", "SIGHTED", "structures"]
