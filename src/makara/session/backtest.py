"""Back-test: a rule over what a lake holds, with other settings than those in force; nothing is written.

Rules that look at one mover at a time run over some movers at a time, all others in windows of time, their memory
carried from one to the next: so memory is bounded by a part, and the events are those of the whole at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Final

import polars as pl

from makara.arrived import HORIZONS
from makara.base.errors import UsageError
from makara.base.time import EPOCH
from makara.base.units import DAY_S
from makara.behaviours import carry, finish, merge, nothing
from makara.inputs import Inputs, RuleInForce
from makara.lake import Settings, View
from makara.looks import one_each
from makara.picture import Picture
from makara.registry import classes
from makara.replay import newest
from makara.session.inputs import authorisations_of, rule_in_force
from makara.session.tally import Backtest, Tried
from makara.tables import table

Box = tuple[float, float, float, float]
PART_ROWS: Final = 1_000_000
"""Points that are looked at at once."""
CLAIM_ROWS: Final = 1_000_000
"""Claims that are looked at at once."""
WARM_S: Final = DAY_S
"""A rule begins so long before the first instant asked for, besides its reach: what began before is not counted."""
NEAR_DEG: Final = {"mover": 0.0, "place": 3.0}
"""Movers that come so near the box are looked at."""


def backtest(
    view: View,
    settings: Settings,
    kind: str,
    tries: Sequence[Mapping[str, Any]],
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    bbox: Box | None = None,
) -> Backtest:
    """Run a rule with one or two settings; see :meth:`makara.Session.backtest`.

    Args:
        view: the lake at one snapshot.
        settings: parameters in force, and the least severity that alerts.
        kind: the rule.
        tries: of each setting what differs from what is in force.
        since: count events from this instant on.
        until: know nothing from this instant on.
        bbox: count events in this box.

    Raises:
        NotFoundError: no such rule.
        SettingsError: no such parameter.
        UsageError: the span is empty.
    """
    zones = view.state("zones")
    rules = [rule_in_force(settings, zones, kind, values) for values in tries]
    inputs = _inputs(view, zones, rules)
    span = _span(view)
    frm = since if since is not None else span[0] if span else EPOCH
    to = until if until is not None else span[1] if span else EPOCH + timedelta(microseconds=1)
    if to <= frm:
        raise UsageError(f"the span from {frm} to {to} is empty; give a later end")
    first, last = max(frm, span[0]) if span else frm, min(to, span[1]) if span else to
    vessels = _vessels(view, inputs.lists)
    found = [finish(r.module.RULE, p, nothing()) for r in rules for p in r.sets]
    if span and first < last:
        before = timedelta(seconds=WARM_S + rules[0].module.RULE.inputs.get("track_points", 0))
        start = max(first - before, span[0])
        ground = _Ground.of(view, inputs, vessels, last)
        for part in _parts(view, rules[0], start, last, bbox):
            done = _through(ground, rules, part)
            found = [_joined(a, b) for a, b in zip(found, done, strict=True)]
    counted = _counted(found, rules, frm, bbox)
    least = settings.subscriptions["watch"].severity_min if "watch" in settings.subscriptions else 2
    tried = [Tried.of(r, events, least, frm, to, vessels, zones) for r, events in zip(rules, counted, strict=True)]
    return Backtest(kind, frm, to, bbox, least, tuple(tried))


def _vessels(view: View, lists: pl.DataFrame) -> pl.DataFrame:
    """What is known of each mover (as :func:`makara.registry.classes`), some movers' claims at a time."""
    claims = view.scan("claims")
    counts = claims.group_by("mover").len().sort("mover").collect()
    edges = _edges(counts["mover"], counts["len"], CLAIM_ROWS)
    parts = [classes(claims.filter(pl.col("mover").is_between(a, b)).collect(), lists) for a, b in edges]
    return pl.concat(parts) if parts else classes(table("claims").empty(), lists)


