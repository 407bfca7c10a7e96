"""Which reports are on no track since they lack a time or a usable place: what ``segment`` leaves out, row by row."""

from __future__ import annotations

import warnings
from typing import Any, Final

import polars as pl

from makara.base.errors import ColumnsError
from makara.base.frames import frame

REQUIRED: Final = ("report", "mover", "t_seen", "lon_deg", "lat_deg")
_KEY: Final = ("mover", "t_seen", "report")


def placed() -> pl.Expr:
    """Whether a row has a key and a place on Earth."""
    have = [pl.col(c).is_not_null() for c in _KEY]
    inside = pl.col("lon_deg").is_between(-180.0, 180.0) & pl.col("lat_deg").is_between(-90.0, 90.0)
    return pl.all_horizontal(*have, inside.fill_null(value=False))


def left_out(reports: Any) -> pl.DataFrame:
    """The rows of reports that :func:`makara.segment` does not return, each with the reason.

    Together with the rows of ``segment`` they are all that was given.

    Args:
        reports: columns of table reports; ``report, mover, t_seen, lon_deg, lat_deg`` are required.

    Returns:
        These rows, in their order, with all their columns and ``reason``: ``no_time``; ``missing_value`` (no position,
        or no ``report`` or ``mover``); ``bad_place`` (no longitude from -180 to 180, or no latitude from -90 to 90);
        ``repeated`` (the same report stands in the table again: one of them counts).

    Raises:
        ColumnsError: a required column is missing or has a wrong type.
    """
    rows = frame(reports)
    missing = [c for c in REQUIRED if c not in rows.columns]
    if missing:
        raise ColumnsError(f"left_out: missing column {', '.join(missing)}; needed are {', '.join(REQUIRED)}")
    try:
        place = [rows[c].cast(pl.Float64).fill_nan(None) for c in REQUIRED[3:]]
    except pl.exceptions.PolarsError as e:
        raise ColumnsError(f"left_out: {str(e).splitlines()[0]}") from e
    judged = rows.with_columns(*place)
    lon, lat = pl.col("lon_deg"), pl.col("lat_deg")
    usable = placed().alias("usable")
    reason = (
        pl.when(pl.col("t_seen").is_null())
        .then(pl.lit("no_time"))
        .when(lon.is_null() | lat.is_null() | pl.col("report").is_null() | pl.col("mover").is_null())
        .then(pl.lit("missing_value"))
        .when(~usable)
        .then(pl.lit("bad_place"))
        .when(~pl.struct(usable, *_KEY).is_first_distinct())
        .then(pl.lit("repeated"))
    )
    return rows.with_columns(judged.select(reason.alias("reason")).to_series()).filter(pl.col("reason").is_not_null())


def warn_of_places(reports: pl.DataFrame) -> None:
    """Warn of rows that state a place which is none; a place that is unknown is null, and no reason to warn."""
    if not all(reports.schema.get(c, pl.Null()).is_numeric() for c in REQUIRED[3:]):
        return
    limits = (("lon_deg", 180.0), ("lat_deg", 90.0))
    if all(_within(reports[c], most) for c, most in limits):
        return
    beyond = [pl.col(c).cast(pl.Float64).fill_nan(None).abs() > most for c, most in limits]
    n = reports.select((beyond[0] | beyond[1]).sum()).item()
    if n:
        warnings.warn(
            f"segment leaves out {n} of {len(reports)} rows, whose longitude is not in [-180, 180] or whose latitude "
            "is not in [-90, 90]; makara.left_out(reports) tells which, with those that lack a time or a place",
            stacklevel=3,
        )


def _within(values: pl.Series, most: float) -> bool:
    """Whether no value is beyond; costs no copy."""
    least, top = values.min(), values.max()
    return not (isinstance(least, int | float) and isinstance(top, int | float) and (least < -most or top > most))
