"""Pictures with matplotlib (the extra ``plot``): a track, the density of traffic, coverage. Of DataFrames or a lake.

Each answers matplotlib axes, to be added to, saved (``ax.figure.savefig``) or shown. All are right across 180 degrees.
"""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from typing import Any, Final

import numpy as np
import polars as pl
import shapely
from numpy.typing import NDArray

from makara.base.cells import outline
from makara.base.errors import ColumnsError, UsageError
from makara.base.extras import need
from makara.base.frames import frame
from makara.base.geo import distance_m, lon_delta
from makara.base.units import DAY_S, HOUR_S, KN_M_S, S_US
from makara.session._map import EXTRA, INK, Window, ground, window_of

GAP_S: Final = HOUR_S
QUERY: Final = ("bbox", "since", "until")
"""Options of a session's pictures that say which rows are drawn."""
UNSURE: Final = 0.5
"""A cell whose interval is wider than this is hatched."""
_CLASSES: Final = {"class_a": "class A", "class_b": "class B"}
_KM_DEG: Final = 111.195
_CELLS: Final = 160
"""Cells of a density map across its window."""
_NAMED: Final = 4
"""Starts and ends bear their times where there are no more tracks than this."""
Floats = NDArray[np.float64]


def plot_track(
    track_points: Any, *, colour: str = "time", gap_s: float = GAP_S, title: str | None = None, ax: Any = None
) -> Any:
    """A map of tracks: solid where the vessel was heard, dashed over silences, start and end marked.

    Args:
        track_points: any table with ``t_seen, lon_deg, lat_deg``; ``track`` (or ``mover``) tells tracks apart, points
            whose track is null are drawn as dropped ones; ``sog_kn`` is used where there.
        colour: ``time`` or ``speed`` (stated, or else implied).
        gap_s: a silence longer than this is dashed, seconds.
        title: else number and span.
        ax: matplotlib axes; None: new ones.

    Returns:
        The axes.

    Raises:
        UsageError: there is nothing to draw, or matplotlib is not installed.
        ColumnsError: a required column is missing.
    """
    if colour not in ("time", "speed"):
        raise UsageError(f"colour is {colour!r}; it is time or speed")
    points = _placed(frame(track_points), "plot_track")
    who = next((c for c in ("track", "mover") if c in points.columns), None)
    points = points.with_columns((pl.col(who) if who else pl.lit(0)).alias("who"))
    dropped, on = points.filter(pl.col("who").is_null()), points.drop_nulls("who").sort("who", "t_seen")
    if "flags" in dropped.columns:
        dropped = dropped.filter(~pl.col("flags").list.contains("duplicate"))
    window = window_of(on["lon_deg"].to_numpy(), on["lat_deg"].to_numpy(), "track points")
    ax = ground(window, ax)
    x, y = window.x(on["lon_deg"].to_numpy()), on["lat_deg"].to_numpy()
    t = on["t_seen"].to_physical().to_numpy() / S_US
    same = on["who"].to_numpy()[1:] == on["who"].to_numpy()[:-1]
    quiet = np.diff(t) > gap_s
    lines = np.stack([np.column_stack([x, y])[:-1], np.column_stack([x, y])[1:]], axis=1)
    collections, lines2d = need("matplotlib.collections", EXTRA), need("matplotlib.lines", EXTRA)
    heard, gaps = lines[same & ~quiet], lines[same & quiet]
    casing = collections.LineCollection(heard, colors="white", linewidths=4.0, capstyle="round", zorder=5)
    value, label = _values(on, t, colour)
    drawn = collections.LineCollection(
        heard, array=value[same & ~quiet], cmap="viridis", linewidths=2.2, capstyle="round", zorder=6
    )
    dashed = collections.LineCollection(gaps, colors=INK, linewidths=1.1, linestyles=(0, (4, 3)), zorder=5)
    for c, name in ((casing, "casing"), (drawn, "heard"), (dashed, "silent")):
        c.set_gid(name)
        ax.add_collection(c, autolim=False)
    if heard.size:
        drawn.set_clim(float(value.min()), float(max(value.max(), value.min() + 1e-9)))
        bar = ax.figure.colorbar(drawn, ax=ax, shrink=0.7, pad=0.02, label=label)
        if colour == "time":
            _time_ticks(bar)
    keys = _ends(ax, on, x, y, lines2d)
    if gaps.size:
        keys.append(lines2d.Line2D([], [], color=INK, lw=1.1, ls=(0, (4, 3)), label=f"silent over {_span(gap_s)}"))
    if len(dropped):
        keys += ax.plot(window.x(dropped["lon_deg"].to_numpy()), dropped["lat_deg"], "x", color="#a33b2a", ms=5,
                        zorder=5, label="dropped: no hull could be there")  # fmt: skip
    ax.legend(handles=keys, fontsize=8, loc="best", framealpha=0.9).set_zorder(9)
    ax.set_title(title or _title(on), fontsize=11, loc="left", color=INK)
    return ax


