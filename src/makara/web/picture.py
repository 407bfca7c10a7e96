"""The picture, compact: one answer with what the map page draws of one partner's view, and one with track lines.

Columns, not rows; positions as integers of 1e-4 degrees (11 m); ages as seconds before the newest position. Shapes and
lines are ``[x, y, dx, dy, ...]``, each step the short way, so that they run on across 180.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl
import shapely
from fastapi import APIRouter, Query, Request, Response

from makara.base import geo, time
from makara.sharing import OWNER
from makara.tables import table
from makara.tables.release import Release
from makara.web.query import Partner, only
from makara.web.respond import JSON, conditional, dumps
from makara.web.share import newest_seen

if TYPE_CHECKING:
    from makara.session import Session

router = APIRouter(tags=["picture"])
UNIT: Final = 10_000
"""Steps a degree."""
SHAPE_TOLERANCE_DEG: Final = 0.01
LINE_TOLERANCE_DEG: Final = 0.0008
WHERE: Final = ("raised", "told", "listed", "suppressed", "withdrawn")
"""Where an alert stands, in the order in which they are shown."""
HOLE_S: Final = 1800
"""A longer silence within a track ends a line: the page draws it dashed."""


def _columns(text: str, *names: str) -> dict[str, Any]:
    props = {n: {"type": "array"} for n in names}
    return {"type": "object", "description": text, "properties": props}


PICTURE: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {
        "partner": {"type": "string"},
        "partners": {"type": "array", "description": "[partner, name] of the owner and everyone it shares with."},
        "newest": {"type": ["integer", "null"], "description": "Newest t_seen in it, seconds since 1970."},
        "oldest": {"type": ["integer", "null"], "description": "Oldest t_seen in it, seconds since 1970."},
        "vessels": _columns(
            "Newest position of each mover; x, y in 1e-4 deg, age in s, sog in 0.1 kn, dir: heading, else course, deg.",
            "mover", "vessel", "name", "mmsi", "class", "flag", "x", "y", "age", "sog", "dir",
        ),
        "detections": _columns(
            "state: m matched to a track, u unmatched with AIS (p_dark in %), q cannot tell.",
            "detection", "x", "y", "age", "sensor", "length", "state", "p_dark",
        ),
        "alerts": _columns(
            "With the facts of their events; start and end in s since 1970. where: raised (first), told (by a stronger"
            " alert of the same happening), listed (beyond the budget of their watch), suppressed, withdrawn; of each"
            " the most urgent first.",
            "alert", "event", "state", "where", "rank", "kind", "severity", "p", "start", "end", "open", "x", "y",
            "movers", "zones", "scope",
        ),
        "zones": _columns("shape: [[type, steps], ...]; p polygon, l line, o point.", "zone", "name", "kind", "shape"),
        "looks": _columns("Footprints of looks.", "sensor", "start", "shape"),
    },
}  # fmt: skip
TRACKS: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {
        "tracks": _columns(
            "Lines by mover, object and time, simplified to 90 m; t in s, first absolute, then differences. A"
            f" new line begins after {HOLE_S} s of silence; on: 1 where it continues the object of the line before.",
            "mover", "on", "line", "t",
        )
    },
}  # fmt: skip


def documented(schema: Mapping[str, Any]) -> dict[int | str, dict[str, Any]]:
    """An answer for OpenAPI."""
    return {
        200: {"description": "The picture.", "content": {JSON: {"schema": schema}}},
        304: {"description": "Unchanged."},
    }


@router.get("/picture", responses=documented(PICTURE), summary="All that the map draws, compact")
def picture(request: Request, partner: Partner = OWNER) -> Response:
    """The newest positions, detections, alerts, zones and looks of a partner's view."""
    only(request, ("partner",))
    session = request.app.state.session
    return conditional(request, session, partner, lambda: (dumps(draw(session, session.release(partner))), {}))


@router.get("/picture/tracks", responses=documented(TRACKS), summary="Track lines, compact")
def tracks(
    request: Request,
    partner: Partner = OWNER,
    movers: str | None = Query(None, description="Only these (mv<mover>, separated by commas); else all."),
) -> Response:
    """Lines of tracks, simplified for drawing."""
    only(request, ("partner", "movers"))
    session = request.app.state.session

    def body() -> tuple[bytes, Mapping[str, str]]:
        seen = session.release(partner)
        points = _rows(seen, "track_points")
        if movers is not None:
            points = points.filter(_mv().is_in(movers.split(",")))
        return dumps({"tracks": lines(points, _rows(seen, "tracks"))}), {}

    return conditional(request, session, partner, body)


def draw(session: Session, seen: Release) -> dict[str, Any]:
    """The picture of a release, as the schema PICTURE says."""
    newest = newest_seen(seen)
    oldest = _rows(seen, "track_points")["t_seen"].min()
    return {
        "partner": seen.partner,
        "partners": [list(r) for r in session.partners().select("partner", "name").iter_rows()],
        "newest": _s(newest),
        "oldest": _s(oldest) if isinstance(oldest, datetime) else None,
        "vessels": vessels(seen, newest),
        "detections": detections(seen, newest),
        "alerts": alerts(seen),
        "zones": zones(seen),
        "looks": looks(seen),
    }


