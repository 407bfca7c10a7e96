"""What an identity rests on: values with counts and rows, what it was called from when to when, entries of lists."""

from __future__ import annotations

from typing import Any, Final

import polars as pl

from makara.base.imo import imo_ok
from makara.base.time import text
from makara.registry import lists as registers
from makara.registry._json import array, instant, obj, texts
from makara.registry.hulls import Part
from makara.registry.names import plain, plain_callsign
from makara.registry.numbers import flag_of, mmsi_of

PARTS: Final = ("imo", "name", "callsign", "length_m", "ship_type")
SPELLED: Final = ("imo", "name", "callsign")
KEPT: Final = 8
"""Values of a part that are kept as evidence."""
TURNS: Final = 3
"""A value that came back more often than this was not a spell of its own each time."""
SURE: Final = {"imo": 0.97, "mmsi": 0.90, "callsign and name": 0.90, "name": 0.30}
"""How sure an entry of a list means the vessel that shares this with it; those that share a name share its part."""


def values(mine: pl.DataFrame) -> pl.DataFrame:
    """By hull and part, JSON: values with their share of messages ``p``, count, first and last time, rows of claims.

    Args:
        mine: claims with ``hull``.

    Returns:
        ``hull``, a column for each of ``PARTS``, and ``wrong``: IMO numbers with a wrong check digit, the likeliest
        first.
    """
    out = mine.select(pl.col("hull").drop_nulls().unique())
    for part in PARTS:
        said = mine.filter(pl.col(part).is_not_null(), pl.col("hull").is_not_null())
        each = said.group_by("hull", "mover", value=part).agg(
            n=pl.len(), first=pl.col("t_seen").min(), last=pl.col("t_seen").max()
        )
        rows = pl.format(
            '"claims:{}:{}/{}"',
            "mover",
            pl.col("first").dt.strftime(registers.ISO),
            pl.col("last").dt.strftime(registers.ISO),
        )
        all_ = each.sort("hull", "value", "mover").group_by("hull", "value", maintain_order=True).agg(
            pl.col("n").sum(), pl.col("first").min(), pl.col("last").max(), rows=rows
        )  # fmt: skip
        right = imo_ok(pl.col("value")).fill_null(False) if part == "imo" else pl.lit(True)
        all_ = all_.with_columns(p=(pl.col("n") / pl.col("n").sum().over("hull")).round(4), _right=right)
        all_ = all_.sort("hull", "_right", "n", "last", "value", descending=[False, True, True, True, False])
        kept = all_.filter(pl.int_range(pl.len()).over("hull") < KEPT)
        kept = kept.with_columns(_value=texts(kept["value"], _shown), p=texts(kept["p"]), n=pl.col("n").cast(pl.String))
        told: dict[str, pl.Expr | str] = {
            "value": "_value",
            "p": "p",
            "n": "n",
            "first": instant("first"),
            "last": instant("last"),
        }
        refs = pl.concat_str([pl.lit("["), pl.col("rows").list.join(","), pl.lit("]")])
        doubted = obj(**told, rows=refs, doubt=pl.lit('"wrong check digit"'))
        json_ = pl.when("_right").then(obj(**told, rows=refs)).otherwise(doubted)
        found = kept.with_columns(_json=json_).group_by("hull", maintain_order=True).agg(
            array(pl.col("_json")).alias(part), wrong=pl.col("value").filter(~pl.col("_right"))
        )  # fmt: skip
        out = out.join(found if part == "imo" else found.drop("wrong"), on="hull", how="left")
    return out.with_columns(pl.col(PARTS).fill_null("[]"), pl.col("wrong").fill_null([]))


def _shown(value: Any) -> Any:
    return round(value, 1) if isinstance(value, float) else value


