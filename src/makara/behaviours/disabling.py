"""Disabling: a silence that bad reception does not explain.

Why it matters: most silences are reception; the few that are made are where vessels fish what they must not, meet whom
they must not, or call where they must not. This rule keeps those few.
What looks the same: a broken transponder or a power failure (no sensor tells these from a switch), a vessel that left
the covered sea, a receiver that fails, a berth in the shadow of a hill, a port whose surroundings the data leave out.
Source: Welch et al. 2022 (profile gfw: 12 h, 50 nmi offshore, well received before and around); the profile makara is
Makara's own proposal.

Each gap is judged by the others of its transponder class (or the weaker class B): those within 400 km where satellites
heard it last, and by satellites; else those within 40 km, and by stations. In each of its first twelve hours, the share
of those on the air that was heard, scaled by how well the vessel itself had been heard before against them (a number
that few hours before leave uncertain), gives the chance that all these hours stay silent by reception alone; it must be
below one in a hundred. A vessel that is back within a day is held to have gone the straight way; until it is, one that
was under way is held to go on for four hours, later hours are not judged, and it must have headed where others are
heard. With fewer than five others on the air the rule abstains. A ship that goes on under another number (rule
identity) is not silent. Where others fall silent, too, day after day, it is less sure and one step less severe.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from makara.base.units import DAY_S, HOUR_S, NMI_M, S_US
from makara.behaviours._breaks import HISTORY_S, breaks
from makara.behaviours._cases import fires, sea, silent
from makara.behaviours._derived import base, members, said
from makara.behaviours._rule import (
    Parameter,
    Parameters,
    Rule,
    Window,
    emit,
    nothing,
    pack,
    reason,
    reasons,
    touches,
    unpack,
    zone_keys,
)
from makara.behaviours._silences import BRACKET_S, HOURS, asked_of, chance, hours_heard, own_hours
from makara.behaviours._words import detail, hours, nmi, place, who

RULE = Rule(
    kind="disabling",
    version="1.2",
    inputs={
        "events:gap": HISTORY_S + 2 * DAY_S,
        "events:identity": 2 * DAY_S,
        "track_points": 2 * DAY_S + 6 * HOUR_S,
        "zones": 0,
        "vessels": 0,
    },
    parameters=(
        Parameter("duration_min_s", 6 * HOUR_S, "shortest silence (as rule gap finds them)"),
        Parameter("silence_p_max", 0.01, "chance of the silence by reception alone below which it was made; 1: any"),
        Parameter("neighbour_max_m", 40_000.0, "others within this tell how well one is heard"),
        Parameter("satellite_max_m", 400_000.0, "the same where satellites heard it last"),
        Parameter("ahead_min", 3, "under way and not back: fewest others heard where it was heading (from rule gap)"),
        Parameter("neighbours_min", 5, "with fewer others on the air meanwhile, the rule abstains"),
        Parameter("ahead_max_s", 4 * HOUR_S, "so long a vessel under way is held to go on (at most 12 h)"),
        Parameter("slow_max_kn", 3.0, "slower than this it is held to stay where it is"),
        Parameter("anchorage_min_m", 10_000.0, "a silence that begins nearer an anchorage is not looked at"),
        Parameter("harbour_max_m", 3 * NMI_M, "one that begins nearer the shore is of severity 1"),
        Parameter("breaks_max_m", 20_000.0, "others that fell silent within this in the 30 days before tell of a hole"),
        Parameter("breaks_min", 5, "fewest others that make it one (0: never)"),
        Parameter(
            "breaks_share_min", 0.15, "and smallest share of those that come here; then it is one step less severe"
        ),
        Parameter("shore_min_m", 0.0, "shortest distance from shore at its beginning"),
        Parameter("satellite_min", 0, "fewest messages heard by satellite in the 12 h before"),
        Parameter("positions_day_min", 0.0, "fewest messages a day and vessel heard of the others in the 12 h before"),
    ),
    profiles={
        "makara": {},
        "gfw": {
            "duration_min_s": 12 * HOUR_S,
            "silence_p_max": 1.0,
            "neighbours_min": 1,
            "ahead_min": 0,
            "anchorage_min_m": 0.0,
            "breaks_min": 0,
            "shore_min_m": 50 * NMI_M,
            "satellite_min": 14,
            "positions_day_min": 10.0,
        },
    },
    innocent=("broken_transponder", "power_failure", "left_the_covered_sea", "receiver_failure", "hole_in_the_data"),
    details={
        "duration_s": pl.Int64(),
        "p_silence": pl.Float64(),
        "hours_judged": pl.Int64(),
        "neighbours": pl.Int64(),
        "own_share": pl.Float64(),
        "positions_day": pl.Float64(),
        "satellite_12h": pl.Int64(),
        "shore_m": pl.Float64(),
        "heard_elsewhere": pl.Int64(),
        "others_silent": pl.Int64(),
        "breaks_share": pl.Float64(),
        "guarded": pl.Boolean(),
        "class": pl.String(),
    },
    by="place",
)

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
_CLASS_A_H: Final = 6.0
"""What is known of a class A transponder beforehand: as if it had been heard in so many hours; of others, in one."""
_HOUR: Final = HOUR_S * S_US
_BRACKET: Final = BRACKET_S * S_US
_SOON: Final = DAY_S * S_US
"""After a longer silence, where a vessel came back tells little of where it was."""
_GAP: Final = (
    "event", "mover", "t", "until", "still", "lon_deg", "lat_deg", "mmsi", "zones", "evidence", "marks", "ahead",
)  # fmt: skip
_JUDGED: Final = (
    "ppm", "hours", "neighbours", "own_ppm", "milli_day", "satellite", "shore", "anchorage",
    "elsewhere", "under_way", "renumbered", "breaks", "breaks_ppm",
)  # fmt: skip
_MEMORY: Final = ("mover", "t", "settled", *_JUDGED)


def step(window: Window, carried: pl.DataFrame, p: Parameters) -> pl.DataFrame:
    """Gaps that end in the window or last at its end, judged by their first hours; what is judged is remembered."""
    every = members(base(window, "gap")).with_columns(t=pl.col("t_start").dt.epoch("us"))
    gaps = _gaps(window, every)
    if not len(gaps):
        return nothing()
    old = unpack(carried.filter(pl.col("memory").is_not_null()), _MEMORY).filter(pl.col("settled") == 1)
    known = gaps.filter(~_soon()).join(old.select(*_MEMORY), on=["mover", "t"], maintain_order="left")
    new = gaps.join(known, on=["mover", "t"], how="anti", maintain_order="left")
    judged = _judged(window, new, every, p)
    settled = pl.col("t") + HOURS * _HOUR
    whole = (settled + _BRACKET <= window.to_us) & (settled <= pl.col("until"))
    judged = judged.with_columns(settled=whole.cast(pl.Int64))
    rows = pl.concat([known.select(judged.columns), judged]).sort("mover", "t")
    return _rows(window, rows, p)


def why(event: Mapping[str, Any]) -> str:
    """The silence in words for the radio."""
    d = detail(event)
    still = "has been silent" if event["t_end"] is None else "was silent"
    chance = "" if d["p_silence"] is None else f"; by reception alone the chance of that is {d['p_silence']:.2g}"
    if any(r["code"] == "others_silent" for r in event["reasons"]):
        chance += f"; but {d['others_silent']} others fell silent there in the month before, too"
    off = "" if d["shore_m"] is None else f", {nmi(d['shore_m'])} nmi off"
    return (
        f"{who(event)} ({d['class']}) {still} {hours(d['duration_s'])} h since {place(event)}{off}, while"
        f" {d['neighbours']} others of its class were on the air around{chance}"
    )


def _gaps(window: Window, every: pl.DataFrame) -> pl.DataFrame:
    """Of all gaps those that this window decides: open at its end, or ended in it or so shortly before that hours of
    theirs are judged only now. What a window further on knows of their end is left aside.
    """
    rows = every.with_columns(t_stop=pl.col("t_end").dt.epoch("us"))
    still = (pl.col("t_stop").is_null() | (pl.col("t_stop") >= window.to_us)).alias("still")
    floor = pl.col("t_end_floor").dt.epoch("us").clip(upper_bound=window.to_us)
    rows = rows.with_columns(still).with_columns(until=pl.when("still").then(floor).otherwise("t_stop"))
    settled = pl.col("t") + HOURS * _HOUR + _BRACKET
    late = (pl.col("t_stop") + _BRACKET >= window.frm_us) & (settled > window.frm_us)
    rows = rows.filter(pl.col("still") | (pl.col("t_stop") >= window.frm_us) | late)
    rows = rows.with_columns(said({"heard_ahead": pl.Int64()}).struct.field("heard_ahead").alias("ahead"))
    return rows.select(_GAP).sort("mover", "t")


def _judged(window: Window, gaps: pl.DataFrame, every: pl.DataFrame, p: Parameters) -> pl.DataFrame:
    """Of all gaps those asked about whose last message is in sight, with the numbers of ``_JUDGED``."""
    points = window.track_points
    by_sky = (points["receiver"] == "satellite").fill_null(False).to_numpy()
    own = own_hours(points, by_sky, gaps)
    gaps = gaps.join(own, on=["mover", "t"], how="inner", maintain_order="left")
    gaps = gaps.filter((pl.col("anchorage") < 0) | (pl.col("anchorage") >= p.anchorage_min_m))
    moved = (pl.col("sog") >= p.slow_max_kn * 10) & (pl.col("cog") >= 0)
    soon = _soon() & pl.col("lon_back").is_not_null()
    gaps = gaps.with_columns(under_way=moved.cast(pl.Int64), back=soon)
    t = gaps["t"].to_numpy()
    hourly, once = np.zeros((t.size, 2 * HOURS), np.int64), np.zeros(t.size, np.int64)
    counts = [hourly, hourly.copy(), once, once.copy(), once.copy()]
    ahead = min(int(p.ahead_max_s) // HOUR_S, HOURS)
    for sky, reach in ((True, p.satellite_max_m), (False, p.neighbour_max_m)):
        at = np.flatnonzero(gaps["sky"].to_numpy() == sky)
        if at.size:
            some = gaps[at]
            asked = asked_of(some, ahead, 4 if sky else 1, reach)
            found = hours_heard(points, by_sky, some, sky, asked, reach)
            for whole, part in zip(counts, found, strict=True):
                whole[at] = part
    on_air, kept, told, whose, others = counts
    start = t[:, None] + np.arange(-HOURS, HOURS) * _HOUR
    over = np.minimum(gaps["until"].to_numpy(), window.to_us - _BRACKET)[:, None]
    share = (kept + 0.5) / (on_air + 1.0)
    enough = on_air >= 2
    after = enough & (np.arange(2 * HOURS) >= HOURS) & (start + _HOUR <= over)
    before = enough & (np.arange(2 * HOURS) < HOURS) & (start >= gaps["t_own"].to_numpy()[:, None])
    bits = (gaps["bits"].to_numpy()[:, None] >> np.arange(2 * HOURS)) & 1
    expected = np.where(before, share, 0.0).sum(axis=1)
    own = np.where(before, bits, 0).sum(axis=1)
    own = own + np.where(gaps["sort_of"].to_numpy() == 1, _CLASS_A_H, 1.0)
    missed = np.maximum(expected - np.where(before, bits, 0).sum(axis=1), 0.0) + 1.0
    scale = own / (own + missed)
    p_silent = chance(np.where(after, share, 0.0), own, missed)
    rate = 24e3 * told / np.maximum(HOURS * whose, 1)
    numbers = {
        "ppm": np.where(after.any(axis=1) & (others >= p.neighbours_min), np.round(p_silent * 1e6), -1),
        "hours": after.sum(axis=1),
        "neighbours": others,
        "own_ppm": np.round(scale * 1e6),
        "milli_day": np.where(whose > 0, np.round(rate), -1),
    }
    out = gaps.with_columns(pl.Series(c, v.astype(np.int64)) for c, v in numbers.items())
    out = out.join(_renumbered(window), on=["mover", "t"], how="left", maintain_order="left")
    out = out.with_columns(pl.col("renumbered").fill_null(0))
    ask = pl.lit(p.breaks_min > 0) & (pl.col("ppm") >= 0) & (pl.col("ppm") < p.silence_p_max * 1e6)
    out = breaks(points, every, out, out.select(ask).to_series(), p.breaks_max_m)
    return out.select(*_GAP, *_JUDGED).sort("mover", "t")


def _renumbered(window: Window) -> pl.DataFrame:
    """Last messages after which a ship went on under another number, as its claims show (rule identity)."""
    changed = said({"what": pl.String()}).struct.field("what") == "renumbered"
    told = base(window, "identity").filter(changed, pl.col("severity") >= 2)
    last = members(told).select("mover", t=pl.col("t_start").dt.epoch("us"))
    return last.unique(maintain_order=True).with_columns(renumbered=pl.lit(1, pl.Int64()))


def _soon() -> pl.Expr:
    """Whether a vessel was back so soon that the hours before its silence are in sight still."""
    return ~pl.col("still") & (pl.col("until") - pl.col("t") <= _SOON)


def _rows(window: Window, found: pl.DataFrame, p: Parameters) -> pl.DataFrame:
    """Rows of a step: silences that were made are events, other open ones are remembered."""
    if not len(found):
        return nothing()
    chance = pl.when(pl.col("ppm") >= 0).then(pl.col("ppm") / 1e6)
    daily = pl.when(pl.col("milli_day") >= 0).then(pl.col("milli_day") / 1000)
    rows = found.with_columns(
        pack({c: found[c].to_numpy() for c in _MEMORY}),
        window.class_of(found["mover"]).alias("class"),
        guarded=touches("zones", zone_keys(window, ("closed", "mpa"))),
        p_silence=chance.round(6),
        positions_day=daily.round(1),
        duration_s=(pl.col("until") - pl.col("t")) // S_US,
        shore_m=pl.when(pl.col("shore") >= 0).then(pl.col("shore").cast(pl.Float64)),
    )
    made = (
        (pl.col("duration_s") >= int(p.duration_min_s))
        & ((pl.col("p_silence") < p.silence_p_max).fill_null(False) | (p.silence_p_max >= 1.0))
        & ((pl.col("shore_m") >= p.shore_min_m).fill_null(False) | (p.shore_min_m <= 0.0))
        & (~pl.col("still") | (pl.col("under_way") == 0) | (pl.col("ahead") >= p.ahead_min))
        & ((pl.col("renumbered") == 0) | (p.silence_p_max >= 1.0))
        & (pl.col("satellite") >= p.satellite_min)
        & ((pl.col("positions_day") > p.positions_day_min).fill_null(False) | (p.positions_day_min <= 0.0))
    )
    rows = rows.with_columns(made=made).filter(pl.col("made") | pl.col("still"))
    away = (pl.col("under_way") == 1) & ~_soon()
    here = pl.lit(p.breaks_min > 0) & (pl.col("breaks") >= p.breaks_min)
    here &= pl.col("breaks_ppm") >= p.breaks_share_min * 1e6
    instant = pl.Datetime("us", "UTC")
    rows = rows.with_columns(
        state=pl.when(~pl.col("made"))
        .then(pl.lit("pending"))
        .when("still")
        .then(pl.lit("open"))
        .otherwise(pl.lit("closed")),
        t_start=pl.col("t").cast(instant),
        t_end=pl.when(~pl.col("still")).then(pl.col("until").cast(instant)),
        t_end_floor=pl.col("until").cast(instant),
        participants=pl.concat_list(pl.concat_str(pl.lit("mv"), pl.col("mover").cast(pl.String))),
        p=(1.0 - pl.col("p_silence")) * (1.0 - pl.when(here).then(pl.col("breaks_ppm") / 1e6).otherwise(0.0)),
        severity=pl.when(pl.col("elsewhere") > 0)
        .then(1)
        .when(away | (pl.col("shore_m") < p.harbour_max_m).fill_null(False))
        .then(1)
        .otherwise(2 + pl.col("guarded").cast(pl.Int64) - here.cast(pl.Int64)),
        others_silent="breaks",
        breaks_share=(pl.col("breaks_ppm") / 1e6).round(2),
        heard_elsewhere=pl.col("elsewhere"),
        hours_judged=pl.col("hours"),
        own_share=pl.col("own_ppm") / 1e6,
        satellite_12h=pl.col("satellite"),
        memory=pl.when("still").then("memory"),
    )
    told = pl.col("p_silence").is_not_null()
    rows = rows.with_columns(
        reasons(
            reason("silence", "no message for so long", pl.col("duration_s"), "s", p.duration_min_s),
            reason(
                "others_heard",
                "chance by reception alone, in a million",
                pl.col("ppm"),
                None,
                p.silence_p_max * 1e6,
                when=told,
            ),
            reason("hours_judged", "hours with others enough to tell", pl.col("hours"), "h", when=told),
            reason(
                "satellite",
                "messages by satellite in the 12 h before",
                pl.col("satellite"),
                None,
                p.satellite_min,
                when=pl.lit(p.satellite_min > 0),
            ),
            reason(
                "reception",
                "messages a day and vessel around",
                pl.col("positions_day"),
                None,
                p.positions_day_min,
                when=pl.lit(p.positions_day_min > 0),
            ),
            reason(
                "heard_elsewhere",
                "its number was heard elsewhere meanwhile: a false place or a second ship",
                pl.col("elsewhere"),
                weight=-1.0,
                when=pl.col("elsewhere") > 0,
            ),
            reason(
                "others_silent",
                "others fall silent here, too: of those that come here this share a day",
                pl.col("breaks_share"),
                None,
                p.breaks_share_min,
                -1.0,
                here,
            ),
            reason(
                "long_away",
                "was under way and not back within a day: it may have sailed out of the covered sea",
                weight=-1.0,
                when=away,
            ),
            reason(
                "near_shore",
                "so near the shore it may lie in a harbour that no list has",
                pl.col("shore_m"),
                "m",
                p.harbour_max_m,
                -1.0,
                (pl.col("shore_m") < p.harbour_max_m).fill_null(False),
            ),
            reason("guarded_zone", "began in a closed or protected zone", when=pl.col("guarded")),
        )
    )
    return emit(RULE, p, rows)


_BUSY = tuple(
    sea.vessel(mover=412000010 + k, at=(130.0 + 0.03 * k, -10.1)).drift(hours=20, speed_kn=0.2) for k in range(6)
)
_FEW = _BUSY[:3]
_PACIFIC = tuple(
    sea.vessel(mover=412000010 + k, at=(-179.95 + 0.03 * k, -17.1), start="2025-03-01T18:00:00Z").drift(
        20, speed_kn=0.2
    )
    for k in range(6)
)

CASES = (
    fires(
        "silent for eight hours while six others are heard",
        sea.vessel().sail(3, speed_kn=2).dark(8, speed_kn=2).sail(2),
        *_BUSY,
    ),
    fires("still silent, near the shore", sea.vessel(off_nmi=3).sail(3, speed_kn=2), *_BUSY),
    silent(
        "goes on under another number",
        sea.vessel().sail(8, speed_kn=2),
        sea.vessel(mover=412000002, at=(130.27, -10.0), start="2025-03-01T08:00:00Z").sail(9, speed_kn=2),
        *_BUSY,
        tables=lambda: {
            "claims": sea.claims((412000001, 1, "NAME A", 9074729, 90.0), (412000002, 9, "NAME B", 9074729, 90.0))
        },
    ),
    silent("three others only: abstains", sea.vessel().sail(3, speed_kn=2).dark(8, speed_kn=2).sail(2), *_FEW),
    silent("at an anchorage", sea.vessel(anchorage_nmi=1).sail(3, speed_kn=0.1).dark(8, speed_kn=0.1).sail(2), *_BUSY),
    silent(
        "sails on at 15 knots, out of the covered sea", sea.vessel().sail(2, 180, 15).dark(12, 180, 15).sail(2), *_BUSY
    ),
    fires(
        "across 180 degrees and midnight",
        sea.vessel(at=(179.98, -17.0), start="2025-03-01T20:00:00Z").sail(3, speed_kn=1).dark(8, speed_kn=1).sail(2),
        *_PACIFIC,
        hazard="antimeridian",
    ),
)
