"""Licences: which authorisations cover a stay in a zone: of the vessel, for the zone, for all of its time and its gear.

A licence that names no gear, or one in words that are none of ours, is held to cover any: what cannot be compared
proves nothing against a vessel.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl

from makara.behaviours._rule import Window

_WORDS: Final = {
    "fixed_gear": "fixed|set.?(long|gill|net)|gill|trammel|pot|trap",
    "longline": "long.?line",
    "trawl": "trawl",
    "purse_seine": "seine",
    "squid_jigger": "squid|jig",
}
"""Gears as rules name them, by words of registers (regular expressions; the first that fits holds)."""


def gear_of(text: pl.Expr) -> pl.Expr:
    """A gear in the words of registers and licences as rules name it; null where it is none of theirs.

    >>> pl.select(gear_of(pl.lit("Drifting longlines"))).item()
    'longline'
    """
    low = text.str.to_lowercase()
    return pl.coalesce(*(pl.when(low.str.contains(w)).then(pl.lit(g)) for g, w in _WORDS.items()))


def licensed(window: Window, stays: pl.DataFrame, key: str) -> pl.DataFrame:
    """Authorisations that cover stays in time.

    Args:
        window: with authorisations, or without.
        stays: ``key`` (a name), ``zone, mmsi, t, t_last`` (microseconds), and ``gear``: what the vessel is held to work
            with, as rules name it; null where that is not known.
        key: the column that names a stay.

    Returns:
        Of stays and zones that any covers: ``key, zone``, ``covered`` (one is for that gear, or for any) and
        ``licence_gear`` (the gears they are for, in their own words; null where none names one).
    """
    types = {key: stays.schema[key], "zone": pl.String(), "covered": pl.Boolean(), "licence_gear": pl.String()}
    both = _held(window, stays.select(key, "zone", "mmsi", "t", "t_last", "gear"))
    if both is None:
        return pl.DataFrame(schema=types)
    fits = (gear_of(pl.col("named")) == pl.col("gear")).fill_null(True)
    every = both.filter(pl.col("until") >= pl.col("t_last")).with_columns(fits=fits).group_by(key, "zone")
    named = pl.col("named").drop_nulls().unique().sort().str.join(", ")
    found = every.agg(covered=pl.col("fits").any(), licence_gear=named)
    return found.with_columns(licence_gear=pl.col("licence_gear").replace("", None)).select(*types).sort(key, "zone")


def marked(window: Window, rows: pl.DataFrame, stays: pl.DataFrame, key: str) -> pl.DataFrame:
    """Rows whose ``marks`` have those of the authorisations that were looked at: of the vessel, for the zone, and in
    force when a stay began. They do not change with how long it lasts, so that they may be remembered with it.

    Args:
        window: with authorisations, or without.
        rows: ``key, marks``, and whatever else.
        stays: ``key, zone, mmsi, t`` (microseconds).
        key: the column that names a stay.
    """
    both = _held(window, stays.select(key, "zone", "mmsi", "t"))
    if both is None:
        return rows
    told = both.drop_nulls("mark").group_by(key).agg(_told=pl.col("mark"))
    every = pl.concat_list(pl.col("marks", "_told").fill_null([])).list.unique().list.sort()
    return rows.join(told, on=key, how="left", maintain_order="left").with_columns(marks=every).drop("_told")


def _held(window: Window, stays: pl.DataFrame) -> pl.DataFrame | None:
    """Stays with the authorisations in force when they began, one row a pair."""
    given = window.get("authorisations")
    if given is None or not len(given) or not len(stays):
        return None
    named, mark = (
        pl.col(c).cast(pl.String) if c in given.columns else pl.lit(None, pl.String()) for c in ("gear", "mark")
    )
    allowed = given.select(
        pl.col("mmsi").cast(pl.Int64),
        "zone",
        pl.col("from").to_physical().fill_null(np.iinfo(np.int64).min).alias("since"),
        pl.col("to").to_physical().fill_null(np.iinfo(np.int64).max).alias("until"),
        named.alias("named"),
        mark.alias("mark"),
    )
    both = stays.join(allowed, on=["mmsi", "zone"])
    return both.filter(pl.col("since") <= pl.col("t"), pl.col("until") >= pl.col("t"))
