"""What a rule is, what it gets, what it gives: Parameter, Parameters, Rule, Window, the STEP frame, finish and merge.

A rule's ``step(window, carried, p)`` is pure. It returns rows of :data:`STEP`: ``open`` and ``closed`` rows are
published; ``pending`` rows are memory only. The rows that are open or pending are the ``carried`` of the next window.
An open row is provisional: the next window states it anew (open or closed), or it no longer holds. What a rule says at
``to`` depends only on the rows before ``to``, so that any split of the input gives the same events; :func:`merge` joins
the outputs of successive windows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Any, Final, Literal

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from makara.base import ids
from makara.base.errors import SettingsError
from makara.base.time import from_us, to_us
from makara.behaviours._points import POINTS, REQUIRED, ordered, ready_points
from makara.tables import REASON, REASONS, table

_EVENTS = table("events").schema
_COMPUTED = ("event", "version", "supersedes", "rule", "parameters", "source", "t_known", "mark")
STEP: Final = pl.Schema(
    {c: t for c, t in _EVENTS.items() if c not in _COMPUTED} | {"marks": pl.List(pl.String()), "memory": pl.Binary()}
)
"""Columns of what a step returns: the contents of an event, the marks of its evidence, the rule's own memory."""
_FINISHED: Final = [c for c in _EVENTS if c not in ("version", "supersedes", "source", "t_known", "mark")] + ["marks"]
_NONE: Final = pl.DataFrame(schema={c: _EVENTS.get(c, pl.List(pl.String())) for c in _FINISHED})

Value = float | int | str


@dataclass(frozen=True)
class Parameter:
    """A declared number (or text) that users may set; the unit is the suffix of the name.

    Attributes:
        name: with its unit as suffix.
        default: its value unless the profile or the user says otherwise; its type is the type.
        doc: one sentence.
    """

    name: str
    default: Value
    doc: str


class Parameters:
    """The parameters in force: read as attributes, plus ``profile``."""

    def __init__(self, profile: str, values: Mapping[str, Value]) -> None:
        """Of a profile and all values by name."""
        self.profile = profile
        self.values = dict(values)

    def __getattr__(self, name: str) -> Any:
        """The value of a parameter."""
        try:
            return self.__dict__["values"][name]
        except KeyError:
            raise AttributeError(f"no parameter {name!r}; there are: {', '.join(self.__dict__['values'])}") from None

    @property
    def hash(self) -> str:
        """Id of the parameters in force."""
        return ids.ident("pa", self.profile, self.values)


@dataclass(frozen=True)
class Rule:
    """The declaration of a rule.

    Attributes:
        kind: its name, as its file's.
        version: raised with every change of what it finds.
        inputs: tables that it reads, with how far before the window it must see them (seconds).
        parameters: what users may set.
        profiles: per profile, what differs from the defaults.
        innocent: explanations that look the same.
        details: names and types of the event's ``details``.
        by: what a partition must hold whole: ``mover``; ``place`` (all that is near, for pairs and neighbours).
    """

    kind: str
    version: str
    inputs: Mapping[str, int]
    parameters: tuple[Parameter, ...]
    profiles: Mapping[str, Mapping[str, Value]]
    innocent: tuple[str, ...]
    details: Mapping[str, Any]
    by: Literal["mover", "place"] = "mover"

    def resolve(self, profile: str = "makara", **overrides: Value) -> Parameters:
        """The parameters in force under a profile, with a user's own values.

        Raises:
            SettingsError: no such profile or parameter, or a value of the wrong type.
        """
        if profile not in self.profiles:
            raise SettingsError(f"rule {self.kind} has no profile {profile!r}; there are: {', '.join(self.profiles)}")
        values = {q.name: q.default for q in self.parameters}
        for name, value in {**self.profiles[profile], **overrides}.items():
            if name not in values:
                raise SettingsError(f"rule {self.kind} has no parameter {name!r}; there are: {', '.join(values)}")
            default = values[name]
            text = isinstance(default, str)
            if isinstance(value, str) != text or isinstance(value, bool):
                want = "text" if text else "a number"
                raise SettingsError(f"rule {self.kind}: parameter {name} is {want}, not {value!r}")
            values[name] = value if text else type(default)(value)
        return Parameters(profile, values)


