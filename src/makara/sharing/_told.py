"""Decisions as rows: what went and by which policy, what did not and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import numpy as np
import polars as pl

from makara.sharing._columns import Given
from makara.sharing.policy import Decision
from makara.tables.release import DECISIONS

IDS: Final = pl.Schema({"table": pl.String(), "outside_id": pl.String(), "inside_id": pl.String()})
_PART: Final = pl.Schema({k: DECISIONS[k] for k in ("id", "reason", "policy")})


def one(name: str, effect: str, column: str, reason: str) -> pl.DataFrame:
    """One decision on all rows of a table."""
    return pl.DataFrame([(name, "*", effect, column, reason, None)], schema=DECISIONS, orient="row")


def some(
    name: str, effect: str, column: str, own: pl.Series, reason: Iterable[Any], policy: Iterable[Any]
) -> pl.DataFrame:
    """Decisions on single rows, of one table and column."""
    part = pl.DataFrame({"id": own, "reason": list(reason), "policy": list(policy)}, schema=_PART)
    fixed = {"table": name, "effect": effect, "column": column}
    return part.with_columns(**{k: pl.lit(v) for k, v in fixed.items()}).select(DECISIONS.names())


def kept_back(
    name: str, own: pl.Series, d: Decision, columns: Mapping[str, Given], never: Iterable[str]
) -> list[pl.DataFrame]:
    """Rows and columns of a table that do not go.

    Args:
        name: the table.
        own: our ids of all rows decided on.
        d: the decision on them.
        columns: what goes of the allowed rows.
        never: columns that never go.
    """
    no = ~d.allowed
    out = [some(name, "deny", "*", own.filter(pl.Series(no)), d.reason[no], d.policy[no])]
    go = own.filter(pl.Series(d.allowed))
    for c, g in columns.items():
        lost = ~g.mask
        if lost.any():
            out.append(some(name, "withhold", c, go.filter(pl.Series(lost)), g.why[lost], g.by[lost]))
    return out + [one(name, "withhold", c, "never") for c in sorted(never)]


def sent(name: str, outside_ids: pl.Series, columns: Mapping[str, Given], order: Sequence[int]) -> list[pl.DataFrame]:
    """Why each row and column that goes does: one decision where a policy gives a row whole, else one a column.

    Args:
        name: the table.
        outside_ids: the partner's ids, in the order in which rows go.
        columns: what goes of each row, in the order of deciding.
        order: position in the order of deciding of each row that goes.
    """
    if not len(outside_ids):
        return []
    by = {c: (g.mask[order], g.by[order], g.coarse[order]) for c, g in columns.items() if c != "t_known"}
    first = next(iter(by.values()))[1]
    plain = np.ones(len(order), np.bool_)
    for mask, policy, coarse in by.values():
        plain &= mask & (policy == first) & (coarse == 0)
    out = [some(name, "allow", "*", outside_ids.filter(pl.Series(plain)), ["policy"] * int(plain.sum()), first[plain])]
    for c, (mask, policy, coarse) in by.items():
        use = mask & ~plain
        if not use.any():
            continue
        why = np.where(coarse[use] > 0, "coarsened", "policy")
        out.append(some(name, "allow", c, outside_ids.filter(pl.Series(use)), why.tolist(), policy[use]))
    return [*out, one(name, "allow", "t_known", "release_time")]


def gather(parts: Sequence[pl.DataFrame], schema: pl.Schema, by: Sequence[str]) -> pl.DataFrame:
    """Parts as one frame, sorted."""
    return pl.concat([pl.DataFrame(schema=schema), *parts]).sort(by, nulls_last=True)
