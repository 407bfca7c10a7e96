"""Faces: the identities that a mover shows, each a combination of IMO number, name and call sign that it states.

A ship shows a few in its life (renamed, re-flagged, half of it in message 24A and half in 24B), a shared number many.
Whether two are one hull is weighed (Fellegi and Sunter 1969): each identifier adds the logarithm of how likely its
agreement is for one hull against two. The likelihoods are stated below; nothing else goes in.

=============  ==============  ================  =========  ==========
identifier     P(agree | one)  P(agree | other)  agreeing   differing
=============  ==============  ================  =========  ==========
IMO number     0.95            0.00001           +11.5      -3.0
call sign      0.60            0.001             +6.4       -0.9
name           0.70            0.01              +4.2       -1.2
length, beam   0.90            0.10              +2.2       -2.2
=============  ==============  ================  =========  ==========

The prior: two faces of one MMSI are one hull with 0.98 (+3.9), of two MMSIs with 0.0001 (-9.2). Faces that contradict
each other and are shown in the same hours (three or more) count -6.2 under one MMSI; two MMSIs that are heard in the
same hours are two hulls (-4.0 in all): a transponder sends one number, and what agrees may be copied. An unknown
identifier says nothing. A name alone never ties two MMSIs.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

import polars as pl

from makara.base.imo import imo_ok
from makara.registry.names import ALIKE, likenesses, plain, plain_callsign

_GIVEN: Final = {"imo": (0.95, 1e-5), "callsign": (0.60, 1e-3), "name": (0.70, 0.01), "length": (0.90, 0.10)}
AGREE: Final = {k: math.log(m / u) for k, (m, u) in _GIVEN.items()}
DIFFER: Final = {k: math.log((1 - m) / (1 - u)) for k, (m, u) in _GIVEN.items()}
PRIOR_SAME: Final = math.log(0.98 / 0.02)
PRIOR_OTHER: Final = math.log(1e-4)
AT_ONCE: Final = math.log(1e-3 / 0.5)
NOT_AT_ONCE: Final = math.log(0.98 / 0.5)
VETO: Final = -4.0
"""Score of two MMSIs that are heard at once, whatever else agrees: it may be copied."""
HOURS: Final = 3
"""Shown at once: in so many of the same hours."""
LENGTH_M: Final = 3.0
LENGTH_SHARE: Final = 0.05
"""Lengths agree within the larger of the two."""
CROWD: Final = 20
"""A value that more movers than this state, or a mover with more faces than three times this, tells nobody apart."""
WORDS: Final = {"imo": "IMO number", "callsign": "call sign", "name": "name", "length": "length"}
KEYS: Final = ("imo", "name", "callsign")


def faces(said: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Faces, and each claim's.

    Args:
        said: claims as ``classes.stated`` gives them.

    Returns:
        Faces in the order in which they were first seen: ``face`` (their number), ``mover``, ``imo`` (right ones only),
        ``name``, ``callsign`` (plain), ``length_m``, ``n``, ``first``, ``last``. And the claims with ``face``; null: it
        states no identity.
    """
    plainly = said.with_columns(
        _imo=pl.when(imo_ok(pl.col("imo"))).then("imo"),
        _name=_once(said["name"], plain),
        _callsign=_once(said["callsign"], plain_callsign),
    )
    keys = ["mover", "_imo", "_name", "_callsign"]
    shown = plainly.filter(pl.any_horizontal(pl.col(keys[1:]).is_not_null()))
    known = shown.group_by(keys).agg(
        n=pl.len().cast(pl.Int64),
        first=pl.col("t_seen").min(),
        last=pl.col("t_seen").max(),
        length_m=pl.col("length_m").drop_nulls().mode().min(),
    )
    known = (
        known.sort("first", *keys, nulls_last=True).with_row_index("face").with_columns(pl.col("face").cast(pl.Int64))
    )
    claims = plainly.join(known.select("face", *keys), on=keys, how="left", nulls_equal=True)
    return known.rename({f"_{k}": k for k in KEYS}), claims.drop("_imo", "_name", "_callsign")


