"""Running the walk: what is new is loaded, walked in steps of t_known, and committed in one go."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

import numpy as np
import polars as pl

from makara.alerts import in_force
from makara.arrived import Arrived, FurtherBackError
from makara.base import ids
from makara.base.time import EPOCH, from_us, to_us
from makara.engine import Embedded
from makara.inputs import Inputs
from makara.lake import Commit, Lake, Settings
from makara.lake.drafts import drafts
from makara.picture import SOURCE, Picture
from makara.replay import earliest
from makara.session.bulk import Bulk, Spill, bulk, stretch, unplaced, waiting
from makara.session.load import last_noted, load_picture, walked_to
from makara.session.stored import Stored
from makara.sharing import OWNER
from makara.sharing.marks import ROW, Mark, key
from makara.sharing.marks import row as mark_row
from makara.tables import table
from makara.walk import walk

WHOLE: Final = ("tracks", "matches")
"""Tables that each run writes whole."""


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
    end, done, steps, rows = clock if to is None else min(clock, to), False, 0, dict[str, int]()
    while not done:
        told = partial(_told, progress, steps)
        picture, many, counts, done = _stretch(lake, settings, inputs, clock, code, frm, end, told)
        steps, frm = steps + many, None
        rows = counts | {n: rows.get(n, 0) + k for n, k in counts.items() if n not in WHOLE}
    standing = picture.events.filter(pl.col("state") != "withdrawn")
    return {
        "steps": steps,
        "rows": rows,
        "tracks": len(picture.tracks),
        "events": dict(standing.group_by("kind").len().sort("kind").iter_rows()),
    }


def _told(progress: Callable[[int], None] | None, before: int, n: int) -> None:
    if progress:
        progress(before + n)


def _stretch(
    lake: Lake,
    settings: Settings,
    inputs: Inputs,
    clock: datetime,
    code: str,
    frm: datetime | None,
    end: datetime,
    progress: Callable[[int], None],
) -> tuple[Picture, int, dict[str, int], bool]:
    """Walk and commit as many steps as may be held at once; answers the picture, steps, counts, whether it is all."""
    with lake.write() as commit, drafts(lake.path) as aside:
        walked, last = walked_to(lake), last_noted(lake)
        end = max(walked or EPOCH, end)  # what a run has walked stays known
        after = walked + timedelta(microseconds=1) if walked else EPOCH
        new = waiting(lake, end, settings.run.step_s, after)
        until = stretch(new, end, after)
        forced = _forced(lake, inputs, frm)
        anew = last.get("ground", _ground(inputs)) != _ground(inputs)
        load = bulk(lake, until, new.filter(pl.col("step") <= until) if until < end else new, forced is not None, anew)
        fresh = _fresh(lake, until, load)
        steps = _steps(fresh, settings.run.step_s, until, after, last.get("seen", {}))
        if not steps and (forced is not None or last.get("doors", _doors(inputs, until)) != _doors(inputs, until)):
            steps = [Arrived.of(max(until, after), fresh)]  # claims and collections come whole all the same
        spill = None
        if load is not None:
            steps = load.walked(steps)
            read = bool(inputs.rules) or len(lake.scan("detections").select("detection").head(1).collect()) > 0
            held = lake.scan("track_points").clear() if anew else lake.scan("track_points")
            stored = Stored(aside, held, lake.scan("reports")) if read else None
            spill = Spill(commit, inputs.profile, stored, anew)
        engine = Embedded(settings.run.workers)
        picture = _walked(lake, inputs, fresh, steps, until, forced, anew, engine, load, spill, progress)
        counts = _commit(commit, lake, picture, steps, clock, code, inputs, spill)
    return picture, len(steps), counts, until >= end


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
    progress: Callable[[int], None],
) -> Picture:
    """The picture after the steps; begun again from further back where one reaches back beyond what was loaded."""
    back = forced
    whole = fresh["reports"]["mover"].unique()
    while True:
        picture = load_picture(lake, inputs, fresh, back, until, None if load else whole)
        picture.forced, picture.anew = forced, anew
        picture.spill, picture.stored = spill, spill.stored if spill else None
        picture.clock_off = load.clock_off if load else picture.clock_off
        try:
            for n, arrived in enumerate(steps, 1):
                walk(arrived, picture, inputs, engine)
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
    last = last_noted(lake)
    return EPOCH if last and last["inputs"] != _inputs_hash(inputs) else frm


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
