"""What a lake holds already: the keys that tell new rows from repeated ones, and the licences of looks."""

from __future__ import annotations

from datetime import date
from typing import Final

import polars as pl

from makara.base.keyset import KeySet
from makara.lake import Lake
from makara.looks import CONTENTS, one_each
from makara.tables import table

BULK: Final = {"reports": "report", "claims": "claim", "messages": "message"}
"""Tables with many rows, whose keys hash their time: a repeated row lies on the same day."""
DEDUPLICATED: Final = BULK | {"collections": "collection", "detections": "detection"}
STATE_KEYS: Final = {
    "zones": "zone",
    "lists": "entry",
    "authorisations": "authorisation",
    "movers": "mover",
    "chips": "chip",
}


class Held:
    """Keys that the lake holds, read when they are first asked for: of bulk tables those of the days concerned."""

    def __init__(self, lake: Lake) -> None:
        self.view = lake.view()
        self.days: dict[str, set[date]] = {}
        self.bulk: dict[str, KeySet] = {}
        self.keys: dict[str, pl.Series] = {}
        self.looks: pl.DataFrame | None = None
        self.marks = lake.state("marks")
        self.said: pl.DataFrame = table("collections").empty()

    def licensed(self, name: str, rows: pl.DataFrame) -> pl.DataFrame:
        """Detections with ``licence`` and ``look_end`` (when it ended) of their look; looks are remembered."""
        columns = ("collection", "licence", "t_end")
        if self.looks is None:
            self.looks = one_each(self.view.read("collections"), self.marks)[0].select(columns)
        if name == "collections":
            self.looks = pl.concat([self.looks, rows.select(columns)], how="vertical_relaxed")
            return rows
        looks = self.looks.unique("collection", keep="last").rename({"t_end": "look_end"})
        return rows.drop("licence", strict=False).join(looks, on="collection", how="left", maintain_order="left")

    def new(self, name: str, rows: pl.DataFrame) -> pl.DataFrame:
        """Rows that are not there yet; of two alike in the batch, the one known first.

        Of a look all that is declared differently is new: see :meth:`declared`.
        """
        column = DEDUPLICATED.get(name) or STATE_KEYS[name]
        if rows["t_known"].n_unique() > 1:
            rows = rows.sort("t_known", maintain_order=True)
        if name == "collections":
            once = rows.unique(CONTENTS, keep="first", maintain_order=True)
            more = once.join(self.declared(once), on=CONTENTS, how="anti", nulls_equal=True, maintain_order="left")
            self.said = pl.concat([self.said, more.select(self.said.columns)])
            return more
        if name in BULK:
            self._read(name, column, rows["t_seen"])
            fresh = self.bulk[name].add(rows[column])
            return rows if fresh.all() else rows.filter(fresh)
        if name not in self.keys:
            held = self.view.scan(name).select(column).collect() if name in DEDUPLICATED else self.view.state(name)
            self.keys[name] = held[column]
        once = rows.unique(column, keep="first", maintain_order=True)
        once = once.filter(~pl.col(column).is_in(self.keys[name].implode()))
        self.keys[name] = pl.concat([self.keys[name], once[column]])
        return once

    def declared(self, rows: pl.DataFrame) -> pl.DataFrame:
        """All that is declared of the looks of some rows, in the lake and since (table collections)."""
        mine = pl.col("collection").is_in(rows["collection"].unique().implode())
        return pl.concat([self.view.read("collections", mine), self.said.filter(mine)])

    def _read(self, name: str, column: str, t_seen: pl.Series) -> None:
        """See that the keys of all rows on these days are known."""
        known, days = self.bulk.setdefault(name, KeySet()), self.days.setdefault(name, set())
        more = set(t_seen.dt.date().unique().to_list()) - days
        if not more:
            return
        days |= more
        day = pl.col("t_seen").dt.date()
        held = self.view.scan(name)
        within = day.is_in(sorted(more)) & pl.col("t_seen").is_between(*_span(more))
        known.add(held.filter(within).select(column).collect()[column])


def _span(days: set[date]) -> tuple[pl.Expr, pl.Expr]:
    """The first and the last instant of days."""
    first, last = (pl.lit(d).cast(pl.Datetime("us", "UTC")) for d in (min(days), max(days)))
    return first, last + pl.duration(days=1)
