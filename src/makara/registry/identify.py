"""Identify: one vessel a mover (first version), with all that it claims to be.

What a vessel claims stays apart from what we resolve: the most frequent value of each part wins (an IMO number only if
its check digit fits), the others stay in ``evidence`` with the share of messages that state them. The flag comes from
the MMSI's digits, the class from the number's pattern, registers, the name (net buoys) or the type that it states.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from makara.base import ids
from makara.base.errors import ColumnsError
from makara.base.motion import ship_class
from makara.registry.numbers import flag_of, imo_ok, kind_of

PARTS: Final = ("imo", "name", "callsign", "length_m")
REGISTER: Final = "_register"
"""A list whose name ends so tells the class of its entries."""
_REGISTER_P: Final = 0.95
_PATTERN_P: Final = 0.99
_KEPT: Final = 5
_KINDS: Final = {"sart": "sart", "craft": "small", "aid": "aid", "aircraft": "aircraft", "base": "base"}
_GEAR_NAME: Final = r"(?i)\d\s*%|\d(\.\d+)?\s*V$|\bBUOY\b|\bNET\s?(MARK|BUOY|\d)|\bFISH(ING)? ?NET\b"
_ISO: Final = "%Y-%m-%dT%H:%M:%SZ"
_TYPES: Final = {
    "mover": pl.Int64(),
    "t_seen": pl.Datetime("us", "UTC"),
    "imo": pl.Int32(),
    "name": pl.String(),
    "callsign": pl.String(),
    "length_m": pl.Float32(),
    "ship_type": pl.Int32(),
    "mark": pl.String(),
}


def identify(
    claims: pl.DataFrame, lists: pl.DataFrame, track_points: pl.DataFrame | None = None
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Vessels and what belongs to them.

    Args:
        claims: table claims; ``mover`` and ``t_seen`` are required.
        lists: table lists.
        track_points: table track_points: movers that claim nothing are vessels too.

    Returns:
        Columns of table vessels and of table vessel_links, without stamps, each with ``marks``: the marks of all rows
        that it rests on. ``evidence``: JSON, by part a list of ``{value, p, n, first, last}``, the best first.

    Raises:
        ColumnsError: a required column is missing.
    """
    known = _resolve(claims, lists, track_points)
    vessel = pl.col("mover").map_elements(lambda m: ids.ident("ve", f"mv{m}"), return_dtype=pl.String).alias("vessel")
    known = known.sort("mover").with_columns(vessel)
    own = ("vessel", "mmsi", "imo", "name", "callsign", "flag", "class", "gear", "length_m", "evidence", "marks")
    links = known.select(
        "vessel",
        member=pl.format("mv{}", "mover"),
        **{"from": pl.col("_since")},
        to=pl.lit(None, dtype=_TYPES["t_seen"]),
        p=pl.lit(1.0, dtype=pl.Float32),
        how=pl.lit("same mover"),
        marks="marks",
    )
    return known.select(own).sort("vessel"), links.sort("vessel", "member")


def classes(claims: pl.DataFrame, lists: pl.DataFrame) -> pl.DataFrame:
    """What is known of each mover that claims anything.

    Args:
        claims: table claims; ``mover`` and ``t_seen`` are required.
        lists: table lists.

    Returns:
        Columns ``mover, mmsi, imo, name, callsign, flag, class, length_m, marks``, sorted by mover. ``class`` is
        ``unknown`` where nothing tells it.
    """
    known = _resolve(claims, lists, None)
    return known.select("mover", "mmsi", "imo", "name", "callsign", "flag", "class", "length_m", "marks").sort("mover")


def _resolve(claims: pl.DataFrame, lists: pl.DataFrame, track_points: pl.DataFrame | None) -> pl.DataFrame:
    missing = [c for c in ("mover", "t_seen") if c not in claims.columns]
    if missing:
        raise ColumnsError(f"identify: missing column {', '.join(missing)} of claims; needed are mover, t_seen")
    stated = claims.select(
        pl.col(c).cast(t) if c in claims.columns else pl.lit(None, dtype=t).alias(c) for c, t in _TYPES.items()
    )
    seen = stated.select("mover", "t_seen", "mark")
    if track_points is not None:
        mark = pl.col("mark") if "mark" in track_points.columns else pl.lit(None, dtype=pl.String).alias("mark")
        seen = pl.concat([seen, track_points.select("mover", "t_seen", mark)])
    known = seen.group_by("mover").agg(
        pl.col("t_seen").min().alias("_since"), pl.col("mark").drop_nulls().unique().sort().alias("marks")
    )
    mmsi = pl.when(pl.col("mover").is_between(1, 999_999_999)).then("mover").cast(pl.Int32)
    known = known.with_columns(mmsi=mmsi).with_columns(flag=flag_of(pl.col("mmsi")))
    for part in PARTS:
        known = known.join(_best(stated, part), on="mover", how="left")
    known = known.join(_best(stated, "ship_type"), on="mover", how="left")
    known = _classed(known, lists)
    parts = [pl.concat_str(pl.lit(f'"{c}":'), pl.col(f"_{c}").fill_null("[]")) for c in (*PARTS, "ship_type")]
    return known.with_columns(
        gear=pl.lit(None, dtype=pl.String),
        evidence=pl.concat_str(pl.lit("{"), pl.concat_str([*parts, "_class", "_flag"], separator=","), pl.lit("}")),
    )


