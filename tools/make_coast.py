"""Make ``src/makara/data/coast.zip``: Natural Earth's land, cut into tiles and quantised for the map page and pictures.

    npm pack world-atlas@2.0.2 && tar xzf world-atlas-2.0.2.tgz
    python tools/make_coast.py package src/makara/data/coast.zip

Natural Earth is in the public domain; ``world-atlas`` is its land as TopoJSON (land-10m.json, land-110m.json).

Members of the archive, all of one form: ``world`` (110m, the whole globe) and ``X_Y`` (10m, the tile of 15 degrees
whose south-west corner lies at -180 + 15 X, -90 + 15 Y; tiles without land are left out). Each is little-endian:
i16 west, i16 south, u16 wide, u16 high (degrees), u16 steps a degree, then varints: number of rings; for each ring its
number of points, then for each point the zigzag differences of x and y, in steps from the corner. Rings close by
themselves; an edge along the tile's border was made by the cut and is no coast.
"""

from __future__ import annotations

import argparse
import io
import json
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

SIDE_DEG = 15
TILE_STEPS = 400
"""Steps a degree in a tile: 0.0025 degrees, about 280 m."""
TILE_TOLERANCE_DEG = 0.003
TILE_AREA_MIN_DEG2 = 3e-5
"""Islands below about a third of a square kilometre are left out."""
WORLD_STEPS = 20
WORLD_TOLERANCE_DEG = 0.05
WORLD_AREA_MIN_DEG2 = 0.05

NOTE = """coast.zip: made by tools/make_coast.py from the land of Natural Earth, 1:10,000,000 and 1:110,000,000,
https://www.naturalearthdata.com, in the public domain ("No permission is needed to use Natural Earth").
It was taken as TopoJSON from the npm package world-atlas 2.0.2 (ISC licence, copyright 2013-2019 Michael Bostock).
Simplified and quantised to about 300 m: for orientation only, not for navigation.
"""


def land(path: Path) -> shapely.Geometry:
    """The land of a TopoJSON file as one valid geometry, degrees."""
    topo = json.loads(path.read_text())
    scale, translate = np.array(topo["transform"]["scale"]), np.array(topo["transform"]["translate"])
    arcs = [np.cumsum(np.array(arc, np.float64), axis=0) * scale + translate for arc in topo["arcs"]]

    def ring(refs: list[int]) -> NDArray[np.float64]:
        parts = [arcs[r] if r >= 0 else arcs[~r][::-1] for r in refs]
        return np.concatenate([parts[0], *(p[1:] for p in parts[1:])])

    found = [_polygon([ring(r) for r in polygon]) for polygon in _polygons(topo["objects"]["land"])]
    return shapely.union_all(shapely.make_valid(np.array(found)))


def _polygons(thing: dict[str, Any]) -> Iterator[list[list[int]]]:
    if thing["type"] == "GeometryCollection":
        for part in thing["geometries"]:
            yield from _polygons(part)
    elif thing["type"] == "MultiPolygon":
        yield from thing["arcs"]
    else:
        yield thing["arcs"]


def _polygon(rings: list[NDArray[np.float64]]) -> shapely.Geometry:
    """A polygon within [-180, 180], from rings that may run across 180 degrees or around a pole."""
    closed = [_unrolled(r) for r in rings if len(r) >= 4]
    if not closed:
        return shapely.Polygon()
    holes = [np.add(h, (360.0 * np.round((closed[0][0, 0] - h[0, 0]) / 360.0), 0.0)) for h in closed[1:]]
    whole = shapely.make_valid(shapely.Polygon(closed[0], holes))
    parts = []
    for turn in (-1, 0, 1):
        part = shapely.intersection(whole, shapely.box(360.0 * turn - 180.0, -90.0, 360.0 * turn + 180.0, 90.0))
        parts.append(shapely.transform(part, lambda xy, t=turn: xy - [360.0 * t, 0.0]))
    return shapely.union_all(parts)


