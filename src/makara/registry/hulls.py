"""Hulls: faces that are held to be one vessel, with how sure that is and what else they could be.

Faces join in the order in which they were first seen. A face may join a hull if it may be one with all of its faces
that it is weighed against (the least score counts); the hypotheses are each such hull and "another vessel" (score 0),
and their probabilities are ``exp(score)`` over the sum. It joins the likeliest hull if that is likelier than another
vessel.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import polars as pl

from makara.base import ids
from makara.registry.faces import CROWD, KEYS

RIVAL_P: Final = 0.01
"""Hypotheses less likely than this are not kept."""
TWIN_N: Final = 10
TWIN_S: Final = 3600
"""Two tracks of one number, each of so many positions, that overlap for so long are two hulls."""
TWIN: Final = "two tracks of the number at once"


@dataclass
class Part:
    """What one mover gives to one hull: the unit that is tied, taken apart and merged.

    Attributes:
        ident: the vessel's id if this part is its first.
        hull: number of the hull.
        faces: numbers of its faces; none where the mover claims nothing.
        n: messages that state it (of a twin: positions).
        p: how sure it is that it belongs to this hull.
        how: what ties it.
        share: its share of what the mover sends while other hulls use the number, too.
        to: until when; None: still.
        rivals: other hulls that it could be: hull, p, why.
    """

    ident: str
    mover: int
    hull: int
    faces: list[int]
    n: int
    first: Any
    last: Any
    p: float
    how: str
    rivals: list[tuple[int, float, str]] = field(default_factory=list)
    share: float = 1.0
    to: Any = None


def hulls(known: pl.DataFrame, pairs: pl.DataFrame) -> dict[int, tuple[int, float, str, list[tuple[int, float, str]]]]:
    """The hull of each face (the number of its first face), how sure, why, and rival hulls."""
    before: dict[int, list[tuple[int, float, str]]] = {}
    for a, b, score, why in pairs.select("a", "b", "score", "why").iter_rows():
        before.setdefault(b, []).append((a, score, why))
    crowd: dict[int, int] = {}
    crowded = set(known.filter(pl.len().over("mover") > 3 * CROWD)["mover"].to_list())
    out: dict[int, tuple[int, float, str, list[tuple[int, float, str]]]] = {}
    for face, mover in known.select("face", "mover").iter_rows():
        if mover in crowded:
            hull = crowd.setdefault(mover, face)
            out[face] = (hull, 1.0, "number shared by many: not told apart", [])
            continue
        scores: dict[int, float] = {}
        reasons: dict[int, tuple[float, str]] = {}
        for a, score, why in before.get(face, ()):
            hull = out[a][0]
            scores[hull] = min(score, scores.get(hull, math.inf))
            reasons[hull] = max((score, why), reasons.get(hull, (-math.inf, "")))
        total = 1.0 + sum(math.exp(s) for s in scores.values())
        odds = [(math.exp(s) / total, h, reasons[h][1]) for h, s in scores.items()]
        odds.sort(key=lambda x: (-x[0], x[1]))
        joined = bool(odds) and scores[odds[0][1]] > 0
        hull, p = (odds[0][1], odds[0][0]) if joined else (face, 1.0 / total)
        rivals = [(h, q, why) for q, h, why in odds if h != hull and q >= RIVAL_P]
        out[face] = (hull, p, odds[0][2] if odds else "", rivals)
    return out


def parts(known: pl.DataFrame, pairs: pl.DataFrame, seen: pl.DataFrame, tracks: pl.DataFrame | None) -> list[Part]:
    """Parts of hulls, in the order in which they were first seen.

    Args:
        known: faces.
        pairs: as ``faces.pairs`` gives them.
        seen: ``mover, since``: everyone, and when first seen.
        tracks: table tracks, to find numbers that two hulls use at once though they state one identity.
    """
    held = hulls(known, pairs)
    found: dict[tuple[int, int], Part] = {}
    rows = {r["face"]: r for r in known.iter_rows(named=True)}
    for face, r in rows.items():
        hull, p, why, rivals = held[face]
        key = (r["mover"], hull)
        part = found.get(key)
        if part is None:
            found[key] = Part("", r["mover"], hull, [face], r["n"], r["first"], r["last"], p, why, rivals)
        else:
            part.faces.append(face)
            part.n += r["n"]
            part.last = max(part.last, r["last"])
    of: dict[int, list[Part]] = {}
    for part in found.values():
        of.setdefault(part.mover, []).append(part)
    hull = len(rows)
    for mover, since in seen.sort("mover").iter_rows():
        mine = of.setdefault(mover, [])
        if not mine:
            mine.append(Part("", mover, hull, [], 0, since, since, 1.0, "same mover"))
            hull += 1
        mine[0].first = min(since, mine[0].first)
    for mover, n, share, start, end in twins(tracks):
        if len(mine := of.get(mover, [])) == 1:
            mine[0].share = 1.0 - share
            twin = Part(ids.ident("ve", f"mv{mover}", "twin"), mover, hull, [], n, start, end, 1.0, TWIN, [], share)
            mine.append(twin)
            hull += 1
    for mover, mine in of.items():
        _name(mover, mine, rows)
    return sorted((p for mine in of.values() for p in mine), key=lambda p: (p.first, p.mover, p.hull))


def _name(mover: int, mine: list[Part], rows: Mapping[int, dict[str, Any]]) -> None:
    """Ids of a mover's parts, and the share of its messages that each has while it and others overlap in time."""
    counts = [(p.first, p.last, p.n) for p in mine if p.faces]
    for k, part in enumerate(mine):
        if k == 0:
            part.ident = ids.ident("ve", f"mv{mover}")
            part.how = "same mover" if part.hull in part.faces else part.how
        elif part.faces:
            part.ident = ids.ident("ve", f"mv{mover}", *(rows[part.faces[0]][c] for c in KEYS))
        if len(counts) > 1:
            part.share = part.n / sum(n for f, t, n in counts if f <= part.last and t >= part.first)


def twins(tracks: pl.DataFrame | None) -> list[tuple[int, int, float, Any, Any]]:
    """Movers two of whose chains of tracks overlap: mover, positions, share and span of the lesser chain."""
    need = {"mover", "track", "t_start", "t_end", "n", "quality", "joins"}
    if tracks is None or not need <= set(tracks.columns):
        return []
    both = tracks.filter(pl.col("quality") == "overlapping", pl.col("n") >= TWIN_N).select("mover").unique()
    out = []
    mine = tracks.join(both, on="mover", how="semi").sort("mover", "t_start", "track")
    for (mover,), rows in mine.group_by("mover", maintain_order=True):
        chain: dict[int, int] = {}
        spans: dict[int, list[Any]] = {}
        for track, joins, start, end, n in rows.select("track", "joins", "t_start", "t_end", "n").iter_rows():
            chain[track] = root = chain.get(joins, track)
            span = spans.setdefault(root, [start, end, 0])
            span[1], span[2] = max(span[1], end), span[2] + n
        big = sorted(spans.values(), key=lambda s: (-s[2], s[0]))
        most = big[0]
        for start, end, n in big[1:2]:
            over = (min(end, most[1]) - max(start, most[0])).total_seconds()
            if n >= TWIN_N and over >= TWIN_S:
                out.append((int(str(mover)), n, n / (n + most[2]), start, end))
    return out
