"""Behaviours: one file, one rule. ``names()`` lists them, ``rule(name)`` gives one, ``find`` runs one on a DataFrame.

``find`` and the walk use the same ``step``; rules know no lake, no clock and no other rule.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import Any

import polars as pl

from makara.base.errors import ColumnsError, NotFoundError
from makara.base.frames import frame
from makara.base.time import EPOCH
from makara.behaviours import _zones
from makara.behaviours._chains import link
from makara.behaviours._parts import stepped
from makara.behaviours._points import POINTS, assembled
from makara.behaviours._rule import (
    STEP,
    Parameter,
    Parameters,
    Rule,
    Window,
    carry,
    finish,
    merge,
    nothing,
    ordered,
    ready_points,
)
from makara.behaviours._unmatched import afloat
from makara.behaviours._vessels import vessel_class


@cache
def names() -> tuple[str, ...]:
    """Kinds of events that there are rules for, sorted."""
    return tuple(sorted(m.name for m in iter_modules(__path__) if not m.name.startswith("_")))


@cache
def rule(kind: str) -> ModuleType:
    """The module of a rule: ``RULE, step, why, CASES``.

    Raises:
        NotFoundError: there is no such rule; the message lists those there are.
    """
    if kind not in names():
        raise NotFoundError(f"no rule {kind!r}; there are: {', '.join(names())}")
    return import_module(f"{__name__}.{kind}")


def find(
    kind: str,
    track_points: Any,
    *,
    profile: str = "makara",
    detections: Any = None,
    collections: Any = None,
    matches: Any = None,
    zones: Any = None,
    vessels: Any = None,
    authorisations: Any = None,
    lists: Any = None,
    horizons: Any = None,
    tracks: Any = None,
    claims: Any = None,
    events: Any = None,
    to: datetime | None = None,
    **parameters: float | int | str,
) -> pl.DataFrame:
    """The events of a kind in track points: one step over the whole span.

    Args:
        kind: a rule's name (``names()``).
        track_points: Polars, pandas or Arrow table with ``report, mover, track, t_seen, lon_deg, lat_deg``; the other
            columns of table track_points are filled. Unknown columns are ignored. ``mover`` is an MMSI; numbers of
            your own are negative, since small ones are those of coast stations, which no rule judges.
        profile: of the rule.
        detections: table detections, for rules that read it; the same for the other tables.
        collections: table collections.
        matches: table matches.
        zones: table zones; points without ``zones`` or ``anchorage_m`` are tagged with it, and what images show at a
            structure (kind ``infrastructure``, a point or at most 2 km across) is no unmatched vessel.
        vessels: table vessels, or any frame with ``mover`` (or ``mmsi``) and ``class``.
        authorisations: table authorisations.
        lists: table lists.
        horizons: table horizons; without it, silence is judged against ``to``.
        tracks: table tracks; without it, tracks are linked by time and reach.
        claims: table claims, for rules that read it.
        events: table events, for rules that build on other rules' events; without it, those rules are run first.
        to: end of what is known; the last row's time unless given.
        parameters: values that differ from the profile's.

    Returns:
        Columns of table events without its history, and ``marks``; ordered by event.

    Raises:
        NotFoundError: no such rule.
        SettingsError: no such profile or parameter.
        ColumnsError: a required column is missing, or no point is a vessel's.
    """
    module = rule(kind)
    p = module.RULE.resolve(profile, **parameters)
    points = _frame(track_points)
    others = {
        "detections": detections,
        "collections": collections,
        "matches": matches,
        "zones": zones,
        "vessels": vessels,
        "authorisations": authorisations,
        "lists": lists,
        "horizons": horizons,
        "tracks": tracks,
        "claims": claims,
    }
    tables = {name: _frame(given) for name, given in others.items() if given is not None}
    if {"detections", "matches", "zones"} <= tables.keys():
        tables["matches"] = afloat(tables["matches"], tables["detections"], tables["zones"])
    have = {c for c in points.columns if points[c].null_count() < max(len(points), 1)}  # segment leaves tags null
    clean = ordered(points).filter(pl.col("track").is_not_null())
    if "zones" in tables:
        clean = _zones.tagged(clean, tables["zones"], have)
    elif "anchorage_m" in have:
        tables["anchorages"] = pl.DataFrame()
    tables["track_points"] = clean
    if len(clean) and not len(ready_points(clean)):
        raise ColumnsError(
            "no point is a vessel's: column mover holds only numbers or transponders of coast stations, aids, aircraft"
            " and beacons; give MMSIs, or numbers of your own below 0"
        )
    if "tracks" not in tables:
        tables["tracks"] = link(clean)
    end = to if to is not None else _end(tables)
    for name in module.RULE.inputs:
        if name.startswith("events:"):
            tables[name] = _base(name[7:], tables, end, None if events is None else _frame(events))
    return finish(module.RULE, p, stepped(module, Window(EPOCH, end, tables), nothing(), p))


def _base(kind: str, tables: dict[str, pl.DataFrame], to: datetime, given: pl.DataFrame | None) -> pl.DataFrame:
    """Another rule's events: those that the caller gave, else what the rule finds with its defaults."""
    if given is not None:
        held = given.filter(pl.col("kind") == kind, pl.col("t_start") < to)
        return held.filter(pl.col("state") != "withdrawn")
    base = rule(kind)
    p, own = base.RULE.resolve(), dict(tables)
    for name in base.RULE.inputs:
        if name.startswith("events:"):
            own[name] = _base(name[7:], tables, to, None)
    return finish(base.RULE, p, stepped(base, Window(EPOCH, to, own), nothing(), p))


def _end(tables: dict[str, pl.DataFrame]) -> datetime:
    """Just after the last row of points and detections."""
    last = [tables[n]["t_seen"].max() for n in ("track_points", "detections") if n in tables and len(tables[n])]
    found = max((t for t in last if isinstance(t, datetime)), default=EPOCH)
    return found + timedelta(microseconds=1)


def _frame(given: Any) -> pl.DataFrame:
    """A Polars frame of whatever table was given; geometry must be WKB."""
    found = frame(given)
    if "geometry" in found.columns and found.schema["geometry"] == pl.String():
        raise ColumnsError("geometry must be WKB (binary), not text")
    return found


__all__ = [
    "POINTS",
    "STEP",
    "Parameter",
    "Parameters",
    "Rule",
    "Window",
    "assembled",
    "carry",
    "find",
    "finish",
    "merge",
    "names",
    "nothing",
    "ordered",
    "ready_points",
    "rule",
    "stepped",
    "vessel_class",
]
