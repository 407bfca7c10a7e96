"""Would it have been heard? Reception here and now, from the neighbours that transmit (thin first version).

A neighbour is a track of the same class of transponder, heard within six hours of the instant, whose predicted place
lies within 60 km (where fewer than twelve are, 150 km, then 400 km). Vessels that were heard on one occasion only (a
half-hour) tell how many were not heard at all: hidden = f1 (f1 - 1) / (2 (f2 + 1)) of those heard once and twice (Chao
1987, as ecologists count species never seen). A satellite that hears each class B now and then leaves many hidden ones;
a coast station none. Fewer than five neighbours: no answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.spatial import cKDTree

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
        rows: each place's neighbours, as rows of the tracks given.
    """

    p_heard: Floats
    neighbours: Ints
    radius_m: Floats
    rows: list[Ints]


def heard(at: Floats, tracks: Floats, occasions: Ints) -> Reception:
    """Reception by place.

    Args:
        at: places asked for, metres from the earth's centre.
        tracks: predicted places of the tracks heard within reach, likewise.
        occasions: half-hours within reach in which each track was heard.
    """
    m = len(at)
    p, n, radius = np.full(m, np.nan), np.zeros(m, np.int64), np.full(m, RINGS_M[-1])
    who: list[Ints] = [np.zeros(0, np.int64)] * m
    if len(tracks) < NEIGHBOURS_MIN or not m:
        return Reception(p, n, radius, who)
    tree = cKDTree(tracks)
    left = np.arange(m)
    for ring in RINGS_M:
        count = tree.query_ball_point(at[left], ring, return_length=True)
        n[left] = count
        least = NEIGHBOURS_MIN if ring == RINGS_M[-1] else ENOUGH
        told = left[count >= least]
        radius[told] = ring
        for k, rows in zip(told, tree.query_ball_point(at[told], ring, return_sorted=True), strict=True):
            who[k] = np.asarray(rows, np.int64)
            once, twice = np.sum(occasions[who[k]] == 1), np.sum(occasions[who[k]] == 2)
            hidden = once * (once - 1.0) / (2.0 * (twice + 1.0))
            p[k] = (who[k].size + _HALF) / (who[k].size + hidden + 2.0 * _HALF)
        left = left[count < least]
        if not left.size:
            break
    return Reception(p, n, radius, who)


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
