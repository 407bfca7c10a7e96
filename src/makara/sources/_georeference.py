"""Where the pixels of a raster lie: from its transform and reference system, or from ground control points.

A transform becomes a sparse grid of longitudes and latitudes, fine enough that going straight between its nodes stays
within a tenth of a pixel; pictures are not warped.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from makara.base import geo
from makara.base.errors import InputError
from makara.sensors.scene import Georeference, Nodes
from makara.sources import _raster

Floats = NDArray[np.float64]
STEPS: Final = (2048, 512, 128, 32, 8)
"""Pixels between nodes, the coarsest that is exact enough."""
TOLERANCE: Final = 0.1
MISFIT: Final = 2.0
"""Root mean square of control points about their polynomial, pixels."""
PIXEL_M: Final = (0.05, 2000.0)
"""Sides of pixels of scenes in which vessels can be found, metres."""


def of(raster: Any) -> Georeference:
    """The georeference of a :class:`makara.sources._raster.Raster`.

    Raises:
        InputError: there is none, it is of a kind that is not read (RPC), it leads off the Earth, or gives
            pixels a size that none have; the message says what to do.
    """
    found, name = _of(raster), raster.name
    size = spacing_m(found, raster.shape)
    if not (PIXEL_M[0] <= min(size) and max(size) <= PIXEL_M[1]):
        raise InputError(
            f"{name} has pixels of {size[0]:.3g} x {size[1]:.3g} m by its georeference, which no scene has; "
            "its reference system or transform is wrong"
        )
    return found


def _of(raster: Any) -> Georeference:
    data, name = raster.dataset, raster.name
    points, points_crs = data.gcps
    plain = data.transform.is_identity
    if plain and points:
        return from_points([(p.row - 0.5, p.col - 0.5, p.x, p.y) for p in points], points_crs, raster.shape, name)
    if plain and data.rpcs is not None:
        raise InputError(f"{name} is placed by RPC alone; lay it on a map first: gdalwarp -rpc -t_srs EPSG:4326 IN OUT")
    if plain:
        raise InputError(f"{name} has no georeference; give it one (gdal_edit.py -a_srs, -a_ullr), or get the product")
    if data.crs is None:
        raise InputError(f"{name} does not name its reference system; name it: gdal_edit.py -a_srs EPSG:... FILE")
    return from_transform(data.transform, data.crs, raster.shape, name)


def from_transform(transform: Any, crs: Any, shape: tuple[int, int], name: str) -> Georeference:
    """A grid of places from an affine transform of pixel corners and a reference system.

    Raises:
        InputError: it leads off the Earth, or to no place at all.
    """

    def place(lines: Floats, pixels: Floats) -> tuple[Floats, Floats]:
        y, x = np.meshgrid(lines + 0.5, pixels + 0.5, indexing="ij")
        t = transform
        east, north = t.a * x.ravel() + t.b * y.ravel() + t.c, t.d * x.ravel() + t.e * y.ravel() + t.f
        return tuple(v.reshape(y.shape) for v in lonlat(east, north, crs, name))  # type: ignore[return-value]

    corners = place(*(np.array([-0.5, n - 0.5]) for n in shape))
    checked(*corners, name)
    for step in STEPS:
        lines, pixels = (np.linspace(0.0, n - 1.0, max(2, -(-(n - 1) // step) + 1)) for n in shape)
        lon, lat = place(lines, pixels)
        found = Georeference(Nodes(lines, pixels, unwrapped(lon)), Nodes(lines, pixels, lat))
        if step == STEPS[-1] or _error_px(found, place) < TOLERANCE:
            break
    if _error_px(found, place) > 1.0:
        raise InputError(f"{name} reaches over a pole, where longitude has no meaning; cut it beside the pole")
    return found


def _error_px(found: Georeference, place: Any) -> float:
    """The largest error between nodes, in pixels."""
    lines, pixels = found.lon.lines, found.lon.pixels
    y, x = (0.5 * (v[1:] + v[:-1]) for v in (lines, pixels))
    lon, lat = place(y, x)
    lon1, lat1 = place(y, x + 1.0)
    lon2, lat2 = place(y + 1.0, x)
    size = np.minimum(geo.distance_m(lon, lat, lon1, lat1), geo.distance_m(lon, lat, lon2, lat2))
    here = found.place(*np.meshgrid(y, x, indexing="ij"))
    return float((geo.distance_m(*here, lon, lat) / np.maximum(size, 1e-6)).max())


def from_points(
    points: list[tuple[float, float, float, float]], crs: Any, shape: tuple[int, int], name: str
) -> Georeference:
    """A grid of places from control points (line, pixel, x, y).

    Raises:
        InputError: there are too few, or they do not fit together.
    """
    line, pixel, x, y = np.array(points, np.float64).T
    if crs is None:
        raise InputError(f"{name} has control points without a reference system; name it: gdal_edit.py -a_srs EPSG:...")
    lon, lat = lonlat(x, y, crs, name)
    checked(lon, lat, name)
    rows, columns = np.unique(line), np.unique(pixel)
    if len(rows) > 1 and len(columns) > 1 and len(rows) * len(columns) == len(line):
        order = np.lexsort((pixel, line))
        square = (len(rows), len(columns))
        lon, lat = unwrapped(lon[order].reshape(square)), lat[order].reshape(square)
        return Georeference(Nodes(rows, columns, lon), Nodes(rows, columns, lat))
    order_of = next((k for k, n in ((3, 20), (2, 10), (1, 4)) if len(line) >= n), None)
    if order_of is None:
        raise InputError(f"{name} has {len(line)} control points; 4 or more are needed")
    lon = lon[0] + geo.lon_delta(lon[0], lon)
    scale = np.maximum(np.array(shape, np.float64), 1.0)

    def basis(r: Floats, c: Floats) -> Floats:
        u, v = r / scale[0] - 0.5, c / scale[1] - 0.5
        return np.stack([u**i * v**j for i in range(order_of + 1) for j in range(order_of + 1 - i)], -1)

    known = basis(line, pixel)
    fit = np.linalg.lstsq(known, np.stack([lon, lat], -1), rcond=None)[0]
    fitted = known @ fit
    off = geo.distance_m(fitted[:, 0], fitted[:, 1], lon, lat)
    lines, pixels = (np.linspace(0.0, n - 1.0, 33) for n in shape)
    grid = basis(*np.meshgrid(lines, pixels, indexing="ij")) @ fit
    found = Georeference(Nodes(lines, pixels, grid[..., 0]), Nodes(lines, pixels, grid[..., 1]))
    misfit = float(np.sqrt(np.mean(off**2))) / max(spacing_m(found, shape))
    if misfit > MISFIT:
        raise InputError(f"{name}: its control points miss by {misfit:.1f} pixels; they are not to be trusted")
    return found


def lonlat(x: Floats, y: Floats, crs: Any, name: str) -> tuple[Floats, Floats]:
    """Longitude and latitude, WGS 84, of places in a reference system.

    Raises:
        InputError: the system cannot be converted.
    """
    from rasterio.warp import transform

    try:
        lon, lat = transform(crs, "EPSG:4326", np.ravel(x).tolist(), np.ravel(y).tolist())
    except _raster.failures() as e:
        raise InputError(
            f"{name}: places cannot be converted from its reference system to WGS 84 ({_raster.why(e)})"
        ) from e
    return np.array(lon, np.float64), np.array(lat, np.float64)


def checked(lon: Floats, lat: Floats, name: str) -> None:
    """Refuse places off the Earth.

    Raises:
        InputError: some are.
    """
    if not (np.isfinite(lon).all() and np.isfinite(lat).all()) or np.abs(lat).max() > 90 or np.abs(lon).max() > 540:
        raise InputError(f"{name} lies off the Earth by its georeference; its reference system or transform is wrong")


def unwrapped(lon: Floats) -> Floats:
    """Longitudes of a grid without jumps at 180."""
    along = np.unwrap(lon, period=360.0, axis=1)
    turns = np.round((np.unwrap(along[:, 0], period=360.0) - along[:, 0]) / 360.0) * 360.0
    return np.asarray(along + turns[:, None], np.float64)


def spacing_m(found: Georeference, shape: tuple[int, int]) -> tuple[float, float]:
    """Metres on the ground between lines and between pixels, in the middle of the image."""
    y, x = (shape[0] - 1) / 2, (shape[1] - 1) / 2
    lon, lat = found.place([y, y + 1, y], [x, x, x + 1])
    down, right = geo.distance_m(lon[0], lat[0], lon[1:], lat[1:])
    return float(down), float(right)