@dataclass(frozen=True)
class Window:
    """What a step sees: rows of whole movers in [frm - reach, to); those before ``frm`` are context only.

    Attributes:
        frm: start of what is new.
        to: its end; nothing at or after it is seen.
        tables: frames by table name; a table that is missing was not given.
        points: track points of the window, where the caller has made them ready (:func:`ready_points`).
    """

    frm: datetime
    to: datetime
    tables: Mapping[str, pl.DataFrame] = field(default_factory=dict)
    points: pl.DataFrame | None = None

    @property
    def frm_us(self) -> int:
        """``frm`` in microseconds since 1970."""
        return to_us(self.frm)

    @property
    def to_us(self) -> int:
        """``to`` in microseconds since 1970."""
        return to_us(self.to)

    def get(self, name: str) -> pl.DataFrame | None:
        """A table, or None where it was not given."""
        return self.tables.get(name)

    @cached_property
    def track_points(self) -> pl.DataFrame:
        """Points on tracks before ``to``, with the columns of :data:`POINTS`, ordered by mover, track, time, report."""
        if self.points is not None:
            return self.points
        given = self.tables.get("track_points")
        return pl.DataFrame(schema=POINTS) if given is None else ready_points(given.filter(pl.col("t_seen") < self.to))

    @cached_property
    def classes(self) -> pl.DataFrame:
        """Class of each mover known, one row a mover: ``mover, class``."""
        vessels = self.tables.get("vessels")
        empty = pl.DataFrame(schema={"mover": pl.Int64(), "class": pl.String()})
        if vessels is None or "class" not in vessels.columns:
            return empty
        mover = pl.col("mover") if "mover" in vessels.columns else pl.col("mmsi").cast(pl.Int64)
        found = vessels.select(mover.alias("mover"), pl.col("class").cast(pl.String)).drop_nulls()
        return found.sort("mover", "class").unique("mover", keep="first", maintain_order=True)

    def gear_of(self, movers: pl.Series) -> pl.Series:
        """Fishing gear of each mover as registers give it, in their words; null where it is not known."""
        vessels = self.tables.get("vessels")
        if vessels is None or "gear" not in vessels.columns or not len(movers):
            return pl.Series("gear", [None] * len(movers), dtype=pl.String)
        mover = pl.col("mover") if "mover" in vessels.columns else pl.col("mmsi").cast(pl.Int64)
        told = vessels.select(mover.alias("mover"), pl.col("gear").cast(pl.String)).drop_nulls().sort("mover", "gear")
        told = told.unique("mover", keep="first", maintain_order=True)
        return movers.to_frame("mover").join(told, on="mover", how="left", maintain_order="left")["gear"]

    def class_of(self, movers: pl.Series) -> pl.Series:
        """Class of each mover; "unknown" where it is not known."""
        left = movers.to_frame("mover").join(self.classes, on="mover", how="left", maintain_order="left")
        return left["class"].fill_null("unknown")


