"""The alert budget: the gravest of each watch are raised, the others listed; when rows came in changes nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import polars as pl
from events_made import NONE, NOW, T0, decided, event
from hypothesis import given, settings
from hypothesis import strategies as st


def at(hours: float, **parts: Any) -> dict[str, Any]:
    start = T0 + timedelta(hours=hours)
    return {"t_start": start, "t_end_floor": start + timedelta(hours=1), "t_end": start + timedelta(hours=1)} | parts


def raised(alerts: pl.DataFrame) -> set[str]:
    return set(alerts.filter(~pl.col("listed"))["event"])


def test_the_gravest_of_a_watch_are_raised_and_the_others_listed() -> None:
    rows = [event(n, **at(n, severity=2 + n % 3)) for n in range(6)]  # severities 2 3 4 2 3 4
    found = decided(*rows, budget=3)
    assert len(found) == 6, "nothing is lost"
    assert raised(found) == {rows[n]["event"] for n in (2, 5, 1)}, "of equals the first to begin"
    assert raised(decided(*rows)) == raised(decided(*rows, budget=9)) == {r["event"] for r in rows}


def test_each_watch_and_each_subscription_has_its_own() -> None:
    rows = [event(n, **at(n)) for n in (1, 2, 11.9, 12, 13)]
    assert raised(decided(*rows, budget=1)) == {event(1)["event"], event(12)["event"]}


def test_recency_takes_no_place() -> None:
    """What is recent changes with the clock; who has a place in the watch does not."""
    rows = [event(1, **at(0, p=0.9)), event(2, **at(11, p=0.8))]
    for hours in (12, 17, 30, 100):
        assert raised(decided(*rows, budget=1, now=T0 + timedelta(hours=hours))) == {rows[0]["event"]}


def test_what_an_operator_works_on_keeps_its_place() -> None:
    a = decided(event(1), budget=1).with_columns(state=pl.lit("claimed"), who=pl.lit("ann"))
    b = decided(event(1), event(2, severity=4), previous=a, budget=1)
    assert dict(b.select("event", "listed").iter_rows()) == {event(2)["event"]: True}
    c = decided(event(1), event(2, severity=4), budget=1)
    assert raised(c) == {event(2)["event"]}


ROWS = [
    event(n, **at(h, severity=s, p=p))
    for n, (h, s, p) in enumerate([(1, 2, 0.5), (2, 4, 0.1), (3, 2, None), (3, 2, 0.5), (11, 3, 0.9), (13, 2, 0.2)])
]


@settings(max_examples=40)
@given(st.permutations(range(len(ROWS))), st.lists(st.integers(1, len(ROWS)), max_size=3), st.integers(1, 4))
def test_any_order_and_any_batches_raise_the_same_in_the_end(order: list[int], cuts: list[int], budget: int) -> None:
    held, now = NONE, NOW
    for k in [*sorted(cuts), len(ROWS)]:
        now += timedelta(minutes=15)
        held = merged(held, decided(*(ROWS[n] for n in order[:k]), previous=held, budget=budget, now=now))
    assert raised(held) == raised(decided(*ROWS, budget=budget))


def merged(held: pl.DataFrame, changed: pl.DataFrame) -> pl.DataFrame:
    return pl.concat([held.join(changed, on="alert", how="anti"), changed])


def test_a_withdrawn_alert_gives_its_place_up() -> None:
    rows = [event(1, **at(1, severity=4)), event(2, **at(2))]
    a = decided(*rows, budget=1)
    b = decided(rows[0] | {"version": 2, "state": "withdrawn"}, rows[1], previous=a, budget=1)
    states = {r["event"]: (r["state"], r["listed"]) for r in b.iter_rows(named=True)}
    assert states[rows[1]["event"]] == ("new", False)
    assert states[rows[0]["event"]][0] == "withdrawn"
