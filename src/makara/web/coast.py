"""The coast, a tile at a time, out of the archive that ``tools/make_coast.py`` makes (its form is told there)."""

from __future__ import annotations

import zipfile
from functools import cache
from importlib.resources import files
from io import BytesIO

from fastapi import APIRouter, Response

from makara.base.errors import NotFoundError

router = APIRouter(include_in_schema=False)
CACHE = "public, max-age=86400"
EMPTY = b""
"""What a tile without land is."""


@cache
def _archive() -> dict[str, bytes]:
    packed = files("makara.data").joinpath("coast.zip").read_bytes()
    with zipfile.ZipFile(BytesIO(packed)) as z:
        return {name: z.read(name) for name in z.namelist()}


@router.get("/coast/world")
def world() -> Response:
    """The whole globe, coarse."""
    return Response(_archive()["world"], media_type="application/octet-stream", headers={"Cache-Control": CACHE})


@router.get("/coast/{x}_{y}")
def tile(x: int, y: int) -> Response:
    """One tile of 15 by 15 degrees; empty where there is no land.

    Raises:
        NotFoundError: no such tile.
    """
    if not (0 <= x < 24 and 0 <= y < 12):
        raise NotFoundError(f"no coast tile {x}_{y}; x goes from 0 to 23, y from 0 to 11")
    data = _archive().get(f"{x}_{y}", EMPTY)
    return Response(data, media_type="application/octet-stream", headers={"Cache-Control": CACHE})
