"""What lies together on the water, how big it is, and how likely it is a vessel.

Nothing here was fitted to real labelled scenes, for none can be had freely: the probability is a weighing of reasons,
bounded away from certainty, and ``docs/models/optical.md`` says what it does on simulated scenes.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from makara.sensors.optical.targets import Hits
from makara.sensors.sar.clusters import link
from makara.sensors.scene import Scene

Floats = NDArray[np.float64]
GAP: Final = 1
"""Pixels that lie no further apart than this belong together."""
SCHEMA: Final = {
    "line": pl.Float64(), "pixel": pl.Float64(), "pixels": pl.Int64(), "sensor": pl.String(),
    "t_seen": pl.Datetime("us", "UTC"), "lon_deg": pl.Float64(), "lat_deg": pl.Float64(), "semi_major_m": pl.Float32(),
    "semi_minor_m": pl.Float32(), "length_m": pl.Float32(), "length_sd_m": pl.Float32(), "width_m": pl.Float32(),
    "axis_deg": pl.Float32(), "p_vessel": pl.Float32(), "structure": pl.String(), "scr_db": pl.Float32(),
    "flags": pl.List(pl.String()),
}  # fmt: skip
"""Columns of detections that pixels can tell, with the place in the image."""
CLUSTERS: Final = ("line", "pixel", "pixels", "seeds", "peak", "spread", "length_m", "width_m", "down", "right",
                   "foam", "swir", "near", "cloud", "around", "edge")  # fmt: skip
GEOLOCATION_M: Final = 6.0
"""Standard deviation of a product's georeference, metres (Sentinel-2 states 11 m or better at 95 %)."""
_95: Final = 2.4477
"""Standard deviations to the edge of the ellipse that holds 95 in a hundred, in two dimensions."""
CORE: Final = 0.3
"""What is fainter than this share of its peak is wake, foam or blur, and does not count for the size."""
NEAR_M: Final = 1000.0
LONGEST_M: Final = 450.0
WIDEST_M: Final = 90.0
CROWD: Final = 8
"""So many others within NEAR_M, and it may be whitecaps or broken cloud."""
HULL: Final = 0.75
"""Excess in the near infrared by that in green: steel and paint have more, foam less (Frouin and others 1996)."""
CERTAIN: Final = 0.9
"""No reason makes it surer: what the detector takes for ships was never counted on real scenes."""


