"""Names and call signs made comparable; what a name tells of its bearer."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import polars as pl
from rapidfuzz.distance import OSA

GEAR: Final = (
    r"(?i)\d\s*%"  # charge of a battery in percent
    r"|\d(\.\d+)?\s*V$"  # its voltage
    r"|\bBU?OU?Y\b|\bNET\s?(MARK|BUOY|\d)|\bFISH(ING)?\s?NET\b|\bDRIFT\s?NET|\bLONG\s?LINE\s?(MARK|\d)|\bFAD\b"
)
"""Names of beacons on fishing gear, as Global Fishing Watch and fishery studies find them (battery, buoy, net)."""
ALIKE: Final = 0.85
"""Names are one name when they are at least so similar and their numbers are the same."""
_BATTERY: Final = r"(?i)[\s\-_@#]*\d+(\.\d+)?\s*(%|V)\s*$"
_NOTHING: Final = ("NONE", "NA", "N A", "NIL", "NULL", "UNKNOWN", "TEST", "NOT NAMED", "NO NAME", "UNNAMED", "DEFAULT")
_DIGITS: Final = re.compile(r"\d+")


def plain(name: pl.Expr) -> pl.Expr:
    """A name to compare: capitals and digits of any script, single blanks, no battery level; null where none is left.

    Words that mean "no name" are none.
    """
    t = name.str.replace(_BATTERY, "").str.normalize("NFKD").str.replace_all(r"\p{M}", "").str.to_uppercase()
    t = t.str.replace_all(r"[^\p{L}\p{N}]+", " ").str.strip_chars()
    return pl.when((t != "") & ~t.is_in(_NOTHING)).then(t)


def plain_callsign(callsign: pl.Expr) -> pl.Expr:
    """A call sign to compare: capitals and digits; null where it can be none (fewer than 3, or one character over)."""
    t = callsign.str.to_uppercase().str.replace_all(r"[^A-Z0-9]+", "")
    one = t.str.strip_chars(t.str.head(1)) == ""
    return pl.when((t.str.len_chars() >= 3) & ~one & ~t.is_in(_NOTHING)).then(t)


def likeness(a: str, b: str) -> float:
    """How similar two plain names are, 0 to 1 (optimal string alignment); 0 where their numbers differ.

    A fleet's names differ in a number alone, so that EVER 12 and EVER 13 are two names.
    """
    if a == b:
        return 1.0
    if _DIGITS.findall(a) != _DIGITS.findall(b):
        return 0.0
    return float(OSA.normalized_similarity(a, b))


def likenesses(a: Sequence[str | None], b: Sequence[str | None]) -> list[float | None]:
    """Likeness of pairs of plain names; null where one is unknown."""
    return [None if x is None or y is None else likeness(x, y) for x, y in zip(a, b, strict=True)]
