"""What public AIS archives in CSV share: reports, and claims made of the static columns that each row repeats."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import polars as pl

from makara.base import ids
from makara.base.errors import ColumnsError
from makara.base.keyset import KeySet
from makara.sources import _convert, _places, _source, _tables
from makara.sources._plain_rows import PlainRows
from makara.sources._recipe import SAID
from makara.sources._rows import ROW, blocks, is_parquet, rows
from makara.sources._source import Batch, shape

_NUMBERS: Final = (
    "mmsi", "lon_deg", "lat_deg", "sog_kn", "cog_deg", "heading_deg", "rot_deg_min", "nav_status", "imo", "ship_type",
    "length_m", "width_m", "draught_m",
)  # fmt: skip
_OF_REPORT: Final = ("mmsi", "t_seen", *_NUMBERS[1:8])
"""Columns that tell of a report alone."""
_STATIC: Final = (
    "imo", "name", "callsign", "ship_type", "length_m", "width_m", "draught_m", "destination", "eta_text", "eta",
)  # fmt: skip


def typed(frame: pl.DataFrame, columns: Mapping[str, Sequence[str]], needed: Sequence[str], path: Path) -> pl.DataFrame:
    """Columns by our names, numbers as Float64, ``t_seen`` and ``eta`` as instants, the others text.

    Args:
        frame: rows as read.
        columns: the names that each of our columns may have in the file.
        needed: our columns that must be there.
        path: the file.

    Raises:
        ColumnsError: a column is missing; the message names it and those there are.
    """
    out: dict[str, pl.Series] = {"line": frame[ROW]}
    for target, names in columns.items():
        name = next((n for n in names if n in frame.columns), None)
        if name is None:
            if target in needed:
                have = ", ".join(c for c in frame.columns if c != ROW)
                raise ColumnsError(f"{path} has no column {names[0]}; it has: {have}")
            continue
        values = frame[name]
        if target in ("t_seen", "eta"):
            out[target] = _convert.instant(values, "UTC", name)
        else:
            out[target] = _convert.number(values, comma=True) if target in _NUMBERS else _convert.text(values)
        if target in SAID:
            out[f"{target}_said"] = _convert.text(values).is_not_null()
    return pl.DataFrame({name: s.alias(name) for name, s in out.items()})


def claims(reports: pl.DataFrame, told: pl.DataFrame) -> pl.DataFrame:
    """Claims of rows whose report was good: one for each vessel, content and hour, stamped with the hour's start.

    The archives repeat static data in every row and do not say when it was sent; the hour makes the same claims
    whatever pieces the file is read in.
    """
    present = [c for c in _STATIC if c in told.columns]
    if not set(present) - {"eta"}:
        return shape("claims", reports.clear().select("line", "t_seen", "mover", "mmsi", "station", "receiver"))
    static = told.select("line", *present).join(
        reports.select("line", "t_seen", "mover", "mmsi", "station", "receiver"), on="line", maintain_order="right"
    )
    top = {"imo": 2**31 - 1, "ship_type": 255}
    known = [
        pl.when((pl.col(c) > 0) & (pl.col(c) <= top.get(c, 1e6))).then(pl.col(c)) for c in present if c in _NUMBERS
    ]
    hour = static.with_columns(*known, pl.col("t_seen").dt.truncate("1h"))
    identity = [c for c in present if c not in ("eta",)]
    some = hour.filter(pl.any_horizontal(pl.col(identity).is_not_null()))
    some = some.unique(["mover", "t_seen", *present], keep="first", maintain_order=True)
    payload = some.select(
        pl.concat_str(pl.col(present).cast(pl.String()).fill_null(""), separator="\x1f").alias("payload")
    ).to_series()
    keys = ids.bulk("mmsi", some["mover"], some["t_seen"], some["station"], payload)
    return shape("claims", some.with_columns(keys.alias("claim")))


def batches(
    path: Path,
    columns: Mapping[str, Sequence[str]],
    needed: Sequence[str],
    feed: str,
    receiver: str,
    refine: Callable[[pl.DataFrame], pl.DataFrame],
) -> Iterator[Batch]:
    """Reports and claims of an archive, a batch at a time; ``refine`` works on those typed columns that are there.

    Plain rows take a fast path, the others a slow one; which it was changes nothing. There ``refine`` sees numbers and
    words apart.
    """

    def slowly(frame: pl.DataFrame, bad: pl.DataFrame) -> Batch:
        told = refine(typed(frame, columns, needed, path))
        found, rejects = _places.reports(told, frame, path.name, receiver=receiver)
        frames = {"reports": found, "claims": claims(found, told)}
        return Batch(frames, _source.merged([bad, rejects]), len(frame) + len(bad), feed)

    names = [n for several in columns.values() for n in several]
    if is_parquet(path):
        yield from (slowly(*some) for some in rows(path, columns=names))
        return
    said = KeySet()
    stated = {target: names for target, names in columns.items() if target not in _OF_REPORT}
    for block in blocks(path, _tables.separator(_tables.head(path)), names):
        plain = PlainRows(block, columns, needed, _NUMBERS, _STATIC)
        odd = slowly(*plain.lines(plain.odd, path)) if plain.odd.any() else None
        found = _places.good(plain.told(refine), receiver=receiver)
        static = refine(typed(plain.lines(plain.telling(said), path)[0], stated, (), path))
        claimed = claims(found.join(static.select("line"), on="line", how="semi"), static)
        frames = {"reports": found, "claims": claimed}
        rejects = [] if block.cut is None else [_source.reject(path.name, None, "truncated", block.cut)]
        rows_read = len(found) + len(rejects)
        if odd is not None:
            frames = {name: _by_line(odd.frames[name], some) for name, some in frames.items()}
            rejects, rows_read = [odd.rejects, *rejects], rows_read + odd.rows
        yield Batch(frames, _source.merged(rejects), rows_read, feed)


def _by_line(a: pl.DataFrame, b: pl.DataFrame) -> pl.DataFrame:
    """Rows of both in the order of their lines."""
    return pl.concat([a, b]).sort("line", maintain_order=True) if len(a) and len(b) else a if len(a) else b
