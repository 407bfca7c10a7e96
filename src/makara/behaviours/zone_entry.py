"""Zone entry: a vessel comes into an area with a law of its own; one event from entry to exit.

Why it matters: closed seasons, marine parks, economic zones and listed areas are where the law differs; who came in,
when, and whether a licence covers it is the first question of every fisheries officer.
What looks the same: innocent passage, a position error at the edge, a licence that has not reached us, shelter from
weather. So an entry alerts (severity 2 and more) only in a closed or protected area, without authorisation, by a
fishing vessel at fishing speed (stated, or made good over an hour or more), or by a vessel of unknown class that
keeps fishing speed.
Source: Makara's own proposal; hysteresis as in Global Fishing Watch's port visits (enter near, leave farther).

An authorisation covers a stay when it is for the zone, holds over all of it, and is for the gear that a register gives
the vessel (for any, where either is not known). An entry or exit holds once two positions in a row, or one farther than
1 km from the edge, show it. A vessel that was never seen outside is ``first_seen_inside``: for the record only.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from makara.base.geo import distance_m
from makara.base.units import HOUR_S, KN_M_S, S_US
from makara.behaviours._cases import fires, sea, silent
from makara.behaviours._chains import Chained
from makara.behaviours._in_zones import PIECE, pieces
from makara.behaviours._licences import gear_of, licensed, marked
from makara.behaviours._points import changes, list_changes
from makara.behaviours._rule import (
    Parameter,
    Parameters,
    Rule,
    Window,
    emit,
    instants,
    iso,
    nothing,
    pack,
    reason,
    reasons,
    rows_of,
    unpack,
)
from makara.behaviours._stays import marks_of
from makara.behaviours._words import detail, hours, place, who
from makara.behaviours._zones import edge_m

RULE = Rule(
    kind="zone_entry",
    version="1.1",
    inputs={"track_points": 0, "tracks": 0, "zones": 0, "vessels": 0, "authorisations": 0},
    parameters=(
        Parameter("hysteresis_m", 1000.0, "one position this far beyond the edge is an entry or exit"),
        Parameter("fishing_min_kn", 0.5, "fishing speed, from"),
        Parameter("fishing_max_kn", 5.5, "fishing speed, to"),
        Parameter("fishing_share_min", 0.3, "share of positions at fishing speed that makes a fishing vessel suspect"),
    ),
    profiles={"makara": {}},
    innocent=("innocent_passage", "position_error", "licence_not_received", "shelter"),
    details={
        "zone_kind": pl.String(),
        "zone_name": pl.String(),
        "authority": pl.String(),
        "first_seen_inside": pl.Boolean(),
        "authorised": pl.Boolean(),
        "licence_gear": pl.String(),
        "class": pl.String(),
        "positions": pl.Int64(),
        "fishing_share": pl.Float64(),
        "mean_speed_kn": pl.Float64(),
        "duration_s": pl.Int64(),
        "t_outside": pl.String(),
    },
)

KINDS: Final = ("closed", "mpa", "eez", "risk", "buffer", "infrastructure")
"""Kinds of zones whose entry is an event; ports and anchorages have a rule of their own, lanes have none."""
_MEMORY: Final = (
    "inside", "chain", "mover", "mmsi", "t", "t_last", "t_before", "lon", "lat", "n", "outside", "fishing",
    "with_speed", "mm",
)  # fmt: skip
_NONE: Final = -1


def step(window: Window, carried: pl.DataFrame, p: Parameters) -> pl.DataFrame:
    """Stays in zones that end in the window or last at its end; each chain's last position is remembered."""
    old = unpack(carried, _MEMORY).rename({"scope": "zone"})
    points, ends = _pieces(window, old, p)
    last = _last(ends, old.filter(pl.col("inside") == 0))
    stays, marks = _stays(window, points, old, p)
    stays = stays.join(last.select("chain", "end", "lon_end", "lat_end"), on="chain", how="left", maintain_order="left")
    stays = stays.with_columns(outside=pl.col("end") - pl.col("pos"))
    left = _far(window, stays, pl.col("final") & (pl.col("outside") == 1), "lon_end", "lat_end", p)
    deep = _far(window, stays, pl.col("n") == 1, "lon", "lat", p)
    stays = stays.with_columns(
        over=~pl.col("final") | (pl.col("outside") >= 2) | left,
        sure=(pl.col("n") >= 2) | deep,
    ).join(marks, on="stay", how="left", maintain_order="left")
    stays = stays.filter(pl.col("sure") | ~pl.col("over"))
    stays = marked(window, stays, stays, "stay")
    return pl.concat([_rows(window, stays, p), _remembered(last, p)])


