"""Can one hull be here now and there then, and how likely is it? Compiled, for sequential passes."""

from __future__ import annotations

import math
from typing import Final

from numba import njit

from makara.base.geo import distance_scalar, wrap_scalar
from makara.base.motion import REVERSION_S, SPREAD_KN
from makara.base.units import KN_M_S, NMI_M

GAP_MAX_S: Final = 24.0 * 3600.0
"""A track that is silent for longer is not continued (pipe-segment: 24 h)."""
SPEED_MAX_KN: Final = 30.0
"""Fastest implied speed between two reports of one hull, unless it reports more itself (gpsdio-segment)."""
NOISE_M: Final = 200.0
"""Allowance for the noise of both positions (a long-range report rounds to 0.1 minutes)."""
CLOCK_S: Final = 30.0
"""Allowance for stations' clocks that differ."""
_REPORTED_SHARE: Final = 1.25
_REPORTED_MAX_KN: Final = 80.0
_SLACK_KN: Final = 15.0
_SLACK_KN_HOUR: Final = 10.0
_PLANE_DEG: Final = 75.0
_DEGREE_MAX_M: Final = 111_700.0
_START_SD_M: Final = 8.0
_COARSE_SD_M: Final = 80.0
_FIX_M: Final = 15.0
_STRANGE: Final = 8.0
_STRANGE_KN: Final = 5.0
_SPEED_SD_KN: Final = 0.2
_ANY_SPEED_KN: Final = 20.0
_NORM: Final = 1.04
_WAY_KN: Final = 1.0
_HOLD_WAY: Final = 0.15
_KEEP_WAY: Final = 0.75
_HOLD_REST: Final = 0.3
_KEEP_REST: Final = 0.3
_COURSE_SD_DEG: Final = 3.0
_COURSE_FREE_DEG: Final = 60.0
_COURSE_S: Final = 900.0
_SLOT_S: Final = 1.9
_SOON: Final = -6.0
_FREEDOM: Final = 2.0
_DAMPING_H: Final = 4.0


@njit(cache=True)
def reach_m(dt_s: float, sog1: float, sog2: float) -> float:
    """How far apart two reports of one hull can be after so many seconds, metres, from the speeds that both state.

    Two ships that share an MMSI and both state no speed are not one that dashed between them: the fastest mean speed
    starts 15 kn above the faster stated speed and grows by 10 kn an hour up to 30 kn. Unknown speeds (NaN) allow 30 kn.
    """
    stated = 0.0
    if not math.isnan(sog1):
        stated = sog1
    if not math.isnan(sog2) and sog2 > stated:
        stated = sog2
    limit = max(SPEED_MAX_KN, min(_REPORTED_SHARE * stated, _REPORTED_MAX_KN))
    if math.isnan(sog1) or math.isnan(sog2):
        stated = max(stated, SPEED_MAX_KN)
    else:
        limit = min(limit, stated + _SLACK_KN + _SLACK_KN_HOUR * dt_s / 3600.0)
    return NOISE_M + (limit * dt_s + stated * CLOCK_S) * KN_M_S


@njit(cache=True)
def within(lon1: float, lat1: float, lon2: float, lat2: float, limit_m: float) -> bool:
    """Whether two places lie no further apart; the geodesic is computed only where a plane does not tell."""
    if abs(lat1) < _PLANE_DEG and abs(lat2) < _PLANE_DEG:
        east = wrap_scalar(lon2 - lon1) * math.cos(0.5 * (lat1 + lat2) * math.pi / 180.0)
        north = lat2 - lat1
        if (east * east + north * north) * _DEGREE_MAX_M * _DEGREE_MAX_M <= limit_m * limit_m:
            return True
    return distance_scalar(lon1, lat1, lon2, lat2) <= limit_m


@njit(cache=True)
def _miss_nmi(dx: float, dy: float, sog1: float, cog1: float, sog2: float, cog2: float, hours: float) -> float:
    """Mean of forward and backward misses of dead reckoning over damped hours, nautical miles (pipe-segment)."""
    h = hours / (1.0 + math.sqrt(hours / _DAMPING_H))
    a, b = cog1 * math.pi / 180.0, cog2 * math.pi / 180.0
    forward = math.hypot(dx - sog1 * h * math.sin(a), dy - sog1 * h * math.cos(a))
    backward = math.hypot(dx - sog2 * h * math.sin(b), dy - sog2 * h * math.cos(b))
    return 0.5 * (forward + backward)


@njit(cache=True)
def _coarse(lon: float, lat: float) -> bool:
    """Whether a position is one of a long-range report, which rounds to 0.1 minutes."""
    x, y = lon * 600.0, lat * 600.0
    return abs(x - round(x)) < 1e-4 and abs(y - round(y)) < 1e-4


