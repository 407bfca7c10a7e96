"""Coverage: how well vessels that transmit are heard, cell by cell, and where sensors looked, through release.

Counted in windows of days, so that memory is bounded by the busiest of them; the windows' counts add up to those of
the whole. Every row rests on all points of the span (the cells around are its prior), so all bear the meet of their
marks: a partner gets reception only where it may see every report behind it, and a policy gives it table reception.
Table coverage is made of what a partner was given of tables reception and collections, of nothing else.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from makara.base.cells import children, in_box, outline, ring
from makara.base.errors import UsageError
from makara.base.time import floor
from makara.base.units import HOUR_S
from makara.fusion.coverage import cells_of, unite
from makara.fusion.reception import BRACKET_S, GROUP, TALLY, estimate, tally, transponders
from makara.lake import Lake, Settings, View
from makara.session.resources import land
from makara.session.share import gate
from makara.sharing import meet_lists
from makara.tables import table
from makara.tables.release import Release

Box = tuple[float, float, float, float]
WINDOW: Final = timedelta(days=5)
VESSELS: Final = ("class_a", "class_b")
"""Classes that are told; base stations, aids and aircraft tell little of how ships are heard."""
RESOLUTION: Final = 3
_FINER: Final = 5
_HOUR: Final = timedelta(hours=1)
_COLUMNS: Final = ("mover", "track", "report", "t_seen", "lon_deg", "lat_deg", "receiver", "h3_3")


def coverage(
    lake: Lake,
    settings: Settings,
    now: datetime,
    *,
    bbox: Box | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    hourly: bool = False,
    partner: str = "self",
    purpose: str = "operations",
) -> Release:
    """A release with table reception; see :meth:`makara.Session.coverage`.

    Raises:
        ReleaseError: no such partner.
        UsageError: ``until`` is not after ``since``.
    """
    view = lake.view()
    points = view.scan("track_points").filter(pl.col("track").is_not_null())
    ears = points.group_by("receiver").agg(t_first=pl.col("t_seen").min(), t_last=pl.col("t_seen").max()).collect()
    rows, marks = table("reception").empty(), None
    if len(ears):
        frm = floor(since if since is not None else ears["t_first"].min(), HOUR_S)  # type: ignore[arg-type]
        last: datetime = until if until is not None else ears["t_last"].max()  # type: ignore[assignment]
        to = floor(last - timedelta(microseconds=1), HOUR_S) + _HOUR
        if to <= frm:
            raise UsageError(f"the span from {frm} to {to} is empty; give a later end")
        within = pl.col("t_seen").is_between(frm - _reach(), to + _reach())
        found = estimate(_tallies(view, points, ears, frm, to, hourly), hourly=hourly)
        seen = points.filter(within).select(pl.col("mark").unique().implode(), pl.col("t_known").max()).collect()
        if seen["t_known"][0] is not None:
            told = _told(found, ears, frm, to, bbox, hourly)
            if not hourly:
                newest = _last(view, points, frm, to)
                told = told.cast(pl.Schema({c: TALLY[c] for c in GROUP}))
                told = told.join(newest, on=["cell", *GROUP], how="left", maintain_order="left")
            met, marks = meet_lists(seen["mark"], lake.state("marks"), level="aggregate")
            stamps = {"source": pl.lit("reception"), "t_known": pl.lit(seen["t_known"][0]), "mark": pl.lit(met[0])}
            rows = table("reception").conform(told.with_columns(**stamps))
    return gate(lake, settings, {"reception": rows}, partner, purpose, now, marks=marks).release


def united(
    reception: Release,
    looks: pl.DataFrame,
    now: datetime,
    *,
    bbox: Box | None = None,
    until: datetime | None = None,
    length_m: float = 50.0,
) -> Release:
    """The same release with table coverage: reception and looks, as far as both were given.

    Args:
        reception: what :func:`coverage` gave.
        looks: table collections as given to the same partner, within the span.
        now: ages count to here, where ``until`` is not given.
        bbox: only cells in this box; W > E crosses 180.
        until: ages count to here.
        length_m: length of the vessels that are asked for, metres.
    """
    heard = reception["reception"]
    heard = heard if len(heard.columns) else table("reception").empty()
    if "footprint" not in looks.columns:
        looks = table("collections").empty()
    near = in_box(*bbox, RESOLUTION) if bbox is not None else cells_of(looks["footprint"])
    rows = unite(heard, looks, _at_sea(near), at=until or now, length_m=length_m)
    if bbox is None:
        touched = rows.filter(pl.col("state") != "not looked")["cell"].unique()
        rows = rows.filter(pl.col("cell").is_in(pl.concat([touched, heard["cell"]]).implode()))
    return replace(reception, tables={**reception.tables, "coverage": rows})


def _last(view: View, points: pl.LazyFrame, frm: datetime, to: datetime) -> pl.DataFrame:
    """When a message was last heard, by cell, receiver and class."""
    of = transponders(view.scan("reports").select("mover", "transponder"))
    within = points.filter(pl.col("t_seen").is_between(frm, to, closed="left"))
    by = within.group_by(pl.col("h3_3").alias("cell"), "receiver", "mover").agg(pl.col("t_seen").max()).collect()
    named = by.join(of, on="mover", how="left").with_columns(pl.col("transponder").fill_null("unknown"))
    types = pl.Schema({c: TALLY[c] for c in ("cell", *GROUP)})
    return named.group_by("cell", *GROUP).agg(t_last=pl.col("t_seen").max()).cast(types)


def _reach() -> timedelta:
    return timedelta(seconds=BRACKET_S) + _HOUR


def _tallies(
    view: View, points: pl.LazyFrame, ears: pl.DataFrame, frm: datetime, to: datetime, hourly: bool
) -> pl.DataFrame:
    """Counts over [frm, to); over the whole span, the hours of each mover and cell are added up as they come."""
    of = transponders(view.scan("reports").select("mover", "transponder"))
    parts, at = [TALLY.to_frame()], frm
    while at < to:
        end = min(at + WINDOW, to)
        near = points.filter(pl.col("t_seen").is_between(at - _reach(), end + _reach())).select(_COLUMNS).collect()
        near = near.join(of, on="mover", how="left", maintain_order="left")
        part = tally(near, frm=at, to=end, spans=ears)
        if not hourly:
            summed = part.group_by("cell", *GROUP, "mover").agg(pl.col("trials", "heard", "messages").sum())
            part = summed.with_columns(t_start=pl.lit(at).cast(TALLY["t_start"])).select(TALLY.names())
        parts.append(part)
        at = end
    return pl.concat(parts)


def _told(
    found: pl.DataFrame, ears: pl.DataFrame, frm: datetime, to: datetime, bbox: Box | None, hourly: bool
) -> pl.DataFrame:
    """The cells asked for, those where nobody was among them, with their outlines."""
    named = ["cell", *GROUP]
    found = found.filter(pl.col("transponder").is_in(VESSELS))
    looked = found["cell"].unique().sort().to_numpy()
    asked = in_box(*bbox, RESOLUTION) if bbox is not None else ring(looked)
    rows = found.filter(pl.col("cell").is_in(pl.Series(asked).implode())).with_columns(state=pl.lit("looked"))
    if not hourly:
        rows = rows.with_columns(t_start=pl.lit(frm), t_end=pl.lit(to))
        receivers = ears.filter(~pl.col("receiver").is_in(["vms", "own"])).select(pl.col("receiver").cast(pl.String))
        classes = pl.DataFrame({"transponder": VESSELS})
        sea = pl.concat([pl.Series(_at_sea(np.setdiff1d(asked, looked))), pl.Series(np.intersect1d(asked, looked))])
        every = pl.DataFrame({"cell": sea}, schema={"cell": pl.Int64()}).join(receivers, how="cross")
        bare = every.join(classes, how="cross").join(rows, on=named, how="anti")
        none = {c: pl.lit(0, pl.Int64()) for c in ("n_heard", "n_movers", "trials", "heard")}
        unseen = bare.with_columns(t_start=pl.lit(frm), t_end=pl.lit(to), state=pl.lit("not looked"), **none)
        rows = pl.concat([rows, unseen], how="diagonal_relaxed")
    shapes = {c: outline(c) for c in rows["cell"].unique().to_list()}
    drawn = rows.with_columns(geometry=pl.col("cell").replace_strict(shapes, default=None, return_dtype=pl.Binary()))
    return drawn.sort("cell", "t_start", *GROUP)


def _at_sea(cells: NDArray[np.int64]) -> NDArray[np.int64]:
    """Cells that are not all land, as the centres of their parts tell."""
    row, lon, lat = children(cells, _FINER)
    wet = np.zeros(cells.size, np.bool_)
    wet[row[~land()(lon, lat)]] = True
    return cells[wet]
