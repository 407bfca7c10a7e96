"""Where the fields of each type of message lie, and where columns do: ITU-R M.1371-5, annex 8, as tables.

Numba's cache does not see changes in other files: after a change here, touch ``_scan.py``, ``_assemble.py`` and
``_extract.py``, whose compiled functions include this.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from makara.sensors.ais._layout import (
    numbers,
)

# What each table begins with: whole numbers (64 bits), codes (32 bits), views of text, masks.
ID, SEEN, MOVER, FIRST_LINE, LAST_LINE = numbers(5)
MMSI, TYPE = numbers(2)
RECEIVER, AT_STATION, ON_CHANNEL = numbers(3)
HAS_T, HAS_STATION, HAS_CHANNEL = numbers(3)
# Reports: codes, views, masks, places, motion.
R_STATUS = np.int64(2)
R_TRANSPONDER = np.int64(3)
R_HAS_PLACE, R_ACCURATE, R_HAS_SOG, R_HAS_COG, R_HAS_HEADING, R_HAS_ROT, R_HAS_STATUS, R_IS_OWN = numbers(8, 3)
R_LON, R_LAT = numbers(2)
R_SOG, R_COG, R_HEADING, R_ROT = numbers(4)
# Claims: codes, views, masks, sizes.
C_IMO, C_SHIP = numbers(2, 2)
C_PART, C_NAME, C_CALLSIGN, C_DESTINATION, C_ETA = numbers(5, 3)
C_HAS_PART, C_HAS_NAME, C_HAS_CALLSIGN, C_HAS_DESTINATION, C_HAS_ETA = numbers(5, 3)
C_HAS_IMO, C_HAS_SHIP, C_HAS_LENGTH, C_HAS_WIDTH, C_HAS_DRAUGHT = numbers(5, 8)
C_LENGTH, C_WIDTH, C_DRAUGHT = numbers(3)
# Messages: codes, views, masks.
M_DAC, M_FI, M_TO, M_BITS = numbers(4, 2)
M_TEXT, M_PAYLOAD = numbers(2, 3)
M_HAS_TEXT, M_HAS_APP, M_HAS_TO = numbers(3, 3)
TEXT_MAX: Final = 72
"""Characters of the longest texts of a claim together, and eight to spare."""
_NONE, _REPORT, _CLAIM, _BOTH, _MESSAGE = numbers(5)
_GIVES: Final = np.full(64, _NONE, np.int64)
_GIVES[1:28] = _MESSAGE
_GIVES[[1, 2, 3, 4, 9, 11, 18, 27]] = _REPORT
_GIVES[[5, 24]] = _CLAIM
_GIVES[[19, 21]] = _BOTH
SART: Final = np.int64(3)
# Where the fields of a position lie, by type: first bit of accuracy, longitude, latitude, speed, course, heading, turn,
# status (-1: none); bits of longitude (latitude has one less), speed, course; the transponder's number in reports.
_ACCURACY, _LON, _LAT, _SPEED, _COURSE, _HEADING, _TURN, _STATUS, _LON_BITS, _SPEED_BITS, _COURSE_BITS, _SENDER = (
    numbers(12)
)
_PLACES: Final = np.full((64, 12), -1, np.int64)
_PLACES[[1, 2, 3]] = (60, 61, 89, 50, 116, 128, 42, 38, 28, 10, 12, 0)
_PLACES[4] = (78, 79, 107, -1, -1, -1, -1, -1, 28, 0, 0, 5)
_PLACES[9] = (60, 61, 89, 50, 116, -1, -1, -1, 28, 10, 12, 6)
_PLACES[11] = (78, 79, 107, -1, -1, -1, -1, -1, 28, 0, 0, 0)
_PLACES[[18, 19]] = (56, 57, 85, 46, 112, 124, -1, -1, 28, 10, 12, 1)
_PLACES[21] = (163, 164, 192, -1, -1, -1, -1, -1, 28, 0, 0, 4)
_PLACES[27] = (38, 44, 62, 79, 85, -1, -1, 40, 18, 6, 9, 2)
# Where the fields of an identity lie, by type (24B in row 25): first bit of IMO number, call sign, name, its extension,
# ship type, dimensions, ETA, draught, destination; bits that must be there.
_IMO, _CALL, _NAME, _MORE, _SHIP, _HULL, _ETA, _DRAUGHT, _DESTINATION, _LEAST = numbers(10)
_IDENTITIES: Final = np.full((64, 10), -1, np.int64)
_IDENTITIES[5] = (40, 70, 112, -1, 232, 240, 274, 294, 302, 232)
_IDENTITIES[19] = (-1, -1, 143, -1, 263, 271, -1, -1, -1, 112)
_IDENTITIES[21] = (-1, -1, 43, 272, -1, 219, -1, -1, -1, 219)
_IDENTITIES[24] = (-1, -1, 40, -1, -1, -1, -1, -1, -1, 160)
_IDENTITIES[25] = (-1, 90, -1, -1, 40, 132, -1, -1, -1, 48)
# Where the fields of other messages lie, by type: first bit of addressee, application, text.
_TO, _APP, _SAID = numbers(3)
_OTHERS: Final = np.full((64, 3), -1, np.int64)
_OTHERS[[7, 10, 13, 15, 16], 0] = 40
_OTHERS[6] = (40, 72, -1)
_OTHERS[8] = (-1, 40, -1)
_OTHERS[12] = (40, -1, 72)
_OTHERS[14] = (-1, -1, 40)
