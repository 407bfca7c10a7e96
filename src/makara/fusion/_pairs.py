"""Which tracks could have made which detections, and how much better than an unexplained detection each explains it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl
from numba import njit
from scipy.special import gammaln

from makara.base.geo import cartesian, distance_m, local_m
from makara.base.units import KN_M_S
from makara.fusion._frames import floats
from makara.fusion._looks import Looks
from makara.fusion._neighbours import Reception, heard, silence
from makara.fusion._states import REACH_S, Floats, Ints, Tracks

LLR_MIN: Final = -4.0
"""Pairs that explain a detection worse than this against "unexplained" are left out."""
RANGE_OVER_SPEED_S: Final = 113.0
"""Slant range over platform speed of a radar satellite in low orbit: how long it images a moving ship displaced."""
INCIDENCE_DEG: Final = 35.0
_GATE_SPREADS: Final = 10.0
_GATE_MAX_M: Final = 60_000.0
_DRIFT_M_S: Final = 12.0
_SPEED_SLACK: Final = 1.2
_SLACK_M: Final = 500.0
_FREEDOM_MAX: Final = 50.0
_CLASS_B_M: Final = 35.0
_CLASS_B_WIDTH_M: Final = 8.0
_LENGTH_LLR: Final = (-8.0, 3.0)


@dataclass(frozen=True)
class Near:
    """What lies around the detections.

    Attributes:
        track, detection: candidate pairs, as rows of tracks and looks.
        p_heard, neighbours, radius_m: reception at each detection.
        rows: (detection, row of points) pairs that reception was judged by, sorted by detection, then silence.
        gaps: the neighbours' silences of these pairs, seconds.
        class_b: which of these neighbours are of class B.
    """

    track: Ints
    detection: Ints
    p_heard: Floats
    neighbours: Ints
    radius_m: Floats
    rows: tuple[Ints, Ints]
    gaps: Floats
    class_b: Any


def near(looks: Looks, tracks: Tracks) -> Near:
    """Candidate pairs within a wide gate, and reception, sweep by sweep."""
    m = looks.t_us.size
    p, n, radius = np.full(m, np.nan), np.zeros(m, np.int64), np.full(m, np.nan)
    none = np.zeros(0, np.int64)
    i_all, j_all, told = [none], [none], [(none, none, np.zeros(0), np.zeros(0, bool))]
    first, last = tracks.t_us[tracks.start[:-1]], tracks.t_us[tracks.start[1:] - 1]
    reach = int(REACH_S * 1e6)
    small = _class_b(looks)
    order = np.argsort(looks.group, kind="stable")
    for at in np.split(order, np.flatnonzero(np.diff(looks.group[order])) + 1) if m else []:
        t0, t1 = int(looks.t_us[at].min()), int(looks.t_us[at].max())
        active = np.flatnonzero((first - reach <= t1) & (last + reach >= t0))
        mid = (t0 + t1) // 2
        state, before, after = tracks.at(active, np.full(active.size, mid))
        seen = np.flatnonzero(np.isfinite(state[:, 0]))
        active, state, before, after = active[seen], state[seen], before[seen], after[seen]
        places = cartesian(state[:, 0], state[:, 1])
        ship, b = tracks.vessel[active], tracks.class_b[active]
        occasions, closest = tracks.occasions(active, mid), _closest(tracks, before, after, mid)
        both = []
        for rows in (np.flatnonzero(ship & ~b), np.flatnonzero(ship & b)):
            r = heard(looks.xyz[at], places[rows], occasions[rows])
            who = rows[r.rows]
            told.append((np.repeat(at, r.count), closest[who], state[who, 6], b[who]))
            both.append(r)
        p[at], n[at], radius[at] = _mixed(both[0], both[1], small[at])
        ellipse = np.sqrt((looks.xx + looks.yy)[at].max())
        gate = np.minimum(_GATE_SPREADS * state[:, 4], _GATE_MAX_M) + 4.0 * ellipse + _GATE_SPREADS * 60.0
        gate += (t1 - t0) * 0.5e-6 * (np.hypot(state[:, 2], state[:, 3]) + _DRIFT_M_S) + _SLACK_M
        which, found = _within(places, gate, looks.xyz[at])
        i_all.append(active[which])
        j_all.append(at[found])
    i, j = np.concatenate(i_all), np.concatenate(j_all)
    order = np.lexsort((i, j))
    place, row, gaps, is_b = (np.concatenate(x) for x in zip(*told, strict=True))
    by = np.lexsort((row, gaps, place))
    return Near(i[order], j[order], p, n, radius, (place[by], row[by]), gaps[by], is_b[by])


@njit(cache=True)
def _within(places: Any, gate: Any, others: Any) -> Any:
    """Pairs of places and of others that lie within each place's gate."""
    near = np.zeros((places.shape[0], others.shape[0]), np.bool_)
    for i in range(places.shape[0]):
        for j in range(others.shape[0]):
            x, y, z = others[j, 0] - places[i, 0], others[j, 1] - places[i, 1], others[j, 2] - places[i, 2]
            near[i, j] = x * x + y * y + z * z <= gate[i] * gate[i]
    return np.nonzero(near)