def vessels(seen: Release, newest: datetime | None) -> dict[str, list[Any]]:
    """The newest position of each mover, with what is held to be its identity."""
    points = _rows(seen, "track_points").drop_nulls(["track", "lon_deg", "lat_deg", "t_seen"])
    last = points.sort("t_seen", "report", nulls_last=True).unique("mover", keep="last").with_columns(_mv().alias("mv"))
    named = (
        _rows(seen, "vessel_links")
        .select("vessel", "to", "p", pl.col("member").alias("mv"))
        .join(_rows(seen, "vessels").select("vessel", "name", "mmsi", "class", "flag"), on="vessel")
        .sort(pl.col("to").is_null(), "p", "vessel")  # of several that use the number, the likeliest that still does
        .unique("mv", keep="last", maintain_order=True)
        .drop("to", "p")
    )
    rows = last.join(named, on="mv", how="left").sort("mv")
    return rows.select(
        pl.col("mv").alias("mover"), "vessel", "name", "mmsi", "class", "flag", *_place(), _age("t_seen", newest),
        (pl.col("sog_kn") * 10).round().cast(pl.Int32).alias("sog"),
        pl.coalesce("heading_deg", "cog_deg").round().cast(pl.Int32).alias("dir"),
    ).to_dict(as_series=False)  # fmt: skip


def detections(seen: Release, newest: datetime | None) -> dict[str, list[Any]]:
    """Detections, and whether a track explains them."""
    match = (
        _rows(seen, "matches").filter(pl.col("against") == "ais").select("detection", "track", "p", "p_none", "p_dark")
    )
    rows = _rows(seen, "detections").join(match.unique("detection"), on="detection", how="left").sort("detection")
    matched = pl.col("track").is_not_null() | pl.col("p").is_not_null()  # a partner may not know which track
    unmatched = pl.col("p_dark").is_not_null() & pl.col("p_none").is_not_null()
    state = pl.when(matched).then(pl.lit("m")).when(unmatched).then(pl.lit("u")).otherwise(pl.lit("q"))
    return rows.select(
        "detection", *_place(), _age("t_seen", newest), "sensor",
        pl.col("length_m").round().cast(pl.Int32).alias("length"), state.alias("state"),
        (pl.col("p_dark") * 100).round().cast(pl.Int32),
    ).to_dict(as_series=False)  # fmt: skip


def alerts(seen: Release) -> dict[str, list[Any]]:
    """Alerts, the most urgent first: raised, then told by another, listed, suppressed, and no longer holding."""
    facts = _rows(seen, "events").drop("version", "source", "t_known", "mark", strict=False)
    facts = facts.rename({"state": "event_state"})
    gone, silent = pl.col("state") == "withdrawn", pl.col("suppressed_by").is_not_null()
    beyond, told = pl.col("listed").fill_null(False), pl.col("told_by").is_not_null()
    place = pl.when(gone).then(4).when(silent).then(3).when(told).then(1).when(beyond).then(2).otherwise(0)
    rows = _rows(seen, "alerts").join(facts, on="event", how="inner").with_columns(place=place)
    rows = rows.sort("place", "rank", "alert", descending=[False, True, False], nulls_last=True)
    where = pl.col("place").replace_strict(dict(enumerate(WHERE)), return_dtype=pl.String).alias("where")
    return rows.select(
        "alert", "event", "state", where, pl.col("rank").round(2), "kind", "severity",
        pl.col("p").cast(pl.Float64).round(2),
        pl.col("t_start").dt.epoch("s").alias("start"), pl.coalesce("t_end", "t_end_floor").dt.epoch("s").alias("end"),
        (pl.col("event_state") == "open").alias("open"), *_place(), pl.col("participants").alias("movers"),
        "zones", "scope",
    ).to_dict(as_series=False)  # fmt: skip


def zones(seen: Release) -> dict[str, list[Any]]:
    """Outlines of zones."""
    rows = _rows(seen, "zones").drop_nulls("geometry").sort("zone").select("zone", "name", "kind", "geometry")
    return rows.drop("geometry").to_dict(as_series=False) | {"shape": shapes(rows["geometry"])}


def looks(seen: Release) -> dict[str, list[Any]]:
    """Footprints of looks."""
    rows = _rows(seen, "collections").drop_nulls("footprint").sort("t_start", "collection")
    out = rows.select("sensor", pl.col("t_start").dt.epoch("s").alias("start")).to_dict(as_series=False)
    return out | {"shape": shapes(rows["footprint"])}


