"""Parts: the faces of a mover that are held to be one hull; most movers have one part, shared and sold numbers several.

Faces join in the order in which they were first seen. A face may join a part if it may be one with all faces of it (the
least score counts); the hypotheses are each part of the mover and "another vessel" (score 0), and their probabilities
are ``exp(score)`` over the sum. It joins the likeliest part if that is likelier than another vessel. Which parts of
different movers are one vessel is the matter of ``ties``.
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
TWIN_SHARE: Final = 0.05
"""Two chains of tracks of one number, each of so many positions and of this share of both, that overlap for so long are
two hulls; less is a slip of a receiver."""
SHARED: Final = "number shared by many: not told apart"
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
        rivals: other hulls that it could be, by the number of one of their parts: number, p, why.
        number: its own number; its hull's, while it is the hull's first part.
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
    number: int = -1

    def __post_init__(self) -> None:
        self.number = self.hull


def hypotheses(scores: Mapping[int, float]) -> tuple[list[tuple[float, int]], float]:
    """Probabilities of hulls by their log-odds, the likeliest first, and that of "another vessel" (log-odds 0)."""
    total = 1.0 + sum(math.exp(s) for s in scores.values())
    odds = [(math.exp(s) / total, h) for h, s in scores.items()]
    return sorted(odds, key=lambda x: (-x[0], x[1])), 1.0 / total


Held = tuple[int, float, str, list[tuple[int, float, str]]]
"""A face's hull (the number of its first face), how sure, why, and rivals."""


def _hulls(known: pl.DataFrame, pairs: pl.DataFrame) -> dict[int, Held]:
    """The hull of each face within its mover."""
    before: dict[int, list[tuple[int, float, str]]] = {}
    for a, b, score, why in pairs.select("a", "b", "score", "why").iter_rows():
        before.setdefault(b, []).append((a, score, why))
    crowd: dict[int, int] = {}
    crowded = set(known.filter(pl.len().over("mover") > 3 * CROWD)["mover"].to_list())
    out: dict[int, Held] = {}
    for face, mover in known.select("face", "mover").iter_rows():
        if mover in crowded:
            out[face] = (crowd.setdefault(mover, face), 1.0, SHARED, [])
            continue
        scores: dict[int, float] = {}
        reasons: dict[int, tuple[float, str]] = {}
        for a, score, why in before.get(face, ()):
            hull = out[a][0]
            scores[hull] = min(score, scores.get(hull, math.inf))
            reasons[hull] = max((score, why), reasons.get(hull, (-math.inf, "")))
        odds, other = hypotheses(scores)
        joined = bool(odds) and odds[0][0] > other
        hull, p = (odds[0][1], odds[0][0]) if joined else (face, other)
        rivals = [(h, q, reasons[h][1]) for q, h in odds if h != hull and q >= RIVAL_P]
        out[face] = (hull, p, reasons[odds[0][1]][1] if odds else "", rivals)
    return out


def parts(known: pl.DataFrame, pairs: pl.DataFrame, seen: pl.DataFrame, tracks: pl.DataFrame | None) -> list[Part]:
    """Parts, each a hull of its own, in the order in which they were first seen.

    Args:
        known: faces.
        pairs: as ``faces.pairs`` gives them.
        seen: ``mover, since``: everyone, and when first seen.
        tracks: table tracks, to find numbers that two hulls use at once though they state one identity.
    """
    held = _hulls(known, pairs)
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
            part.how = part.how if part.how == SHARED else "same mover"
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
            if n >= max(TWIN_N, TWIN_SHARE * (n + most[2])) and over >= TWIN_S:
                out.append((int(str(mover)), n, n / (n + most[2]), start, end))
    return out
