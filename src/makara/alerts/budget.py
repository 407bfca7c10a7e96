"""Alert budget: at most so many alerts a watch are raised; the others are listed, and nothing is lost.

A watch is 12 hours from 00 and 12 UTC, and an alert belongs to the watch in which its event *began*. That instant is
part of the event: when data came in, in which batches, or how often a run was started does not move it, so two nodes
with the same inputs raise the same alerts. The instant at which we learned of an event would not do: it depends on the
step in which the node walked. Within a watch the places go by rank without its recency, which changes with the clock.
So late data may take an earlier watch's place for something graver; what was raised before is then listed.
"""

from __future__ import annotations

from typing import Final

import polars as pl

WATCH: Final = "12h"


def listed(alerts: pl.DataFrame, budgets: pl.DataFrame) -> pl.Series:
    """Whether each alert is beyond its subscription's budget for the watch.

    Args:
        alerts: ``subscription, event, t_start, standing`` (rank without recency), ``held`` (an operator works on it: it
            keeps its place) and ``silent`` (suppressed: it takes none).
        budgets: ``subscription, budget`` (null: no limit).
    """
    order = ["subscription", "watch", "silent", "held", "standing", "t_start", "event"]
    watch = pl.col("t_start").dt.truncate(WATCH).alias("watch")
    rows = alerts.with_row_index("row").with_columns(watch)
    rows = rows.join(budgets.select("subscription", "budget"), on="subscription", how="left")
    ranked = rows.sort(order, descending=[False, False, False, True, True, False, False])
    place = pl.int_range(1, pl.len() + 1).over("subscription", "watch")
    beyond = ~pl.col("silent") & ~pl.col("held") & (place > pl.col("budget")).fill_null(False)
    return ranked.with_columns(listed=beyond).sort("row")["listed"]