def _inputs(view: View, zones: pl.DataFrame, rules: Sequence[RuleInForce]) -> Inputs:
    return Inputs(
        profile="makara",
        zones=zones,
        authorisations=authorisations_of(view, zones),
        lists=view.state("lists"),
        shore=None,
        depth=None,
        rules=tuple(rules),
        subscriptions=table("subscriptions").empty(),
        policies=table("policies").empty(),
        licences={},
        partners=(),
        secrets={},
    )


def _span(view: View) -> tuple[datetime, datetime] | None:
    """First instant of points and detections, and just after the last."""
    ends = [
        view.scan(n).select(pl.col("t_seen").min().alias("a"), pl.col("t_seen").max().alias("b")).collect().row(0)
        for n in ("track_points", "detections")
    ]
    known = [e for e in ends if e[0] is not None]
    if not known:
        return None
    return min(a for a, _ in known), max(b for _, b in known) + timedelta(microseconds=1)


Part = tuple[tuple[int, int] | None, pl.Series | None, list[datetime]]
"""Movers from, to; of these only some; edges of windows of time."""


def _parts(view: View, rule: RuleInForce, start: datetime, to: datetime, bbox: Box | None) -> Iterator[Part]:
    """Stretches of the lake that are looked at one after the other."""
    r = rule.module.RULE
    within = pl.col("t_seen").is_between(start, to, closed="left") & pl.col("track").is_not_null()
    points = view.scan("track_points").filter(within)
    only = None
    if bbox is not None:
        only = points.filter(_near(bbox, NEAR_DEG[r.by])).select("mover").unique().collect()["mover"].sort()
        points = points.filter(pl.col("mover").is_in(only.implode()))
    if r.by == "mover" and "detections" not in r.inputs:
        counts = points.group_by("mover").len().sort("mover").collect()
        for ends in _edges(counts["mover"], counts["len"], PART_ROWS):
            yield ends, only, [start, to]
        return
    hours = points.group_by(hour=pl.col("t_seen").dt.truncate("1h")).len().sort("hour").collect()
    cuts = [a for a, _ in _edges(hours["hour"], hours["len"], PART_ROWS)]
    yield None, only, [start, *(c for c in cuts if start < c < to), to]