def why(event: Mapping[str, Any]) -> str:
    """The entry in words for the radio."""
    d = detail(event)
    zone = f"{d['zone_name']} ({d['zone_kind'] or 'zone'})"
    verb = "was first seen inside" if d["first_seen_inside"] else "entered"
    until = "is still there" if event["t_end"] is None else "left"
    licence = "authorised" if d["authorised"] else "no authorisation known"
    if d.get("licence_gear") is not None:
        licence = f"{'authorised' if d['authorised'] else 'authorised only'} for {d['licence_gear']}"
    return (
        f"{who(event)} ({d['class']}) {verb} {zone} at {place(event)}, {until}, {hours(d['duration_s'])} h; {licence}"
    )


def _pieces(window: Window, old: pl.DataFrame, p: Parameters) -> tuple[pl.DataFrame, pl.DataFrame]:
    """New points as integers: pieces of chains in the same zones with the same mark, and the last point of each chain.

    Returns:
        Pieces: their first point and its place in the chain (``pos``), ``pos_last, t_last``, sums over their points,
        and ``mm_0``, the way to the first; then the last points, with ``pos``.
    """
    chained = Chained.of(window.track_points, window.get("tracks"))
    points = chained.points
    sog = points["sog_kn"].round(1)
    told = sog.is_not_null().to_numpy()
    fishing = sog.is_between(p.fishing_min_kn, p.fishing_max_kn).fill_null(False).to_numpy()
    inside = (points["zones"].list.len() > 0).fill_null(False).to_numpy()
    other = changes(points["mark"]) | list_changes(points["zones"])
    place = points["lon_deg"].to_numpy(), points["lat_deg"].to_numpy()
    rows, runs, last, numbers = pieces(
        chained.first, chained.end, chained.chain, chained.t, window.frm_us, inside, other, *place, told,
        fishing,
    )  # fmt: skip
    said = {n: pl.Series(n, numbers[:, k]) for k, n in enumerate(PIECE)}
    found = pl.concat([_placed(points, rows), points.select("zones", "mark")[rows]], how="horizontal")
    found = found.with_columns(pl.Series("chain", chained.chain[runs]), *said.values())
    before = old.filter(pl.col("inside") == 0).select("chain", t_known="t", x="lon", y="lat")
    found = found.join(before, on="chain", how="left", maintain_order="left")
    began = pl.col("pos") == 0
    leg = distance_m(*(found[c].cast(pl.Float64).to_numpy() / 1e7 for c in ("lon", "lat", "x", "y")))
    first = pl.Series(np.nan_to_num(np.round(leg * 1000.0)).astype(np.int64))
    found = found.with_columns(
        mm=pl.col("mm") + pl.when(began).then(first).otherwise(0),
        mm_0=pl.when(began).then(first).otherwise("mm_0"),
        t_before=pl.when(began).then("t_known").otherwise("t_before").fill_null(_NONE),
    )
    ends = _placed(points, last[:, 0])
    ends = ends.with_columns(pl.Series("chain", chained.chain[last[:, 1]]), pl.Series("pos", last[:, 2]))
    return found.drop("x", "y", "t_known"), ends


def _placed(points: pl.DataFrame, rows: NDArray[np.int64]) -> pl.DataFrame:
    """Who, when and where some points are, as integers."""
    return points.select("mover", "mmsi", "t_seen", "lon_deg", "lat_deg")[rows].select(
        "mover",
        pl.col("mmsi").cast(pl.Int64).fill_null(_NONE),
        pl.col("t_seen").to_physical().alias("t"),
        (pl.col("lon_deg") * 1e7).round().cast(pl.Int64).alias("lon"),
        (pl.col("lat_deg") * 1e7).round().cast(pl.Int64).alias("lat"),
    )