def plot_density(
    track_points: Any, *, cell_deg: float | None = None, gap_s: float = GAP_S, title: str | None = None, ax: Any = None
) -> Any:
    """A density map: vessel-hours in each cell per square kilometre, whatever the rate of reports (as EMODnet's maps).

    The time between two points of a track is spread evenly over the way between them; silences count for nothing.

    Args:
        track_points: as for :func:`plot_track`.
        cell_deg: size of a cell, degrees of latitude; else fitting the window.
        gap_s: time between points further apart than this is not counted, seconds.
        title: else number of vessels and span.
        ax: matplotlib axes; None: new ones.

    Returns:
        The axes; its first mesh holds the density.

    Raises:
        UsageError: there is nothing to draw, or matplotlib is not installed.
        ColumnsError: a required column is missing.
    """
    points = _placed(frame(track_points), "plot_density")
    who = next((c for c in ("track", "mover") if c in points.columns), None)
    points = points.with_columns((pl.col(who) if who else pl.lit(0)).alias("who")).drop_nulls("who")
    on = points.sort("who", "t_seen")
    window = window_of(on["lon_deg"].to_numpy(), on["lat_deg"].to_numpy(), "track points")
    size = cell_deg if cell_deg is not None else max(window.wide / window.aspect, window.high) / _CELLS
    ax = ground(window, ax)
    hours, xs, ys = _hours(on, window, size, gap_s)
    area = (size * _KM_DEG) ** 2 * window.aspect * np.cos(np.radians((ys[:-1] + ys[1:]) / 2.0))[:, None]
    density = np.ma.masked_less_equal(hours / area, 0.0)
    colors = need("matplotlib.colors", EXTRA)
    if density.count():
        low, high = np.percentile(density.compressed(), [2.0, 100.0]).tolist()
        norm = colors.LogNorm(low, max(high, low * 10.0))
        mesh = ax.pcolormesh(xs, ys, density, cmap="magma_r", norm=norm, zorder=2, rasterized=True)
        ax.figure.colorbar(mesh, ax=ax, shrink=0.7, pad=0.02, label="vessel-hours per km²")
    ax.set_title(title or f"Density of traffic: {_title(on)}", fontsize=11, loc="left", color=INK)
    return ax