def _once(values: pl.Series, how: Callable[[pl.Expr], pl.Expr]) -> pl.Series:
    """An expression over text, worked out once for each distinct value."""
    distinct = values.unique().drop_nulls().to_frame("v")
    made = distinct.with_columns(plain=how(pl.col("v")))
    return values.to_frame("v").join(made, on="v", how="left", maintain_order="left")["plain"]


def pairs(known: pl.DataFrame, claims: pl.DataFrame) -> pl.DataFrame:
    """Pairs of faces of one mover, weighed.

    Args:
        known: faces.
        claims: with their ``face``.

    Returns:
        ``a`` < ``b`` (faces), ``score`` (log-odds that they are one hull), ``why`` (what agrees and what differs).
    """
    side = known.select("face", "mover", *KEYS, "length_m")
    many = side.filter(pl.len().over("mover").is_between(2, 3 * CROWD)).select("face", "mover")
    both = many.join(many, on="mover", suffix="_b").filter(pl.col("face") < pl.col("face_b"))
    both = both.select(a="face", b="face_b").sort("a", "b")
    for c in ("a", "b"):
        both = both.join(side.rename({k: f"{k}_{c}" for k in side.columns if k != "face"}), left_on=c, right_on="face")
    names = likenesses(both["name_a"].to_list(), both["name_b"].to_list())
    both = both.with_columns(
        imo=pl.col("imo_a") == pl.col("imo_b"),
        callsign=pl.col("callsign_a") == pl.col("callsign_b"),
        name=pl.Series(names, dtype=pl.Float64) >= ALIKE,
        length=alike_lengths(),
    )
    both = at_once(both, claims.select("face", "t_seen"), "face")
    clash = pl.any_horizontal(~pl.col(c) for c in KEYS).fill_null(False)
    at = pl.when(pl.col("at_once") & clash).then(AT_ONCE).otherwise(0.0)
    return both.select("a", "b", score=weight() + at + PRIOR_SAME, why=words()).sort("a", "b")


def alike_lengths() -> pl.Expr:
    """Whether ``length_m_a`` and ``length_m_b`` agree."""
    bound = pl.max_horizontal(pl.lit(LENGTH_M), pl.max_horizontal("length_m_a", "length_m_b") * LENGTH_SHARE)
    return (pl.col("length_m_a") - pl.col("length_m_b")).abs() <= bound


def weight() -> pl.Expr:
    """What agreeing and differing identifiers (``imo, callsign, name, length``: true, false, null) weigh together."""
    told = [pl.when(pl.col(c)).then(AGREE[c]).when(~pl.col(c)).then(DIFFER[c]).otherwise(0.0) for c in AGREE]
    return pl.sum_horizontal(told).cast(pl.Float64)


def words() -> pl.Expr:
    """The same in words, and whether both were heard ``at_once``."""
    sides = [
        pl.concat_str([pl.when(on(c)).then(pl.lit(w)) for c, w in WORDS.items()], separator=", ", ignore_nulls=True)
        for on in (pl.col, lambda c: ~pl.col(c))
    ]
    parts = [
        pl.when(side != "").then(pl.format(how + " {}", side))
        for how, side in zip(("same", "other"), sides, strict=True)
    ]
    parts.append(pl.when("at_once").then(pl.lit("heard at once")))
    return pl.concat_str(parts, separator="; ", ignore_nulls=True)


def at_once(both: pl.DataFrame, times: pl.DataFrame, key: str) -> pl.DataFrame:
    """Pairs ``a, b`` with ``at_once``: heard in the same hours, ``HOURS`` or more.

    Args:
        both: pairs of keys.
        times: ``<key>, t_seen`` of messages.
        key: what ``a`` and ``b`` are.
    """
    wanted = pl.concat([both["a"], both["b"]]).unique()
    mine = times.filter(pl.col(key).is_in(wanted.implode()))
    hours = mine.select(key, hour=pl.col("t_seen").dt.truncate("1h")).unique()
    common = (
        both.select("a", "b")
        .join(hours.rename({key: "a"}), on="a")
        .join(hours.rename({key: "b"}), on=["b", "hour"])
        .group_by("a", "b")
        .len("common")
    )
    joined = both.join(common, on=["a", "b"], how="left", maintain_order="left")
    return joined.with_columns(at_once=(pl.col("common") >= HOURS).fill_null(False)).drop("common")
