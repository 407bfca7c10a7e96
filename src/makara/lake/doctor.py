"""Is a lake whole? Format, settings, state, each table at its version, raw files, keys, lock."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import polars as pl

from makara.base.errors import MakaraError
from makara.lake import delta, layout, lock, settings, snapshot, state
from makara.lake.disk import storage
from makara.lake.snapshot import NOTHING, Snapshot, View
from makara.tables import names, table

CHUNK: Final = 1 << 20
Finding = dict[str, str]


def _finding(level: str, what: str, detail: str) -> Finding:
    return {"level": level, "what": what, "detail": detail}


def examine(path: Path) -> list[Finding]:
    """Findings: ``level`` (ok, warning, error), ``what``, ``detail``. Reads every raw file; changes nothing."""
    found = []
    for what, look in (
        ("format", _format),
        ("settings", _settings),
        ("state", _state),
        ("tables", _tables),
        ("landing", _landing),
        ("keys", _keys),
        ("lock", _lock),
    ):
        try:
            found += list(look(path))
        except MakaraError as e:
            found.append(_finding("error", what, str(e)))
        except OSError as e:
            found.append(_finding("error", what, f"cannot be looked at: {e}"))
    return found


def _format(path: Path) -> Iterator[Finding]:
    f = layout.read(path)
    yield _finding("ok", "format", f"format {f.format}, written by Makara {f.makara}")


def _settings(path: Path) -> Iterator[Finding]:
    file = path / layout.SETTINGS
    settings.load(file, {})
    yield _finding("ok", "settings", f"{file.name} fits")


def _state(path: Path) -> Iterator[Finding]:
    with state.connection(path) as db:
        said = [r[0] for r in db.execute("PRAGMA integrity_check(5)")]
        rows = {t.name: len(state.rows(db, t, 1 << 62)) for t in state.tables()}
    if said != ["ok"]:
        yield _finding("error", "state", f"{state.FILE} is broken: {'; '.join(said)}; restore it from a backup")
    else:
        kept = ", ".join(f"{name} {n}" for name, n in rows.items() if n)
        yield _finding("ok", "state", f"{state.FILE} is whole; rows: {kept or 'none'}")


def _newest(path: Path) -> Snapshot:
    with state.connection(path) as db:
        return snapshot.newest(db) or NOTHING


def _tables(path: Path) -> Iterator[Finding]:
    now = _newest(path)
    yield _finding("ok", "snapshot", f"number {now.number}, made by {now.run}" if now.number else "none yet")
    for name, version in sorted(now.versions.items()):
        what = f"table {name}"
        try:
            n = View(path, now).scan(name).select(pl.len()).collect().item()
            View(path, now).scan(name).select(table(name).keys).head(1).collect()
        except MakaraError as e:
            yield _finding("error", what, str(e))
            continue
        except pl.exceptions.PolarsError as e:
            yield _finding("error", what, f"cannot be read: {str(e).splitlines()[0]}; restore it from a backup")
            continue
        files = len(delta.files(delta.path_of(path, name), delta.load(delta.path_of(path, name), version)))
        yield _finding("ok", what, f"version {version}, {n} rows in {files} files")
    for folder in sorted(f for f in (path / "tables").iterdir() if f.name in names()):
        version_ = now.versions.get(folder.name)
        newest = delta.newest_version(folder)
        if version_ is None or (newest is not None and newest > version_):
            yield _finding(
                "warning", f"table {folder.name}", f"version {newest} belongs to no snapshot; the next write removes it"
            )


def _landing(path: Path) -> Iterator[Finding]:
    kept = [f for f in sorted((path / "landing").rglob("*")) if f.is_file()]
    bad = 0
    for file in kept:
        where = file.relative_to(path)
        if file.name.startswith("."):
            yield _finding("warning", "landing", f"{where} was left by an ingest that died; it may be removed")
            continue
        with storage(f"reading {where}"):
            digest = hashlib.sha256()
            with open(file, "rb") as f:
                while chunk := f.read(CHUNK):
                    digest.update(chunk)
        if digest.hexdigest() != file.name:
            bad += 1
            yield _finding("error", "landing", f"{where} was changed: its content has hash {digest.hexdigest()}")
    if not bad:
        yield _finding("ok", "landing", f"{len(kept)} files kept, each as it came")


def _keys(path: Path) -> Iterator[Finding]:
    open_ = [k for k in sorted((path / "keys").iterdir()) if k.stat().st_mode & 0o077]
    for key in open_:
        yield _finding("warning", "keys", f"{key.relative_to(path)} may be read by others; run chmod 600 on it")
    if not open_:
        yield _finding("ok", "keys", "readable by their owner only")


def _lock(path: Path) -> Iterator[Finding]:
    level, detail = lock.state(path)
    yield _finding(level, "lock", detail)
