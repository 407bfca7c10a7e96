"""Names of columns as a source spells them: exports differ in case, blanks and marks, as in ``# TIMESTAMP``."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence


def bare(name: str) -> str:
    """A name in lower case, of letters, digits and points alone."""
    return re.sub(r"[^0-9a-z.]", "", name.lower())


def spelt(columns: Sequence[str], names: Collection[str]) -> list[str]:
    """Columns of a file, those that are known in another spelling by the name that a source knows.

    A column that has a known name itself keeps it, and no two columns get the same name.

    Args:
        columns: the file's columns.
        names: those that a source knows.
    """
    known: dict[str, str] = {}
    for name in names:
        known.setdefault(bare(name), name)
    known.pop("", None)
    taken, out = set(columns), []
    for column in columns:
        name = column if column in names else known.get(bare(column), column)
        if name != column and name in taken:
            name = column
        taken.add(name)
        out.append(name)
    return out
