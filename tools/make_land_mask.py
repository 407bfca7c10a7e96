"""Make src/makara/data/land_30s.zip: the 30 arc-second land mask as bits, one member a band of a degree of latitude.

Input: the land mask of the package global-land-mask (made from the public GLOBE elevation model). As bits in bands, few
of which are ever needed, it takes a hundredth of the 930 MB that the package takes.
Run: ``python tools/make_land_mask.py``.
"""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import numpy as np
from global_land_mask import globe

ROWS = 120
OUT = Path(__file__).resolve().parents[1] / "src" / "makara" / "data" / "land_30s.zip"


def main() -> None:
    """Write the bands."""
    land = ~np.asarray(globe._mask)
    axes = {
        "rows": land.shape[0],
        "columns": land.shape[1],
        "band_rows": ROWS,
        "lat0_deg": float(globe._lat[0]),
        "lat_step_deg": float(globe._lat[1] - globe._lat[0]),
        "lon0_deg": float(globe._lon[0]),
        "lon_step_deg": float(globe._lon[1] - globe._lon[0]),
    }
    with zipfile.ZipFile(OUT, "w", zipfile.ZIP_LZMA) as out:
        members = {"axes.json": json.dumps(axes, sort_keys=True).encode()}
        for k in range(land.shape[0] // ROWS):
            members[f"{k:03}"] = np.packbits(land[k * ROWS : (k + 1) * ROWS], axis=1).tobytes()
        for name, data in members.items():
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_LZMA
            out.writestr(info, data)
    print(f"{OUT}: {OUT.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
