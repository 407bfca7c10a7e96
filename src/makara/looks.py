"""One look from all that was declared of it, whatever came first: pure.

A look may be declared more than once: by the scene itself, by a catalogue, by a partner's product whose rows merely
name it. Each declaration is kept as it came; what the picture, the page and partners see is made of all that are known.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from makara.sharing import meet_lists
from makara.tables import table

TELLING: Final = ("footprint", "length50_m")
"""What makes a look worth most, in this order: without it nothing that was found can be called unmatched."""
_OWN: Final = [f.name for f in table("collections").own]
_STAMPS: Final = ("source", "mark")
CONTENTS: Final = [*_OWN, *_STAMPS]
"""Columns in which two declarations differ; when they became known is none of them."""


def one_each(declared: pl.DataFrame, marks: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """A row a look.

    Declarations are ranked: those with a footprint first, then those with a detection limit, then those that tell more
    columns, then by their contents, so that the order is total. Each column is the first that is known. The times are
    the widest among the declarations that share the first one's footprint, or lack one with it.

    Args:
        declared: rows of table collections, several of one key where a look was declared several times.
        marks: table marks.

    Returns:
        Rows of table collections, one a key: its mark is the meet of the marks of all its declarations, and it was
        known when the last of them was. And the marks that are new by it, as :func:`makara.sharing.meet_lists` gives
        them.
    """
    several = declared["collection"].is_duplicated()
    rows = declared.filter(several)
    if not len(rows):
        return declared, meet_lists(pl.Series([], dtype=pl.List(pl.String())), marks)[1]
    known = pl.sum_horizontal(pl.col(c).is_not_null().cast(pl.Int32()) for c in _OWN)
    ranks = [pl.col(c).is_null() for c in TELLING] + [-known]
    ranked = rows.sort("collection", *ranks, *CONTENTS, nulls_last=True)
    first = [pl.col(c).drop_nulls().first() for c in ranked.columns if c not in ("mark", "t_known", "t_start", "t_end")]
    alike = pl.col("footprint").eq_missing(pl.col("footprint").first())
    made = ranked.group_by("collection", maintain_order=True).agg(
        *(e for e in first if e.meta.output_name() != "collection"),
        pl.col("t_start").filter(alike).min(),
        pl.col("t_end").filter(alike).max(),
        pl.col("t_known").max(),
        pl.col("mark").unique().sort().alias("marks"),
    )
    met, new = meet_lists(made["marks"], marks, level=None)
    whole = made.with_columns(met).select(declared.columns)
    return pl.concat([declared.filter(~several), whole]).sort("collection"), new


__all__ = ["CONTENTS", "one_each"]
