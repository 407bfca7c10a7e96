"""What a lake's directory looks like, its format version, and how a new one is made."""

from __future__ import annotations

import json
import os
import secrets
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Final

from makara.base.errors import LakeDamagedError, LakeTooNewError, NotFoundError, UsageError
from makara.lake import state
from makara.lake.disk import replace_file, storage, sync_file

FORMAT: Final = 1
"""The format that this version writes."""
FILE: Final = "format.json"
SETTINGS: Final = "makara.toml"
FOLDERS: Final = ("tables", "landing", "keys")


@dataclass(frozen=True)
class Format:
    """What format.json says.

    Attributes:
        format: number of the format.
        makara: version that made the lake, or migrated it last.
        lake: the lake's own id, random (empty before format 1).
    """

    format: int
    makara: str
    lake: str

    def save(self, path: Path) -> None:
        """Write it into a lake's directory, whole or not at all."""
        said = {"format": self.format, "makara": self.makara, "lake": self.lake}
        replace_file(path / FILE, (json.dumps(said, indent=1) + "\n").encode())


def this_version() -> str:
    """Version of this Makara."""
    return version("makara")


def new_id() -> str:
    """An id for a lake."""
    return secrets.token_hex(8)


def read(path: Path) -> Format:
    """The format of a lake.

    Raises:
        NotFoundError: there is no lake.
        LakeTooNewError: a newer Makara wrote it.
        LakeDamagedError: format.json is broken.
    """
    file = path / FILE
    with storage(f"cannot read {path}"):
        if not file.exists():
            what = "is a directory but no lake" if path.is_dir() else "is a file" if path.exists() else "does not exist"
            raise NotFoundError(
                f"{path} {what}; name the directory of a lake ({FILE} is missing), or make one with `makara ingest`"
            )
        text = file.read_text()
    try:
        said = json.loads(text)
        found = Format(int(said["format"]), str(said["makara"]), str(said.get("lake", "")))
    except (ValueError, KeyError, TypeError, AttributeError) as e:
        raise LakeDamagedError(f"{file} is broken ({e}); restore it from a backup") from e
    if found.format > FORMAT:
        raise LakeTooNewError(
            f"{path} has format {found.format}, written by Makara {found.makara}; this is Makara {this_version()}, "
            f"which reads formats up to {FORMAT}. Install Makara {found.makara} or newer"
        )
    return found


def create(path: Path, settings: Callable[[], str]) -> None:
    """Make a new lake: beside its place, then moved there whole. Does nothing if another process was faster.

    Args:
        path: where; missing, or an empty directory.
        settings: gives the text of makara.toml.

    Raises:
        UsageError: the place is taken by something else.
        LakeFullError: the disk is full.
    """
    if path.exists() and not (path.is_dir() and not any(path.iterdir())):
        raise UsageError(f"{path} is not empty and no lake; name a new or an empty directory")
    with storage(f"making {path}"):
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        try:
            beside.mkdir()
            for folder in FOLDERS:
                (beside / folder).mkdir(mode=0o700 if folder == "keys" else 0o777)
            with state.connection(beside, create=True) as db:
                state.ensure(db)
            replace_file(beside / SETTINGS, settings().encode())
            Format(FORMAT, this_version(), new_id()).save(beside)
            try:
                os.rename(beside, path)
            except OSError:
                if not (path / FILE).exists():
                    raise
            sync_file(path.parent)
        finally:
            if beside.exists():
                shutil.rmtree(beside)
