"""The ledger: what each partner holds. Every release appends to the partner's own log, and recalls travel in it."""

from __future__ import annotations

from typing import Any, Final

import polars as pl

from makara.base import ids
from makara.sharing import _log
from makara.sharing._log import entry_hash, leaf_hash, tree_hash
from makara.sharing.release import Released, row_ids
from makara.tables import table

RELEASES: Final = pl.Schema({f.name: f.type for f in table("releases").own})
ROWS: Final = pl.Schema({f.name: f.type for f in table("released_rows").own})


def release_id(partner: str, seq: int) -> str:
    """Id of a partner's release of that number, from 1."""
    return ids.ident("rl", partner, seq)


def entry(released: Released, previous: pl.DataFrame, seq: int) -> tuple[pl.DataFrame, pl.DataFrame] | None:
    """What a release adds to the partner's log: rows new or revised, and recalls of those that it may no longer hold.

    Only tables that the release looked at are compared. A row is recalled when it was withdrawn or is no longer
    releasable, whatever the reason; sent again later it goes on counting its revisions.

    Args:
        released: the release.
        previous: the partner's history (table released_rows, all its releases, any order).
        seq: number of the partner's last release; 0: none yet.

    Returns:
        One row of table releases, and rows of table released_rows (own columns, without source, t_known and mark), by
        table and id; None if there is nothing new. ``root`` is the hash of the partner's whole log.
    """
    out = released.release
    held = _log.standing(previous)
    inside = {(t, o): i for t, o, i in released.ids.iter_rows()}
    hidden = _hidden(released.withheld)
    number = release_id(out.partner, seq + 1)
    rows: list[dict[str, Any]] = []
    sent: set[tuple[str, str]] = set()

    def add(name: str, outside_id: str, inside_id: str, revision: int, state: str, leaf: bytes) -> None:
        withheld = hidden.get((name, inside_id), []) if state != "withdrawn" else []
        rows.append(
            {
                "release": number,
                "table": name,
                "outside_id": outside_id,
                "inside_id": inside_id,
                "revision": revision,
                "withheld": withheld,
                "state": state,
                "leaf": leaf,
            }
        )

    for name, frame in sorted(out.tables.items()):
        known = row_ids(name, frame).to_list()
        sent |= {(name, k) for k in known}
        for outside_id, (revision, state, leaf) in zip(known, _log.revise(name, known, frame, held), strict=True):
            if state is not None:
                add(name, outside_id, inside[name, outside_id], revision, state, leaf)
    for (name, outside_id), last in held.items():
        if name in out.tables and (name, outside_id) not in sent and last["state"] != "withdrawn":
            revision = int(last["revision"]) + 1
            leaf = entry_hash(name, outside_id, revision, "withdrawn", None)
            add(name, outside_id, last["inside_id"], revision, "withdrawn", leaf)
    if not rows:
        return None
    new = pl.DataFrame(rows, schema=ROWS).sort("table", "outside_id")
    root = tree_hash(_leaves(previous, out.partner, seq) + new["leaf"].to_list())
    line = {
        "release": number,
        "partner": out.partner,
        "purpose": out.purpose,
        "seq": seq + 1,
        "rows": len(new),
        "root": root,
        "policy_versions": list(out.policy_versions),
    }
    return pl.DataFrame([line], schema=RELEASES), new


def _hidden(withheld: pl.DataFrame) -> dict[tuple[str, str], list[dict[str, str]]]:
    """Columns withheld of single rows, by table and our id."""
    found: dict[tuple[str, str], list[dict[str, str]]] = {}
    mine = withheld.filter(pl.col("effect") == "withhold", pl.col("id") != "*")
    for name, own, column, reason in mine.select("table", "id", "column", "reason").iter_rows():
        found.setdefault((name, own), []).append({"column": column, "reason": reason})
    return found


def _leaves(history: pl.DataFrame, partner: str, seq: int) -> list[bytes]:
    """Leaves of a partner's log so far, in its order: by number of release, table and id."""
    numbers = {release_id(partner, k): k for k in range(1, seq + 1)}
    order = history["release"].replace_strict(numbers, default=None, return_dtype=pl.Int64).alias("_seq")
    log: list[bytes] = history.with_columns(order).sort("_seq", "table", "outside_id")["leaf"].to_list()
    return log


__all__ = ["entry", "entry_hash", "leaf_hash", "release_id", "tree_hash"]
