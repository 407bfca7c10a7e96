"""The store: Delta tables, SQLite state, raw files, settings. The only room that touches their files.

One writer, any number of readers. Work appends to Delta tables and collects state rows; the one atomic step is the
SQLite transaction that writes the state rows together with a row in ``snapshots`` naming each table's Delta version.
"""

from makara.lake.areas import Area, inside, prepare
from makara.lake.commit import Commit
from makara.lake.compact import Size
from makara.lake.find import Wanted
from makara.lake.licences import ABOUT, TEMPLATES, TIERS
from makara.lake.settings import Licence, Settings
from makara.lake.snapshot import Snapshot, View
from makara.lake.store import Lake
from makara.lake.template import FeedDefault, render_settings

__all__ = [
    "ABOUT",
    "TEMPLATES",
    "TIERS",
    "Area",
    "Commit",
    "FeedDefault",
    "Lake",
    "Licence",
    "Settings",
    "Size",
    "Snapshot",
    "View",
    "Wanted",
    "inside",
    "prepare",
    "render_settings",
]
