"""What a mover is: ship of a class, gear beacon, base station, aid to navigation, SART, aircraft; and what tells it."""

from __future__ import annotations

from typing import Final

import polars as pl

from makara.base.errors import ColumnsError
from makara.base.imo import imo_ok
from makara.base.motion import ship_class
from makara.registry import lists as registers
from makara.registry.names import GEAR
from makara.registry.numbers import flag_of, kind_of, mmsi_of

REGISTER_P: Final = 0.95
PATTERN_P: Final = 0.99
AID_TYPE: Final = 21
"""Only aids to navigation send this message."""
SENDERS: Final = ("aid", "aircraft", "base", "sart")
"""Transponders of what is no ship."""
_KINDS: Final = {
    "sart": "sart",
    "craft": "small",
    "handheld": "small",
    "aid": "aid",
    "aircraft": "aircraft",
    "base": "base",
    "gear": "gear",
}
WHY: Final = {
    "sart": "MMSI 970, 972 or 974: search and rescue transmitter",
    "craft": "MMSI 98: craft of a parent ship",
    "handheld": "MMSI 8: hand-held radio",
    "aid": "MMSI 99: aid to navigation",
    "aircraft": "MMSI 111: search and rescue aircraft",
    "base": "MMSI 00: coast station",
    "gear": "MMSI 979: autonomous device, as on fishing gear",
}
TYPES: Final = {
    "claim": pl.Int64(),
    "mover": pl.Int64(),
    "t_seen": pl.Datetime("us", "UTC"),
    "msg_type": pl.Int32(),
    "imo": pl.Int32(),
    "name": pl.String(),
    "callsign": pl.String(),
    "length_m": pl.Float32(),
    "width_m": pl.Float32(),
    "ship_type": pl.Int32(),
    "mark": pl.String(),
}
"""What identities are made of, of table claims."""


def stated(claims: pl.DataFrame) -> pl.DataFrame:
    """Claims with the columns ``TYPES``; those that are missing are null.

    Raises:
        ColumnsError: a required column is missing.
    """
    missing = [c for c in ("mover", "t_seen") if c not in claims.columns]
    if missing:
        raise ColumnsError(f"identify: missing column {', '.join(missing)} of claims; needed are mover, t_seen")
    return claims.select(
        pl.col(c).cast(t) if c in claims.columns else pl.lit(None, dtype=t).alias(c) for c, t in TYPES.items()
    )


def classes(claims: pl.DataFrame, lists: pl.DataFrame) -> pl.DataFrame:
    """What is known of each mover that claims anything, by its own claims and the lists in force.

    Args:
        claims: table claims; ``mover`` and ``t_seen`` are required.
        lists: table lists.

    Returns:
        Columns ``mover, mmsi, imo, name, callsign, flag, class, gear, length_m, marks``, sorted by mover. ``class`` is
        ``unknown`` where nothing tells it, ``gear`` null where no register does.
    """
    said = stated(claims)
    entries = registers.in_force(lists)
    known = said.group_by("mover").agg(marks=pl.col("mark").drop_nulls().unique().sort())
    known = known.with_columns(mmsi=mmsi_of(pl.col("mover")))
    known = known.with_columns(flag=flag_of(pl.col("mmsi"), registers.flags(entries)))
    for part in ("imo", "name", "callsign", "length_m", "ship_type"):
        known = known.join(best(said, part), on="mover", how="left")
    known = classed(known.join(sent_as(said), on="mover", how="left"), entries)
    names = ("mover", "mmsi", "imo", "name", "callsign", "flag", "class", "gear", "length_m", "marks")
    return known.select(names).sort("mover")


def sent_as(said: pl.DataFrame, transponders: pl.DataFrame | None = None, by: str = "mover") -> pl.DataFrame:
    """Of those that are no ships by what they send, the kind: ``<by>, _sent``.

    Args:
        said: claims; message 21 comes from aids to navigation alone.
        transponders: ``<by>, transponder`` of all reports; who ever sent as a ship is one.
        by: the key.
    """
    aid = said.filter(pl.col("msg_type") == AID_TYPE).select(by, transponder=pl.lit("aid"))
    every = aid if transponders is None else pl.concat([aid, transponders.select(by, "transponder")])
    kinds = every.drop_nulls().group_by(by).agg(pl.col("transponder").unique().sort())
    alone = pl.col("transponder").list.first()
    return kinds.filter(pl.col("transponder").list.len() == 1, alone.is_in(SENDERS)).select(by, _sent=alone)


