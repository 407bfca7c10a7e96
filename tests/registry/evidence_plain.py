"""Evidence in plain Python, row by row: what the registry's columns of JSON must equal, byte by byte."""

from __future__ import annotations

from typing import Any

import polars as pl

from makara.base.imo import imo_ok
from makara.base.time import text
from makara.registry import lists as registers
from makara.registry.evidence import KEPT, PARTS, SPELLED, TURNS
from makara.registry.hulls import Part
from makara.registry.numbers import flag_of, mmsi_of


def values(mine: pl.DataFrame) -> dict[str, dict[int, list[dict[str, Any]]]]:
    """By part and hull, values with their share of messages ``p``, count, first and last time, and rows of claims.

    Args:
        mine: claims with ``hull``.
    """
    out: dict[str, dict[int, list[dict[str, Any]]]] = {}
    for part in PARTS:
        said = mine.filter(pl.col(part).is_not_null(), pl.col("hull").is_not_null())
        each = said.group_by("hull", "mover", value=part).agg(
            n=pl.len(), first=pl.col("t_seen").min(), last=pl.col("t_seen").max()
        )
        rows = pl.format(
            "claims:{}:{}/{}",
            "mover",
            pl.col("first").dt.strftime(registers.ISO),
            pl.col("last").dt.strftime(registers.ISO),
        )
        all_ = each.sort("hull", "value", "mover").group_by("hull", "value", maintain_order=True).agg(
            pl.col("n").sum(), pl.col("first").min(), pl.col("last").max(), rows=rows
        )  # fmt: skip
        right = imo_ok(pl.col("value")) if part == "imo" else pl.lit(True)
        all_ = all_.with_columns(p=(pl.col("n") / pl.col("n").sum().over("hull")).round(4), _right=right)
        all_ = all_.sort("hull", "_right", "n", "last", "value", descending=[False, True, True, True, False])
        kept = all_.filter(pl.int_range(pl.len()).over("hull") < KEPT)
        found: dict[int, list[dict[str, Any]]] = {}
        told = ("hull", "value", "p", "n", "first", "last", "rows", "_right")
        for hull, value, p, n, first, last, refs, good in kept.select(told).iter_rows():
            value = round(value, 1) if isinstance(value, float) else value
            row = {"value": value, "p": p, "n": n, "first": _s(first), "last": _s(last), "rows": refs}
            found.setdefault(hull, []).append(row if good else row | {"doubt": "wrong check digit"})
        out[part] = found
    return out


def history(mine: pl.DataFrame, of: dict[int, list[Part]], flags: dict[int, str]) -> dict[int, list[dict[str, Any]]]:
    """By hull, spells of names, call signs, IMO numbers, MMSIs and flags, in time.

    A spell lasts from the first to the last message that states the value; ``to`` is null while it lasts. A value that
    came back again and again is one spell.

    Args:
        mine: claims with ``hull``.
        of: parts by hull.
        flags: flag by MID.
    """
    rows: dict[int, list[tuple[Any, ...]]] = {}
    for part in SPELLED:
        said = mine.filter(pl.col(part).is_not_null(), pl.col("hull").is_not_null()).sort("hull", "t_seen", part)
        new = (pl.col(part) != pl.col(part).shift(1).over("hull")).fill_null(True)
        runs = said.with_columns(run=new.cum_sum())
        turns = pl.col("run").n_unique().over("hull", part)
        runs = runs.with_columns(run=pl.when(turns <= TURNS).then("run").otherwise(-1))
        spells = runs.group_by("hull", "run", value=pl.col(part).cast(pl.String)).agg(
            pl.col("t_seen").min().alias("first"), pl.col("t_seen").max().alias("last"), pl.len().alias("n")
        )
        ends = said.group_by("hull").agg(end=pl.col("t_seen").max())
        spells = spells.join(ends, on="hull")
        for hull, value, first, last, n, end in spells.select("hull", "value", "first", "last", "n", "end").iter_rows():
            told = int(value) if part == "imo" else value
            rows.setdefault(hull, []).append((first, part, told, None if last == end else last, n))
    movers = pl.DataFrame(
        {"mover": sorted({p.mover for some in of.values() for p in some})}, schema={"mover": pl.Int64()}
    )
    numbers = movers.with_columns(mmsi=mmsi_of(pl.col("mover"))).with_columns(flag=flag_of(pl.col("mmsi"), flags))
    known = {m: (mmsi, flag) for m, mmsi, flag in numbers.iter_rows()}
    for hull, some in of.items():
        mine_ = rows.setdefault(hull, [])
        flown: list[list[Any]] = []
        for p in some:
            mmsi, flag = known[p.mover]
            if mmsi is not None:
                mine_.append((p.first, "mmsi", mmsi, p.to, p.n))
            if flag is not None and flown and flown[-1][2] == flag:
                flown[-1][3:] = [p.to, flown[-1][4] + p.n]
            elif flag is not None:
                flown.append([p.first, "flag", flag, p.to, p.n])
        mine_ += [tuple(f) for f in flown]
    return {
        hull: [
            {"what": what, "value": value, "from": _s(first), "to": _s(to), "n": n}
            for first, what, value, to, n in sorted(found, key=lambda r: (r[0], r[1], str(r[2])))
        ]
        for hull, found in rows.items()
    }


def _s(t: Any) -> str | None:
    return None if t is None else text(t)