def _best(stated: pl.DataFrame, part: str) -> pl.DataFrame:
    """The value of a part that most messages state, and all of them as JSON (``_<part>``)."""
    values = (
        stated.filter(pl.col(part).is_not_null())
        .group_by("mover", value=part)
        .agg(n=pl.len(), first=pl.col("t_seen").min(), last=pl.col("t_seen").max())
    )
    right = imo_ok(pl.col("value")) if part == "imo" else pl.lit(True)
    values = values.with_columns(p=pl.col("n") / pl.col("n").sum().over("mover"), _right=right)
    values = values.sort("mover", "_right", "n", "last", "value", descending=[False, True, True, True, False])
    one = pl.struct(
        "value",
        p=pl.col("p").round(4),
        n="n",
        first=pl.col("first").dt.strftime(_ISO),
        last=pl.col("last").dt.strftime(_ISO),
    ).struct.json_encode()
    values = values.with_columns(_json=one)
    return values.group_by("mover", maintain_order=True).agg(
        pl.when(pl.col("_right").first()).then(pl.col("value").first()).alias(part),
        pl.col("p").first().alias(f"_p_{part}"),
        pl.concat_str(pl.lit("["), pl.col("_json").head(_KEPT).str.join(","), pl.lit("]")).first().alias(f"_{part}"),
    )


def _registered(known: pl.DataFrame, lists: pl.DataFrame) -> pl.DataFrame:
    """Class of the movers that a register holds, by MMSI or else by IMO number, since when, and the entries' marks."""
    schema = {"mover": pl.Int64(), "_register": pl.String(), "_from": pl.String(), "_marks": pl.List(pl.String())}
    if not {"list", "mmsi", "imo"} <= set(lists.columns):
        return pl.DataFrame(schema=schema)
    mark = pl.col("mark") if "mark" in lists.columns else pl.lit(None, dtype=pl.String).alias("mark")
    since = pl.col("from").dt.strftime(_ISO) if "from" in lists.columns else pl.lit(None, dtype=pl.String)
    entries = lists.filter(pl.col("list").str.ends_with(REGISTER)).select(
        pl.col("mmsi", "imo").cast(pl.Int32),
        mark,
        since.alias("_from"),
        _register=pl.col("list").str.strip_suffix(REGISTER),
    )
    by = [
        known.select("mover", c)
        .drop_nulls()
        .join(entries.select(c, "mark", "_from", "_register").drop_nulls(c), on=c)
        .select("mover", "mark", "_from", "_register", _by=pl.lit(rank))
        for rank, c in enumerate(("mmsi", "imo"))
    ]
    found = pl.concat(by).sort("mover", "_by", "_register", "_from")
    return found.group_by("mover", maintain_order=True).agg(
        pl.col("_register", "_from").first(), pl.col("mark").drop_nulls().unique().alias("_marks")
    )


def _classed(known: pl.DataFrame, lists: pl.DataFrame) -> pl.DataFrame:
    """Class, flag, and what tells them."""
    types = {n: ship_class(n) for n in range(256)}
    stated = pl.col("ship_type").replace_strict(types, default="unknown", return_dtype=pl.String).fill_null("unknown")
    known = known.join(_registered(known, lists), on="mover", how="left").with_columns(
        _pattern=kind_of(pl.col("mmsi")).replace_strict(_KINDS, default=None, return_dtype=pl.String),
        _buoy=pl.col("name").str.contains(_GEAR_NAME).fill_null(False),
        _stated=stated,
    )
    nothing = pl.lit(None, dtype=pl.String)
    told = (
        pl.when(pl.col("_pattern").is_not_null())
        .then(_told("_pattern", pl.lit(_PATTERN_P), "mmsi", nothing))
        .when(pl.col("_register").is_not_null())
        .then(_told("_register", pl.lit(_REGISTER_P), "register", pl.col("_from")))
        .when("_buoy")
        .then(_told(pl.lit("gear"), pl.lit(_REGISTER_P), "name", nothing))
        .otherwise(_told("_stated", pl.col("_p_ship_type").round(4), "ship_type", nothing))
    )
    known = known.with_columns(_told=told)
    by_mid = pl.struct(value="flag", how=pl.lit("mmsi")).struct.json_encode()
    flags = pl.when(pl.col("flag").is_not_null()).then(by_mid).otherwise(pl.lit(""))
    return known.with_columns(
        pl.col("_told").struct.field("value").alias("class"),
        _class=pl.concat_str(pl.lit('"class":['), pl.col("_told").struct.json_encode(), pl.lit("]")),
        _flag=pl.concat_str(pl.lit('"flag":['), flags, pl.lit("]")),
        marks=pl.col("marks").list.set_union(pl.col("_marks").fill_null([])).list.sort(),
    )


def _told(value: str | pl.Expr, p: pl.Expr, how: str, since: pl.Expr) -> pl.Expr:
    return pl.struct(value=value, p=p.cast(pl.Float64), how=pl.lit(how), since=since)
