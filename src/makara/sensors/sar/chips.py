"""A chip: the small picture around a detection, as a PNG that says where it comes from.

The PNG (ISO/IEC 15948) is 8-bit grey: 0 is no data, else ``sigma nought in dB = (value - 1) / 4 - 40``. Its ``tEXt``
entry ``makara`` holds JSON: product, window, calibration. The chip's name in the table is the SHA-256 of all its bytes.
"""

from __future__ import annotations

import json
import struct
import zlib
from typing import Any, Final

import numpy as np

from makara.base.ids import content_hash
from makara.sensors.sar.patches import Floats, Read
from makara.sensors.scene import Scene

FLOOR_DB: Final = -40.0
STEPS: Final = 4
"""Steps of a decibel."""
REACH_M: Final = 320.0
_PIXELS: Final = (12, 64)
"""Least and most pixels from the middle to the edge."""


def chip(scene: Scene, read: Read, line: float, pixel: float) -> tuple[str, bytes]:
    """The hash and the bytes of the chip around a place of a scene."""
    half = tuple(int(np.clip(round(REACH_M / s), *_PIXELS)) for s in scene.spacing_m)
    y, x = round(line), round(pixel)
    window = (y - half[0], y + half[0] + 1, x - half[1], x + half[1] + 1)
    told = {
        "product": scene.product,
        "platform": scene.platform,
        "polarisation": scene.polarisation,
        "t_start": scene.t_start.isoformat() if scene.t_start else None,
        "lines": window[:2],
        "pixels": window[2:],
        "spacing_m": scene.spacing_m,
        "calibration": f"sigma0_db = (value - 1) / {STEPS} + {FLOOR_DB:g}; 0 = no data; thermal noise not taken away",
        "licence": scene.licence,
    }
    data = png(grey(read(*window)), {"makara": json.dumps(told, sort_keys=True)})
    return content_hash(data), data


def grey(sigma: Floats) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Sigma nought as grey values; 0 where there is no data."""
    there = np.isfinite(sigma)
    db = 10.0 * np.log10(np.maximum(np.where(there, sigma, 1.0), 1e-12))
    return np.where(there, np.clip(np.rint((db - FLOOR_DB) * STEPS) + 1.0, 1.0, 255.0), 0.0).astype(np.uint8)


def png(values: np.ndarray[Any, np.dtype[np.uint8]], texts: dict[str, str]) -> bytes:
    """An 8-bit grey PNG with text entries (Latin-1)."""
    height, width = values.shape
    rows = np.concatenate([np.zeros((height, 1), np.uint8), values], axis=1)
    parts = [(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))]
    parts += [(b"tEXt", k.encode("latin-1") + b"\0" + v.encode("latin-1")) for k, v in texts.items()]
    parts += [(b"IDAT", zlib.compress(rows.tobytes(), 9)), (b"IEND", b"")]
    packed = (struct.pack(">I", len(d)) + n + d + struct.pack(">I", zlib.crc32(n + d)) for n, d in parts)
    return b"\x89PNG\r\n\x1a\n" + b"".join(packed)


__all__ = ["FLOOR_DB", "STEPS", "chip", "grey", "png"]
