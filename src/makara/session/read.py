"""Reading: tables as they stand in a snapshot, filtered, always through release."""

from __future__ import annotations

import math
from collections.abc import Callable, Container
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

import polars as pl
import shapely

from makara.base.errors import NotFoundError, UsageError
from makara.base.geo import in_box
from makara.lake import Area, Lake, View, Wanted, inside, prepare
from makara.looks import one_each
from makara.replay import newest
from makara.tables import names, table
from makara.tables.release import Release

VIEW: Final = (
    "events",
    "alerts",
    "vessels",
    "vessel_links",
    "zones",
    "collections",
    "detections",
    "matches",
    "tracks",
    "track_points",
)
"""Tables that a release may hold, in this order."""
TIMES: Final = {
    "events": ("t_start", "t_end_floor"),
    "collections": ("t_start", "t_end"),
    "tracks": ("t_start", "t_end"),
    "reports": ("t_seen", "t_seen"),
    "claims": ("t_seen", "t_seen"),
    "detections": ("t_seen", "t_seen"),
    "track_points": ("t_seen", "t_seen"),
}
"""First and last instant of a row, by table."""
FOUND: Final = ("reports", "claims", "detections", "track_points")
"""Tables with many rows, of which only those are read that are asked for."""
MAX_LIMIT: Final = 1_000_000


@dataclass(frozen=True)
class Query:
    """Which rows of a table are asked for.

    Attributes:
        bbox: W, S, E, N in degrees; W > E crosses 180.
        since: rows not over before this instant.
        until: rows begun before this instant.
        kind: of events and zones.
        ids: values of the table's first key.
        mover: rows of a mover, or of several. Events: those that it took part in.
        mmsi: rows of the AIS movers with this MMSI, or with one of several: their mover is the MMSI.
        vessel: rows of the movers that are linked to a vessel (by its id).
        zone: rows whose place a zone holds, borders included, while it is in force: its key, its provider's id or its
            name. Zones that are lines or points hold nothing.
        limit: at most so many rows.
        offset: after so many.
    """

    bbox: tuple[float, float, float, float] | None = None
    since: datetime | None = None
    until: datetime | None = None
    kind: str | None = None
    ids: tuple[Any, ...] | None = None
    mover: int | tuple[int, ...] | None = None
    mmsi: int | tuple[int, ...] | None = None
    vessel: str | None = None
    zone: str | None = None
    limit: int | None = None
    offset: int = 0

    def __post_init__(self) -> None:
        if self.limit is not None and not 0 <= self.limit <= MAX_LIMIT:
            raise UsageError(f"limit {self.limit} is out of range: 0 to {MAX_LIMIT}")
        if self.offset < 0:
            raise UsageError(f"offset {self.offset} is below 0")


def load(lake: Lake | View, name: str, as_known_at: datetime | None = None) -> pl.DataFrame:
    """A table as it stands: newest versions of events, newest rows of state tables, a row a look."""
    rows = declared(lake, name, as_known_at)
    return one_each(rows, lake.state("marks"))[0] if name == "collections" else rows


def declared(lake: Lake | View, name: str, as_known_at: datetime | None = None) -> pl.DataFrame:
    """As :func:`load`, but of looks all that is declared of them, as the gate takes it."""
    if name not in names():
        raise UsageError(f"no table {name!r}; there are: {', '.join(names())}")
    if name == "events":
        return newest(lake.read("events"), as_known_at)
    if table(name).kind == "lake":
        return lake.read(name) if as_known_at is None else lake.read(name, pl.col("t_known") <= as_known_at)
    if as_known_at is None:
        return lake.state(name)
    keys = list(table(name).keys)
    rows = lake.history(name).filter(pl.col("t_known") <= as_known_at)
    return (
        rows.sort("t_known", maintain_order=True)
        .unique(keys, keep="last", maintain_order=True)
        .filter(pl.col("gone").is_null())
    )


@dataclass(frozen=True)
class Said:
    """What the words of a query stand for.

    Attributes:
        movers: movers of ``mover``, ``mmsi`` and ``vessel``; None: any.
        areas: polygons of ``zone``; None: anywhere.
    """

    movers: tuple[int, ...] | None = None
    areas: tuple[Area, ...] | None = None


def understood(query: Query, state: Callable[[str], pl.DataFrame]) -> Said:
    """Look up the vessel and the zone that a query names.

    Args:
        query: the query.
        state: gives tables vessel_links and zones, as far as the asker may see them.

    Raises:
        NotFoundError: no such vessel or zone.
    """
    given = [x for x in (query.mover, query.mmsi) if x is not None]
    asked = [{x} if isinstance(x, int) else set(x) for x in given]
    if query.vessel is not None:
        links = state("vessel_links")
        mine = links.filter(pl.col("vessel") == query.vessel)["member"].to_list() if len(links) else []
        asked.append({int(m[2:]) for m in mine if m.startswith("mv")})
        if not asked[-1]:
            raise NotFoundError(f"no vessel {query.vessel!r}; `makara vessel` finds its id by MMSI, IMO number or name")
    return Said(
        tuple(sorted(set.intersection(*asked))) if asked else None,
        None if query.zone is None else _areas(query.zone, state("zones")),
    )


