"""Mother and daughter: a small boat lies close beside a larger vessel far from where small boats belong.

Why it matters: drugs and people leave a mother ship in small boats; fuel and catch come back to it.
What looks the same: a fishing vessel with its own dinghies, a pilot or crew boat, a yacht that asks for help, boats
that sell to a ship at anchor.
Source: Makara's own proposal, to be measured: within 250 m for 15 min with one side under 24 m, or loitering over
100 nmi out after a gap.

Three ways to see it: both transmit; the small one does not, and a sensor measures it beside a vessel that paused; or
nobody is seen, but the vessel waits far out after a silence, which alone proves little.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import polars as pl

from makara.base.units import DAY_S, HOUR_S, MINUTE_S, NMI_M, S_US
from makara.behaviours import _beside
from makara.behaviours._cases import fires, sea, silent
from makara.behaviours._derived import all_marks, base, members, said
from makara.behaviours._meetings import MEMORY, PAIR, Terms, meet
from makara.behaviours._paused import REACH_S
from makara.behaviours._rule import (
    Parameter,
    Parameters,
    Rule,
    Window,
    emit,
    instants,
    nothing,
    pack,
    reason,
    reasons,
    rows_of,
    unpack,
    zone_keys,
)
from makara.behaviours._sides import side_by_side
from makara.behaviours._unmatched import unmatched
from makara.behaviours._vicinity import near_any
from makara.behaviours._words import detail, hours, nmi, place, who

RULE = Rule(
    kind="mother_daughter",
    version="1.0",
    inputs={
        "track_points": REACH_S,
        "detections": 4 * HOUR_S,
        "matches": 4 * HOUR_S,
        "events:loitering": 3 * DAY_S,
        "events:gap": 30 * DAY_S,
        "zones": 0,
        "vessels": 0,
    },
    parameters=(
        Parameter("distance_max_m", 250.0, "side by side: no farther than this"),
        Parameter("duration_min_s", 15 * MINUTE_S, "shortest meeting"),
        Parameter("length_max_m", 24.0, "the daughter is shorter than this, the mother is not"),
        Parameter("leg_max_kn", 6.0, "a vessel faster than this is passing"),
        Parameter("anchorage_min_m", 10_000.0, "nearer an anchorage than this does not count"),
        Parameter("offshore_min_m", 5 * NMI_M, "nearer the shore than this small boats belong"),
        Parameter("bridge_max_s", 30 * MINUTE_S, "both transmit: longest time interpolated (at most 30 min)"),
        Parameter("apart_max_s", 3 * HOUR_S, "meetings less than this apart are one event"),
        Parameter("p_none_min", 0.5, "probability that no track explains a daughter without AIS"),
        Parameter("p_dark_min", 0.2, "probability that it is a vessel that does not transmit"),
        Parameter("error_max_m", 150.0, "of a detection's error, no more than this is added to the distance"),
        Parameter("shore_min_m", 100 * NMI_M, "waiting after a gap: mean distance from shore"),
        Parameter("gap_max_s", DAY_S, "waiting after a gap: the gap ended no longer before than this"),
    ),
    profiles={"makara": {}},
    innocent=("own_dinghies", "pilot_or_crew_boat", "help_in_distress", "trade_at_sea", "waiting_for_orders"),
    details={
        "variant": pl.String(),
        "distance_m": pl.Float64(),
        "duration_s": pl.Int64(),
        "daughter_m": pl.Float64(),
        "mother_m": pl.Float64(),
        "class": pl.String(),
        "shore_m": pl.Float64(),
        "sightings": pl.Int64(),
    },
    by="place",
)

_BOTH: Final = "both"
_SEEN: Final = "seen"


def step(window: Window, carried: pl.DataFrame, p: Parameters) -> pl.DataFrame:
    """Meetings of vessels that transmit, of one with an unseen daughter, and waits after a gap."""
    old = {s: carried.filter(pl.col("scope") == s, pl.col("state") == "pending") for s in (_BOTH, _SEEN)}
    return pl.concat([_pairs(window, old[_BOTH], p), _unseen(window, old[_SEEN], p), _waits(window, p)])


def why(event: Mapping[str, Any]) -> str:
    """The meeting or the wait in words for the radio."""
    d = detail(event)
    if d["variant"] == "wait":
        return (
            f"{who(event)} ({d['class']}) has waited {hours(d['duration_s'])} h at {place(event)},"
            f" {nmi(d['shore_m'])} nmi off, after a silence"
        )
    boat = f"a boat of about {d['daughter_m']:.0f} m"
    hidden = " without AIS" if d["variant"] == _SEEN else ""
    return (
        f"{who(event)} ({d['class']}) with {boat}{hidden}, {d['distance_m']:.0f} m apart for"
        f" {hours(d['duration_s'])} h at {place(event)}"
    )


def _lengths(window: Window) -> pl.DataFrame:
    """Length of each mover that states one: ``mover, length_m``."""
    vessels = window.get("vessels")
    if vessels is None or "length_m" not in vessels.columns:
        return pl.DataFrame(schema={"mover": pl.Int64(), "length_m": pl.Float64()})
    mover = pl.col("mover") if "mover" in vessels.columns else pl.col("mmsi").cast(pl.Int64)
    found = vessels.select(mover.alias("mover"), pl.col("length_m").cast(pl.Float64)).drop_nulls()
    return found.sort("mover", "length_m").unique("mover", keep="first", maintain_order=True)


def _pairs(window: Window, carried: pl.DataFrame, p: Parameters) -> pl.DataFrame:
    """Meetings of two that transmit, one of them small."""
    known = _lengths(window)
    small = known.filter(pl.col("length_m") < p.length_max_m)["mover"]
    points, close = near_any(window.track_points, small)
    old = unpack(carried, MEMORY)
    if not len(points) and not len(old):
        return nothing()
    far = (points["anchorage_m"].fill_null(np.inf) >= p.anchorage_min_m).to_numpy()
    if not zone_keys(window, ("port", "anchorage")):
        far = np.ones(len(points), bool)
    far &= close
    bridge = min(int(p.bridge_max_s), 30 * MINUTE_S) * S_US
    long = pl.col("t_last") - pl.col("t_first") >= int(p.duration_min_s) * S_US
    terms = Terms(p.distance_max_m, p.leg_max_kn, p.leg_max_kn, bridge, 0, int(p.apart_max_s) * S_US, long)
    found = meet(window, points, far, old, terms)
    parts = []
    for sure, frame in ((1, found.kept), (0, found.ongoing)):
        rows = _sized(frame, found.zones, known, p).with_columns(sure=pl.lit(sure, pl.Int64()))
        if len(rows):
            memory = pack({c: rows[c].to_numpy() for c in MEMORY})
            parts.append(emit(RULE, p, rows.with_columns(memory, state=pl.lit("pending"), scope=pl.lit(_BOTH))))
    events = _sized(found.events, found.zones, known, p)
    return pl.concat([*parts, _pair_events(window, events, p)])


def _sized(found: pl.DataFrame, zones: pl.DataFrame, known: pl.DataFrame, p: Parameters) -> pl.DataFrame:
    """Meetings in which one is small and the other is not, with their lengths and what each row of a step needs."""
    rows = found.join(zones, on="zone_row", how="left", maintain_order="left")
    for side, mover in zip("ab", PAIR, strict=True):
        size = known.rename({"mover": mover, "length_m": f"length_{side}"})
        rows = rows.join(size, on=mover, how="left", maintain_order="left")
    rows = rows.with_columns(
        daughter_m=pl.min_horizontal("length_a", "length_b"),
        mother_m=pl.when(pl.all_horizontal(pl.col("length_a", "length_b").is_not_null())).then(
            pl.max_horizontal("length_a", "length_b")
        ),
    )
    other = (pl.col("mother_m") >= p.length_max_m).fill_null(True)
    other &= (pl.col("shore") < 0) | (pl.col("shore") >= p.offshore_min_m)
    return rows.filter((pl.col("daughter_m") < p.length_max_m).fill_null(False), other).with_columns(
        t_start=instants("t_first"),
        t_end_floor=instants("t_last"),
        lon_deg=pl.col("lon") / 1e7,
        lat_deg=pl.col("lat") / 1e7,
        participants=pl.concat_list([pl.concat_str(pl.lit("mv"), pl.col(c).cast(pl.String)) for c in PAIR]),
        marks=pl.col("marks").fill_null([]),
    )


def _pair_events(window: Window, found: pl.DataFrame, p: Parameters) -> pl.DataFrame:
    """Rows of a step for meetings of two that transmit."""
    if not len(found):
        return nothing()
    mother = pl.when(pl.col("length_a").fill_null(np.inf) >= pl.col("length_b").fill_null(np.inf)).then(PAIR[0])
    rows = found.with_columns(mother=mother.otherwise(PAIR[1]))
    rows = rows.with_columns(
        window.class_of(rows["mother"]).alias("class"),
        state=pl.when("alive").then(pl.lit("open")).otherwise(pl.lit("closed")),
        t_end=pl.when(~pl.col("alive")).then("t_end_floor"),
        mmsi=pl.concat_list([pl.when(pl.col(c) >= 0).then(c) for c in ("mmsi_a", "mmsi_b")]).list.drop_nulls(),
        variant=pl.lit(_BOTH),
        distance_m=(pl.col("mm_ms") / pl.col("ms") / 1000).round(0),
        duration_s=(pl.col("t_last") - pl.col("t_first")) // S_US,
        shore_m=pl.when(pl.col("shore") >= 0).then("shore").cast(pl.Float64),
        sightings=pl.lit(None, pl.Int64()),
        p=pl.lit(0.8),
        evidence=pl.concat_list([rows_of(c, pl.col("t_start"), pl.col("t_end_floor")) for c in PAIR]),
    )
    return emit(RULE, p, _judged(rows, p))


def _judged(rows: pl.DataFrame, p: Parameters) -> pl.DataFrame:
    """Reasons and severity of meetings with a small boat."""
    trade = pl.col("class").is_in(["cargo", "tanker", "carrier"])
    sure = pl.col("p") >= p.p_none_min
    again = (pl.col("sightings") > 1).fill_null(False)
    far = (pl.col("shore_m") >= 12 * NMI_M).fill_null(False)
    return rows.with_columns(
        reasons(
            reason("near", "distance", pl.col("distance_m"), "m", p.distance_max_m),
            reason("long", "how long", pl.col("duration_s"), "s", p.duration_min_s),
            reason("small", "the daughter's length", pl.col("daughter_m"), "m", p.length_max_m),
            reason("ship_stops", "a ship that trades stopped for it", when=trade),
            reason("far_out", "beyond 12 nmi", pl.col("shore_m"), "m", when=far),
            reason("seen_again", "sightings of it", pl.col("sightings"), when=again),
            reason("maybe_explained", "a track may explain the small boat", weight=-0.5, when=~sure),
        ),
        severity=pl.when(trade & sure & far).then(2).when(sure & (trade | far)).then(1).otherwise(0),
    )


def _unseen(window: Window, carried: pl.DataFrame, p: Parameters) -> pl.DataFrame:
    """Meetings of a vessel that transmits with a small boat that does not."""
    terms = _beside.Terms(p.duration_min_s, p.anchorage_min_m, p.apart_max_s)
    finds = _finds(window, p)
    hits = _beside.beside(window, finds, terms)
    known = _lengths(window).rename({"mover": "key"})
    hits = hits.join(known, on="key", how="left", maintain_order="left")
    hits = hits.filter(
        (pl.col("length_m") >= p.length_max_m).fill_null(True),
        (pl.col("shore") < 0) | (pl.col("shore") >= p.offshore_min_m),
    ).drop("length_m")
    runs = _beside.joined(window, hits, unpack(carried, _beside.EXTRAS), terms)
    if not len(runs):
        return nothing()
    told = _beside.rows(window, runs)
    kept = emit(RULE, p, told.kept.with_columns(scope=pl.lit(_SEEN)))
    if not len(told.events):
        return kept
    events = told.events.join(known, on="key", how="left", maintain_order="left").with_columns(
        window.class_of(told.events["key"]).alias("class"),
        variant=pl.lit(_SEEN),
        duration_s="pause_s",
        daughter_m="partner_m",
        mother_m=pl.col("length_m").cast(pl.Float64),
    )
    return pl.concat([kept, emit(RULE, p, _judged(events, p))])


def _finds(window: Window, p: Parameters) -> pl.DataFrame:
    """Small boats that no track explains, and those measured side by side with a larger one in one look."""
    length = pl.col("length_m").cast(pl.Float64)
    error = pl.min_horizontal(pl.col("semi_major_m").cast(pl.Float64).fill_null(p.error_max_m), pl.lit(p.error_max_m))
    reach = p.distance_max_m + error
    alone = unmatched(window, p.p_dark_min)
    pairs = side_by_side(window, p.distance_max_m + p.error_max_m)
    parts = []
    if len(alone):
        alone = alone.filter(length < p.length_max_m, pl.col("p_none") >= p.p_none_min)
        partner = pl.col("p_dark").cast(pl.Float64)
        parts.append(alone.with_columns(reach_m=reach, track=pl.lit(0, pl.Int64()), p_partner=partner))
    if len(pairs):
        parts.append(pairs.filter(length < p.length_max_m).with_columns(reach_m=reach))
    return pl.concat(parts, how="diagonal_relaxed") if parts else pl.DataFrame()


def _waits(window: Window, p: Parameters) -> pl.DataFrame:
    """Loitering far out after a gap: an event for each such loitering."""
    stays = base(window, "loitering")
    if not len(stays):
        return nothing()
    parts = {"mean_speed_kn": pl.Float64(), "shore_m": pl.Float64(), "duration_s": pl.Int64(), "class": pl.String()}
    far = stays.with_columns(said(parts).struct.unnest()).filter(pl.col("shore_m") >= p.shore_min_m)
    gaps = members(base(window, "gap")).select("mover", "t_end", gap_marks="marks").drop_nulls("t_end")
    both = members(far).select("event", "mover", "t_start").join(gaps, on="mover")
    since = pl.col("t_start") - pl.duration(seconds=int(p.gap_max_s))
    after = both.filter(pl.col("t_end") <= pl.col("t_start"), pl.col("t_end") >= since)
    marks = after.group_by("event").agg(pl.col("gap_marks").explode().drop_nulls().unique().sort())
    rows = far.join(marks, on="event", how="inner", maintain_order="left")
    if not len(rows):
        return nothing()
    rows = rows.with_columns(
        all_marks("marks", "gap_marks"),
        variant=pl.lit("wait"),
        distance_m=pl.lit(None, pl.Float64()),
        daughter_m=pl.lit(None, pl.Float64()),
        mother_m=pl.lit(None, pl.Float64()),
        sightings=pl.lit(None, pl.Int64()),
        severity=pl.when(pl.col("class").is_in(["cargo", "tanker", "carrier"])).then(1).otherwise(0),
        p=pl.lit(0.2),
    )
    told = reasons(
        reason("waits", "mean speed", pl.col("mean_speed_kn"), "kn"),
        reason("far_out", "mean distance from shore", pl.col("shore_m"), "m", p.shore_min_m),
        reason("gap_before", "it was silent shortly before"),
    )
    return emit(RULE, p, rows.with_columns(told))


def _daughter(lon: float, lat: float, length_m: float | None = 12.0) -> Any:
    """A small boat that a sensor sees at three in the morning."""
    return lambda: sea.unmatched(("de-1", lon, lat, "2025-03-01T03:00:00Z", length_m))


_SHIP: Final = sea.vessel(kind="cargo").sail(2).drift(3).sail(2)
"""Off 130.34 E it lies from 02:00 to 05:00."""

CASES = (
    fires("a ship stops beside a boat of 12 m without AIS", _SHIP, tables=_daughter(130.3485, -9.9992)),
    fires(
        "a fishing vessel waits 200 miles out after ten hours of silence",
        sea.vessel(kind="fishing", off_nmi=200, every_s=900).sail(3).dark(10).sail(2).drift(6).sail(2),
    ),
    silent("the partner is 40 m long", _SHIP, tables=_daughter(130.3485, -9.9992, 40.0)),
    silent("a mile apart", _SHIP, tables=_daughter(130.3485, -9.982)),
    silent("the same wait, 60 miles out", sea.vessel(every_s=900).sail(3).dark(10).sail(2).drift(6).sail(2)),
    fires(
        "across 180 degrees",
        sea.vessel(at=(179.655, -17.0), kind="cargo").sail(2).drift(3).sail(2),
        tables=_daughter(-179.9877, -16.9997),
        hazard="antimeridian",
    ),
)
