"""What a back-test found, counted: alerts a day and a watch, where, by flag and class; what only one setting has."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import polars as pl

from makara.base.time import text
from makara.base.units import DAY_S
from makara.behaviours import rule
from makara.inputs import RuleInForce
from makara.sharing import OWNER, Mark
from makara.sharing.marks import key
from makara.tables import table

EXAMPLES: Final = 10
UNKNOWN: Final = "unknown"
NAMES: Final = ("setting", "against")
"""What the settings of a back-test are called, in their order."""


@dataclass(frozen=True)
class Tried:
    """What a rule found with one setting.

    Attributes:
        parameters: values by name, where no area has others.
        areas: zones (names) and values of areas that have others.
        events: all that it found (table events).
        alerts: those of them that would have alerted.
        by_day: ``day, alerts`` (of days that have any).
        by_place: ``lon_deg, lat_deg, alerts`` of squares of one degree (their middle), the most first.
        by_zone: ``zone, name, kind, alerts``, the most first.
        by_flag: ``flag, alerts``: vessels that took part; of two in one alert each counts.
        by_class: ``class, alerts``, likewise.
        a_day: alerts a day, on average.
        a_watch_max: most alerts that began in one watch of 12 h.
    """

    parameters: Mapping[str, Any]
    areas: tuple[Mapping[str, Any], ...]
    events: pl.DataFrame
    alerts: pl.DataFrame
    by_day: pl.DataFrame
    by_place: pl.DataFrame
    by_zone: pl.DataFrame
    by_flag: pl.DataFrame
    by_class: pl.DataFrame
    a_day: float
    a_watch_max: int

    @classmethod
    def of(
        cls,
        rule: RuleInForce,
        found: pl.DataFrame,
        least: int,
        frm: datetime,
        to: datetime,
        vessels: pl.DataFrame,
        zones: pl.DataFrame,
    ) -> Tried:
        """Count events.

        Args:
            rule: with the parameters that were tried.
            found: its events, as ``finish`` gives them.
            least: least severity that alerts.
            frm: begin of the span.
            to: its end.
            vessels: class and flag by ``mover``.
            zones: table zones.
        """
        events = _stamped(found)
        alerts = events.filter(pl.col("severity") >= least)
        watches = alerts.group_by(pl.col("t_start").dt.truncate("12h")).len()["len"].to_list()
        return cls(
            dict(rule.parameters.values),
            tuple({"zones": a.zones["name"].to_list(), "parameters": dict(a.parameters.values)} for a in rule.areas),
            events,
            alerts,
            alerts.group_by(day=pl.col("t_start").dt.date()).agg(alerts=pl.len()).sort("day"),
            _places(alerts),
            _zones(alerts, zones),
            _vessels(alerts, vessels, "flag"),
            _vessels(alerts, vessels, "class"),
            round(len(alerts) / max((to - frm) / timedelta(seconds=DAY_S), 1e-9), 3),
            max(watches, default=0),
        )

    def examples(self, most: int = EXAMPLES) -> list[dict[str, Any]]:
        """Some alerts with their why: the gravest first, of equals by their id, which is as good as a lot."""
        return _examples(self.alerts, most)

    def summary(self) -> dict[str, Any]:
        """All counts as plain values."""
        return {
            "parameters": self.parameters,
            "areas": list(self.areas),
            "events": len(self.events),
            "alerts": len(self.alerts),
            "alerts_a_day": self.a_day,
            "alerts_a_watch_max": self.a_watch_max,
            "by_day": [{"day": d.isoformat(), "alerts": n} for d, n in self.by_day.iter_rows()],
            "by_place": self.by_place.to_dicts(),
            "by_zone": self.by_zone.to_dicts(),
            "by_flag": self.by_flag.to_dicts(),
            "by_class": self.by_class.to_dicts(),
            "examples": self.examples(),
        }


@dataclass(frozen=True)
class Backtest:
    """A rule over what a lake holds, with one or two settings.

    Attributes:
        kind: the rule.
        since: events that began from then on are counted.
        until: end of what was known.
        bbox: events in it are counted; None: everywhere.
        severity_min: events of this severity or more would have alerted.
        tried: the setting, and the one that it is held against.
    """

    kind: str
    since: datetime
    until: datetime
    bbox: tuple[float, float, float, float] | None
    severity_min: int
    tried: tuple[Tried, ...]

    def only(self, which: int) -> pl.DataFrame:
        """Alerts of one setting to which none of the other fits: no common participant at a common time."""
        mine = self.tried[which].alerts
        if len(self.tried) < 2:
            return mine
        who = pl.col("participants").alias("who")
        mine_, theirs = (
            t.alerts.select("event", "scope", "t_start", "t_end_floor", who).explode("who")
            for t in (self.tried[which], self.tried[1 - which])
        )
        same = mine_.join(theirs, on=["who", "scope"], suffix="_other").filter(
            pl.col("t_start") <= pl.col("t_end_floor_other"), pl.col("t_start_other") <= pl.col("t_end_floor")
        )
        return mine.join(same, on="event", how="anti", maintain_order="left")

    def rows(self) -> pl.DataFrame:
        """Alerts of all settings as rows of table events; ``setting`` says whose."""
        named = zip(NAMES, self.tried, strict=False)
        return pl.concat(t.alerts.with_columns(setting=pl.lit(name)) for name, t in named)

    def summary(self) -> dict[str, Any]:
        """All counts as plain values (JSON)."""
        out: dict[str, Any] = {
            "rule": self.kind,
            "from": text(self.since),
            "to": text(self.until),
            "bbox": self.bbox,
            "severity_min": self.severity_min,
        }
        for k, (name, tried) in enumerate(zip(NAMES, self.tried, strict=False)):
            out[name] = tried.summary()
            if len(self.tried) > 1:
                alone = self.only(k)
                out[name] |= {"only": len(alone), "only_examples": _examples(alone, EXAMPLES)}
        return out


def _stamped(found: pl.DataFrame) -> pl.DataFrame:
    """Events as table events has them; they are nobody's but the owner's, and known when the data end."""
    stamps = {
        "version": pl.lit(1),
        "supersedes": pl.lit(None, pl.String),
        "source": pl.lit("backtest"),
        "t_known": pl.col("t_end_floor"),
        "mark": pl.lit(key(Mark.own(OWNER))),
    }
    return table("events").conform(found.with_columns(**stamps)).sort("t_start", "event")


def _examples(alerts: pl.DataFrame, most: int) -> list[dict[str, Any]]:
    rows = alerts.sort("severity", "event", descending=[True, False]).head(most)
    return [
        {
            "event": e["event"],
            "t_start": text(e["t_start"]),
            "t_end": text(e["t_end"]) if e["t_end"] else None,
            "severity": e["severity"],
            "lon_deg": e["lon_deg"],
            "lat_deg": e["lat_deg"],
            "why": rule(e["kind"]).why(e | {"details": json.loads(e["details"])}),
            "innocent": list(e["innocent"]),
        }
        for e in rows.iter_rows(named=True)
    ]


def _places(alerts: pl.DataFrame) -> pl.DataFrame:
    square = [(pl.col(c).floor() + 0.5).alias(c) for c in ("lon_deg", "lat_deg")]
    found = alerts.group_by(square).agg(alerts=pl.len())
    return found.sort("alerts", "lon_deg", "lat_deg", descending=[True, False, False])


def _zones(alerts: pl.DataFrame, zones: pl.DataFrame) -> pl.DataFrame:
    touched = alerts.select(zone="zones").explode("zone").drop_nulls().group_by("zone").agg(alerts=pl.len())
    named = touched.join(zones.select("zone", "name", "kind"), on="zone", how="left")
    return named.select("zone", "name", "kind", "alerts").sort("alerts", "zone", descending=[True, False])


def _vessels(alerts: pl.DataFrame, vessels: pl.DataFrame, column: str) -> pl.DataFrame:
    """Alerts by what is known of their vessels; those without any are counted under null."""
    of = vessels.select(pl.format("mv{}", "mover").alias("participants"), pl.col(column).fill_null(UNKNOWN))
    each = alerts.select("event", "participants").explode("participants")
    ships = pl.col("participants").str.starts_with("mv")
    named = each.join(of, on="participants", how="left")
    named = named.with_columns(pl.when(ships).then(pl.col(column).fill_null(UNKNOWN)))
    seen = named.filter(ships)
    bare = named.join(seen, on="event", how="anti")
    found = pl.concat([seen, bare]).unique(["event", column]).group_by(column).agg(alerts=pl.len())
    return found.sort("alerts", column, descending=[True, False], nulls_last=True)
