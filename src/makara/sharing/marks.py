"""Marks: who may see a row, and the meet that derived rows bear.

The meet of marks is the strictest of them in every part, so a row derived from several is never released to more
partners, for more purposes or for longer than each of them alone. It is commutative, associative and idempotent.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

import polars as pl

from makara.base import ids, time
from makara.base.errors import ReleaseError, UsageError
from makara.tables import table

TLP: Final = ("clear", "green", "amber", "amber+strict", "red")
"""Traffic light protocol 2.0, from the freest to the strictest."""
LEVELS: Final = ("raw", "detection", "event", "aggregate")
"""Kinds of product, from what was sensed to what was made of much of it."""
ANY: Final = "*"
ROW: Final = pl.Schema({f.name: f.type for f in table("marks").own})
"""Columns of table marks without those that every row has."""


@dataclass(frozen=True)
class Mark:
    """Who may see a row. Lists are kept sorted and without repeats; ``*`` swallows the rest of its list.

    Attributes:
        originators: who it comes from.
        tlp: traffic light, one of ``TLP``.
        release_to: partners that it may go to; ``*`` everyone; empty: its only originator.
        purposes: purposes that it may be used for; ``*`` any; empty: none but the owner's.
        licences: licences that must each permit it, as ``id`` or ``id@tier@form``.
        embargo: not before; None: none.
        expires: not after; None: never.
        level: kind of product, one of ``LEVELS``.

    Raises:
        UsageError: an unknown traffic light or level, or nobody who it comes from.
    """

    originators: tuple[str, ...]
    tlp: str = "amber+strict"
    release_to: tuple[str, ...] = ()
    purposes: tuple[str, ...] = (ANY,)
    licences: tuple[str, ...] = ()
    embargo: datetime | None = None
    expires: datetime | None = None
    level: str = "raw"

    def __post_init__(self) -> None:
        for name in ("originators", "release_to", "purposes", "licences"):
            object.__setattr__(self, name, tuple(sorted(set(getattr(self, name)))))
        for name in ("release_to", "purposes"):
            if ANY in getattr(self, name):
                object.__setattr__(self, name, (ANY,))
        if not self.originators:
            raise UsageError("a mark names no originators; write whom the data come from, as originators = ['self']")
        if self.tlp not in TLP:
            raise UsageError(f"a mark has tlp {self.tlp!r}; it is one of {', '.join(TLP)}")
        if any(t is not None and t.tzinfo is None for t in (self.embargo, self.expires)):
            raise UsageError("a mark's embargo or expiry names no time zone; write it as 2026-01-31T14:00:00Z")
        if self.level not in LEVELS:
            raise UsageError(f"a mark has level {self.level!r}; it is one of {', '.join(LEVELS)}")

    @classmethod
    def of(cls, parts: Mapping[str, Any]) -> Mark:
        """A mark from a mapping: an entry of makara.toml or a row of table marks; parts not named take their default.

        Raises:
            UsageError: a part does not fit.
        """
        lists = {
            k: tuple(parts[k])
            for k in ("originators", "release_to", "purposes", "licences")
            if parts.get(k) is not None
        }
        times = {k: parts.get(k) for k in ("embargo", "expires")}
        words = {k: parts[k] for k in ("tlp", "level") if parts.get(k) is not None}
        return cls(**({"originators": ()} | lists | times | words))

    @classmethod
    def own(cls, owner: str) -> Mark:
        """The mark of what a node makes of itself (runs, settings, acts): for the owner alone."""
        return cls(originators=(owner,), tlp="amber+strict", release_to=(), purposes=(ANY,), licences=("own",))

    def with_licence(self, licence: str) -> Mark:
        """The same mark, to which one more licence must agree."""
        return replace(self, licences=(*self.licences, licence))


def key(mark: Mark) -> str:
    """Id of a mark: the same parts give the same id on every node."""
    lists = [list(p) for p in (mark.release_to, mark.purposes, mark.licences)]
    times = [None if t is None else time.text(t) for t in (mark.embargo, mark.expires)]
    return ids.ident("mk", list(mark.originators), mark.tlp, *lists, *times, mark.level)


def row(mark: Mark) -> dict[str, Any]:
    """A mark as a row of table marks, without the columns that every row has."""
    lists = {k: list(getattr(mark, k)) for k in ("originators", "release_to", "purposes", "licences")}
    rest = {k: getattr(mark, k) for k in ("tlp", "embargo", "expires", "level")}
    return {"mark": key(mark)} | lists | rest


def _both(a: tuple[str, ...], b: tuple[str, ...]) -> tuple[str, ...]:
    """Intersection of two lists in which ``*`` is the identity."""
    if ANY in a:
        return b
    return a if ANY in b else tuple(set(a) & set(b))


def meet(marks: Iterable[Mark], *, level: str | None = None) -> Mark:
    """The strictest of marks in every part: what a row derived of all of them bears.

    Args:
        marks: marks of all evidence.
        level: kind of product that was made; None: the most derived of the marks' own.

    Raises:
        ReleaseError: there is no mark, so nothing says who may see the row.
    """
    every = list(marks)
    if not every:
        raise ReleaseError("a derived row has no evidence with a mark; name at least one mark of what it was made of")
    out = every[0]
    for m in every[1:]:
        embargoes = [t for t in (out.embargo, m.embargo) if t is not None]
        expiries = [t for t in (out.expires, m.expires) if t is not None]
        out = Mark(
            originators=out.originators + m.originators,
            tlp=max(out.tlp, m.tlp, key=TLP.index),
            release_to=_both(out.release_to, m.release_to),
            purposes=_both(out.purposes, m.purposes),
            licences=out.licences + m.licences,
            embargo=max(embargoes, default=None),
            expires=min(expiries, default=None),
            level=max(out.level, m.level, key=LEVELS.index),
        )
    return out if level is None else replace(out, level=level)


def by_id(marks: pl.DataFrame) -> dict[str, Mark]:
    """Marks by id from rows of table marks (columns as declared; those that every row has may be missing)."""
    return {
        r["mark"]: Mark.of({k: _aware(v) for k, v in r.items()})
        for r in marks.select(ROW.names()).iter_rows(named=True)
    }


def _aware(value: Any) -> Any:
    return value.astimezone(UTC) if isinstance(value, datetime) else value


def meet_lists(lists: pl.Series, marks: pl.DataFrame, *, level: str | None = "event") -> tuple[pl.Series, pl.DataFrame]:
    """Marks of many derived rows at once; each combination is worked out once.

    Args:
        lists: list of mark ids a row: the marks of all its evidence.
        marks: known marks (table marks).
        level: kind of product that was made; None: the most derived of the marks' own.

    Returns:
        The id of the meet for each row, and the marks that are new (columns ``ROW``, without source and t_known).

    Raises:
        ReleaseError: a row has no mark, or one that is not known.
    """
    combos = lists.list.unique().list.sort().list.join(" ").fill_null("")
    known = by_id(marks)
    made: dict[str, Mark] = {}
    of: dict[str, str] = {}
    for combo in combos.unique(maintain_order=True).to_list():
        parts = combo.split()
        missing = [m for m in parts if m not in known]
        if missing:
            raise ReleaseError(f"mark {missing[0]} is not in table marks; put the marks of all evidence there first")
        m = meet((known[k] for k in parts), level=level)
        of[combo] = key(m)
        made[key(m)] = m
    found = combos.replace_strict(of, return_dtype=pl.String()).alias("mark")
    new = [row(m) for k, m in sorted(made.items()) if k not in known]
    return found, pl.DataFrame(new, schema=ROW)


__all__ = ["ANY", "LEVELS", "ROW", "TLP", "Mark", "by_id", "key", "meet", "meet_lists", "row"]
