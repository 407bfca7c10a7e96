"""Events in words that an officer can repeat on the radio: who, where, how long, how far."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from makara.base.units import HOUR_S, NMI_M


def detail(event: Mapping[str, Any]) -> dict[str, Any]:
    """The event's details, read from JSON where they are text."""
    found = event["details"]
    return dict(json.loads(found)) if isinstance(found, str) else dict(found)


def who(event: Mapping[str, Any]) -> str:
    """The event's vessels by MMSI, else by participant."""
    numbers = [f"{m:09d}" for m in event["mmsi"]]
    names = numbers or [str(p) for p in event["participants"]]
    return ("MMSI " if numbers else "") + " and ".join(names)


def place(event: Mapping[str, Any]) -> str:
    """Where it was, degrees and minutes.

    >>> place({"lon_deg": -179.5, "lat_deg": -17.25})
    '17 15.0 S 179 30.0 W'
    """
    lat, lon = event["lat_deg"], event["lon_deg"]
    return f"{_angle(lat)} {'N' if lat >= 0 else 'S'} {_angle(lon)} {'E' if lon >= 0 else 'W'}"


def _angle(value: float) -> str:
    tenths = round(abs(value) * 600)
    return f"{tenths // 600:d} {tenths % 600 / 10:04.1f}"


def hours(seconds: float) -> str:
    """Seconds as hours."""
    return f"{seconds / HOUR_S:.1f}"


def nmi(metres: float) -> str:
    """Metres as nautical miles."""
    return f"{metres / NMI_M:.1f}"
