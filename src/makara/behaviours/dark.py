"""Dark: a sensor saw a vessel that no AIS explains.

Why it matters: those who fish, meet or smuggle unseen do not transmit; sensors that need no permission still see them.
What looks the same: small craft that owe no AIS (under 300 GT), a platform or rock, a false alarm, a weak transponder
not received, a position that fits the wrong vessel. So we say AIS-unmatched, with a probability, never illegal.
Source: Paolo et al. 2024, Kroodsma et al. 2022; the probability and the abstention come from the matching.

Each detection is an event of its own (it is one sighting). A boat that a radar sees again and again would flood the
watch: a detection that the same boat can have made minutes after an earlier unmatched one ``follows`` it and stays
below alerts. Where the matching abstains (``p_dark`` null: outside a look, reception unknown, or a structure that
zones or earlier looks tell), the rule is silent.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl
from numba import njit

from makara.base.geo import distance_scalar
from makara.base.time import to_us
from makara.base.units import HOUR_S, KN_M_S, MINUTE_S, S_US
from makara.behaviours._cases import fires, sea, silent
from makara.behaviours._rule import (
    Parameter,
    Parameters,
    Rule,
    Window,
    emit,
    nothing,
    reason,
    reasons,
    touches,
    zone_keys,
)
from makara.behaviours._unmatched import unmatched
from makara.behaviours._words import detail, place
from makara.behaviours._zones import holding

RULE = Rule(
    kind="dark",
    version="1.2",
    inputs={"detections": 2 * HOUR_S, "matches": 2 * HOUR_S, "zones": 0},
    parameters=(
        Parameter("p_dark_min", 0.5, "probability that it is a vessel that does not transmit"),
        Parameter("length_min_m", 30.0, "from this length on (about 300 GT) AIS is owed"),
        Parameter("p_alert_min", 0.8, "probability from which a large one, or one in a closed area, alerts"),
        Parameter("follow_max_s", 30 * MINUTE_S, "a sighting so soon after another may be the same boat (at most 2 h)"),
        Parameter("follow_speed_kn", 30.0, "fastest that the same boat can have gone between two sightings"),
    ),
    profiles={"makara": {}},
    innocent=("no_ais_owed", "false_alarm", "fixed_structure", "transponder_not_received", "wrong_match"),
    details={
        "sensor": pl.String(),
        "length_m": pl.Float64(),
        "p_dark": pl.Float64(),
        "p_none": pl.Float64(),
        "p_heard": pl.Float64(),
        "follows": pl.String(),
        "zone_kinds": pl.List(pl.String()),
        "collection": pl.String(),
    },
)


def step(window: Window, carried: pl.DataFrame, p: Parameters) -> pl.DataFrame:
    """Unmatched detections of the window; nothing is carried."""
    seen = unmatched(window, p.p_dark_min)
    if not len(seen):
        return nothing()
    follow = min(int(p.follow_max_s), 2 * HOUR_S) * S_US
    before = _follows(
        seen["t"].to_numpy(),
        seen["lon_deg"].to_numpy(),
        seen["lat_deg"].to_numpy(),
        seen["length_m"].cast(pl.Float64).fill_null(-1.0).to_numpy(),
        seen["semi_major_m"].cast(pl.Float64).fill_null(500.0).to_numpy(),
        follow,
        p.follow_speed_kn * KN_M_S,
    )
    earlier = seen["detection"].gather(np.maximum(before, 0))
    named = seen.with_columns(earlier.alias("follows"), found=pl.Series(before >= 0))
    new = named.with_columns(follows=pl.when("found").then("follows")).filter(pl.col("t") >= to_us(window.frm))
    return _rows(window, new, p) if len(new) else nothing()


def why(event: Mapping[str, Any]) -> str:
    """The sighting in words for the radio."""
    d = detail(event)
    size = "" if d["length_m"] is None else f", about {d['length_m']:.0f} m long"
    again = "; likely the boat seen just before" if d["follows"] else ""
    return (
        f"{d['sensor'] or 'a sensor'} saw a vessel at {place(event)}{size}, AIS-unmatched with probability"
        f" {d['p_dark']:.2f}{again}"
    )


@njit(cache=True)
def _follows(t: Any, lon: Any, lat: Any, length: Any, sd: Any, span: int, speed: float) -> Any:
    """For each sighting (ordered by time) the nearest earlier one that the same boat can have made, or -1."""
    out = np.full(t.size, -1, np.int64)
    first = 0
    for i in range(t.size):
        while t[first] < t[i] - span:
            first += 1
        best = 1e12
        for j in range(first, i):
            if t[j] == t[i]:
                break
            if (
                length[i] > 0
                and length[j] > 0
                and abs(length[i] - length[j]) > max(15.0, 0.5 * max(length[i], length[j]))
            ):
                continue
            far = distance_scalar(lon[i], lat[i], lon[j], lat[j])
            if far <= speed * (t[i] - t[j]) / 1e6 + sd[i] + sd[j] and far < best:
                best = far
                out[i] = j
    return out


def _rows(window: Window, new: pl.DataFrame, p: Parameters) -> pl.DataFrame:
    """Rows of a step for unmatched detections."""
    zones = window.get("zones")
    if zones is not None and len(zones):
        inside = holding(zones, new["lon_deg"].to_numpy(), new["lat_deg"].to_numpy())
        kind_of = zones.select(zones="zone", kind="kind")
    else:
        inside = pl.Series("zones", [[]] * len(new), dtype=pl.List(pl.String()))
        kind_of = pl.DataFrame(schema={"zones": pl.String(), "kind": pl.String()})
    rows = new.with_row_index("row").with_columns(inside.alias("zones"))
    kinds = rows.select("row", "zones").explode("zones").drop_nulls().join(kind_of, on="zones", how="left")
    kinds = kinds.group_by("row").agg(zone_kinds=pl.col("kind").drop_nulls().unique().sort())
    rows = rows.join(kinds, on="row", how="left", maintain_order="left").with_columns(
        pl.col("zone_kinds").fill_null([]),
        pl.col("length_m").cast(pl.Float64).round(1),
        *(pl.col(c).cast(pl.Float64).round(4) for c in ("p_dark", "p_none", "p_heard")),
        guarded=touches("zones", zone_keys(window, ("closed", "mpa"))),
        listed=touches("zones", zone_keys(window, ("risk",))),
        again=pl.col("follows").is_not_null(),
    )
    large = (pl.col("length_m") >= p.length_min_m).fill_null(False)
    surely = pl.col("p_dark") >= p.p_alert_min
    severity = (
        pl.when("again").then(pl.when(large | pl.col("guarded")).then(1).otherwise(0))
        .when(surely & large & pl.col("guarded")).then(3)
        .when(surely & (large | pl.col("guarded"))).then(2)
        .otherwise(1)
    )  # fmt: skip
    rows = rows.with_columns(
        state=pl.lit("closed"),
        t_start=pl.col("t_seen"),
        t_end=pl.col("t_seen"),
        t_end_floor=pl.col("t_seen"),
        participants=pl.concat_list("detection"),
        p=pl.col("p_dark"),
        severity=severity,
        marks=pl.concat_list(pl.concat_list("mark"), pl.col("marks").fill_null([]))
        .list.drop_nulls()
        .list.unique()
        .list.sort(),
        evidence=pl.concat_list(pl.concat_list("detection"), pl.col("looked").fill_null([])),
    )
    rows = rows.with_columns(
        reasons(
            reason("unmatched", "AIS-unmatched: no track explains it", pl.col("p_dark"), None, p.p_dark_min),
            reason("large", "long enough to owe AIS", pl.col("length_m"), "m", p.length_min_m, when=large),
            reason("guarded_zone", "in a closed or protected area", when=pl.col("guarded")),
            reason("listed_area", "in a listed area", weight=0.5, when=pl.col("listed")),
            reason("seen_before", "likely the boat seen just before", weight=-1.0, when=pl.col("again")),
        )
    )
    return emit(RULE, p, rows)


CASES = (
    fires(
        "a radar image shows 45 m that nobody explains",
        tables=lambda: sea.unmatched(("de-1", 130.0, -10.0, "2025-03-01T02:00:00Z", 45.0)),
    ),
    silent(
        "the matching is not sure enough",
        tables=lambda: sea.unmatched(("de-1", 130.0, -10.0, "2025-03-01T02:00:00Z", 45.0), p_dark=0.3),
    ),
    silent(
        "on a platform",
        tables=lambda: {
            **sea.unmatched(("de-1", 130.0, -10.0, "2025-03-01T02:00:00Z", 45.0)),
            "zones": sea.square("zo-platform", "infrastructure", (130.001, -10.001), 0.002),
        },
    ),
    silent(
        "on a platform at 180 degrees",
        tables=lambda: {
            **sea.unmatched(("de-1", -179.9995, -17.0, "2025-03-01T02:00:00Z", 45.0)),
            "zones": sea.square("zo-platform", "infrastructure", (180.0, -17.0), 0.002),
        },
        hazard="antimeridian",
    ),
    fires(
        "in a field of structures, by none that is known",
        tables=lambda: {
            **sea.unmatched(("de-1", 130.0, -10.0, "2025-03-01T02:00:00Z", 45.0)),
            "zones": sea.square("zo-field", "infrastructure", (130.001, -10.001), 0.1),
        },
    ),
    fires(
        "seen twice in ten minutes: two sightings, the second follows the first",
        events=2,
        tables=lambda: sea.unmatched(
            ("de-1", 130.0, -10.0, "2025-03-01T02:00:00Z", 12.0), ("de-2", 130.01, -10.0, "2025-03-01T02:10:00Z", 13.0)
        ),
    ),
    fires(
        "in a closed area across 180 degrees",
        tables=lambda: {
            **sea.unmatched(("de-1", -179.8, -17.0, "2025-03-01T02:00:00Z", 8.0)),
            "zones": sea.square("zo-closed", "closed", (180.0, -17.0)),
        },
        hazard="antimeridian",
    ),
)
