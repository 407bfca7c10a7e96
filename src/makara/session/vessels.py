"""Vessels: what operators say of them (acts), what they were called, and finding them."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, Final

import polars as pl

from makara.base import ids, time
from makara.base.errors import NotFoundError, UsageError
from makara.lake import Lake
from makara.registry import VERBS, acts_in_force
from makara.session.share import named
from makara.sharing import OWNER
from makara.sharing.marks import ROW, Mark, by_id, key, meet, row
from makara.tables import table

HISTORY: Final = pl.Schema(
    {
        "vessel": pl.String(),
        "what": pl.String(),
        "value": pl.String(),
        "from": pl.Datetime("us", "UTC"),
        "to": pl.Datetime("us", "UTC"),
        "n": pl.Int64(),
        "evidence": pl.List(pl.String()),
    }
)
"""What a vessel was called: ``what`` is name, callsign, imo, mmsi or flag; ``n`` messages (``evidence``) said so."""
LISTED: Final = pl.Schema(
    {
        "vessel": pl.String(),
        "list": pl.String(),
        "as_of": pl.Datetime("us", "UTC"),
        "name": pl.String(),
        "reason": pl.String(),
        "from": pl.Datetime("us", "UTC"),
        "how": pl.String(),
        "p": pl.Float64(),
        "former": pl.Boolean(),
    }
)
"""Entries of lists that may mean a vessel: the list's date, what ties them, and how sure that is."""

RIVALS: Final = pl.Schema(
    {"vessel": pl.String(), "member": pl.String(), "rival": pl.String(), "p": pl.Float64(), "how": pl.String()}
)
"""What else a member of a vessel could be: another vessel (``rival``), how surely and why."""
DOUBTS: Final = pl.Schema({"vessel": pl.String(), "code": pl.String(), "text": pl.String()})
"""What does not fit: a wrong check digit, an MMSI's flag against a list's."""


def merge(lake: Lake, vessels: list[str], who: str, why: str | None, now: datetime) -> str:
    """Say that vessels are one; answers the act's id.

    Raises:
        NotFoundError: no such vessel.
        UsageError: they are one already, or a name means several.
    """
    found = [one(lake, v) for v in vessels]
    if len(set(found)) < 2:
        raise UsageError(f"{' and '.join(vessels)} are one vessel already")
    return _act(lake, "merge", sorted(set(found)), who, why, now)


def split(lake: Lake, vessel: str, member: str, who: str, why: str | None, now: datetime) -> str:
    """Say that a member (MMSI, ``mv<mover>``, or a vessel that was taken up) is no part of a vessel; the act's id.

    Raises:
        NotFoundError: no such vessel, or it has no such member.
        UsageError: the vessel has no other member.
    """
    found = one(lake, vessel)
    links = lake.state("vessel_links").filter(pl.col("vessel") == found)
    wanted = f"mv{member}" if member.isdecimal() else member
    if wanted not in links["member"].to_list():
        have = ", ".join(sorted(set(links["member"].to_list())))
        raise NotFoundError(f"{member} is no member of {vessel}; its members are {have}")
    if links["member"].str.starts_with("mv").sum() < 2:
        raise UsageError(f"{vessel} has no other member than {member}, so there is nothing to split")
    return _act(lake, "split", [found, wanted], who, why, now)


def undo(lake: Lake, act: str, who: str, why: str | None, now: datetime) -> str:
    """Say that an act does not count; undoing an undo makes the first act count again. Answers the new act's id.

    Raises:
        NotFoundError: no such act on vessels.
        UsageError: it does not count any more.
    """
    acts = lake.state("acts")
    mine = acts.filter(pl.col("act") == act, pl.col("verb").is_in(VERBS))
    if not len(mine):
        raise NotFoundError(f"no act {act!r} on vessels; `makara vessel acts` lists them")
    if act in set(acts.filter(pl.col("verb") == "undo", pl.col("act").is_in(_counting(acts)))["object"].explode()):
        raise UsageError(f"{act} is undone already")
    return _act(lake, "undo", [act], who, why, now)


def log(acts: pl.DataFrame) -> pl.DataFrame:
    """Acts on vessels, the newest first: ``act, t, who, verb, object, why, counts``."""
    acts = acts.filter(pl.col("verb").is_in(VERBS))
    counts = pl.col("act").is_in(_counting(acts))
    shown = acts.with_columns(counts=counts).sort("t", "act", descending=True)
    return shown.select("act", "t", "who", "verb", "object", "why", "counts")


def _counting(acts: pl.DataFrame) -> list[str]:
    return [a["act"] for a in acts_in_force(acts, undoings=True)]


