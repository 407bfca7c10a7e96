"""Identify: vessels over time from claims, lists, tracks and operators' acts; competing identities are kept.

What a mover claims makes its faces (``faces``), weighed faces make parts (``hulls``), parts that are tied make hulls
(``ties``), acts change them (``acts``). A vessel is a hull with all that it has been: one IMO number under successive
MMSIs is one vessel, one MMSI on two hulls is two. Its id is that of its first part, so it stays when the flag changes.
Current values: IMO number, length and type that most messages state; the name and call sign stated last by three
messages or more; MMSI and flag of its newest member.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import polars as pl

from makara.base.time import text
from makara.registry import acts as operators
from makara.registry import lists as registers
from makara.registry._json import DUMP
from makara.registry.classes import best, classed, sent_as, stated
from makara.registry.evidence import PARTS, cited, doubts, history, values
from makara.registry.faces import faces, pairs
from makara.registry.hulls import Part, parts
from makara.registry.numbers import flag_of, kind_of, mmsi_of
from makara.registry.ties import tie

SETTLED: Final = 3
"""A name or call sign stated so often is not a slip."""
_VESSEL: Final = ("vessel", "mmsi", "imo", "name", "callsign", "flag", "class", "gear", "length_m", "evidence", "marks")
_TS: Final = pl.Datetime("us", "UTC")
_LINKS: Final = {
    "vessel": pl.String(),
    "member": pl.String(),
    "from": _TS,
    "to": _TS,
    "p": pl.Float32(),
    "how": pl.String(),
}


def identify(
    claims: pl.DataFrame,
    lists: pl.DataFrame,
    track_points: pl.DataFrame | None = None,
    acts: pl.DataFrame | None = None,
    tracks: pl.DataFrame | None = None,
    transponders: pl.DataFrame | None = None,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Vessels and what belongs to them.

    Args:
        claims: table claims, all that are known; ``mover`` and ``t_seen`` are required.
        lists: table lists.
        track_points: of table track_points ``mover, t_seen`` (the first of each mover is enough) and ``mark``: movers
            that claim nothing are vessels, too.
        acts: table acts: merges, splits and undoings count, others are ignored.
        tracks: table tracks: finds numbers that two hulls use at once though they claim one identity.
        transponders: ``mover, transponder`` of all reports: what is no ship, whatever its number looks like.

    Returns:
        Columns of table vessels and of table vessel_links, without stamps, each with ``marks``: the marks of claims,
        points, acts and of entries of registers that it rests on (an entry that is only cited does not count: evidence
        is the owner's). ``evidence``: JSON, by part a list of ``{value, p, n, first, last, rows}``, the best first;
        ``history``: what it was called from when to when; ``lists``: entries that may mean it, each with the list's
        date and ``p``; ``rivals``: what else its members could be; ``doubts``: what does not fit; ``acts``. A link's
        ``p`` is how sure it is that what the member sends within the interval comes from this vessel; a member that is
        a vessel's id is one that this vessel took up.

    Raises:
        ColumnsError: a required column is missing.
    """
    said = stated(claims)
    seen = said.select("mover", "t_seen", "mark")
    if track_points is not None:
        mark = pl.col("mark") if "mark" in track_points.columns else pl.lit(None, dtype=pl.String).alias("mark")
        seen = pl.concat([seen, track_points.select("mover", "t_seen", mark)])
    known, shown = faces(said)
    first = seen.group_by("mover").agg(pl.col("t_seen").min(), pl.col("mark").drop_nulls().unique())
    every = parts(known, pairs(known, shown), first.select("mover", "t_seen"), tracks)
    tie(every, known, shown)
    told = operators.apply(every, operators.in_force(acts) if acts is not None else [])
    of: dict[int, list[Part]] = {}
    for p in every:
        of.setdefault(p.hull, []).append(p)
    _close(every)
    entries = registers.in_force(lists)
    flags = registers.flags(entries)
    mine = _of_hull(every, shown)
    sent = sent_as(mine, _sent_by(of, transponders), "hull")
    vessels = _vessels(of, mine, entries, flags, dict(first.select("mover", "mark").iter_rows()), told, sent)
    links = _links(of)
    tied = _evidence(of, vessels, mine, entries, flags, told)
    vessels = vessels.with_columns(evidence=pl.Series(tied, dtype=pl.String))
    links = links.join(vessels.select("vessel", "marks"), on="vessel")
    return vessels.select(_VESSEL).sort("vessel"), links.sort("vessel", "member", "from")


