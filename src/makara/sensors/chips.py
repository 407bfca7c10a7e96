"""A chip: the small picture around a detection, as a PNG that says where it comes from.

The PNG (ISO/IEC 15948) has 8 bits, grey or red, green, blue; 0 is no data. Its ``tEXt`` entry ``makara`` holds JSON:
product, window, what the numbers mean. The chip's name in the table is the SHA-256 of all its bytes.

A chip reaches 320 m from the detection to each side, at least 12 pixels. On pixels finer than 5 m it reaches 64 pixels,
and further where the vessel is longer; what would be over 128 is averaged.
"""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from makara.base.ids import content_hash
from makara.sensors.sar.patches import Patch, Read, patch
from makara.sensors.scene import Scene

REACH_M: Final = 320.0
_PIXELS: Final = (12, 64, 128)
"""From the middle to the edge: the least, those of a fine product, the most."""
_LENGTHS: Final = 1.5
Bytes = NDArray[np.uint8]


def windows(scene: Scene, reads: Sequence[Read], line: float, pixel: float, length_m: float) -> list[Patch]:
    """The chip's windows around a place of a scene, one for each reader, alike in place and size.

    Args:
        scene: the scene.
        reads: of its bands.
        line, pixel: the middle.
        length_m: of what is seen there.
    """
    least, fine, most = _PIXELS
    coarse = max(scene.spacing_m)
    reach = max(min(REACH_M, max(fine * coarse, _LENGTHS * length_m)), least * coarse)
    step = int(np.ceil(reach / (most * coarse)))
    # Half a pixel more: a multiple of the spacing divided by it may come out below the whole number.
    return [patch(read, scene.spacing_m, line, pixel, reach, (step + 0.5) * coarse) for read in reads]


def chip(scene: Scene, values: Bytes, window: Patch, calibration: str, **more: Any) -> tuple[str, bytes]:
    """The hash and the bytes of a chip.

    Args:
        scene: the scene.
        values: lines x pixels, or lines x pixels x 3.
        window: where it lies.
        calibration: what the numbers mean.
        more: further entries of the JSON.
    """
    first = [round(a - (s - 1) / 2) for a, s in zip((window.line, window.pixel), window.step, strict=True)]
    size = [n * s for n, s in zip(values.shape[:2], window.step, strict=True)]
    told = {
        "product": scene.product,
        "platform": scene.platform,
        "t_start": scene.t_start.isoformat() if scene.t_start else None,
        "lines": (first[0], first[0] + size[0]),
        "pixels": (first[1], first[1] + size[1]),
        "spacing_m": scene.spacing_m,
        "calibration": calibration,
        "licence": scene.licence,
        **more,
    }
    if window.step != (1, 1):
        told["averaged"] = window.step
    data = png(values, {"makara": json.dumps(told, sort_keys=True)})
    return content_hash(data), data


def png(values: Bytes, texts: dict[str, str]) -> bytes:
    """An 8-bit PNG, grey or in colour, with text entries (Latin-1)."""
    height, width = values.shape[:2]
    rows = np.concatenate([np.zeros((height, 1), np.uint8), values.reshape(height, -1)], axis=1)
    parts = [(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2 if values.ndim == 3 else 0, 0, 0, 0))]
    parts += [(b"tEXt", k.encode("latin-1") + b"\0" + v.encode("latin-1")) for k, v in texts.items()]
    parts += [(b"IDAT", zlib.compress(rows.tobytes(), 9)), (b"IEND", b"")]
    packed = (struct.pack(">I", len(d)) + n + d + struct.pack(">I", zlib.crc32(n + d)) for n, d in parts)
    return b"\x89PNG\r\n\x1a\n" + b"".join(packed)


__all__ = ["REACH_M", "chip", "png", "windows"]
