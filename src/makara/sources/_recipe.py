"""How the columns of a foreign table become ours: ``--map``, ``--unit``, ``--null``, ``--set``, ``--tz``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from makara.base.errors import ColumnsError, UsageError
from makara.sources import _convert
from makara.sources._rows import ROW
from makara.sources._source import TS, Option, several
from makara.tables import table

OPTIONS: Final = (
    Option("map", "TARGET=COLUMN, or cog_deg=atan2(SINE,COSINE)", repeat=True),
    Option("unit", "TARGET=UNIT of the file: m/s, km/h, kn, rad, deg, km, ft, nmi", repeat=True),
    Option("null", "values that mean unknown, separated by commas, as in -99,511"),
    Option("set", "TARGET=VALUE for all rows", repeat=True),
    Option("tz", "time zone of times that name none, as in UTC"),
    Option("sep", "separator of a CSV file", ","),
)
"""Options of every source that maps columns."""

_ATAN2: Final = re.compile(r"atan2\(\s*([^,()]+?)\s*,\s*([^,()]+?)\s*\)")
_FACTORS: Final[dict[str, dict[str, float]]] = {
    "_kn": {"kn": 1.0, "m/s": 3600.0 / 1852.0, "km/h": 1000.0 / 1852.0},
    "_deg": {"deg": 1.0, "rad": 180.0 / np.pi},
    "_deg_min": {"deg/min": 1.0, "deg/s": 60.0},
    "_m": {"m": 1.0, "km": 1000.0, "ft": 0.3048, "nmi": 1852.0},
}
SAID: Final = ("t_seen", "lon_deg", "lat_deg")


@dataclass(frozen=True)
class Recipe:
    """Declared ways from a file's columns to a table's.

    Attributes:
        targets: types of the targets.
        columns: column by target.
        directions: (sine, cosine) columns by target.
        constants: value by target.
        factors: factor by target.
        nulls: values that mean unknown.
        tz: zone of times that name none.
    """

    targets: Mapping[str, pl.DataType]
    columns: Mapping[str, str]
    directions: Mapping[str, tuple[str, str]]
    constants: Mapping[str, str]
    factors: Mapping[str, float]
    nulls: frozenset[str]
    tz: str | None

    @property
    def needs(self) -> list[str]:
        """The columns that the file must have."""
        return [*self.columns.values(), *(c for pair in self.directions.values() for c in pair)]

    def apply(self, rows: pl.DataFrame, where: str) -> pl.DataFrame:
        """Rows with the targets as columns: numbers Float64, times as instants, text; ``<name>_said`` and ``line``.

        Raises:
            ColumnsError: a column is missing; the message names it and lists those there are.
        """
        missing = [c for c in self.needs if c not in rows.columns]
        if missing:
            have = ", ".join(repr(c)[1:-1] for c in rows.columns[:60] if c != ROW)
            raise ColumnsError(f"{where} has no column {', '.join(missing)}; it has: {have}")
        out: dict[str, pl.Series] = {"line": rows[ROW]}
        for target, column in self.columns.items():
            found = self._known(rows[column])
            out[target] = self._typed(target, found, column)
            if target in SAID:
                out[f"{target}_said"] = _convert.text(found).is_not_null()
        for target, (sine, cosine) in self.directions.items():
            s, c = (_convert.number(self._known(rows[n])).to_numpy() for n in (sine, cosine))
            angle = np.degrees(np.arctan2(s, c)) % 360.0
            out[target] = pl.Series(target, np.where((s == 0.0) & (c == 0.0), np.nan, angle)).fill_nan(None)
        for target, value in self.constants.items():
            out[target] = self._typed(target, pl.repeat(value, len(rows), dtype=pl.String(), eager=True), target)
        absent = [pl.lit(value=False).alias(f"{n}_said") for n in SAID if f"{n}_said" not in out]
        return pl.DataFrame({name: s.alias(name) for name, s in out.items()}).with_columns(*absent)

    def _known(self, values: pl.Series) -> pl.Series:
        if not self.nulls:
            return values
        if values.dtype.is_numeric():
            return values.set(
                values.cast(pl.Float64()).is_in(sorted(float(n) for n in self.nulls if _is_number(n))), None
            )
        if values.dtype != pl.String():
            return values
        bare = values.str.strip_chars()
        numeric = bare.cast(pl.Float64(), strict=False).is_in(sorted(float(n) for n in self.nulls if _is_number(n)))
        return values.set(bare.is_in(sorted(self.nulls)) | numeric.fill_null(value=False), None)

    def _typed(self, target: str, values: pl.Series, column: str) -> pl.Series:
        kind = self.targets[target]
        if kind == TS:
            return _convert.instant(values, self.tz, column)
        if kind.is_numeric():
            found = _convert.number(values)
            return found * self.factors[target] if target in self.factors else found
        if kind == pl.Boolean():
            if values.dtype == pl.Boolean():
                return values
            return _convert.text(values).str.to_lowercase().is_in(["1", "true", "t", "yes"])
        return _convert.text(values)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _pairs(options: Mapping[str, str], name: str) -> list[tuple[str, str]]:
    out = []
    for item in several(options, name):
        left, equals, right = item.partition("=")
        if not equals or not left.strip() or not right.strip():
            raise UsageError(f"--{name} {item!r} does not have the form TARGET=VALUE")
        out.append((left.strip(), right.strip()))
    return out


def recipe(name: str, options: Mapping[str, str], extra: Mapping[str, pl.DataType]) -> Recipe:
    """The recipe that options declare.

    Args:
        name: table whose columns are targets.
        options: option values (see :data:`OPTIONS`).
        extra: further targets.

    Raises:
        UsageError: an option has no such form, target or unit; the message lists what there is.
    """
    targets = {f.name: f.type for f in table(name).own if not isinstance(f.type, pl.List)} | dict(extra)

    def known(target: str) -> str:
        if target not in targets:
            raise UsageError(f"{target!r} is no target; there are: {', '.join(targets)}")
        return target

    columns: dict[str, str] = {}
    directions: dict[str, tuple[str, str]] = {}
    for target, column in _pairs(options, "map"):
        function = _ATAN2.fullmatch(column)
        if function is None:
            columns[known(target)] = column
        elif target != "cog_deg":
            raise UsageError(f"atan2 is for cog_deg, not for {target!r}")
        else:
            directions[target] = (function[1], function[2])
    constants = {known(t): v for t, v in _pairs(options, "set")}
    factors = {known(t): _factor(t, u) for t, u in _pairs(options, "unit")}
    nulls = frozenset(v.strip() for v in options.get("null", "").split(",") if v.strip())
    return Recipe(targets, columns, directions, constants, factors, nulls, options.get("tz"))


def _factor(target: str, unit: str) -> float:
    for suffix in sorted(_FACTORS, key=len, reverse=True):
        if target.endswith(suffix):
            if unit in _FACTORS[suffix]:
                return _FACTORS[suffix][unit]
            raise UsageError(f"--unit {target}={unit}: the unit is none of {', '.join(_FACTORS[suffix])}")
    raise UsageError(f"--unit {target}={unit}: {target} has no unit")