def plot_coverage(
    reception: Any,
    *,
    receiver: str | None = None,
    transponder: str | None = None,
    title: str | None = None,
    ax: Any = None,
) -> Any:
    """A coverage map: P(heard in an hour | transmitting) by cell; hatched where unsure, crossed where nobody looked.

    Args:
        reception: table reception over a span (``makara.reception``, ``Session.coverage``).
        receiver: class of receiver; else the one with most trials.
        transponder: class of transponder; likewise.
        title: else classes and span.
        ax: matplotlib axes; None: new ones.

    Returns:
        The axes.

    Raises:
        UsageError: there is nothing to draw, rows are hourly, or matplotlib is not installed.
        ColumnsError: a required column is missing.
    """
    rows = frame(reception)
    needed = ("cell", "t_start", "t_end", "receiver", "transponder", "trials", "p_heard", "p_lo", "p_hi")
    if missing := [c for c in needed if c not in rows.columns]:
        raise ColumnsError(f"plot_coverage: missing column {', '.join(missing)}; give table reception")
    for column, wanted in (("receiver", receiver), ("transponder", transponder)):
        most = rows.group_by(column).agg(pl.col("trials").sum()).sort("trials", column, descending=[True, False])
        rows = rows.filter(pl.col(column) == (wanted or (most[column][0] if len(most) else "")))
    if rows["cell"].n_unique() != len(rows):
        raise UsageError("several rows a cell: these are hourly; give reception over a span")
    shapes = [shapely.from_wkb(outline(c)) for c in rows["cell"].to_list()]
    xy = shapely.get_coordinates(shapes)
    window = window_of(xy[:, 0], xy[:, 1], "cells of that receiver and transponder")
    ax = ground(window, ax)
    collections, patches = need("matplotlib.collections", EXTRA), need("matplotlib.patches", EXTRA)
    unsure = (pl.col("p_hi") - pl.col("p_lo") > UNSURE).fill_null(False)
    known, keys = rows["p_heard"].is_not_null(), []
    styles: tuple[tuple[str, pl.Series, dict[str, Any]], ...] = (
        ("looked", known, {"cmap": "viridis", "clim": (0.0, 1.0)}),
        ("unsure", rows.select(unsure).to_series(), {"facecolor": "none", "hatch": "////", "edgecolor": "white"}),
        ("not looked", ~known, {"facecolor": "none", "hatch": "xx", "edgecolor": "#bcc7ce"}),
    )
    words = {"unsure": f"unsure: 90 % interval wider than {UNSURE:g}", "not looked": "not looked: nobody was there"}
    for name, which, style in styles:
        cells = [_outlines(s, window) for s in itertools.compress(shapes, which)]
        if not cells:
            continue
        parts = list(itertools.chain.from_iterable(cells))
        if name == "looked":  # a cell across 180 has two parts
            style["array"] = np.repeat(rows.filter(known)["p_heard"].to_numpy(), [len(c) for c in cells])
        drawn = collections.PolyCollection(parts, linewidths=0.3, zorder=2.5, gid=name, **style)
        ax.add_collection(drawn, autolim=False)
        if name == "looked":
            drawn.set_edgecolor("white")
            ax.figure.colorbar(drawn, ax=ax, shrink=0.7, pad=0.02, label="P(heard in an hour | transmitting)")
        else:
            face = "#5a7f94" if name == "unsure" else "white"
            look = {k: v for k, v in style.items() if k != "facecolor"}
            keys.append(patches.Patch(facecolor=face, label=words[name], **look))
    if keys:
        ax.legend(handles=keys, fontsize=8, loc="best", framealpha=0.95).set_zorder(9)
    first = rows.row(0, named=True)
    kind = f"{first['receiver']}, {_CLASSES.get(first['transponder'], first['transponder'])}"
    ax.set_title(title or f"Reception: {kind}, {_between(first['t_start'], first['t_end'])}", fontsize=11, loc="left",
                 color=INK)  # fmt: skip
    return ax


def of_vessel(
    session: Any, ident: str | int, *, since: datetime | None = None, until: datetime | None = None, **options: Any
) -> Any:
    """The track of a vessel of a lake; see :meth:`makara.Session.plot_track`."""
    found = session.vessel(str(ident))
    points, vessel = found["track_points"], found["vessels"].row(0, named=True)
    if len(points):
        first, last = since or points["t_seen"].min(), until or points["t_seen"].max()
        points = points.filter(pl.col("t_seen").is_between(first, last))
    else:
        raise UsageError(f"no track points of {ident} to draw; makara run makes them")
    name = vessel["name"] or f"MMSI {vessel['mmsi']}"
    shown = points.select(pl.col("t_seen").min().alias("a"), pl.col("t_seen").max().alias("b"))
    title = f"{name}, {_between(*shown.row(0))}" if len(points) else None
    return plot_track(points, **({"title": title} | options))


def of_traffic(session: Any, **options: Any) -> Any:
    """The density of a lake's track points; see :meth:`makara.Session.plot_density`."""
    asked = {k: options.pop(k) for k in QUERY if k in options}
    return plot_density(session.view("track_points", **asked), **options)


def of_coverage(session: Any, **options: Any) -> Any:
    """The coverage of a lake; see :meth:`makara.Session.plot_coverage`."""
    asked = {k: options.pop(k) for k in QUERY if k in options}
    return plot_coverage(session.coverage(**asked)["reception"], **options)


def _placed(given: pl.DataFrame, what: str) -> pl.DataFrame:
    needed = ("t_seen", "lon_deg", "lat_deg")
    if missing := [c for c in needed if c not in given.columns]:
        raise ColumnsError(f"{what}: missing column {', '.join(missing)}; needed are {', '.join(needed)}")
    return given.drop_nulls(needed)


def _values(on: pl.DataFrame, t: Floats, colour: str) -> tuple[Floats, str]:
    """What colours each stretch between two points, and its label."""
    if colour == "time":
        return (t[1:] + t[:-1]) / 2.0 / DAY_S, "time, UTC"
    if "sog_kn" in on.columns and on["sog_kn"].null_count() < len(on):
        said = on["sog_kn"].cast(pl.Float64).fill_null(strategy="forward").fill_null(strategy="backward").to_numpy()
        return (said[1:] + said[:-1]) / 2.0, "speed over ground, kn"
    lon, lat = on["lon_deg"].to_numpy(), on["lat_deg"].to_numpy()
    way = distance_m(lon[:-1], lat[:-1], lon[1:], lat[1:])
    return way / np.maximum(np.diff(t), 1.0) / KN_M_S, "implied speed, kn"