def _last(ends: pl.DataFrame, old: pl.DataFrame) -> pl.DataFrame:
    """The last position of each chain: in the window (``end`` is its place there), or as remembered (-1)."""
    names = ["chain", "mover", "mmsi", "t", "lon", "lat", "marks"]
    fresh = ends.with_columns(end=pl.col("pos"), marks=pl.lit([], dtype=pl.List(pl.String())))
    kept = old.join(ends, on="chain", how="anti").with_columns(end=pl.lit(_NONE, pl.Int64()))
    both = pl.concat([fresh.select(*names, "end"), kept.select(*names, "end")])
    return both.with_columns(lon_end=pl.col("lon"), lat_end=pl.col("lat")).sort("chain")


def _stays(window: Window, points: pl.DataFrame, old: pl.DataFrame, p: Parameters) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Stays in zones: those remembered and the new points inside, joined over single positions just outside.

    Returns:
        Stays (``final``: the last of their chain and zone), and the marks of each stay.
    """
    before = old.filter(pl.col("inside") == 0)
    inside = points.filter(pl.col("zones").list.len() > 0).explode("zones").rename({"zones": "zone"})
    zones = window.get("zones")
    if zones is not None and len(zones):
        inside = inside.join(zones.filter(pl.col("kind").is_in(KINDS)).select("zone"), on="zone", how="semi")
    hits = inside.with_columns(marks=pl.lit(None, pl.List(pl.String())))
    left = -1 - pl.col("outside")
    stored = old.filter(pl.col("inside") == 1).with_columns(
        pos=left, pos_last=left, mark=pl.lit(None, pl.String()), mm_0=pl.lit(0, pl.Int64())
    )
    names = [
        "chain", "zone", "pos", "pos_last", "mover", "mmsi", "t", "t_last", "t_before", "lon", "lat", "n", "fishing",
        "with_speed", "mm", "mm_0",
    ]  # fmt: skip
    both = pl.concat([stored.select(*names, "mark", "marks"), hits.select(*names, "mark", "marks")])
    both = both.sort("chain", "zone", "pos").with_row_index("row")
    apart = pl.col("pos") - pl.col("pos_last").shift(1)
    first = ((pl.col("chain") != pl.col("chain").shift(1)) | (pl.col("zone") != pl.col("zone").shift(1))).fill_null(
        True
    )
    both = both.with_columns(first=first, apart=pl.when(first).then(_NONE).otherwise(apart))
    gone = _excursions(window, points, before, both, p)
    begins = pl.col("first") | (pl.col("apart") > 2) | pl.col("row").is_in(gone.implode())
    came = begins & (pl.col("pos") >= 0)
    both = both.with_columns(mm=pl.col("mm") - pl.when(came).then("mm_0").otherwise(0))
    both = both.with_columns(stay=begins.cum_sum(), final=pl.col("first").shift(-1).fill_null(True))
    stays = both.group_by("stay", maintain_order=True).agg(
        pl.col("chain", "zone", "mover", "mmsi", "t", "t_before", "lon", "lat").first(),
        pl.col("t_last", "final").last(),
        pl.col("pos_last").last().alias("pos"),
        pl.col("n", "fishing", "with_speed", "mm").sum(),
    )
    told = pl.concat(
        [
            both.select("stay", "mark"),
            both.filter(pl.col("marks").is_not_null()).select("stay", mark="marks").explode("mark"),
        ]
    )
    return stays, marks_of(told, "stay")


def _excursions(
    window: Window, points: pl.DataFrame, before: pl.DataFrame, both: pl.DataFrame, p: Parameters
) -> pl.Series:
    """Rows after a single position outside that lay far enough out to be an exit."""
    gaps = both.filter(pl.col("apart") == 2).with_columns(pos=pl.col("pos") - 1)
    if not len(gaps):
        return gaps["row"]
    place_new = points.select("chain", "pos", pl.col("lon").alias("x"), pl.col("lat").alias("y"))
    place_old = before.select(
        "chain", pl.lit(_NONE, pl.Int64()).alias("pos"), pl.col("lon").alias("x"), pl.col("lat").alias("y")
    )
    at = gaps.join(pl.concat([place_new, place_old]), on=["chain", "pos"], how="left", maintain_order="left")
    return at.filter(_far(window, at, pl.lit(True), "x", "y", p))["row"]


def _far(window: Window, rows: pl.DataFrame, asked: pl.Expr, lon: str, lat: str, p: Parameters) -> pl.Series:
    """Which of the asked rows lie farther from the edge of their zone than the hysteresis; without zones, none."""
    out = np.zeros(len(rows), bool)
    zones = window.get("zones")
    at = np.flatnonzero(rows.select(asked.alias("a"))["a"].to_numpy()) if len(rows) else np.empty(0, np.int64)
    if zones is not None and len(zones) and at.size:
        some = rows[at]
        x, y = some[lon].cast(pl.Float64).to_numpy() / 1e7, some[lat].cast(pl.Float64).to_numpy() / 1e7
        out[at] = edge_m(zones, some["zone"], x, y) >= p.hysteresis_m
    return pl.Series("far", out)


def _authorised(window: Window, stays: pl.DataFrame) -> pl.DataFrame:
    """Whether an authorisation of the vessel for the zone covers each stay, and for which gear it is."""
    gears = window.gear_of(stays["mover"]).to_frame("gear").select(gear_of(pl.col("gear")).alias("gear"))
    held = licensed(window, pl.concat([stays, gears], how="horizontal"), "stay")
    found = stays.select("stay").join(held, on="stay", how="left", maintain_order="left")
    return found.select(pl.col("covered").fill_null(False).alias("authorised"), "licence_gear")


def _rows(window: Window, stays: pl.DataFrame, p: Parameters) -> pl.DataFrame:
    """Rows of a step for stays in zones."""
    if not len(stays):
        return nothing()
    zones = window.get("zones")
    known = pl.DataFrame(
        schema={"zone": pl.String(), "kind": pl.String(), "name": pl.String(), "authority": pl.String()}
    )
    if zones is not None and len(zones):
        has = "authority" in zones.columns
        authority = pl.col("authority") if has else pl.lit(None, pl.String()).alias("authority")
        known = zones.select("zone", "kind", "name", authority)
    memory = {c: stays[c].to_numpy() for c in _MEMORY if c != "inside"}
    rows = stays.with_columns(
        pack({"inside": np.ones(len(stays), np.int64), **memory}),
        *_authorised(window, stays).get_columns(),
        window.class_of(stays["mover"]).alias("class"),
    ).join(known, on="zone", how="left", maintain_order="left")
    share = pl.when(pl.col("with_speed") > 0).then(pl.col("fishing") / pl.col("with_speed")).round(4)
    rows = rows.with_columns(
        fishing_share=share,
        mean_speed_kn=pl.when(pl.col("t_last") > pl.col("t"))
        .then(pl.col("mm") * 1000 / (pl.col("t_last") - pl.col("t")) / KN_M_S)
        .round(2),
        guarded=pl.col("kind").is_in(["closed", "mpa"]).fill_null(False),
        first_seen_inside=pl.col("t_before") == _NONE,
    )
    fisher = pl.col("class").str.starts_with("fishing")
    stays = (pl.col("mean_speed_kn") <= p.fishing_max_kn) & (pl.col("t_last") - pl.col("t") >= HOUR_S * S_US)
    slow = (pl.col("fishing_share") >= p.fishing_share_min).fill_null(True) | stays.fill_null(False)
    keeps = (pl.col("fishing_share") > 0.5).fill_null(False) & (pl.col("with_speed") >= 3)
    unknown = pl.col("class") == "unknown"
    other_gear = ~pl.col("authorised") & pl.col("licence_gear").is_not_null()
    severity = (
        pl.when(pl.col("first_seen_inside") | pl.col("authorised"))
        .then(0)
        .when(pl.col("guarded") & fisher & slow)
        .then(3)
        .when(pl.col("guarded") & unknown & keeps)
        .then(2)
        .when(pl.col("guarded") | pl.col("kind").is_in(["risk", "infrastructure"]).fill_null(True))
        .then(1)
        .otherwise(0)
    )
    over = pl.col("over")
    rows = rows.with_columns(
        state=pl.when(over).then(pl.lit("closed")).when("sure").then(pl.lit("open")).otherwise(pl.lit("pending")),
        memory=pl.when(~over).then("memory"),
        scope=pl.col("zone"),
        t_start=instants("t"),
        t_end=pl.when(over).then(instants("t_last")),
        t_end_floor=instants("t_last"),
        lon_deg=pl.col("lon") / 1e7,
        lat_deg=pl.col("lat") / 1e7,
        participants=pl.concat_list(pl.concat_str(pl.lit("mv"), pl.col("mover").cast(pl.String))),
        mmsi=pl.concat_list(pl.when(pl.col("mmsi") >= 0).then("mmsi")).list.drop_nulls(),
        zones=pl.concat_list("zone"),
        marks=pl.col("marks").fill_null([]),
        p=1.0 - 0.5 ** pl.col("n"),
        severity=severity,
        zone_kind=pl.col("kind"),
        zone_name=pl.col("name").fill_null(pl.col("zone")),
        positions=pl.col("n"),
        duration_s=(pl.col("t_last") - pl.col("t")) // S_US,
        t_outside=pl.when(~pl.col("first_seen_inside")).then(iso(instants("t_before"))),
    ).drop("kind")
    rows = rows.with_columns(
        reasons(
            reason("inside", "positions inside", pl.col("n")),
            reason("first_seen_inside", "never seen outside", weight=0.0, when=pl.col("first_seen_inside")),
            reason("authorised", "an authorisation covers it", weight=-1.0, when=pl.col("authorised")),
            reason(
                "guarded_zone",
                "closed or protected, no authorisation known",
                when=pl.col("guarded") & ~pl.col("authorised"),
            ),
            reason("other_gear", "its authorisation is for another gear than a register gives it", when=other_gear),
            reason(
                "fishing_speed",
                "share of positions at fishing speed",
                pl.col("fishing_share"),
                None,
                p.fishing_share_min,
                when=pl.col("fishing_share").is_not_null(),
            ),
            reason("fishing_vessel", "known as a fishing vessel", when=fisher),
        ),
        evidence=pl.concat_list(rows_of("mover", pl.col("t_start"), pl.col("t_end_floor"))),
    )
    return emit(RULE, p, rows)


def _remembered(last: pl.DataFrame, p: Parameters) -> pl.DataFrame:
    """Pending rows that remember the last position of each chain."""
    if not len(last):
        return nothing()
    have = {c: last[c].to_numpy() for c in ("chain", "mover", "mmsi", "t", "lon", "lat")}
    blank = np.full(len(last), _NONE, np.int64)
    memory = pack({c: have.get(c, blank) if c != "inside" else np.zeros(len(last), np.int64) for c in _MEMORY})
    rows = last.with_columns(
        memory,
        state=pl.lit("pending"),
        t_start=instants("t"),
        t_end_floor=instants("t"),
        lon_deg=pl.col("lon") / 1e7,
        lat_deg=pl.col("lat") / 1e7,
        participants=pl.concat_list(pl.concat_str(pl.lit("mv"), pl.col("mover").cast(pl.String))),
        mmsi=pl.concat_list(pl.when(pl.col("mmsi") >= 0).then("mmsi")).list.drop_nulls(),
    )
    return emit(RULE, p, rows)


def _closed_square(lon: float = 131.0, lat: float = -10.0) -> dict[str, pl.DataFrame]:
    return {"zones": sea.square("zo-closed", "closed", (lon, lat), 0.5)}


CASES = (
    fires(
        "a fishing vessel trawls in a closed area and leaves",
        sea.vessel(kind="fishing").sail(6).sail(5, speed_kn=3).sail(5),
        tables=_closed_square,
    ),
    fires("still inside", sea.vessel().sail(6), tables=_closed_square),
    silent("passes three miles south of it", sea.vessel(at=(130.0, -10.56)).sail(10), tables=_closed_square),
    fires(
        "one position just outside does not end it",
        sea.vessel(at=(131.0, -9.50633)).sail(1 / 3, 0, 1.5).sail(3, 180, 1.5),
        tables=_closed_square,
    ),
    fires(
        "a closed area across 180 degrees",
        sea.vessel(at=(179.0, -17.0)).sail(20),
        tables=lambda: _closed_square(180.0, -17.0),
        hazard="antimeridian",
    ),
)
