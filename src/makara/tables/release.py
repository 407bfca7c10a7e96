"""The type that leaves: what one partner gets. Only ``makara.sharing`` makes one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import polars as pl

DECISIONS = pl.Schema(
    {
        "table": pl.String(),
        "id": pl.String(),
        "effect": pl.String(),
        "column": pl.String(),
        "reason": pl.String(),
        "policy": pl.String(),
    }
)
"""One row a decision: ``effect`` is allow, deny (the row) or withhold (the column), with its reason and policy."""


@dataclass(frozen=True)
class Release:
    """What a partner may see, and nothing else.

    Attributes:
        partner: who it is for; the owner is ``self``.
        purpose: what for.
        now: the instant for which it was decided.
        tables: rows by table, under the partner's own ids.
        decisions: why each row and column in it is in it (schema DECISIONS); speaks of nothing that is not.
        policy_versions: the policies in force, as policy@version.
    """

    partner: str
    purpose: str
    now: datetime
    tables: Mapping[str, pl.DataFrame]
    decisions: pl.DataFrame
    policy_versions: tuple[str, ...]

    def __getitem__(self, table: str) -> pl.DataFrame:
        """The rows of a table; an empty frame if nothing of it was released."""
        return self.tables.get(table, pl.DataFrame())
