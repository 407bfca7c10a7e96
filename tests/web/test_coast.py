"""The committed coast: small, whole, and where land is."""

from __future__ import annotations

import struct
import zipfile
from importlib.resources import files
from io import BytesIO

import numpy as np
import pytest
import shapely

DATA = files("makara.data")
LAND = {
    "Viti Levu": (178.0, -17.8),
    "Vanua Levu": (179.2, -16.6),
    "Taveuni, past 180": (-179.97, -16.83),
    "Phuket": (98.35, 7.95),
    "Sumatra": (98.0, 3.0),
    "Chukotka, past 180": (-179.0, 67.5),
    "Antarctica": (-179.9, -85.0),
    "Greenland": (-40.0, 72.0),
}
SEA = {
    "Andaman Sea": (96.0, 9.0),
    "Koro Sea": (179.9, -17.9),
    "Fiji, same latitude": (100.0, -16.6),
    "Tonga": (-176.0, -18.0),
    "Bering Sea": (-179.0, 60.0),
    "Pacific": (-120.0, -16.0),
}


@pytest.fixture(scope="module")
def tiles() -> dict[str, bytes]:
    with zipfile.ZipFile(BytesIO(DATA.joinpath("coast.zip").read_bytes())) as z:
        return {name: z.read(name) for name in z.namelist()}


def decode(data: bytes) -> tuple[list[float], shapely.Geometry]:
    """The box of a tile and its land (even-odd), by the description in tools/make_coast.py."""
    w, s, wide, high, steps = struct.unpack_from("<hhHHH", data)
    at = struct.calcsize("<hhHHH")

    def varint() -> int:
        nonlocal at
        n = shift = 0
        while True:
            b = data[at]
            at += 1
            n |= (b & 127) << shift
            shift += 7
            if not b & 128:
                return n

    def signed() -> int:
        n = varint()
        return -(n + 1) // 2 if n & 1 else n // 2

    land = shapely.Polygon()
    for _ in range(varint()):
        points = np.array([(signed(), signed()) for _ in range(varint())])
        land = land.symmetric_difference(
            shapely.make_valid(shapely.Polygon(np.cumsum(points, axis=0) / steps + [w, s]))
        )
    assert at == len(data)
    return [w, s, w + wide, s + high], land


def is_land(tiles: dict[str, bytes], lon: float, lat: float) -> bool:
    data = tiles.get(f"{int((lon + 180) // 15)}_{int((lat + 90) // 15)}")
    return data is not None and bool(shapely.contains_xy(decode(data)[1], lon, lat))


@pytest.mark.parametrize("name", LAND)
def test_land_is_land(tiles: dict[str, bytes], name: str) -> None:
    assert is_land(tiles, *LAND[name])


@pytest.mark.parametrize("name", SEA)
def test_sea_is_sea(tiles: dict[str, bytes], name: str) -> None:
    assert not is_land(tiles, *SEA[name])


def test_tiles_stay_in_their_boxes_and_the_world_is_whole(tiles: dict[str, bytes]) -> None:
    for name, data in list(tiles.items())[::10]:
        box, land = decode(data)
        assert shapely.box(*box).buffer(1e-9).contains(shapely.box(*land.bounds)), name
    box, land = decode(tiles["world"])
    assert box == [-180, -90, 180, 90]
    assert 20_000 < land.area < 23_000  # square degrees: a third of them


def test_it_is_small_and_says_where_it_is_from() -> None:
    assert len(DATA.joinpath("coast.zip").read_bytes()) < 1_500_000
    assert "public domain" in DATA.joinpath("coast.NOTICE").read_text()
