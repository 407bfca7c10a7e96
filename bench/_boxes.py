"""Bare box filters of other packages over the same scene: run in the environment of the peers (``tools/peers.sh``).

``python -m bench._boxes NAME DIRECTORY``: mean and deviation of the ring (61 less 21 pixels) around each pixel from
four box filters, and a threshold. No calibration, no mask, no clusters. This file knows nothing of Makara.
"""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path
from typing import Any

import numpy as np

OUTER, GUARD = 61, 21
STRIP = 1024
DEVIATIONS = 15.0


def opencv(image: Any, size: int) -> Any:
    """cv2.boxFilter, sums."""
    import cv2

    return cv2.boxFilter(image, cv2.CV_32F, (size, size), normalize=False, borderType=cv2.BORDER_REPLICATE)


def scipy(image: Any, size: int) -> Any:
    """scipy.ndimage.uniform_filter."""
    from scipy import ndimage

    return ndimage.uniform_filter(image, size, mode="nearest") * np.float32(size * size)


BOXES = {"opencv": opencv, "scipy": scipy}


def main(args: list[str]) -> int:
    """One peer over one scene, in strips, so that memory is not what it is measured by."""
    name, directory = args[0], Path(args[1])
    box = BOXES[name]
    told = json.loads((directory / "scene.json").read_text())
    shape = (told["lines"], told["pixels"])
    dn = np.memmap(told["file"], np.uint16, "r", told["offset"], shape)
    many = np.float32(OUTER**2 - GUARD**2)
    found = 0
    for first in range(0, shape[0], STRIP):
        last = min(first + STRIP, shape[0])
        top, low = max(0, first - OUTER // 2), min(shape[0], last + OUTER // 2)
        image = dn[top:low].astype(np.float32)
        image *= image
        mean = box(image, OUTER)
        mean -= box(image, GUARD)
        mean /= many
        square = image * image
        spread = box(square, OUTER)
        spread -= box(square, GUARD)
        spread /= many
        spread -= mean * mean
        np.maximum(spread, 0, out=spread)
        np.sqrt(spread, out=spread)
        spread *= np.float32(DEVIATIONS)
        spread += mean
        found += int(np.count_nonzero((image > spread)[first - top : last - top]))
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(
        json.dumps(
            {"made": shape[0] * shape[1] // 1_000_000, "what": "Mpx", "inside_cpu_s": used.ru_utime + used.ru_stime}
        )
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
