"""What a vessel does at each position: the probability that it fishes, and with what gear (docs/models/fishing.md)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from makara.behaviours._chains import heads
from makara.behaviours._kinematics import FEATURES, slots
from makara.behaviours._rule import Window
from makara.behaviours._trees import Trees, trees_from
from makara.data import read

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
GEARS: Final = ("trawl", "longline", "purse_seine", "squid_jigger", "fixed_gear")


@cache
def model() -> Trees:
    """The classifier that ships with makara: classes ``none`` and the gears, columns of ``_kinematics.FEATURES``."""
    found = trees_from(read("fishing.npz"), "fishing.npz")
    assert found.features == FEATURES
    assert found.classes == ("none", *GEARS)
    return found


@dataclass(frozen=True)
class Activity:
    """Positions of fishing vessels and of those of unknown class, in the order of the window's.

    Attributes:
        row: their rows in the window's points.
        track: their tracks; ``t`` in microseconds; ``lon`` and ``lat`` in degrees.
        start: when the track began (microseconds).
        slot: row in ``said``; -1 where it was not asked for, or is not settled yet.
        said: probabilities, columns ``none`` and the gears; NaN where the track does not tell.
        strange: for each row of ``said``: the vessel's class is not known.
    """

    row: Ints
    track: Ints
    t: Ints
    lon: Floats
    lat: Floats
    start: Ints
    slot: Ints
    said: Floats
    strange: NDArray[np.bool_]


def activity(window: Window, frm: int) -> Activity:
    """What vessels that may fish did at their positions from ``frm`` (microseconds) on."""
    points = window.track_points
    mover, track = points["mover"].to_numpy(), points["track"].to_numpy()
    head = heads(mover)
    kind = window.class_of(points["mover"][head])
    fishes, strange = kind.str.starts_with("fishing").to_numpy(), (kind == "unknown").to_numpy()
    count = np.diff(np.append(head, mover.size))
    asked = fishes | strange
    row = np.arange(mover.size) if asked.all() else np.flatnonzero(np.repeat(asked, count))
    some = points.select("t_seen", "lon_deg", "lat_deg", "sog_kn", "shore_m")
    if row.size < mover.size:
        some, track = some[row], track[row]
    t = some["t_seen"].to_physical().to_numpy()
    lon, lat = some["lon_deg"].to_numpy(), some["lat_deg"].to_numpy()
    sog, shore = some["sog_kn"].to_numpy(), some["shore_m"].to_numpy()
    start = _starts(window, track, t)
    found = slots(track, t, lon, lat, sog, shore, start, frm, window.to_us)
    said = np.zeros((len(found.first), 1 + len(GEARS)))
    said[:, 0] = 1.0
    judged = ~found.plain
    said[judged] = model().p(found.features[judged])
    said[np.isnan(found.features[:, FEATURES.index("mean_2h_kn")])] = np.nan
    return Activity(row, track, t, lon, lat, start, found.of, said, np.repeat(strange, count)[row[found.first]])


def _starts(window: Window, track: Ints, t: Ints) -> Ints:
    """When the track of each position began; without a table of tracks, its first position seen."""
    head = heads(track)
    first = pl.DataFrame({"track": track[head], "seen": t[head]})
    tracks = window.get("tracks")
    if tracks is not None:
        known = tracks.select("track", pl.col("t_start").to_physical()).unique("track", keep="last")
        first = first.join(known, on="track", how="left", maintain_order="left")
        first = first.with_columns(seen=pl.coalesce("t_start", "seen"))
    return np.repeat(first["seen"].to_numpy(), np.diff(np.append(head, track.size)))


__all__ = ["GEARS", "Activity", "activity", "model"]
