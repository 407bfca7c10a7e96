"""Running the walk: what is new is loaded, walked in steps of t_known, and committed in one go."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import polars as pl

from makara.alerts import in_force
from makara.arrived import HORIZONS, Arrived, FurtherBackError, changed_since
from makara.base import ids
from makara.base.time import EPOCH, from_us, to_us
from makara.engine import Embedded
from makara.fusion.structures import REACH as STOOD
from makara.fusion.structures import SENSORS as STANDING
from makara.fusion.structures import SIGHTED
from makara.inputs import Inputs
from makara.lake import Commit, Lake, Settings
from makara.picture import (
    CONTEXT_S,
    LOOK_REACH_S,
    SOURCE,
    Picture,
    RuleKey,
)
from makara.registry import classes
from makara.replay import KEEP_S, earliest, newest
from makara.session.bulk import REPORT_COLUMNS, Bulk, Spill, bulk, unplaced
from makara.sharing import OWNER
from makara.sharing.marks import ROW, Mark, key
from makara.sharing.marks import row as mark_row
from makara.tables import table
from makara.walk import walk


def run(
    lake: Lake,
    settings: Settings,
    inputs: Inputs,
    *,
    clock: datetime,
    code: str,
    frm: datetime | None = None,
    to: datetime | None = None,
    progress: Callable[[int], None] | None = None,
) -> dict[str, Any]:
    """Walk what is new in a lake.

    Args:
        lake: where.
        settings: step of t_known.
        inputs: zones, rules, policies in force.
        clock: the present: no step ends after it.
        code: version of the code, as the runs table names it.
        frm: redo the rules from this instant of happening on, even where nothing is new.
        to: walk no further than what was known then.
        progress: called with the number of steps done.

    Returns:
        Counts: steps, and new rows by table; events by kind and state.
    """
    engine = Embedded(settings.run.workers)
    with lake.write() as commit:
        walked, last = _walked_to(lake), _last(lake)
        until = max(walked or EPOCH, clock if to is None else min(clock, to))  # what a run has walked stays known
        forced = _forced(lake, inputs, frm)
        anew = last.get("ground", _ground(inputs)) != _ground(inputs)
        load = None if forced or anew or inputs.rules else bulk(lake, until, settings.run.step_s)
        fresh = _fresh(lake, until, load)
        after = walked + timedelta(microseconds=1) if walked else EPOCH
        steps = _steps(fresh, settings.run.step_s, until, after, last.get("seen", {}))
        if load is not None:
            steps = load.walked(steps)
        if not steps and (forced is not None or last.get("doors", _doors(inputs, until)) != _doors(inputs, until)):
            steps = [Arrived.of(max(until, after), fresh)]  # claims and collections come whole all the same
        spill = Spill(commit, inputs.profile) if load else None
        picture = _walked(lake, inputs, fresh, steps, until, forced, anew, engine, load, spill, progress)
        counts = _commit(commit, lake, picture, steps, clock, code, inputs, spill)
    standing = picture.events.filter(pl.col("state") != "withdrawn")
    return {
        "steps": len(steps),
        "rows": counts,
        "tracks": len(picture.tracks),
        "events": dict(standing.group_by("kind").len().sort("kind").iter_rows()),
    }


def _walked(
    lake: Lake,
    inputs: Inputs,
    fresh: dict[str, pl.DataFrame],
    steps: list[Arrived],
    until: datetime,
    forced: datetime | None,
    anew: bool,
    engine: Embedded,
    load: Bulk | None,
    spill: Spill | None,
    progress: Callable[[int], None] | None,
) -> Picture:
    """The picture after the steps; begun again from further back where one reaches back beyond what was loaded."""
    back = forced
    whole = fresh["reports"]["mover"].unique()
    while True:
        picture = _load(lake, inputs, fresh, back, until, None if load else whole)
        picture.forced, picture.anew, picture.spill = forced, anew, spill
        picture.clock_off = load.clock_off if load else picture.clock_off
        try:
            for n, arrived in enumerate(steps, 1):
                walk(arrived, picture, inputs, engine)
                if progress:
                    progress(n)
        except FurtherBackError as e:
            back = earliest((back, e.since))
            whole = pl.concat([whole, pl.Series(e.movers, dtype=whole.dtype)]).unique()
        else:
            return picture


def _fresh(lake: Lake, until: datetime, load: Bulk | None) -> dict[str, pl.DataFrame]:
    """Rows that no walk has placed yet; claims and collections whole, since identities and looks are made anew."""
    known = pl.col("t_known") <= until
    matched = lake.scan("matches").select("detection")
    return {
        "reports": load.first if load else unplaced(lake, until).collect(),
        "claims": lake.scan("claims").filter(known).collect(),
        "collections": lake.scan("collections").filter(known).collect(),
        "detections": lake.scan("detections").filter(known).join(matched, on="detection", how="anti").collect(),
    }


def _looked(lake: Lake, looks: pl.DataFrame) -> datetime:
    """What was declared of looks until then has been walked; some came in behind the walk: all is new."""
    walked, seen = _walked_to(lake) or EPOCH, _last(lake).get("seen", {}).get("collections", 0)
    return walked if looks.select((pl.col("t_known") <= walked).sum()).item() == seen else EPOCH


def _walked_to(lake: Lake) -> datetime | None:
    runs = lake.state("runs")
    return runs["t_to"].max() if len(runs) else None  # type: ignore[return-value]


def _inputs_hash(inputs: Inputs) -> str:
    """A hash of zones, registers and rules: when it changes, the rules are replayed from the beginning."""
    parts = [
        sorted(inputs.zones["zone"].to_list()),
        sorted(inputs.authorisations["authorisation"].to_list()),
        sorted(inputs.lists["entry"].to_list()),
        [[list(r.key), *([sorted(a.zones["zone"]), a.parameters.hash] for a in r.areas)] for r in inputs.rules],
        inputs.profile,
    ]
    return ids.ident("in", *parts)


def _ground(inputs: Inputs) -> str:
    """A hash of what tracks and their tags stand on: when it changes, all points are made anew."""
    return ids.ident("gr", sorted(inputs.zones["zone"].to_list()), inputs.profile)


def _doors(inputs: Inputs, now: datetime) -> str:
    """A hash of what decides who is told what, and who is who: when it changes, these are decided anew."""
    silent = [a["act"] for a in in_force(inputs.acts, now)]
    shadows = [r.module.RULE.kind for r in inputs.rules if r.shadow]
    frames = [f.write_json() for f in (inputs.subscriptions, inputs.policies, inputs.acts)]
    return ids.ident(
        "do", shadows, silent, *frames, sorted(inputs.partners), {k: sorted(v) for k, v in inputs.licences.items()}
    )


def _forced(lake: Lake, inputs: Inputs, frm: datetime | None) -> datetime | None:
    """From when on the rules must be redone although nothing is new: asked for, or an input has changed."""
    last = _last(lake)
    return EPOCH if last and last["inputs"] != _inputs_hash(inputs) else frm


def _last(lake: Lake) -> dict[str, Any]:
    """What the last run noted of its inputs; empty before the first."""
    runs = lake.state("runs").sort("t_known")
    noted: dict[str, Any] = json.loads(runs["rows"][-1]) if len(runs) else {}
    return noted


def _load(
    lake: Lake,
    inputs: Inputs,
    fresh: dict[str, pl.DataFrame],
    forced: datetime | None,
    until: datetime,
    movers: pl.Series | None,
) -> Picture:
    """The picture as the last run left it, back to where rules may have to restart; all points of some movers.

    Without movers it holds no points at all.
    """
    kept, looked = _kept(lake, inputs), _looked(lake, fresh["collections"])
    more = fresh["collections"].filter(pl.col("t_known") > looked)
    late = changed_since(more, lake.scan("detections").select("collection", "t_seen").collect()) if len(more) else None
    floor = _floor(kept, inputs, fresh, earliest((forced, late)))
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
    walked = _walked_to(lake)
    claims = lake.read("claims", pl.col("t_known") <= walked) if walked else table("claims").empty()
    matched = lake.scan("detections").join(lake.scan("matches"), on="detection", how="semi")
    stood = pl.col("sensor").is_in(STANDING) & (pl.col("t_seen") >= since - min(since - EPOCH, STOOD))
    horizons = every.group_by("receiver").agg(pl.col("t_seen").max().alias("horizon"), marks=pl.col("mark").unique())
    ledger = lake.state("released_rows")
    handed = lake.state("releases")
    owners = ledger.join(handed.select("release", "partner"), on="release", how="left")
    vessels = classes(claims, inputs.lists)
    if len(claims) != _last(lake).get("seen", {}).get("claims", 0):  # some came in behind the walk: all is new
        vessels, walked = vessels.clear(), None
    held = lake.read("tracks")
    sent = lake.scan("reports").filter(pl.col("t_known") <= until)
    return Picture(
        reports=reports,
        claims=claims.clear(),
        collections=table("collections").empty(),
        detections=matched.filter(recent).collect(),
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


def _steps(
    fresh: dict[str, pl.DataFrame], step_s: int, until: datetime, after: datetime, seen: dict[str, int]
) -> list[Arrived]:
    """What became known, in steps of t_known that end at ``until``; what came in behind the walk makes the first step.

    That step ends ``after`` the last run's, so that what was known then stays as it was shown. Claims and collections
    make steps of their own only when there are others than the last run saw.
    """
    step = step_s * 1_000_000
    end = ((pl.col("t_known").to_physical() + (step - 1)) // step * step).clip(upper_bound=to_us(until))
    end = end.clip(lower_bound=to_us(after))
    ends = {n: rows.select(end.alias("step"))["step"] for n, rows in fresh.items()}
    making = [n for n in fresh if n in ("reports", "detections") or len(fresh[n]) != seen.get(n, 0)]
    edges = sorted(set().union(*(ends[n].unique().to_list() for n in making)))
    if len(edges) < 2:  # as they are: many rows are not held twice
        return [Arrived.of(from_us(e), fresh) for e in edges]
    parts = {}
    for n, rows in fresh.items():
        k = np.minimum(np.searchsorted(edges, ends[n].to_numpy()), len(edges) - 1)
        split = rows.with_columns(step=pl.Series(k, dtype=pl.Int64))
        parts[n] = split.partition_by("step", as_dict=True, include_key=False)
    return [
        Arrived.of(from_us(e), {n: parts[n].get((k,), fresh[n].clear()) for n in fresh}) for k, e in enumerate(edges)
    ]


def _commit(
    commit: Commit,
    lake: Lake,
    picture: Picture,
    steps: list[Arrived],
    clock: datetime,
    code: str,
    inputs: Inputs,
    spill: Spill | None,
) -> dict[str, int]:
    """Write what the walk gave rise to."""
    if not steps:
        return {}
    own = Mark.own(OWNER)
    picture.put_marks(pl.DataFrame([mark_row(own)], schema=ROW))
    stamp = {"source": pl.lit(SOURCE), "t_known": pl.lit(steps[-1].now)}
    counts: dict[str, int] = {}
    since = picture.redone_since
    if spill is not None:
        counts["track_points"] = spill.n
    if since is not None:
        points = picture.points.filter(pl.col("t_seen") >= since)
        known = picture.reports.select("report", "t_known")
        points = points.join(known, on="report", how="left")
        points = points.with_columns(source=pl.lit(f"segment.{inputs.profile}"))
        commit.replace("track_points", table("track_points").conform(points), since=since)
        counts["track_points"] = len(points)
    whole = {"tracks": picture.marked_tracks(), "matches": picture.matches}
    for name, rows in whole.items():
        commit.replace(name, table(name).conform(rows.with_columns(**stamp)))
        counts[name] = len(rows)
    vessels, links = picture.identities(inputs)
    for name, rows in (("vessels", vessels), ("vessel_links", links)):
        new = _changed(lake, name, table(name).conform(rows.with_columns(**stamp)))
        commit.put(name, new)
        counts[name] = len(new)
    carried = [
        {"rule": k[0], "profile": k[1], "parameters": k[2], "at": at, "content": _ipc(frame)}
        for k, held in picture.kept.items()
        for at, frame in held.items()
    ]
    states = pl.DataFrame(carried, schema={c: table("carried").schema[c] for c in carried[0]}) if carried else None
    rows = table("carried").empty() if states is None else states.with_columns(mark=pl.lit(key(own)), **stamp)
    commit.replace("carried", table("carried").conform(rows))
    for name, frames in picture.history.items():
        rows = table(name).conform(pl.concat(frames))
        (commit.append if table(name).kind == "lake" else commit.put)(name, rows)
        counts[name] = len(rows)
    seen = {"claims": len(picture.claims), "collections": len(picture.declared)}
    done = {
        "run": ids.ident("ru", code, to_us(steps[0].now), to_us(steps[-1].now), to_us(clock)),
        "t_from": steps[0].now,
        "t_to": steps[-1].now,
        "steps": len(steps),
        "code": code,
        "rows": json.dumps(
            counts
            | {
                "inputs": _inputs_hash(inputs),
                "ground": _ground(inputs),
                "doors": _doors(inputs, steps[-1].now),
                "seen": seen,
            }
        ),
        "mark": key(own),
    }
    commit.put("runs", table("runs").conform(pl.DataFrame([done]).with_columns(**stamp)))
    return counts


def _changed(lake: Lake, name: str, rows: pl.DataFrame) -> pl.DataFrame:
    """Rows whose contents differ from those that the lake holds, and the ends of those that hold no more."""
    held = lake.state(name)
    what = [c for c in table(name).schema if c not in ("t_known", "source", "gone")]
    new = rows.join(held.select(what), on=what, how="anti", nulls_equal=True)
    over = held.join(rows, on=list(table(name).keys), how="anti")
    known = rows["t_known"].max()
    return pl.concat(
        [new, over.with_columns(pl.lit(known, rows.schema["t_known"]).alias(c) for c in ("gone", "t_known"))]
    )


def _ipc(frame: pl.DataFrame) -> bytes:
    out = io.BytesIO()
    frame.write_ipc(out, compression="zstd")
    return out.getvalue()
