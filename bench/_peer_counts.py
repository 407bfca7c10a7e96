"""How many good messages each peer finds in each log of the data folder: the table that a test holds us to.

``.venv-peers/bin/python -m bench._peer_counts DATA/nmea > tests/sensors/peer_counts.csv``, after ``tools/peers.sh``.

A message is good when all its sentences are there with the right checksum, it is of one of the 27 types, and it is
long enough for what its type is for: the MMSI, in position reports the place, in types 5 and 24A the name. So that
peers which answer to less are not counted for it, lines that cannot be part of a good message are taken out first,
and comments, in which one of them reads sentences; all others (tag blocks, foreign sentences, parts of messages) stay.
"""

from __future__ import annotations

import gzip
import re
import sys
import tempfile
from functools import reduce
from operator import xor
from pathlib import Path

from bench import _peer

LOGS = (".log", ".nm4", ".txt", ".ais", ".aivdm", ".nmea.gz")
_SENTENCE = re.compile(rb"!(...?VD[MO],(\d),\d,\d*,[^,]*,([^,*]*),(\d))\*([0-9A-Fa-f]{2})")
_BITS = {1: 116, 2: 116, 3: 116, 4: 134, 5: 232, 9: 116, 11: 134, 18: 112, 19: 112, 21: 219, 27: 79}
"""Bits up to the latitude (ITU-R M.1371-5, annex 8), or up to the name; all others: the MMSI."""


def may_be_good(line: bytes) -> bool:
    """Whether a line may be (part of) a good message, or holds no AIS sentence at all."""
    if line.startswith(b"#"):
        return False
    found = _SENTENCE.search(line)
    if found is None:
        return b"VDM" not in line and b"VDO" not in line
    body, of, payload, fill, check = found.groups()
    if reduce(xor, body, 0) != int(check, 16) or not payload:
        return False
    if of != b"1":
        return True
    kind = payload[0] - 48 if payload[0] < 88 else payload[0] - 56
    bits = 6 * len(payload) - int(fill)
    if kind == 24:
        return bits >= (160 if payload[6:7] in _PART_A and len(payload) > 6 else 48)
    return 0 < kind < 28 and bits >= _BITS.get(kind, 38)


_PART_A = tuple(bytes([c]) for c in (*range(48, 88), *range(96, 120)) if (c - 48 if c < 88 else c - 56) >> 2 & 3 == 0)
"""Seventh characters of type 24 whose part number (bits 38 and 39) is 0."""


def main(folder: Path) -> int:
    """Count and print."""
    print("log,peer,messages")
    for log in sorted(folder.iterdir()):
        if not log.name.endswith(LOGS):
            continue
        data = log.read_bytes()
        if log.suffix == ".gz":
            data = gzip.decompress(data)
        with tempfile.NamedTemporaryFile() as cleaned:
            cleaned.write(b"\n".join(line for line in data.split(b"\n") if may_be_good(line)))
            cleaned.flush()
            for peer in _peer.PEERS:
                kinds = _peer.table(peer, cleaned.name)["msg_type"]
                print(f"{log.name},{peer},{kinds.is_between(1, 27).sum()}")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
