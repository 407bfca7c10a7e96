"""No fewer good messages than any peer finds, on every real log.

``peer_counts.csv`` was made by ``bench/_peer_counts.py``, which says what a good message is.
"""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

import makara

TABLE = Path(__file__).parent / "peer_counts.csv"
PEERS = {"pyais", "libais", "aiscat", "gpsdecode", "marlin"}


def counts() -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    with TABLE.open() as file:
        for row in csv.DictReader(file):
            found.setdefault(row["log"], {})[row["peer"]] = int(row["messages"])
    return found


@pytest.mark.parametrize("log", counts())
def test_no_peer_finds_more(data_dir: Path, log: str) -> None:
    peers = counts()[log]
    assert set(peers) == PEERS
    assert makara.decode(data_dir / "nmea" / log).stats["messages"] >= max(peers.values()) > 0


def test_every_log_was_counted(data_dir: Path) -> None:
    logs = {p.name for p in (data_dir / "nmea").iterdir() if p.suffix not in (".chk", ".json")}
    assert set(counts()) == logs
