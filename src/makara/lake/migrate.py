"""Migrations: an older lake is brought forward, format by format, when it is opened; never back.

Each runs under the writer's lock and may be repeated: killed half way, the lake is still of the old format, and the
next opening does it again. Columns and tables that are only added need none: they are made at the next write.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from makara.lake import layout, state
from makara.lake.layout import FORMAT, Format
from makara.lake.lock import writing
from makara.lake.log import log


def _to_1(path: Path) -> None:
    """State rows learn which snapshot brought them; those already there belong to the first."""
    with state.connection(path) as db, state.transaction(db):
        for t in state.tables():
            have = {r[1] for r in db.execute(f'PRAGMA table_info("{t.name}")')}
            if have and "_snapshot" not in have:
                db.execute(f'ALTER TABLE "{t.name}" ADD COLUMN _snapshot INTEGER NOT NULL DEFAULT 0')
        state.ensure(db)


MIGRATIONS: Final[tuple[Callable[[Path], None], ...]] = (_to_1,)
"""The n-th brings format n to format n + 1."""
assert len(MIGRATIONS) == FORMAT


def forward(path: Path) -> Format:
    """Bring a lake to this version's format; answers what it has now.

    Raises:
        LakeLockedError: it is being written.
    """
    if layout.read(path).format == FORMAT:
        return layout.read(path)
    with writing(path):
        found = layout.read(path)
        for step in range(found.format, FORMAT):
            MIGRATIONS[step](path)
            found = Format(step + 1, layout.this_version(), found.lake or layout.new_id())
            found.save(path)
            log.info("migrated", lake=str(path), format=found.format)
    return found
