"""A partner's log: what was sent, as leaves of a Merkle tree (RFC 6962), and which of it is new.

A leaf commits to a row's contents under the partner's id, its revision and its state. Contents that only tell how a row
stands to others (rank, evidence that is shown elsewhere) or when it was released are left out, so that a new row does
not revise its neighbours.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import polars as pl

from makara.base import time

ASIDE: Final = ("t_known", "version", "evidence", "supersedes", "rank", "contributions", "line")
"""Columns that are no contents of a row."""


def tree_hash(leaves: Sequence[bytes]) -> bytes:
    """Merkle tree hash of leaf hashes, as RFC 6962, section 2.1, defines it.

    Args:
        leaves: hashes made by :func:`leaf_hash`, in the order of the log.

    Returns:
        32 bytes; of the empty log SHA-256 of nothing.
    """
    if not leaves:
        return hashlib.sha256(b"").digest()
    level = list(leaves)
    while len(level) > 1:
        pairs = [hashlib.sha256(b"\x01" + level[i] + level[i + 1]).digest() for i in range(0, len(level) - 1, 2)]
        level = pairs + level[len(level) & ~1 :]
    return level[0]


def leaf_hash(entry: bytes) -> bytes:
    """Hash of one entry of the log: SHA-256 of a zero byte and the entry."""
    return hashlib.sha256(b"\x00" + entry).digest()


def contents(rows: pl.DataFrame) -> Iterator[dict[str, Any]]:
    """Rows as they are committed to: as JSON values, without columns that are no contents."""
    for r in rows.drop(ASIDE, strict=False).iter_rows(named=True):
        yield {k: _plain(v) for k, v in r.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return time.text(value)
    if isinstance(value, bytes):
        return value.hex()
    return value


def entry_hash(table: str, outside_id: str, revision: int, state: str, row: dict[str, Any] | None) -> bytes:
    """Leaf hash of one entry: JSON with sorted keys and no spaces of what was sent; a recall has no row."""
    entry = {"id": outside_id, "revision": revision, "row": row, "state": state, "table": table}
    return leaf_hash(json.dumps(entry, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode())


def standing(history: pl.DataFrame) -> dict[tuple[str, str], dict[str, Any]]:
    """The newest entry of each row that a partner was ever sent, from its history (table released_rows)."""
    newest = history.sort("table", "outside_id", "revision").unique(["table", "outside_id"], keep="last")
    return {(r["table"], r["outside_id"]): r for r in newest.iter_rows(named=True)}


def revise(
    table: str, outside_ids: Sequence[str], rows: pl.DataFrame, held: Mapping[tuple[str, str], Mapping[str, Any]]
) -> list[tuple[int, str | None, bytes]]:
    """Revision, state and leaf of each row against what the partner holds; the state is None where nothing changed."""
    out: list[tuple[int, str | None, bytes]] = []
    for outside_id, row in zip(outside_ids, contents(rows), strict=True):
        last = held.get((table, outside_id))
        revision = 1 if last is None else int(last["revision"])
        if last is not None and last["state"] != "withdrawn":
            leaf = entry_hash(table, outside_id, revision, last["state"], row)
            if leaf == last["leaf"]:
                out.append((revision, None, leaf))
                continue
        state = "sent" if last is None or last["state"] == "withdrawn" else "revised"
        revision += last is not None
        out.append((revision, state, entry_hash(table, outside_id, revision, state, row)))
    return out
