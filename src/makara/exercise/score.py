"""Score: events and alerts against a known truth. Pure; the truth is never read anywhere else.

An event *fits* a true one if it is of its kind and not withdrawn, shares a mover or detection with it and overlaps it
in time, the truth padded by 30 minutes on both sides. *Found* are planted and observable true events, paired one to one
with fitting events (maximum bipartite matching). Precision is over alerts of severity 2 or more: *right* are those
whose event is paired, one to one, with a planted one; of the rest, those whose event fits another true event or a
tolerated one are left out; all others, a second alert of one planted event among them, are false.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import numpy as np
import polars as pl
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_bipartite_matching

from makara.base import geo, time
from makara.base.units import HOUR_S, MINUTE_S

PAD_S: Final = 30 * MINUTE_S
"""By how much the truth is padded on both sides."""
WATCH_S: Final = 12 * HOUR_S
SEVERITY_MIN: Final = 2
"""Alerts of events below this are not counted."""
_NEAR_M: Final = 250.0
_NEAR_S: Final = 5.0
"""How far from where a rendered scene shows a vessel, and from its times, a detection may be it."""
_TOKENS: Final = pl.Schema(
    {
        "n": pl.Int64(),
        "kind": pl.String(),
        "from": pl.Datetime("us", "UTC"),
        "to": pl.Datetime("us", "UTC"),
        "who": pl.String(),
    }
)


def score(
    events: pl.DataFrame,
    alerts: pl.DataFrame,
    truth: Mapping[str, Any],
    *,
    t_start: datetime,
    t_end: datetime,
    provider_ids: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Recall, precision and false alerts a watch.

    Args:
        events: newest version of every event (table events).
        alerts: newest row of every alert (table alerts).
        truth: ``events`` and ``tolerated`` as in ``truth.json``; keys that are missing are taken as unknown, an event's
            ``observable`` as true.
        t_start: begin of what is scored.
        t_end: end of what is scored; open events last until then.
        provider_ids: our detection keys and the provider's ids, by which the truth names detections.

    Returns:
        ``kinds``: by kind ``planted`` (and observable), ``found``, ``alerts`` (right or false), ``right``, ``recall``,
        ``precision`` (null where there is nothing to divide by); ``false_per_watch``; ``watches`` (of 12 h).
    """
    standing = (
        events.filter(pl.col("state") != "withdrawn").with_row_index("n").with_columns(pl.col("n").cast(pl.Int64))
    )
    ours = _our_tokens(standing, t_end, provider_ids or {})
    loud = set(alerts.filter(pl.col("state") != "withdrawn")["event"].to_list())
    alerted = set(
        standing.filter(pl.col("event").is_in(sorted(loud)), pl.col("severity") >= SEVERITY_MIN)["n"].to_list()
    )
    true = list(truth.get("events") or [])
    planted = {i for i, e in enumerate(true) if e.get("planted")}
    wanted = {i for i in planted if true[i].get("observable") is not False}
    fits = _fits(ours, _true_tokens(true, t_end))
    tolerated = {n for n, _ in _fits(ours, _true_tokens(list(truth.get("tolerated") or []), t_end))}
    neutral = tolerated | {n for n, i in fits if i not in planted}

    found = {i for _, i in _paired([(n, i) for n, i in fits if i in wanted])}
    right = {n for n, _ in _paired([(n, i) for n, i in fits if i in planted and n in alerted])}
    false = alerted - right - neutral
    kind_of = dict(standing.select("n", "kind").iter_rows())
    kinds = {}
    for kind in sorted({true[i]["kind"] for i in planted} | {kind_of[n] for n in right | false}):
        n_wanted = sum(true[i]["kind"] == kind for i in wanted)
        n_found = sum(true[i]["kind"] == kind for i in found)
        n_right = sum(kind_of[n] == kind for n in right)
        n_alerts = n_right + sum(kind_of[n] == kind for n in false)
        kinds[kind] = {
            "planted": n_wanted,
            "found": n_found,
            "alerts": n_alerts,
            "right": n_right,
            "recall": _share(n_found, n_wanted),
            "precision": _share(n_right, n_alerts),
        }
    watches = (t_end - t_start).total_seconds() / WATCH_S
    return {
        "kinds": kinds,
        "false_per_watch": round(len(false) / watches, 3) if watches > 0 else None,
        "watches": int(watches) if watches == int(watches) else round(watches, 3),
    }


