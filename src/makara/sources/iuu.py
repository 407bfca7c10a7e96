"""Vessels listed for illegal, unreported and unregulated fishing: the combined list of all regional organisations.

Who: Trygg Mat Tracking (iuu-vessels.org), from the lists of CCAMLR, CCSBT, GFCM, IATTC, ICCAT, IOTC, NAFO, NEAFC,
NPFC, SEAFO, SIOFA, SPRFMO, WCPFC. Format: CSV with ``is_currently_listed, vessel_name, all_names, rfmo_name, imo,
mmsi, ircs, flag, vessel_type, gear_type, listing_rfmos, listing_reason``; names separated by ``|``. Entries no longer
listed are kept as former ones. Licence: the provider's terms. Latency: weeks; the list's date comes with ``--as-of``
or the file's name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import polars as pl

from makara.sources import _entries, _source
from makara.sources._flags import alpha3
from makara.sources._rows import ROW, needing
from makara.sources._sniff import Guess, Head
from makara.sources._source import Batch, Source

SOURCE = Source("iuu", ("lists",), "the combined IUU vessel list (CSV)", (_entries.AS_OF,))
LIST: Final = "iuu"
_NEEDED: Final = ("is_currently_listed", "vessel_name", "imo", "mmsi", "ircs", "flag")
_OTHERS: Final = ("all_names", "rfmo_name", "vessel_type", "gear_type", "listing_rfmos", "listing_reason")


def recognises(head: Head) -> Guess | None:
    """The columns of the combined list."""
    return _entries.has(head, _NEEDED, "the combined IUU list")


def read(uri: Path, options: Mapping[str, str]) -> Iterator[Batch]:
    """Read the combined list; feed ``iuu``. See :class:`makara.sources.Reader`."""
    given = SOURCE.check(options)
    date = _entries.as_of(uri, given)
    for raw, bad in _entries.read(uri, (*_NEEDED, *_OTHERS)):
        needing(raw, _NEEDED, uri)
        have = raw.with_columns(pl.lit(None, pl.String).alias(c) for c in _OTHERS if c not in raw.columns)
        kind = pl.col("vessel_type").fill_null("")
        carrier = kind.str.contains("(?i)carrier|reefer|cargo") & ~kind.str.contains("(?i)fishing vessel")
        others = pl.concat_list(pl.col("all_names").str.split("|"), pl.concat_list("rfmo_name"))
        names = others.list.eval(pl.element().str.strip_chars()).list.drop_nulls().list.unique(maintain_order=True)
        told = have.select(
            pl.col(ROW).alias("line"),
            imo=pl.col("imo"), mmsi=pl.col("mmsi"), callsign=pl.col("ircs"), name=pl.col("vessel_name"),
            names=names.list.set_difference(pl.concat_list(pl.col("vessel_name").fill_null(""), pl.lit("Unknown"))),
            flag=alpha3(have["flag"].fill_null("")),
            gear=pl.col("gear_type"),
            former=pl.col("is_currently_listed").str.to_lowercase().is_in(["false", "0", "no"]),
            reason=pl.concat_str(
                pl.format("listed by {}", "listing_rfmos"), pl.col("listing_reason"), separator=": ", ignore_nulls=True
            ),
            **{"class": pl.when(carrier).then(pl.lit("carrier")).otherwise(pl.lit("fishing"))},
        )  # fmt: skip
        ordered = pl.col("names").list.drop_nulls().list.sort()
        told = told.with_columns(pl.when(ordered.list.len() > 0).then(ordered).alias("names"))
        found, rejects = _entries.entries(told, raw, uri.name, LIST, date)
        yield Batch({"lists": found}, _source.merged([bad, rejects]), len(raw) + len(bad), "iuu")
