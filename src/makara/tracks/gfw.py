"""Profile ``gfw``: the segments that Global Fishing Watch's public segmenter gives, its defects included.

Rules and constants are those of gpsdio-segment (develop, December 2023; Apache-2.0) as pipe-segment runs it. Each
report is held against the open segments of its mover; the metric falls with the miss of dead reckoning from both sides
and with the time between them. Differences of form: reports without a position (which get a segment of their own each
there) are left out as everywhere here, dropped ones have no track instead of one of their own, and ids are ours.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import polars as pl

from makara.tracks._gfw_pass import link, mark_repeated
from makara.tracks.clean import KEPT, NOISE

DEFECTS: Final = (
    "A report's candidate segments are weighted by the length of other segments (the k-th candidate by the k-th open "
    "segment), so a short one can count as long.",
    "A report that fits two segments almost equally well closes both and begins a third: two ships that meet under one "
    "MMSI lose their tracks.",
    "A report with a speed whose place, speed, course and heading were ever stated before by its mover is dropped, "
    "however long ago that was: a ferry that comes by the same buoy, or a ship that states a speed at its berth.",
    "A report without speed is dropped, and so is one above 0.35 kn without course.",
    "A course that is not known is taken as 0, due north, in the test whether a report lies on the way.",
    "Ways are measured on a plane, with a constant added to the cosine of the latitude: across a pole they look longer "
    "than they are, and tracks break there.",
    "Speeds over 25 kn between reports are not possible, whatever the vessel states.",
    "A clock that is wrong moves a receiver's reports along the track; they make segments of their own.",
    "Reports of one instant are taken in the order given, and of two copies the first is kept: the order of the "
    "input matters.",
    "Speeds of 51.2, 63.0 and 102.3 kn are dropped as noise, whoever states them.",
)
"""What is repeated on purpose. The published pipeline also cuts its input at UTC midnight and joins the fragments of
days greedily; that step lies outside of the segmenter and is not repeated."""
MAX_HOURS: Final = 24.0
"""Hours of silence that end a segment, as published today; in earlier versions it was 8. Answers of both exist."""
NOISE_KN: Final = ((51.15, 51.25), (62.95, 63.05), (102.25, 102.35))
VERY_SLOW_KN: Final = 0.35
_KINDS: Final = {1: 1, 2: 1, 3: 1, 18: 2, 19: 2, 27: 3}
_TRANSPONDERS: Final = {"class_a": 1, "class_b": 2, "long_range": 3, "vms": 4}


def judge(rows: pl.DataFrame, start: Any, t_us: Any, code: Any, max_hours: float) -> Any:
    """First row of each row's track, -1 for none; ``code`` is changed in place.

    Args:
        rows: ``lon_deg, lat_deg, sog_kn, cog_deg, heading_deg`` and, where known, ``msg_type`` and ``transponder``,
            sorted by mover and time.
        start: first row of each row's mover.
        t_us: times, microseconds.
        code: KEPT; becomes DUPLICATE, NOISE or TOO_FAST where a row is dropped.
        max_hours: silence after which a segment ends.
    """
    speed, course = pl.col("sog_kn"), pl.col("cog_deg")
    noisy = pl.any_horizontal(speed.is_between(a, b) for a, b in NOISE_KN)
    usable = speed.is_not_null() & ~noisy & (course.is_not_null() | (speed <= VERY_SLOW_KN))
    long_range, kind = _kinds(rows)
    verdict = pl.when(usable).then(KEPT).otherwise(NOISE).fill_null(NOISE).cast(pl.Int8).alias("code")
    code[:] = rows.select(verdict)["code"].to_numpy()
    stated = (pl.col(c).cast(pl.Float64).fill_null(float("nan")) for c in ("sog_kn", "cog_deg", "heading_deg"))
    place = np.ascontiguousarray(rows.select("lon_deg", "lat_deg", *stated).to_numpy())
    mark_repeated(start, place, code)
    return link(start, t_us, place, kind, long_range, code, max_hours)


def _kinds(rows: pl.DataFrame) -> tuple[Any, Any]:
    """Whether each row is of type 27, and its transponder's classes as bits: A 1, B 2, VMS 4; 0 if unknown."""
    kind = pl.lit(None, pl.Int64)
    if "msg_type" in rows.columns:
        kind = pl.col("msg_type").replace_strict(_KINDS, default=None, return_dtype=pl.Int64)
    if "transponder" in rows.columns:
        kind = pl.coalesce(
            kind, pl.col("transponder").replace_strict(_TRANSPONDERS, default=None, return_dtype=pl.Int64)
        )
    found = rows.with_columns(_kind=kind.fill_null(0))["_kind"].to_numpy()
    return found == 3, found  # type 27 is sent by both classes
