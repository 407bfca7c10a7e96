"""Unseenlabs' radio geolocations: ships by their navigation radars, each with an emitter's fingerprint.

Who: Unseenlabs (the BRO satellites, one satellite a fix). Format: CSV, GeoJSON points or JSON, one emission a row:
``date`` or ``timestamp`` (UTC), ``latitude, longitude, frequency`` (MHz), ``band`` or ``type``, the error ellipse as
``semi_major_axis, semi_minor_axis, azimuth``, ``confidence`` of the ellipse in per cent where it is not 95,
``emitter_id`` or ``signature`` (the fingerprint), ``acquisition_id``, ``satellite``. The vendor publishes no file
specification; these are the contents that its public descriptions name, under the names that such lists commonly bear,
and units that a column does not name are told by ``--frequency-unit`` and ``--axis-unit``. The fingerprint is kept as
the flag ``emitter:ID``: it ties detections of several passes. Licence: the customer's contract. Latency: hours.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from makara.sources import _emissions
from makara.sources._found import LAT, LON, parts
from makara.sources._sniff import Guess, Head
from makara.sources._source import Batch, Source

SOURCE = Source(
    "unseenlabs",
    ("collections", "detections"),
    "Unseenlabs radio geolocations (CSV, GeoJSON, JSON)",
    _emissions.OPTIONS,
    columns={
        "provider_id": ("detection_id", "id"),
        "product": ("acquisition_id", "acquisition", "collection_id"),
        "t_seen": (*_emissions.TIMES, "acquisition_time"),
        "lon_deg": (*_emissions.LONS, LON),
        "lat_deg": (*_emissions.LATS, LAT),
        "freq_hz": ("frequency_hz", "freq_hz"),
        "freq_mhz": ("frequency_mhz", "freq_mhz"),
        "freq_ghz": ("frequency_ghz", "freq_ghz"),
        "freq_plain": ("frequency", "carrier_frequency", "freq"),
        "emitter": ("emitter_class", "emitter_type", "type", "band"),
        **_emissions.AXES,
        "orientation_deg": _emissions.DIRECTIONS,
        "holds_share": ("confidence", "ellipse_confidence", "confidence_level"),
        "emitter_id": ("emitter_id", "signature", "signature_id", "fingerprint"),
        "platform": ("satellite", "satellite_id"),
        "licence": ("licence", "license"),
    },
    needed=("t_seen", "lon_deg", "lat_deg"),
    units=_emissions.UNITS,
    any_case=True,
)


def recognises(head: Head) -> Guess | None:
    """A frequency and an ellipse with its azimuth, or a fingerprint, under this vendor's names."""
    have = parts(head.columns)
    if not any(c.startswith("frequency") or c == "carrier_frequency" for c in have):
        return None
    axis = have & {c for n in ("semi_major_in_m", "semi_major_in_km", "semi_major_plain") for c in SOURCE.columns[n]}
    if axis and have & {"azimuth", "ellipse_azimuth", "azimuth_deg", "signature", "signature_id", "fingerprint"}:
        return Guess(0.85, "it has frequencies, ellipse axes, and azimuths or fingerprints")
    return None


def read(uri: Path, options: Mapping[str, str]) -> Iterator[Batch]:
    """Read a file of emissions; feed ``unseenlabs``. See :class:`makara.sources.Reader`."""
    yield from _emissions.read(uri, SOURCE, options, "Unseenlabs")
