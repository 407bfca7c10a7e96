"""Lake tables in Delta: where rows go, how they are read back, and how a table is brought back to a version.

Tables with many rows are partitioned by the UTC day of ``t_seen`` in an internal column ``day``, and sorted inside
(``order``). No checkpoint or clean-up happens while a commit is under way, so that the snapshot's version always stays
readable.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import unquote

import polars as pl
from deltalake import DeltaTable, PostCommitHookProperties, write_deltalake

from makara.base.errors import LakeDamagedError
from makara.lake.disk import StorageError, sync_files
from makara.lake.files import Days, write
from makara.lake.order import PARTITIONED, day, in_order, properties
from makara.tables import Table

TIMES: Final = ("t_seen", "t_end", "at", "t_at", "t_start")
"""The column that a range of a table is replaced by: the first of these that it has."""
CHECKPOINT_EVERY: Final = 20
"""Versions after which the log is gathered in a checkpoint and unused files are removed."""
KEEP_H: Final = 1
"""Hours for which replaced files stay, for readers of an older snapshot."""
FILE_BYTES: Final = 1 << 30
"""From this size on a file ends and the next begins."""
_HOOK: Final = PostCommitHookProperties(create_checkpoint=False, cleanup_expired_logs=False)
_LOG: Final = re.compile(r"(\d{20})\.(json|checkpoint\..*parquet|checkpoint\.parquet)")


class _Local(DeltaTable):  # type: ignore[misc]
    """A table on a local disk, whose files are named by paths: deltalake escapes what is not ASCII in them."""

    def file_uris(self, *args: Any, **named: Any) -> list[str]:
        """Absolute paths of the data files."""
        return [unquote(u) for u in super().file_uris(*args, **named)]


def path_of(lake: Path, name: str) -> Path:
    """Where a table lies."""
    return lake / "tables" / name


def time_column(t: Table) -> str:
    """The column by which a range of a table is replaced.

    Raises:
        ValueError: the table has none.
    """
    for c in TIMES:
        if c in t.schema:
            return c
    raise ValueError(f"table {t.name} has no time to replace a range by")


def newest_version(path: Path) -> int | None:
    """The highest version that a table's log holds, committed in a snapshot or not; None if it has no log."""
    return max((v for v, _ in _log(path)), default=None)


def _log(path: Path) -> Iterator[tuple[int, Path]]:
    log = path / "_delta_log"
    for entry in os.scandir(log) if log.is_dir() else ():
        m = _LOG.fullmatch(entry.name)
        if m:
            yield int(m[1]), Path(entry.path)


def load(path: Path, version: int | None = None) -> DeltaTable:
    """A table at a version (None: the newest).

    Raises:
        LakeDamagedError: its log does not hold that version.
    """
    try:
        return _Local(str(path), version=version)
    except StorageError as e:
        said = str(e).split("\n", 1)[0]
        raise LakeDamagedError(f"{path}: version {version} cannot be read ({said}); restore it from a backup") from e


def files(path: Path, dt: DeltaTable) -> list[Path]:
    """The data files of a loaded table."""
    return [path / unquote(p) for p in pl.DataFrame(dt.get_add_actions())["path"]]


def check(path: Path, dt: DeltaTable) -> None:
    """See that every data file of a loaded table is there.

    Raises:
        LakeDamagedError: one is missing; the message names it and counts the others.
    """
    missing = [f for f in files(path, dt) if not f.exists()]
    if missing:
        more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        raise LakeDamagedError(
            f"{missing[0]}{more}: named by version {dt.version()} but missing; restore it from a backup"
        )


def scan(t: Table, dt: DeltaTable, where: pl.Expr | None = None) -> pl.LazyFrame:
    """Rows of a loaded table with the contract's columns; those it was written without are null.

    Args:
        t: the contract.
        dt: the table, loaded.
        where: which rows; may speak of ``day``, too.
    """
    rows = pl.scan_delta(dt)
    have = set(rows.collect_schema())
    if where is not None:
        rows = rows.filter(where)
    return rows.select(pl.col(c) if c in have else pl.lit(None, d).alias(c) for c, d in t.schema.items())


def append(path: Path, t: Table, rows: pl.DataFrame) -> None:
    """Append rows, which conform to the table, as a new version."""
    _write(path, t, rows, "append")


def replace(
    path: Path, t: Table, rows: pl.DataFrame, since: datetime | None = None, movers: pl.Series | None = None
) -> None:
    """Put rows in the place of those from an instant on, or of some movers, or of both, or of all.

    Whole files are replaced: of a partitioned table those of the days concerned, else all.
    """
    if not (path / "_delta_log").is_dir():
        return append(path, t, rows)
    if since is None and movers is None:
        return _write(path, t, rows, "overwrite")
    old = pl.lit(True)
    if since is not None:
        old &= pl.col(time_column(t)) >= since
    if movers is not None:
        old &= pl.col("mover").is_in(movers.implode())
    dt = load(path)
    if t.name not in PARTITIONED:
        return _write(path, t, pl.concat([scan(t, dt, ~old).collect(), rows]), "overwrite")
    if movers is None:
        assert since is not None
        frm = since.strftime("%Y-%m-%d")
        kept = scan(t, dt, ~old & (pl.col("day") >= frm)).collect()
        return _write(path, t, pl.concat([kept, rows]), "overwrite", where=[("day", ">=", frm)])
    touched = pl.concat([scan(t, dt, old).select(day()), rows.lazy().select(day())])
    days = touched.unique().collect()["day"].sort()
    if not len(days):
        return None
    kept = scan(t, dt, ~old & pl.col("day").is_in(days.implode())).collect()
    return _write(path, t, pl.concat([kept, rows]), "overwrite", where=among(days))


