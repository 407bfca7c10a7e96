"""Sources: one file, one feed. Found by listing this folder, and by entry points of the group ``makara.sources``."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from pkgutil import iter_modules

from makara.base.errors import NotFoundError
from makara.sources._sniff import Guess, Head, by_columns, head
from makara.sources._source import Batch, Option, Reader, Source, joined, judge

__all__ = ["Batch", "Guess", "Head", "Option", "Reader", "Source", "guesses", "joined", "judge", "names", "source"]

GROUP = "makara.sources"
DOORS = {"scenes"}
"""Modules that others call, and that are no feeds."""


@cache
def _outside() -> dict[str, EntryPoint]:
    """Sources of installed packages by name: all packages are looked through once, which costs 10 ms."""
    found: dict[str, EntryPoint] = {}
    for e in entry_points(group=GROUP):
        found.setdefault(e.name, e)
    return found


@cache
def names() -> tuple[str, ...]:
    """Names of all sources, sorted: those of this folder and those of installed packages."""
    own = {m.name for m in iter_modules(__path__) if not m.name.startswith("_")} - DOORS
    return tuple(sorted(own | set(_outside())))


@cache
def source(name: str) -> Reader:
    """A source by name: a module with ``SOURCE`` and ``read(uri, options)``.

    Raises:
        NotFoundError: there is no such source; the message lists those there are.
    """
    if name not in names():
        raise NotFoundError(f"no source {name!r}; there are: {', '.join(names())}")
    if name in _outside():
        outside: Reader = _outside()[name].load()
        return outside
    inside: Reader = import_module(f"{__name__}.{name}")
    return inside


def guesses(path: Path) -> tuple[Head, list[tuple[str, Guess]]]:
    """What a file looks like, and the sources that may read it, the best first.

    A source says so itself (``recognises(head) -> Guess | None``), or by the columns that it declares.

    Raises:
        InputError: the file cannot be read.
    """
    found = head(path)
    out = []
    for name in names():
        module = source(name)
        asks = getattr(module, "recognises", None)
        guess = asks(found) if asks else by_columns(found, module.SOURCE)
        if guess is not None:
            out.append((name, guess))
    return found, sorted(out, key=lambda g: (-g[1].score, g[0]))