def _class_b(looks: Looks) -> Floats:
    """Probability that a vessel detected would bear a class B transponder: small ones mostly do."""
    length = floats(looks.frame, "length_m")
    with np.errstate(over="ignore"):
        share = 1.0 / (1.0 + np.exp((length - _CLASS_B_M) / _CLASS_B_WIDTH_M))
    return np.where(np.isfinite(length), share, 0.5)


def _mixed(a: Reception, b: Reception, small: Floats) -> tuple[Floats, Ints, Floats]:
    """Reception of a vessel of unknown class; where one class says nothing, the other speaks for both."""
    p = small * b.p_heard + (1.0 - small) * a.p_heard
    p = np.where(np.isnan(p), np.where(np.isnan(a.p_heard), b.p_heard, a.p_heard), p)
    n = np.where(np.isnan(a.p_heard), 0, a.neighbours) + np.where(np.isnan(b.p_heard), 0, b.neighbours)
    radius = np.fmax(
        np.where(np.isnan(a.p_heard), np.nan, a.radius_m), np.where(np.isnan(b.p_heard), np.nan, b.radius_m)
    )
    return p, n, radius


def _closest(tracks: Tracks, before: Ints, after: Ints, t_us: Any) -> Ints:
    """The row, of the one before and the one after, that is closer in time."""
    far = np.iinfo(np.int64).max // 4
    gap_b = np.where(before >= 0, t_us - tracks.t_us[before], far)
    gap_a = np.where(after >= 0, tracks.t_us[after] - t_us, far)
    return np.where(gap_b <= gap_a, before, after)


@dataclass(frozen=True)
class Pairs:
    """Candidate pairs with their evidence.

    Attributes:
        track, detection: rows of tracks and looks, sorted by detection, then track.
        llr: log of the density of this detection if the track made it, with length and chance of being found, before
            the density of unexplained detections is taken away.
        away_m: distance of the detection from the predicted place.
        spread_m: spread of the prediction.
        gap_s: seconds to the track's nearest report.
        before, after: rows of the reports used, -1 for none.
    """

    track: Ints
    detection: Ints
    llr: Floats
    away_m: Floats
    spread_m: Floats
    gap_s: Floats
    before: Ints
    after: Ints

    def take(self, kept: Any) -> Pairs:
        """Some of the pairs."""
        return Pairs(*(getattr(self, f)[kept] for f in self.__dataclass_fields__))


def weigh(looks: Looks, tracks: Tracks, around: Near) -> Pairs:
    """Evidence of candidate pairs; those that no speed allows are left out."""
    i, j = around.track, around.detection
    state, before, after = tracks.at(i, looks.t_us[j])
    ok = np.isfinite(state[:, 0])
    i, j, state, before, after = i[ok], j[ok], state[ok], before[ok], after[ok]
    gap = state[:, 6]
    rows = _closest(tracks, before, after, looks.t_us[j])
    sd = np.sqrt(looks.xx[j] + looks.yy[j])
    way = distance_m(tracks.lon[rows], tracks.lat[rows], looks.lon[j], looks.lat[j])
    ok = way <= _SPEED_SLACK * tracks.speed_max_kn[i] * KN_M_S * gap + 3.0 * sd + 2.0 * _SLACK_M
    i, j, state, before, after, gap = i[ok], j[ok], state[ok], before[ok], after[ok], gap[ok]
    east, north = local_m(state[:, 0], state[:, 1], looks.lon[j], looks.lat[j])
    density = _density(looks, j, state, east, north)
    length = tracks.length_m[i]
    chance = _found(looks, j, length)
    llr = density + np.log(chance / (1.0 - 0.999 * chance)) + _lengths(looks, j, length) + _vessel(looks, j)
    for b in (False, True):
        mine, theirs = tracks.class_b[i] == b, around.class_b == b
        start = np.searchsorted(around.rows[0][theirs], np.arange(looks.t_us.size + 1))
        llr[mine] += np.log(silence(gap[mine], j[mine], start, around.gaps[theirs]))
    return Pairs(i, j, llr, np.hypot(east, north), state[:, 4], gap, before, after)


def _density(looks: Looks, j: Ints, state: Floats, east: Floats, north: Floats) -> Floats:
    """Log density of detections around predictions: a bivariate t, where SAR shows movers displaced along its way."""
    spread, freedom = state[:, 4], state[:, 5]
    xx, yy, xy = looks.xx[j] + spread**2, looks.yy[j] + spread**2, looks.xy[j]
    share = 2.0 * spread**2 / (xx + yy)
    freedom = np.minimum(freedom / np.maximum(share, 1e-6), _FREEDOM_MAX)
    se, sn, both, extra = _displacement(looks, j, state)
    ue, un = _unit(se, sn)
    xx, yy, xy = xx + extra * ue * ue, yy + extra * un * un, xy + extra * ue * un
    blur = _blur(looks, j, state)
    xx, yy = xx + blur, yy + blur
    one = _student(east - se, north - sn, xx, yy, xy, freedom)
    other = _student(east + se, north + sn, xx, yy, xy, freedom)
    return np.where(both, np.logaddexp(one, other) - np.log(2.0), one)