def _of_hull(every: Sequence[Part], shown: pl.DataFrame) -> pl.DataFrame:
    """Claims with their ``hull``; claims without an identity go to the only hull of their mover, if it is one."""
    face = {f: p.hull for p in every for f in p.faces}
    hulls: dict[int, set[int]] = {}
    for p in every:
        hulls.setdefault(p.mover, set()).add(p.hull)
    only = {m: next(iter(h)) for m, h in hulls.items() if len(h) == 1}
    hull = pl.coalesce(
        pl.col("face").replace_strict(face, default=None, return_dtype=pl.Int64),
        pl.col("mover").replace_strict(only, default=None, return_dtype=pl.Int64),
    )
    return shown.with_columns(hull=hull).drop("face")


def _sent_by(of: dict[int, list[Part]], transponders: pl.DataFrame | None) -> pl.DataFrame | None:
    """Transponders of each hull's movers."""
    if transponders is None:
        return None
    rows = [(hull, p.mover) for hull, some in of.items() for p in some]
    members = pl.DataFrame(rows, schema={"hull": pl.Int64(), "mover": pl.Int64()}, orient="row")
    return members.join(transponders.select("mover", "transponder"), on="mover").select("hull", "transponder")


def _vessels(
    of: dict[int, list[Part]],
    mine: pl.DataFrame,
    entries: pl.DataFrame,
    flags: dict[int, str],
    marks: dict[int, list[str]],
    told: dict[int, list[dict[str, Any]]],
    sent: pl.DataFrame,
) -> pl.DataFrame:
    """A row a hull: columns of table vessels but evidence, ``hull`` and ``_told``, what tells the class."""
    kinds: dict[tuple[str, ...], int] = {}
    rows = []
    for hull, some in of.items():
        newest = max(some, key=lambda p: (p.last, p.first, p.mover))
        every = {m for p in some for m in marks[p.mover]} | {a["mark"] for a in told.get(hull, ()) if a.get("mark")}
        rows.append((hull, some[0].ident, newest.mover, kinds.setdefault(tuple(sorted(every)), len(kinds))))
    schema = {"hull": pl.Int64(), "vessel": pl.String(), "mover": pl.Int64(), "marks": pl.Int64()}
    known = pl.DataFrame(rows, schema=schema, orient="row").with_columns(mmsi=mmsi_of(pl.col("mover"))).drop("mover")
    lists = pl.Series([list(k) for k in kinds], dtype=pl.List(pl.String()))  # a few, shared by many
    known = known.with_columns(lists.gather(known["marks"]).alias("marks"))
    known = known.with_columns(flag=flag_of(pl.col("mmsi"), flags))
    for part in ("imo", "length_m", "ship_type"):
        known = known.join(best(mine, part, "hull"), on="hull", how="left")
    for part in ("name", "callsign"):
        known = known.join(_latest(mine, part), on="hull", how="left")
    known = known.join(sent, on="hull", how="left")
    return classed(known.rename({"hull": "mover"}), entries).rename({"mover": "hull"}).sort("hull")