def history(mine: pl.DataFrame, of: dict[int, list[Part]], flags: dict[int, str]) -> pl.DataFrame:
    """By hull, JSON: spells of names, call signs, IMO numbers, MMSIs and flags, in time (``hull, history``).

    A spell lasts from the first to the last message that states the value; ``to`` is null while it lasts. A value that
    came back again and again is one spell.

    Args:
        mine: claims with ``hull``.
        of: parts by hull.
        flags: flag by MID.
    """
    told = [*(_spells(mine, part) for part in SPELLED), *_numbers(of, flags)]
    every = pl.concat(f.select("first", "what", "value", "to", "n", "hull", "at") for f in told)
    every = every.sort("hull", "first", "what", "value", "at")
    quoted = texts(every["value"])
    plain = pl.col("what").is_in(["imo", "mmsi"])  # numbers
    every = every.with_columns(value=pl.when(plain).then("value").otherwise(quoted), n=pl.col("n").cast(pl.String))
    what = pl.format('"{}"', "what")
    json_ = obj(what=what, value="value", **{"from": instant("first"), "to": instant("to")}, n="n")
    return every.with_columns(_json=json_).group_by("hull", maintain_order=True).agg(history=array(pl.col("_json")))


def _spells(mine: pl.DataFrame, part: str) -> pl.DataFrame:
    """Spells of what claims state."""
    said = mine.filter(pl.col(part).is_not_null(), pl.col("hull").is_not_null()).sort("hull", "t_seen", part)
    new = (pl.col(part) != pl.col(part).shift(1).over("hull")).fill_null(True)
    runs = said.with_columns(run=new.cum_sum())
    turns = pl.col("run").n_unique().over("hull", part)
    runs = runs.with_columns(run=pl.when(turns <= TURNS).then("run").otherwise(-1))
    spells = runs.group_by("hull", "run", value=pl.col(part).cast(pl.String)).agg(
        pl.col("t_seen").min().alias("first"), pl.col("t_seen").max().alias("last"), pl.len().alias("n")
    )
    ends = said.group_by("hull").agg(end=pl.col("t_seen").max())
    to = pl.when(pl.col("last") != pl.col("end")).then("last")
    return spells.join(ends, on="hull").with_columns(
        to=to, what=pl.lit(part), n=pl.col("n").cast(pl.Int64), at=pl.lit(0, pl.Int64)
    )


def _numbers(of: dict[int, list[Part]], flags: dict[int, str]) -> list[pl.DataFrame]:
    """Spells of MMSIs and of the flags that they say; one flag from part to part is one spell."""
    rows = [(hull, p.mover, p.first, p.to, p.n) for hull, some in of.items() for p in some]
    instant_ = pl.Datetime("us", "UTC")
    parts = pl.DataFrame(
        rows,
        schema={"hull": pl.Int64(), "mover": pl.Int64(), "first": instant_, "to": instant_, "n": pl.Int64()},
        orient="row",
    ).with_row_index("at").with_columns(pl.col("at").cast(pl.Int64), mmsi=mmsi_of(pl.col("mover")))  # fmt: skip
    parts = parts.with_columns(flag=flag_of(pl.col("mmsi"), flags))
    numbers = parts.drop_nulls("mmsi").with_columns(what=pl.lit("mmsi"), value=pl.col("mmsi").cast(pl.String))
    flown = parts.drop_nulls("flag")
    turn = (pl.col("flag") != pl.col("flag").shift()) | (pl.col("hull") != pl.col("hull").shift())
    flown = flown.with_columns(run=turn.fill_null(True).cum_sum()).group_by("run", maintain_order=True).agg(
        pl.col("hull", "first", "at").first(), pl.col("to").last(), pl.col("n").sum(), value=pl.col("flag").first()
    )  # fmt: skip
    return [numbers, flown.with_columns(what=pl.lit("flag"))]


