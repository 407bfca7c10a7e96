"""Maritime identification digits: which three digits of an MMSI mean which flag.

Who: International Telecommunication Union (Table of MIDs, itu.int). Format: JSON, an object of ``MID: [alpha-2,
alpha-3, region, name]`` or ``MID: alpha-3``. Its entries go before the table that ships with Makara. Licence: facts,
free. Latency: months; the list's date comes with ``--as-of`` or the file's name.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import polars as pl

from makara.base.errors import InputError
from makara.sources import _entries, _source
from makara.sources._files import Pieces
from makara.sources._sniff import Guess, Head
from makara.sources._source import Batch, Source

SOURCE = Source("mids", ("lists",), "the ITU's table of maritime identification digits (JSON)", (_entries.AS_OF,))
LIST: Final = "mid_register"
_BEGINS: Final = re.compile(rb'(\xef\xbb\xbf)?\s*\{\s*"[2-7]\d\d"\s*:\s*["\[]')


def recognises(head: Head) -> Guess | None:
    """An object of MIDs."""
    return Guess(0.95, "it begins as a table of MIDs does") if _BEGINS.match(head.data) else None


def read(uri: Path, options: Mapping[str, str]) -> Iterator[Batch]:
    """Read a table of MIDs; feed ``mids``. Rejects name the MID as their line. See :class:`makara.sources.Reader`."""
    given = SOURCE.check(options)
    date = _entries.as_of(uri, given)
    try:
        found = json.loads(b"".join(Pieces(uri)))
    except (ValueError, RecursionError) as e:
        raise InputError(f"{uri} is no JSON: {e}") from e
    if not isinstance(found, dict) or not found:
        raise InputError(f"{uri} is no table of MIDs; give a JSON object of MID to [alpha-2, alpha-3, region, name]")
    rows: list[dict[str, Any]] = []
    rejects = []
    for number, (mid, told) in enumerate(found.items(), 1):
        flag, name = (told[1], told[3]) if isinstance(told, list) and len(told) == 4 else (told, None)
        if not (mid.isascii() and mid.isdigit() and 200 <= int(mid) <= 799):
            rejects.append(_source.reject(uri.name, number, "bad_value", f"{mid!r} is no MID (200 to 799)"))
        elif not (isinstance(flag, str) and len(flag) == 3 and flag.isascii() and flag.isupper()):
            rejects.append(_source.reject(uri.name, number, "bad_value", f"MID {mid}: {told!r} has no alpha-3 code"))
        else:
            rows.append({"line": number, "own_id": mid, "flag": flag, "name": name or flag})
    schema = {"line": pl.Int64(), "own_id": pl.String(), "flag": pl.String(), "name": pl.String()}
    told_rows = pl.DataFrame(rows, schema=schema)
    kept, bad = _entries.entries(told_rows, told_rows, uri.name, LIST, date)
    yield Batch({"lists": kept}, _source.merged([*rejects, bad]), len(found), "mids")
