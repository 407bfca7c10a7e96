"""Match: which detection is which track, how surely, and how surely it is a vessel that does not transmit.

Each track that could be near is carried to the instant of each detection; pairs are weighed as log-likelihood ratios
against an unexplained detection; the assignment is one to one within a sweep, the probabilities are marginals over all
assignments (belief propagation), and the density of unexplained detections is found by iteration, higher around other
unexplained ones. After Kroodsma 2022 and Paolo 2024 (densities), Williams and Lau 2014 (marginals).
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import polars as pl
from scipy.spatial import cKDTree

from makara.base.errors import NotFoundError
from makara.base.frames import frame
from makara.fusion import dark
from makara.fusion._assign import assign, marginals
from makara.fusion._frames import tracks_of
from makara.fusion._looks import Looks, looks_of, marks_of
from makara.fusion._pairs import LLR_MIN, Near, Pairs, near, weigh
from makara.fusion._states import Floats, Ints, Tracks
from makara.tables import table

PROFILES: Final = ("makara",)
AGAINST: Final = ("ais", "vms")
_ROUNDS: Final = 5
_AROUND_M: Final = 20_000.0
_START: Final = 0.25
_OWN: Final = [f.name for f in table("matches").fields if f.name not in ("source", "t_known", "mark")]


def match(
    detections: Any,
    collections: Any,
    track_points: Any,
    *,
    profile: str = "makara",
    against: str = "ais",
    vessels: Any = None,
) -> pl.DataFrame:
    """Each detection and the track that explains it best, with probabilities.

    Args:
        detections: table detections; ``detection, sensor, t_seen, lon_deg, lat_deg`` are required; ``collection``, the
            error ellipse, ``length_m``, ``p_vessel``, ``structure`` and ``mark`` are used where there.
        collections: table collections; ``collection`` is required; ``footprint, length50_m, heading_deg, look,
            incidence_deg`` are used where there.
        track_points: table track_points; ``track, t_seen, lon_deg, lat_deg`` are required; reports up to six hours
            before and after a detection are used.
        profile: ``makara``.
        against: ``ais`` (every receiver but VMS) or ``vms``.
        vessels: ``mover, class, length_m, marks`` where known: spread, top speed and length agreement.

    Returns:
        Columns of table matches without stamps, and ``marks``: the marks of all rows that the answer rests on. One
        row a detection, sorted by it. ``track`` is null where "none" is likelier than not; the best candidate is then
        the runner-up. ``p_dark`` is null where nothing can be said; ``reasons`` say why.

    Raises:
        ColumnsError: a required column is missing.
        InputError: a footprint is no WKB.
        NotFoundError: there is no such profile, or nothing to match against by that name.
    """
    if profile not in PROFILES:
        raise NotFoundError(f"no profile {profile!r} of match; there are: {', '.join(PROFILES)}")
    if against not in AGAINST:
        raise NotFoundError(f"nothing to match against called {against!r}; there are: {', '.join(AGAINST)}")
    looks = looks_of(frame(detections), frame(collections))
    if not looks.t_us.size:
        schema = {c: table("matches").schema[c] for c in _OWN}
        return pl.DataFrame(schema=schema | {"marks": pl.List(pl.String())})
    tracks = tracks_of(frame(track_points), None if vessels is None else frame(vessels), against)
    around = near(looks, tracks)
    pairs = weigh(looks, tracks, around)
    pairs, llr, p, p_none = _solve(looks, tracks, pairs)
    nodes = looks.group[pairs.detection] * max(tracks.ident.size, 1) + pairs.track
    _, node = np.unique(nodes, return_inverse=True)
    chosen = assign(node, pairs.detection, llr, nodes.size, p_none.size)
    chosen = np.where(p_none <= 0.5, chosen, -1)
    out = _answers(looks, tracks, pairs, p, p_none, chosen)
    out = dark.judge(out, looks, around, against)
    return out.with_columns(
        _marks(looks, tracks, pairs, around),
        _looked(looks, tracks, around, against),
        profile=pl.lit(profile),
        against=pl.lit(against),
    ).select(*(pl.col(c).cast(table("matches").schema[c]) for c in _OWN), "marks")


def _solve(looks: Looks, tracks: Tracks, pairs: Pairs) -> tuple[Pairs, Floats, Floats, Floats]:
    """Pairs worth keeping, their log-likelihood ratios and probabilities, and the probability of none by detection."""
    m = looks.t_us.size
    same = _neighbours(looks)
    p_none = np.full(m, _START)
    llr = p = np.zeros(0)
    kept: Any = np.zeros(0, bool)
    for _ in range(_ROUNDS):
        total = np.bincount(looks.look, p_none)[looks.look] if m else p_none
        rho = np.maximum(total, 0.5) / looks.area_m2
        rho = rho + np.bincount(same[0], p_none[same[1]], m) / (np.pi * _AROUND_M**2)
        ratio = pairs.llr - np.log(rho[pairs.detection])
        kept = ratio > LLR_MIN
        i, j, llr = pairs.track[kept], pairs.detection[kept], ratio[kept]
        _, node = np.unique(looks.group[j] * max(tracks.ident.size, 1) + i, return_inverse=True)
        p, p_none = marginals(node, j, llr, int(node.max()) + 1 if node.size else 0, m)
    return pairs.take(kept), llr, p, p_none


def _neighbours(looks: Looks) -> tuple[Ints, Ints]:
    """Ordered pairs of detections of one sweep within 20 km of each other."""
    a, b = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    order = np.argsort(looks.group, kind="stable")
    for at in np.split(order, np.flatnonzero(np.diff(looks.group[order])) + 1) if order.size else []:
        close = cKDTree(looks.xyz[at]).query_pairs(_AROUND_M, output_type="ndarray")
        a += [at[close[:, 0]], at[close[:, 1]]]
        b += [at[close[:, 1]], at[close[:, 0]]]
    x, y = np.concatenate(a), np.concatenate(b)
    order = np.lexsort((y, x))
    return x[order], y[order]


def _answers(looks: Looks, tracks: Tracks, pairs: Pairs, p: Floats, p_none: Floats, chosen: Ints) -> pl.DataFrame:
    """Detection, track, p, runner-up, p_none, and the evidence of the best candidate."""
    m = p_none.size
    ids = pl.Series(tracks.ident, dtype=pl.Int64)
    first = np.zeros(pairs.track.size, bool)
    first[chosen[chosen >= 0]] = True
    # Pairs by detection: the chosen first, then by probability, then by track.
    order = np.lexsort((pairs.track, -p, ~first, pairs.detection))
    begins = np.searchsorted(pairs.detection[order], np.arange(m))
    counts = np.bincount(pairs.detection, minlength=m)
    has = counts > 0
    best = np.full(m, -1, np.int64)
    best[has] = order[begins[has]]
    named = chosen >= 0
    second = np.where(named, 1, 0)
    other = np.full(m, -1, np.int64)
    more = counts > second
    other[more] = order[(begins + second)[more]]
    top = np.where(named, chosen, -1)

    def of(values: Any, rows: Ints) -> pl.Series:
        if not values.size:
            return pl.Series([None] * m, dtype=pl.Float64)
        return pl.Series(np.where(rows >= 0, values[rows], np.nan)).fill_nan(None)

    def track(rows: Ints) -> pl.Series:
        at = pl.Series(np.where(rows >= 0, pairs.track[rows] if pairs.track.size else 0, -1))
        found = ids.gather(at.clip(lower_bound=0).cast(pl.UInt32)) if len(ids) else pl.repeat(0, m, eager=True)
        return pl.select(pl.when(at >= 0).then(found).cast(pl.Int64)).to_series()

    return pl.DataFrame(
        {
            "detection": looks.frame["detection"],
            "track": track(top),
            "p": of(p, top),
            "runner_up": track(other),
            "p_runner_up": of(p, other),
            "p_none": p_none,
            "_away_m": of(pairs.away_m, best),
            "_spread_m": of(pairs.spread_m, best),
            "_gap_s": of(pairs.gap_s, best),
        }
    )


def _lists(at: Ints, values: pl.Series, m: int, name: str) -> pl.Series:
    """Sorted distinct values of each detection."""
    pairs = pl.DataFrame({"at": at, "v": values}).drop_nulls().unique().sort("at", "v")
    lists = pairs.group_by("at", maintain_order=True).agg("v")
    every = pl.DataFrame({"at": np.arange(m)}).join(lists, on="at", how="left", maintain_order="left")
    empty = pl.lit([], dtype=pl.List(pl.String()))
    return every.select(pl.col("v").cast(pl.List(pl.String())).fill_null(empty).alias(name)).to_series()


def _marks(looks: Looks, tracks: Tracks, pairs: Pairs, around: Near) -> pl.Series:
    """Marks of the detection, its look, its candidates' reports and claims, and the reports that tell reception."""
    m = looks.t_us.size
    own, look = marks_of(looks)
    rows = np.concatenate([pairs.before, pairs.after, around.rows[1]])
    at = np.concatenate([pairs.detection, pairs.detection, around.rows[0]])
    used = tracks.mark.gather(pl.Series(rows[rows >= 0], dtype=pl.UInt32))
    each = np.arange(m)
    of = pl.Series(pairs.track, dtype=pl.UInt32)
    told = pl.DataFrame({"at": pairs.detection, "v": tracks.vessel_marks.gather(of)}).explode("v")
    at = np.concatenate([each, each, at[rows >= 0], told["at"].to_numpy()])
    return _lists(at, pl.concat([own, look, used, told["v"].cast(pl.String)]), m, "marks")


def _looked(looks: Looks, tracks: Tracks, around: Near, against: str) -> pl.Series:
    """Feeds searched: the receiver classes that neighbours were heard by."""
    used = tracks.receiver.gather(pl.Series(around.rows[1], dtype=pl.UInt32))
    return _lists(around.rows[0], f"feed:{against}." + used, looks.t_us.size, "looked")
