"""Tables whose rows are AIS messages, decoded by someone else: positions to reports, static messages to claims.

A row of type 5 or 24 gives a claim, one of 19 or 21 a report and a claim, each at its own time. A position that repeats
the vessel's static data (a "combined" table) gives claims as well: at the time that the table says the static data
were sent (``static_at``), else once for each vessel, content and hour, as the archives in CSV do. Messages that hold
neither (6 to 8, 10, 12 to 17, 20, 22, 23, 25, 26) are counted, as in :mod:`makara.sensors.ais`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

import polars as pl

from makara.base import ids
from makara.sources import _ais_csv, _convert, _places, _source
from makara.sources._json import RAW
from makara.sources._rows import ROW, Rows
from makara.sources._source import TS, Batch, Source, shape

POSITIONS: Final = (1, 2, 3, 4, 9, 11, 18, 19, 21, 27)
STATICS: Final = (5, 24)
BOTH: Final = (19, 21)
_TRANSPONDER: Final = {4: "base", 11: "base", 9: "aircraft", 18: "class_b", 19: "class_b", 21: "aid", 27: "long_range"}
_SARTS: Final = (970, 972, 974)
_SIZES: Final = ("to_bow", "to_stern", "to_port", "to_starboard")
_INTEGERS: Final = {"imo": 2**31 - 1, "ship_type": 255}
_SIZED: Final = {"length_m": 1000.0, "width_m": 200.0, "draught_m": 50.0}
_CONTENT: Final = (
    "part", "imo", "name", "callsign", "ship_type", "length_m", "width_m", "draught_m", "destination", "eta_text",
    "eta",
)  # fmt: skip

Refine = Callable[[pl.DataFrame], pl.DataFrame]


def batches(
    frames: Iterable[Rows], source: Source, path: Path, *, receiver: str, refine: Refine = lambda told: told
) -> Iterator[Batch]:
    """Reports and claims of such a table, a batch at a time.

    Args:
        frames: rows as read, and rejects of rows without form.
        source: whose columns these are.
        path: the file.
        receiver: class of the receiver where rows do not tell.
        refine: works on the typed columns (units, words, times).

    Raises:
        ColumnsError: a needed column is missing.
    """
    for frame, bad in frames:
        told = known(refine(_typed(frame, source, path)))
        raw = frame.select(RAW, ROW) if RAW in frame.columns else frame
        reports, claims, rejects, types = split(told, raw, path.name, receiver)
        frames_ = {"reports": reports, "claims": claims}
        yield Batch(
            frames_,
            _source.merged([bad, *rejects]).sort("line", nulls_last=True, maintain_order=True),
            len(frame) + len(bad),
            source.name,
            {"types": types},
        )


def _typed(frame: pl.DataFrame, source: Source, path: Path) -> pl.DataFrame:
    """Columns by our names; of several names of one column in the file, the first that a row fills. Times are UTC."""
    merged: dict[str, pl.Expr] = {}
    for target, names in source.columns.items():
        have = [n for n in names if n in frame.columns]
        if len(have) > 1:
            merged.setdefault(have[0], pl.coalesce(pl.col(n).cast(pl.String()) for n in have))
        if target == "t_seen" and have and frame[have[0]].dtype == pl.String():
            text = merged.get(have[0], pl.col(have[0])).str.strip_chars()
            merged[have[0]] = text.str.replace(r"\s+(UTC|GMT)$", "")
    return _ais_csv.typed(frame.with_columns(**merged), source.columns, source.needed, path)


def known(told: pl.DataFrame) -> pl.DataFrame:
    """Types, sizes and static values with null for what is unknown; missing columns filled in."""
    kind = pl.lit(None, pl.Int32())
    if "msg_type" in told.columns:
        kind = pl.col("msg_type").cast(pl.String()).str.extract(r"(\d{1,6})").cast(pl.Int32(), strict=False)
    out = told.with_columns(
        kind.alias("msg_type"),
        *(_number(told[n]).alias(n) for n in _SIZES if n in told.columns),
        *(_number(told[n]).alias(n) for n in ("accurate",) if n in told.columns and told[n].dtype == pl.String()),
    )
    if set(_SIZES) <= set(out.columns):
        for target, (a, b) in {"length_m": _SIZES[:2], "width_m": _SIZES[2:]}.items():
            total = pl.col(a) + pl.col(b)
            said = pl.col(target) if target in out.columns else pl.lit(None, pl.Float64())
            out = out.with_columns(pl.when(said > 0).then(said).otherwise(total).alias(target))
    whole = [
        pl.when(pl.col(n).is_between(1, top)).then(pl.col(n).cast(pl.Int64(), strict=False)).alias(n)
        for n, top in _INTEGERS.items()
        if n in out.columns
    ]
    sizes = [
        pl.when((pl.col(n) > 0) & (pl.col(n) < top)).then(pl.col(n)).alias(n)
        for n, top in _SIZED.items()
        if n in out.columns
    ]
    clear = [pl.lit(value=False).alias(f"{n}_said") for n in ("lon_deg", "lat_deg") if f"{n}_said" not in out.columns]
    empty = [pl.lit(None, pl.Float64()).alias(n) for n in ("lon_deg", "lat_deg") if n not in out.columns]
    if "accurate" in out.columns and out["accurate"].dtype.is_numeric():
        whole.append(pl.col("accurate").cast(pl.Boolean()).alias("accurate"))
    return out.with_columns(*whole, *sizes, *clear, *empty)


def _number(values: pl.Series) -> pl.Series:
    words = {"true": "1", "false": "0"}
    if values.dtype == pl.String():
        values = values.str.to_lowercase().replace(words)
    return _convert.number(values)


def split(
    told: pl.DataFrame, raw: pl.DataFrame, file: str, receiver: str
) -> tuple[pl.DataFrame, pl.DataFrame, list[pl.DataFrame], dict[int, int]]:
    """Reports, claims, rejects and messages by type."""
    content = [c for c in _CONTENT if c in told.columns]
    static = pl.any_horizontal(pl.col(c).is_not_null() for c in content) if content else pl.lit(value=False)
    kind, placed = pl.col("msg_type"), pl.col("lon_deg_said") | pl.col("lat_deg_said")
    role = (
        pl.when(kind.is_in(STATICS) | (kind.is_null() & ~placed & static))
        .then(pl.lit("static"))
        .when(kind.is_null() | kind.is_in(POSITIONS))
        .then(pl.lit("position"))
        .when(kind.is_between(1, 27))
        .then(pl.lit("silent"))
        .otherwise(pl.lit("strange"))
    )
    roles = told.select(role.alias("role"))["role"]
    parts = {r: (told.filter(roles == r), raw.filter(roles == r)) for r in ("static", "position", "strange")}
    placed_rows, placed_raw = parts["position"]
    reports, bad = _places.reports(_sent_by(placed_rows), placed_raw, file, receiver=receiver)
    claims, lost = _claims(*parts["static"], file, receiver)
    words = pl.format("there is no AIS message type {}", kind)
    _, strange = _convert.part(*parts["strange"], pl.lit("bad_value"), words, file)
    again = _repeated(placed_rows, reports, content)
    types = dict(
        told["msg_type"].filter(told["msg_type"].is_between(1, 27)).value_counts().sort("msg_type").iter_rows()
    )
    return reports, pl.concat([claims, again]), [bad, lost, strange], types


def _sent_by(rows: pl.DataFrame) -> pl.DataFrame:
    """What kind of transponder sent it, from the message's type and the MMSI, unless the table says so."""
    sart = (pl.col("mmsi") // 1_000_000).cast(pl.Int64(), strict=False).is_in(_SARTS)
    kind = pl.col("msg_type").replace_strict(_TRANSPONDER, default=None, return_dtype=pl.String())
    said = pl.col("transponder") if "transponder" in rows.columns else pl.lit(None, pl.String())
    return rows.with_columns(pl.when(sart).then(pl.lit("sart")).otherwise(pl.coalesce(kind, said)).alias("transponder"))


def _claims(rows: pl.DataFrame, raw: pl.DataFrame, file: str, receiver: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Claims of static messages, one each, and rejects."""
    t, mmsi = pl.col("t_seen"), pl.col("mmsi")
    reason = (
        pl.when(mmsi.is_null())
        .then(pl.lit("missing_value"))
        .when(~mmsi.is_between(1, 2**30 - 1))
        .then(pl.lit("bad_value"))
        .when(t.is_null() & pl.col("t_seen_said"))
        .then(pl.lit("bad_time"))
        .when(t.is_null())
        .then(pl.lit("no_time"))
    )
    detail = (
        pl.when(mmsi.is_null())
        .then(pl.lit("no id"))
        .when(~mmsi.is_between(1, 2**30 - 1))
        .then(pl.lit("the MMSI is no number of 9 digits"))
        .when(pl.col("t_seen_said"))
        .then(pl.lit("the time cannot be read"))
        .otherwise(pl.lit("no time"))
    )
    good, rejects = _convert.part(rows, raw, reason, detail, file)
    station = pl.col("station") if "station" in good.columns else pl.lit(None, pl.String())
    heard = pl.col("receiver").fill_null(receiver) if "receiver" in good.columns else pl.lit(receiver)
    good = good.with_columns(pl.col("mmsi").cast(pl.Int64()), station.alias("station"), heard.alias("receiver"))
    return _keyed(good.with_columns(pl.col("mmsi").alias("mover"))), rejects


def _repeated(told: pl.DataFrame, reports: pl.DataFrame, content: Sequence[str]) -> pl.DataFrame:
    """Claims of rows that hold a position and static data; of types 19 and 21 each message's own."""
    if not content:
        return _keyed(reports.clear())
    at = pl.col("static_at") if "static_at" in told.columns else pl.lit(None, TS)
    static = told.select("line", at.alias("static_at"), *content).join(
        reports.select("line", "t_seen", "mover", "mmsi", "msg_type", "station", "receiver"),
        on="line",
        maintain_order="right",
    )
    own = pl.col("msg_type").is_in(BOTH).fill_null(value=False)
    t = pl.when(own).then(pl.col("t_seen")).otherwise(pl.coalesce("static_at", pl.col("t_seen").dt.truncate("1h")))
    some = static.with_columns(
        t.alias("t_seen"),
        pl.when(own).then(pl.col("msg_type")).alias("msg_type"),
    ).filter(pl.any_horizontal(pl.col([c for c in content if c != "eta"]).is_not_null()))
    return _keyed(some.unique(["mover", "t_seen", "msg_type", *content], keep="first", maintain_order=True))


def _keyed(rows: pl.DataFrame) -> pl.DataFrame:
    content = [c for c in _CONTENT if c in rows.columns]
    text = [pl.col(c).cast(pl.String()).fill_null("") for c in content] or [pl.lit("")]
    payload = rows.select(pl.concat_str(text, separator="\x1f").alias("payload")).to_series()
    scheme = pl.repeat("mmsi", len(rows), dtype=pl.String(), eager=True)
    keys = ids.bulk(scheme, rows["mover"], rows["t_seen"], rows["station"], payload)
    return shape("claims", rows.with_columns(keys.alias("claim")))
