"""What operators say of vessels: merge, split, undo. Acts are inputs: replayed in time, they give the same again.

``merge``: two vessels are one. ``split``: a member is no part of a vessel. ``undo``: an act does not count, and what
it undid counts again. An act speaks of vessels by id; an id stands for the part of a hull that it was made of, so acts
hold whatever else comes in later.
"""

from __future__ import annotations

from typing import Any, Final

import polars as pl

from makara.registry.hulls import Part

VERBS: Final = ("merge", "split", "undo")
HOW: Final = "operator"


def in_force(acts: pl.DataFrame, *, undoings: bool = False) -> list[dict[str, Any]]:
    """Acts on vessels that count, in time: those that no act which itself counts has undone.

    Args:
        acts: table acts.
        undoings: give undoings that count, too.
    """
    rows = acts.filter(pl.col("verb").is_in(VERBS)).sort("t", "act").to_dicts()
    undone: set[str] = set()
    out = []
    for a in reversed(rows):
        if a["act"] in undone:
            continue
        if a["verb"] == "undo":
            undone.update(a["object"])
        if a["verb"] != "undo" or undoings:
            out.append(a)
    return out[::-1]


def apply(parts: list[Part], acts: list[dict[str, Any]]) -> dict[int, list[dict[str, Any]]]:
    """Change the hulls of parts as acts say, one after the other.

    Args:
        parts: all parts; their ``hull``, ``p`` and ``how`` are changed.
        acts: as :func:`in_force` gives them.

    Returns:
        By hull, the acts that made it what it is.
    """
    by_id = {p.ident: p for p in parts}
    of: dict[int, list[Part]] = {}
    for p in parts:
        of.setdefault(p.hull, []).append(p)
    fresh = max(of, default=0) + 1
    told: dict[int, list[dict[str, Any]]] = {}
    for act in acts:
        named = [by_id[x] for x in act["object"] if x in by_id]
        if act["verb"] == "merge" and len(named) == len(act["object"]) > 1:
            hulls = {p.hull for p in named}
            into = min((p for h in hulls for p in of[h]), key=lambda p: (p.first, p.mover, p.hull)).hull
            for hull in sorted(hulls - {into}):
                _move(of.pop(hull), into, of, act)
                told.setdefault(into, []).extend(told.pop(hull, []))
            told.setdefault(into, []).append(act)
        elif act["verb"] == "split" and named:
            hull = named[0].hull
            out = [p for p in of[hull] if _is(p, act["object"][1:])]
            rest = [p for p in of[hull] if not _is(p, act["object"][1:])]
            if out and rest:
                of[hull] = rest
                _move(out, fresh, of, act)
                told.setdefault(hull, []).append(act)
                told.setdefault(fresh, []).append(act)
                fresh += 1
    return told


def _is(part: Part, members: list[str]) -> bool:
    return part.ident in members or f"mv{part.mover}" in members


def _move(some: list[Part], hull: int, of: dict[int, list[Part]], act: dict[str, Any]) -> None:
    for p in some:
        p.hull, p.p, p.how, p.rivals = hull, 1.0, HOW, []
    of.setdefault(hull, []).extend(some)
