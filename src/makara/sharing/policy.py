"""The one decision: may this row, for this partner and purpose, now? A relation over rows, with a reason for each.

Default deny; deny beats allow. The mark is asked first (who it may go to, licences, purposes, times), then the
policies. A row with no kind (all but events and alerts) matches only policies for all kinds; a row with no known place
matches an allowing policy only where it holds anywhere, and every denying one. The same function decides for the owner,
partner ``self``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from makara.base.errors import ReleaseError
from makara.sharing import _near
from makara.sharing.marks import ANY, Mark

OWNER: Final = "self"
REASONS: Final[dict[str, str]] = {
    "owner": "the owner sees all of its own node",
    "policy": "a policy allows it",
    "coarsened": "a policy allows it only coarsened",
    "release_time": "given as the time of the release",
    "mark_unknown": "its mark is not known, so nothing says who may see it",
    "tlp_red": "its mark is TLP red: for its originator's eyes only",
    "release_to": "its mark does not name this partner",
    "licence": "a licence does not permit this partner",
    "purpose": "its mark is not for this purpose",
    "embargo": "it is under embargo",
    "expired": "its mark has expired",
    "denied": "a policy denies it",
    "no_policy": "no policy gives this table to this partner",
    "policy_purpose": "no policy is for this purpose",
    "kind": "no policy gives this kind",
    "zone": "it touches no zone that a policy gives",
    "delay": "it is not old enough yet",
    "columns": "no policy gives this column",
    "never": "this column never leaves the node",
    "internal_table": "this table never leaves the node",
    "withdrawn": "it was withdrawn; partners who hold it get a recall",
    "event_withheld": "its event is not released",
    "not_seen": "nothing of this vessel is released",
    "duplicate": "its event is shown by another alert",
}
"""Every reason that a decision may give, in words."""
_STAGES: Final = ("no_policy", "policy_purpose", "kind", "zone", "delay", "policy")
_OPEN: Final = len(_STAGES) - 1

FACTS: Final = pl.Schema(
    {
        "mark": pl.String(),
        "kind": pl.String(),
        "lon": pl.Float64(),
        "lat": pl.Float64(),
        "shape": pl.Binary(),
        "zones": pl.List(pl.String()),
        "t": pl.Datetime("us", "UTC"),
        "seen": pl.Boolean(),
    }
)
"""What a decision asks of a row. ``t``: the time it speaks of. ``seen``: for rows that go where others go (vessels),
whether released rows speak of it; null for all others."""


@dataclass(frozen=True)
class Policy:
    """A policy in force.

    Attributes:
        name: as ``policy@version``.
        effect: allow or deny.
        tables: tables, kinds, zones, columns: what it speaks of; ``*`` all.
        buffer_m: how far around its zones it holds, metres.
        delay_s: how old a row must be, seconds.
        position_m: size of the cells that positions are given by, metres; 0 exact.
        time_s: step that times are given by, seconds; 0 exact.
        purposes: purposes; ``*`` any.
    """

    name: str
    effect: str
    tables: frozenset[str]
    kinds: frozenset[str]
    zones: tuple[str, ...]
    columns: frozenset[str]
    purposes: frozenset[str]
    buffer_m: float = 0.0
    delay_s: int = 0
    position_m: float = 0.0
    time_s: int = 0

    def gives(self, column: str) -> bool:
        """Whether it speaks of a column."""
        return ANY in self.columns or column in self.columns


@dataclass(frozen=True)
class Gate:
    """All that a decision depends on besides the row.

    Attributes:
        partner: who asks; the owner is ``self``.
        purpose: what for.
        now: the instant for which is decided.
        marks: marks by id.
        licences: by licence id, partners that it permits; ``*`` any.
        policies: those in force for the partner, by name.
        areas: geometry (WKB) by zone.
    """

    partner: str
    purpose: str
    now: datetime
    marks: Mapping[str, Mark]
    licences: Mapping[str, Sequence[str]]
    policies: tuple[Policy, ...]
    areas: Mapping[str, bytes]


@dataclass(frozen=True)
class Decision:
    """What was decided of each row of a frame.

    Attributes:
        allowed: whether the row goes.
        reason: key of ``REASONS``.
        policy: the policy that decided, or None.
        grants: allowing policies with the rows that each gives.
        bans: policies that deny single columns, with their rows.
    """

    allowed: NDArray[np.bool_]
    reason: NDArray[Any]
    policy: NDArray[Any]
    grants: tuple[tuple[Policy, NDArray[np.bool_]], ...] = field(default=())
    bans: tuple[tuple[Policy, NDArray[np.bool_]], ...] = field(default=())


def in_force(policies: pl.DataFrame, partner: str, now: datetime) -> tuple[Policy, ...]:
    """Policies for a partner at an instant: of each the newest version that has begun, unless it has ended.

    Raises:
        ReleaseError: a policy coarsens something unknown.
    """
    begun = policies.filter(pl.col("from").is_null() | (pl.col("from") <= now))
    newest = begun.sort("policy", "version").unique("policy", keep="last", maintain_order=True)
    mine = newest.filter(pl.col("partner").is_in([partner, ANY]), pl.col("to").is_null() | (pl.col("to") > now))
    if "gone" in mine.columns:
        mine = mine.filter(pl.col("gone").is_null() | (pl.col("gone") > now))
    return tuple(_policy(r) for r in mine.iter_rows(named=True))


def _policy(r: Mapping[str, Any]) -> Policy:
    coarsen = json.loads(r["coarsen"] or "{}")
    unknown = sorted(set(coarsen) - {"position_m", "time_s"})
    if unknown:
        raise ReleaseError(f"policy {r['policy']!r} coarsens {unknown[0]!r}; it can coarsen position_m and time_s")
    return Policy(
        name=f"{r['policy']}@{r['version']}",
        effect=r["effect"],
        tables=frozenset(r["tables"]),
        kinds=frozenset(r["kinds"]),
        zones=tuple(sorted(r["zones"])),
        columns=frozenset(r["columns"]),
        purposes=frozenset(r["purposes"]),
        buffer_m=float(r["buffer_m"]),
        delay_s=int(r["delay_s"]),
        position_m=float(coarsen.get("position_m", 0.0)),
        time_s=int(coarsen.get("time_s", 0)),
    )


def mark_reason(mark: Mark | None, gate: Gate) -> str | None:
    """Why a mark keeps a row from the partner; None if it does not.

    The originator's say: an empty ``release_to`` leaves the row to its *only* originator. Of several, none can speak
    for the others, or a meet would show each originator what the others had kept back.
    """
    if mark is None:
        return "mark_unknown"
    sole = mark.originators == (gate.partner,)
    if mark.tlp == "red" and not sole:
        return "tlp_red"
    if not sole and ANY not in mark.release_to and gate.partner not in mark.release_to:
        return "release_to"
    if not all(_permits(x, gate) for x in mark.licences):
        return "licence"
    if ANY not in mark.purposes and gate.purpose not in mark.purposes:
        return "purpose"
    if mark.embargo is not None and gate.now < mark.embargo:
        return "embargo"
    if mark.expires is not None and gate.now >= mark.expires:
        return "expired"
    return None


def _permits(licence: str, gate: Gate) -> bool:
    """Whether a licence permits the partner: its own entry, or else that of its id before the first ``@``."""
    to = gate.licences.get(licence)
    if to is None:
        to = gate.licences.get(licence.split("@")[0], ())
    return ANY in to or gate.partner in to


def decide(facts: pl.DataFrame, table: str, gate: Gate) -> Decision:
    """Decide on rows of one table.

    Args:
        facts: one row a row of the table (schema ``FACTS``).
        table: name of the table.
        gate: partner, purpose, instant, and what they are held against.
    """
    n = len(facts)
    if gate.partner == OWNER:
        return Decision(np.ones(n, np.bool_), np.full(n, "owner", object), np.full(n, None, object))
    why = {m: mark_reason(gate.marks.get(m or ""), gate) for m in facts["mark"].unique().to_list()}
    marked = np.array([why[m] for m in facts["mark"].to_list()], dtype=object)
    places = _Places(facts, gate)
    stage = np.zeros(n, np.int64)
    named = np.full(n, None, object)
    denied = np.full(n, None, object)
    grants, bans = [], []
    for p in gate.policies:
        if ANY not in p.tables and table not in p.tables:
            continue
        reached = _stages(p, facts, places, gate)
        if p.effect == "deny":
            hit = reached > _STAGES.index("zone")
            if ANY in p.columns:
                denied[hit & (denied == None)] = p.name  # noqa: E711
            else:
                bans.append((p, hit))
            continue
        better = reached > stage
        stage[better], named[better] = reached[better], p.name
        grants.append((p, reached == _OPEN))
    free = (marked == None) & (denied == None)  # noqa: E711
    reason = np.array(_STAGES, dtype=object)[stage]
    reason[denied != None] = "denied"  # noqa: E711
    named = np.where(denied != None, denied, named)  # noqa: E711
    barred = marked != None  # noqa: E711
    reason[barred], named[barred] = marked[barred], None
    return Decision(free & (stage == _OPEN), reason, named, tuple(grants), tuple(bans))


def _stages(p: Policy, facts: pl.DataFrame, places: _Places, gate: Gate) -> NDArray[np.int64]:
    """How far each row gets with a policy: an index into the stages, the last being through."""
    n = len(facts)
    if ANY not in p.purposes and gate.purpose not in p.purposes:
        return np.full(n, 1, np.int64)
    kind = np.ones(n, np.bool_)
    if ANY not in p.kinds:
        kind = facts["kind"].is_in(sorted(p.kinds)).fill_null(False).to_numpy()
    zone = places.touched(p)
    old = np.ones(n, np.bool_)
    if p.delay_s > 0:
        old = (facts["t"] <= gate.now - timedelta(seconds=p.delay_s)).fill_null(False).to_numpy()
    return np.where(~kind, 2, np.where(~zone, 3, np.where(~old, 4, _OPEN)))


class _Places:
    """Which rows touch the zones of policies; each set of zones is worked out once."""

    def __init__(self, facts: pl.DataFrame, gate: Gate) -> None:
        self.facts, self.gate = facts, gate
        self.geometries = _near.geometries(facts["lon"], facts["lat"], facts["shape"], len(facts))
        self.follows = facts["seen"].is_not_null().to_numpy()
        self.seen = facts["seen"].fill_null(False).to_numpy()
        known = facts["lon"].is_not_null() | facts["shape"].is_not_null() | (facts["zones"].list.len() > 0)
        self.placeless = ~known.fill_null(False).to_numpy() & ~self.follows
        self.found: dict[tuple[tuple[str, ...], float], NDArray[np.bool_]] = {}

    def touched(self, p: Policy) -> NDArray[np.bool_]:
        """Rows that a policy's zones hold; where that cannot be told, as is safe for its effect."""
        n = len(self.facts)
        if ANY in p.zones:
            return np.ones(n, np.bool_)
        allows = p.effect == "allow"
        hit = np.where(self.follows, self.seen & allows, self._within(p.zones, p.buffer_m))
        if not allows:
            unknown = any(z not in self.gate.areas for z in p.zones)
            hit = hit | self.placeless | (unknown & ~self.follows)
        return np.asarray(hit, np.bool_)

    def _within(self, zones: tuple[str, ...], buffer_m: float) -> NDArray[np.bool_]:
        if (zones, buffer_m) not in self.found:
            tagged = self.facts["zones"].list.set_intersection(list(zones)).list.len().fill_null(0) > 0
            hit = tagged.to_numpy().copy()
            for z in zones:
                wkb = self.gate.areas.get(z)
                for rows in self.geometries if wkb is not None else ():
                    rest = np.flatnonzero(~hit)
                    hit[rest] = _near.touches(rows[rest], _near.area(wkb), buffer_m)
            self.found[zones, buffer_m] = hit
        return self.found[zones, buffer_m]
