"""What vessels state of themselves, over time: changes at sea, numbers that cannot be, flags that do not fit."""

from __future__ import annotations

from typing import Final

import polars as pl

from makara.base.imo import imo_ok
from makara.base.mids import FLAGS
from makara.base.units import DAY_S
from makara.behaviours._derived import all_marks
from makara.behaviours._rule import Parameters, Window, reason, reasons, rows_of

BACK_S: Final = 7 * DAY_S
"""A statement is compared with those of so long before it. The window reaches back twice as far."""
FIELDS: Final = ("name", "callsign", "imo")
_APART_S: Final = 30
"""Copies of one message by several stations are no second statement."""
_SEEN: Final = "1d"


def statements(window: Window) -> pl.DataFrame:
    """Claims of ships in sight: ``mover, t_seen, claim, name, callsign, imo, length_m, width_m, mark``, by time."""
    given = window.get("claims")
    types = {
        "mover": pl.Int64(),
        "t_seen": pl.Datetime("us", "UTC"),
        "claim": pl.Int64(),
        "name": pl.String(),
        "callsign": pl.String(),
        "imo": pl.Int32(),
        "length_m": pl.Float32(),
        "width_m": pl.Float32(),
        "mark": pl.String(),
    }
    if given is None:
        return pl.DataFrame(schema=types)
    have = [pl.col(c).cast(t) if c in given.columns else pl.lit(None, dtype=t).alias(c) for c, t in types.items()]
    ship = pl.col("mover").is_between(200_000_000, 799_999_999)
    known = given.filter(ship & (pl.col("t_seen") < window.to)).select(have)
    text = [pl.col(c).str.to_uppercase().str.strip_chars(" @").replace("", None).alias(c) for c in ("name", "callsign")]
    return known.with_columns(*text, imo=pl.when(pl.col("imo") > 0).then("imo")).sort("mover", "t_seen", "claim")


def changes(window: Window, claims: pl.DataFrame, p: Parameters) -> pl.DataFrame:
    """Names, call signs and IMO numbers that changed at sea: the new one, never stated before, stated twice.

    What was stated before must have been stated twice as well: a single garbled message changes nothing.
    """
    found = [_changed(window, claims, field) for field in FIELDS]
    each = _placed(window, pl.concat(found), "t_new")
    at_sea = (pl.col("anchorage_m") >= p.anchorage_min_m).fill_null(True) & (
        pl.col("shore_m") >= p.shore_min_m
    ).fill_null(True)
    each = each.filter(at_sea)
    hull = pl.col("field") == "imo"
    return (
        _stated(each, "t_new")
        .with_columns(
            what=pl.lit("change"),
            scope=pl.col("field"),
            severity=pl.when(hull).then(2).otherwise(1),
            p=pl.when(hull).then(0.9).otherwise(0.7),
        )
        .with_columns(
            reasons(
                reason("changed", "states another than before, at sea", pl.col("n_new"), None, 2),
                reason("hull_number", "an IMO number never changes", when=hull),
                reason("anchorage_unknown", "no anchorages known: it may be in port", weight=0.0, when=_no_anchorage()),
            )
        )
    )