def one(lake: Lake, ident: str) -> str:
    """The vessel that an id, MMSI, IMO number, call sign or name means.

    Raises:
        NotFoundError: none.
        UsageError: several.
    """
    found = named(lake.state("vessels"), lake.state("vessel_links"), ident)["vessel"].to_list()
    if not found:
        raise NotFoundError(f"no vessel {ident!r}; give its id, MMSI, IMO number, call sign or exact name, or search")
    if len(found) > 1:
        raise UsageError(f"{ident!r} means {len(found)} vessels; give one by its id: {', '.join(found[:8])}")
    return str(found[0])


def _act(lake: Lake, verb: str, things: list[str], who: str, why: str | None, now: datetime) -> str:
    """Log an act. It is as secret as what it speaks of: its mark is the meet of the vessels' marks."""
    spoken = lake.state("vessels").filter(pl.col("vessel").is_in(things))["mark"].to_list()
    spoken += lake.state("acts").filter(pl.col("act").is_in(things))["mark"].to_list()
    known = by_id(lake.state("marks"))
    mark = meet([known[m] for m in sorted(set(spoken))]) if spoken else Mark.own(OWNER)
    return enter(lake, mark, verb, things, who, why, now)


def enter(
    lake: Lake,
    mark: Mark,
    verb: str,
    things: list[str],
    who: str,
    why: str | None,
    now: datetime,
    until: datetime | None = None,
) -> str:
    """Enter an act into table acts; answers its id.

    Raises:
        UsageError: nobody does it.
    """
    if not who.strip():
        raise UsageError("an act needs to know who does it; give --as NAME")
    act = ids.ident("ac", time.text(now), who, verb, things)
    said = {"act": act, "t": now, "who": who, "verb": verb, "object": things, "why": why, "until": until}
    done = pl.DataFrame([said], schema_overrides={"until": pl.Datetime("us", "UTC")}).with_columns(
        mark=pl.lit(key(mark))
    )
    stamps = {"source": pl.lit("operator"), "t_known": pl.lit(now)}
    with lake.write() as commit:
        commit.put("marks", table("marks").conform(pl.DataFrame([row(mark)], schema=ROW).with_columns(
            **stamps, mark=pl.lit(key(mark)))))  # fmt: skip
        commit.put("acts", table("acts").conform(done.with_columns(**stamps)))
    return act


def history(vessels: pl.DataFrame) -> pl.DataFrame:
    """What vessels were called, from when to when (columns ``HISTORY``).

    Args:
        vessels: rows of table vessels with their evidence; a partner's have none.
    """
    rows: list[dict[str, Any]] = []
    for vessel, told in _evidence(vessels):
        for h in told.get("history", ()):
            values = told.get(h["what"]) or ()
            said = [ref for v in values if v["value"] == h["value"] for ref in v.get("rows", ())]
            rows.append({**h, "vessel": vessel, "value": str(h["value"]), "evidence": said} | _times(h, "from", "to"))
    return pl.DataFrame(rows, schema=HISTORY)


def listed(vessels: pl.DataFrame) -> pl.DataFrame:
    """Entries of lists that may mean vessels (columns ``LISTED``); a partner's rows have none."""
    rows = [
        {c: e.get(c) for c in LISTED} | {"vessel": vessel} | _times(e, "from", "as_of")
        for vessel, told in _evidence(vessels)
        for e in told.get("lists", ())
    ]
    return pl.DataFrame(rows, schema=LISTED)


def rivals(vessels: pl.DataFrame) -> pl.DataFrame:
    """What else members of vessels could be (columns ``RIVALS``); a partner's rows have none."""
    rows = [
        {**r, "rival": r["vessel"], "vessel": vessel}
        for vessel, told in _evidence(vessels)
        for r in told.get("rivals", ())
    ]
    return pl.DataFrame(rows, schema=RIVALS)


def doubts(vessels: pl.DataFrame) -> pl.DataFrame:
    """What does not fit (columns ``DOUBTS``); a partner's rows have none."""
    rows = [{**d, "vessel": vessel} for vessel, told in _evidence(vessels) for d in told.get("doubts", ())]
    return pl.DataFrame(rows, schema=DOUBTS)


def _evidence(vessels: pl.DataFrame) -> list[tuple[str, dict[str, Any]]]:
    if "evidence" not in vessels.columns:
        return []
    return [(v, json.loads(e)) for v, e in vessels.select("vessel", "evidence").iter_rows() if e]


def _times(told: dict[str, Any], *names: str) -> dict[str, datetime | None]:
    return {c: time.parse(told[c]) if told.get(c) else None for c in names}
