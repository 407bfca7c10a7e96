"""Text and foreign types to ours: numbers, instants, and which row of a file was bad."""

from __future__ import annotations

from typing import Final

import polars as pl

from makara.base.errors import UsageError
from makara.sources import _source
from makara.sources._rows import DECIMAL_COMMA, ROW
from makara.sources._source import TS

_NAIVE: Final = (
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%dT%H:%M:%S%.f",
    "%Y/%m/%d %H:%M:%S%.f",
    "%Y/%m/%d.%H:%M:%S%.f",
    "%d/%m/%Y %H:%M:%S%.f",
    "%d-%m-%Y %H:%M:%S%.f",
    "%d.%m.%Y %H:%M:%S%.f",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%dT%H:%M",
    "%Y/%m/%d %H:%M",
    "%d/%m/%Y %H:%M",
    "%d.%m.%Y %H:%M",
    "%d-%b-%Y %H:%M:%S",
    "%m/%d/%Y %I:%M:%S %p",  # only who writes AM and PM writes the month first
    "%Y%m%dT%H%M%S",
    "%Y%m%d%H%M%S",
)
_DAYS: Final = ("%Y-%m-%d", "%d/%m/%Y")
_ZONED: Final = ("%Y-%m-%dT%H:%M:%S%.f%#z", "%Y-%m-%d %H:%M:%S%.f%#z", "%Y-%m-%dT%H:%M%#z", "%Y%m%dT%H%M%S%#z")


def number(values: pl.Series, *, comma: bool = False) -> pl.Series:
    """Numbers as Float64; what is no number becomes null.

    Args:
        values: the column as read.
        comma: a comma in a number marks decimals, as in ``-77,90511``: for columns in which no thousands occur.
    """
    if values.dtype == pl.String():
        values = values.str.strip_chars()
    out = values.cast(pl.Float64(), strict=False)
    if comma and values.dtype == pl.String() and out.null_count() > values.null_count():
        out = values.str.replace(*DECIMAL_COMMA).cast(pl.Float64(), strict=False)
    return out.fill_nan(None)


def text(values: pl.Series) -> pl.Series:
    """Text without surrounding blanks; empty text becomes null."""
    t = values.cast(pl.String()).str.strip_chars()
    return t.set(t == "", None)


def instant(values: pl.Series, tz: str | None, column: str) -> pl.Series:
    """Instants from text (ISO 8601 and its relatives, day first with slashes), epoch seconds or ms, or typed times.

    Args:
        values: the column as read.
        tz: zone of times that name none.
        column: its name, for the error.

    Returns:
        Datetime series in UTC; what is no time becomes null.

    Raises:
        UsageError: times name no zone and ``tz`` is not given, or is unknown.
    """
    kind = values.dtype
    if isinstance(kind, pl.Datetime):
        return values.cast(TS) if kind.time_zone else _zoned(values.cast(pl.Datetime("us")), tz, column)
    if kind == pl.Date():
        return _zoned(values.cast(pl.Datetime("us")), tz, column)
    if kind.is_numeric():
        return _epoch(values.cast(pl.Float64()))
    t = text(values)
    count = t.cast(pl.Float64(), strict=False)
    out = _epoch(count)
    if count.is_between(1.9e13, 2.1e13).any():  # YYYYMMDDhhmmss; milliseconds have 13 digits until 2286
        out = out.set(count.is_between(1.9e13, 2.1e13), None)
    if t.str.contains(r"(UTC|GMT)$").any():
        t = t.str.replace(r"\s*(UTC|GMT)$", "Z")
    for form in _ZONED:
        if (out.is_null() & t.is_not_null()).any():
            out = _fill(out, _parse(t.set(out.is_not_null(), None), form).cast(TS))
    naive = pl.Series(column, [None], dtype=pl.Datetime("us")).new_from_index(0, len(t))
    for form in (*_NAIVE, *_DAYS):
        rest = t.set(out.is_not_null() | naive.is_not_null(), None)
        if rest.is_not_null().any():
            naive = _fill(naive, _parse(rest, form))
    return _fill(out, _zoned(naive, tz, column)) if naive.is_not_null().any() else out


def _parse(values: pl.Series, form: str) -> pl.Series:
    if form in _DAYS:
        return values.str.to_date(form, strict=False).cast(pl.Datetime("us"))
    return values.str.to_datetime(form, time_unit="us", strict=False)


def _fill(into: pl.Series, other: pl.Series) -> pl.Series:
    return into.zip_with(into.is_not_null(), other)


def _zoned(values: pl.Series, tz: str | None, column: str) -> pl.Series:
    if values.is_null().all():
        return values.dt.replace_time_zone("UTC")
    if tz is None:
        raise UsageError(f"the times in column {column!r} name no time zone; add --tz UTC (or their zone)")
    try:
        return values.dt.replace_time_zone(tz, ambiguous="earliest", non_existent="null").cast(TS)
    except pl.exceptions.PolarsError as e:
        raise UsageError(f"time zone {tz!r} is unknown; write UTC, or a name such as Asia/Manila") from e


def _epoch(values: pl.Series) -> pl.Series:
    """Seconds, milliseconds or microseconds since 1970, told apart by size."""
    v = values.to_frame("v").select(
        pl.when(pl.col("v").abs() < 1e11)
        .then(pl.col("v") * 1e6)
        .when(pl.col("v").abs() < 1e14)
        .then(pl.col("v") * 1e3)
        .when(pl.col("v").abs() < 1e17)
        .then(pl.col("v"))
    )["v"]
    return v.round(0).cast(pl.Int64(), strict=False).cast(TS)


def part(
    rows: pl.DataFrame, raw: pl.DataFrame, reason: pl.Expr, detail: pl.Expr, file: str
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Part rows into those without a reason to reject them, and rejects.

    Args:
        rows: converted rows, with ``line``.
        raw: the rows as read, in the same order.
        reason: expression over ``rows``; null keeps the row.
        detail: expression over ``rows`` in words.
        file: the file's name.
    """
    judged = rows.with_columns(reason.alias("reason"))
    bad = judged["reason"].is_not_null()
    if not bad.any():
        return rows, _source.no_rejects()
    judged = judged.with_columns(detail.alias("detail")).filter(bad)
    columns = [c for c in raw.columns if c != ROW]
    printed = raw.filter(bad).select(
        pl.concat_str(pl.col(columns).cast(pl.String(), strict=False).fill_null(""), separator=",")
    )
    rejects = judged.select(
        pl.lit(file).alias("file"),
        pl.col("line").cast(pl.Int64()),
        pl.lit(None, pl.Int64()).alias("offset"),
        "reason",
        "detail",
        printed.to_series().cast(pl.Binary()).bin.slice(0, _source.RAW_BYTES).alias("raw"),
    )
    return rows.filter(~bad), rejects