def _edges(keys: pl.Series, counts: pl.Series, rows: int) -> list[tuple[Any, Any]]:
    """First and last key of stretches of about so many rows."""
    part = pl.DataFrame({"key": keys, "n": counts}).with_columns(part=(pl.col("n").cum_sum() - pl.col("n")) // rows)
    ends = part.group_by("part", maintain_order=True).agg(a=pl.col("key").first(), b=pl.col("key").last())
    return list(ends.select("a", "b").iter_rows())


def _near(bbox: Box, by_deg: float) -> pl.Expr:
    """Whether a place lies in a box or so near it."""
    w, s, e, n = bbox
    wide = ((e - w) % 360 or (360 if e > w else 0)) + 2 * by_deg
    high = pl.col("lat_deg").is_between(s - by_deg, n + by_deg)
    return high if wide >= 360 else high & ((pl.col("lon_deg") - (w - by_deg)) % 360 <= wide)


@dataclass(frozen=True)
class _Ground:
    """What is the same in every part: read once."""

    view: View
    inputs: Inputs
    reads: Mapping[str, int]
    vessels: pl.DataFrame
    horizons: pl.DataFrame
    collections: pl.DataFrame
    tracks: pl.DataFrame
    events: pl.DataFrame

    @classmethod
    def of(cls, view: View, inputs: Inputs, vessels: pl.DataFrame, end: datetime) -> _Ground:
        """Of a lake, as known until ``end``."""
        reads = inputs.rules[0].module.RULE.inputs
        heard = view.scan("track_points").filter(pl.col("t_seen") < end).group_by("receiver")
        horizons = heard.agg(pl.col("t_seen").max().alias("horizon"), marks=pl.col("mark").unique().sort())
        kinds = [name[7:] for name in reads if name.startswith("events:")]
        return cls(
            view,
            inputs,
            reads,
            vessels,
            horizons.select(HORIZONS.names()).collect(engine="streaming"),
            one_each(view.read("collections"), view.state("marks"))[0],
            view.read("tracks"),
            newest(view.read("events", pl.col("kind").is_in(kinds))) if kinds else table("events").empty(),
        )

    def still(self, part: Part, frm: datetime, to: datetime) -> Picture:
        """The picture as a rule may see it in [frm, to), of the movers of a part."""
        movers, only, _ = part
        reach = timedelta(seconds=max(self.reads.values()))
        since = frm - reach if frm - EPOCH > reach else EPOCH
        back = frm - timedelta(seconds=self.reads.get("track_points", 0))
        whose = pl.lit(True) if movers is None else pl.col("mover").is_between(*movers)
        if only is not None:
            whose = whose & pl.col("mover").is_in(only.implode())
        points = table("track_points").empty().lazy()
        if "track_points" in self.reads:
            seen = pl.col("t_seen").is_between(back, to, closed="left") & whose
            points = self.view.scan("track_points").filter(seen, pl.col("track").is_not_null())
        sent = self.view.scan("reports").filter(pl.col("t_seen").is_between(back, to) & whose)
        said = sent.select("report", "transponder", "mmsi")
        points = points.drop("source", "t_known").join(said, on="report", how="left")
        detections = self.view.read("detections", pl.col("t_seen").is_between(since, to, closed="left"))
        seen_then = detections.lazy().select("detection")
        claims = table("claims").empty()
        if "claims" in self.reads:
            claims = self.view.read("claims", pl.col("t_seen").is_between(since, to, closed="left") & whose)
        return Picture(
            reports=table("reports").empty(),
            claims=claims,
            collections=self.collections,
            detections=detections,
            points=points.sort("mover", "t_seen", "report").collect(),
            tracks=self.tracks.filter(whose),
            matches=self.view.scan("matches").join(seen_then, on="detection", how="semi").collect(),
            vessels=self.vessels,
            events=self.events,
            alerts=table("alerts").empty(),
            marks=table("marks").empty(),
            horizons=self.horizons,
            released={},
            seq={},
            before=pl.DataFrame(schema={"mover": pl.Int64(), "t_seen": pl.Datetime("us", "UTC"), "mark": pl.String()}),
            held_marks=pl.DataFrame(schema={"track": pl.Int64(), "mark": pl.String()}),
            transponders=pl.DataFrame(schema={"mover": pl.Int64(), "transponder": pl.String()}),
        )


def _through(ground: _Ground, rules: Sequence[RuleInForce], part: Part) -> list[pl.DataFrame]:
    """Events of each rule and set of parameters in one part."""
    each = [(r, p) for r in rules for p in r.sets]
    carried = [nothing() for _ in each]
    done = [finish(r.module.RULE, p, nothing()) for r, p in each]
    for a, b in pairwise(part[2]):
        picture = ground.still(part, a, b)
        for k, (r, p) in enumerate(each):
            out = r.module.step(picture.window(r, a, b, ground.inputs), carried[k], p)
            carried[k] = carry(out)
            done[k] = merge(done[k], finish(r.module.RULE, p, out))
    return done


def _joined(a: pl.DataFrame, b: pl.DataFrame) -> pl.DataFrame:
    """Events of two parts; one that both have is the same in both."""
    return pl.concat([a, b]).unique("event", keep="first", maintain_order=True).sort("event")


def _counted(
    found: Sequence[pl.DataFrame], rules: Sequence[RuleInForce], frm: datetime, bbox: Box | None
) -> list[pl.DataFrame]:
    """Of each rule the events that began in the span and the box, each judged where it lies."""
    out, at = [], 0
    for r in rules:
        mine = r.judged(found[at : at + len(r.sets)])
        at += len(r.sets)
        here = pl.col("t_start") >= frm
        out.append(mine.filter(here if bbox is None else here & _near(bbox, 0.0)))
    return out
