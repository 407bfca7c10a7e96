"""Dark: how surely a detection is a vessel that does not transmit, and when nothing can be said.

P(dark) = P(vessel) x P(no track explains it) x P(silent | a vessel that no track explains). The last weighs a vessel
that does not transmit (a prior of 0.3: of fishing vessels three in four, of others one in four; Paolo 2024) against one
that does and was not heard.
Nothing is said outside a footprint, within 500 m of a SAR scene's border, of structures, and without reception.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from makara.fusion._looks import Looks, standing
from makara.fusion._pairs import Near
from makara.tables import REASON, REASONS

BORDER_M: Final = 500.0
SILENT_PRIOR: Final = 0.3
P_VESSEL: Final = 0.8
"""P(vessel) of a detection whose detector gives none."""
_ABSTAINS: Final = {
    "no_look": "a sighting, not a look: nothing tells what else was searched",
    "no_footprint": "the look's footprint is unknown",
    "outside_look": "it lies outside the look's footprint",
    "border": "it lies on the border of the scene",
}


def judge(answers: pl.DataFrame, looks: Looks, around: Near, against: str) -> pl.DataFrame:
    """Answers with ``p_heard``, ``p_dark`` and ``reasons``.

    Args:
        answers: as match makes them, one row a detection in the order of looks.
        looks: the detections.
        around: reception at each detection.
        against: what was matched against, for the words.
    """
    d = looks.frame
    p_vessel = d["p_vessel"] if "p_vessel" in d.columns else pl.repeat(None, len(d), dtype=pl.Float32, eager=True)
    structure = d["structure"] if "structure" in d.columns else pl.repeat(None, len(d), dtype=pl.String, eager=True)
    work = answers.with_columns(
        pl.Series("p_heard", around.p_heard).fill_nan(None),
        pl.Series("_neighbours", around.neighbours),
        pl.Series("_radius_m", around.radius_m).fill_nan(None),
        standing(looks, BORDER_M),
        p_vessel.cast(pl.Float64).alias("_p_vessel"),
        structure.cast(pl.String).alias("_structure"),
    )
    silent = SILENT_PRIOR / (SILENT_PRIOR + (1.0 - SILENT_PRIOR) * (1.0 - pl.col("p_heard")))
    told = (pl.col("standing") == "inside") & pl.col("_structure").is_null() & pl.col("p_heard").is_not_null()
    p_dark = pl.col("_p_vessel").fill_null(P_VESSEL) * pl.col("p_none") * silent
    work = work.with_columns(p_dark=pl.when(told).then(p_dark))
    name = against.upper()
    reasons = [
        _reason(
            "track_near",
            pl.col("_away_m").is_not_null(),
            pl.format("the best {} track was predicted {} m away", pl.lit(name), _whole("_away_m")),
            pl.col("_away_m").round(0),
            "m",
            pl.col("_spread_m").round(0),
        ),
        _reason(
            "report_near",
            pl.col("_gap_s").is_not_null(),
            pl.format("that track's nearest report is {} min away", (pl.col("_gap_s") / 60).round(0).cast(pl.Int64)),
            pl.col("_gap_s").round(0),
            "s",
        ),
        _reason("no_track", pl.col("_away_m").is_null(), pl.lit(f"no {name} track could have been there")),
        _reason(
            "heard",
            pl.col("p_heard").is_not_null(),
            pl.format(
                "{} {} neighbours within {} km tell that {} of 100 vessels that transmit would be heard",
                "_neighbours",
                pl.lit(name),
                (pl.col("_radius_m") / 1000).cast(pl.Int64),
                (pl.col("p_heard") * 100).round(0).cast(pl.Int64),
            ),
            pl.col("p_heard").round(4),
        ),
        _reason(
            "reception_unknown",
            pl.col("p_heard").is_null(),
            pl.format("too few {} neighbours ({}) tell whether it would have been heard", pl.lit(name), "_neighbours"),
            pl.col("_neighbours").cast(pl.Float64),
        ),
        _reason("structure", pl.col("_structure").is_not_null(), pl.format("held to be no vessel: {}", "_structure")),
        *(_reason(code, pl.col("standing") == code, pl.lit(text)) for code, text in _ABSTAINS.items()),
    ]
    return work.with_columns(reasons=pl.concat_list(reasons).list.drop_nulls().cast(REASONS))


def _whole(column: str) -> pl.Expr:
    return pl.col(column).round(0).cast(pl.Int64)


def _reason(
    code: str,
    holds: pl.Expr,
    text: pl.Expr,
    value: pl.Expr | None = None,
    unit: str | None = None,
    against: pl.Expr | None = None,
) -> pl.Expr:
    null = pl.lit(None, dtype=pl.Float64)
    one = pl.struct(
        code=pl.lit(code),
        value=null if value is None else value,
        unit=pl.lit(unit, dtype=pl.String),
        against=null if against is None else against,
        weight=pl.lit(None, dtype=pl.Float32),
        text=text,
    ).cast(REASON)
    return pl.when(holds).then(one)
