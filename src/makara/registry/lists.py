"""Lists as they are in force: the newest edition of each, flags by MID, classes that registers tell, who is on watch.

A list's date (its edition's, else since when the entry is on it) goes wherever the list is cited.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from makara.base.imo import imo_ok
from makara.base.mids import FLAGS
from makara.registry.names import plain, plain_callsign
from makara.tables import table

REGISTER: Final = "_register"
"""A list whose name ends so says who is what and warns of nobody."""
MIDS_LIST: Final = "mid_register"
CLASSES: Final = ("cargo", "tanker", "fishing", "carrier", "passenger", "tug", "small")
"""Classes that the name of a register may tell: ``<class>_register``."""
ISO: Final = "%Y-%m-%dT%H:%M:%SZ"
_TYPES: Final = {f.name: f.type for f in table("lists").own} | {"mark": pl.String()}


def in_force(lists: pl.DataFrame) -> pl.DataFrame:
    """Entries of the newest edition of each list, with all columns of table lists and ``mark``.

    Entries without the edition's date count where the list has no dated edition.
    """
    told = lists.select(
        pl.col(c).cast(t) if c in lists.columns else pl.lit(None, dtype=t).alias(c) for c, t in _TYPES.items()
    )
    newest = told.group_by("list").agg(pl.col("as_of").max()).drop_nulls()
    dated = told.join(newest, on=["list", "as_of"], how="semi")
    undated = told.join(newest, on="list", how="anti")
    kind = pl.col("list").str.strip_suffix(REGISTER)
    named = pl.when(pl.col("list").str.ends_with(REGISTER) & kind.is_in(CLASSES)).then(kind)
    return pl.concat([dated, undated]).with_columns(pl.coalesce("class", named).alias("class"))


def flags(lists: pl.DataFrame) -> dict[int, str]:
    """Flag by MID: the table that ships with Makara under what an ITU register brings."""
    rows = lists.filter(pl.col("list") == MIDS_LIST).select(pl.col("own_id").cast(pl.Int64, strict=False), "flag")
    return FLAGS | dict(rows.drop_nulls().sort("own_id", "flag").iter_rows())


def dated(prefix: str = "") -> pl.Expr:
    """A list's name with its date, as ``iuu (as of 2026-01-31)``."""
    as_of = pl.format(" (as of {})", pl.col(f"{prefix}as_of").dt.strftime("%Y-%m-%d"))
    since = pl.format(" (since {})", pl.col(f"{prefix}from").dt.strftime("%Y-%m-%d"))
    return pl.concat_str(pl.col(f"{prefix}list"), pl.coalesce(as_of, since, pl.lit(" (undated)")))


def watching(entries: pl.DataFrame) -> pl.DataFrame:
    """Entries in force that warn: of lists that are no registers, and not former ones."""
    return entries.filter(~pl.col("list").str.ends_with(REGISTER), ~pl.col("former").fill_null(False))


def registered(known: pl.DataFrame, entries: pl.DataFrame) -> pl.DataFrame:
    """What registers tell of movers' class and gear: by MMSI, else IMO number, else call sign with name.

    Args:
        known: ``mover, mmsi, imo, name, callsign``.
        entries: lists in force.

    Returns:
        ``mover, _register`` (class), ``_gear, _list, _from, _as_of`` (text), ``_tie`` and ``_marks``: of several
        entries the first by kind of tie, then by name of the register. Lists that warn tell no class: then a vessel
        would be as secret as the list that it is on, and a partner would see it go.
    """
    ours = known.select(
        "mover",
        "mmsi",
        pl.when(imo_ok(pl.col("imo"))).then("imo").alias("imo"),
        plain(pl.col("name")).alias("_name"),
        plain_callsign(pl.col("callsign")).alias("_sign"),
    )
    telling = entries.filter(pl.col("class").is_not_null(), pl.col("list").str.ends_with(REGISTER))
    signed = telling.filter(pl.col("callsign").is_not_null(), pl.col("name").is_not_null())
    signed = signed.with_columns(_name=plain(pl.col("name")), _sign=plain_callsign(pl.col("callsign")))
    found = []
    for rank, (tie, keys) in enumerate(TIES.items()):
        of = signed if "_sign" in keys else telling
        rows = ours.select("mover", *keys).drop_nulls().join(of.drop_nulls(keys), on=keys)
        found.append(
            rows.select(
                "mover",
                "mark",
                "entry",
                _by=pl.lit(rank),
                _tie=pl.lit(tie),
                _register="class",
                _gear="gear",
                _list="list",
                _from=pl.col("from").dt.strftime(ISO),
                _as_of=pl.col("as_of").dt.strftime(ISO),
            )
        )
    every = pl.concat(found).sort("mover", "_by", "_list", "_from", "entry")
    return every.group_by("mover", maintain_order=True).agg(
        pl.col("_register", "_gear", "_list", "_from", "_as_of", "_tie").first(),
        pl.col("mark").drop_nulls().unique().alias("_marks"),
    )


TIES: Final = {"mmsi": ["mmsi"], "imo": ["imo"], "callsign and name": ["_sign", "_name"]}
"""What ties an entry to a vessel, the surest first."""


def watched(known: pl.DataFrame, lists: pl.DataFrame) -> pl.DataFrame:
    """Watch lists by MMSI, each with its date: what alerts weigh.

    Args:
        known: ``mmsi, imo, name, callsign`` of movers.
        lists: table lists.

    Returns:
        ``list`` (name and date) and ``mmsi``: as the list has it, and of movers with the entry's IMO number, or
        with its call sign and name.
    """
    entries = in_force(lists.filter(~pl.col("list").str.ends_with(REGISTER)) if len(lists) else lists)
    entries = watching(entries).with_columns(
        _list=dated(), _name=plain(pl.col("name")), _sign=plain_callsign(pl.col("callsign"))
    )
    ours = known.select(
        "mmsi", "imo", plain(pl.col("name")).alias("_name"), plain_callsign(pl.col("callsign")).alias("_sign")
    )
    tied = [
        entries.select("_list", *keys).drop_nulls().join(ours.select("mmsi", *keys).drop_nulls(), on=keys)
        for keys in (["imo"], ["_sign", "_name"])
    ]
    found = pl.concat(rows.select("_list", "mmsi") for rows in (entries, *tied))
    return found.drop_nulls().unique().sort("_list", "mmsi").rename({"_list": "list"})
