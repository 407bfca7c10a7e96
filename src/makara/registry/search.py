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
"""Columns of what is found, and by which ``value`` of what; ``list``, ``entry``, ``as_of`` where it is an entry."""
LEAST: Final = 0.72
"""Least similarity of a name that is found."""
FORMER: Final = 0.95
"""What an identifier no longer in use counts."""
_ORDER: Final = 0.97
_PART: Final = 0.85
_NUMBERS: Final = ("mmsi", "imo")
_KEY: Final = {"of": pl.String(), "what": pl.String(), "value": pl.String(), "former": pl.Boolean()}
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
    entries = in_force(lists)
    keys = _keys(vessels, entries)
    if not text or not len(keys):
        return pl.DataFrame(schema=FOUND)
    told = pl.DataFrame({"t": [text]}).select(name=plain(pl.col("t")), sign=plain_callsign(pl.col("t"))).row(0)
    name, sign = told
    number = text.upper().removeprefix("IMO").removeprefix("MMSI").strip(" :#")
    same = (pl.col("what").is_in(_NUMBERS) & (pl.col("value") == number)) | (pl.col("value") == text)
    if sign is not None:
        same = same | ((pl.col("what") == "callsign") & (plain_callsign(pl.col("value")) == sign).fill_null(False))
    exact = keys.filter(same).with_columns(score=pl.lit(1.0))
    parts = [exact]
    if name is not None:
        named = keys.filter(pl.col("what") == "name").with_columns(plain=plain(pl.col("value"))).drop_nulls("plain")
        distinct = named["plain"].unique(maintain_order=True)
        likely = pl.DataFrame({"plain": distinct, "score": _alike(name, distinct.to_list())})
        parts.append(named.join(likely.filter(pl.col("score") >= LEAST), on="plain"))
    found = pl.concat([p.select(*keys.columns, "score") for p in parts])
    found = found.with_columns(score=(pl.col("score") * pl.when("former").then(FORMER).otherwise(1.0)).round(4))
    found = found.sort("score", "former", "of", "what", "value", descending=[True, False, False, False, False])
    found = found.unique("of", keep="first", maintain_order=True).head(limit)
    return _told(found, vessels, entries)


def _alike(name: str, others: list[str]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Similarity of a plain name to others, 0 to 1."""
    if not others:
        return np.zeros(0)
    whole = process.cdist([name], others, scorer=OSA.normalized_similarity, dtype=np.float64)[0]
    order = process.cdist([name], others, scorer=fuzz.token_sort_ratio, dtype=np.float64)[0] / 100.0
    best: np.ndarray[Any, np.dtype[np.float64]] = np.maximum(whole, order * _ORDER)
    if len(name) >= 4:
        size = np.array([len(o) for o in others])
        part = process.cdist([name], others, scorer=fuzz.partial_ratio, dtype=np.float64)[0] / 100.0
        best = np.maximum(best, np.where(size > len(name), part * _PART, 0.0))
    return best


def _keys(vessels: pl.DataFrame, entries: pl.DataFrame) -> pl.DataFrame:
    """Every identifier: ``of`` (vessel id or list/entry), ``what``, ``value``, ``former``."""
    have: list[str] = [c for c in ("mmsi", "imo", "name", "callsign", "vessel") if c in vessels.columns]
    parts = [pl.DataFrame(schema=_KEY)]
    if "vessel" in have:
        ships = vessels.filter(pl.col("vessel").is_not_null()).with_columns(of="vessel")
        parts += [_key(ships, c, pl.lit(False)) for c in have]
        parts.append(_formerly(vessels, have))
    former = pl.col("former").fill_null(False)
    rows = entries.with_columns(of=pl.concat_str("list", "entry", separator="/"))
    parts += [_key(rows, c, former) for c in ("mmsi", "imo", "name", "callsign", "own_id")]
    others = rows.select("of", pl.col("names").alias("name")).explode("name")
    parts.append(_key(others, "name", pl.lit(True)))
    return pl.concat(parts)


def _key(rows: pl.DataFrame, column: str, former: pl.Expr) -> pl.DataFrame:
    value = pl.col(column).cast(pl.String).alias("value")
    return rows.select("of", pl.lit(column).alias("what"), value, former.alias("former")).drop_nulls("value")


def _formerly(vessels: pl.DataFrame, have: list[str]) -> pl.DataFrame:
    """Identifiers that vessels bore, from their evidence."""
    rows = [
        (r["vessel"], h["what"], str(h["value"]), True)
        for r in vessels.iter_rows(named=True)
        for h in json.loads(r.get("evidence") or "{}").get("history", ())
        if h["what"] in have and h["value"] != r[h["what"]]
    ]
    return pl.DataFrame(rows, schema=_KEY, orient="row")


def _told(found: pl.DataFrame, vessels: pl.DataFrame, entries: pl.DataFrame) -> pl.DataFrame:
    """What is found, with what is known of it."""
    types: dict[str, pl.DataType] = {c: FOUND[c] for c in _OWN}
    ships = pl.DataFrame(schema={"vessel": pl.String(), **types})
    if "vessel" in vessels.columns:
        own = [pl.col(c).cast(t) if c in vessels.columns else pl.lit(None, t).alias(c) for c, t in types.items()]
        ships = vessels.select("vessel", *own)
    rows = entries.with_columns(of=pl.concat_str("list", "entry", separator="/"))
    rows = rows.filter(pl.col("of").is_in(found["of"].implode()))
    rows = rows.select("of", "list", "entry", "as_of", "reason", *(pl.col(c).alias(f"_{c}") for c in _OWN))
    out = found.with_row_index("_at").with_columns(vessel="of")
    out = out.join(ships, on="vessel", how="left").join(rows, on="of", how="left")
    out = out.with_columns(
        *(pl.coalesce(c, f"_{c}").alias(c) for c in _OWN), vessel=pl.when(pl.col("list").is_null()).then("vessel")
    )
    return out.sort("_at").select(pl.col(c).cast(t) for c, t in FOUND.items())
