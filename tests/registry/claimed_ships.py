"""Invented ships that claim and lists that name them, for the tests of the registry."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

from makara.base import ids, time
from makara.tables import table

T0 = datetime(2026, 3, 1, tzinfo=UTC)
DAY = timedelta(days=1)
Row = dict[str, Any]


def imo(six: int) -> int:
    """A number of invented digits with its check digit."""
    return six * 10 + sum((six // 10**k) % 10 * (k + 2) for k in range(6)) % 10


def says(mover: int, first_day: float, days: float, every_h: float = 6.0, mark: str = "m", **said: Any) -> list[Row]:
    """The same claim over some days."""
    n = max(1, int(days * 24 / every_h))
    at = [T0 + DAY * first_day + timedelta(hours=every_h) * k for k in range(n)]
    return [{"mover": mover, "t_seen": t, "msg_type": 5, "mark": mark, **said} for t in at]


def claims(*spells: Sequence[Row]) -> pl.DataFrame:
    """Table claims."""
    rows = [r for spell in spells for r in spell]
    base = dict.fromkeys(table("claims").schema) | {"receiver": "unknown", "source": "x", "t_known": T0}
    full = [base | {"claim": k} | r | {"mmsi": r["mover"] if r["mover"] > 0 else None} for k, r in enumerate(rows)]
    return table("claims").conform(pl.DataFrame(full, schema=table("claims").schema))


def lists(*rows: Row) -> pl.DataFrame:
    """Table lists."""
    base = dict.fromkeys(table("lists").schema) | {"reason": "why", "source": "x", "t_known": T0, "mark": "list"}
    full = [base | {"entry": f"e{k}"} | r for k, r in enumerate(rows)]
    return table("lists").conform(pl.DataFrame(full, schema=table("lists").schema))


def acts(*done: tuple[str, Iterable[str]]) -> pl.DataFrame:
    """Table acts: verbs with their objects, a minute apart; an act's id is ``act_id`` of its place."""
    rows = [
        {
            "act": act_id(k),
            "t": T0 + timedelta(minutes=k),
            "who": "op",
            "verb": verb,
            "object": list(things),
            "why": "because",
            "source": "operator",
            "t_known": T0,
            "mark": "act",
        }
        for k, (verb, things) in enumerate(done)
    ]
    return table("acts").conform(pl.DataFrame(rows, schema=table("acts").schema))


def act_id(k: int) -> str:
    """The id of the act in place ``k``."""
    return ids.ident("ac", time.text(T0), k)
