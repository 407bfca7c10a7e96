"""Would it have been heard? Reception at one instant and place, from the neighbours that transmit then and there.

A neighbour is a track of the same class of transponder, heard within six hours of the instant, whose predicted place
lies within 60 km (where fewer than twelve are, 150 km, then 400 km). Vessels that were heard on one occasion only (a
half-hour) tell how many were not heard at all: hidden = f1 (f1 - 1) / (2 (f2 + 1)) of those heard once and twice (Chao
1987, as ecologists count species never seen). A satellite that hears each class B now and then leaves many hidden ones;
a coast station none. Fewer than five neighbours: no answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numba import njit

from makara.fusion._states import Floats, Ints

RINGS_M: Final = (60_000.0, 150_000.0, 400_000.0)
ENOUGH: Final = 12
NEIGHBOURS_MIN: Final = 5
_HALF: Final = 0.5


@dataclass(frozen=True)
class Reception:
    """Reception at places.

    Attributes:
        p_heard: probability of being heard, NaN where nothing can be said.
        neighbours: how many neighbours tell.
        radius_m: how far they were looked for.
        count: how many of them are near enough to be judged by: none where nothing can be said.
        rows: these, as rows of the tracks given, place after place.
    """

    p_heard: Floats
    neighbours: Ints
    radius_m: Floats
    count: Ints
    rows: Ints


def heard(at: Floats, tracks: Floats, occasions: Ints) -> Reception:
    """Reception by place.

    Args:
        at: places asked for, metres from the earth's centre.
        tracks: predicted places of the tracks heard within reach, likewise.
        occasions: half-hours within reach in which each track was heard.
    """
    n, radius, count, rows = _around(at, tracks, np.array(RINGS_M), ENOUGH, NEIGHBOURS_MIN)
    of = np.repeat(np.arange(len(at)), count)
    once, twice = (np.bincount(of[occasions[rows] == k], minlength=len(at)) for k in (1, 2))
    hidden = once * (once - 1.0) / (2.0 * (twice + 1.0))
    p = np.where(count > 0, (count + _HALF) / (count + hidden + 2.0 * _HALF), np.nan)
    return Reception(p, n, radius, count, rows)


@njit(cache=True)
def _around(at: Any, tracks: Any, rings: Any, enough: int, least: int) -> Any:
    """For each place: tracks within the first ring that holds enough of them, that ring, and which (if enough)."""
    m = at.shape[0]
    n, count = np.zeros(m, np.int64), np.zeros(m, np.int64)
    radius = np.full(m, rings[-1])
    if tracks.shape[0] < least:
        return n, radius, count, np.zeros(0, np.int64)
    for k in range(m):
        far = _squares(at[k], tracks)
        for r in range(rings.size):
            n[k] = np.sum(far <= rings[r] * rings[r])
            if n[k] >= (least if r == rings.size - 1 else enough):
                radius[k], count[k] = rings[r], n[k]
                break
    ends = np.cumsum(count)
    rows = np.empty(count.sum(), np.int64)
    for g in np.flatnonzero(count):
        rows[ends[g] - count[g] : ends[g]] = np.flatnonzero(_squares(at[g], tracks) <= radius[g] * radius[g])
    return n, radius, count, rows


@njit(cache=True)
def _squares(one: Any, others: Any) -> Any:
    """Squared distances from one place to others."""
    out = np.empty(others.shape[0])
    for i in range(others.shape[0]):
        x, y, z = others[i, 0] - one[0], others[i, 1] - one[1], others[i, 2] - one[2]
        out[i] = x * x + y * y + z * z
    return out


def silence(gap_s: Floats, of: Ints, start: Ints, gaps: Floats) -> Floats:
    """How likely a vessel that transmits here is silent for so long: the share of neighbours that were.

    Args:
        gap_s: silences asked for, seconds.
        of: which place each belongs to.
        start: where each place's neighbours begin in ``gaps``, and where the last ones end.
        gaps: the neighbours' silences, sorted within each place.

    Returns:
        Probabilities; 1 where a place has fewer than five neighbours.
    """
    n = start[of + 1] - start[of]
    # One search for all: each place's silences lie in a band of their own.
    band = 1e7
    offset = np.repeat(np.arange(start.size - 1), np.diff(start)) * band
    below = np.searchsorted(offset + gaps, of * band + gap_s, side="left") - start[of]
    share = (n - below + _HALF) / (n + 2.0 * _HALF)
    return np.where(n >= NEIGHBOURS_MIN, share, 1.0)
