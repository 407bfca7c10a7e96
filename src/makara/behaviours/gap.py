"""Gap: a vessel that was heard falls silent for hours.

Why it matters: transponders are switched off before fishing where it is forbidden, before a rendezvous, before a
sanctioned port call. A silence is where one looks next.
What looks the same: leaving the range of the receivers, a satellite pass that has not come yet, a crowded channel that
a weak transponder loses, a power failure, a berth in the shadow of a hill. Most gaps are these, so a gap alone is of
severity 1; it rises only where neighbours with the same kind of transponder were heard on, and others were heard where
the vessel was heading.
Source: Global Fishing Watch pipe-gaps (6 h), Welch et al. 2022 on disabling; Windward 2019 on how few gaps are dark.

Silence is judged along the chain of tracks of one object, against the horizon: the earliest among the receiver
classes that heard it in the 24 h before. Still silent is an open event, known to last until the horizon. Where the
same number is heard on beside the place on another track, a receiver's wrong clock has split one hull in two, or a
false place has ended: no gap.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from makara.base.geo import destination, distance_m
from makara.base.units import DAY_S, HOUR_S, KN_M_S, NMI_M, S_US
from makara.behaviours import _gap_gfw
from makara.behaviours._cases import fires, sea, silent
from makara.behaviours._chains import Chained, taken_up
from makara.behaviours._gap_scan import RECEIVERS, before, receivers, scan, sort_of
from makara.behaviours._heard import heard as heard_around
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
    touches,
    unpack,
    zone_keys,
)
from makara.behaviours._words import detail, hours, nmi, place, who

RULE = Rule(
    kind="gap",
    version="1.1",
    inputs={"track_points": DAY_S, "tracks": DAY_S, "horizons": 0, "zones": 0},
    parameters=(
        Parameter("duration_min_s", 6 * HOUR_S, "shortest silence that is a gap"),
        Parameter("messages_min", 3, "a chain heard less often than this is noise"),
        Parameter("neighbour_max_m", 40_000.0, "others within this distance tell how well one is heard here"),
        Parameter("neighbours_min", 5, "fewer neighbours than this: the rule abstains from saying how sure it is"),
        Parameter("reception_max", 0.15, "chance of a silence by bad reception below which it is held to be made"),
        Parameter("anchorage_min_m", 10_000.0, "nearer an anchorage than this, a silence is of severity 0"),
    ),
    profiles={"makara": {}, "gfw": {"duration_min_s": 12 * HOUR_S}},
    innocent=("out_of_range", "late_satellite_pass", "crowded_channel", "power_failure", "moored"),
    details={
        "duration_s": pl.Int64(),
        "distance_m": pl.Float64(),
        "speed_kn": pl.Float64(),
        "heard_12h": pl.Int64(),
        "receivers": pl.List(pl.String()),
        "neighbours": pl.Int64(),
        "neighbours_heard": pl.Int64(),
        "heard_ahead": pl.Int64(),
        "p_reception": pl.Float64(),
    },
    by="place",
)

Ints = NDArray[np.int64]
_MEMORY: Final = (
    "chain", "mover", "mmsi", "t", "lon", "lat", "sog", "cog", "anchorage", "sort_of",
    "receivers_seen", "heard", "messages", "judged", "neighbours", "kept", "ahead", "beside",
)  # fmt: skip
_READ: Final = (
    "mover", "mmsi", "t_seen", "lon_deg", "lat_deg", "sog_kn", "cog_deg", "anchorage_m", "transponder", "zones", "mark",
)  # fmt: skip
_AHEAD_S: Final = 2 * HOUR_S
_GHOST_M: Final = 20_000.0
"""Another chain of the mover heard on within this is the same hull (a receiver's clock is off)."""
_TAKEN_UP_M: Final = 50 * NMI_M
"""One that speaks up within this just when the other ends is the same hull too (a false place ends)."""


def step(window: Window, carried: pl.DataFrame, p: Parameters) -> pl.DataFrame:
    """Gaps that end in the window, and those that last at its end; the last message of each chain is remembered."""
    if p.profile == "gfw":
        return _gap_gfw.step(RULE, window, carried, p)
    chained = Chained.of(window.track_points, window.get("tracks"))
    old = unpack(carried, _MEMORY).drop("scope", "participants")
    ends, starts_at, stops_at = _silences(window, chained, old, int(p.duration_min_s) * S_US)
    if not len(ends):
        return nothing()
    ends = _judged(window, chained, ends, p)
    real = (pl.col("messages") >= p.messages_min) & (pl.col("beside") == 0)
    closed = _closed(chained, ends, starts_at, stops_at).filter(real)
    lasting = _lasting(window, ends.filter(pl.col("last")), p)
    return _rows(window, pl.concat([closed.select(lasting.columns), lasting]), p)


def why(event: Mapping[str, Any]) -> str:
    """The gap in words for the radio."""
    if event["profile"] == "gfw":
        return _gap_gfw.why(event)
    d = detail(event)
    still = " and still is" if event["t_end"] is None else f", then was heard {nmi(d['distance_m'])} nmi away"
    heard = f"; {d['neighbours_heard']} of {d['neighbours']} neighbours were heard on" if d["neighbours"] else ""
    return f"{who(event)} fell silent at {place(event)}, was silent {hours(d['duration_s'])} h{still}{heard}"


def _integers(chained: Chained, rows: Ints) -> pl.DataFrame:
    """What a gap needs of some points, as integers (micros, 1e-7 degrees, tenths), with zones and mark."""
    some = chained.points.select(*_READ)[rows]
    return some.select(
        "mover",
        pl.col("mmsi").cast(pl.Int64).fill_null(-1),
        pl.col("t_seen").to_physical().alias("t"),
        (pl.col("lon_deg") * 1e7).round().cast(pl.Int64).alias("lon"),
        (pl.col("lat_deg") * 1e7).round().cast(pl.Int64).alias("lat"),
        (pl.col("sog_kn") * 10).round().cast(pl.Int64).fill_null(-1).alias("sog"),
        (pl.col("cog_deg") * 10).round().cast(pl.Int64).fill_null(-1).alias("cog"),
        pl.col("anchorage_m").cast(pl.Int64).fill_null(-1).alias("anchorage"),
        sort_of().alias("sort_of"),
        "zones",
        "mark",
    )


def _silences(window: Window, chained: Chained, old: pl.DataFrame, least: int) -> tuple[pl.DataFrame, Ints, Ints]:
    """Messages after which a chain was silent for long, or that are its last: rows as remembered, ``last`` beside.

    Returns:
        The messages; for each gap that ended the row of its start there; and of its end among the chains' points.
    """
    pieces, t = (chained.first, chained.end, chained.chain), chained.t
    rows, piece, count, end, starts, stops, of, first = scan(*pieces, t, window.frm_us, least)
    receiver = receivers(chained.points["receiver"])
    heard, seen = before(rows, piece, *pieces, t, receiver, 12 * HOUR_S * S_US)
    counted = _integers(chained, rows).with_columns(pl.Series("chain", chained.chain[piece], dtype=pl.Int64()))
    counted = counted.join(old.select("chain", "messages"), on="chain", how="left", maintain_order="left")
    fresh = counted.with_columns(
        pl.Series("heard", heard),
        pl.Series("receivers_seen", seen),
        messages=pl.col("messages").fill_null(0) + pl.Series(count),
        judged=pl.lit(0, pl.Int64()),
        neighbours=pl.lit(0, pl.Int64()),
        kept=pl.lit(0, pl.Int64()),
        ahead=pl.lit(0, pl.Int64()),
        beside=pl.lit(0, pl.Int64()),
        last=pl.Series(end),
        marks=pl.concat_list(pl.col("mark")).list.drop_nulls(),
    )
    again = pl.DataFrame({"chain": chained.chain[of], "stop": first, "t_stop": t[first]})
    kept = old.with_row_index("k").join(again, on="chain", how="left", maintain_order="left")
    gone = kept.filter(pl.col("t_stop") - pl.col("t") >= least)
    kept = kept.filter(pl.col("stop").is_null() | pl.col("k").is_in(gone["k"].implode()))
    names = [*_MEMORY, "zones", "marks", "last"]
    old_rows = kept.with_columns(last=pl.col("stop").is_null())
    ends = pl.concat([fresh.select(names), old_rows.select(names)])
    carried_at = len(fresh) + np.flatnonzero(kept["stop"].is_not_null().to_numpy())
    starts_at = np.concatenate([starts, carried_at])
    stops_at = np.concatenate([stops, kept["stop"].drop_nulls().to_numpy()]).astype(np.int64)
    return ends, starts_at, stops_at


def _judged(window: Window, chained: Chained, ends: pl.DataFrame, p: Parameters) -> pl.DataFrame:
    """The messages with what their neighbours tell, once a span long enough has passed since them."""
    span = min(int(p.duration_min_s), 6 * HOUR_S) * S_US
    ripe = ((pl.col("judged") == 0) & (pl.col("t") + span <= window.to_us)).alias("ripe")
    at = np.flatnonzero(ends.select(ripe)["ripe"].to_numpy())
    if not at.size:
        return ends
    g = ends[at]
    t0, lon, lat = g["t"].to_numpy(), g["lon"].to_numpy() / 1e7, g["lat"].to_numpy() / 1e7
    known = (g["sog"].to_numpy() >= 0) & (g["cog"].to_numpy() >= 0)
    run = np.where(known, g["sog"].to_numpy() / 10 * KN_M_S * _AHEAD_S, 0.0)
    x, y = destination(lon, lat, np.where(known, g["cog"].to_numpy() / 10, 0.0), run)
    me, mine = g["mover"].to_numpy(), g["sort_of"].to_numpy()
    places = np.concatenate([lon, x]), np.concatenate([lat, y])
    n, kept, ahead = heard_around(chained, *places, t0, me, mine, p.neighbour_max_m, span)
    own = me, g["chain"].to_numpy()
    beside = taken_up(chained, *own, t0, lon, lat, HOUR_S * S_US, _GHOST_M, _TAKEN_UP_M)
    changed = {"beside": beside, "judged": np.ones(at.size, np.int64), "neighbours": n, "kept": kept, "ahead": ahead}
    full = {c: ends[c].to_numpy().copy() for c in changed}
    for c, values in changed.items():
        full[c][at] = values
    return ends.with_columns([pl.Series(c, v) for c, v in full.items()])


def _closed(chained: Chained, ends: pl.DataFrame, starts_at: Ints, stops_at: Ints) -> pl.DataFrame:
    """Gaps that ended: their start's message with when and where the vessel was heard again."""
    stop = _integers(chained, stops_at).select(
        pl.col("t").alias("t_stop"),
        pl.col("lon").alias("lon_stop"),
        pl.col("lat").alias("lat_stop"),
        pl.col("zones").alias("zones_stop"),
        pl.col("mark").alias("mark_stop"),
    )
    both = pl.concat([ends[starts_at], stop], how="horizontal")
    far = distance_m(*(both[c].to_numpy() / 1e7 for c in ("lon", "lat", "lon_stop", "lat_stop")))
    out = both.with_columns(
        pl.Series("distance_m", np.round(far)),
        state=pl.lit("closed"),
        until=pl.col("t_stop"),
        marks=pl.concat_list("marks", pl.concat_list("mark_stop")).list.drop_nulls().list.unique().list.sort(),
        zones=pl.concat_list("zones", "zones_stop").list.unique().list.sort(),
        memory=pl.lit(None, pl.Binary()),
    )
    return out.with_columns(speed_kn=pl.col("distance_m") / ((pl.col("t_stop") - pl.col("t")) / S_US) / KN_M_S)


def _lasting(window: Window, last: pl.DataFrame, p: Parameters) -> pl.DataFrame:
    """The last message of each chain: open where silent for long at its horizon, else pending."""
    horizons = window.get("horizons")
    limit = np.full(len(last), window.to_us)
    if horizons is not None:
        seen = last["receivers_seen"].to_numpy()
        known = dict(zip(horizons["receiver"], horizons["horizon"].to_physical(), strict=True))
        for k, name in enumerate(RECEIVERS):
            if name in known:
                limit = np.where((seen >> k) & 1 == 1, np.minimum(limit, known[name]), limit)
    long = pl.Series("until", limit) - last["t"] >= int(p.duration_min_s) * S_US
    long &= (last["messages"] >= p.messages_min) & (last["beside"] == 0)
    memory = pack({c: last[c].to_numpy() for c in _MEMORY})
    return last.with_columns(
        until=pl.when(long).then(pl.Series(limit)).otherwise("t"),
        state=pl.when(long).then(pl.lit("open")).otherwise(pl.lit("pending")),
        memory=memory,
        t_stop=pl.lit(None, pl.Int64()),
        distance_m=pl.lit(None, pl.Float64()),
        speed_kn=pl.lit(None, pl.Float64()),
    )


def _rows(window: Window, found: pl.DataFrame, p: Parameters) -> pl.DataFrame:
    """Rows of a step: how sure, how severe, why."""
    if not len(found):
        return nothing()
    enough = (pl.col("judged") == 1) & (pl.col("neighbours") >= p.neighbours_min)
    by_chance = (pl.col("neighbours") - pl.col("kept") + 1) / (pl.col("neighbours") + 2)
    rows = found.with_columns(
        p_reception=pl.when(enough).then(by_chance.round(4)),
        guarded=touches("zones", zone_keys(window, ("closed", "mpa"))),
        moored=(pl.col("anchorage") >= 0) & (pl.col("anchorage") < p.anchorage_min_m),
        published=pl.col("state") != "pending",
    )
    made = (pl.col("p_reception") <= p.reception_max).fill_null(False) & (pl.col("ahead") >= 3)
    severity = pl.when("moored").then(0).when(made & pl.col("guarded")).then(3).when(made).then(2).otherwise(1)
    every = [[name for k, name in enumerate(RECEIVERS) if bits >> k & 1] for bits in range(1 << len(RECEIVERS))]
    heard_by = pl.Series(every, dtype=pl.List(pl.String())).gather(found["receivers_seen"])
    silent_us = pl.col("until") - pl.col("t")
    rows = rows.with_columns(
        t_start=instants("t"),
        t_end=instants("t_stop"),
        t_end_floor=instants("until"),
        lon_deg=pl.col("lon") / 1e7,
        lat_deg=pl.col("lat") / 1e7,
        participants=pl.concat_list(pl.concat_str(pl.lit("mv"), pl.col("mover").cast(pl.String))),
        mmsi=pl.concat_list(pl.when(pl.col("mmsi") >= 0).then("mmsi")).list.drop_nulls(),
        p=1.0 - pl.col("p_reception"),
        severity=severity,
        heard_12h=pl.col("heard"),
        receivers=heard_by,
        duration_s=silent_us // S_US,
        neighbours_heard=pl.col("kept"),
        heard_ahead=pl.col("ahead"),
        distance_m=pl.col("distance_m"),
        speed_kn=pl.col("speed_kn").round(2),
    )
    rows = rows.with_columns(
        reasons(
            reason("silence", "no message for so long", silent_us / S_US, "s", p.duration_min_s),
            reason(
                "neighbours_heard",
                "chance of such a silence by bad reception, from neighbours",
                pl.col("p_reception"),
                None,
                p.reception_max,
                1.0,
                pl.col("p_reception").is_not_null(),
            ),
            reason(
                "few_neighbours",
                "too few neighbours to tell bad reception from silence",
                pl.col("neighbours"),
                None,
                p.neighbours_min,
                0.0,
                pl.col("p_reception").is_null(),
            ),
            reason("guarded_zone", "in a closed or protected zone", when=pl.col("guarded")),
            reason(
                "near_anchorage",
                "near an anchorage",
                pl.col("anchorage"),
                "m",
                p.anchorage_min_m,
                -1.0,
                pl.col("moored"),
            ),
        ),
        evidence=pl.concat_list(rows_of("mover", pl.col("t_start"), pl.coalesce("t_end", "t_start"))),
    )
    searched = window.get("horizons")
    if searched is not None and "marks" in searched.columns:
        feeds = sorted(set(searched["marks"].explode().drop_nulls()))
        whole = pl.concat_list("marks", pl.lit(pl.Series([feeds], dtype=pl.List(pl.String()))).first())
        published = pl.when("published").then(whole.list.unique().list.sort()).otherwise("marks")
        rows = rows.with_columns(marks=published)
    return emit(RULE, p, rows)


_BUSY = tuple(
    sea.vessel(mover=412000010 + k, at=(130.0 + 0.03 * k, -10.1)).drift(hours=20, speed_kn=0.2) for k in range(6)
)

CASES = (
    fires("off for eight hours, then heard again", sea.vessel().sail(hours=3).dark(hours=8).sail(hours=2)),
    fires("still silent after seven hours", sea.vessel().sail(hours=3), hours=7),
    fires("silent while its neighbours are heard", sea.vessel().sail(2, speed_kn=2).dark(12).sail(2), *_BUSY),
    silent("a pause of five hours", sea.vessel().sail(hours=3).dark(hours=5).sail(hours=3)),
    silent(
        "a frozen place ends, and the ship is heard where it truly is",
        sea.vessel(track=1).sail(hours=3).drift(hours=3, speed_kn=0.0),
        sea.vessel(track=2, at=(131.0, -10.0), start="2025-03-01T06:01:00Z").sail(hours=9),
    ),
    fires(
        "across 180 degrees and midnight",
        sea.vessel(at=(179.8, -17.0), start="2025-03-01T20:00:00Z").sail(hours=2).dark(hours=8).sail(hours=2),
        hazard="antimeridian",
    ),
    fires(
        "a clone goes on transmitting far away",
        sea.vessel(track=1).sail(hours=3).dark(hours=8).sail(hours=2),
        sea.vessel(track=2, at=(140.0, -12.0)).sail(hours=13),
        hazard="hole",
    ),
)
