"""Data that ships with the package. Grids are read by the session and passed on; models are read where they are used,
like code. Origins: NOTICE.md.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files


@cache
def read(name: str) -> bytes:
    """The bytes of a file of this folder."""
    return files(__name__).joinpath(name).read_bytes()
