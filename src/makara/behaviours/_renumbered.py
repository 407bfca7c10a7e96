"""A ship that goes on under another number: one mover's last message, another's first, at one place and time at sea."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import polars as pl
from numba import njit

from makara.base.geo import bearing_scalar, destination_scalar, distance_scalar
from makara.base.units import DAY_S, HOUR_S, KN_M_S, MINUTE_S, NMI_M, S_US
from makara.behaviours._derived import all_marks
from makara.behaviours._rule import Parameters, Window, reason, reasons, rows_of

NEW_S: Final = DAY_S
"""A mover is new where it was not heard for so long."""
KNOWN_S: Final = 6 * HOUR_S
"""The old number's track must have lasted so long: when data begin, every number is new."""
QUIET_S: Final = 30 * MINUTE_S
"""The old number must have been silent so long."""
SETTLE_S: Final = 6 * HOUR_S
"""The old number must stay silent so long after the new one appears; claims are compared so long."""
_TURN: Final = 0.3
"""Sine of the least turn from which a way with one turn is well told."""
_UNDER_WAY_KN: Final = 3.0
_PLACE: Final = ("t", "lon_deg", "lat_deg", "sog_kn", "cog_deg")


def renumbered(window: Window, claims: pl.DataFrame, p: Parameters) -> pl.DataFrame:
    """Changes of MMSI at sea whose first message under the new number lies in the window, or is too fresh in it."""
    ends = _ends(window)
    if not len(ends):
        return pl.DataFrame()
    settle = SETTLE_S * S_US
    ship = pl.col("mover").is_between(200_000_000, 799_999_999)
    sea = (pl.col("anchorage_m") >= p.anchorage_min_m).fill_null(True) & (pl.col("shore_m") >= p.shore_min_m).fill_null(
        True
    )
    span = int(p.renumber_max_s) * S_US
    late = pl.col("t") + settle + span >= window.frm_us  # those that compete with the ones told here
    new = ends.filter(pl.col("begins") & ship & sea & late).sort("t", "mover")
    known = pl.col("t") - pl.col("since") >= KNOWN_S * S_US
    quiet = pl.col("t") + QUIET_S * S_US <= window.to_us
    old = ends.filter(~pl.col("begins") & ship & sea & known & quiet).sort("t", "mover")
    a, b, off = _follows(
        *(old[c].fill_null(np.nan).to_numpy() if c != "t" else old[c].to_numpy() for c in _PLACE),
        old["t_next"].to_numpy(),
        old["mover"].to_numpy(),
        *(new[c].fill_null(np.nan).to_numpy() if c != "t" else new[c].to_numpy() for c in _PLACE),
        new["mover"].to_numpy(),
        span,
        settle,
        p.renumber_place_max_m,
        p.renumber_way_share,
    )
    alone = np.bincount(a, minlength=1)[a] * np.bincount(b, minlength=1)[b] == 1
    pairs = pl.DataFrame({"a": a, "b": b, "off_m": off, "alone": alone}).sort("off_m", "a", "b")
    pairs = pairs.unique("a", keep="first", maintain_order=True).unique("b", keep="first", maintain_order=True)
    kept = ["mover", "mmsi", "t", "lon_deg", "lat_deg", "zones", "mark"]
    both = pl.concat(
        [
            old[pairs["a"]].select(kept),
            new[pairs["b"]].select(pl.col(kept).name.suffix("_new")),
            pairs.select(pl.col("off_m").round(0), "alone"),
        ],
        how="horizontal",
    )
    both = both.filter(pl.col("t_new") + settle >= window.frm_us)
    return _rows(window, _compared(both, claims), p) if len(both) else pl.DataFrame()


def _ends(window: Window) -> pl.DataFrame:
    """Points before and after which their mover was silent for long: ``begins``; ``t_next``, when it is heard again;
    ``since``, when their track began.
    """
    points = window.track_points
    if not len(points):
        return pl.DataFrame()
    t = points["t_seen"].to_physical().to_numpy()
    mover, track = points["mover"].to_numpy(), points["track"].to_numpy()
    row, begins, onward, since = _edges(mover, track, t, NEW_S * S_US, SETTLE_S * S_US)
    told = points[row].select(
        "mover", "mmsi", "lon_deg", "lat_deg", "sog_kn", "cog_deg", "shore_m", "anchorage_m", "zones", "mark"
    )
    out: pl.DataFrame = told.with_columns(
        pl.col("sog_kn", "cog_deg").cast(pl.Float64),
        pl.Series("t", t[row]),
        pl.Series("begins", begins),
        pl.Series("t_next", onward),
        pl.Series("since", since),
    )
    return out