@njit(cache=True)
def _heavy(miss2: float, var: float, axes: float) -> float:
    """Log density of a t distribution of two degrees of freedom on so many axes, up to a constant."""
    return -0.5 * axes * math.log(var) - 0.5 * (_FREEDOM + axes) * math.log1p(miss2 / (_FREEDOM * var))


@njit(cache=True)
def _place(miss: float, dt_s: float, start_sd_m: float) -> float:
    t = dt_s / REVERSION_S
    reach = SPREAD_KN * KN_M_S * REVERSION_S
    var = reach * reach * (2.0 * t - 3.0 + 4.0 * math.exp(-t) - math.exp(-2.0 * t))
    return _heavy(miss * miss, max(var, 0.0) + start_sd_m * start_sd_m, 2.0)


@njit(cache=True)
def _speed(sog1: float, sog2: float, dt_s: float) -> float:
    if math.isnan(sog1) or math.isnan(sog2):
        return -math.log(_ANY_SPEED_KN)
    var = SPREAD_KN * SPREAD_KN * (1.0 - math.exp(-2.0 * dt_s / REVERSION_S)) + _SPEED_SD_KN * _SPEED_SD_KN
    return _heavy((sog2 - sog1) ** 2, var, 1.0) - _NORM


@njit(cache=True)
def _course(sog1: float, cog1: float, sog2: float, cog2: float, dt_s: float) -> float:
    """A mixture: the receiver holds the last course, or it keeps near it, or it says anything."""
    if math.isnan(cog1) or math.isnan(cog2):
        return -math.log(360.0)
    turn = abs((cog2 - cog1 + 180.0) % 360.0 - 180.0)
    way = min(sog1, sog2) >= _WAY_KN
    hold, keep = (_HOLD_WAY, _KEEP_WAY) if way else (_HOLD_REST, _KEEP_REST)
    sd = math.hypot(_COURSE_SD_DEG, _COURSE_FREE_DEG * (1.0 - math.exp(-dt_s / _COURSE_S)))
    p = keep * math.exp(_heavy(turn * turn, sd * sd, 1.0) - _NORM) + (1.0 - hold - keep) / 360.0
    if turn < 0.05:
        p += hold / 0.1
    return math.log(p)


@njit(cache=True)
def fit(
    dt_s: float,
    lon1: float,
    lat1: float,
    sog1: float,
    cog1: float,
    lon2: float,
    lat2: float,
    sog2: float,
    cog2: float,
) -> float:
    """Log density (up to a constant) that the second report continues the first; -inf where no hull could.

    The product of three: a bivariate t of two degrees of freedom around the better of "it kept its course and speed"
    and "it stayed", with the spread of :mod:`makara.base.motion` after ``dt_s`` seconds; the same in speed; and a
    mixture in course. A transponder sends no sooner than two seconds after it sent.
    """
    away = distance_scalar(lon1, lat1, lon2, lat2)
    if away > reach_m(dt_s, sog1, sog2):
        return -math.inf
    miss = away
    if not (math.isnan(sog1) or math.isnan(cog1) or math.isnan(sog2) or math.isnan(cog2)):
        dx = wrap_scalar(lon2 - lon1) * 60.0 * math.cos(0.5 * (lat1 + lat2) * math.pi / 180.0)
        dy = (lat2 - lat1) * 60.0
        miss = min(away, _miss_nmi(dx, dy, sog1, cog1, sog2, cog2, dt_s / 3600.0) * NMI_M)
    soon = _SOON if dt_s < _SLOT_S else 0.0
    start_sd_m = _COARSE_SD_M if _coarse(lon1, lat1) or _coarse(lon2, lat2) else _START_SD_M
    return _place(miss, dt_s, start_sd_m) + _speed(sog1, sog2, dt_s) + _course(sog1, cog1, sog2, cog2, dt_s) + soon


@njit(cache=True)
def strange(
    dt_s: float,
    lon1: float,
    lat1: float,
    sog1: float,
    cog1: float,
    lon2: float,
    lat2: float,
    sog2: float,
    cog2: float,
) -> bool:
    """Whether a report in reach of a hull is one that the hull could hardly have sent.

    It came sooner than a transponder sends again, or from further away than the stated speeds, clocks and good fixes
    explain; and it fits far worse than that of a hull which keeps its course and speed.
    """
    stated = max(0.0 if math.isnan(sog1) else sog1, 0.0 if math.isnan(sog2) else sog2)
    noise = NOISE_M if _coarse(lon1, lat1) or _coarse(lon2, lat2) else _FIX_M
    explained = noise + ((stated + _STRANGE_KN) * dt_s + stated * CLOCK_S) * KN_M_S
    if dt_s >= _SLOT_S and within(lon1, lat1, lon2, lat2, explained):
        return False
    steady = _place(0.0, dt_s, _START_SD_M) + _speed(0.0, 0.0, dt_s) + _course(0.0, 0.0, 0.0, 0.05, dt_s)
    return fit(dt_s, lon1, lat1, sog1, cog1, lon2, lat2, sog2, cog2) < steady - _STRANGE