def emit(rule: Rule, p: Parameters, rows: pl.DataFrame) -> pl.DataFrame:
    """Rows of :data:`STEP` from a frame with at least ``state, t_start, t_end_floor, lon_deg, lat_deg, participants``.

    Columns of the rule's ``details`` that the frame has are put into ``details`` as JSON; what else is missing gets
    its default. Floats are rounded as table events declares.
    """
    have = set(rows.columns)
    shown_types = [(c, t) for c, t in rule.details.items() if c in have]
    # Sums in another order, or a division by 1e7, need not give the nearest number: seven decimals are the same.
    shown = [pl.col(c).cast(t).round(7) if t == pl.Float64() else pl.col(c).cast(t) for c, t in shown_types]
    defaults: dict[str, pl.Expr] = {
        "kind": pl.lit(rule.kind),
        "profile": pl.lit(p.profile),
        "scope": pl.lit(""),
        "innocent": pl.lit(pl.Series([list(rule.innocent)]), dtype=pl.List(pl.String())).first(),
        "severity": pl.lit(0),
        "details": pl.struct(shown).struct.json_encode() if shown else pl.lit("{}"),
    }
    decimals = {f.name: f.decimals for f in table("events").fields}
    exprs = []
    for name, kind in STEP.items():
        if name in have and name != "details":
            e = pl.col(name).cast(kind)
        elif name in defaults:
            e = defaults[name].cast(kind)
        elif isinstance(kind, pl.List):
            e = pl.lit(pl.Series([[]], dtype=kind)).first()
        else:
            e = pl.lit(None, dtype=kind)
        d = decimals.get(name)
        exprs.append((e.round(d) if d is not None else e).alias(name))
    return rows.select(exprs) if len(rows) else pl.DataFrame(schema=STEP)


def nothing() -> pl.DataFrame:
    """An empty STEP frame: what is carried at the beginning of time."""
    return pl.DataFrame(schema=STEP)


def carry(step_frame: pl.DataFrame) -> pl.DataFrame:
    """What the next window gets as ``carried``: the rows that are open or pending."""
    return step_frame.filter(pl.col("state").is_in(["open", "pending"]))


def merge(earlier: pl.DataFrame, later: pl.DataFrame) -> pl.DataFrame:
    """The finished events of two successive stretches of windows as one: the later one wins.

    Open events of the earlier stretch that the later one does not state anew no longer hold.
    """
    if not len(earlier):
        return later
    kept = earlier.filter(pl.col("state") != "open").join(later.select("event"), on="event", how="anti")
    return pl.concat([kept, later]).sort("event")


def finish(rule: Rule, p: Parameters, step_frame: pl.DataFrame) -> pl.DataFrame:
    """Published events of a step: memory dropped; event id, rule and hash of parameters added; ordered by event.

    Returns:
        Columns of table events (without version, supersedes and what the lake stamps) and ``marks``.
    """
    rows = step_frame.filter(pl.col("state") != "pending")
    if not len(rows):
        return _NONE
    seconds = rows["t_start"].dt.epoch("s").to_list()
    members = map(tuple, rows["participants"].to_list())
    keys = zip(rows["kind"], rows["profile"], rows["scope"], members, seconds, strict=True)
    event = pl.Series("event", [_event(*k) for k in keys], dtype=pl.String())
    full = rows.with_columns(event, rule=pl.lit(f"{rule.kind}@{rule.version}"), parameters=pl.lit(p.hash))
    return full.select(_FINISHED).sort("event", "t_end_floor").unique("event", keep="last", maintain_order=True)


@lru_cache(maxsize=1 << 16)
def _event(kind: str, profile: str, scope: str, participants: tuple[str, ...], t_start: int) -> str:
    """Id of an event (TABLES.md); the same ones come again at each step of a walk."""
    return ids.ident("ev", kind, profile, scope, list(participants), t_start)


def pack(columns: Mapping[str, NDArray[np.int64]]) -> pl.Series:
    """Memory of rows: their integer columns as little-endian bytes, in the order given."""
    grid = np.ascontiguousarray(np.stack(list(columns.values()), axis=1).astype("<i8"))
    n, width = grid.shape
    fixed = pa.Array.from_buffers(pa.binary(8 * width), n, [None, pa.py_buffer(grid.tobytes())])
    return pl.Series("memory", pl.from_arrow(fixed.cast(pa.large_binary())), dtype=pl.Binary())


def unpack(carried: pl.DataFrame, names: Iterable[str]) -> pl.DataFrame:
    """Columns (Int64) of the memories of carried rows, with their ``scope, participants, zones, marks`` beside them."""
    names = tuple(names)
    rows = carried.filter(pl.col("memory").is_not_null())
    grid = np.frombuffer(b"".join(rows["memory"].to_list()), "<i8").reshape(len(rows), len(names))
    kept = rows.select("scope", "participants", "zones", "marks")
    return kept.with_columns([pl.Series(n, grid[:, k].copy(), dtype=pl.Int64()) for k, n in enumerate(names)])


