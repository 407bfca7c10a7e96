"""What a table is: fields with prose, and what is made from them (Arrow, Polars, DDL, JSON schema)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

import polars as pl
import pyarrow as pa

from makara.base.errors import ColumnsError

TS: Final = pl.Datetime("us", "UTC")
STR: Final = pl.String()
I32: Final = pl.Int32()
I64: Final = pl.Int64()
F32: Final = pl.Float32()
F64: Final = pl.Float64()
BOOL: Final = pl.Boolean()
BINARY: Final = pl.Binary()
STRS: Final = pl.List(pl.String())
I32S: Final = pl.List(pl.Int32())
BOX: Final = pl.Struct({"w": pl.Float64(), "s": pl.Float64(), "e": pl.Float64(), "n": pl.Float64()})
"""A box in degrees; w > e when it crosses 180."""
REASON: Final = pl.Struct(
    {
        "code": pl.String(),
        "value": pl.Float64(),
        "unit": pl.String(),
        "against": pl.Float64(),
        "weight": pl.Float32(),
        "text": pl.String(),
    }
)
"""Why: a code, the value found, its unit, what it is held against, its weight, and words."""
REASONS: Final = pl.List(REASON)

Kind = Literal["lake", "state"]
DEGREE_DECIMALS: Final = 7


@dataclass(frozen=True)
class Field:
    """One column.

    Attributes:
        name: the column's name; a numeric column bears its unit as suffix.
        type: Polars data type.
        doc: one sentence of prose.
        null: whether the value may be unknown.
        decimals: floats are compared, hashed and stored rounded to so many decimals.
        values: declared vocabulary of a text column (or of a list's elements).
        form: what a text or binary column holds, where it is more than text: ``json`` or ``wkb``.
    """

    name: str
    type: pl.DataType
    doc: str
    null: bool = False
    decimals: int | None = None
    values: tuple[str, ...] | None = None
    form: Literal["json", "wkb"] | None = None


COMMON: Final = (
    Field("source", STR, "Feed id, or rule@version, that the row came from."),
    Field("t_known", TS, "When this node knew it."),
    Field("mark", STR, "Id of the row's mark (table marks): who may see it."),
)


@dataclass(frozen=True)
class Table:
    """A table of the contract.

    Attributes:
        name: its name, as in TABLES.md.
        kind: ``lake`` (Delta) or ``state`` (SQLite, append-only by key and t_known, the newest wins).
        doc: prose.
        keys: names of the key columns.
        own: the table's own fields, without those that every row has.
    """

    name: str
    kind: Kind
    doc: str
    keys: tuple[str, ...]
    own: tuple[Field, ...]

    @property
    def fields(self) -> tuple[Field, ...]:
        """All fields: its own, those of every row and, for state tables, ``gone``."""
        gone = (Field("gone", TS, "When the row ceased to hold; null while it holds.", null=True),)
        own = {f.name for f in self.own}
        return self.own + tuple(f for f in COMMON if f.name not in own) + (gone if self.kind == "state" else ())

    @property
    def schema(self) -> pl.Schema:
        """Polars schema in the declared order."""
        return pl.Schema({f.name: f.type for f in self.fields})

    @property
    def arrow(self) -> pa.Schema:
        """Arrow schema: logical types, nullability, and each field's prose as metadata."""
        plain = pl.DataFrame(schema=self.schema).to_arrow(compat_level=pl.CompatLevel.oldest()).schema
        fields = []
        for f in self.fields:
            meta = {"doc": f.doc}
            if f.decimals is not None:
                meta["decimals"] = str(f.decimals)
            if f.form:
                meta["form"] = f.form
            fields.append(pa.field(f.name, plain.field(f.name).type, nullable=f.null, metadata=meta))
        return pa.schema(fields, metadata={"table": self.name, "doc": self.doc})

    def empty(self) -> pl.DataFrame:
        """No rows, all columns."""
        return pl.DataFrame(schema=self.schema)

    def conform(self, rows: pl.DataFrame, *, partial: bool = False) -> pl.DataFrame:
        """Rows with exactly the table's columns, types and rounding; optional columns that are missing become null.

        Args:
            rows: any frame; columns that the table does not have are dropped.
            partial: keep only the declared columns that are there (for frames under way between rooms).

        Raises:
            ColumnsError: a required column is missing or null, or a value does not fit its type.
        """
        have = set(rows.columns)
        missing = [f.name for f in self.fields if not f.null and f.name not in have]
        if missing and not partial:
            raise ColumnsError(f"table {self.name}: missing column {', '.join(missing)}; see docs/tables.md")
        exprs = []
        for f in self.fields:
            if f.name not in have:
                if not partial:
                    exprs.append(pl.lit(None, dtype=f.type).alias(f.name))
                continue
            e = pl.col(f.name)
            if rows.schema[f.name] != f.type:
                e = e.cast(f.type)
            if f.type.is_float():
                e = e.fill_nan(None)
            if f.decimals is not None:
                e = e.round(f.decimals)
            exprs.append(e)
        try:
            out = rows.select(exprs)
        except pl.exceptions.PolarsError as e:
            raise ColumnsError(f"table {self.name}: {str(e).splitlines()[0]}") from e
        if not partial:
            self.check(out)
        return out

    def check(self, rows: pl.DataFrame) -> None:
        """Hold rows to the nullability of the contract.

        Raises:
            ColumnsError: a required value is null; the message names column and count.
        """
        required = [f.name for f in self.fields if not f.null]
        if len(rows) == 0:
            return
        nulls = rows.select(pl.col(required).null_count()).row(0, named=True)
        bad = [f"{name} ({n} of {len(rows)})" for name, n in nulls.items() if n]
        if bad:
            raise ColumnsError(f"table {self.name}: null where a value is required: {', '.join(bad)}")

    def ddl(self) -> str:
        """CREATE TABLE in standard SQL (DuckDB and PostgreSQL types)."""
        lines = [f'  "{f.name}" {_sql(f.type)}{"" if f.null else " NOT NULL"}' for f in self.fields]
        return f"CREATE TABLE {self.name} (\n" + ",\n".join(lines) + "\n);\n"

    def json_schema(self) -> dict[str, Any]:
        """JSON Schema (2020-12) of one row as the API and ``--format json`` give it."""
        props: dict[str, Any] = {}
        for f in self.fields:
            p: dict[str, Any] = _json(f.type, f.form)
            if f.values and p.get("type") == "string":
                p["enum"] = list(f.values)
            elif f.values and p.get("type") == "array":
                p["items"] = {"type": "string", "enum": list(f.values)}
            if f.null:
                p = {"anyOf": [p, {"type": "null"}]}
            props[f.name] = p | {"description": f.doc}
        return {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$id": f"makara:{self.name}",
            "title": self.name,
            "description": self.doc,
            "type": "object",
            "properties": props,
            "required": [f.name for f in self.fields if not f.null],
            "additionalProperties": False,
        }


def _sql(t: pl.DataType) -> str:
    if isinstance(t, pl.List):
        return f"{_sql(t.inner)}[]"  # type: ignore[arg-type]
    if isinstance(t, pl.Struct):
        inner = ", ".join(f'"{f.name}" {_sql(f.dtype)}' for f in t.fields)  # type: ignore[arg-type]
        return f"STRUCT({inner})"
    names = {
        pl.String(): "VARCHAR",
        pl.Int32(): "INTEGER",
        pl.Int64(): "BIGINT",
        pl.Float32(): "REAL",
        pl.Float64(): "DOUBLE",
        pl.Boolean(): "BOOLEAN",
        pl.Binary(): "BLOB",
        TS: "TIMESTAMPTZ",
    }
    return names[t]


def _json(t: pl.DataType, form: str | None) -> dict[str, Any]:
    if isinstance(t, pl.List):
        return {"type": "array", "items": _json(t.inner, None)}  # type: ignore[arg-type]
    if isinstance(t, pl.Struct):
        props = {f.name: {"anyOf": [_json(f.dtype, None), {"type": "null"}]} for f in t.fields}  # type: ignore[arg-type]
        return {"type": "object", "properties": props, "additionalProperties": False}
    if form == "json":
        return {"type": "object"}
    if form == "wkb":
        return {"type": "object", "title": "GeoJSON geometry (RFC 7946)"}
    if t == pl.Boolean():
        return {"type": "boolean"}
    if t.is_integer():
        return {"type": "integer"}
    if t.is_float():
        return {"type": "number"}
    if t == TS:
        return {"type": "string", "format": "date-time"}
    if t == pl.Binary():
        return {"type": "string", "contentEncoding": "base64"}
    return {"type": "string"}


def lon(name: str = "lon_deg", null: bool = False) -> Field:
    """A longitude column."""
    return Field(name, F64, "Longitude, WGS 84 degrees in [-180, 180).", null, DEGREE_DECIMALS)


def lat(name: str = "lat_deg", null: bool = False) -> Field:
    """A latitude column."""
    return Field(name, F64, "Latitude, WGS 84 degrees.", null, DEGREE_DECIMALS)


def sog() -> Field:
    """A speed over ground column."""
    return Field("sog_kn", F32, "Speed over ground, knots.", True, 1)


def cog() -> Field:
    """A course over ground column."""
    return Field("cog_deg", F32, "Course over ground, degrees true in [0, 360).", True, 1)
