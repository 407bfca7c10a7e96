"""Vessels that may fish: the record of a regional fisheries management organisation (ICCAT's).

Who: International Commission for the Conservation of Atlantic Tunas (iccat.int, record of vessels). Format: CSV with
``ICCATSerialNo, VesselName, IntRegNo, IRNoTypeCode, IRCS, FlagRepCode, IsscfvCode, IsscfgCode, LOAm``; ``IntRegNo`` is
an IMO number where ``IRNoTypeCode`` says IMO. Licence: the organisation's terms. Latency: days; the list's date comes
with ``--as-of`` or the file's name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import polars as pl

from makara.sources import _convert, _entries, _source
from makara.sources._flags import alpha3
from makara.sources._rows import ROW, needing
from makara.sources._sniff import Guess, Head
from makara.sources._source import Batch, Source

SOURCE = Source("rfmo", ("lists",), "ICCAT's record of vessels (CSV)", (_entries.AS_OF,))
LIST: Final = "iccat_register"
_NEEDED: Final = (
    "ICCATSerialNo", "VesselName", "IntRegNo", "IRNoTypeCode", "IRCS", "FlagRepCode", "IsscfvCode", "IsscfgCode",
    "LOAm",
)  # fmt: skip
_UNKNOWN: Final = ("(blank)", "(n/a)", "NOT NAMED", "N/A", "NONE")
_CARRIERS: Final = ("HO", "HOF", "HOX", "KO", "BC", "FC", "RF")
"""Classes of vessel (ISSCFV) that carry fish."""


def recognises(head: Head) -> Guess | None:
    """The columns of ICCAT's record."""
    return _entries.has(head, _NEEDED, "ICCAT's record of vessels")


def read(uri: Path, options: Mapping[str, str]) -> Iterator[Batch]:
    """Read a record of vessels; feed ``rfmo``. See :class:`makara.sources.Reader`."""
    given = SOURCE.check(options)
    date = _entries.as_of(uri, given)
    for raw, bad in _entries.read(uri, _NEEDED):
        needing(raw, _NEEDED, uri)
        known = {c: pl.when(~pl.col(c).is_in(_UNKNOWN)).then(pl.col(c)) for c in ("VesselName", "IRCS")}
        carries = pl.col("IsscfvCode").is_in(_CARRIERS)
        told = raw.select(
            pl.col(ROW).alias("line"),
            own_id=pl.col("ICCATSerialNo"),
            name=known["VesselName"],
            callsign=known["IRCS"],
            imo=pl.when(pl.col("IRNoTypeCode") == "IMO").then("IntRegNo"),
            flag=alpha3(raw["FlagRepCode"].fill_null("")),
            gear=pl.col("IsscfgCode"),
            length_m=_convert.number(raw["LOAm"]).alias("length_m"),
            reason=pl.lit("on ICCAT's record of vessels"),
            **{"class": pl.when(carries).then(pl.lit("carrier")).otherwise(pl.lit("fishing"))},
        )
        found, rejects = _entries.entries(told, raw, uri.name, LIST, date)
        yield Batch({"lists": found}, _source.merged([bad, rejects]), len(raw) + len(bad), "rfmo")
