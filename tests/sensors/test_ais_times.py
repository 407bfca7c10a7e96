"""Receive times and stations of real logs, against what a plain search of each line finds."""

from __future__ import annotations

import gzip
import re
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from ais_oracle import ours

TAG_TIME, TAG_STATION = re.compile(rb"[\\,]c:(\d{10})"), re.compile(rb"[\\,]s:([^,*\\]+)")
LATE_TIME, LATE_STATION = (
    re.compile(rb"\*[0-9A-F]{2},.*?(\d{10})\s*$"),
    re.compile(rb",([rRbB][0-9A-Za-z_]{3,})(?:,|\s*$)"),
)


@pytest.mark.parametrize(
    ("name", "time", "station"),
    [
        ("uscg_nais_20160728_a.nmea.gz", TAG_TIME, TAG_STATION),
        ("aisdb__test_data_20211101.nm4", TAG_TIME, TAG_STATION),
        ("aduvenhage__test_ais_data.log", TAG_TIME, TAG_STATION),
        ("noaadata__test.ais", LATE_TIME, LATE_STATION),
        ("libais__test.aivdm", LATE_TIME, None),
    ],
)
def test_each_message_has_its_line_s_time_and_station(
    data_dir: Path, name: str, time: re.Pattern[bytes], station: re.Pattern[bytes] | None
) -> None:
    data = (data_dir / "nmea" / name).read_bytes()
    lines = (gzip.decompress(data) if name.endswith(".gz") else data).split(b"\n")
    found = ours(b"\n".join(lines))
    single = pl.col("line_first") == pl.col("line_last")
    rows = pl.concat([f.filter(single).select("t_seen", "station", "line_last") for f in (found.reports, found.claims)])
    checked = 0
    for t_seen, where, number in rows.iter_rows():
        line = lines[number - 1]
        told = time.search(line)
        assert t_seen == (datetime.fromtimestamp(int(told[1]), UTC) if told else None), line
        if station is not None:
            named = station.search(line)
            assert where == (named[1].decode() if named else None), line
        checked += told is not None
    assert checked > 0.9 * len(rows) > 0


GATEHOUSE = ("dma_aislib__stream_example.txt", "dma_aisabnormal__212123000_drift_1.ais")
"""Logs in which ``$PGHP`` tells the time of the message that follows it."""


def preceded(data: bytes, several: bool) -> dict[int, datetime]:
    """Times by the line of the first sentence, where the check that ends ``$PGHP`` is that of the message that follows.

    Of several sentences it is the exclusive or of their checksums.
    """
    lines = [line.strip() for line in data.split(b"\n")]
    found = {}
    for n, (gatehouse, first, second) in enumerate(zip(lines, lines[1:], lines[2:], strict=False)):
        if not gatehouse.startswith(b"$PGHP") or first[6:10] != (b",2,1" if several else b",1,1"):
            continue
        check = int(first[-2:], 16) ^ (int(second[-2:], 16) if several else 0)
        fields = gatehouse.partition(b"*")[0].split(b",")
        if int(fields[-1], 16) == check and (not several or second[6:10] == b",2,2"):
            y, mo, d, h, mi, s, ms = map(int, fields[2:9])
            found[n + 2] = datetime(y, mo, d, h, mi, s, ms * 1000, UTC)
    return found


def gatehouse_times(data: bytes, several: bool) -> None:
    stated = preceded(data, several)
    found = ours(data)
    rows = pl.concat([f.select("t_seen", "line_first") for f in (found.reports, found.claims)])
    told = [(stated[n], t) for t, n in rows.iter_rows() if n in stated]
    assert len(told) > 400
    assert [pair for pair in told if pair[0] != pair[1]] == []


@pytest.mark.parametrize("name", GATEHOUSE)
def test_gatehouse_times_reach_the_message_that_follows(data_dir: Path, name: str) -> None:
    gatehouse_times((data_dir / "nmea" / name).read_bytes(), several=False)


@pytest.mark.parametrize("name", GATEHOUSE)
def test_gatehouse_times_reach_messages_of_several_sentences(data_dir: Path, name: str) -> None:
    gatehouse_times((data_dir / "nmea" / name).read_bytes(), several=True)