def in_scenes(detections: pl.DataFrame, scenes: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Under which names the truth calls what a detector found in rendered scenes.

    Args:
        detections: ``detection``, ``sensor``, ``t_seen``, ``lon_deg``, ``lat_deg``.
        scenes: ``scenes`` of ``truth.json``.

    Returns:
        By detection: the name of the vessel shown nearest, within 250 m; each name once, at its nearest detection.
    """
    out: dict[str, str] = {}
    for s in scenes:
        early, late = (time.parse(s[k]) + timedelta(seconds=d) for k, d in (("t_start", -_NEAR_S), ("t_end", _NEAR_S)))
        rows = detections.filter(pl.col("sensor") == "sar", pl.col("t_seen").is_between(early, late))
        if rows.is_empty() or not s["vessels"]:
            continue
        lon, lat = (np.array([v[k] for v in s["vessels"]]) for k in ("shown_lon", "shown_lat"))
        away = geo.distance_m(rows["lon_deg"].to_numpy()[:, None], rows["lat_deg"].to_numpy()[:, None], lon, lat)
        for r, c in zip(*np.unravel_index(np.argsort(away, axis=None, kind="stable"), away.shape), strict=True):
            key, called = rows["detection"][int(r)], s["vessels"][int(c)]["detection"]
            if away[r, c] > _NEAR_M:
                break
            if key not in out and called not in out.values():
                out[key] = called
    return out


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def _our_tokens(standing: pl.DataFrame, t_end: datetime, provider_ids: Mapping[str, str]) -> pl.DataFrame:
    """One row for each event and mover or detection in it."""
    until = (
        pl.when(pl.col("state") == "open")
        .then(pl.max_horizontal("t_end_floor", pl.lit(t_end)))
        .otherwise(pl.coalesce("t_end", "t_end_floor"))
    )
    whom = pl.concat_list(
        pl.col("participants"),
        pl.col("mmsi").list.eval(pl.format("mv{}", pl.element())),
    ).list.unique()
    rows = standing.select("n", "kind", pl.col("t_start").alias("from"), until.alias("to"), whom.alias("who")).explode(
        "who"
    )
    return rows.with_columns(pl.col("who").replace(dict(provider_ids))).drop_nulls("who").unique()


def _true_tokens(true: list[Mapping[str, Any]], t_end: datetime) -> pl.DataFrame:
    """One row for each true event and mover or detection in it, its times padded."""
    pad = timedelta(seconds=PAD_S)
    rows = []
    for i, e in enumerate(true):
        frm = time.parse(e["t_start"]) - pad
        to = (t_end if e.get("t_end") is None else time.parse(e["t_end"])) + pad
        whom = {f"mv{m}" for m in e.get("mmsi") or []} | set(e.get("detections") or []) | set(e.get("unmatched") or [])
        rows += [(i, e["kind"], frm, to, w) for w in sorted(whom)]
    return pl.DataFrame(rows, schema=_TOKENS, orient="row")


def _fits(ours: pl.DataFrame, true: pl.DataFrame) -> list[tuple[int, int]]:
    """Pairs of an event and a true one that it fits."""
    both = ours.join(true, on=["kind", "who"], suffix="_true")
    overlap = both.filter(pl.col("from") <= pl.col("to_true"), pl.col("to") >= pl.col("from_true"))
    return overlap.select("n", "n_true").unique().sort("n", "n_true").rows()


def _paired(pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """As many pairs as can be chosen one to one (Hopcroft and Karp)."""
    if not pairs:
        return []
    left, right = (sorted({p[k] for p in pairs}) for k in (0, 1))
    rows = np.searchsorted(left, [n for n, _ in pairs])
    columns = np.searchsorted(right, [i for _, i in pairs])
    graph = csr_array((np.ones(len(pairs), np.int8), (rows, columns)), shape=(len(left), len(right)))
    chosen = maximum_bipartite_matching(graph, perm_type="column")
    return [(left[k], right[c]) for k, c in enumerate(chosen.tolist()) if c >= 0]
