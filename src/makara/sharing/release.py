"""Release: the only gate out. What one partner gets of the picture, with a reason for each row and column.

Rows are decided first (``policy.decide``), then columns, then given under the partner's own ids. What one row tells of
others is kept only where the others go too, so two worlds that differ only in rows not releasable to a partner give it
the same bytes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from makara.base import ids
from makara.base.errors import ReleaseError
from makara.sharing import _log, _told
from makara.sharing._columns import Given, given, never
from makara.sharing._facts import ROW_ID, facts
from makara.sharing._give import Going, give, ranked
from makara.sharing._outside import Outside, mentioned
from makara.sharing.marks import by_id
from makara.sharing.policy import OWNER, Decision, Gate, decide, in_force
from makara.tables import table
from makara.tables.release import DECISIONS, Release


@dataclass(frozen=True)
class Released:
    """A release and what the owner alone may know of it.

    Attributes:
        release: what goes.
        withheld: what does not and why, under our own ids (schema DECISIONS): ``deny`` a row, ``withhold`` a column.
        ids: ``table``, ``outside_id``, ``inside_id`` of each row that goes.
    """

    release: Release
    withheld: pl.DataFrame
    ids: pl.DataFrame


def release(
    view: Mapping[str, pl.DataFrame],
    *,
    partner: str,
    purpose: str,
    policies: pl.DataFrame,
    marks: pl.DataFrame,
    licences: Mapping[str, Sequence[str]],
    zones: pl.DataFrame,
    secret: bytes | None,
    now: datetime,
    held: pl.DataFrame | None = None,
) -> Released:
    """Decide what of a view a partner may see.

    Args:
        view: rows by table, current ones (columns as in TABLES.md). Alerts need their events beside them, matches their
            detections, vessels the events and points that speak of them: what is not there does not go.
        partner: short name; the owner ``self`` gets the view as it is.
        purpose: what for.
        policies: table policies; zones by their key.
        marks: table marks.
        licences: by licence id, partners that it permits (``*`` any); a licence not named permits nobody.
        zones: table zones: geometries for policies, and which zones rows may name.
        secret: the partner's secret, for its ids; None only for the owner.
        now: the instant for which is decided; partners get it as ``t_known``.
        held: the partner's history (table released_rows): ``version`` is its own count of revisions; None: none yet.

    Raises:
        ReleaseError: the partner has no secret, or a policy cannot be understood.
    """
    if partner == OWNER:
        return _owner(view, purpose, now)
    if not secret:
        raise ReleaseError(f"partner {partner!r} has no secret for its ids; give it one in its entry in makara.toml")
    current = in_force(policies, partner, now)
    areas = dict(zones.select("zone", "geometry").iter_rows())
    gate = Gate(partner, purpose, now, by_id(marks), licences, current, areas)
    work = _Work(view, gate, Outside(secret), zones)
    for name in ROW_ID:
        if name in view:
            work.decide(name)
    tables = work.give({} if held is None else _log.standing(held))
    work.withheld += [_told.one(n, "deny", "*", "internal_table") for n in sorted(set(view) - set(ROW_ID))]
    by = ["table", "id", "column"]
    out = Release(partner, purpose, now, tables, _told.gather(work.sent, DECISIONS, by), tuple(p.name for p in current))
    return Released(
        out, _told.gather(work.withheld, DECISIONS, by), _told.gather(work.ids, _told.IDS, _told.IDS.names())
    )


def own(view: Mapping[str, pl.DataFrame], purpose: str, now: datetime) -> Release:
    """The release to the owner, who gets a view as it is: each table goes whole, and no row needs to be looked at."""
    decisions = _told.gather([_told.one(n, "allow", "*", "owner") for n in view], DECISIONS, ["table"])
    return Release(OWNER, purpose, now, dict(view), decisions, ())


def _owner(view: Mapping[str, pl.DataFrame], purpose: str, now: datetime) -> Released:
    out = own(view, purpose, now)
    found = [_pairs(n, row_ids(n, rows), row_ids(n, rows)) for n, rows in view.items() if n in ROW_ID]
    return Released(out, out.decisions.clear(), _told.gather(found, _told.IDS, _told.IDS.names()))


def row_ids(name: str, rows: pl.DataFrame) -> pl.Series:
    """Ids of rows as text: the key, or the parts of a key of several joined by ``/``."""
    keys = table(name).keys if name in ("matches", "vessel_links", "reception") else (ROW_ID[name],)
    parts = [
        pl.col(k).dt.strftime("%Y-%m-%dT%H:%M:%S%.6fZ") if rows.schema[k].is_temporal() else pl.col(k).cast(pl.String)
        for k in keys
    ]
    return rows.select(pl.concat_str(parts, separator="/", ignore_nulls=True).alias("id")).to_series()


def _pairs(name: str, outside_ids: pl.Series, inside_ids: pl.Series) -> pl.DataFrame:
    return pl.DataFrame({"outside_id": outside_ids, "inside_id": inside_ids}).select(
        pl.lit(name).alias("table"), "outside_id", "inside_id"
    )


class _Work:
    """A release under way."""

    def __init__(self, view: Mapping[str, pl.DataFrame], gate: Gate, outside: Outside, zones: pl.DataFrame) -> None:
        self.view, self.gate, self.outside = view, gate, outside
        self.going = Going()
        self.rows: dict[str, pl.DataFrame] = {}
        self.columns: dict[str, tuple[dict[str, Given], NDArray[np.bool_]]] = {}
        self.movers: set[int] = set()
        self.sent: list[pl.DataFrame] = []
        self.withheld: list[pl.DataFrame] = []
        self.ids: list[pl.DataFrame] = []
        named = [f["zones"].explode() for n, f in view.items() if n in ROW_ID and "zones" in f.columns]
        wanted = pl.concat([pl.Series("zones", [], dtype=pl.String), *named]).drop_nulls().unique()
        rows = zones.filter(pl.col("zone").is_in(wanted.implode()))
        self.going.zones = set(rows.filter(pl.Series(self._decide("zones", rows).allowed))["zone"].to_list())

    def _decide(self, name: str, rows: pl.DataFrame) -> Decision:
        return decide(facts(name, rows, self.view, self.movers), name, self.gate)

    def decide(self, name: str) -> None:
        """Settle which rows and columns of a table go."""
        rows = self.view[name]
        d = self._veto(name, rows, self._decide(name, rows))
        kept = rows.filter(pl.Series(d.allowed, dtype=pl.Boolean))
        keys = (ROW_ID[name], "event") if name == "alerts" else (ROW_ID[name],)
        columns, whole = given(name, d, keys)
        self.rows[name], self.columns[name] = kept, (columns, whole)
        self.going.note(name, kept, ROW_ID[name])
        if name == "events":
            shown = kept.filter(pl.Series(columns["mmsi"].mask & columns["participants"].mask))
            members = shown["participants"].explode().drop_nulls().unique().to_list()
            self.movers |= {m for p in members if (m := mentioned(p)) is not None}
        elif name == "track_points":
            self.movers |= set(kept.filter(pl.Series(columns["mover"].mask))["mover"].unique().to_list())
        self.withheld += _told.kept_back(name, row_ids(name, rows), d, columns, never(name))

    def _veto(self, name: str, rows: pl.DataFrame, d: Decision) -> Decision:
        """What no policy can allow: withdrawn rows, alerts without their event, a second alert of one event."""
        reason, allowed = d.reason.copy(), d.allowed.copy()

        def bar(which: NDArray[np.bool_], why: str) -> None:
            reason[which & allowed] = why
            allowed[which] = False

        if name in ("vessels", "vessel_links"):
            reason[reason == "zone"] = "not_seen"
        if name in ("events", "alerts"):
            bar((rows["state"] == "withdrawn").to_numpy(), "withdrawn")
        if name == "alerts":
            bar(~rows["event"].is_in(sorted(self.going.ids.get("events", ()))).to_numpy(), "event_withheld")
            left = rows.select("alert", "event").filter(pl.Series(allowed, dtype=pl.Boolean)).sort("alert")
            first = left.unique("event", keep="first", maintain_order=True)["alert"].to_list()
            bar(~rows["alert"].is_in(first).to_numpy(), "duplicate")
        return replace(d, allowed=allowed, reason=reason)

    def give(self, held: Mapping[tuple[str, str], Mapping[str, Any]]) -> dict[str, pl.DataFrame]:
        """Rows that go, as they go."""
        tables: dict[str, pl.DataFrame] = {}
        for name, rows in self.rows.items():
            columns, whole = self.columns[name]
            inside = row_ids(name, rows)
            if name == "alerts":  # one for each event, whoever subscribed
                named = [ids.ident("al", e) for e in rows["event"].to_list()]
                rows = rows.with_columns(pl.Series("alert", named, dtype=pl.String))
            out, order = give(name, rows, columns, whole, self.going, self.outside, self.gate.now)
            if name == "events":
                counted = _log.revise(name, out["event"].to_list(), out, held)
                own = pl.Series([n for n, _, _ in counted], dtype=pl.Int32)
                out = out.with_columns(pl.when(pl.col("version").is_not_null()).then(own).alias("version"))
            if name == "alerts" and "events" in tables:
                out = ranked(out, tables["events"])
            tables[name] = out
            outside_ids = row_ids(name, out)
            self.ids.append(_pairs(name, outside_ids, inside.gather(order)))
            self.sent += _told.sent(name, outside_ids, columns, order)
        return tables