def _latest(mine: pl.DataFrame, part: str) -> pl.DataFrame:
    """The value that was stated last and ``SETTLED`` times; where none was so often, the most frequent."""
    values = (
        mine.filter(pl.col(part).is_not_null())
        .group_by("hull", value=part)
        .agg(n=pl.len(), last=pl.col("t_seen").max())
    )
    often = pl.col("n") >= SETTLED
    values = values.with_columns(_often=often, _n=pl.when(often).then(0).otherwise("n"))
    values = values.sort(
        "hull", "_often", "_n", "last", "n", "value", descending=[False, True, True, True, True, False]
    )
    return values.group_by("hull", maintain_order=True).agg(pl.col("value").first().alias(part))


def _close(every: Sequence[Part]) -> None:
    """Say until when each part held: its last claim, if another part of its hull or mover began to claim after that."""
    latest: dict[tuple[str, int], Any] = {}
    stating = [p for p in every if p.faces]
    for p in stating:
        for key in (("hull", p.hull), ("mover", p.mover)):
            latest[key] = max(p.first, latest.get(key, p.first))
    for p in stating:
        p.to = p.last if max(latest["hull", p.hull], latest["mover", p.mover]) > p.last else None


def _links(of: dict[int, list[Part]]) -> pl.DataFrame:
    """Members of each vessel from when to when; an id that it took up is a member, too."""
    rows: dict[tuple[str, str, Any], tuple[Any, float, str]] = {}
    for some in of.values():
        vessel = some[0].ident
        for p in some:
            key = (vessel, f"mv{p.mover}", p.first)
            to, sure, how = rows.get(key, (p.to, 0.0, p.how))
            to = None if to is None or p.to is None else max(to, p.to)
            rows[key] = (to, min(sure + p.p * p.share, 1.0), how)
            if p.ident != vessel:
                rows[vessel, p.ident, p.first] = (p.to, p.p, p.how)
    return pl.DataFrame([(*k, *v) for k, v in rows.items()], schema=_LINKS, orient="row")


def _evidence(
    of: dict[int, list[Part]],
    vessels: pl.DataFrame,
    mine: pl.DataFrame,
    entries: pl.DataFrame,
    flags: dict[int, str],
    told: dict[int, list[dict[str, Any]]],
) -> list[str]:
    """What each vessel rests on, as JSON."""
    name_of = {p.number: some[0].ident for some in of.values() for p in some}
    listed = cited(of, mine, entries)
    rows = vessels.select("hull", "mmsi", "flag", kind_of(pl.col("mmsi")).alias("kind"), "_told")
    rows = rows.join(values(mine), on="hull", how="left", maintain_order="left")
    rows = rows.join(history(mine, of, flags), on="hull", how="left", maintain_order="left")
    rows = rows.with_columns(pl.col(*PARTS, "history").fill_null("[]"), pl.col("wrong").fill_null([]))
    every = pl.concat_str([pl.format('"{}":{}', pl.lit(part), part) for part in PARTS], separator=",")
    out = []
    columns = rows.select("hull", "mmsi", "flag", "kind", "_told", "wrong", every.alias("parts"), "history")
    for hull, mmsi, flag, kind, why, wrong, parts_, spells in columns.iter_rows():
        class_ = {k: v for k, v in why.items() if v is not None or k == "p"}
        flown = [] if flag is None else [{"value": flag, "how": "mmsi"}]
        rivals = [
            {"member": f"mv{p.mover}", "vessel": name_of[h], "p": round(q, 4), "how": w}
            for p in of[hull]
            for h, q, w in p.rivals
            if name_of[h] != name_of[p.number]
        ]
        acts = [
            {k: text(a[k]) if k == "t" else a[k] for k in ("act", "t", "who", "verb", "object", "why")}
            for a in told.get(hull, ())
        ]
        on = listed.get(hull, [])
        odd = doubts(mmsi, flag, kind, wrong, on)
        more = {k: v for k, v in (("rivals", rivals), ("lists", on), ("doubts", odd), ("acts", acts)) if v}
        rest = f",{DUMP(more)[1:]}" if more else "}"
        out.append(f'{{{parts_},"class":[{DUMP(class_)}],"flag":{DUMP(flown)},"history":{spells}{rest}')
    return out
