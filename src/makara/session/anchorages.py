"""Anchorages of a lake: where its vessels lay, as rows of table zones, through release.

Some movers at a time, so that memory stays bounded. Every anchorage rests on the stays of many, so all bear the meet of
the marks of all points of the span, and a partner gets them only where it may see every report behind them.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, Final

import polars as pl
import shapely

from makara.base import ids
from makara.base.geo import wrap_lon
from makara.lake import Lake, Settings
from makara.session.share import gate
from makara.sharing import meet_lists
from makara.tables import table
from makara.tables.release import Release
from makara.zones.anchorages import POSITIONS, RADIUS_M, STAY_S, STAYS, VESSELS, places, stays

SOURCE: Final = "anchorages"
AUTHORITY: Final = "makara"
_PART: Final = 20_000_000
"""Positions that are held in memory at once."""
_COLUMNS: Final = ("mover", "track", "t_seen", "lon_deg", "lat_deg")


def anchorages(
    lake: Lake,
    settings: Settings,
    now: datetime,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    radius_m: float = RADIUS_M,
    stay_min_s: float = STAY_S,
    vessels_min: int = VESSELS,
    positions_min: int = POSITIONS,
    partner: str = "self",
    purpose: str = "operations",
) -> Release:
    """A release with table zones; see :meth:`makara.Session.anchorages`.

    Raises:
        ReleaseError: no such partner.
    """
    points = lake.view().scan("track_points").filter(pl.col("track").is_not_null())
    if since is not None:
        points = points.filter(pl.col("t_seen") >= since)
    if until is not None:
        points = points.filter(pl.col("t_seen") < until)
    seen = points.select(pl.len(), pl.col("mark").unique().implode(), pl.col("t_known").max()).collect()
    parts = [pl.DataFrame(schema=STAYS)]
    n = seen["len"][0] // _PART + 1
    for k in range(n):
        some = points.filter(pl.col("mover") % n == k) if n > 1 else points
        parts.append(stays(some.select(_COLUMNS).collect(), radius_m=radius_m, stay_min_s=stay_min_s))
    found = places(pl.concat(parts), radius_m, vessels_min, positions_min)
    rows, marks = table("zones").empty(), None
    if len(found):
        met, marks = meet_lists(seen["mark"], lake.state("marks"), level="aggregate")
        zones = pl.DataFrame([_zone(r) for r in found.iter_rows(named=True)])
        stamps = {"source": pl.lit(SOURCE), "t_known": pl.lit(seen["t_known"][0]), "mark": pl.lit(met[0])}
        rows = table("zones").conform(zones.with_columns(**stamps))
    return gate(lake, settings, {"zones": rows}, partner, purpose, now, marks=marks).release


def _zone(row: dict[str, Any]) -> dict[str, Any]:
    """An anchorage as a zone: a point, with what it rests on as attributes."""
    lon, lat = round(float(wrap_lon(row["lon_deg"])), 5), round(row["lat_deg"], 5)
    name = f"{abs(lat):.3f} {'N' if lat >= 0 else 'S'} {abs(lon):.3f} {'E' if lon >= 0 else 'W'}"
    wkb = shapely.to_wkb(shapely.Point(lon, lat))
    told = {c: row[c] for c in ("vessels", "stays", "positions", "stay_mean_s")} | {"drift_m": round(row["drift_m"])}
    return {
        "zone": ids.ident("zn", AUTHORITY, "anchorage", name, ids.content_hash(wkb)),
        "name": name,
        "kind": "anchorage",
        "authority": AUTHORITY,
        "geometry": wkb,
        "box": {"w": lon, "s": lat, "e": lon, "n": lat},
        "attributes": json.dumps(told, sort_keys=True, separators=(",", ":")),
    }
