"""Partners' secrets: 32 random bytes in LAKE/keys/<partner>.key, made on first use, for the owner's eyes only."""

from __future__ import annotations

import os
import re
import secrets
from pathlib import Path
from typing import Final

from makara.base.errors import LakeDamagedError, UsageError
from makara.lake.disk import storage, sync_file

SIZE: Final = 32
NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
"""What a partner may be called."""


def partner_key(lake: Path, partner: str) -> bytes:
    """The secret from which a partner's outside ids are made.

    Raises:
        LakeDamagedError: the file is not a key.
        LakeError: it may not be read, or made.
        UsageError: a name that is none.
    """
    if not NAME.fullmatch(partner):
        raise UsageError(f"{partner!r} is no name of a partner; use letters, digits, - and _")
    path = lake / "keys" / f"{partner}.key"
    with storage(f"the key of partner {partner}, {path}"):
        if not path.exists():
            _make(path)
        key = path.read_bytes()
    if len(key) != SIZE:
        raise LakeDamagedError(
            f"{path} holds {len(key)} bytes, not {SIZE}: restore it from a backup "
            "(a new key would give the partner new ids for everything it knows)"
        )
    return key


def _make(path: Path) -> None:
    """Make a key; of two processes that do it at once, the first wins."""
    path.parent.mkdir(mode=0o700, exist_ok=True)
    beside = path.with_name(f".{secrets.token_hex(8)}")
    try:
        fd = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(fd, "wb") as f:
            f.write(secrets.token_bytes(SIZE))
            f.flush()
            os.fsync(f.fileno())
        os.link(beside, path)
    except FileExistsError:
        return
    finally:
        beside.unlink(missing_ok=True)
    sync_file(path.parent)