def numbers(window: Window, claims: pl.DataFrame) -> pl.DataFrame:
    """IMO numbers that are none, those whose register says another flag than the MMSI, and MMSIs whose first three
    digits the ITU has given to nobody; stated the second time.
    """
    ok = imo_ok(pl.col("value"))
    new = _second(window, claims.filter(pl.col("imo").is_not_null()).with_columns(value="imo"))
    wrong = new.filter(~ok).select(
        "mover",
        "t_seen",
        "t_new",
        what=pl.lit("imo_check"),
        field=pl.lit("imo"),
        was=pl.lit(None, pl.String()),
        now=pl.col("value").cast(pl.String),
        marks=pl.concat_list("mark").list.drop_nulls(),
    )
    other = new.filter(ok).join(
        _flags(window), left_on=["mover", "value"], right_on=["mover", "imo"], maintain_order="left"
    )
    other = other.select(
        "mover",
        "t_seen",
        "t_new",
        what=pl.lit("flag"),
        field=pl.lit("imo"),
        was="registered",
        now="flag",
        marks=pl.concat_list("mark", "list_marks").list.drop_nulls(),
    )
    digits = claims.with_columns(value=(pl.col("mover") // 1_000_000).cast(pl.Int32))
    nobodys = _second(window, digits.filter(~pl.col("value").is_in(list(FLAGS)))).select(
        "mover",
        "t_seen",
        "t_new",
        what=pl.lit("digits"),
        field=pl.lit("mmsi"),
        was=pl.lit(None, pl.String()),
        now=pl.col("value").cast(pl.String),
        marks=pl.concat_list("mark").list.drop_nulls(),
    )
    both = pl.concat([wrong, other, nobodys])
    each = _placed(window, both.with_columns(n_new=pl.lit(2, pl.Int64())), "t_new")
    check, none = pl.col("what") == "imo_check", pl.col("what") == "digits"
    return (
        _stated(each, "t_new")
        .with_columns(
            scope=pl.col("what"),
            severity=pl.when(check).then(0).otherwise(1),
            p=pl.when(check | none).then(0.99).otherwise(0.6),
        )
        .with_columns(
            reasons(
                reason("check_digit", "the IMO number's check digit is wrong", when=check),
                reason("nobodys_digits", "the ITU has given these first digits of an MMSI to nobody", when=none),
                reason("registered_flag", "a register gives the hull another flag than its MMSI", when=~check & ~none),
            )
        )
    )


def _second(window: Window, told: pl.DataFrame) -> pl.DataFrame:
    """Statements of a ``value`` in the window that are the second of it, and not said for long before: ``t_new``, when
    it was said first.
    """
    key = ["mover", "value"]
    stated = told.select("mover", "t_seen", "claim", "mark", "value").sort(*key, "t_seen", "claim")
    before = pl.col("t_seen").shift(1).over(key)
    stated = stated.filter((pl.col("t_seen") - before > pl.duration(seconds=_APART_S)).fill_null(True)).with_columns(
        t_new=pl.col("t_seen").shift(1).over(key), t_old=pl.col("t_seen").shift(2).over(key)
    )
    back = pl.duration(seconds=BACK_S)
    second = (pl.col("t_seen") - pl.col("t_new") <= back) & (
        (pl.col("t_seen") - pl.col("t_old") > back).fill_null(True)
    )
    return stated.filter(second & (pl.col("t_seen") >= window.frm))


def _flags(window: Window) -> pl.DataFrame:
    """Hulls whose register says another flag than their mover's number: ``mover, imo, registered, flag``."""
    lists, vessels = window.get("lists"), window.get("vessels")
    types = {
        "mover": pl.Int64(),
        "imo": pl.Int32(),
        "registered": pl.String(),
        "flag": pl.String(),
        "list_marks": pl.List(pl.String()),
    }
    if lists is None or vessels is None or "flag" not in lists.columns or "flag" not in vessels.columns:
        return pl.DataFrame(schema=types)
    held = lists.filter(pl.col("imo").is_not_null() & pl.col("flag").is_not_null())
    if "former" in held.columns:
        held = held.filter(~pl.col("former").fill_null(False))
    mark = pl.col("mark") if "mark" in held.columns else pl.lit(None, pl.String())
    said = held.group_by("imo").agg(
        every=pl.col("flag").unique(),
        registered=pl.col("flag").sort().last(),
        list_marks=mark.drop_nulls().unique().sort(),
    )
    mover = pl.col("mover") if "mover" in vessels.columns else pl.col("mmsi").cast(pl.Int64)
    own = vessels.select(mover.alias("mover"), "imo", "flag").drop_nulls().unique("mover")
    both = own.join(said, on="imo").filter(~pl.col("every").list.contains(pl.col("flag")))
    return both.select(pl.col(c).cast(t) for c, t in types.items())


def _changed(window: Window, claims: pl.DataFrame, field: str) -> pl.DataFrame:
    """Where a field's value changes for good: at the second statement of the new one."""
    value = pl.col(field).cast(pl.String).alias("value")
    told = claims.filter(pl.col(field).is_not_null()).select("mover", "t_seen", "claim", value, "mark")
    several = told.group_by("mover").agg(n=pl.col("value").n_unique()).filter(pl.col("n") > 1)
    told = told.join(several, on="mover", how="semi").sort("mover", "t_seen", "claim")
    other = (pl.col("mover") != pl.col("mover").shift(1)) | (pl.col("value") != pl.col("value").shift(1))
    told = told.with_columns(run=other.fill_null(True).cum_sum())
    runs = told.group_by("run", maintain_order=True).agg(
        pl.col("mover", "value").first(), pl.col("t_seen").alias("all"), pl.col("mark").unique().alias("marks")
    )
    before = pl.col("all").shift(1)
    runs = runs.with_columns(
        t_new=pl.col("all").list.first(),
        was=pl.col("value").shift(1),
        same=pl.col("mover") == pl.col("mover").shift(1),
        t_old=before.list.get(-2, null_on_oob=True),
    )
    back = pl.duration(seconds=BACK_S)
    held = pl.col("same") & (pl.col("t_new") - pl.col("t_old") <= back)
    ripe = pl.col("all").list.eval(
        pl.element().filter((pl.element() - pl.element().first()).dt.total_seconds() >= _APART_S)
    )
    runs = runs.filter(held.fill_null(False)).with_columns(t_seen=ripe.list.first())
    soon = (pl.col("t_seen") - pl.col("t_new") <= back) & (pl.col("t_seen") >= window.frm)
    runs = runs.filter(soon.fill_null(False)).with_columns(n_new=pl.lit(2, pl.Int64()))
    earlier = runs.select("run", "mover", "value", "t_new").join(
        told.select("mover", "value", t_said="t_seen"), on=["mover", "value"]
    )
    known = earlier.filter((pl.col("t_said") < pl.col("t_new")) & (pl.col("t_new") - pl.col("t_said") <= back))
    runs = runs.join(known, on="run", how="anti", maintain_order="left")
    out = runs.select("mover", "t_seen", "t_new", "was", "n_new", now="value", marks=pl.col("marks").list.drop_nulls())
    return out.with_columns(field=pl.lit(field))


def _placed(window: Window, found: pl.DataFrame, at: str) -> pl.DataFrame:
    """Rows with the last position of their mover before an instant; those without any left out."""
    points = window.track_points.filter(pl.col("mover").is_in(found["mover"].unique().implode()))
    kept = ["mover", "t_seen", "report", "mmsi", "lon_deg", "lat_deg", "shore_m", "anchorage_m", "zones", "mark"]
    places = points.select(kept).rename({"t_seen": "t_place", "mark": "place_mark"}).sort("t_place", "report")
    placed = found.sort(at, "mover").join_asof(
        places, left_on=at, right_on="t_place", by="mover", tolerance=_SEEN, check_sortedness=False
    )
    placed = placed.filter(pl.col("lon_deg").is_not_null())
    mark = pl.concat_list("place_mark").list.drop_nulls()
    return placed.with_columns(mark.alias("place_marks")).with_columns(all_marks("marks", "place_marks"))


def _stated(rows: pl.DataFrame, start: str) -> pl.DataFrame:
    """What closed events of statements have in common."""
    return rows.with_columns(
        state=pl.lit("closed"),
        t_start=pl.col(start),
        t_end=pl.col("t_seen"),
        t_end_floor=pl.col("t_seen"),
        participants=pl.concat_list(pl.concat_str(pl.lit("mv"), pl.col("mover").cast(pl.String))),
        mmsi=pl.concat_list("mmsi").list.drop_nulls(),
        evidence=pl.concat_list(rows_of("mover", pl.col(start), pl.col("t_seen"))),
    )


def _no_anchorage() -> pl.Expr:
    return pl.col("anchorage_m").is_null() & pl.col("shore_m").is_null()


__all__ = ["BACK_S", "changes", "numbers", "statements"]
