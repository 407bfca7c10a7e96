"""Beside: sightings next to paused vessels, joined into one event a vessel. What the meetings with the unseen share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from makara.base.units import S_US
from makara.behaviours._contacts import gathered
from makara.behaviours._paused import BRIDGE_S, SETTLE_S, paused
from makara.behaviours._rule import Window, instants, pack, rows_of, touches, zone_keys
from makara.behaviours._stays import join_runs

EXTRAS: Final = (
    "key", "t_first", "t_last", "number", "lon", "lat", "shore", "n", "length_dm", "lengths", "p_neg", "far",
    "pause_neg", "from_us", "until_neg",
)  # fmt: skip
"""What a meeting remembers: the vessel, its first and last sighting judged, where it lay, sums of lengths measured, the
best probability, the least distance (m), the longest pause (s), and from when to when it is known to have lain there.
"""
DETAILS: Final[dict[str, Any]] = {
    "distance_m": pl.Float64(),
    "pause_s": pl.Int64(),
    "partner_m": pl.Float64(),
    "sightings": pl.Int64(),
    "shore_m": pl.Float64(),
}
"""Details that these events have in common."""


@dataclass(frozen=True)
class Terms:
    """What counts.

    Attributes:
        pause_min_s: shortest pause.
        anchorage_min_m: nearer an anchorage does not count.
        apart_max_s: sightings less than this apart are one event.
    """

    pause_min_s: float
    anchorage_min_m: float
    apart_max_s: float


@dataclass(frozen=True)
class Rows:
    """Rows of a step, all but the rule's own words.

    Attributes:
        kept: memory.
        events: to be published.
    """

    kept: pl.DataFrame
    events: pl.DataFrame


def beside(window: Window, found: pl.DataFrame, terms: Terms) -> pl.DataFrame:
    """Sightings beside paused vessels, as hits by vessel (``key``).

    Args:
        window: what is known.
        found: detections (as ``unmatched`` gives them) with ``reach_m``, ``track`` (0: any) and ``p_partner``.
        terms: what counts.
    """
    if not len(found):
        return _no_hits()
    met = paused(window, found, terms.pause_min_s)
    off = pl.col("anchorage_m").fill_null(float("inf")) >= terms.anchorage_min_m
    met = met.filter(off & ~touches("zones", zone_keys(window, ("port", "anchorage", "infrastructure"))))
    what = found.with_row_index("row").select(
        pl.col("row").cast(pl.Int64),
        "detection",
        "t",
        "p_partner",
        pl.col("length_m").cast(pl.Float64),
        seen_marks=pl.concat_list(pl.concat_list("mark"), pl.col("marks").fill_null([])).list.drop_nulls(),
        evidence=pl.concat_list(pl.concat_list("detection"), pl.col("looked").fill_null([])),
    )
    known = pl.col("length_m").is_not_null()
    both = met.join(what, on="row", how="left", maintain_order="left").sort("t_judged", "t", "detection", "track")
    return both.select(
        "detection",
        "evidence",
        "t",
        key="mover",
        t_first="t_judged",
        t_last="t_judged",
        number="mmsi",
        lon=(pl.col("lon") * 1e7).round().cast(pl.Int64),
        lat=(pl.col("lat") * 1e7).round().cast(pl.Int64),
        shore=pl.col("shore_m").round().cast(pl.Int64).fill_null(-1),
        n=pl.lit(1, pl.Int64()),
        length_dm=pl.when(known).then((pl.col("length_m") * 10).round().cast(pl.Int64)).otherwise(0),
        lengths=known.cast(pl.Int64),
        p_neg=(-pl.col("p_partner") * 10_000).round().cast(pl.Int64),
        far=pl.col("far_m").round().cast(pl.Int64),
        pause_neg=-pl.col("pause_s"),
        from_us="t_from",
        until_neg=-pl.col("t_to"),
        mark=pl.lit(None, pl.String()),
        told=pl.concat_list("marks", "seen_marks").list.unique().list.sort(),
    )


def _no_hits() -> pl.DataFrame:
    """Hits of nothing."""
    texts = {
        "evidence": pl.List(pl.String()),
        "told": pl.List(pl.String()),
        "detection": pl.String(),
        "mark": pl.String(),
    }
    return pl.DataFrame(schema={**dict.fromkeys(EXTRAS, pl.Int64()), "t": pl.Int64(), **texts})


def joined(window: Window, hits: pl.DataFrame, old: pl.DataFrame, terms: Terms) -> pl.DataFrame:
    """Meetings: hits of a vessel that follow each other, those carried continued.

    Returns:
        The columns of :data:`EXTRAS`, ``pair`` (the vessel and the first detection), ``all`` (evidence), ``marks`` and
        ``over``.
    """
    apart = int(terms.apart_max_s) * S_US
    runs, _ = join_runs(
        hits,
        old,
        ["key"],
        pl.col("t_first") - pl.col("t_prev") > apart,
        firsts=["number", "lon", "lat", "shore", "from_us"],
        sums={c: pl.col(c) for c in ("n", "length_dm", "lengths")},
        mins=["p_neg", "far", "pause_neg", "until_neg"],
    )
    told = hits.select("key", t="t_last", marks="told", all="evidence")
    before = old.select("key", "t_first", "marks", all=pl.col("participants").list.slice(2))
    for name in ("all", "marks"):
        runs = runs.join(gathered(runs, told, before, name), on=["key", "t_first"], how="left", maintain_order="left")
    vessel = pl.concat_str(pl.lit("mv"), pl.col("key").cast(pl.String))
    pairs = pl.concat(
        [
            old.select("key", "t_first", pair=pl.col("participants").list.head(2)),
            hits.select("key", "t_first", pair=pl.concat_list(vessel, "detection")),
        ]
    ).unique(["key", "t_first"], keep="first", maintain_order=True)
    runs = runs.join(pairs, on=["key", "t_first"], how="left", maintain_order="left")
    waits = apart + int(BRIDGE_S + SETTLE_S) * S_US
    return runs.with_columns(over=~pl.col("final") | (pl.col("t_last") + waits < window.to_us))


def rows(window: Window, runs: pl.DataFrame) -> Rows:
    """Meetings as rows of a step."""
    common = runs.with_columns(
        zones=pl.lit(pl.Series([[]], dtype=pl.List(pl.String()))).first(),
        t_start=instants("from_us"),
        t_end_floor=(-pl.col("until_neg")).cast(pl.Datetime("us", "UTC")),
        lon_deg=pl.col("lon") / 1e7,
        lat_deg=pl.col("lat") / 1e7,
        marks=pl.col("marks").fill_null([]),
        participants=pl.concat_list("pair", "all"),
    )
    memory = common.filter(~pl.col("over"))
    kept = memory.with_columns(pack({c: memory[c].to_numpy() for c in EXTRAS}), state=pl.lit("pending"))
    events = common.with_columns(
        state=pl.when("over").then(pl.lit("closed")).otherwise(pl.lit("open")),
        t_end=pl.when("over").then("t_end_floor"),
        participants="pair",
        mmsi=pl.concat_list(pl.when(pl.col("number") >= 0).then("number")).list.drop_nulls(),
        p=-pl.col("p_neg") / 10_000,
        distance_m=pl.col("far").cast(pl.Float64),
        pause_s=-pl.col("pause_neg"),
        partner_m=pl.when(pl.col("lengths") > 0).then(pl.col("length_dm") / pl.col("lengths") / 10).round(1),
        sightings="n",
        shore_m=pl.when(pl.col("shore") >= 0).then("shore").cast(pl.Float64),
        evidence=pl.concat_list(rows_of("key", pl.col("t_start"), pl.col("t_end_floor")), "all"),
    )
    return Rows(kept, events)
