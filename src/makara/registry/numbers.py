"""What numbers tell by themselves: the flag and kind of an MMSI (ITU-R M.585-9)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import polars as pl

from makara.base.mids import FLAGS

MOVER_MAX: Final = 999_999_999
"""Movers from 1 to this are MMSIs."""


def mid_of(mmsi: pl.Expr) -> pl.Expr:
    """The maritime identification digits of an MMSI, wherever its kind puts them."""
    m = mmsi.cast(pl.Int64)
    return (
        pl.when(m.is_between(200_000_000, 799_999_999))
        .then(m // 1_000_000)
        .when(m.is_between(990_000_000, 999_999_999) | m.is_between(980_000_000, 989_999_999))
        .then(m // 10_000 % 1000)
        .when(m.is_between(800_000_000, 899_999_999))
        .then(m // 100_000 % 1000)
        .when(m.is_between(111_000_000, 111_999_999))
        .then(m // 1000 % 1000)
        .when(m.is_between(2_000_000, 7_999_999))
        .then(m // 10_000)
        .when(m.is_between(20_000_000, 79_999_999))
        .then(m // 100_000)
    )


def flag_of(mmsi: pl.Expr, flags: Mapping[int, str] = FLAGS) -> pl.Expr:
    """Flag state (ISO 3166 alpha-3) that an MMSI says; null where its digits are no MID."""
    return mid_of(mmsi).replace_strict(flags, default=None, return_dtype=pl.String())


def kind_of(mmsi: pl.Expr) -> pl.Expr:
    """What an MMSI says it is; null: nothing that M.585-9 knows.

    ``ship``, ``base``, ``group``, ``aircraft``, ``aid``, ``craft`` (of a parent ship), ``handheld`` (8MID), ``sart``
    (970 transmitter, 972 man overboard, 974 EPIRB) and ``gear`` (979: autonomous radio device of group B, such as a
    beacon on fishing gear).
    """
    m = mmsi.cast(pl.Int64)
    return (
        pl.when(m.is_between(200_000_000, 799_999_999))
        .then(pl.lit("ship"))
        .when(m.is_between(2_000_000, 7_999_999))
        .then(pl.lit("base"))
        .when(m.is_between(20_000_000, 79_999_999))
        .then(pl.lit("group"))
        .when(m.is_between(111_000_000, 111_999_999))
        .then(pl.lit("aircraft"))
        .when(m.is_between(990_000_000, 999_999_999))
        .then(pl.lit("aid"))
        .when(m.is_between(980_000_000, 989_999_999))
        .then(pl.lit("craft"))
        .when(m.is_between(800_000_000, 899_999_999))
        .then(pl.lit("handheld"))
        .when(m.is_between(970_000_000, 974_999_999))
        .then(pl.lit("sart"))
        .when(m.is_between(979_000_000, 979_999_999))
        .then(pl.lit("gear"))
    )


def mmsi_of(mover: pl.Expr) -> pl.Expr:
    """The MMSI that a mover is; null for movers of other schemes."""
    return pl.when(mover.is_between(1, MOVER_MAX)).then(mover).cast(pl.Int32)
