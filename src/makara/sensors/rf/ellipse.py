"""Error ellipses of other confidence, brought to 95 %."""

from __future__ import annotations

from typing import Final

import polars as pl

CONFIDENCE: Final = 0.95
"""What the ellipses of table detections hold."""


def scale_to_95(confidence: pl.Expr) -> pl.Expr:
    """The factor by which half axes at a confidence grow to those at 95 %.

    In two dimensions a Gaussian error lies within k standard deviations with the probability 1 - exp(-k^2 / 2), so half
    axes go as sqrt(-2 ln(1 - p)): 1.18 at 50 %, 2.15 at 90 %, 2.45 at 95 %, 3.03 at 99 %.

    Args:
        confidence: a share in (0, 1), or per cent above 1 and below 100.

    Returns:
        The factor; null where the confidence is none.
    """
    share = pl.when(confidence > 1.0).then(confidence / 100.0).otherwise(confidence)
    sound = pl.when((share > 0.0) & (share < 1.0)).then(share)
    return ((1.0 - pl.lit(CONFIDENCE)).log() / (1.0 - sound).log()).sqrt()
