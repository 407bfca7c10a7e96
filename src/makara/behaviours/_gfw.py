"""What the ``gfw`` profiles share: Global Fishing Watch's published pipelines judge a whole span of segments at once.

These profiles repeat a peer's results, its defects declared where they are repeated. They run through ``find`` alone,
on all points of the span: ``track`` is the peer's segment, ``mover`` its ssvid.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

from makara.base.errors import SettingsError
from makara.base.units import DAY_S, S_US
from makara.behaviours._rule import Parameters, Rule, Window, emit, instants, nothing, reason, reasons, rows_of

DAY_US: Final = DAY_S * S_US
RADIUS_M: Final = 6_371_000.0
"""The peer's sphere: its encounters and port visits are measured on it."""


def great_circle_m(lon1: ArrayLike, lat1: ArrayLike, lon2: ArrayLike, lat2: ArrayLike) -> NDArray[np.float64]:
    """Distance on the peer's sphere, metres, element by element (haversine)."""
    x1, y1, x2, y2 = (np.radians(np.asarray(v, np.float64)) for v in (lon1, lat1, lon2, lat2))
    h = np.sin(0.5 * (y2 - y1)) ** 2 + np.cos(y1) * np.cos(y2) * np.sin(0.5 * (x2 - x1)) ** 2
    return np.asarray(2.0 * RADIUS_M * np.arcsin(np.sqrt(np.minimum(h, 1.0))))


def whole(window: Window, carried: pl.DataFrame, p: Parameters) -> pl.DataFrame:
    """All track points of the span, ordered by track and time.

    Raises:
        SettingsError: the rule was run on a part of the span.
    """
    if len(carried) or (len(window.track_points) and window.track_points["t_seen"].min() < window.frm):  # type: ignore[operator]
        raise SettingsError(f"profile {p.profile} judges a whole span at once; use find(..., profile={p.profile!r})")
    return window.track_points.with_columns(pl.col("t_seen").to_physical().alias("t"))


def publish(
    rule: Rule,
    p: Parameters,
    points: pl.DataFrame,
    rows: pl.DataFrame,
    members: list[str],
    details: Mapping[str, Any],
    code: str,
) -> pl.DataFrame:
    """STEP rows of what the peer would publish.

    Args:
        rule: whose events they are.
        p: parameters in force.
        points: the points behind them.
        rows: ``t_first, t_last`` (microseconds), ``lon_deg, lat_deg``, the members' columns and the details; also
            ``scope`` and ``open`` where there are any.
        members: columns that hold the movers, in the order of the participants.
        details: names and types of the details.
        code: of the reason given.
    """
    if not len(rows):
        return nothing()
    each = points.group_by("mover").agg(pl.col("mmsi").first().cast(pl.Int64), pl.col("mark").unique().sort())
    for k, member in enumerate(members):
        named = each.rename({"mover": member, "mmsi": f"mmsi_{k}", "mark": f"mark_{k}"})
        rows = rows.join(named, on=member, how="left", maintain_order="left")
    n = range(len(members))
    ends = pl.col("open").not_() if "open" in rows.columns else pl.lit(True)
    rows = rows.with_columns(
        state=pl.when(ends).then(pl.lit("closed")).otherwise(pl.lit("open")),
        t_start=instants("t_first"),
        t_end=pl.when(ends).then(instants("t_last")),
        t_end_floor=instants("t_last"),
        participants=pl.concat_list([pl.concat_str(pl.lit("mv"), pl.col(m).cast(pl.String)) for m in members]),
        mmsi=pl.concat_list([f"mmsi_{k}" for k in n]).list.drop_nulls(),
        marks=pl.concat_list([f"mark_{k}" for k in n]).list.drop_nulls().list.unique().list.sort(),
        duration_s=(pl.col("t_last") - pl.col("t_first")) // S_US,
    )
    rows = rows.with_columns(
        reasons(reason(code, "as the published pipeline finds it", pl.col("duration_s"), "s")),
        evidence=pl.concat_list([rows_of(m, pl.col("t_start"), pl.col("t_end_floor")) for m in members]),
    )
    return emit(replace(rule, details=details), p, rows)
