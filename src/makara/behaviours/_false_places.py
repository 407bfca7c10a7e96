"""Places that cannot be true: excursions of a mover that no hull makes, perfect circles, frozen reports.

Each is a pure function of the rows a few hours back, so that it does not depend on where a window begins.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit

from makara.base.geo import A_M, distance_scalar, wrap_scalar

SAMPLES: Final = 32
"""Reports of a stretch that a circle is fitted through, at most."""
_M_DEG: Final = A_M * np.pi / 180.0


@njit(cache=True)
def excursions(
    mover: Any, chain: Any, t: Any, lon: Any, lat: Any, chains: int, speed: float, far: float,
    away_max: int, away_min: int, points_min: int, settle: int,
) -> Any:  # fmt: skip
    """Stretches of a mover away from a chain that goes on afterwards, entered and left faster than any hull.

    Rows are ordered by mover and time; ``chain`` is a number below ``chains``. A stretch whose chains are heard in the
    ``settle`` before it belongs to another ship with the same number, and so does one that repeats where the mover was.

    Returns:
        Rows before, first, last and after; the time from which it is known to be another ship (or int64's largest); the
        lesser speed of both jumps, m/s; the greater distance, m.
    """
    before = []
    after = []
    again = []
    pace = []
    way = []
    last = np.full(chains, -1, np.int64)
    never = np.iinfo(np.int64).max
    for i in range(t.size):
        c = chain[i]
        a = last[c]
        last[c] = i
        if a < 0 or a == i - 1 or mover[a] != mover[i]:
            continue
        if t[i] - t[a] > away_max or i - a - 1 < points_min or t[i - 1] - t[a + 1] < away_min:
            continue
        out = distance_scalar(lon[a], lat[a], lon[a + 1], lat[a + 1])
        home = distance_scalar(lon[i - 1], lat[i - 1], lon[i], lat[i])
        fast = min(out * 1e6 / max(t[a + 1] - t[a], 1), home * 1e6 / max(t[i] - t[i - 1], 1))
        if out < far or home < far or fast <= speed:
            continue
        own = True
        j = a
        while own and j >= 0 and mover[j] == mover[i] and t[j] >= t[a] - settle:
            if chain[j] != c:
                for k in range(a + 1, i):
                    own = own and chain[k] != chain[j]
            elif distance_scalar(lon[j], lat[j], lon[a + 1], lat[a + 1]) < far / 4.0:
                own = False
            j -= 1
        if not own:
            continue
        heard = never
        j = i + 1
        while heard == never and j < t.size and mover[j] == mover[i] and t[j] < t[i] + settle:
            for k in range(a + 1, i):
                if chain[k] == chain[j]:
                    heard = t[j]
            j += 1
        before.append(a)
        after.append(i)
        again.append(heard)
        pace.append(fast)
        way.append(max(out, home))
    return (
        np.array(before, np.int64), np.array(after, np.int64), np.array(again, np.int64),
        np.array(pace, np.float64), np.array(way, np.float64),
    )  # fmt: skip


@njit(cache=True)
def jumps(mover: Any, chain: Any, t: Any, lon: Any, lat: Any, speed: float, far: float, span: int) -> Any:
    """Rows at which a mover is heard on another chain than just before, farther off than any hull goes."""
    rows = []
    for i in range(1, t.size):
        if mover[i] != mover[i - 1] or chain[i] == chain[i - 1] or t[i] - t[i - 1] > span:
            continue
        out = distance_scalar(lon[i - 1], lat[i - 1], lon[i], lat[i])
        if out >= far and out * 1e6 / max(t[i] - t[i - 1], 1) > speed:
            rows.append(i)
    return np.array(rows, np.int64)


@njit(cache=True)
def alike(
    mover: Any, t: Any, x0: Any, y0: Any, x1: Any, y1: Any, asked: Any, span: int, source: float, goal: float
) -> Any:
    """For asked jumps, how many other movers jump alike; and the row of the first such jump if it is earlier, or -1.

    Jumps are ordered by time and mover. Alike: within ``span``, from within ``source`` metres to within ``goal``.
    """
    count = np.zeros(asked.size, np.int64)
    first = np.full(asked.size, -1, np.int64)
    for k in range(asked.size):
        a = asked[k]
        low = np.searchsorted(t, t[a] - span)
        seen = np.empty(0, np.int64)
        for b in range(low, t.size):
            if t[b] > t[a] + span:
                break
            if mover[b] == mover[a] or np.any(seen == mover[b]):
                continue
            if distance_scalar(x1[a], y1[a], x1[b], y1[b]) > goal:
                continue
            if distance_scalar(x0[a], y0[a], x0[b], y0[b]) > source:
                continue
            seen = np.append(seen, mover[b])
            count[k] += 1
            if first[k] < 0 and b < a:
                first[k] = b
    return count, first


@njit(cache=True)
def circles(
    track: Any, t: Any, lon: Any, lat: Any, sog: Any, since: int, span: int, least: int, points_min: int,
    slow: float, r_min: float, r_max: float, share: float, gap_max: float,
) -> Any:  # fmt: skip
    """Rows from ``since`` on up to which the reports of the last ``span`` lie on one circle, all around it.

    The circle is fitted algebraically (Kasa 1976) through at most :data:`SAMPLES` reports.

    Returns:
        Rows, the first row of each stretch, radius in mm.
    """
    rows = []
    starts = []
    radius = []
    low = 0
    x = np.empty(SAMPLES + 1)
    y = np.empty(SAMPLES + 1)
    for i in range(t.size):
        if i > 0 and track[i] != track[i - 1]:
            low = i
        while t[low] < t[i] - span:
            low += 1
        n = i - low + 1
        if t[i] < since or n < points_min or t[i] - t[low] < least or sog[i] < slow:
            continue
        kx = np.cos(lat[i] * np.pi / 180.0) * _M_DEG
        wide = abs(wrap_scalar(lon[low] - lon[i])) * kx
        if wide > 2.0 * r_max or abs(lat[low] - lat[i]) * _M_DEG > 2.0 * r_max:
            continue
        step = (n + SAMPLES - 1) // SAMPLES
        m = 0
        for j in range(i, low - 1, -step):
            x[m] = wrap_scalar(lon[j] - lon[i]) * kx
            y[m] = (lat[j] - lat[i]) * _M_DEG
            m += 1
        if m < points_min:
            continue
        r = _fit(x, y, m, r_min, r_max, share, gap_max)
        if r > 0.0:
            rows.append(i)
            starts.append(low)
            radius.append(round(r * 1000.0))
    return np.array(rows, np.int64), np.array(starts, np.int64), np.array(radius, np.int64)


@njit(cache=True)
def _fit(x: Any, y: Any, m: int, r_min: float, r_max: float, share: float, gap_max: float) -> float:
    """Radius of the circle through points, or 0.0 if they lie on none, or not all around it."""
    mx = x[:m].mean()
    my = y[:m].mean()
    uu = uv = vv = uz = vz = zz = 0.0
    for k in range(m):
        u = x[k] - mx
        v = y[k] - my
        z = u * u + v * v
        uu += u * u
        uv += u * v
        vv += v * v
        uz += u * z
        vz += v * z
        zz += z
    det = uu * vv - uv * uv
    if det <= 1e-9 * (uu + vv) ** 2:
        return 0.0
    a = 0.5 * (uz * vv - vz * uv) / det
    b = 0.5 * (vz * uu - uz * uv) / det
    r = np.sqrt(a * a + b * b + zz / m)
    if r < r_min or r > r_max:
        return 0.0
    off = 0.0
    for k in range(m):
        dx = x[k] - mx - a
        dy = y[k] - my - b
        off += (np.sqrt(dx * dx + dy * dy) - r) ** 2
    if np.sqrt(off / m) > share * r:
        return 0.0
    turn = np.empty(m)
    for k in range(m):
        turn[k] = np.arctan2(y[k] - my - b, x[k] - mx - a)
    turn.sort()
    widest = turn[0] + 2.0 * np.pi - turn[m - 1]
    for k in range(1, m):
        widest = max(widest, turn[k] - turn[k - 1])
    return r if widest <= gap_max * np.pi / 180.0 else 0.0


@njit(cache=True)
def held(same: Any, track: Any, t: Any, since: int, span: int, least: int, points_min: int, bridge: int) -> Any:
    """Rows from ``since`` on up to which something held without a break for ``least``, told by enough reports.

    ``same`` says of each row that it holds there and since the row before. Looks back over ``span`` at most.

    Returns:
        Rows, and the first row of each stretch.
    """
    rows = []
    starts = []
    start = 0
    low = 0
    for i in range(t.size):
        if i == 0 or track[i] != track[i - 1] or not same[i] or t[i] - t[i - 1] > bridge:
            start = i
        low = max(low, start)
        while t[low] < t[i] - span:
            low += 1
        if t[i] >= since and t[i] - t[low] >= least and i - low + 1 >= points_min:
            rows.append(i)
            starts.append(low)
    return np.array(rows, np.int64), np.array(starts, np.int64)
