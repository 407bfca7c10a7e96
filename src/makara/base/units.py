"""Units as constants: multiply by one to get SI. Names end in the SI unit that they are in."""

from __future__ import annotations

from typing import Final

NMI_M: Final = 1852.0
"""One international nautical mile, metres."""
KM_M: Final = 1000.0
KN_M_S: Final = NMI_M / 3600.0
"""One knot, metres a second."""
MINUTE_S: Final = 60
HOUR_S: Final = 3600
DAY_S: Final = 86_400
S_US: Final = 1_000_000
"""One second, microseconds: the tick of every timestamp."""

SUFFIXES: Final[dict[str, str]] = {
    "_m": "metres",
    "_s": "seconds",
    "_kn": "knots",
    "_deg": "degrees (true, clockwise, where an angle of direction)",
    "_db": "decibels",
    "_hz": "hertz",
    "_nw": "nanowatts per square centimetre and steradian",
    "_deg_min": "degrees a minute",
}
"""Column suffixes and what they mean; a test holds every numeric column to them."""