def cited(of: dict[int, list[Part]], mine: pl.DataFrame, entries: pl.DataFrame) -> dict[int, list[dict[str, Any]]]:
    """By hull, entries of lists in force that may mean it, the surest first, each with the list's date.

    An entry is tied by IMO number, MMSI, call sign with name, or, if it is of a list that warns, by name alone.

    Args:
        of: parts by hull.
        mine: claims with ``hull``.
        entries: lists in force.
    """
    names = entries.select("list", "entry", name="name", other="names").with_columns(
        every=pl.concat_list(pl.concat_list("name"), pl.col("other").fill_null([])).list.drop_nulls()
    )
    names = (
        names.explode("every").select("list", "entry", "every").drop_nulls().with_columns(_name=plain(pl.col("every")))
    )
    called = names.join(entries.select("list", "entry", "callsign"), on=["list", "entry"]).with_columns(
        _sign=plain_callsign(pl.col("callsign"))
    )
    warning = registers.watching(entries).select("list", "entry")
    ours = mine.filter(pl.col("hull").is_not_null()).select("hull", "imo", "name", "callsign").unique()
    ours = ours.with_columns(
        imo=pl.when(imo_ok(pl.col("imo"))).then("imo"),
        _name=plain(pl.col("name")),
        _sign=plain_callsign(pl.col("callsign")),
    )
    signs = ours.select("hull", "_sign").drop_nulls().unique()
    titles = ours.select("hull", "_name").drop_nulls().unique()
    members = pl.DataFrame(
        [(h, p.mover) for h, some in of.items() for p in some],
        schema={"hull": pl.Int64(), "mover": pl.Int64()},
        orient="row",
    ).with_columns(mmsi=mmsi_of(pl.col("mover")))
    key = ["list", "entry"]
    ties = {
        "imo": ours.select("hull", "imo").drop_nulls().join(entries.select(*key, "imo").drop_nulls(), on="imo"),
        "mmsi": members.drop_nulls().join(entries.select(*key, "mmsi").drop_nulls(), on="mmsi"),
        "callsign and name": signs.join(called.drop_nulls("_sign"), on="_sign")
        .join(titles, on=["hull", "_name"]),
        "name": titles.join(names.join(warning, on=key), on="_name"),
    }  # fmt: skip
    found = [
        rows.select("hull", *key).unique().with_columns(how=pl.lit(how), p=pl.lit(SURE[how]))
        for how, rows in ties.items()
    ]
    every = pl.concat(found).sort("hull", "list", "entry", "p", descending=[False, False, False, True])
    every = every.unique(["hull", *key], keep="first", maintain_order=True)
    weak = pl.col("how") == "name"
    crowd = pl.len().over("hull", "list", "how") * pl.col("hull").n_unique().over("list", "entry", "how")
    every = every.with_columns(p=pl.when(weak).then(pl.col("p") / crowd).otherwise("p").round(4))
    what = entries.select(*key, "name", "flag", "reason", "from", "to", "as_of", "former", "own_id")
    every = every.join(what, on=key).sort("hull", "p", "list", "entry", descending=[False, True, False, False])
    out: dict[int, list[dict[str, Any]]] = {}
    for r in every.iter_rows(named=True):
        hull = r.pop("hull")
        told = {k: _s(v) if k in ("from", "to", "as_of") else v for k, v in r.items() if v is not None}
        out.setdefault(hull, []).append(told)
    return out


def doubts(
    mmsi: int | None, flag: str | None, kind: str | None, wrong: list[int], listed: list[dict[str, Any]]
) -> list[dict[str, str]]:
    """What does not fit: an IMO number's check digit, an MMSI's form or digits, its flag against that of a list.

    Args:
        mmsi: current MMSI.
        flag: what its digits say.
        kind: what its form says.
        wrong: IMO numbers with a wrong check digit.
        listed: entries as :func:`cited` gives them.
    """
    out = [("imo_check_digit", f"IMO number {v} has a wrong check digit") for v in wrong]
    if mmsi is not None and kind is None:
        out.append(("mmsi_form", f"MMSI {mmsi} has no form of ITU-R M.585"))
    elif kind == "ship" and flag is None:
        out.append(("mmsi_mid", f"the first digits of MMSI {mmsi} are nobody's"))
    for e in listed:
        if e["p"] >= SURE["mmsi"] and flag is not None and e.get("flag") not in (None, flag):
            says = f"{e['list']} ({'as of ' + e['as_of'][:10] if e.get('as_of') else 'undated'}) says {e['flag']}"
            out.append(("mid_against_flag", f"MMSI {mmsi} says {flag}, {says}"))
    return [{"code": code, "text": words} for code, words in out]


def _s(t: Any) -> str | None:
    return None if t is None else text(t)