@njit(cache=True)
def _edges(mover: Any, track: Any, t: Any, new: int, gap: int) -> Any:
    """Rows (ordered by mover, track, time) with no other of their mover in the ``new`` before or the ``gap`` after."""
    rows = []
    begins = []
    onward = []
    since = []
    never = np.iinfo(np.int64).max
    n = t.size
    a = 0
    while a < n:
        b = a
        while b < n and mover[b] == mover[a]:
            b += 1
        first = a
        for i in range(a, b):
            if i > a and track[i] != track[i - 1]:
                first = i
            if i == first or t[i] - t[i - 1] > new:
                before = -never
                for k in range(a, b):
                    if t[k] < t[i]:
                        before = max(before, t[k])
                if before == -never or t[i] - before > new:
                    rows.append(i)
                    begins.append(True)
                    onward.append(never)
                    since.append(t[first])
            last = i + 1 == b or track[i + 1] != track[i]
            if last or t[i + 1] - t[i] > gap:
                after = never
                for k in range(a, b):
                    if t[k] > t[i]:
                        after = min(after, t[k])
                if after - t[i] > gap:
                    rows.append(i)
                    begins.append(False)
                    onward.append(after)
                    since.append(t[first])
        a = b
    return np.array(rows, np.int64), np.array(begins, np.bool_), np.array(onward, np.int64), np.array(since, np.int64)


@njit(cache=True)
def _one_turn(x0: float, y0: float, c0: float, x1: float, y1: float, turn: float, near: float) -> float:
    """Length of the way from a place on a course to another place on another course with one turn, metres; infinite
    where there is none.
    """
    if abs(np.sin(turn)) <= _TURN:
        return np.inf
    d = distance_scalar(x0, y0, x1, y1)
    off = (bearing_scalar(x0, y0, x1, y1) - c0) * np.pi / 180.0
    ahead, beside = d * np.cos(off), d * np.sin(off)
    second = beside / np.sin(turn)
    first = ahead - second * np.cos(turn)
    return first + second if first >= -near and second >= -near else np.inf


@njit(cache=True)
def _follows(
    t0: Any, x0: Any, y0: Any, v0: Any, c0: Any, onward: Any, who0: Any, t1: Any, x1: Any, y1: Any, v1: Any, c1: Any,
    who1: Any, span: int, settle: int, near: float, share: float,
) -> Any:  # fmt: skip
    """Last messages (0) and first ones (1) that one hull on its way can have sent: at its mean speed it comes from the
    one to the other straight on, or with one turn; or it had no time to go far. And by how much the way is off.
    """
    a = []
    b = []
    off = []
    for j in range(t1.size):
        low = np.searchsorted(t0, t1[j] - span)
        for i in range(low, t0.size):
            if t0[i] > t1[j]:
                break
            if who0[i] == who1[j] or onward[i] <= t1[j] + settle or abs(y0[i] - y1[j]) > 3.0:
                continue
            run = 0.0
            x, y = x0[i], y0[i]
            if v0[i] >= _UNDER_WAY_KN and v1[j] >= _UNDER_WAY_KN and not np.isnan(c0[i]) and not np.isnan(c1[j]):
                run = 0.5 * (v0[i] + v1[j]) * KN_M_S * (t1[j] - t0[i]) / 1e6
            if run > near:  # on a shorter way courses tell nothing: it may have turned round
                x, y = destination_scalar(x, y, c0[i], run)
                turn = (c1[j] - c0[i]) * np.pi / 180.0
                if abs(np.sin(turn)) > _TURN or np.cos(turn) < 0.0:
                    way = _one_turn(x0[i], y0[i], c0[i], x1[j], y1[j], turn, near)
                    if abs(way - run) <= near + share * run:
                        a.append(i)
                        b.append(j)
                        off.append(abs(way - run))
                    continue
            d = distance_scalar(x, y, x1[j], y1[j])
            if d <= near + share * run:
                a.append(i)
                b.append(j)
                off.append(d)
    return np.array(a, np.int64), np.array(b, np.int64), np.array(off, np.float64)


