"""Make src/makara/data/depth_5min.npz: depth of the sea on a grid of 5 arc minutes.

Input: ETOPO5 (NOAA, National Geophysical Data Center, Data Announcement 88-MGG-02, public domain) as the Debian package
``ferret-datasets`` holds it, ``data/etopo5.cdf``. Run: ``python tools/make_depth_grid.py etopo5.cdf``.
"""

from __future__ import annotations

import io
import lzma
import sys
from pathlib import Path

import numpy as np
import scipy.io

OUT = Path(__file__).resolve().parents[1] / "src" / "makara" / "data" / "depth_5min.npz"


def main() -> None:
    """Make the grid and write it."""
    with scipy.io.netcdf_file(sys.argv[1], "r", mmap=False) as f:
        relief = np.roll(f.variables["ROSE"].data, 2160, axis=1)  # the first column becomes 180 W
    deep = np.maximum(-relief, 0.0)
    code = np.clip(np.rint(np.sqrt(8.0 * deep)), 0, 255).astype(np.uint8)
    packed = np.diff(code, axis=1, prepend=np.uint8(0))
    data = lzma.compress(packed.tobytes(), preset=9 | lzma.PRESET_EXTREME)
    buffer = io.BytesIO()
    np.savez(buffer, packed=np.frombuffer(data, np.uint8), shape=np.array(code.shape))
    OUT.write_bytes(buffer.getvalue())
    sys.stdout.write(f"{OUT}: {OUT.stat().st_size / 1e6:.2f} MB, {code.shape}, deepest {(code.max() ** 2.0) / 8}\n")


if __name__ == "__main__":
    main()