def best(said: pl.DataFrame, part: str, by: str = "mover") -> pl.DataFrame:
    """The value of a part that most messages state (``<part>``), and its share of them (``_p_<part>``).

    An IMO number counts only if its check digit fits. Of values as frequent the one stated last holds.
    """
    values = (
        said.filter(pl.col(part).is_not_null()).group_by(by, value=part).agg(n=pl.len(), last=pl.col("t_seen").max())
    )
    right = imo_ok(pl.col("value")) if part == "imo" else pl.lit(True)
    values = values.with_columns(p=pl.col("n") / pl.col("n").sum().over(by), _right=right)
    values = values.sort(by, "_right", "n", "last", "value", descending=[False, True, True, True, False])
    return values.group_by(by, maintain_order=True).agg(
        pl.when(pl.col("_right").first()).then(pl.col("value").first()).alias(part),
        pl.col("p").first().alias(f"_p_{part}"),
    )


def classed(known: pl.DataFrame, entries: pl.DataFrame) -> pl.DataFrame:
    """``class``, ``gear``, marks with those of the register's entry, and ``_told``: what tells the class.

    Args:
        known: ``mover, mmsi, imo, name, callsign, ship_type, _p_ship_type, _sent, marks``; any key stands for mover.
        entries: lists in force.
    """
    types = {n: ship_class(n) for n in range(256)}
    ship = pl.col("ship_type").replace_strict(types, default="unknown", return_dtype=pl.String).fill_null("unknown")
    kind = kind_of(pl.col("mmsi"))
    known = known.join(registers.registered(known, entries), on="mover", how="left").with_columns(
        _pattern=kind.replace_strict(_KINDS, default=None, return_dtype=pl.String),
        _form=kind.replace_strict(WHY, default=None, return_dtype=pl.String),
        _buoy=pl.col("name").str.contains(GEAR).fill_null(False),
        _ship=ship,
    )
    nothing = pl.lit(None, dtype=pl.String)
    cited = pl.format("{} by {}", _cited(), "_tie")
    told = (
        pl.when(pl.col("_pattern").is_not_null())
        .then(_told("_pattern", pl.lit(PATTERN_P), "mmsi", pl.col("_form")))
        .when(pl.col("_sent").is_not_null())
        .then(
            _told(
                "_sent",
                pl.lit(PATTERN_P),
                "transponder",
                pl.format("sends what only a transponder of kind {} sends", "_sent"),
            )
        )
        .when(pl.col("_register").is_not_null())
        .then(_told("_register", pl.lit(REGISTER_P), "register", cited, "_list", "_from", "_as_of"))
        .when("_buoy")
        .then(_told(pl.lit("gear"), pl.lit(REGISTER_P), "name", pl.lit("name of a beacon on fishing gear")))
        .otherwise(_told("_ship", pl.col("_p_ship_type").round(4), "ship_type", nothing))
    )
    known = known.with_columns(_told=told)
    return known.with_columns(
        pl.col("_told").struct.field("value").alias("class"),
        gear=pl.when(pl.col("_told").struct.field("how") == "register").then("_gear"),
        marks=pl.col("marks").list.set_union(pl.col("_marks").fill_null([])).list.sort(),
    )


def _cited() -> pl.Expr:
    """The register with its date."""
    as_of, since = pl.col("_as_of").str.head(10), pl.col("_from").str.head(10)
    when = pl.coalesce(pl.format(" (as of {})", as_of), pl.format(" (since {})", since), pl.lit(" (undated)"))
    return pl.concat_str("_list", when)


def _told(
    value: str | pl.Expr,
    p: pl.Expr,
    how: str,
    why: pl.Expr,
    list_: str | None = None,
    since: str | None = None,
    as_of: str | None = None,
) -> pl.Expr:
    of = {"list": list_, "since": since, "as_of": as_of}
    rest = [(pl.lit(None, dtype=pl.String) if c is None else pl.col(c)).alias(k) for k, c in of.items()]
    first = pl.col(value) if isinstance(value, str) else value
    known = (first.alias("value"), p.cast(pl.Float64).alias("p"), pl.lit(how).alias("how"), why.alias("why"))
    return pl.struct(*known, *rest)