def shapes(wkb: pl.Series) -> list[list[list[Any]]]:
    """Geometries as lists of ``[type, steps]``; outlines only, simplified to a kilometre."""
    out = []
    for shape in shapely.simplify(shapely.from_wkb(wkb.to_list()), SHAPE_TOLERANCE_DEG, preserve_topology=True):
        parts = shapely.get_parts(shape)
        out.append([[_KIND[p.geom_type], _steps(_outline(p))] for p in parts if not p.is_empty])
    return out


_KIND: Final = {"Polygon": "p", "LineString": "l", "Point": "o"}


def _outline(part: Any) -> Any:
    return shapely.get_coordinates(part.exterior if part.geom_type == "Polygon" else part)


def _steps(xy: Any) -> list[int]:
    whole = np.round(xy * UNIT).astype(np.int64)
    return np.diff(whole, axis=0, prepend=[[0, 0]]).ravel().tolist()  # type: ignore[no-any-return]


def lines(points: pl.DataFrame, joins: pl.DataFrame) -> dict[str, list[Any]]:
    """Lines of track points, as the schema TRACKS says.

    Args:
        points: track points.
        joins: ``track`` and the track ``joins`` before it of the same object.
    """
    placed = points.drop_nulls(["track", "lon_deg", "lat_deg", "t_seen"]).join(_chains(joins), on="track", how="left")
    placed = placed.with_columns(pl.coalesce("chain", "track").alias("chain"))
    silent = pl.col("t_seen").diff() > pl.duration(seconds=HOLE_S)
    other = (pl.col("chain").diff() != 0) | (pl.col("mover").diff() != 0)
    fresh = (pl.col("track").diff() != 0) | other | silent
    rows = placed.sort("mover", "chain", "t_seen", "report", nulls_last=True).select(
        _mv().alias("mv"), "lon_deg", "lat_deg", pl.col("t_seen").dt.epoch("s").alias("t"),
        fresh.fill_null(True).alias("fresh"), other.fill_null(True).alias("other"),
    )  # fmt: skip
    if not len(rows):
        return {"mover": [], "on": [], "line": [], "t": []}
    starts = np.flatnonzero(rows["fresh"].to_numpy())
    sizes = np.diff(np.append(starts, len(rows)))
    lon, lat, t = (rows[c].to_numpy() for c in ("lon_deg", "lat_deg", "t"))
    run = np.cumsum(np.where(rows["fresh"].to_numpy(), 0.0, geo.lon_delta(np.roll(lon, 1), lon)))
    along = np.repeat(lon[starts] - run[starts], sizes) + run
    after = (t - np.repeat(t[starts], sizes)).astype(np.float64)
    alone = sizes == 1  # a line needs two points
    at = np.sort(np.concatenate([np.arange(len(rows)), starts[alone]]))
    which = np.repeat(np.arange(len(starts)), np.where(alone, 2, sizes))
    whole = shapely.linestrings(np.column_stack([along, lat, after])[at], indices=which)
    kept = shapely.simplify(whole, LINE_TOLERANCE_DEG, preserve_topology=False)
    out: dict[str, list[Any]] = {
        "mover": rows["mv"].gather(starts).to_list(),
        "on": (~rows["other"].gather(starts)).cast(pl.Int8).to_list(),
        "line": [],
        "t": [],
    }
    for shape, first in zip(kept, t[starts], strict=True):
        c = shapely.get_coordinates(shape, include_z=True)
        out["line"].append(_steps(c[:, :2]))
        out["t"].append([int(first), *np.diff(c[:, 2]).astype(int).tolist()])
    return out


def _chains(joins: pl.DataFrame) -> pl.DataFrame:
    """``track`` and the first track of its ``chain``, by doubling the way back until nothing moves."""
    back = joins.select("track", pl.coalesce("joins", "track").alias("chain")).unique("track")
    while True:
        further = back.join(back.rename({"track": "chain", "chain": "first"}), on="chain", how="left")
        moved = further.select("track", pl.coalesce("first", "chain").alias("chain"))
        if moved.sort("track").equals(back.sort("track")):
            return back
        back = moved


def _rows(seen: Release, name: str) -> pl.DataFrame:
    """A table of a release with all declared columns, null where it has none."""
    rows, empty = seen[name], table(name).empty()
    return (
        pl.concat([empty, rows.select(c for c in rows.columns if c in empty.columns)], how="diagonal")
        if len(rows)
        else empty
    )


def _mv() -> pl.Expr:
    return pl.concat_str(pl.lit("mv"), pl.col("mover").cast(pl.String))


def _place() -> list[pl.Expr]:
    pairs = (("lon_deg", "x"), ("lat_deg", "y"))
    return [(pl.col(c) * UNIT).round().cast(pl.Int32).alias(to) for c, to in pairs]


def _age(column: str, newest: datetime | None) -> pl.Expr:
    return (pl.lit(newest, pl.Datetime("us", "UTC")) - pl.col(column)).dt.total_seconds().alias("age")


def _s(t: datetime | None) -> int | None:
    return None if t is None else time.to_us(t) // 1_000_000
