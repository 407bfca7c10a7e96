"""Port visit: a vessel comes into a port or anchorage, lies there, and leaves.

Why it matters: where catch is landed, cargo is loaded and crews change is half of a vessel's story, and the law of the
port applies to what happened at sea before it.
What looks the same: passing close by an anchorage, waiting for a pilot, fishing off a harbour, shelter from weather.
Source: Global Fishing Watch pipe-anchorages (3 and 4 km, 0.2 and 0.5 kn, 4 h of silence, confidence 1 to 4).

A vessel is in port from its first message within 3 km of an anchorage until one beyond 4 km, along the chain of its
tracks, so that a clone under its number neither begins nor ends its visit. It stops under 0.2 kn until it makes 0.5 kn.
Confidence is 4 where it was seen outside before and after and stopped or fell silent in between, 3 with one of both, 2
with a stop or silence alone, 1 without them. Where the last message in port is hours older than the first outside, the
visit ends with the last in port: nobody saw when it left; and such a silence counts like a stop only where it is four
hours longer than the way takes at ten knots, for a vessel that passes through a hole in the reception lies nowhere.
Without zones no port is known and nothing is found.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import polars as pl
from numba import njit
from numpy.typing import NDArray

from makara.base.geo import distance_scalar
from makara.base.units import HOUR_S, KN_M_S, NMI_M, S_US
from makara.behaviours import _port_visit_gfw
from makara.behaviours._cases import fires, sea, silent
from makara.behaviours._chains import Chained
from makara.behaviours._gap_scan import RECEIVERS, receivers
from makara.behaviours._grown import grown
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
)
from makara.behaviours._stays import marks_of
from makara.behaviours._words import detail, hours, place, who
from makara.behaviours._zones import nearest_port

RULE = Rule(
    kind="port_visit",
    version="1.0",
    inputs={"track_points": 0, "tracks": 0, "horizons": 0, "zones": 0},
    parameters=(
        Parameter("entry_max_m", 3000.0, "in port from the first message within this distance of an anchorage"),
        Parameter("exit_min_m", 4000.0, "until one at least so far away"),
        Parameter("stop_begin_kn", 0.2, "stops at this speed or less"),
        Parameter("stop_end_kn", 0.5, "goes on at this speed or more"),
        Parameter("silence_min_s", 4 * HOUR_S, "a silence in port of so long counts like a stop"),
        Parameter(
            "sail_kn", 10.0, "a silence that ends outside counts where it is so much longer than the way at this speed"
        ),
        Parameter("confidence_min", 2, "visits of less confidence (1 to 4) are not told"),
        Parameter("apart_max_m", 60 * NMI_M, "profile gfw: ports of two segments farther apart are two visits"),
    ),
    profiles={"makara": {}, "gfw": {}},
    innocent=("passing_by", "waiting_for_pilot", "shelter", "fishing_off_the_harbour"),
    details={
        "duration_s": pl.Int64(),
        "confidence": pl.Int64(),
        "entry_seen": pl.Boolean(),
        "exit_seen": pl.Boolean(),
        "stops": pl.Int64(),
        "stopped_s": pl.Int64(),
        "silences": pl.Int64(),
        "silence_max_s": pl.Int64(),
        "anchorage": pl.String(),
        "name": pl.String(),
        "anchorage_m": pl.Float64(),
        "positions": pl.Int64(),
    },
)

_NAMES: Final = (
    "state", "t", "receiver", "t_first", "entered", "t_in", "lon", "lat", "near", "n", "stops", "stopped_ms",
    "silences", "silence_ms", "lon_in", "lat_in", "row",
)  # fmt: skip
_STATE, _T, _RECEIVER, _FIRST, _ENTERED, _IN, _LON, _LAT, _NEAR, _N, _STOPS, _STOPPED, _SILENCES = range(13)
_SILENCE, _LON_IN, _LAT_IN, _ROW = range(13, 17)
_MEMORY: Final = ("chain", "mover", "mmsi", *_NAMES[:-1])
_SEA, _PORT, _STILL = 1, 2, 3
"""States; 0 is a chain that was never heard."""
_CLOSED: Final = ("chain_at", *_NAMES, "t_end", "since_row", "last_row")
Ints = NDArray[np.int64]


def step(window: Window, carried: pl.DataFrame, p: Parameters) -> pl.DataFrame:
    """Visits that end in the window or last at its end; each chain's last state is remembered."""
    if p.profile == "gfw":
        return _port_visit_gfw.step(RULE, window, carried, p)
    old = unpack(carried, _MEMORY).with_row_index("k")
    chained = Chained.of(window.track_points, window.get("tracks"))
    t, heads = chained.t, chained.heads
    held = old.with_columns(row=-1 - pl.col("k").cast(pl.Int64))
    states = _states(chained, held)
    grid = np.ascontiguousarray(np.stack([states[c].to_numpy() for c in _NAMES], axis=1))
    places = [chained.points[c].to_numpy() for c in ("lon_deg", "lat_deg")]
    far, sog = (chained.points[c].fill_null(v).to_numpy() for c, v in (("anchorage_m", np.inf), ("sog_kn", np.nan)))
    limits = (p.entry_max_m, p.exit_min_m, p.stop_begin_kn, p.stop_end_kn)
    closed, since, until = _walk(
        heads, chained.first, chained.end, chained.begin, t, *places, far, sog, grid, window.frm_us, *limits,
        int(p.silence_min_s) * S_US, p.sail_kn * KN_M_S,
    )  # fmt: skip
    last = chained.end[heads[1:] - 1] - 1
    new = t[last] >= window.frm_us
    grid[new, _RECEIVER] = receivers(chained.points["receiver"].gather(last[new]))
    over = pl.DataFrame({n: closed[:, k] for k, n in enumerate(_CLOSED)}, schema=dict.fromkeys(_CLOSED, pl.Int64()))
    over = pl.concat(
        [over, states.select("chain", "mover", "mmsi", "marks")[over["chain_at"].to_numpy()]], how="horizontal"
    )
    going = states.with_columns(
        [pl.Series(n, grid[:, k]) for k, n in enumerate(_NAMES)]
        + [pl.Series("since_row", since), pl.Series("last_row", until)]
    ).with_columns(t_end=pl.lit(None, pl.Int64()))
    quiet = held.join(states.select("chain"), on="chain", how="anti")
    quiet = quiet.with_columns(
        t_end=pl.lit(None, pl.Int64()), since_row=pl.lit(-1, pl.Int64()), last_row=pl.lit(-1, pl.Int64())
    )
    names = [*_MEMORY, "row", "t_end", "since_row", "last_row", "marks"]
    both = pl.concat([over.select(names), going.select(names), quiet.select(names)]).sort("chain", "t")
    if not len(both):
        return nothing()
    both = both.with_columns(_marks(chained, both))
    gone = (pl.col("state") < _PORT) & pl.col("t_end").is_null()  # of a visit that is over nothing is remembered
    both = both.with_columns(
        row=pl.when(gone).then(pl.lit(None, pl.Int64())).otherwise("row"),
        marks=pl.when(~gone).then("marks").otherwise(pl.lit([], dtype=pl.List(pl.String()))),
    )
    zones = pl.concat(
        [held.select("row", "zones"), _zones_at(chained, both.filter(pl.col("row") >= 0)["row"].unique())]
    )
    both = both.join(zones, on="row", how="left", maintain_order="left")
    return _rows(window, both, p)


