"""Columns, codes and limits that the compiled steps of the decoder share.

Numba's cache does not see changes in other files: after a change here, touch ``_scan.py``, ``_assemble.py`` and
``_extract.py``, whose compiled functions include this.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

NO_TIME: Final = np.int64(-(2**63))
LINES_MAX: Final = 10_000
"""Parts and group lines further apart than so many lines do not belong together."""
LINE_BYTES: Final = 64 * 1024
"""A longer line is no line; its beginning is kept for the reject."""
PAYLOAD_MAX: Final = 1_024
"""A longer payload of one sentence is none: a message has at most 1,064 bits, 178 characters."""
NAME_BYTES: Final = 255
"""A longer name is no station's."""
TAGS_MAX: Final = 8
"""Tag blocks of one line."""
ROWS_MAX: Final = 131_072
REJECTS_MAX: Final = 65_536
"""Sentences and rejected lines that are taken together."""
NAMES_MAX: Final = 32_768
NAMES_BYTES: Final = NAMES_MAX * (NAME_BYTES + 1)
NAME_SLOTS: Final = 2 * NAMES_MAX
GROUP_SLOTS: Final = 32_768
GROUPS_MAX: Final = GROUP_SLOTS // 2


def numbers(n: int, start: int = 0) -> Any:
    """Typed numbers: compiled functions are not compiled anew for each value, as they are for plain ones."""
    return tuple(np.int64(i) for i in range(start, start + n))


# Columns of a sentence.
LINE, OFFSET, RAW, RAW_END, PAY, LEN, FILL, T, STATION, KEY, PART, OF, CHANNEL, OWN, FIRST, WHOLE = numbers(16)
# Of one of several: checksum, by exclusive or with that of a ``$PGHP`` before part 1; the time and station told there.
CHECK, HINT_T, HINT_STATION = numbers(3, 16)
SENTENCE_COLUMNS: Final = 19
# Columns of a reject: LINE, OFFSET, RAW and RAW_END as above, then code and two values.
CODE, A, B = numbers(3, 4)
REJECT_COLUMNS: Final = 7
# Codes of rejects.
NOT_NMEA, MALFORMED, CUT, CHECKSUM, TAG_CHECKSUM, UNSUPPORTED, PART_OF = numbers(7)
LOST, ARMOUR, NO_PAYLOAD, LONG, KIND, SHORT, PART_24, NEED = numbers(8, 7)
FINE: Final = np.int64(-1)
# What is remembered from line to line.
(LOOSE, LOOSE_T, LOOSE_STATION, LOOSE_PART, LOOSE_GROUP, GATE, GATE_T, GATE_STATION, GATE_CHECK) = numbers(9)
(N_NAMES, N_NAME_BYTES, N_GROUPS, BASE_T, LINES_READ, BYTES_READ, DATE) = numbers(7, 9)
STATE: Final = 24
# What is counted.
BLANK, COMMENTS, META, SENTENCES, N_ROWS, N_REJECTS, SIDE, SEVERAL = numbers(8)
COUNTS: Final = 8
# Columns of a group.
GROUP_ID, GROUP_T, GROUP_STATION, GROUP_LINE = numbers(4)
