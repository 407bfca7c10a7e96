"""Classes of vessels by MMSI: what a register or a model says of who fishes, carries, tows.

Who: Global Fishing Watch (vessel-classification training labels, likely fishing MMSIs) and others in their form.
Format: CSV with ``mmsi, label`` and where known ``length`` in metres (several labels joined by ``|``), or a text of
MMSIs that fish, one a line; also gzip. Labels that tell no class of Makara's (``unknown``) are rejected. Licence:
Apache 2.0. Latency: years; the list's date comes with ``--as-of`` or the file's name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Final

import polars as pl

from makara.sources import _convert, _entries, _source
from makara.sources._files import Pieces
from makara.sources._rows import ROW, lines, needing
from makara.sources._sniff import Guess, Head
from makara.sources._source import Batch, Source

SOURCE = Source("classes", ("lists",), "classes of vessels by MMSI (CSV with mmsi, label; or MMSIs)", (_entries.AS_OF,))
LISTS: Final = ("class_label_register", "likely_fishing_register")
"""Lists of labels, and of MMSIs that fish."""
_GEARS: Final = (
    "trawlers", "drifting_longlines", "purse_seines", "set_gillnets", "set_longlines", "pots_and_traps",
    "pole_and_line", "other_fishing", "trollers", "squid_jigger", "unknown_longline", "unknown_fishing", "fishing",
)  # fmt: skip
_VAGUE: Final = ("other_fishing", "unknown_fishing", "unknown_longline", "fishing")
_CLASSES: Final = {
    **dict.fromkeys(_GEARS, "fishing"),
    "reefer": "carrier",
    "cargo": "cargo",
    "tanker": "tanker",
    "motor_passenger": "passenger",
    "passenger": "passenger",
    "tug": "tug",
    "sailing": "small",
}
_NEEDED: Final = ("mmsi", "label")


def recognises(head: Head) -> Guess | None:
    """MMSIs with labels, or nothing but MMSIs."""
    lines = [x.strip() for x in head.lines if x.strip()]
    found = sum(len(x) == 9 and x.isdigit() for x in lines)
    if head.kind == "text" and found and lines[0].isdigit():
        return Guess(0.9 * found / len(lines), f"{found} of its first {len(lines)} lines are an MMSI and nothing else")
    return _entries.has(head, _NEEDED, "labels of vessels' classes")


def read(uri: Path, options: Mapping[str, str]) -> Iterator[Batch]:
    """Read class labels; feed ``classes``. See :class:`makara.sources.Reader`."""
    given = SOURCE.check(options)
    date = _entries.as_of(uri, given)
    first = next(iter(Pieces(uri)), b"").partition(b"\n")[0].strip()
    if first.isdigit():
        yield _plain(uri, date)
        return
    for raw, bad in _entries.read(uri, (*_NEEDED, "length")):
        needing(raw, _NEEDED, uri)
        labels = pl.col("label").str.to_lowercase().str.split("|")
        kinds = labels.list.eval(
            pl.element().str.strip_chars().replace_strict(_CLASSES, default=None, return_dtype=pl.String)
        )
        gears = labels.list.set_intersection([g for g in _GEARS if g not in _VAGUE]).list.sort().list.join("|")
        one = kinds.list.unique()
        length = _convert.number(raw["length"]) if "length" in raw.columns else pl.lit(None, pl.Float64)
        told = raw.select(
            pl.col(ROW).alias("line"),
            "mmsi",
            gear=gears,
            length_m=length,
            reason=pl.format("labelled {}", "label"),
            **{"class": pl.when(one.list.len() == 1).then(one.list.first())},
        )
        vague = pl.when(pl.col("class").is_null()).then(pl.lit("bad_value"))
        detail = pl.format("label {} tells no class", raw["label"].fill_null("(none)"))
        useful, unknown = _convert.part(told, raw, vague, detail, uri.name)
        kept = raw.filter(told["class"].is_not_null())
        found, rejects = _entries.entries(useful, kept, uri.name, LISTS[0], date)
        yield Batch({"lists": found}, _source.merged([bad, unknown, rejects]), len(raw) + len(bad), "classes")


def _plain(uri: Path, date: datetime | None) -> Batch:
    """A text of MMSIs that fish."""
    pieces = Pieces(uri)
    raw, bad = lines(b"".join(pieces), ["mmsi"], 1, uri, ",")
    if pieces.cut is not None:
        bad = _source.merged([bad, _source.reject(uri.name, None, "truncated", pieces.cut)])
    told = raw.select(
        pl.col(ROW).alias("line"), "mmsi", pl.lit("fishing").alias("class"), pl.lit("likely to fish").alias("reason")
    )
    found, rejects = _entries.entries(told, raw, uri.name, LISTS[1], date)
    return Batch({"lists": found}, _source.merged([bad, rejects]), len(raw) + len(bad), "classes")
