"""Rows of foreign tables to reports and detections: what cannot be used is rejected, "not available" becomes null."""

from __future__ import annotations

from typing import Final

import polars as pl

from makara.base import ids, time
from makara.sensors.ais import bad_mmsi
from makara.sources._convert import part
from makara.sources._source import shape
from makara.tables.collections import SENSORS

_DOUBTS: Final = pl.Series("flags", [[], ["bad_mmsi"]], dtype=pl.List(pl.String()))
_NO_DOUBTS: Final = pl.lit([], pl.List(pl.String()))


def _place_reason(rows: pl.DataFrame) -> tuple[pl.Expr, pl.Expr]:
    """Reason and detail for rows without a usable time or place; ``<column>_said`` tells whether a value was there."""
    lon, lat = pl.col("lon_deg"), pl.col("lat_deg")
    unknown = (lon == 181.0) | (lat == 91.0)
    bad = (lat.abs() > 90.0) | (lon.abs() > 180.0) | lon.is_nan() | lat.is_nan()
    share = rows.select((bad & ~unknown & (lon.abs() <= 90.0)).mean()).item() if len(rows) else 0.0
    hint = "; latitude and longitude look swapped: exchange their columns" if (share or 0.0) > 0.5 else ""
    where = pl.format("lon {}, lat {}", lon, lat)
    reason = (
        pl.when(pl.col("t_seen").is_null() & pl.col("t_seen_said"))
        .then(pl.lit("bad_time"))
        .when(pl.col("t_seen").is_null())
        .then(pl.lit("no_time"))
        .when((lon.is_null() & pl.col("lon_deg_said")) | (lat.is_null() & pl.col("lat_deg_said")))
        .then(pl.lit("bad_value"))
        .when(lon.is_null() | lat.is_null() | unknown)
        .then(pl.lit("missing_value"))
        .when(bad | ((lon == 0.0) & (lat == 0.0)))
        .then(pl.lit("bad_place"))
    )
    detail = (
        pl.when(pl.col("t_seen").is_null() & pl.col("t_seen_said"))
        .then(pl.lit("the time cannot be read"))
        .when(pl.col("t_seen").is_null())
        .then(pl.lit("no time"))
        .when(lon.is_null() | lat.is_null())
        .then(pl.lit("longitude or latitude is missing or no number"))
        .when(unknown)
        .then(pl.lit("position not available (181, 91)"))
        .when((lon == 0.0) & (lat == 0.0))
        .then(pl.lit("position 0, 0: a receiver without a fix"))
        .otherwise(where + pl.lit(hint))
    )
    return reason, detail


def _between(name: str, low: float, below: float) -> pl.Expr:
    """The value where it lies in [low, below), else null: how these formats say "not available"."""
    c = pl.col(name)
    return pl.when((c >= low) & (c < below)).then(c).alias(name)


def _speed() -> pl.Expr:
    """The speed, null where AIS means none: 102.3, of aircraft 1023, in type 27 63 (ITU-R M.1371-5, annex 8)."""
    most = pl.when(pl.col("transponder") == "aircraft").then(1022.5).otherwise(102.25)
    most = pl.when(pl.col("msg_type") == 27).then(62.5).otherwise(most)
    c = pl.col("sog_kn")
    return pl.when((c >= 0.0) & (c < most)).then(c).alias("sog_kn")


def _angle(name: str) -> pl.Expr:
    """A direction in [0, 360), also after rounding; 360 and more mean "not available"."""
    c = pl.col(name)
    return pl.when((c >= 0.0) & (c < 360.0)).then(c.round(1) % 360.0).alias(name)


def _west() -> pl.Expr:
    """The longitude in [-180, 180), also after rounding."""
    c = pl.col("lon_deg").round(7)
    return pl.when(c >= 180.0).then(-180.0).otherwise(c).alias("lon_deg")


