"""Events, subscriptions and decisions for tests of alerts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

from makara.alerts import decide
from makara.base import ids
from makara.tables import table

T0 = datetime(2026, 1, 1, tzinfo=UTC)
NOW = T0 + timedelta(hours=12)
NONE = table("alerts").empty()
STAMPS = {"source": "test", "t_known": T0, "mark": "mkone"}


def event(n: int, **parts: Any) -> dict[str, Any]:
    """An event of vessel ``n``: a silence of 8 h, severity 2."""
    return (
        STAMPS
        | {
            "event": ids.ident("ev", n),
            "version": 1,
            "supersedes": None,
            "state": "closed",
            "kind": "gap",
            "profile": "makara",
            "scope": "",
            "rule": "gap@1.0",
            "parameters": "p",
            "t_start": T0,
            "t_end": T0 + timedelta(hours=8),
            "t_end_floor": T0 + timedelta(hours=8),
            "lon_deg": 1.0,
            "lat_deg": 2.0,
            "participants": [f"mv{n}"],
            "mmsi": [n],
            "zones": [],
            "p": 0.75,
            "severity": 2,
            "reasons": [
                {"code": "silence", "value": 8.0, "unit": "h", "against": 6.0, "weight": 1.0, "text": "silent"}
            ],
            "innocent": ["no_reception"],
            "details": "{}",
            "evidence": ["feed:nmea"],
        }
        | parts
    )


def events(*rows: dict[str, Any]) -> pl.DataFrame:
    """Table events."""
    if not rows:
        return table("events").empty()
    return table("events").conform(pl.DataFrame(list(rows), infer_schema_length=None))


def subscriptions(**parts: Any) -> pl.DataFrame:
    """Table subscriptions with one of them."""
    row = STAMPS | {"subscription": "watch", "who": "self", "kinds": ["*"], "zones": ["*"], "severity_min": 2} | parts
    return table("subscriptions").conform(pl.DataFrame([row]))


def acts(*rows: dict[str, Any]) -> pl.DataFrame:
    """Table acts."""
    base = STAMPS | {"t": T0, "who": "bob", "verb": "suppress", "why": "survey", "until": None}
    made = [base | {"act": ids.ident("ac", k)} | r for k, r in enumerate(rows)]
    until = {"until": pl.Datetime("us", "UTC")}
    return table("acts").conform(pl.DataFrame(made, infer_schema_length=None, schema_overrides=until))


def decided(
    *rows: dict[str, Any],
    previous: pl.DataFrame = NONE,
    now: datetime = NOW,
    about: dict[str, Any] | None = None,
    **parts: Any,
) -> pl.DataFrame:
    """Alerts of events under one subscription."""
    more = {"vessels": None} | (about or {})
    vessels = more.pop("vessels")
    return decide(events(*rows), subscriptions(**parts), previous, vessels, now, **more)
