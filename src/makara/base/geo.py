"""The one geodesic module: WGS 84, longitude first, degrees in [-180, 180), right across 180 and near the poles.

Distances use Lambert's correction of the great circle for the flattening (Andoyer-Lambert, first order in f), right to
two parts in a million away from the antipode; destinations are Vincenty's. Tests hold both against Karney's geodesics.
Functions named ``_scalar`` are compiled, so that sequential kernels can call them; the others take NumPy arrays.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from makara.base.compiled import njit

A_M: Final = 6_378_137.0
"""Equatorial radius of WGS 84, metres."""
F: Final = 1.0 / 298.257223563
"""Flattening of WGS 84."""
_E2: Final = F * (2.0 - F)
_RAD: Final = math.pi / 180.0
_SHORT: Final = 0.005
_SIXTH: Final = 1.0 / 6.0
_120TH: Final = 1.0 / 120.0
_ASIN_6: Final = 15.0 / 336.0

FloatArray = NDArray[np.float64]


@njit(cache=True)
def distance_scalar(lon1: float, lat1: float, lon2: float, lat2: float) -> float:
    """Geodesic distance in metres between two points (degrees); compiled. Lambert 1942, reduced latitudes."""
    if lon1 == lon2 and lat1 == lat2:
        return 0.0
    b1, b2 = reduced_scalar(lat1), reduced_scalar(lat2)
    far: float = between_scalar(lon1, b1, math.cos(b1), lon2, b2, math.cos(b2))
    return far


@njit(cache=True)
def reduced_scalar(lat: float) -> float:
    """Reduced latitude, radians, of a latitude in degrees; compiled."""
    return math.atan((1.0 - F) * math.tan(lat * _RAD)) if abs(lat) < 90.0 else lat * _RAD


@njit(cache=True)
def between_scalar(lon1: float, b1: float, c1: float, lon2: float, b2: float, c2: float) -> float:
    """As :func:`distance_scalar`, of points whose reduced latitudes and their cosines are at hand; compiled."""
    if lon1 == lon2 and b1 == b2:
        return 0.0
    p, q, r = 0.5 * (b1 + b2), 0.5 * (b2 - b1), (lon2 - lon1) * _RAD * 0.5
    if abs(q) < _SHORT and abs(r) < _SHORT:
        near: float = _short(q, r, c1, c2)
        return near
    s = math.sin(q)
    u = math.sin(r)
    h = s * s + c1 * c2 * u * u
    if h > 1.0:
        h = 1.0
    sigma = 2.0 * math.asin(math.sqrt(h))
    if sigma < 1e-13:
        return 0.0
    rest = 1.0 - h
    sin_sigma = math.sin(sigma)
    x = (sigma - sin_sigma) * (math.sin(p) * math.cos(q)) ** 2 / max(rest, 1e-12)
    y = (sigma + sin_sigma) * (math.cos(p) * math.sin(q)) ** 2 / h
    return A_M * (sigma - 0.5 * F * (x + y))


@njit(cache=True)
def _short(q: float, r: float, c1: float, c2: float) -> float:
    """:func:`between_scalar` within some 60 km: the same terms as series, to the last digits of a double.

    Of half the differences in latitude and longitude (radians) and both cosines: cos p cos q = (cos b1 + cos b2) / 2.
    """
    qq, rr = q * q, r * r
    s2 = qq * (1.0 - qq * (_SIXTH - qq * _120TH)) ** 2
    h = s2 + c1 * c2 * rr * (1.0 - rr * (_SIXTH - rr * _120TH)) ** 2
    sigma = 2.0 * math.sqrt(h) * (1.0 + h * (_SIXTH + h * (0.075 + h * _ASIN_6)))
    if sigma < 1e-13:
        return 0.0
    z = sigma * sigma
    less = sigma * z * (_SIXTH - z * _120TH)  # sigma - sin(sigma)
    cosines = 0.25 * (c1 + c2) * (c1 + c2)  # of p and q, squared
    x = less * max(1.0 - s2 - cosines, 0.0) * (1.0 + h)
    y = (2.0 * sigma - less) * cosines * (1.0 + s2 * (1.0 + s2)) * s2 / h
    return A_M * (sigma - 0.5 * F * (x + y))


@njit(cache=True)
def bearing_scalar(lon1: float, lat1: float, lon2: float, lat2: float) -> float:
    """Initial course from the first point to the second, degrees true in [0, 360); compiled."""
    a = lat1 * _RAD
    b = lat2 * _RAD
    d = (lon2 - lon1) * _RAD
    y = math.sin(d) * math.cos(b)
    x = math.cos(a) * math.sin(b) - math.sin(a) * math.cos(b) * math.cos(d)
    z = math.atan2(y, x) / _RAD
    return z % 360.0


@njit(cache=True)
def wrap_scalar(lon: float) -> float:
    """A longitude brought into [-180, 180); compiled."""
    x = lon + 180.0
    return x - 180.0 if 0.0 <= x < 360.0 else x % 360.0 - 180.0  # most are there: a remainder is dear


@njit(cache=True)
def destination_scalar(lon: float, lat: float, bearing: float, distance: float) -> tuple[float, float]:
    """Where one arrives from a point on a course (degrees true) after so many metres; compiled. Vincenty 1975."""
    z = bearing * _RAD
    sin_z, cos_z = math.sin(z), math.cos(z)
    u1 = math.atan((1.0 - F) * math.tan(lat * _RAD)) if abs(lat) < 90.0 else lat * _RAD
    sin_u, cos_u = math.sin(u1), math.cos(u1)
    sigma1 = math.atan2(math.tan(u1), cos_z)
    sin_a = cos_u * sin_z
    cos2_a = 1.0 - sin_a * sin_a
    b_m = A_M * (1.0 - F)
    k = cos2_a * (A_M * A_M - b_m * b_m) / (b_m * b_m)
    big_a = 1.0 + k / 16384.0 * (4096.0 + k * (-768.0 + k * (320.0 - 175.0 * k)))
    big_b = k / 1024.0 * (256.0 + k * (-128.0 + k * (74.0 - 47.0 * k)))
    sigma = distance / (b_m * big_a)
    for _ in range(20):
        c2m = math.cos(2.0 * sigma1 + sigma)
        s, c = math.sin(sigma), math.cos(sigma)
        inner = c * (2.0 * c2m * c2m - 1.0) - big_b / 6.0 * c2m * (4.0 * s * s - 3.0) * (4.0 * c2m * c2m - 3.0)
        new = distance / (b_m * big_a) + big_b * s * (c2m + big_b / 4.0 * inner)
        done = abs(new - sigma) < 1e-14
        sigma = new
        if done:
            break
    c2m = math.cos(2.0 * sigma1 + sigma)
    s, c = math.sin(sigma), math.cos(sigma)
    t = sin_u * s - cos_u * c * cos_z
    lat2 = math.atan2(sin_u * c + cos_u * s * cos_z, (1.0 - F) * math.sqrt(sin_a * sin_a + t * t))
    lam = math.atan2(s * sin_z, cos_u * c - sin_u * s * cos_z)
    q = F / 16.0 * cos2_a * (4.0 + F * (4.0 - 3.0 * cos2_a))
    dl = lam - (1.0 - q) * F * sin_a * (sigma + q * s * (c2m + q * c * (2.0 * c2m * c2m - 1.0)))
    return wrap_scalar(lon + dl / _RAD), lat2 / _RAD


@njit(cache=True)
def _distance(lon1: Any, lat1: Any, lon2: Any, lat2: Any) -> Any:
    out = np.empty(lon1.size)
    for i in range(lon1.size):
        out[i] = distance_scalar(lon1[i], lat1[i], lon2[i], lat2[i])
    return out


@njit(cache=True)
def _bearing(lon1: Any, lat1: Any, lon2: Any, lat2: Any) -> Any:
    out = np.empty(lon1.size)
    for i in range(lon1.size):
        out[i] = bearing_scalar(lon1[i], lat1[i], lon2[i], lat2[i])
    return out


@njit(cache=True)
def _destination(lon: Any, lat: Any, bearing: Any, distance: Any) -> Any:
    x = np.empty(lon.size)
    y = np.empty(lon.size)
    for i in range(lon.size):
        x[i], y[i] = destination_scalar(lon[i], lat[i], bearing[i], distance[i])
    return x, y


def _flat(*values: ArrayLike) -> tuple[tuple[int, ...], list[FloatArray]]:
    arrays = np.broadcast_arrays(*(np.asarray(v, np.float64) for v in values))
    return arrays[0].shape, [np.array(a).ravel() for a in arrays]


def distance_m(lon1: ArrayLike, lat1: ArrayLike, lon2: ArrayLike, lat2: ArrayLike) -> FloatArray:
    """Geodesic distance in metres, element by element (degrees in, broadcast). NaN in, NaN out."""
    shape, flat = _flat(lon1, lat1, lon2, lat2)
    out: FloatArray = _distance(*flat)
    return out.reshape(shape)


def bearing_deg(lon1: ArrayLike, lat1: ArrayLike, lon2: ArrayLike, lat2: ArrayLike) -> FloatArray:
    """Initial course from the first to the second point, degrees true in [0, 360), element by element."""
    shape, flat = _flat(lon1, lat1, lon2, lat2)
    out: FloatArray = _bearing(*flat)
    return out.reshape(shape)


def destination(
    lon: ArrayLike, lat: ArrayLike, bearing: ArrayLike, distance: ArrayLike
) -> tuple[FloatArray, FloatArray]:
    """Longitudes and latitudes reached from points on courses (degrees true) after distances in metres."""
    shape, flat = _flat(lon, lat, bearing, distance)
    x, y = _destination(*flat)
    return x.reshape(shape), y.reshape(shape)


def wrap_lon(lon: ArrayLike) -> FloatArray:
    """Longitudes brought into [-180, 180)."""
    return (np.asarray(lon, np.float64) + 180.0) % 360.0 - 180.0


def lon_delta(lon1: ArrayLike, lon2: ArrayLike) -> FloatArray:
    """The short way from the first longitude to the second, degrees in [-180, 180)."""
    return wrap_lon(np.asarray(lon2, np.float64) - np.asarray(lon1, np.float64))


def interpolate(
    lon1: ArrayLike, lat1: ArrayLike, lon2: ArrayLike, lat2: ArrayLike, share: ArrayLike
) -> tuple[FloatArray, FloatArray]:
    """The point at ``share`` (0 to 1) of the way from the first point to the second, the short way round.

    Linear in longitude and latitude: within a metre of the geodesic below 20 km at 60 degrees of latitude.
    """
    w = np.asarray(share, np.float64)
    a, b = np.asarray(lat1, np.float64), np.asarray(lat2, np.float64)
    return wrap_lon(np.asarray(lon1, np.float64) + w * lon_delta(lon1, lon2)), a + w * (b - a)


def local_m(lon0: ArrayLike, lat0: ArrayLike, lon: ArrayLike, lat: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """East and north offsets in metres of points from an origin, on the ellipsoid's tangent (for below 100 km)."""
    lat_mid = np.radians((np.asarray(lat0, np.float64) + np.asarray(lat, np.float64)) * 0.5)
    w = 1.0 - _E2 * np.sin(lat_mid) ** 2
    east = np.radians(lon_delta(lon0, lon)) * A_M / np.sqrt(w) * np.cos(lat_mid)
    north = np.radians(np.asarray(lat, np.float64) - np.asarray(lat0, np.float64)) * A_M * (1.0 - _E2) / w**1.5
    return east, north