def instants(name: str) -> pl.Expr:
    """A column of microseconds since 1970 as UTC instants."""
    return pl.col(name).cast(pl.Datetime("us", "UTC"))


def iso(e: pl.Expr) -> pl.Expr:
    """Instants as ISO 8601 text with Z, microseconds only where there are any."""
    whole = e.dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    return pl.when(e.dt.microsecond() == 0).then(whole).otherwise(e.dt.strftime("%Y-%m-%dT%H:%M:%S%.6fZ"))


def rows_of(mover: str, frm: pl.Expr, to: pl.Expr) -> pl.Expr:
    """Evidence text of a mover's rows between two instants (columns)."""
    return pl.concat_str(pl.lit("rows:"), pl.col(mover).cast(pl.String), pl.lit(":"), iso(frm), pl.lit("/"), iso(to))


def reason(
    code: str,
    text: str,
    value: pl.Expr | None = None,
    unit: str | None = None,
    against: pl.Expr | float | None = None,
    weight: float = 1.0,
    when: pl.Expr | None = None,
) -> pl.Expr:
    """One reason of each row, or null where ``when`` does not hold."""
    held = against if isinstance(against, pl.Expr) else pl.lit(against, dtype=pl.Float64())
    made = pl.struct(
        pl.lit(code).alias("code"),
        (pl.lit(None) if value is None else value).cast(pl.Float64).round(4).alias("value"),
        pl.lit(unit, dtype=pl.String()).alias("unit"),
        held.cast(pl.Float64).alias("against"),
        pl.lit(weight, dtype=pl.Float32()).alias("weight"),
        pl.lit(text).alias("text"),
    ).cast(REASON)
    return made if when is None else pl.when(when).then(made).otherwise(None)


def reasons(*found: pl.Expr) -> pl.Expr:
    """The list of reasons of each row, those that do not hold left out."""
    named = [e.alias(f"{k}") for k, e in enumerate(found)]
    beside = pl.struct(*named, pl.int_range(pl.len()).alias("row"))  # the row, so that constants fill all rows too
    return beside.map_batches(_listed, return_dtype=REASONS).alias("reasons")


def _listed(beside: pl.Series) -> pl.Series:
    """Reasons beside each other (the last field is none) as lists; Polars' ``concat_list`` costs 50 times as much."""
    columns = [beside.struct.field(name) for name in beside.struct.fields[:-1]]
    holds = np.stack([c.is_not_null().to_numpy() for c in columns], axis=1)
    row, which = np.nonzero(holds)
    kept = pl.concat(columns).gather(which * len(beside) + row).rechunk()
    begin = np.append(0, np.cumsum(holds.sum(axis=1)))
    lists = pl.from_arrow(pa.LargeListArray.from_arrays(pa.array(begin), kept.to_arrow()))
    return pl.Series("reasons", lists, dtype=REASONS)


def zone_keys(window: Window, kinds: Iterable[str]) -> list[str]:
    """Keys of the zones of some kinds that the window knows."""
    zones = window.get("zones")
    if zones is None or not len(zones):
        return []
    return sorted(zones.filter(pl.col("kind").is_in(list(kinds)))["zone"].to_list())


def touches(column: str, keys: list[str]) -> pl.Expr:
    """Whether a list column holds any of the keys."""
    return pl.col(column).list.eval(pl.element().is_in(keys)).list.any().fill_null(False)


__all__ = [
    "POINTS",
    "REQUIRED",
    "STEP",
    "Parameter",
    "Parameters",
    "Rule",
    "Window",
    "carry",
    "emit",
    "finish",
    "from_us",
    "instants",
    "iso",
    "merge",
    "nothing",
    "ordered",
    "pack",
    "ready_points",
    "reason",
    "reasons",
    "rows_of",
    "touches",
    "unpack",
    "zone_keys",
]
