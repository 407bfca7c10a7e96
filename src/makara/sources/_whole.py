"""Whether a product that is being copied is whole: all its files there, each to its end."""

from __future__ import annotations

import hashlib
import struct
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import IO, Any, Final

import numpy as np

from makara.base.errors import InputError
from makara.sources import _stac, _xml
from makara.sources._safe import DAMAGED, Product

MANIFEST: Final = "manifest.safe"
PARTIAL: Final = (".part", ".partial", ".tmp", ".crdownload", ".filepart", ".download", "~")
"""Endings of files that a copying program has not finished."""
RASTERS: Final = (".tif", ".tiff")
_CHUNK: Final = 1 << 20
_SIZES: Final = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
"""Bytes of a value by TIFF field type."""
_BLOCKS: Final = {273: 279, 324: 325}
"""TIFF tags: offsets of strips and tiles, and of their byte counts."""
_DIRECTORIES: Final = 64
"""More image directories than any product has."""


def lacking(path: Path) -> str | None:
    """What a product lacks, in words; None: it is whole. A damaged or hostile one lacks something for ever.

    Manifests (SAFE) and STAC items name files, which must be there with the sizes and checksums that they say; an
    archive must be readable to its end; a GeoTIFF must hold all its blocks.

    Args:
        path: a directory, an archive, or a GeoTIFF with its metadata beside it.
    """
    try:
        with Product(path) as product:
            half = [n for n in product.files if n.lower().endswith(PARTIAL)]
            if half:
                return f"{half[0]} is still being written"
            return _packed(product) or _named(product) or _rasters(product)
    except InputError as e:
        return str(e)
    except OSError as e:
        return f"{path} cannot be read: {e.strerror or e}"


def _packed(product: Product) -> str | None:
    """A zip to the end of each member; a tar was read to its end when it was opened."""
    if product.kind != "zip":
        return None
    try:
        with zipfile.ZipFile(product.path) as packed:
            bad = packed.testzip()
    except DAMAGED as e:
        return f"it is a damaged or cut zip file ({e})"
    return None if bad is None else f"{bad} is damaged"


def _named(product: Product) -> str | None:
    """The files that manifests and STAC items name."""
    for name in product.files:
        if PurePosixPath(name).name == MANIFEST:
            base = str(PurePosixPath(name).parent)
            told = list(_manifest(product.bytes(name), name))
        elif product.kind != "file" and name.lower().endswith(".json") and _stac.is_item(product.document(name)):
            base = str(PurePosixPath(name).parent)
            told = list(_assets(product.document(name)))
        else:
            continue
        for href, size, md5 in told:
            full = str(PurePosixPath(base) / href) if base != "." else str(PurePosixPath(href))
            if full not in product.files:
                return f"{full}, which {PurePosixPath(name).name} names, is not there"
            if size is not None and product.files[full] != size:
                return f"{full} has {product.files[full]:,} of {size:,} bytes"
            if md5 is not None and product.kind == "directory" and _md5(product.path / full) != md5.lower():
                return f"{full} has another checksum than {PurePosixPath(name).name} says"
    if product.path.name.upper().endswith(".SAFE") and MANIFEST not in product.files:
        return f"it has no {MANIFEST}"
    return None


def _manifest(data: bytes, name: str) -> Iterator[tuple[str, int | None, str | None]]:
    """Name, size and MD5 of each file that a SAFE manifest names."""
    for stream in _xml.local(_xml.parse(data, name), "byteStream"):
        place = next(_xml.local(stream, "fileLocation"), None)
        href = (place.get("href") if place is not None else None) or ""
        if not href or "://" in href:
            continue
        size = stream.get("size", "")
        said = next(_xml.local(stream, "checksum"), None)
        md5 = said.text if said is not None and (said.get("checksumName") or "").upper() == "MD5" else None
        yield href, int(size) if size.isdecimal() else None, md5.strip() if md5 else None