def among(days: pl.Series) -> Days:
    """The filter that names all rows of these days."""
    return [("day", "in", days.to_list())]


def _write(
    path: Path, t: Table, rows: pl.DataFrame, mode: Literal["append", "overwrite"], where: Days | None = None
) -> None:
    """Write rows in order, replacing all (``overwrite``) or what the filter names."""
    write_version(path, t, in_order(t, rows), mode, where)


def write_version(
    path: Path, t: Table, rows: Any, mode: Literal["append", "overwrite"], where: Days | None = None
) -> None:
    """Write rows, which stand in order, as one version.

    Args:
        path: the table's directory.
        t: the contract.
        rows: a frame, with the column ``day`` where the table has days; of a table without them also an Arrow reader,
            whose order is not kept: its batches go to several writers.
        mode: add them, or put them in the place of all rows or of those that ``where`` names.
        where: which days.
    """
    there = (path / "_delta_log").is_dir()
    if t.name in PARTITIONED:
        if not there or not set(rows.columns) <= {f.name for f in load(path).schema().fields}:
            _through_delta(path, t, rows.clear(), "append", there)  # the table, or its new columns
        return write(path, t, rows, load(path), mode, where, _HOOK)
    return _through_delta(path, t, rows, mode, there)


def _through_delta(path: Path, t: Table, rows: Any, mode: Literal["append", "overwrite"], there: bool) -> None:
    write_deltalake(
        str(path),
        rows.rechunk() if isinstance(rows, pl.DataFrame) else rows,  # one batch, so that it stays in order
        mode=mode,
        partition_by=["day"] if t.name in PARTITIONED else None,
        schema_mode="merge" if there else None,
        target_file_size=FILE_BYTES,
        writer_properties=properties(t),
        post_commithook_properties=_HOOK,
    )


def sync(path: Path, after: int | None, to: int) -> None:
    """Make the versions after one, up to another, survive a power cut."""
    added = []
    for version, entry in sorted(_log(path)):
        if (after is None or version > after) and version <= to:
            added += [*_added(path, entry), entry]
    sync_files(added)


def _added(path: Path, entry: Path) -> list[Path]:
    """Data files that a log entry adds; none where the entry is torn."""
    found = []
    for line in entry.read_bytes().splitlines():
        try:
            action = json.loads(line)
        except ValueError:
            continue
        if "add" in action:
            found.append(path / unquote(action["add"]["path"]))
    return found


def roll_back(path: Path, version: int | None) -> bool:
    """Bring a table back to a version that a snapshot names (None: there was no table); answers whether it had to.

    Uncommitted versions are taken off the end of the log, the last first, with the files that they added: whatever
    state a crash left the log in, each step leaves a whole table, and no version is made anew.

    Raises:
        LakeDamagedError: the log does not reach that version.
    """
    if version is None:
        shutil.rmtree(path)
        return True
    later = sorted(((v, p) for v, p in _log(path) if v > version), reverse=True)
    added = [f for _, entry in later if entry.suffix == ".json" for f in _added(path, entry)]
    for _, entry in later:
        entry.unlink()
    for f in added:
        f.unlink(missing_ok=True)
    if newest_version(path) != version:
        raise LakeDamagedError(f"{path}: version {version} is missing from its log; restore it from a backup")
    return bool(later)


def remove_strays(path: Path, version: int, since_ns: int) -> int:
    """Remove files that a dead writer left in a table's directory and that no version names; answers how many.

    Args:
        path: the table's directory, rolled back.
        version: its version in the snapshot.
        since_ns: when the dead writer began (ns since 1970): older files are not its own.
    """
    named = set(files(path, load(path, version)))
    strays = [f for f in _files_under(path) if f.stat().st_mtime_ns >= since_ns and f not in named]
    for f in strays:
        f.unlink()
    return len(strays)


def _files_under(path: Path) -> Iterable[Path]:
    """Files that are no part of the log; of the log's directory only what is neither entry nor pointer."""
    for folder, _, found in os.walk(path):
        log = os.path.basename(folder) == "_delta_log"
        for name in found:
            if not (log and (_LOG.fullmatch(name) or name == "_last_checkpoint")):
                yield Path(folder) / name


def maintain(path: Path, version: int) -> None:
    """Now and then gather the log in a checkpoint and remove what no snapshot needs any more.

    Call it only when the newest snapshot names ``version`` and it is the newest.
    """
    pointer = path / "_delta_log" / "_last_checkpoint"
    last = json.loads(pointer.read_bytes())["version"] if pointer.exists() else 0
    if version - last < CHECKPOINT_EVERY:
        return
    dt = load(path, version)
    dt.create_checkpoint()
    dt.cleanup_metadata()
    for unused in dt.vacuum(retention_hours=KEEP_H, dry_run=True, enforce_retention_duration=False):
        (path / unquote(unused)).unlink(missing_ok=True)
