"""HawkEye 360's radio geolocations: emissions of radars, VHF, AIS, EPIRB and satellite phones, with error ellipses.

Who: HawkEye 360 (clusters of three satellites, time and frequency differences of arrival). Format: CSV, GeoJSON points
or JSON, one emission a row. Two families of names are read: those of delivered files (``utc_datetime`` or
``emission_start``, ``latitude, longitude, frequency`` in MHz, ``signal`` or ``emitter_class``, ``semi_major_axis,
semi_minor_axis, orientation`` of the 95 % ellipse), and those of the Unified Data Library's public schema for emitter
geolocations, which carries this product (``startTime, endTime, detectLat, detectLon, centerFreq`` in MHz,
``signalOfInterest, errEllp`` in metres and degrees, ``passGroupId, idRFEmitter, externalId, cluster``). The vendor
publishes no file specification: units that a column does not name are told by ``--frequency-unit`` and ``--axis-unit``.
Repeated emissions of one emitter in a pass become one detection. Licence: the customer's contract. Latency: hours.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from makara.sources import _emissions
from makara.sources._found import LAT, LON, parts
from makara.sources._sniff import Guess, Head
from makara.sources._source import Batch, Source

SOURCE = Source(
    "hawkeye",
    ("collections", "detections"),
    "HawkEye 360 radio geolocations (CSV, GeoJSON, JSON)",
    _emissions.OPTIONS,
    columns={
        "provider_id": ("geolocation_id", "geo_id", "externalid", "id"),
        "product": ("collection_id", "pass_group_id", "passgroupid", "collect_id", "pass_id"),
        "t_seen": ("utc_datetime", "emission_start", "starttime", "start_time", *_emissions.TIMES),
        "lon_deg": ("longitude", "detectlon", *_emissions.LONS[1:], LON),
        "lat_deg": ("latitude", "detectlat", *_emissions.LATS[1:], LAT),
        "freq_hz": ("frequency_hz", "center_frequency_hz", "freq_hz"),
        "freq_mhz": ("frequency_mhz", "center_frequency_mhz", "centerfreq", "freq_mhz"),
        "freq_ghz": ("frequency_ghz", "center_frequency_ghz", "freq_ghz"),
        "freq_plain": ("frequency", "center_frequency", "freq"),
        "emitter": ("signal", "emitter_class", "signal_of_interest", "signalofinterest", "signal_type", "emitter_type"),
        **_emissions.AXES,
        "semi_major_in_m": (*_emissions.AXES["semi_major_in_m"], "errellp.0"),
        "semi_minor_in_m": (*_emissions.AXES["semi_minor_in_m"], "errellp.1"),
        "orientation_deg": (*_emissions.DIRECTIONS, "errellp.2"),
        "holds_share": ("ellipse_confidence", "confidence_level"),
        "emitter_id": ("emitter_id", "idrfemitter", "origrfemitterid"),
        "platform": ("cluster", "satellite_cluster", "collector"),
        "licence": ("licence", "license"),
    },
    needed=("t_seen", "lon_deg", "lat_deg"),
    units=_emissions.UNITS,
    any_case=True,
)


def recognises(head: Head) -> Guess | None:
    """A place in time with an ellipse and a frequency, under this vendor's names."""
    have = parts(head.columns)
    if not have & {"centerfreq", "frequency", "frequency_mhz", "frequency_hz", "frequency_ghz"}:
        return None
    if "errellp" in have and "detectlat" in have:
        return Guess(0.9, "it has detectLat, centerFreq and errEllp")
    if have & {"utc_datetime", "emission_start"} and have & {"semi_major_axis", "semi_major_axis_km", "semi_major"}:
        return Guess(0.85, "it has emission times, frequencies and ellipse axes")
    return None


def read(uri: Path, options: Mapping[str, str]) -> Iterator[Batch]:
    """Read a file of emissions; feed ``hawkeye``. See :class:`makara.sources.Reader`."""
    yield from _emissions.read(uri, SOURCE, options, "HawkEye 360")
