"""Rows as a partner gets them: the columns given, coarsened, under the partner's ids, without dangling references."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import numpy as np
import polars as pl

from makara.base import ids, time
from makara.sharing._columns import POSITIONS, Given, floor_times, shared, snap
from makara.sharing._outside import NUMBERS, ROWS, TEXTS, Outside
from makara.tables import REASONS, table
from makara.tables._table import TS

REFERENCES: Final = {
    ("detections", "collection"): "collections",
    ("matches", "track"): "track_points",
    ("matches", "runner_up"): "track_points",
    ("tracks", "joins"): "tracks",
}
"""Columns whose value goes only if the row that it points to goes too."""


@dataclass
class Going:
    """What goes to the partner, by our own ids: where references may lead.

    Attributes:
        ids: row ids by table.
        tracks: numbers of tracks by table.
        times: for each mover, the times of its released points, sorted.
        zones: zones that may be named.
    """

    ids: dict[str, set[str]] = field(default_factory=dict)
    tracks: dict[str, set[int]] = field(default_factory=dict)
    times: dict[int, np.ndarray[Any, Any]] = field(default_factory=dict)
    zones: set[str] = field(default_factory=set)

    def note(self, name: str, rows: pl.DataFrame, key: str) -> None:
        """Note the rows of a table that go."""
        self.ids[name] = set(rows[key].cast(pl.String).to_list())
        if name in ("track_points", "tracks"):
            self.tracks[name] = set(rows["track"].drop_nulls().to_list())
        if name == "track_points":
            for (mover,), part in rows.group_by("mover"):
                self.times[int(mover)] = np.sort(part["t_seen"].to_physical().to_numpy())

    def holds(self, own: str) -> bool:
        """Whether any row of that id goes."""
        return any(own in found for found in self.ids.values())

    def heard(self, mover: int, frm: str, to: str) -> bool:
        """Whether points of a mover within an interval go."""
        t = self.times.get(mover)
        if t is None:
            return False
        a, b = (np.searchsorted(t, time.to_us(time.parse(x)) + side) for x, side in ((frm, 0), (to, 1)))
        return bool(b > a)


def give(
    name: str,
    rows: pl.DataFrame,
    columns: Mapping[str, Given],
    whole: np.ndarray[Any, np.dtype[np.bool_]],
    going: Going,
    outside: Outside,
    now: datetime,
) -> tuple[pl.DataFrame, list[int]]:
    """Rows that go, as they go: declared columns but the owner's own, null where withheld.

    Args:
        name: the table.
        rows: allowed rows, under our ids.
        columns: what of each column goes.
        whole: rows of which nothing that places or names them is hidden or coarsened.
        going: where references may lead.
        outside: the partner's ids.
        now: becomes ``t_known``.

    Returns:
        The rows in the order of their new keys, and for each its place in ``rows``.
    """
    spec = table(name)
    types = spec.schema
    missing = [pl.lit(None, types[c]).alias(c) for c in shared(name) if c not in rows.columns]
    out = rows.with_columns(missing).select(pl.col(c).cast(types[c]) for c in shared(name))
    coarse = {c: g.coarse for c, g in columns.items() if g.coarse.any()}
    if set(POSITIONS) & set(coarse):
        zero = np.zeros(len(rows))
        lon, _ = snap(out["lon_deg"], out["lat_deg"], coarse.get("lon_deg", zero))
        _, lat = snap(out["lon_deg"], out["lat_deg"], coarse.get("lat_deg", zero))
        out = out.with_columns(lon, lat)
    out = out.with_columns(
        [floor_times(out[c], coarse[c]) for c in coarse if types[c] == TS] + [pl.lit(now).cast(TS).alias("t_known")]
    )
    hide = ~columns["mmsi"].mask if "mmsi" in columns else np.zeros(len(rows), np.bool_)
    out = out.with_columns(
        [s for c in out.columns if (s := _mapped(name, c, out[c], hide, whole, going, outside)) is not None]
    )
    kept = [pl.when(pl.Series(columns[c].mask)).then(pl.col(c)).otherwise(None).alias(c) for c in columns]
    keys = [k for k in spec.keys if k in out.columns]
    out = out.with_columns(kept).with_row_index("_at").sort(keys, nulls_last=True)
    return out.drop("_at"), out["_at"].to_list()


def _mapped(
    name: str,
    c: str,
    s: pl.Series,
    hide: np.ndarray[Any, np.dtype[np.bool_]],
    whole: np.ndarray[Any, np.dtype[np.bool_]],
    going: Going,
    outside: Outside,
) -> pl.Series | None:
    """A column with its ids mapped and its dangling references removed; None if it holds none."""
    target = REFERENCES.get((name, c))
    if target is not None:
        held: Any = going.tracks.get(target, set()) if c in NUMBERS else going.ids.get(target, set())
        s = pl.select(pl.when(s.is_in(list(held))).then(s)).to_series() if held else s.clear(len(s))
    if c in NUMBERS:
        return outside.numbers(NUMBERS[c], s).alias(c)
    if c == "supersedes":
        s = pl.Series(c, [x if x is not None and going.holds(x) else None for x in s.to_list()], dtype=pl.String)
    if c in TEXTS:
        return outside.texts(s).alias(c)
    if c == "mover":
        table_ = {m: outside.mover(m, False) for m in s.unique().drop_nulls().to_list()}
        return s.replace_strict(table_, default=None, return_dtype=pl.Int64())
    if c == "member":
        return pl.Series(c, [outside.member(m, False) for m in s.to_list()], dtype=pl.String)
    if c == "participants":
        lists = [
            None if x is None else [outside.member(m, h) for m in x] for x, h in zip(s.to_list(), hide, strict=True)
        ]
        return pl.Series(c, lists, dtype=s.dtype)
    if c == "zones":
        table_z = {z: outside.text(z) for z in sorted(going.zones)}
        lists = [None if x is None else sorted(table_z[z] for z in x if z in table_z) for x in s.to_list()]
        return pl.Series(c, lists, dtype=s.dtype)
    if c == "evidence" and name == "events":
        lists = [
            None if x is None else _evidence(x, bool(h), bool(w), going, outside)
            for x, h, w in zip(s.to_list(), hide, whole, strict=True)
        ]
        return pl.Series(c, lists, dtype=s.dtype)
    if s.dtype == REASONS:
        told = [_reasons(x, bool(w), outside) for x, w in zip(s.to_list(), whole, strict=True)]
        return pl.Series(c, told, dtype=REASONS)
    if c == "details":
        return pl.Series(c, [None if x is None else outside.words(x) for x in s.to_list()], dtype=pl.String)
    return None


def _evidence(refs: list[str], hide: bool, whole: bool, going: Going, outside: Outside) -> list[str]:
    """References to rows that go; intervals of points only where times go exact; feeds never."""
    out = []
    for ref in refs:
        m = ROWS.fullmatch(ref)
        if m is not None:
            if whole and going.heard(int(m[1]), m[2], m[3]):
                out.append(f"rows:{outside.mover(int(m[1]), hide)}:{m[2]}/{m[3]}")
        elif ids.is_ident(ref) and going.holds(ref):
            out.append(outside.text(ref))
    return sorted(out)


def _reasons(reasons: list[dict[str, Any]] | None, whole: bool, outside: Outside) -> list[dict[str, Any]] | None:
    """Reasons with ids mapped; without values and words where these could tell what is hidden."""
    if reasons is None:
        return None
    if not whole:
        return [r | {"value": None, "text": None} for r in reasons]
    return [r | {"text": None if r["text"] is None else outside.words(r["text"])} for r in reasons]


def ranked(alerts: pl.DataFrame, events: pl.DataFrame) -> pl.DataFrame:
    """Released alerts ranked by what is released of their events: severity and probability, and nothing else.

    Args:
        alerts: released alerts, under the partner's ids.
        events: released events.
    """
    facts = events.select("event", "severity", "p", "supersedes", "version")
    joined = alerts.drop("version").join(facts, on="event", how="left", maintain_order="left")
    contributions = []
    for r in joined.iter_rows(named=True):
        parts = [("severity", r["severity"], "its severity, 0 to 4"), ("p", r["p"], "how sure it is")]
        contributions.append(
            [
                {"code": c, "value": v, "unit": None, "against": None, "weight": v, "text": t}
                for c, v, t in parts
                if v is not None
            ]
        )
    rank = joined.select((pl.col("severity").fill_null(0) + pl.col("p").fill_null(0.0).cast(pl.Float64)).round(4))
    new: dict[str, Any] = {
        "rank": rank.to_series(),
        "contributions": pl.Series(contributions, dtype=REASONS),
        "line": joined["supersedes"].is_null(),
        "state": pl.lit("new"),
    }
    given_ = [pl.when(pl.col(c).is_not_null()).then(v).alias(c) for c, v in new.items()]
    return joined.with_columns(given_).select(alerts.columns)