def clusters(hits: Hits, scene: Scene) -> pl.DataFrame:
    """Clusters that hold a seed, with what tells ships from what looks like them; columns CLUSTERS.

    ``line, pixel``: centre; ``pixels, seeds``: how many; ``peak``: greatest excess of brightness; ``spread``: robust
    deviation of the water; ``length_m, width_m``: of the rectangle with the core's second moments; ``down, right``: its
    axis in the image; ``foam``: excess in the near infrared by that in green; ``swir``: mean short-wave infrared;
    ``near``: other clusters, not much smaller, within NEAR_M; ``cloud``: share of its pixels under the product's mask;
    ``around``: pixels of cloud in the blocks around by its own pixels; ``edge``: it touches what is not water.
    """
    if hits.line.size == 0:
        return pl.DataFrame(schema=dict.fromkeys(CLUSTERS, pl.Float64()))
    root = link(hits.line, hits.pixel, GAP)
    label = np.unique(root, return_inverse=True)[1].astype(np.int64)
    keep = np.bincount(label, hits.seed) > 0
    mine = keep[label]
    label, n = (np.cumsum(keep) - 1)[label[mine]], int(keep.sum())
    if n == 0:
        return pl.DataFrame(schema=dict.fromkeys(CLUSTERS, pl.Float64()))
    line, pixel, excess = (a[mine].astype(np.float64) for a in (hits.line, hits.pixel, hits.excess))

    def total(x: Any = None) -> Floats:
        return np.bincount(label, x, n).astype(np.float64)

    order = np.argsort(label, kind="stable")
    first = np.searchsorted(label[order], np.arange(n))
    peak = np.maximum.reduceat(excess[order], first)
    half = 0.5 * peak[label]
    # Brighter than half the peak counts alike, so that one bright hatch does not shrink the hull.
    weight = np.where(excess >= CORE * peak[label], np.minimum(excess, half) / half, 0.0)
    # Where there is a hull, foam beside and behind it does not count.
    hull = hits.nir[mine] > HULL * np.maximum(hits.green[mine], 1e-3)
    hulls = np.bincount(label, hull & (excess >= half), n) > 0
    weight = np.where(hull | ~hulls[label], weight, 0.0)
    weights, many = total(weight), total()
    row, column = total(weight * line) / weights, total(weight * pixel) / weights
    size = scene.spacing_m
    dy, dx = (line - row[label]) * size[0], (pixel - column[label]) * size[1]
    yy, xx, xy = (total(weight * a * b) / weights for a, b in ((dy, dy), (dx, dx), (dx, dy)))
    turn = 0.5 * np.arctan2(2.0 * xy, xx - yy)
    down, right = np.sin(turn), np.cos(turn)
    mean, root_of = (xx + yy) / 2, np.hypot((xx - yy) / 2, xy)
    blur = 0.2 * size[0] * size[1]
    length, width = (np.sqrt(12.0 * np.maximum(v - blur, 0.0)) for v in (mean + root_of, mean - root_of))
    block = hits.block
    i, j = (np.asarray(np.rint(v), np.int64) // block for v in (row, column))
    green = total(np.maximum(hits.green[mine], 0.0) * weight)
    clouded, dry = _around(hits.clouded, i, j), _around((~hits.wet).astype(np.float64), i, j)
    with np.errstate(invalid="ignore"):
        swir = total(hits.swir[mine] * weight) / weights
    return pl.DataFrame(
        {
            "line": row, "pixel": column, "pixels": many, "seeds": total(hits.seed[mine]), "peak": peak,
            "spread": total(hits.spread[mine]) / many, "length_m": length, "width_m": width, "down": down,
            "right": right, "foam": total(np.maximum(hits.nir[mine], 0.0) * weight) / np.maximum(green, 1e-6),
            "swir": swir, "near": _near(row * size[0], column * size[1], many), "cloud": total(hits.cloud[mine]) / many,
            "around": clouded * block**2 / many, "edge": np.minimum(dry, 1.0),
        },
        schema=dict.fromkeys(CLUSTERS, pl.Float64()),
    )  # fmt: skip


def _around(values: Floats, i: NDArray[np.int64], j: NDArray[np.int64]) -> Floats:
    """Sum over the three by three blocks around; blocks outside the image count nothing."""
    padded = np.pad(np.nan_to_num(values), 1)
    return np.asarray(sum(padded[i + p, j + q] for p in range(3) for q in range(3)), np.float64)


def _near(y: Floats, x: Floats, many: Floats) -> Floats:
    """How many others of half its pixels or more lie within NEAR_M."""
    from scipy.spatial import cKDTree

    pairs = cKDTree(np.stack([y, x], -1)).query_pairs(NEAR_M, output_type="ndarray")
    a, b = pairs[:, 0], pairs[:, 1]
    one, other = 2.0 * many[b] >= many[a], 2.0 * many[a] >= many[b]
    return np.asarray(np.bincount(a, one, len(y)) + np.bincount(b, other, len(y)), np.float64)


def detections(found: pl.DataFrame, scene: Scene) -> pl.DataFrame:
    """Clusters as detections (SCHEMA), in their order; what is under cloud is left out.

    Args:
        found: see :func:`clusters`.
        scene: their scene.
    """
    rows = found.filter(~under_cloud(found))
    line, pixel = rows["line"].to_numpy(), rows["pixel"].to_numpy()
    lon, lat = scene.georeference.place(line, pixel)
    step = float(np.mean(scene.spacing_m))
    length, width = rows["length_m"].to_numpy(), rows["width_m"].to_numpy()
    down, right = (rows[k].to_numpy() / s for k, s in zip(("down", "right"), scene.spacing_m, strict=True))
    axis = scene.georeference.bearing_deg(line, pixel, down, right) % 180.0
    told = (rows["pixels"].to_numpy() >= 3) & (length > 1.4 * np.maximum(width, step))
    # The centre of a target is known to a third of a pixel; of a wake or a bright hatch it may be off by more.
    ellipse = _95 * np.hypot(GEOLOCATION_M, np.hypot(0.35 * step, 0.05 * length))
    p, flags = judged(rows)
    seen = scene.seen(line)
    return pl.DataFrame(
        {
            "line": line,
            "pixel": pixel,
            "pixels": rows["pixels"].cast(pl.Int64()),
            "sensor": ["optical"] * len(rows),
            "t_seen": seen,
            "lon_deg": lon,
            "lat_deg": lat,
            "semi_major_m": ellipse,
            "semi_minor_m": ellipse,
            "length_m": np.maximum(length, step),
            "length_sd_m": np.hypot(0.7 * step, 0.08 * length),
            # A hull thinner than a pixel has no width that could be measured.
            "width_m": [w if w >= step else None for w in width.tolist()],
            "axis_deg": [a if t else None for a, t in zip(axis.tolist(), told.tolist(), strict=True)],
            "p_vessel": p,
            "structure": [None] * len(rows),
            "scr_db": 10.0 * np.log10(np.maximum(rows["peak"].to_numpy() / rows["spread"].to_numpy(), 1e-3)),
            "flags": flags,
        },
        schema=SCHEMA,
        strict=False,
    )


def under_cloud(found: pl.DataFrame) -> pl.Series:
    """Whether clusters are cloud: most of them under the mask, in a cloud larger than themselves.

    Masks take bright ships for little clouds: one alone on clear water stays.
    """
    return found.select((pl.col("cloud") > 0.5) & (pl.col("around") > 3.0))[:, 0]


def judged(found: pl.DataFrame) -> tuple[Floats, list[list[str]]]:
    """P(vessel) of clusters by the reasons for and against, and the doubts as flags."""
    c = {k: found[k].to_numpy() for k in CLUSTERS}
    score = np.full(len(found), 0.9)
    score += np.clip(np.log2(np.maximum(c["peak"], 1e-6) / 0.06), -1.0, 1.5)
    foam = (c["foam"] < HULL) | (c["swir"] < 0.015)
    # An anchorage is crowded, too, but its ships have the shape of ships.
    shapeless = (c["pixels"] <= 4) | (c["length_m"] < 2.5 * c["width_m"])
    doubts: dict[str, tuple[NDArray[np.bool_], Any]] = {
        "one_pixel": (c["pixels"] <= 1, 1.5),
        "foam": (foam, 2.0),
        "large": ((c["length_m"] > LONGEST_M) | (c["width_m"] > WIDEST_M), 4.0),
        "round": ((c["width_m"] > 25.0) & (c["length_m"] < 2.5 * c["width_m"]), 2.0),
        "crowded": ((c["near"] > CROWD) & shapeless, np.clip(0.04 * (c["near"] - CROWD), 0.3, 1.5)),
        "near_cloud": ((c["around"] > 3.0) & (c["cloud"] <= 0.5), 1.5),
        "cloud_mask": (c["cloud"] > 0.5, 1.0),
        "edge": ((c["edge"] > 0) & (c["around"] <= 3.0), 1.2),
    }
    for applies, costs in doubts.values():
        score -= np.where(applies, costs, 0.0)
    p = np.clip(1.0 / (1.0 + np.exp(-score)), 0.02, CERTAIN)
    flags = [[name for name, (applies, _) in doubts.items() if applies[k]] for k in range(len(found))]
    return p, flags