def _unrolled(ring: NDArray[np.float64]) -> NDArray[np.float64]:
    """A ring whose longitudes go the short way from point to point; one around a pole is closed over it."""
    steps = np.diff(ring[:, 0])
    lon = ring[0, 0] + np.concatenate([[0.0], np.cumsum((steps + 180.0) % 360.0 - 180.0)])
    out = np.column_stack([lon, ring[:, 1]])
    if abs(lon[-1] - lon[0]) > 180.0:
        pole = np.copysign(90.0, ring[:, 1].mean())
        out = np.concatenate([out, [[lon[-1], pole], [lon[0], pole], out[0]]])
    return out


def rings(shape: shapely.Geometry, area_min: float) -> list[NDArray[np.float64]]:
    """Rings of the polygons of a shape that are no smaller than an area in square degrees."""
    parts = [p for p in shapely.get_parts(shape) if p.geom_type == "Polygon" and p.area >= area_min]
    out = []
    for p in parts:
        out.append(shapely.get_coordinates(p.exterior))
        out += [shapely.get_coordinates(i) for i in p.interiors if shapely.Polygon(i).area >= area_min]
    return out


def _varint(n: int, out: bytearray) -> None:
    while n >= 0x80:
        out.append(n & 0x7F | 0x80)
        n >>= 7
    out.append(n)


def encode(w: int, s: int, wide: int, high: int, steps: int, loops: list[NDArray[np.float64]]) -> bytes | None:
    """A tile in its wire form; None if no ring is left after quantising."""
    body, count = bytearray(), 0
    for loop in loops:
        q = np.round((loop - [w, s]) * steps).astype(int)
        q = q[np.concatenate([[True], np.any(np.diff(q, axis=0) != 0, axis=1)])]
        if np.array_equal(q[0], q[-1]):
            q = q[:-1]
        if len(q) < 3:
            continue
        count += 1
        _varint(len(q), body)
        for dx, dy in np.diff(q, axis=0, prepend=[[0, 0]]):
            _varint(int(dx) << 1 if dx >= 0 else (-int(dx) << 1) - 1, body)
            _varint(int(dy) << 1 if dy >= 0 else (-int(dy) << 1) - 1, body)
    if not count:
        return None
    head = bytearray(struct.pack("<hhHHH", w, s, wide, high, steps))
    _varint(count, head)
    return bytes(head + body)


def tiles(shape: shapely.Geometry) -> Iterator[tuple[str, bytes]]:
    """Every tile that holds land: name and wire form."""
    whole = shapely.simplify(shape, TILE_TOLERANCE_DEG)
    polygons = shapely.get_parts(shapely.make_valid(whole))
    tree = shapely.STRtree(polygons)
    for y in range(180 // SIDE_DEG):
        for x in range(360 // SIDE_DEG):
            w, s = -180 + SIDE_DEG * x, -90 + SIDE_DEG * y
            box = shapely.box(w, s, w + SIDE_DEG, s + SIDE_DEG)
            near = polygons[tree.query(box)]
            if len(near):
                cut = shapely.union_all(shapely.intersection(near, box))
                data = encode(w, s, SIDE_DEG, SIDE_DEG, TILE_STEPS, rings(cut, TILE_AREA_MIN_DEG2))
                if data is not None:
                    yield f"{x}_{y}", data


def main() -> None:
    """Read the package, write the archive and the note of its origin beside it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("package", type=Path, help="unpacked world-atlas")
    parser.add_argument("out", type=Path, help="coast.zip to write")
    args = parser.parse_args()
    coarse = shapely.simplify(land(args.package / "land-110m.json"), WORLD_TOLERANCE_DEG)
    world = encode(-180, -90, 360, 180, WORLD_STEPS, rings(coarse, WORLD_AREA_MIN_DEG2))
    members = {"world": world or b"", **dict(tiles(land(args.package / "land-10m.json")))}
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as z:
        for name, data in members.items():
            z.writestr(zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED, 9)
    args.out.write_bytes(packed.getvalue())
    args.out.with_name("coast.NOTICE").write_text(NOTE)
    print(f"{args.out}: {len(members)} members, {len(packed.getvalue()):,} bytes; world {len(world or b''):,} raw")


if __name__ == "__main__":
    main()