def reports(
    rows: pl.DataFrame, raw: pl.DataFrame, file: str, *, scheme: str = "mmsi", receiver: str = "unknown"
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Reports and rejects.

    Args:
        rows: columns of table reports, numbers as Float64, ``t_seen`` as instants; for each of ``t_seen``, ``lon_deg``
            and ``lat_deg`` a column ``<name>_said``; ``own_id`` (the id in ``scheme``); ``line``.
        raw: the rows as read, in the same order.
        file: the file's name.
        scheme: ``mmsi``, or the scheme of ``own_id``.
        receiver: class of the receiver where ``rows`` has none.
    """
    full = _filled(rows, scheme, receiver)
    reason, detail = _place_reason(full)
    if scheme == "mmsi":
        whole = pl.col("mmsi").is_between(1, 2**30 - 1)
        no_id, odd = pl.col("mmsi").is_null(), ~whole
    else:
        no_id, odd = pl.col("own_id").is_null(), pl.lit(False)
    full, rejects = part(
        full,
        raw,
        pl.when(no_id).then(pl.lit("missing_value")).when(odd).then(pl.lit("bad_value")).otherwise(reason),
        pl.when(no_id)
        .then(pl.lit("no id"))
        .when(odd)
        .then(pl.lit("the MMSI is no number of 9 digits"))
        .otherwise(detail),
        file,
    )
    return _made(full, scheme), rejects


def good(rows: pl.DataFrame, *, receiver: str) -> pl.DataFrame:
    """Reports of rows, columns as for :func:`reports`, whose MMSI, time and place are known to be good."""
    return _made(_filled(rows, "mmsi", receiver), "mmsi")


def _filled(rows: pl.DataFrame, scheme: str, receiver: str) -> pl.DataFrame:
    present = set(rows.columns)
    defaults = {"transponder": "vms" if scheme.startswith("vms") else "class_a", "receiver": receiver}
    nothing = pl.lit(None, pl.Boolean()).alias("accurate")
    numbers = ("sog_kn", "cog_deg", "heading_deg", "rot_deg_min", "nav_status", "msg_type", "mmsi")
    return rows.with_columns(
        *((pl.col(n).fill_null(v) if n in present else pl.lit(v)).alias(n) for n, v in defaults.items()),
        *(pl.lit(None, pl.Float64()).alias(n) for n in numbers if n not in present),
        *(pl.lit(None, pl.String()).alias(n) for n in ("station", "radio_channel") if n not in present),
        *([nothing] if "accurate" not in present else []),
    )


def _made(full: pl.DataFrame, scheme: str) -> pl.DataFrame:
    if scheme == "mmsi":
        full = full.with_columns(pl.col("mmsi").cast(pl.Int64()))
        doubtful = full.select(bad_mmsi()).to_series()
        mover, flags = full["mmsi"], _DOUBTS.gather(doubtful.cast(pl.UInt32())) if doubtful.any() else _NO_DOUBTS
    else:
        mover, flags = ids.movers(scheme, full["own_id"]), _NO_DOUBTS
    full = full.with_columns(
        mover.alias("mover"),
        _west(),
        _speed(),
        _angle("cog_deg"),
        _angle("heading_deg"),
        _between("nav_status", 0.0, 15.0),
        _between("rot_deg_min", -720.01, 720.01),
        pl.lit(False).alias("own"),
        flags=flags,
    )
    out = shape("reports", full.with_columns(pl.lit(0, pl.Int64()).alias("report")))
    return out.with_columns(_key(out, scheme).alias("report"))


def _key(rows: pl.DataFrame, scheme: str) -> pl.Series:
    """Keys of reports of tables: the canonical payload is the row's values as integers."""
    scaled = {"lon_deg": 1e7, "lat_deg": 1e7, "sog_kn": 10.0, "cog_deg": 10.0, "heading_deg": 10.0, "nav_status": 1.0}
    payload = ids.Decimals.scaled(*((rows[n], k) for n, k in scaled.items()))
    return ids.bulk(scheme, rows["mover"], rows["t_seen"], rows["station"], payload)


def detections(
    rows: pl.DataFrame, raw: pl.DataFrame, file: str, *, provider: str = ""
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Detections and rejects.

    Args:
        rows: columns of table detections with ``<name>_said`` as for :func:`reports`, ``provider_id``, ``product`` (the
            provider's id of the look, null for a sighting), ``sensor`` and ``line``; ``flags`` where there are any.
        raw: the rows as read, in the same order.
        file: the file's name.
        provider: who provided the looks: part of their keys.
    """
    reason, detail = _place_reason(rows)
    strange = ~pl.col("sensor").is_in(SENSORS).fill_null(value=False)
    good, rejects = part(
        rows,
        raw,
        pl.when(strange).then(pl.lit("bad_value")).otherwise(reason),
        pl.when(strange)
        .then(pl.format("sensor {} is none of " + ", ".join(SENSORS), pl.col("sensor").fill_null("(none)")))
        .otherwise(detail),
        file,
    )
    have = set(good.columns)
    angles = [n for n in ("axis_deg", "orientation_deg") if n in have]
    good = good.with_columns(
        *((pl.col(n).round(1) % 180.0).alias(n) for n in angles),
        *(_between(n, 1e-9, 1e9) for n in ("length_m", "width_m", "semi_major_m", "semi_minor_m") if n in have),
        *(_between(n, 0.0, 1.0 + 1e-9) for n in ("p_vessel",) if n in have),
        *(_angle(n) for n in ("cog_deg",) if n in have),
        _west(),
        *([] if "flags" in have else [_NO_DOUBTS.alias("flags")]),
    )
    looks = {p: collection_id(provider, p) for p in good["product"].drop_nulls().unique().to_list()}
    collection = good["product"].replace_strict(looks, default=None, return_dtype=pl.String())
    good = good.with_columns(collection.alias("collection"), pl.lit("").alias("detection"))
    out = shape("detections", good)
    keys = out.select(
        "collection",
        "provider_id",
        "sensor",
        "t_seen",
        (pl.col("lon_deg") * 1e7).round(0).cast(pl.Int64()).alias("x"),
        (pl.col("lat_deg") * 1e7).round(0).cast(pl.Int64()).alias("y"),
    ).rows()
    found = [ids.ident("dt", c, p) if c and p else ids.ident("dt", s, time.text(t), x, y) for c, p, s, t, x, y in keys]
    return out.with_columns(pl.Series("detection", found, dtype=pl.String())), rejects


def collection_id(provider: str, product: str) -> str:
    """The key of a look, from who provided it and the provider's id of it."""
    return ids.ident("co", provider, product)
