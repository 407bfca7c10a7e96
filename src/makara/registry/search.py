"""Search: vessels and entries of lists by any number or name, also misspelt, now or formerly borne."""

from __future__ import annotations

import json
from typing import Any, Final

import numpy as np
import polars as pl
from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

from makara.registry.lists import in_force
from makara.registry.names import plain, plain_callsign

FOUND: Final = pl.Schema(
    {
        "score": pl.Float64(),
        "what": pl.String(),
        "value": pl.String(),
        "vessel": pl.String(),
        "mmsi": pl.Int32(),
        "imo": pl.Int32(),
        "name": pl.String(),
        "callsign": pl.String(),
        "flag": pl.String(),
        "class": pl.String(),
        "list": pl.String(),
        "entry": pl.String(),
        "as_of": pl.Datetime("us", "UTC"),
        "reason": pl.String(),
    }
)
"""Columns of what is found: ``what`` was found by which ``value``; ``list``, ``entry`` and ``as_of`` where it is an entry."""
LEAST: Final = 0.72
"""Least similarity of a name that is found."""
FORMER: Final = 0.95
"""What an identifier no longer in use counts."""
_ORDER: Final = 0.97
_PART: Final = 0.85
_NUMBERS: Final = ("mmsi", "imo")
_OWN: Final = ("mmsi", "imo", "name", "callsign", "flag", "class")


def search(vessels: pl.DataFrame, lists: pl.DataFrame, asked: str, limit: int = 20) -> pl.DataFrame:
    """What a text may mean, the likeliest first.

    Args:
        vessels: of table vessels what the asker may see; former identities are sought where ``evidence`` is there.
        lists: table lists, as far as the asker may see it.
        asked: MMSI, IMO number, call sign, name, vessel id, or a list's own number.
        limit: at most so many.

    Returns:
        Columns ``FOUND``. ``score``: 1 for the very identifier, 0.95 for one no longer borne; of names their similarity
        (optimal string alignment; words in another order count 0.97, a part of a name 0.85). A vessel or entry comes
        once, by what it was found best.
    """
    text = asked.strip()
    keys = _keys(vessels, lists)
    if not text or not len(keys):
        return pl.DataFrame(schema=FOUND)
    told = pl.DataFrame({"t": [text]}).select(name=plain(pl.col("t")), sign=plain_callsign(pl.col("t"))).row(0)
    name, sign = told
    number = text.upper().removeprefix("IMO").removeprefix("MMSI").strip(" :#")
    same = (pl.col("what").is_in(_NUMBERS) & (pl.col("value") == number)) | (pl.col("value") == text)
    same = same | ((pl.col("what") == "callsign") & (pl.col("plain") == sign).fill_null(False))
    exact = keys.filter(same).with_columns(score=pl.lit(1.0))
    parts = [exact]
    if name is not None:
        named = keys.filter(pl.col("what") == "name", pl.col("plain").is_not_null())
        distinct = named["plain"].unique(maintain_order=True)
        likely = pl.DataFrame({"plain": distinct, "score": _alike(name, distinct.to_list())})
        parts.append(named.join(likely.filter(pl.col("score") >= LEAST), on="plain"))
    found = pl.concat([p.select(*keys.columns, "score") for p in parts])
    found = found.with_columns(score=(pl.col("score") * pl.when("former").then(FORMER).otherwise(1.0)).round(4))
    found = found.sort("score", "former", "of", "what", "value", descending=[True, False, False, False, False])
    found = found.unique("of", keep="first", maintain_order=True).head(limit)
    return _told(found, vessels, lists)


def _alike(name: str, others: list[str]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Similarity of a plain name to others, 0 to 1."""
    if not others:
        return np.zeros(0)
    whole = process.cdist([name], others, scorer=OSA.normalized_similarity, dtype=np.float64)[0]
    order = process.cdist([name], others, scorer=fuzz.token_sort_ratio, dtype=np.float64)[0] / 100.0
    best = np.maximum(whole, order * _ORDER)
    if len(name) >= 4:
        size = np.array([len(o) for o in others])
        part = process.cdist([name], others, scorer=fuzz.partial_ratio, dtype=np.float64)[0] / 100.0
        best = np.maximum(best, np.where(size > len(name), part * _PART, 0.0))
    return best


def _keys(vessels: pl.DataFrame, lists: pl.DataFrame) -> pl.DataFrame:
    """Every identifier: ``of`` (vessel id or list/entry), ``what``, ``value``, ``former``, ``plain``."""
    rows: list[tuple[str, str, str, bool]] = []
    have = [c for c in ("mmsi", "imo", "name", "callsign") if c in vessels.columns]
    for r in vessels.iter_rows(named=True):
        of = r.get("vessel")
        if of is None:
            continue
        rows.append((of, "vessel", of, False))
        rows += [(of, c, str(r[c]), False) for c in have if r[c] is not None]
        for h in json.loads(r.get("evidence") or "{}").get("history", ()):
            if h["what"] in have and h["value"] != r[h["what"]]:
                rows.append((of, h["what"], str(h["value"]), True))
    for r in in_force(lists).iter_rows(named=True):
        of = f"{r['list']}/{r['entry']}"
        gone = bool(r["former"])
        rows += [(of, c, str(r[c]), gone) for c in ("mmsi", "imo", "name", "callsign", "own_id") if r[c] is not None]
        rows += [(of, "name", n, True) for n in r["names"] or ()]
    schema = {"of": pl.String(), "what": pl.String(), "value": pl.String(), "former": pl.Boolean()}
    found = pl.DataFrame(rows, schema=schema, orient="row")
    name, sign = pl.col("what") == "name", pl.col("what") == "callsign"
    made = pl.when(name).then(plain(pl.col("value"))).when(sign).then(plain_callsign(pl.col("value")))
    return found.with_columns(plain=made)


def _told(found: pl.DataFrame, vessels: pl.DataFrame, lists: pl.DataFrame) -> pl.DataFrame:
    """What is found, with what is known of it."""
    types = {c: FOUND[c] for c in _OWN}
    own = [pl.col(c).cast(t) if c in vessels.columns else pl.lit(None, t).alias(c) for c, t in types.items()]
    ships = vessels.select("vessel", *own) if "vessel" in vessels.columns else pl.DataFrame(schema={"vessel": pl.String()} | types)
    rows = in_force(lists).with_columns(of=pl.concat_str("list", "entry", separator="/"))
    rows = rows.select("of", "list", "entry", "as_of", "reason", *(pl.col(c).alias(f"_{c}") for c in _OWN))
    out = found.with_row_index("_at").with_columns(vessel="of").join(ships, on="vessel", how="left").join(rows, on="of", how="left")
    out = out.with_columns(
        *(pl.coalesce(c, f"_{c}").alias(c) for c in _OWN), vessel=pl.when(pl.col("list").is_null()).then("vessel")
    )
    return out.sort("_at").select(pl.col(c).cast(t) for c, t in FOUND.items())