def why(event: Mapping[str, Any]) -> str:
    """The visit in words for the radio."""
    d = detail(event)
    if event["profile"] == "gfw":
        return _port_visit_gfw.why(event)
    name = d["name"] or d["anchorage"] or "an anchorage"
    came = "came into" if d["entry_seen"] else "was first heard in"
    left = "is still there" if event["t_end"] is None else "left"
    stay = f"stopped {d['stops']} times" if d["stops"] else "did not stop"
    return f"{who(event)} {came} {name} at {place(event)}, {stay}, {left} after {hours(d['duration_s'])} h"


def _states(chained: Chained, old: pl.DataFrame) -> pl.DataFrame:
    """The state of each chain of the window before it, as remembered, else blank."""
    begins = chained.heads[:-1]
    who = chained.points.select("mover", "mmsi")[chained.first[begins]]
    who = who.with_columns(pl.col("mmsi").cast(pl.Int64).fill_null(-1))
    known = who.with_columns(pl.Series("chain", chained.chain[begins], dtype=pl.Int64())).join(
        old.select("chain", *_NAMES, "marks"), on="chain", how="left", maintain_order="left"
    )
    return known.with_columns(pl.col(_NAMES).fill_null(0))


@njit(cache=True)
def _walk(
    heads: Any, first: Any, end: Any, begin: Any, t: Any, lon: Any, lat: Any, far: Any, sog: Any, states: Any,
    frm: int, enter: float, leave: float, stop: float, go: float, silence: int, sail: float,
) -> Any:  # fmt: skip
    """Moves each chain's state over its new rows; gives the visits that ended, and the rows of each that goes on.

    ``begin`` is the place of each piece in the order of chains; rows are given by their places there.
    """
    room, width = 1024, states.shape[1]
    out = np.empty((room, width + 4), np.int64)
    since = np.full(states.shape[0], -1, np.int64)
    last = np.full(states.shape[0], -1, np.int64)
    n = 0
    for c in range(states.shape[0]):
        s = states[c]
        for piece in range(heads[c], heads[c + 1]):
            shift = begin[piece] - first[piece]
            for i in range(first[piece], end[piece]):
                if t[i] < frm:
                    continue
                was = s[_STATE]
                inside = far[i] <= enter or (far[i] < leave and was >= _PORT)
                dt = t[i] - s[_T]
                if was >= _PORT:
                    if was == _STILL:
                        s[_STOPPED] += dt // 1000
                    away = 0.0
                    if dt >= silence and not inside:
                        away = distance_scalar(s[_LON_IN] / 1e7, s[_LAT_IN] / 1e7, lon[i], lat[i]) / sail * 1e6
                    if dt - away >= silence:
                        s[_SILENCES] += 1
                        s[_SILENCE] = max(s[_SILENCE], dt // 1000)
                    if not inside:
                        if n == room:
                            room *= 2
                            out = grown(out, room)
                        out[n, 0] = c
                        out[n, 1 : width + 1] = s
                        out[n, width + 1] = s[_IN] if dt >= silence else t[i]
                        out[n, width + 2] = since[c]
                        out[n, width + 3] = i + shift
                        n += 1
                        since[c] = last[c] = -1
                        s[_FIRST:] = 0
                if inside:
                    pace = np.floor(sog[i] * 100.0 + 0.5)  # unknown: as before
                    still = was == _STILL
                    if pace <= np.floor(stop * 100.0 + 0.5):
                        still = True
                    elif pace >= np.floor(go * 100.0 + 0.5):
                        still = False
                    if was < _PORT:
                        s[_FIRST] = t[i]
                        s[_ENTERED] = 1 if was == _SEA else 0
                        s[_LON] = round(lon[i] * 1e7)
                        s[_LAT] = round(lat[i] * 1e7)
                        s[_NEAR] = round(far[i])
                        s[_N] = s[_STOPS] = s[_STOPPED] = s[_SILENCES] = s[_SILENCE] = 0
                        s[_ROW] = i + shift
                    if since[c] < 0:
                        since[c] = i + shift
                    s[_NEAR] = min(s[_NEAR], round(far[i]))
                    s[_N] += 1
                    s[_IN] = t[i]
                    s[_LON_IN] = round(lon[i] * 1e7)
                    s[_LAT_IN] = round(lat[i] * 1e7)
                    if still and was != _STILL:
                        s[_STOPS] += 1
                    s[_STATE] = _STILL if still else _PORT
                    last[c] = i + shift
                else:
                    s[_STATE] = _SEA
                s[_T] = t[i]
    return out[:n], since, last


def _marks(chained: Chained, visits: pl.DataFrame) -> pl.Series:
    """The marks of each visit: those remembered, and those of its new rows."""
    held = visits.select("marks").with_row_index("k").explode("marks").rename({"marks": "mark"})
    since, last = visits["since_row"].to_numpy(), visits["last_row"].to_numpy()
    since = np.where(since < 0, last, since)
    count = np.where(last >= 0, last - since + 1, 0)
    rows = np.arange(count.sum()) + np.repeat(since - (np.cumsum(count) - count), count)
    of = pl.Series("k", np.repeat(np.arange(len(visits)), count), dtype=held.schema["k"])
    told = pl.DataFrame({"k": of, "mark": chained.points["mark"].gather(chained.at(rows))})
    found = marks_of(pl.concat([held, told]), "k")
    full = pl.DataFrame({"k": np.arange(len(visits))}, schema={"k": held.schema["k"]})
    return full.join(found, on="k", how="left", maintain_order="left")["marks"].fill_null([])


def _zones_at(chained: Chained, rows: pl.Series) -> pl.DataFrame:
    """The zones that held each vessel when it came in: ``row, zones``."""
    zones = chained.points["zones"].gather(chained.at(rows.to_numpy()))
    return pl.DataFrame({"row": rows, "zones": zones}, schema_overrides={"row": pl.Int64()})


def _horizon(window: Window, receiver: pl.Series) -> pl.Series:
    """Until when silence is known to be silence: the horizon of the class that heard a chain last, else the end."""
    limit = np.full(len(receiver), window.to_us)
    given = window.get("horizons")
    if given is not None and len(given):
        for name, when in zip(given["receiver"], given["horizon"].to_physical(), strict=True):
            if name in RECEIVERS:
                limit = np.where(receiver.to_numpy() == RECEIVERS.index(name), np.minimum(limit, when), limit)
    return pl.Series("limit", limit)


def _rows(window: Window, both: pl.DataFrame, p: Parameters) -> pl.DataFrame:
    """Rows of a step: visits that ended, those that go on, and what is remembered of all chains."""
    over = pl.col("t_end").is_not_null()
    inside = pl.col("state") >= _PORT
    quiet = (pl.col("limit") - pl.col("t")) // 1000
    silent_now = ~over & inside & (quiet >= int(p.silence_min_s) * 1000)
    rows = both.with_columns(_horizon(window, both["receiver"]), over=over)
    rows = rows.with_columns(
        silences_now=pl.col("silences") + silent_now,
        silence_now=pl.when(silent_now).then(pl.max_horizontal("silence_ms", quiet)).otherwise("silence_ms"),
    )
    lay = (pl.col("stops") > 0) | (pl.col("silences_now") > 0)
    doors = pl.col("entered") + pl.col("over").cast(pl.Int64)
    rows = rows.with_columns(confidence=pl.when(lay).then(2 + doors).otherwise(1))
    sure = (over | inside) & (pl.col("confidence") >= p.confidence_min)
    rows = rows.with_columns(sure=sure).filter(pl.col("sure") | ~pl.col("over"))
    if not len(rows):
        return nothing()
    lon, lat = rows["lon"].to_numpy() / 1e7, rows["lat"].to_numpy() / 1e7
    told = np.flatnonzero(rows["sure"].to_numpy())
    port = pl.DataFrame({"at": told, **nearest_port(window.get("zones"), lon[told], lat[told])})
    rows = rows.with_columns(pl.Series("at", np.arange(len(rows)))).join(
        port, on="at", how="left", maintain_order="left"
    )
    until = pl.when("over").then("t_end").otherwise("t_in")
    unseen = pl.col("over") & (pl.col("t_end") == pl.col("t_in"))
    rows = rows.with_columns(
        state=pl.when(~pl.col("sure"))
        .then(pl.lit("pending"))
        .when("over")
        .then(pl.lit("closed"))
        .otherwise(pl.lit("open")),
        memory=pl.when(~pl.col("over")).then(pack({c: rows[c].to_numpy() for c in _MEMORY})),
        t_start=instants("t_first"),
        t_end=pl.when("over").then(until.cast(pl.Datetime("us", "UTC"))),
        t_end_floor=until.cast(pl.Datetime("us", "UTC")),
        lon_deg=pl.Series(lon),
        lat_deg=pl.Series(lat),
        participants=pl.concat_list(pl.concat_str(pl.lit("mv"), pl.col("mover").cast(pl.String))),
        mmsi=pl.concat_list(pl.when(pl.col("mmsi") >= 0).then("mmsi")).list.drop_nulls(),
        duration_s=(until - pl.col("t_first")) // S_US,
        entry_seen=pl.col("entered") == 1,
        exit_seen=pl.col("over") & ~unseen,
        stopped_s=pl.col("stopped_ms") // 1000,
        silences=pl.col("silences_now"),
        silence_max_s=pl.col("silence_now") // 1000,
        anchorage_m=pl.col("near").cast(pl.Float64),
        positions=pl.col("n"),
    )
    stopped = pl.col("stops") > 0
    rows = rows.with_columns(
        reasons(
            reason("in_port", "nearest to an anchorage", pl.col("anchorage_m"), "m", p.entry_max_m),
            reason("entry_seen", "seen outside before", when=pl.col("entry_seen")),
            reason("first_heard_in_port", "never heard outside before", weight=-0.5, when=~pl.col("entry_seen")),
            reason("exit_seen", "seen to leave", when=pl.col("exit_seen")),
            reason("left_unseen", "left while silent: the end is its last message in port", weight=0.0, when=unseen),
            reason("stopped", "time at rest", pl.col("stopped_s"), "s", when=stopped),
            reason("silent", "longest silence in port", pl.col("silence_max_s"), "s", p.silence_min_s,
                   when=pl.col("silences") > 0),
        ),
        evidence=pl.concat_list(rows_of("mover", pl.col("t_start"), pl.col("t_end_floor"))),
    )  # fmt: skip
    return emit(RULE, p, rows)


_PORT_AT: Final = (130.0, -10.0)


def _harbour(at: tuple[float, float] = _PORT_AT) -> dict[str, pl.DataFrame]:
    return {"zones": sea.square("zo-harbour", "anchorage", at, 0.002)}


CASES = (
    fires(
        "in from sea, two nights at anchor, and out again",
        sea.vessel(at=(129.7, -10.0)).sail(1.76).drift(40, speed_kn=0.02).sail(3),
        tables=_harbour,
    ),
    fires(
        "silent in port and still there",
        sea.vessel(at=(129.7, -10.0)).sail(1.76),
        tables=_harbour,
        hours=6,
    ),
    silent("passes a harbour at ten knots", sea.vessel(at=(129.7, -10.0)).sail(5), tables=_harbour),
    silent(
        "passes through while nobody hears it",
        sea.vessel(at=(129.7, -10.0)).sail(1.76).dark(5).sail(3),
        tables=_harbour,
    ),
    silent("stops ten kilometres off", sea.vessel(at=(129.9, -10.0)).drift(40, speed_kn=0.02), tables=_harbour),
    fires(
        "a clone under its number sails far away",
        sea.vessel(track=1, at=(129.7, -10.0)).sail(1.76).drift(20, speed_kn=0.02).sail(3),
        sea.vessel(track=2, at=(150.0, -12.0), start="2025-03-01T00:05:00Z").sail(25),
        tables=_harbour,
    ),
    fires(
        "away for a week without a word: the visit ends with its last message",
        sea.vessel(at=(129.7, -10.0)).sail(1.76).drift(20, speed_kn=0.02).dark(150, speed_kn=10).sail(3),
        tables=_harbour,
        hazard="hole",
    ),
    fires(
        "across 180 degrees and midnight",
        sea.vessel(at=(179.7, -17.0), start="2025-03-01T20:00:00Z").sail(1.8).drift(20, speed_kn=0.02).sail(3),
        tables=lambda: _harbour((-179.99, -17.0)),
        hazard="antimeridian",
    ),
)