def _compared(both: pl.DataFrame, claims: pl.DataFrame) -> pl.DataFrame:
    """The pairs with what their claims have in common, of the day before and of the hours after: ``agree``."""
    parts = ("name", "callsign", "imo", "length_m", "width_m")
    t = pl.col("t_seen").to_physical()
    before = _last(both.select("mover", at="t"), claims, (t <= pl.col("at")) & (t > pl.col("at") - 7 * DAY_S * S_US))
    within = (t >= pl.col("at")) & (t <= pl.col("at") + SETTLE_S * S_US)
    after = _last(both.select(mover="mover_new", at="t_new"), claims, within)
    after = after.rename({"mover": "mover_new", **{c: f"{c}_new" for c in (*parts, "claim_marks")}})
    out = both.join(before, on="mover", how="left", maintain_order="left")
    out = out.join(after, on="mover_new", how="left", maintain_order="left")
    size = pl.all_horizontal((pl.col(c) - pl.col(f"{c}_new")).abs() < 1.5 for c in ("length_m", "width_m"))
    same = [pl.when(pl.col(c) == pl.col(f"{c}_new")).then(pl.lit(c)) for c in parts[:3]]
    same.append(pl.when(size & (pl.col("length_m") > 0)).then(pl.lit("dimensions")))
    other = (pl.col("length_m") - pl.col("length_m_new")).abs() >= 5.0
    return out.with_columns(agree=pl.concat_list(same).list.drop_nulls(), unlike=other.fill_null(False))


def _last(asked: pl.DataFrame, claims: pl.DataFrame, within: pl.Expr) -> pl.DataFrame:
    parts = ("name", "callsign", "imo", "length_m", "width_m")
    told = claims.join(asked.unique("mover"), on="mover").filter(within).sort("mover", "t_seen", "claim")
    return told.group_by("mover", maintain_order=True).agg(
        *(pl.col(c).drop_nulls().last() for c in parts), claim_marks=pl.col("mark").drop_nulls().unique().sort()
    )


def _rows(window: Window, both: pl.DataFrame, p: Parameters) -> pl.DataFrame:
    """Rows of a step for ships that go on under another number.

    Where no claims agree, lengths must not differ, and nobody else may have gone or come there: for the record only.
    """
    settled = pl.col("t_new") + SETTLE_S * S_US < window.to_us
    agree = pl.col("agree").list.len() > 0
    instant = pl.Datetime("us", "UTC")
    rows = both.filter(agree | (pl.col("alone") & ~pl.col("unlike"))).with_columns(
        what=pl.lit("renumbered"),
        scope=pl.lit("renumbered"),
        state=pl.when(settled).then(pl.lit("closed")).otherwise(pl.lit("open")),
        t_start=pl.col("t").cast(instant),
        t_end_floor=pl.col("t_new").cast(instant),
        participants=pl.concat_list(
            pl.concat_str(pl.lit("mv"), pl.col(c).cast(pl.String)) for c in ("mover", "mover_new")
        ).list.sort(),
        mmsi=pl.concat_list("mmsi", "mmsi_new").list.drop_nulls(),
        zones=pl.col("zones"),
        old_marks=pl.concat_list("mark", "mark_new").list.drop_nulls(),
        severity=pl.when(agree).then(2).otherwise(0),
        p=pl.when(agree).then(0.9).otherwise(0.5),
        was=pl.format("{}", pl.col("mmsi")),
        now=pl.format("{}", pl.col("mmsi_new")),
        lon_other_deg=pl.col("lon_deg_new"),
        lat_other_deg=pl.col("lat_deg_new"),
        distance_max_m=pl.col("off_m"),
        field=pl.lit("mmsi"),
    )
    rows = rows.with_columns(
        all_marks("old_marks", "claim_marks", "claim_marks_new"),
        t_end=pl.when(settled).then("t_end_floor"),
        evidence=pl.concat_list(
            rows_of("mover", pl.col("t_start"), pl.col("t_start")),
            rows_of("mover_new", pl.col("t_end_floor"), pl.col("t_end_floor")),
        ),
    )
    return rows.with_columns(
        reasons(
            reason("goes_on", "way between both, off what their speeds make", pl.col("off_m"), "m", NMI_M),
            reason("never_heard", "the new number was not heard in the day before", NEW_S * pl.lit(1.0), "s"),
            reason("claims_agree", "claims that both state alike", pl.col("agree").list.len(), when=agree),
        )
    ).rename({"agree": "same_claims"})