def _assets(item: Mapping[str, Any]) -> Iterator[tuple[str, int | None, str | None]]:
    """Name and size of each file of data beside a STAC item."""
    assets = item.get("assets")
    for asset in assets.values() if isinstance(assets, dict) else ():
        href = asset.get("href") if isinstance(asset, dict) else None
        roles = asset.get("roles") if isinstance(asset, dict) else None
        if not isinstance(href, str) or "://" in href or href.startswith("/") or (roles and "data" not in roles):
            continue
        size = asset.get("file:size")
        yield href, size if isinstance(size, int) else None, None


def _md5(path: Path) -> str:
    found = hashlib.md5(usedforsecurity=False)
    with path.open("rb") as f:
        while chunk := f.read(_CHUNK):
            found.update(chunk)
    return found.hexdigest()


def _rasters(product: Product) -> str | None:
    """GeoTIFFs on disk, to the last of their blocks."""
    if product.kind not in ("file", "directory"):
        return None
    root = product.path if product.kind == "directory" else product.path.parent
    names = [n for n in product.files if n.lower().endswith(RASTERS) or n == product.path.name]
    for name in names:
        needed = tiff_bytes(root / name)
        if needed is not None and needed > product.files[name]:
            return f"{name} has {product.files[name]:,} of {needed:,} bytes"
        if needed is None and name.lower().endswith(RASTERS):
            return f"{name} is no TIFF, or its directory has not arrived"
    return None if names or product.kind == "directory" else "there is no image"


def tiff_bytes(path: Path) -> int | None:
    """How long a TIFF or BigTIFF must be to hold all its blocks (TIFF 6.0, section 2); None where none can tell."""
    size = path.stat().st_size
    with path.open("rb") as f:
        head = f.read(16)
        order = {b"II": "<", b"MM": ">"}.get(head[:2])
        if order is None or len(head) < 16:
            return None
        big = struct.unpack(order + "H", head[2:4])[0] == 43
        at: int = struct.unpack(order + ("Q" if big else "I"), head[8:16] if big else head[4:8])[0]
        most, seen = 0, 0
        while at and seen < _DIRECTORIES:
            if at >= size:
                return max(most, at + 1)
            read = _directory(f, at, order, big)
            if read is None:
                return None
            end, at = read
            most, seen = max(most, end), seen + 1
    return most or None


def _directory(f: IO[bytes], at: int, order: str, big: bool) -> tuple[int, int] | None:
    """The last byte of a directory's blocks, and where the next directory is; None where the file ends in it."""
    f.seek(at)
    raw = f.read(8 if big else 2)
    if len(raw) < (8 if big else 2):
        return None
    n, width = struct.unpack(order + ("Q" if big else "H"), raw)[0], 20 if big else 12
    data = f.read(min(n, 4096) * width + (8 if big else 4))
    if n > 4096 or len(data) < n * width + (8 if big else 4):
        return None
    entries = {}
    for i in range(n):
        tag, kind, count = struct.unpack_from(order + ("HHQ" if big else "HHI"), data, i * width)
        entries[tag] = (kind, count, data[i * width + (12 if big else 8) : (i + 1) * width])
    end = 0
    for offsets, counts in _BLOCKS.items():
        if offsets in entries and counts in entries:
            a, b = (_values(f, entries[t], order, big) for t in (offsets, counts))
            if a is None or b is None or len(a) != len(b):
                return None
            end = max(end, int((a + b).max(initial=0)))
    return end, struct.unpack_from(order + ("Q" if big else "I"), data, n * width)[0]


def _values(f: IO[bytes], entry: tuple[int, int, bytes], order: str, big: bool) -> Any:
    """The integers of an entry; None where the file ends before them."""
    kind, count, inline = entry
    each = _SIZES.get(kind, 0)
    if each not in (2, 4, 8) or count > 1 << 26:
        return None
    raw = inline[: each * count]
    if each * count > len(inline):
        f.seek(struct.unpack(order + ("Q" if big else "I"), inline)[0])
        raw = f.read(each * count)
    return np.frombuffer(raw, f"{order}u{each}").astype(np.int64) if len(raw) == each * count else None


__all__ = ["PARTIAL", "lacking", "tiff_bytes"]
