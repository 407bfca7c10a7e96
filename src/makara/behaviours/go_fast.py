"""Go-fast: a small boat without AIS that sensors see run at 25 knots or more.

Why it matters: drugs, people and attackers move in such boats; between two looks they cross what a patrol needs an hour
for.
What looks the same: a patrol or pilot boat that does not transmit, a ferry, sport fishing, two boats taken for one.
Source: Makara's own proposal, to be measured: 25 kn or more, under 20 m, unmatched, two looks at least 15 min apart.

Speed comes from place and time, less the error of both places. Two sightings of two boats make a false run: the rule
states how many such runs chance would give among the contacts around, and requires it to be small.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import polars as pl

from makara.base import ids
from makara.base.units import HOUR_S, KN_M_S, MINUTE_S, S_US
from makara.behaviours._cases import fires, sea, silent
from makara.behaviours._contacts import SILENT_S, Contacts, follow, gathered, recall, remember
from makara.behaviours._rule import Parameter, Parameters, Rule, Window, emit, instants, nothing, reason, reasons
from makara.behaviours._stays import join_runs
from makara.behaviours._words import detail, place

RULE = Rule(
    kind="go_fast",
    version="1.1",
    inputs={"detections": 2 * HOUR_S, "matches": 2 * HOUR_S},
    parameters=(
        Parameter("speed_min_kn", 25.0, "from look to look, less the error of both places"),
        Parameter("span_min_s", 15 * MINUTE_S, "from the first to the last look of a run"),
        Parameter("length_max_m", 20.0, "mean measured length is below this, where it is known"),
        Parameter("p_dark_min", 0.3, "probability that each detection is a vessel that does not transmit"),
        Parameter("pause_max_s", 20 * MINUTE_S, "slower for less than this goes on"),
        Parameter("chance_max", 0.15, "most runs like it that chance would give among the contacts around"),
        Parameter("sure_max", 0.01, "a run of three looks rarer than this by chance alerts"),
    ),
    profiles={"makara": {}},
    innocent=("patrol_without_ais", "pilot_boat", "ferry", "sport_fishing", "two_boats_taken_for_one"),
    details={
        "looks": pl.Int64(),
        "speed_kn": pl.Float64(),
        "length_m": pl.Float64(),
        "chance": pl.Float64(),
        "course_deg": pl.Float64(),
        "duration_s": pl.Int64(),
    },
    by="place",
)

_EXTRAS: Final = ("ms", "mm", "chance", "legs", "run_length_dm", "run_lengths", "dark", "go_east", "go_north", "lead")


def step(window: Window, carried: pl.DataFrame, p: Parameters) -> pl.DataFrame:
    """Runs of fast legs of contacts that end in the window or may go on."""
    contacts, old = recall(carried, _EXTRAS)
    seen = follow(window, contacts, p.p_dark_min)
    ms = (pl.col("t_last") - pl.col("t_first")) // 1000
    hits = seen.seen.filter(pl.col("low_kn") >= p.speed_min_kn).with_columns(
        t_first="t_prev", t_last="t", lon="lon_prev", lat="lat_prev", lead="own", mark=pl.lit(None, pl.String())
    )
    known = pl.col("length_m").is_not_null()
    sums = {
        "ms": ms,
        "mm": (pl.col("speed_kn") * KN_M_S * ms).round().cast(pl.Int64),
        "chance": pl.col("chance"),
        "legs": pl.lit(1, pl.Int64()),
        "run_length_dm": pl.when(known).then((pl.col("length_m") * 10).round().cast(pl.Int64)).otherwise(0),
        "run_lengths": known.cast(pl.Int64),
        "dark": (pl.col("p_dark") * 1000).round().cast(pl.Int64),
        "go_east": pl.col("east") * ms // 1000,
        "go_north": pl.col("north") * ms // 1000,
    }
    begins = pl.col("t_first") - pl.col("t_prev") > int(p.pause_max_s) * S_US
    runs, _ = join_runs(hits, old, ["key"], begins, firsts=["lon", "lat", "lead"], sums=sums)
    if not len(runs):
        return remember(RULE, p, seen.states, runs, _EXTRAS)
    behind = seen.behind(hits, "key", ("t_prev", "lon_prev", "lat_prev")).select(marks="told", all="shown")
    behind = pl.concat([hits.select("key", "t"), behind], how="horizontal")
    runs = _told(window, runs, seen, behind, old, p)
    kept = runs.filter(~pl.col("over")).drop("over").with_columns(participants="all")
    return pl.concat([remember(RULE, p, seen.states, kept, _EXTRAS), _events(runs, p)])


def why(event: Mapping[str, Any]) -> str:
    """The run in words for the radio."""
    d = detail(event)
    size = "of unknown length" if d["length_m"] is None else f"about {d['length_m']:.0f} m long"
    return (
        f"a boat without AIS, {size}, ran at {d['speed_kn']:.0f} kn on {d['course_deg']:.0f} degrees from"
        f" {place(event)}; {d['looks']} looks in {d['duration_s'] / MINUTE_S:.0f} min, chance would give"
        f" {d['chance']:.2g} of them"
    )


def _told(
    window: Window, runs: pl.DataFrame, seen: Contacts, behind: pl.DataFrame, old: pl.DataFrame, p: Parameters
) -> pl.DataFrame:
    """Runs with their detections (``all``), ``marks``, and whether they are over: slower again, or lost.

    The participant is the detection that ended the first fast leg: the contact may have lain there for hours before.
    What is ``behind`` a leg, the look that it began with, may have been seen in a window before.
    """
    told = pl.concat([seen.seen.select("key", "t", "marks", all="evidence"), behind])
    for name in ("all", "marks"):
        before = old.select("key", "t_first", "marks", all="participants")
        runs = runs.join(gathered(runs, told, before, name), on=["key", "t_first"], how="left", maintain_order="left")
    each = runs.select("key", "t_first", "lead", "all").explode("all").drop_nulls()
    each = each.filter(ids.bulk(each["all"]) == each["lead"])
    each = each.select("key", "t_first", participants=pl.concat_list("all"))
    runs = runs.join(each, on=["key", "t_first"], how="left", maintain_order="left")
    last = seen.states.select("key", heard="t_last")
    runs = runs.join(last, on="key", how="left", maintain_order="left")
    slower = (pl.col("heard") > pl.col("t_last") + int(p.pause_max_s) * S_US).fill_null(True)
    lost = pl.col("t_last") + SILENT_S * S_US < window.to_us
    return runs.with_columns(over=~pl.col("final") | slower | lost)


def _events(runs: pl.DataFrame, p: Parameters) -> pl.DataFrame:
    """Rows of a step for runs that are long, small and unlikely enough."""
    length = pl.when(pl.col("run_lengths") > 0).then(pl.col("run_length_dm") / pl.col("run_lengths") / 10).round(1)
    rows = runs.with_columns(length_m=length, by_chance=(10.0 ** (pl.col("chance") / 1000)).round(6))
    rows = rows.filter(
        pl.col("t_last") - pl.col("t_first") >= int(p.span_min_s) * S_US,
        (pl.col("length_m") < p.length_max_m).fill_null(True),
        pl.col("by_chance") <= p.chance_max,
    )
    if not len(rows):
        return nothing()
    course = pl.arctan2(pl.col("go_east").cast(pl.Float64), pl.col("go_north").cast(pl.Float64)).degrees()
    known = pl.col("length_m").is_not_null()
    sure = (pl.col("legs") >= 2) & (pl.col("by_chance") <= p.sure_max)
    rows = rows.with_columns(
        state=pl.when("over").then(pl.lit("closed")).otherwise(pl.lit("open")),
        t_start=instants("t_first"),
        t_end=pl.when("over").then(instants("t_last")),
        t_end_floor=instants("t_last"),
        lon_deg=pl.col("lon") / 1e7,
        lat_deg=pl.col("lat") / 1e7,
        evidence=pl.col("all"),
        looks=pl.col("legs") + 1,
        speed_kn=(pl.col("mm") / pl.col("ms") / KN_M_S).round(1),
        course_deg=(course % 360.0).round(0) % 360.0,
        duration_s=(pl.col("t_last") - pl.col("t_first")) // S_US,
        chance=pl.col("by_chance"),
        p=(pl.col("dark") / pl.col("legs") / 1000 * (1 - pl.col("by_chance"))).round(4),
        severity=pl.when(sure & known).then(2).otherwise(1),
    )
    rows = rows.with_columns(
        reasons(
            reason("fast", "speed from place and time", pl.col("speed_kn"), "kn", p.speed_min_kn),
            reason("looks", "looks that agree", pl.col("looks"), None, 2.0),
            reason("small", "mean length", pl.col("length_m"), "m", p.length_max_m, when=known),
            reason("length_unknown", "no look measured its length", weight=-0.5, when=~known),
            reason("by_chance", "runs like it by chance", pl.col("chance"), None, p.chance_max, -1.0),
        )
    )
    return emit(RULE, p, rows)


CASES = (
    fires(
        "a boat of 12 m at 34 kn, four looks in half an hour",
        tables=lambda: sea.unmatched(*sea.boat("de", (130.0, -10.0), (0, 10, 20, 30), speed_kn=34, length_m=12)),
    ),
    fires(
        "two looks 20 minutes apart, length unknown",
        tables=lambda: sea.unmatched(*sea.boat("de", (130.0, -10.0), (0, 20), speed_kn=34, length_m=None)),
    ),
    silent(
        "the same at 18 kn",
        tables=lambda: sea.unmatched(*sea.boat("de", (130.0, -10.0), (0, 10, 20, 30), speed_kn=18)),
    ),
    silent(
        "a fast ship of 60 m",
        tables=lambda: sea.unmatched(*sea.boat("de", (130.0, -10.0), (0, 10, 20, 30), length_m=60)),
    ),
    silent(
        "ten minutes are too short",
        tables=lambda: sea.unmatched(*sea.boat("de", (130.0, -10.0), (0, 5, 10))),
    ),
    silent(
        "two looks in a fleet of 30 boats that each look finds anew",
        tables=lambda: sea.unmatched(
            *(
                (f"de-{t}-{k}", 130.0 + 0.1 * (k % 6) + 0.05 * t / 20, -10.0 + 0.1 * (k // 6), at, 10.0)
                for t, at in ((0, "2025-03-01T00:00:00Z"), (20, "2025-03-01T00:20:00Z"))
                for k in range(t // 2, 30 - t // 2)
            ),
            *sea.boat("one", (130.2, -10.5), (0, 20), speed_kn=40),
        ),
    ),
    fires(
        "across 180 degrees and midnight",
        tables=lambda: sea.unmatched(
            *sea.boat("de", (179.9, -17.0), (0, 10, 20), start="2025-03-01T23:50:00Z", length_m=12)
        ),
        hazard="antimeridian",
    ),
)
