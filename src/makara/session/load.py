"""The picture as the last run left it, as far back as what is new may reach."""

from __future__ import annotations

import io
import json
from datetime import datetime, timedelta
from typing import Any

import polars as pl

from makara.arrived import HORIZONS, changed_since
from makara.base.time import EPOCH
from makara.fusion.structures import REACH as STOOD
from makara.fusion.structures import SENSORS as STANDING
from makara.fusion.structures import SIGHTED
from makara.inputs import Inputs
from makara.lake import Lake
from makara.picture import CONTEXT_S, LOOK_REACH_S, Picture, RuleKey
from makara.registry import classes
from makara.replay import KEEP_S, earliest, newest
from makara.session.bulk import REPORT_COLUMNS
from makara.tables import table


def load_picture(
    lake: Lake,
    inputs: Inputs,
    fresh: dict[str, pl.DataFrame],
    forced: datetime | None,
    until: datetime,
    movers: pl.Series | None,
) -> Picture:
    """The picture as the last run left it, back to where rules may have to restart; all points of some movers.

    Without movers it holds no points at all: rules may read all those that the lake has.
    """
    kept, looked = _kept(lake, inputs), _looked(lake, fresh["collections"])
    more = fresh["collections"].filter(pl.col("t_known") > looked)
    late = changed_since(more, lake.scan("detections").select("collection", "t_seen").collect()) if len(more) else None
    floor = EPOCH if movers is None else _floor(kept, inputs, fresh, earliest((forced, late)))
    context = timedelta(seconds=2 * KEEP_S + CONTEXT_S + LOOK_REACH_S + max(map(_reach, inputs.rules), default=0))
    since = floor - context if floor - EPOCH > context else EPOCH
    recent = pl.lit(False) if movers is None else pl.col("t_seen") >= since
    seen = lake.scan("track_points").select("report")
    reports = lake.scan("reports").select(REPORT_COLUMNS).filter(recent).join(seen, on="report", how="semi").collect()
    whole = recent if movers is None else recent | pl.col("mover").is_in(movers.implode())
    every = lake.scan("track_points")
    points = lake.read("track_points", whole)
    before = every.filter(~whole).group_by("mover", "mark").agg(pl.col("t_seen").min())
    extra = reports.select("report", "transponder", "mmsi")
    points = points.drop("source", "t_known").join(extra, on="report", how="left", maintain_order="left")
    walked = walked_to(lake)
    claims = lake.read("claims", pl.col("t_known") <= walked) if walked else table("claims").empty()
    matched = lake.scan("detections").join(lake.scan("matches"), on="detection", how="semi")
    stood = pl.col("sensor").is_in(STANDING) & (pl.col("t_seen") >= since - min(since - EPOCH, STOOD))
    horizons = every.group_by("receiver").agg(pl.col("t_seen").max().alias("horizon"), marks=pl.col("mark").unique())
    ledger = lake.state("released_rows")
    handed = lake.state("releases")
    owners = ledger.join(handed.select("release", "partner"), on="release", how="left")
    vessels = classes(claims, inputs.lists)
    if len(claims) != last_noted(lake).get("seen", {}).get("claims", 0):  # some came in behind the walk: all is new
        vessels, walked = vessels.clear(), None
    held = lake.read("tracks")
    sent = lake.scan("reports").filter(pl.col("t_known") <= until)
    return Picture(
        reports=reports,
        claims=claims.clear(),
        collections=table("collections").empty(),
        detections=matched.filter(pl.col("t_seen") >= since).collect(),
        sighted=matched.filter(stood).select(SIGHTED).collect(),
        points=points,
        tracks=held.drop("source", "t_known", "mark"),
        matches=lake.read("matches").drop("source", "t_known"),
        vessels=vessels,
        events=newest(lake.read("events")),
        alerts=lake.state("alerts"),
        marks=lake.state("marks"),
        horizons=horizons.select(HORIZONS.names()).collect(),
        released={p: owners.filter(pl.col("partner") == p).drop("partner") for p in inputs.partners},
        seq={p: int(handed.filter(pl.col("partner") == p)["seq"].max() or 0) for p in inputs.partners},  # type: ignore[arg-type]
        before=before.select("mover", "t_seen", "mark").collect(),
        held_marks=held.select("track", "mark"),
        transponders=sent.select("mover", "transponder").unique().collect(),
        kept=kept,
        floor=floor,
        walked=walked or EPOCH,
        looked=looked,
    )


def _reach(rule: Any) -> int:
    """How far back a rule reads what is loaded by time; events and claims are all in memory."""
    inputs: dict[str, int] = rule.module.RULE.inputs
    return max((s for name, s in inputs.items() if name != "claims" and not name.startswith("events:")), default=0)


def _floor(
    kept: dict[RuleKey, dict[datetime, pl.DataFrame]],
    inputs: Inputs,
    fresh: dict[str, pl.DataFrame],
    forced: datetime | None,
) -> datetime:
    """The last instant at which every rule's state was kept, early enough for all that is new."""
    times = [t for t in (fresh["reports"]["t_seen"].min(), fresh["detections"]["t_seen"].min(), forced) if t]
    if not times:
        return EPOCH
    reach = timedelta(seconds=LOOK_REACH_S)
    dirty: datetime = min(times)  # type: ignore[assignment]
    if not inputs.rules:
        return dirty - reach if dirty - EPOCH > reach else EPOCH
    common = set.intersection(*(set(kept.get(k, {})) for r in inputs.rules for k in r.keys))
    return max((t for t in common if t + reach <= dirty), default=EPOCH)


def _kept(lake: Lake, inputs: Inputs) -> dict[RuleKey, dict[datetime, pl.DataFrame]]:
    wanted = {k for r in inputs.rules for k in r.keys}
    out: dict[RuleKey, dict[datetime, pl.DataFrame]] = {}
    for r in lake.read("carried").iter_rows(named=True):
        k = (r["rule"], r["profile"], r["parameters"])
        if k in wanted:
            out.setdefault(k, {})[r["at"]] = pl.read_ipc(io.BytesIO(r["content"]))
    return out


def _looked(lake: Lake, looks: pl.DataFrame) -> datetime:
    """What was declared of looks until then has been walked; some came in behind the walk: all is new."""
    walked, seen = walked_to(lake) or EPOCH, last_noted(lake).get("seen", {}).get("collections", 0)
    return walked if looks.select((pl.col("t_known") <= walked).sum()).item() == seen else EPOCH


def walked_to(lake: Lake) -> datetime | None:
    """The end of the last run's last step; None before the first run."""
    runs = lake.state("runs")
    return runs["t_to"].max() if len(runs) else None  # type: ignore[return-value]


def last_noted(lake: Lake) -> dict[str, Any]:
    """What the last run noted of its inputs; empty before the first."""
    runs = lake.state("runs").sort("t_known")
    noted: dict[str, Any] = json.loads(runs["rows"][-1]) if len(runs) else {}
    return noted
