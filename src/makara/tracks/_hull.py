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
_START_SD_M: Final = 60.0
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
def _miss_nmi(dx: float, dy: float, sog1: float, cog1: float, sog2: float, cog2: float, hours: float) -> float:
    """Mean of forward and backward misses of dead reckoning over damped hours, nautical miles (pipe-segment)."""
    h = hours / (1.0 + math.sqrt(hours / _DAMPING_H))
    a, b = cog1 * math.pi / 180.0, cog2 * math.pi / 180.0
    forward = math.hypot(dx - sog1 * h * math.sin(a), dy - sog1 * h * math.cos(a))
    backward = math.hypot(dx - sog2 * h * math.sin(b), dy - sog2 * h * math.cos(b))
    return 0.5 * (forward + backward)


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

    A bivariate t of two degrees of freedom around the better of "it kept its course and speed" and "it stayed", with
    the spread of :mod:`makara.base.motion` after ``dt_s`` seconds.
    """
    away = distance_scalar(lon1, lat1, lon2, lat2)
    if away > reach_m(dt_s, sog1, sog2):
        return -math.inf
    miss = away
    if not (math.isnan(sog1) or math.isnan(cog1) or math.isnan(sog2) or math.isnan(cog2)):
        dx = wrap_scalar(lon2 - lon1) * 60.0 * math.cos(0.5 * (lat1 + lat2) * math.pi / 180.0)
        dy = (lat2 - lat1) * 60.0
        miss = min(away, _miss_nmi(dx, dy, sog1, cog1, sog2, cog2, dt_s / 3600.0) * NMI_M)
    t = dt_s / REVERSION_S
    reach = SPREAD_KN * KN_M_S * REVERSION_S
    var = reach * reach * (2.0 * t - 3.0 + 4.0 * math.exp(-t) - math.exp(-2.0 * t))
    var = max(var, 0.0) + _START_SD_M * _START_SD_M
    return -math.log(var) - (1.0 + 0.5 * _FREEDOM) * math.log1p(miss * miss / (_FREEDOM * var))
