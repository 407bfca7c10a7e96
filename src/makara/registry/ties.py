"""Ties: parts of different movers that are one vessel, as one IMO number under successive MMSIs.

Parts join hulls in the order in which they were first seen. A part is weighed against each earlier part of another
mover with which it shares an IMO number or call sign, by all that both have stated in their time; the best score counts
for the hull, but none joins a hull of which a part is heard at once, or that has another part of its own mover.
"""

from __future__ import annotations

from itertools import product
from typing import Final

import polars as pl

from makara.registry.faces import (
    CROWD,
    KEYS,
    NOT_AT_ONCE,
    PRIOR_OTHER,
    VETO,
    alike_lengths,
    at_once,
    weight,
    words,
)
from makara.registry.hulls import RIVAL_P, SHARED, Part, hypotheses
from makara.registry.names import ALIKE, likeness

_PAIR: Final = {"a": pl.Int64(), "b": pl.Int64()}


def tie(every: list[Part], known: pl.DataFrame, claims: pl.DataFrame) -> None:
    """Put parts of several movers into one hull where that is likelier than not; their ``hull, p, how`` are changed.

    Args:
        every: all parts, in order.
        known: faces.
        claims: with their ``face``.
    """
    before: dict[int, list[tuple[int, float, bool, str]]] = {}
    for a, b, score, live, why in _pairs(every, known, claims).iter_rows():
        before.setdefault(b, []).append((a, score, live, why))
    movers: dict[int, set[int]] = {}
    for k, part in enumerate(every):
        scores: dict[int, float] = {}
        reasons: dict[int, tuple[float, str]] = {}
        barred: set[int] = set()
        for a, score, live, why in before.get(k, ()):
            hull = every[a].hull
            if live or part.mover in movers[hull]:
                barred.add(hull)
            scores[hull] = max(score, scores.get(hull, score))
            reasons[hull] = max((score, why), reasons.get(hull, (score, "")))
        odds, other = hypotheses({h: VETO if h in barred else s for h, s in scores.items()})
        if odds and odds[0][0] > other:
            part.p, part.hull, part.how = part.p * odds[0][0], odds[0][1], reasons[odds[0][1]][1]
        else:
            part.p *= other
        part.rivals += [(h, q, reasons[h][1]) for q, h in odds if h != part.hull and q >= RIVAL_P]
        movers.setdefault(part.hull, set()).add(part.mover)


def _pairs(every: list[Part], known: pl.DataFrame, claims: pl.DataFrame) -> pl.DataFrame:
    """Pairs of parts of different movers with something in common: ``a`` < ``b``, score, at_once, why."""
    rows = [(k, f) for k, p in enumerate(every) for f in p.faces if p.how != SHARED]
    of = pl.DataFrame(rows, schema={"part": pl.Int64(), "face": pl.Int64()}, orient="row")
    stated = of.join(known, on="face")
    both = pl.concat([_sharing(stated, c) for c in ("imo", "callsign")]).unique().sort("a", "b")
    some = stated.filter(pl.col("part").is_in(pl.concat([both["a"], both["b"]]).implode()))
    some = some.sort("part", "n", "face", descending=[False, True, False])
    side = some.group_by("part").agg(
        *(pl.col(c).drop_nulls().unique().sort() for c in KEYS), pl.col("length_m").drop_nulls().first()
    )
    for c in ("a", "b"):
        both = both.join(side.rename({k: f"{k}_{c}" for k in side.columns if k != "part"}), left_on=c, right_on="part")
    both = both.sort("a", "b")
    names = [
        any(likeness(x, y) >= ALIKE for x, y in product(m, n)) if len(m) and len(n) else None
        for m, n in both.select("name_a", "name_b").iter_rows()
    ]
    both = both.with_columns(
        _shared("imo"), _shared("callsign"), name=pl.Series(names, dtype=pl.Boolean), length=alike_lengths()
    )
    times = claims.select("face", "t_seen").join(of, on="face").select("part", "t_seen")
    both = at_once(both, times, "part")
    return both.select("a", "b", weight() + PRIOR_OTHER + NOT_AT_ONCE, "at_once", why=words())


def _sharing(stated: pl.DataFrame, column: str) -> pl.DataFrame:
    """Pairs of parts of two movers that state the same value, unless a crowd does."""
    some = stated.select("part", "mover", column).drop_nulls().unique()
    some = some.filter(pl.col("mover").n_unique().over(column).is_between(2, CROWD))
    both = some.join(some, on=column, suffix="_b")
    both = both.filter(pl.col("part") < pl.col("part_b"), pl.col("mover") != pl.col("mover_b"))
    return both.select(a="part", b="part_b").cast(_PAIR)  # type: ignore[arg-type]


def _shared(column: str) -> pl.Expr:
    """Whether two sets of values have one in common; null where one is empty."""
    a, b = pl.col(f"{column}_a"), pl.col(f"{column}_b")
    common = a.list.set_intersection(b).list.len() > 0
    return pl.when((a.list.len() > 0) & (b.list.len() > 0)).then(common).alias(column)
