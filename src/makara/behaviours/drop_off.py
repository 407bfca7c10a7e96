"""Drop-off: a vessel on passage slows or drifts for a while where there is no reason to, then goes on.

Why it matters: packages are put over the side from ships that keep their schedule, at a place agreed on, and fished up
by a small craft within hours.
What looks the same: engine trouble, a drill, weather, traffic, waiting for a pilot or a tide, a slow convoy. A slowing
alone is for the record, a stop of severity 1; 2 only where a small craft (by AIS, or in an image without AIS) came to
the place within half a day, which is a second indicator. Fishing vessels, tugs and small craft slow down to work: not
judged.
Source: Makara's own proposal, after published cases of drops to small craft.

A vessel is on passage while the median of the speeds that it made good in its last six hours is six knots or more and
most of them were near it. It slows where it reports (or, without a reported speed, makes good) less than 60 % of that,
and has resumed once it reports 80 % again: only then it is an event. How long it was slow tells the time that its track
lost against the median, so that one wrong speed makes no event and reports an hour apart are enough. For twelve hours
more the place is remembered, and the first small craft that comes raises it; one without AIS counts once the vessel has
left, since until then an image may show the vessel itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import polars as pl

from makara.base.units import HOUR_S, KN_M_S, MINUTE_S, NMI_M, S_US
from makara.behaviours._cases import fires, sea, silent
from makara.behaviours._drops import MEMORY, Passes, followed, slowings
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
from makara.behaviours._words import detail, nmi, place, who

RULE = Rule(
    kind="drop_off",
    version="1.1",
    inputs={"track_points": 13 * HOUR_S, "detections": 13 * HOUR_S, "matches": 13 * HOUR_S, "zones": 0, "vessels": 0},
    parameters=(
        Parameter("passage_min_kn", 6.0, "on passage: the median speed of the last six hours is at least this"),
        Parameter("steady_share", 0.8, "share of those hours at three quarters of the median or more"),
        Parameter("slow_share", 0.6, "it slows where it makes less than this share of its median"),
        Parameter("resume_share", 0.8, "it has resumed where it makes this share again"),
        Parameter("drift_max_kn", 2.0, "slower than this on average, it stopped or drifted"),
        Parameter("duration_min_s", 20 * MINUTE_S, "shortest time slow"),
        Parameter("duration_max_s", 180 * MINUTE_S, "longest time slow (at most 4 h)"),
        Parameter("bridge_max_s", 3 * HOUR_S, "a longer time between two reports ends the passage (at most 3 h)"),
        Parameter("anchorage_min_m", 10_000.0, "nearer a port or an anchorage than this, it is calling there"),
        Parameter("craft_max_m", 2 * NMI_M, "a small craft that comes so near the place counts"),
        Parameter("craft_within_s", 12 * HOUR_S, "and so long after"),
        Parameter("small_max_m", 24.0, "a craft shorter than this is small"),
    ),
    profiles={"makara": {}},
    innocent=("engine_trouble", "drill", "weather", "traffic", "pilot_or_tide", "convoy"),
    details={
        "median_kn": pl.Float64(),
        "mean_speed_kn": pl.Float64(),
        "slowest_kn": pl.Float64(),
        "duration_s": pl.Int64(),
        "drifted": pl.Boolean(),
        "class": pl.String(),
        "craft": pl.String(),
        "craft_after_s": pl.Int64(),
        "craft_m": pl.Float64(),
    },
    by="place",
)

_WORKS: Final = ("fishing", "tug", "small")
_BASE_S: Final = 6 * HOUR_S


def step(window: Window, carried: pl.DataFrame, p: Parameters) -> pl.DataFrame:
    """Drops whose vessel resumed in the window; those remembered, with the small craft that came since."""
    old = unpack(carried, MEMORY).drop("participants")
    found = slowings(window, old, p, _BASE_S)
    found = found.filter(~pl.col("over") | _published(window, found, p))
    if not len(found):
        return nothing()
    found = followed(window, found, Passes(p.craft_max_m, int(p.craft_within_s) * S_US, p.small_max_m))
    waits = found.filter(~pl.col("over") | (pl.col("t_end") + int(p.craft_within_s) * S_US >= window.to_us))
    events = _rows(window, found.filter("over"), p)
    return pl.concat([events, _remembered(waits, p)])


def why(event: Mapping[str, Any]) -> str:
    """The drop in words for the radio."""
    d = detail(event)
    what = "stopped or drifted" if d["drifted"] else "slowed"
    craft = ""
    if d["craft"] is not None:
        after = d["craft_after_s"] / MINUTE_S
        craft = f"; a small craft ({d['craft']}) came within {nmi(d['craft_m'])} nmi {after:.0f} min after"
    return (
        f"{who(event)} ({d['class']}) on passage at {d['median_kn']:.0f} kn {what} to {d['mean_speed_kn']:.1f} kn for "
        f"{d['duration_s'] / MINUTE_S:.0f} min at {place(event)} and went on{craft}"
    )


def _published(window: Window, found: pl.DataFrame, p: Parameters) -> pl.Series:
    """Which slowings that are over are events: of the right length, slow, at sea, by vessels that slow for no work."""
    lasted = pl.col("t_end") - pl.col("t_start")
    right = lasted.is_between(int(p.duration_min_s) * S_US, int(p.duration_max_s) * S_US)
    calling = pl.col("anchorage").is_between(0, p.anchorage_min_m, closed="left")
    calling |= touches("zones", zone_keys(window, ("port", "anchorage", "lane")))
    kind = window.class_of(found["mover"])
    works = kind.is_in(_WORKS) | kind.str.starts_with("fishing")
    slowed = _mean_kn() <= p.slow_share * pl.col("median") / 1000 / KN_M_S
    out: pl.Series = found.select(good=right & slowed & ~calling & ~works)["good"]
    return out


def _mean_kn() -> pl.Expr:
    """Mean speed while slow: made good between the slow reports, of a single one as reported."""
    return pl.when(pl.col("ms") > 0).then(pl.col("mm") / pl.col("ms")).otherwise(pl.col("slowest") / 1000) / KN_M_S


def _rows(window: Window, drops: pl.DataFrame, p: Parameters) -> pl.DataFrame:
    """Events of a step."""
    if not len(drops):
        return nothing()
    came = pl.col("craft_t") > 0
    mean = _mean_kn()
    rows = drops.with_columns(
        window.class_of(drops["mover"]).alias("class"),
        state=pl.lit("closed"),
        t_start=instants("t_start"),
        t_end=instants("t_end"),
        t_end_floor=instants("t_end"),
        lon_deg=pl.col("lon") / 1e7,
        lat_deg=pl.col("lat") / 1e7,
        participants=pl.concat_list(pl.concat_str(pl.lit("mv"), pl.col("mover").cast(pl.String))),
        mmsi=pl.concat_list(pl.when(pl.col("mmsi") >= 0).then("mmsi")).list.drop_nulls(),
        median_kn=(pl.col("median") / 1000 / KN_M_S).round(2),
        mean_speed_kn=mean.round(2),
        slowest_kn=(pl.col("slowest") / 1000 / KN_M_S).round(2),
        duration_s=(pl.col("t_end") - pl.col("t_start")) // S_US,
        drifted=mean < p.drift_max_kn,
        craft=pl.when(came & (pl.col("scope") != ""))
        .then("scope")
        .when(came)
        .then(pl.format("MMSI {}", pl.col("craft").cast(pl.String).str.zfill(9))),
        craft_after_s=pl.when(came).then((pl.col("craft_t") - pl.col("t_start")) // S_US),
        craft_m=pl.when(came).then(pl.col("craft_m")),
        scope=pl.lit(""),
        craft_rows=pl.when(came & (pl.col("scope") == "")).then(
            rows_of("craft", instants("craft_t"), instants("craft_t"))
        ),
        seen=pl.when(came & (pl.col("scope") != "")).then("scope"),
    )
    rows = rows.with_columns(
        severity=pl.when(came).then(2).when("drifted").then(1).otherwise(0),
        p=pl.when(came).then(0.6).otherwise(0.3),
    )
    rows = rows.with_columns(
        reasons(
            reason("slowed", "mean speed, against its own median", pl.col("mean_speed_kn"), "kn", pl.col("median_kn")),
            reason("resumed", "went on after", pl.col("duration_s"), "s", p.duration_max_s),
            reason("stopped", "stopped or drifted", when=pl.col("drifted")),
            reason("craft_came", "a small craft came to the place", pl.col("craft_m"), "m", p.craft_max_m, when=came),
        ),
        evidence=pl.concat_list(
            rows_of("mover", pl.col("t_start").dt.offset_by(f"-{_BASE_S}s"), pl.col("t_end")), "craft_rows", "seen"
        ).list.drop_nulls(),
    )
    return emit(RULE, p, rows.drop("median", "slowest"))


def _remembered(rows: pl.DataFrame, p: Parameters) -> pl.DataFrame:
    """Pending rows: slowings that go on, and places of drops that a craft may still come to."""
    if not len(rows):
        return nothing()
    rows = rows.with_columns(
        pack({c: rows[c].to_numpy() for c in MEMORY}),
        state=pl.lit("pending"),
        t_start=instants("t_start"),
        t_end_floor=instants("t_end"),
        lon_deg=pl.col("lon") / 1e7,
        lat_deg=pl.col("lat") / 1e7,
        participants=pl.concat_list(pl.concat_str(pl.lit("mv"), pl.col("mover").cast(pl.String))),
        mmsi=pl.lit([], dtype=pl.List(pl.Int32())),
    )
    return emit(RULE, p, rows)


_SHIP = sea.vessel(kind="cargo").sail(5, speed_kn=14).drift(1, speed_kn=0.8).sail(5, speed_kn=14)
_CRAFT = sea.vessel(mover=412000099, kind="small", at=(131.0, -10.0), start="2025-03-01T06:10:00Z", every_s=300)
_THERE: Final = ("de-skiff", 131.195, -10.01, "2025-03-01T08:00:00Z", 9.0)

CASES = (
    fires("a cargo ship stops for an hour in mid-passage", _SHIP),
    fires("a small craft comes to the place two hours later", _SHIP, _CRAFT.sail(2, speed_kn=12)),
    fires("an image shows a skiff without AIS at the place", _SHIP, tables=lambda: sea.unmatched(_THERE)),
    fires(
        "slows to half for half an hour, seen by satellite only",
        sea.vessel(kind="tanker", every_s=1500).sail(5, speed_kn=13).sail(0.85, speed_kn=5).sail(5, speed_kn=13),
    ),
    silent("a fishing vessel does the same", sea.vessel(kind="fishing").sail(5).drift(1).sail(5)),
    silent("it stays for five hours", sea.vessel(kind="cargo").sail(5).drift(5).sail(5)),
    silent("it arrives and does not go on", sea.vessel(kind="cargo").sail(8).drift(2)),
    silent("by an anchorage", sea.vessel(kind="cargo", anchorage_nmi=3).sail(5).drift(1).sail(5)),
    fires(
        "across 180 degrees and midnight",
        sea.vessel(kind="cargo", at=(178.8, -17.0), start="2025-03-01T18:00:00Z").sail(6, speed_kn=12).drift(1).sail(3),
        hazard="antimeridian",
    ),
)
