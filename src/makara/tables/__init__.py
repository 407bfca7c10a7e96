"""The contract between the rooms: one file a table, in Polars and Arrow types, with units and prose.

``TABLES`` finds them by listing the folder; docs, DDL and JSON schemas are generated from them.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from makara.base.errors import NotFoundError
from makara.tables._table import COMMON, REASON, REASONS, Field, Table

__all__ = ["COMMON", "REASON", "REASONS", "Field", "Table", "names", "table"]


@cache
def names() -> tuple[str, ...]:
    """Names of all tables, sorted."""
    found = [m.name for m in iter_modules(__path__) if not m.name.startswith("_") and m.name != "release"]
    return tuple(sorted(found))


@cache
def table(name: str) -> Table:
    """A table by name.

    Raises:
        NotFoundError: there is no such table; the message lists those there are.
    """
    if name not in names():
        raise NotFoundError(f"no table {name!r}; there are: {', '.join(names())}")
    found: Table = import_module(f"{__name__}.{name}").TABLE
    return found
