"""Faces: the identities that a mover shows, each a combination of IMO number, name and call sign that it states.

A ship shows a few in its life (renamed, re-flagged, half of it in message 24A and half in 24B), a shared number many.
Which faces are one hull is weighed here pair by pair (Fellegi and Sunter 1969): each identifier adds the logarithm of
how likely its agreement is for one hull against two. The likelihoods are stated below; nothing else goes in.

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

from makara.registry.names import ALIKE, likenesses, plain, plain_callsign
from makara.registry.numbers import imo_ok

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
    """Pairs of faces that may be one hull, weighed.

    Args:
        known, claims: as :func:`faces` gives them.

    Returns:
        ``a`` < ``b`` (faces), ``same`` (one MMSI), ``score`` (log-odds that they are one hull), ``why`` (what agrees,
        else what differs).
    """
    side = known.select("face", "mover", *KEYS, "length_m")
    found = [_within(side)] + [_across(side, c) for c in ("imo", "callsign")]
    both = pl.concat(found).unique().sort("a", "b")
    for c in ("a", "b"):
        both = both.join(side.rename({k: f"{k}_{c}" for k in side.columns if k != "face"}), left_on=c, right_on="face")
    names = likenesses(both["name_a"].to_list(), both["name_b"].to_list())
    d = (pl.col("length_m_a") - pl.col("length_m_b")).abs()
    bound = pl.max_horizontal(pl.lit(LENGTH_M), pl.max_horizontal("length_m_a", "length_m_b") * LENGTH_SHARE)
    both = both.with_columns(
        imo=pl.col("imo_a") == pl.col("imo_b"),
        callsign=pl.col("callsign_a") == pl.col("callsign_b"),
        name=pl.Series(names, dtype=pl.Float64) >= ALIKE,
        length=d <= bound,
        same=pl.col("mover_a") == pl.col("mover_b"),
    ).with_columns(clash=pl.any_horizontal(~pl.col(c) for c in KEYS).fill_null(False))
    both = _at_once(both, claims)
    told = [pl.when(pl.col(c)).then(AGREE[c]).when(~pl.col(c)).then(DIFFER[c]).otherwise(0.0) for c in AGREE]
    within = PRIOR_SAME + pl.when(pl.col("at_once") & pl.col("clash")).then(AT_ONCE).otherwise(0.0)
    base = pl.when("same").then(within).otherwise(PRIOR_OTHER + NOT_AT_ONCE)
    score = pl.when(~pl.col("same") & pl.col("at_once")).then(VETO).otherwise(base + pl.sum_horizontal(told))
    agree = pl.concat_str(
        [pl.when(pl.col(c)).then(pl.lit(w)) for c, w in WORDS.items()], separator=", ", ignore_nulls=True
    )
    differ = pl.concat_str(
        [pl.when(~pl.col(c)).then(pl.lit(w)) for c, w in WORDS.items()], separator=", ", ignore_nulls=True
    )
    told_why = pl.concat_str(
        pl.when(agree != "").then(pl.format("same {}", agree)),
        pl.when(differ != "").then(pl.format("other {}", differ)),
        pl.when("at_once").then(pl.lit("heard at once")),
        separator="; ",
        ignore_nulls=True,
    )
    return both.select("a", "b", "same", score=score.cast(pl.Float64), why=told_why).sort("a", "b")


_PAIR: Final = {"a": pl.Int64(), "b": pl.Int64()}


def _within(side: pl.DataFrame) -> pl.DataFrame:
    """Pairs of one mover."""
    many = side.filter(pl.len().over("mover").is_between(2, 3 * CROWD)).select("face", "mover")
    both = many.join(many, on="mover", suffix="_b").filter(pl.col("face") < pl.col("face_b"))
    return both.select(a="face", b="face_b").cast(_PAIR)  # type: ignore[arg-type]


def _across(side: pl.DataFrame, column: str) -> pl.DataFrame:
    """Pairs of two movers that state the same value."""
    some = side.select("face", "mover", column).drop_nulls()
    some = some.filter(pl.col("mover").n_unique().over(column).is_between(2, CROWD))
    both = some.join(some, on=column, suffix="_b")
    both = both.filter(pl.col("face") < pl.col("face_b"), pl.col("mover") != pl.col("mover_b"))
    return both.select(a="face", b="face_b").cast(_PAIR)  # type: ignore[arg-type]


def _at_once(both: pl.DataFrame, claims: pl.DataFrame) -> pl.DataFrame:
    """Pairs with ``at_once``: shown in the same hours, ``HOURS`` or more."""
    wanted = pl.concat([both["a"], both["b"]]).unique()
    hours = claims.filter(pl.col("face").is_in(wanted.implode())).select(
        "face", hour=pl.col("t_seen").dt.truncate("1h")
    )
    hours = hours.unique()
    common = (
        both.select("a", "b")
        .join(hours.rename({"face": "a"}), on="a")
        .join(hours.rename({"face": "b"}), on=["b", "hour"])
        .group_by("a", "b")
        .len("common")
    )
    joined = both.join(common, on=["a", "b"], how="left", maintain_order="left")
    return joined.with_columns(at_once=(pl.col("common") >= HOURS).fill_null(False)).drop("common")