def degree_m(lat: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Metres of a degree east and of a degree north at latitudes, along the parallel and the meridian."""
    y = np.radians(np.asarray(lat, np.float64))
    w = 1.0 - _E2 * np.sin(y) ** 2
    return A_M * np.cos(y) / np.sqrt(w) * _RAD, A_M * (1.0 - _E2) / w**1.5 * _RAD


def unit(lon: ArrayLike, lat: ArrayLike) -> FloatArray:
    """Points on a sphere of radius one, along a new last axis; longitudes and latitudes in degrees."""
    x, y = np.radians(np.asarray(lon, np.float64)), np.radians(np.asarray(lat, np.float64))
    return np.stack([np.cos(y) * np.cos(x), np.cos(y) * np.sin(x), np.sin(y)], axis=-1)


def cartesian(lon: FloatArray, lat: FloatArray) -> FloatArray:
    """Points on the ellipsoid, metres from the earth's centre: below 50 km the chord is the distance to 1 m."""
    x, y = np.radians(lon), np.radians(lat)
    n = A_M / np.sqrt(1.0 - _E2 * np.sin(y) ** 2)
    return np.stack([n * np.cos(y) * np.cos(x), n * np.cos(y) * np.sin(x), n * (1.0 - _E2) * np.sin(y)], axis=1)


def in_box(lon: ArrayLike, lat: ArrayLike, w: float, s: float, e: float, n: float) -> NDArray[np.bool_]:
    """Which points lie in a box; west greater than east means that the box crosses 180 degrees."""
    x, y = np.asarray(lon, np.float64), np.asarray(lat, np.float64)
    across = (x >= w) | (x <= e) if w > e else (x >= w) & (x <= e)
    inside: NDArray[np.bool_] = across & (y >= s) & (y <= n)
    return inside


def box_of(lon: ArrayLike, lat: ArrayLike) -> tuple[float, float, float, float]:
    """The smallest box (w, s, e, n) around points; w > e where the shorter way round crosses 180 degrees.

    Raises:
        ValueError: there are no points.
    """
    given = np.asarray(lon, np.float64).ravel()
    inside = (given >= -180.0) & (given < 180.0)
    x, y = np.sort(np.where(inside, given, wrap_lon(given))), np.asarray(lat, np.float64)
    if x.size == 0:
        raise ValueError("a box needs at least one point")
    gaps = np.diff(np.append(x, x[0] + 360.0))
    k = int(np.argmax(gaps))
    west, east = (x[0], x[-1]) if k == x.size - 1 else (x[k + 1], x[k])
    return float(west), float(y.min()), float(east), float(y.max())
