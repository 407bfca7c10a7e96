"""Skylight's vessel detections: night lights, Sentinel-1, Sentinel-2 and Landsat, found by its models.

Who: Skylight, Allen Institute for AI. Format: JSON as its GraphQL API answers, the whole answer or its items, as one
array or one object a line: ``eventId, eventType`` (``viirs, sar_sentinel1, eo_sentinel2, eo_landsat_8_9``), ``start``
and ``end`` with ``time`` and ``point`` (``lat, lon``), ``eventDetails`` with ``detectionType, score, estimatedLength``
(metres), ``estimatedSpeedKts, heading, orientation, radianceNw``; the older API's names with underscores as well.
Followed: the queries of EarthRanger's public Skylight integration. Whether AIS matched (``detectionType``) is
Skylight's inference and is left out: Makara matches anew. Other events (fishing, rendezvous, zone visits) are no
detections and become rejects. Detections name no scene, so they belong to no look. Licence: Skylight's terms of use.
Latency: hours.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import polars as pl

from makara.sources import _found
from makara.sources._found import parts
from makara.sources._sniff import Guess, Head
from makara.sources._source import Batch, Source

SENSORS_OF: Final = {
    "viirs": "viirs",
    "sar_sentinel1": "sar",
    "eo_sentinel2": "optical",
    "eo_landsat_8_9": "optical",
}
"""Our kind of sensor by type of event."""
SOURCE = Source(
    "skylight",
    ("detections",),
    "Skylight vessel detections (JSON)",
    columns={
        "provider_id": ("eventid", "event_id"),
        "kind": ("eventtype", "event_type"),
        "t_seen": ("start.time",),
        "lon_deg": ("start.point.lon",),
        "lat_deg": ("start.point.lat",),
        "p_vessel": ("eventdetails.score", "event_details.score"),
        "length_m": ("eventdetails.estimatedlength", "event_details.estimated_length"),
        "sog_kn": ("eventdetails.estimatedspeedkts", "event_details.estimated_speed_kts"),
        "axis_deg": (
            "eventdetails.orientation",
            "eventdetails.heading",
            "event_details.orientation",
            "event_details.heading",
        ),
        "radiance_nw": ("eventdetails.radiancenw", "event_details.radiance_nw"),
    },
    needed=("t_seen", "lon_deg", "lat_deg", "kind"),
    any_case=True,
)


def recognises(head: Head) -> Guess | None:
    """Events with a type of detection."""
    have = parts(head.columns)
    named = have & {"eventid", "event_id"} and have & {"eventtype", "event_type"}
    if head.kind == "json" and named and any(k.encode() in head.data for k in SENSORS_OF):
        return Guess(0.9, "it has events of types that Skylight's detections have")
    return None


def _refine(told: pl.DataFrame) -> pl.DataFrame:
    known = pl.col("kind").replace_strict(SENSORS_OF, default=None, return_dtype=pl.String())
    return told.with_columns(known.fill_null(pl.col("kind")).alias("sensor"))


def read(uri: Path, options: Mapping[str, str]) -> Iterator[Batch]:
    """Read an answer; feed ``skylight``. See :class:`makara.sources.Reader`."""
    SOURCE.check(options)
    yield from _found.batches(_found.frames(uri, SOURCE), SOURCE, uri, _refine, provider="Skylight")