def _areas(name: str, zones: pl.DataFrame) -> tuple[Area, ...]:
    """The polygons of the zones of that key, provider's id or name."""
    found = zones
    if len(zones):
        same = (pl.col("zone") == name) | (pl.col("own_id") == name) | (pl.col("name") == name)
        found = zones.filter(same.fill_null(False))
    if not len(found):
        raise NotFoundError(f"no zone {name!r}; give its key, its provider's id or its name, as table zones has them")
    rows = found.select("geometry", "from", "to").iter_rows()
    shapes = [(shapely.from_wkb(g), since, until) for g, since, until in rows if g is not None]
    areas = tuple(Area(g, a, b) for g, a, b in shapes if g.geom_type in ("Polygon", "MultiPolygon"))
    for a in areas:
        prepare(a.shape)
    return areas


def _held_areas(view: View, name: str | None) -> tuple[Area, ...] | None:
    """The polygons of a zone; the zones and their prepared shapes are kept while the snapshot is the newest asked."""
    if name is None:
        return None
    once, number = view.held.once, view.snapshot.number
    found: tuple[Area, ...] = once(
        number, ("zone", name), lambda: _areas(name, once(number, "zones", lambda: view.state("zones")))
    )
    return found


def rows(view: View, name: str, query: Query, as_known_at: datetime | None = None) -> pl.DataFrame:
    """The rows of a table that a query asks for, as the owner has them, in the order of :func:`select`.

    Raises:
        NotFoundError: no such vessel or zone.
        UsageError: no such table, or a query that it cannot answer.
    """
    said = replace(understood(replace(query, zone=None), view.state), areas=_held_areas(view, query.zone))
    if name not in FOUND:
        return select(load(view, name, as_known_at), name, query, said)
    _fits(table(name).schema, name, said)
    placed = "lon_deg" in table(name).schema
    wanted = Wanted(query.since, query.until, as_known_at, said.movers, query.bbox if placed else None, said.areas)
    left = replace(query, since=None, until=None, bbox=None)
    return select(view.find(name, wanted), name, left, Said())


def select(rows: pl.DataFrame, name: str, query: Query, said: Said) -> pl.DataFrame:
    """The rows of a table that a query asks for, in a total order: alerts by rank, events by time, others by key.

    Args:
        rows: rows of the table.
        name: its name.
        query: which of them.
        said: what the query's ``mover``, ``mmsi``, ``vessel`` and ``zone`` stand for.

    Raises:
        UsageError: the table has nothing that the query asks about.
    """
    _fits(rows.schema, name, said)
    out = rows
    if name in TIMES:
        first, last = TIMES[name]
        if query.since is not None:
            out = out.filter(pl.col(last) >= query.since)
        if query.until is not None:
            out = out.filter(pl.col(first) < query.until)
    if query.kind is not None:
        if "kind" not in out.columns:
            raise UsageError(f"table {name} has no kind; leave kind out")
        out = out.filter(pl.col("kind") == query.kind)
    if query.ids is not None:
        out = out.filter(pl.col(table(name).keys[0]).is_in(list(query.ids)))
    if said.movers is not None and "mover" in out.columns:
        out = out.filter(pl.col("mover").is_in(list(said.movers)))
    elif said.movers is not None:
        took_part = [f"mv{m}" for m in said.movers]
        out = out.filter(pl.col("participants").list.set_intersection(took_part).list.len() > 0)
    if said.areas is not None:
        t = out.select(pl.col(TIMES[name][0]).to_physical()).to_series().to_numpy() if name in TIMES else None
        x, y = (out[c].cast(pl.Float64).fill_null(math.nan).to_numpy() for c in ("lon_deg", "lat_deg"))
        out = out.filter(pl.Series(inside(said.areas, x, y, t), dtype=pl.Boolean))
    if query.bbox is not None and "lon_deg" in out.columns:
        w, s, e, n = query.bbox
        placed = out.filter(pl.col("lon_deg").is_not_null())
        out = placed.filter(pl.Series(in_box(placed["lon_deg"].to_numpy(), placed["lat_deg"].to_numpy(), w, s, e, n)))
    elif query.bbox is not None and "box" in out.columns:
        out = out.filter(_overlaps(pl.col("box"), query.bbox))
    order = {"alerts": ["rank"], "events": ["t_start"]}.get(name, []) + list(table(name).keys)
    by = [c for c in order if c in out.columns]
    if by:
        out = out.sort(by, descending=[c == "rank" for c in by], nulls_last=True)
    if query.limit is not None or query.offset:
        out = out.slice(query.offset, query.limit)
    return out


def _fits(columns: Container[str], name: str, said: Said) -> None:
    """Refuse what a table cannot answer."""
    if said.movers is not None and "mover" not in columns and "participants" not in columns:
        raise UsageError(f"table {name} tells no movers; leave mover, mmsi and vessel out")
    if said.areas is not None and "lon_deg" not in columns:
        raise UsageError(f"table {name} tells no places; leave zone out")


def _overlaps(box: pl.Expr, asked: tuple[float, float, float, float]) -> pl.Expr:
    w, s, e, n = asked
    west, east = box.struct.field("w"), box.struct.field("e")
    wide = (east - west) % 360
    asked_wide = (e - w) % 360 if w != e else 0.0
    meets = ((west - w) % 360 <= asked_wide) | ((pl.lit(w) - west) % 360 <= wide)
    return meets & (box.struct.field("s") <= n) & (box.struct.field("n") >= s)


def narrow(release: Release, name: str, query: Query) -> Release:
    """A release with only the rows of one table that a query asks for.

    Raises:
        NotFoundError: no such vessel or zone among what was released.
        UsageError: a query that the table cannot answer.
    """
    said = understood(query, release.__getitem__)
    rows = release[name]
    chosen = select(rows, name, query, said) if len(rows.columns) else rows
    return replace(release, tables={name: chosen})