def _time_ticks(bar: Any) -> None:
    dates = need("matplotlib.dates", EXTRA)
    where = dates.AutoDateLocator(tz=UTC, minticks=4, maxticks=7)
    bar.locator, bar.formatter = where, dates.ConciseDateFormatter(where, tz=UTC, show_offset=False)
    bar.update_ticks()
    bar.ax.tick_params(labelsize=8)


def _ends(ax: Any, on: pl.DataFrame, x: Floats, y: Floats, lines2d: Any) -> list[Any]:
    """Start and end of each track; with their times where there are few."""
    who = on["who"].to_numpy()
    first = np.flatnonzero(np.append(True, who[1:] != who[:-1]))
    last = np.append(first[1:], who.size) - 1
    keys = []
    for name, rows, marker, fill in (("start", first, "o", "#2e9e5b"), ("end", last, "s", "#d1495b")):
        look = {"marker": marker, "color": fill, "markeredgecolor": "white", "ms": 8, "ls": "none"}
        ax.plot(x[rows], y[rows], zorder=7, gid=name, **look)
        keys.append(lines2d.Line2D([], [], label=name, **look))
        for k, other in zip(rows, last if rows is first else first, strict=True) if first.size <= _NAMED else ():
            upper = y[k] > y[other] or (y[k] == y[other] and rows is first)
            right = x[k] < np.mean(ax.get_xlim())
            ax.annotate(
                on["t_seen"][int(k)].strftime("%d %b %H:%MZ"), (x[k], y[k]),
                xytext=(9 if right else -9, 5 if upper else -5),
                ha="left" if right else "right", va="bottom" if upper else "top", textcoords="offset points",
                fontsize=8, color=INK, zorder=8,
                bbox={"boxstyle": "round,pad=0.15", "fc": "white", "ec": "none", "alpha": 0.75},
            )  # fmt: skip
    return keys


def _hours(on: pl.DataFrame, window: Window, size: float, gap_s: float) -> tuple[Floats, Floats, Floats]:
    """Vessel-hours on a grid (rows south to north), and its edges."""
    xs = np.arange(window.w, window.w + window.wide + size * window.aspect, size * window.aspect)
    ys = np.arange(window.s, window.s + window.high + size, size)
    lon, lat, t = on["lon_deg"].to_numpy(), on["lat_deg"].to_numpy(), on["t_seen"].to_physical().to_numpy() / S_US
    dt = np.diff(t)
    k = np.flatnonzero((on["who"].to_numpy()[1:] == on["who"].to_numpy()[:-1]) & (dt <= gap_s) & (dt > 0.0))
    dx, dy = lon_delta(lon[k], lon[k + 1]), lat[k + 1] - lat[k]
    parts = np.maximum(np.ceil(2.0 * np.maximum(np.abs(dx) / window.aspect, np.abs(dy)) / size), 1.0).astype(np.int64)
    of = np.repeat(np.arange(k.size), parts)
    share = (np.arange(of.size) - np.repeat(np.cumsum(parts) - parts, parts) + 0.5) / parts[of]
    x, y = window.x(lon[k][of] + share * dx[of]), lat[k][of] + share * dy[of]
    hours, _, _ = np.histogram2d(y, x, bins=(ys, xs), weights=(dt[k] / HOUR_S / parts)[of])
    return hours, xs, ys


def _outlines(shape: Any, window: Window) -> list[Floats]:
    """Outlines of the parts of a cell, in the window's longitudes."""
    out = []
    for part in shapely.get_parts(shape):
        ring = shapely.get_coordinates(part.exterior)
        middle = float(ring[:-1, 0].mean())
        out.append(np.column_stack([float(window.x(middle)) + ring[:, 0] - middle, ring[:, 1]]))
    return out


def _span(seconds: float) -> str:
    return f"{seconds / HOUR_S:g} h" if seconds >= HOUR_S else f"{seconds / 60.0:g} min"


def _between(first: datetime, last: datetime) -> str:
    return f"{first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M} UTC"


def _title(on: pl.DataFrame) -> str:
    span = _between(on["t_seen"].min(), on["t_seen"].max())  # type: ignore[arg-type]
    movers = on["mover"].unique().to_list() if "mover" in on.columns else []
    who = f"MMSI {movers[0]}" if len(movers) == 1 and movers[0] > 0 else f"{len(movers) or 1} vessels"
    return f"{who}, {span}"