def _unit(e: Floats, n: Floats) -> tuple[Floats, Floats]:
    size = np.maximum(np.hypot(e, n), 1e-9)
    return e / size, n / size


def _student(e: Floats, n: Floats, xx: Floats, yy: Floats, xy: Floats, nu: Floats) -> Floats:
    det = xx * yy - xy * xy
    d2 = (yy * e * e - 2.0 * xy * e * n + xx * n * n) / det
    out: Floats = (
        gammaln(1.0 + nu / 2.0)
        - gammaln(nu / 2.0)
        - np.log(nu * np.pi)
        - 0.5 * np.log(det)
        - (1.0 + nu / 2.0) * np.log1p(d2 / nu)
    )
    return out


def _displacement(looks: Looks, j: Ints, state: Floats) -> tuple[Floats, Floats, Any, Floats]:
    """Where SAR shows a mover: offset east and north, whether its sign is unknown, and variance to add along it.

    Minus (slant range / platform speed) x (ground speed away from the radar) x sin(incidence), along the platform's
    heading. Without a heading the ellipse's long axis stands for it; without the look side both signs are possible.
    """
    d = looks.frame
    sar = (d["sensor"].cast(pl.String) == "sar").to_numpy()[j]
    heading, axis = floats(d, "heading_deg_look")[j], floats(d, "orientation_deg")[j]
    side = d["look_look"].cast(pl.String).replace_strict({"right": 1.0, "left": -1.0}, default=0.0)
    side_of = side.cast(pl.Float64).fill_null(0.0).to_numpy()[j]
    sure = np.isfinite(heading) & (side_of != 0.0)
    h = np.radians(np.where(np.isfinite(heading), heading, np.nan_to_num(axis)))
    usable = sar & (np.isfinite(heading) | np.isfinite(axis))
    incidence = np.radians(np.nan_to_num(floats(d, "incidence_deg_look")[j], nan=INCIDENCE_DEG))
    gain = RANGE_OVER_SPEED_S * np.sin(incidence)
    away = np.where(sure, side_of, 1.0) * (state[:, 2] * np.cos(h) - state[:, 3] * np.sin(h))
    shift = np.where(usable, -gain * away, 0.0)
    speed_sd = np.minimum(0.8 * state[:, 4] / np.maximum(state[:, 6], 20.0), 1.5)
    extra = np.where(usable, (0.15 * shift) ** 2 + (gain * speed_sd) ** 2 * (np.abs(shift) > 1.0), 0.0)
    return shift * np.sin(h), shift * np.cos(h), usable & ~sure, extra


def _blur(looks: Looks, j: Ints, state: Floats) -> Floats:
    """Variance on each axis for the displacement of a mover in SAR whose direction nothing tells."""
    d = looks.frame
    sar = (d["sensor"].cast(pl.String) == "sar").to_numpy()[j]
    blind = sar & np.isnan(floats(d, "heading_deg_look")[j]) & np.isnan(floats(d, "orientation_deg")[j])
    incidence = np.radians(np.nan_to_num(floats(d, "incidence_deg_look")[j], nan=INCIDENCE_DEG))
    gain = RANGE_OVER_SPEED_S * np.sin(incidence)
    return np.where(blind, 0.25 * gain**2 * (state[:, 2] ** 2 + state[:, 3] ** 2), 0.0)


def _found(looks: Looks, j: Ints, length: Floats) -> Floats:
    """Probability that the look finds a vessel of this length."""
    half = looks.length50_m[j]
    with np.errstate(over="ignore"):
        curve = 0.97 / (1.0 + np.exp(-(length - half) / np.maximum(0.3 * half, 1.0)))
    return np.clip(np.where(np.isfinite(curve), curve, looks.found[j]), 0.02, 0.97)


def _vessel(looks: Looks, j: Ints) -> Floats:
    """How much better its look fits a vessel than what is unexplained, half of which are false alarms."""
    p = np.clip(floats(looks.frame, "p_vessel")[j], 0.01, 0.99)
    return np.where(np.isfinite(p), -np.log(0.5 + 0.5 * (1.0 - p) / p), 0.0)


def _lengths(looks: Looks, j: Ints, length: Floats) -> Floats:
    """How much better the measured length fits the vessel's than it fits detections at large (log-normal)."""
    seen = floats(looks.frame, "length_m")[j]
    known = np.isfinite(seen) & np.isfinite(length) & (seen > 0.0)
    a, b = np.where(known, seen, 1.0), np.where(known, length, 1.0)
    sd = np.hypot(12.0 + 0.12 * b, np.nan_to_num(floats(looks.frame, "length_sd_m")[j]))
    fits = -0.5 * ((a - b) / sd) ** 2 - np.log(sd)
    at_large = -0.5 * ((np.log(a) - 4.4) / 0.7) ** 2 - np.log(0.7 * a)
    return np.where(known, np.clip(fits - at_large, *_LENGTH_LLR), 0.0)
