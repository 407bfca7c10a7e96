"""State tables in SQLite: append-only by (key, t_known), each row under the snapshot that brought it.

Times are INTEGER microseconds since 1970, booleans INTEGER, lists and structs TEXT JSON, binary BLOB. The internal
column ``_snapshot`` ties a row to its snapshot, so that a reader sees state and Delta tables of one commit.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import polars as pl

from makara.base.errors import LakeDamagedError
from makara.lake.disk import storage
from makara.tables import Table, names, table

FILE: Final = "state.sqlite"
BUSY_S: Final = 10.0
"""How long SQLite itself may wait for its own short locks."""


def tables() -> list[Table]:
    """The state tables of the contract."""
    return [table(n) for n in names() if table(n).kind == "state"]


@contextmanager
def connection(lake: Path, *, create: bool = False) -> Iterator[sqlite3.Connection]:
    """A connection in autocommit mode, closed at the end.

    Raises:
        LakeDamagedError: the file is missing or no database.
        LakeFullError: the disk is full.
        LakeError: the file may not be read and written.
    """
    path = lake / FILE
    if not create and not path.exists():
        raise LakeDamagedError(f"{path} is missing; restore it from a backup")
    with storage(str(path)):
        db = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None)
        try:
            if create:
                db.execute("PRAGMA journal_mode=WAL")
            db.execute("PRAGMA synchronous=FULL")
            yield db
        finally:
            db.close()


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    """All or nothing."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")


def ensure(db: sqlite3.Connection) -> None:
    """Make the state tables and columns that are not there yet."""
    for t in tables():
        have = {r[1] for r in db.execute(f"PRAGMA table_info({_q(t.name)})")}
        if not have:
            columns = ", ".join(f"{_q(f.name)} {_type(f.type)}" for f in t.fields)
            db.execute(f"CREATE TABLE {_q(t.name)} ({columns}, _snapshot INTEGER NOT NULL)")
            continue
        for f in t.fields:
            if f.name not in have:
                db.execute(f"ALTER TABLE {_q(t.name)} ADD COLUMN {_q(f.name)} {_type(f.type)}")


def insert(db: sqlite3.Connection, t: Table, rows: pl.DataFrame, snapshot: int) -> None:
    """Append rows, which conform to the table, under a snapshot's number."""
    columns = ", ".join(_q(c) for c in rows.columns)
    marks = ", ".join("?" * (rows.width + 1))
    physical = rows.select(_encoded(c, d) for c, d in rows.schema.items()).with_columns(_snapshot=pl.lit(snapshot))
    db.executemany(
        f"INSERT INTO {_q(t.name)} ({columns}, _snapshot) VALUES ({marks})",  # noqa: S608
        physical.iter_rows(),
    )


def rows(db: sqlite3.Connection, t: Table, snapshot: int) -> pl.DataFrame:
    """All rows up to a snapshot, in the order in which they came."""
    have = {r[1] for r in db.execute(f"PRAGMA table_info({_q(t.name)})")}
    columns = ", ".join(_q(c) if c in have else f"NULL AS {_q(c)}" for c in t.schema)
    found: list[tuple[object, ...]] = []
    if have:
        sql = f"SELECT {columns} FROM {_q(t.name)} WHERE _snapshot <= ? ORDER BY rowid"  # noqa: S608
        found = db.execute(sql, (snapshot,)).fetchall()
    physical = pl.DataFrame(found, schema={c: _physical(d) for c, d in t.schema.items()}, orient="row")
    return physical.select(_decoded(c, d) for c, d in t.schema.items())


def newest(t: Table, history: pl.DataFrame) -> pl.DataFrame:
    """The newest row of each key (of two known at once, the one that came last), without those that are gone."""
    last = history.sort("t_known", maintain_order=True).unique(list(t.keys), keep="last", maintain_order=True)
    return last.filter(pl.col("gone").is_null())


def _nested(d: pl.DataType) -> bool:
    return isinstance(d, pl.List | pl.Struct)


def _type(d: pl.DataType) -> str:
    if d.is_float():
        return "REAL"
    if d == pl.Binary():
        return "BLOB"
    return "TEXT" if _nested(d) or d == pl.String() else "INTEGER"


def _physical(d: pl.DataType) -> pl.DataType:
    if d.is_float():
        return pl.Float64()
    if d == pl.Binary():
        return d
    return pl.String() if _nested(d) or d == pl.String() else pl.Int64()


def _encoded(name: str, d: pl.DataType) -> pl.Expr:
    column = pl.col(name)
    if _nested(d):
        wrapped = pl.struct(column.alias("_")).struct.json_encode()
        inner = wrapped.str.strip_prefix('{"_":').str.head(-1)
        return pl.when(column.is_not_null()).then(inner).alias(name)
    if isinstance(d, pl.Datetime) or d == pl.Boolean():
        return column.to_physical().cast(pl.Int64)
    return column


def _decoded(name: str, d: pl.DataType) -> pl.Expr:
    column = pl.col(name)
    if _nested(d):
        wrapped = pl.when(column.is_not_null()).then(pl.concat_str(pl.lit('{"_":'), column, pl.lit("}")))
        return wrapped.str.json_decode(pl.Struct({"_": d})).struct.field("_").alias(name)
    return column.cast(d)


def _q(name: str) -> str:
    return f'"{name}"'
