"""Field by field equal to pyais: on all real logs, and on generated messages of every type with every value.

A difference that is not on the list ``ais_oracle.MEANT``, each with the clause of ITU-R M.1371-5 behind it, fails.
"""

from __future__ import annotations

import gzip
from collections import Counter
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import pytest
from ais_oracle import (
    CLAIMS,
    MEANT,
    MESSAGES,
    POSITIONS,
    Told,
    checksum,
    claim,
    differences,
    message,
    oracle,
    ours,
    report,
    unexplained,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from pyais import encode_dict
from pyais.messages import MSG_CLASS, MessageType24PartA, MessageType24PartB

from makara.sensors.ais import Decoded

LOGS = (
    "aduvenhage__test_ais_data.log", "aisdb__test_data_20211101.nm4", "amsa_risky__exact-earth-augmented.txt",
    "dma_aisabnormal__212123000_drift_1.ais", "dma_aislib__decode_encode_messages.txt",
    "dma_aislib__small_cb_example.txt", "dma_aislib__stream_example.txt", "gpsd__sample.aivdm", "libais__test.aivdm",
    "noaadata__test.ais", "pyais__nmea_data_sample.txt", "uscg_nais_20160728_a.nmea.gz",
)  # fmt: skip
SHORTEST = {1: 116, 2: 116, 3: 116, 4: 134, 5: 232, 9: 116, 11: 134, 18: 112, 19: 112, 21: 219, 27: 79}
"""Bits up to the latitude, or the name (annex 8): a report without a place, or a claim without a name, is none."""


def need(t: Told) -> int:
    """Bits that a message needs to be of use."""
    if t.message.msg_type == 24:
        return 48 if t.message.partno else 160
    return SHORTEST.get(t.message.msg_type, 38)


ARMOUR = bytes(range(48, 88)) + bytes(range(96, 120))


@cache
def of_log(path: Path) -> tuple[Decoded, dict[int, Told], Counter[str]]:
    data = path.read_bytes()
    return compared(gzip.decompress(data) if path.suffix == ".gz" else data)


def compared(data: bytes) -> tuple[Decoded, dict[int, Told], Counter[str]]:
    """Ours and theirs, after every difference was found to be meant; how often each was."""
    found, told = ours(data), oracle(data)
    seen: Counter[str] = Counter()
    for rows, row_of, kinds in (
        (found.reports, report, POSITIONS),
        (found.claims, claim, CLAIMS),
        (found.messages, message, MESSAGES),
    ):
        theirs = {line: t for line, t in told.items() if t.message.msg_type in kinds}
        mine = set(rows["line_last"])
        missing = [theirs[line] for line in theirs.keys() - mine]
        assert all(t.bits < need(t) for t in missing), missing
        assert mine <= theirs.keys(), "ours alone"
        assert len(rows) == len(mine)
        apart = differences(rows, told, row_of)
        assert unexplained(apart) == []
        seen.update(name for d in apart for name, (_, is_it) in MEANT.items() if is_it(d))
    return found, told, seen


@pytest.mark.parametrize("name", LOGS)
def test_real_logs_are_as_pyais_has_them(data_dir: Path, name: str) -> None:
    found, told, _ = of_log(data_dir / "nmea" / name)
    whole = [t for t in told.values() if t.bits >= need(t)]
    assert found.stats["messages"] == len(whole) > 0
    kinds = Counter(t.message.msg_type for t in whole)
    assert found.stats["types"] == dict(sorted(kinds.items()))


def test_the_list_of_logs_is_whole(data_dir: Path) -> None:
    files = {p.name for p in (data_dir / "nmea").iterdir()}
    assert files - set(LOGS) == {"gpsd__sample.aivdm.chk", "libais__typeexamples.json"}


def armoured(bits: str) -> list[bytes]:
    """Sentences of a message given as bits."""
    fill = -len(bits) % 6
    bits += "0" * fill
    chars = bytes(ARMOUR[int(bits[i : i + 6], 2)] for i in range(0, len(bits), 6))
    parts = [chars[i : i + 56] for i in range(0, len(chars), 56)]
    lines = []
    for k, part in enumerate(parts, 1):
        number = b"1" if len(parts) > 1 else b""
        body = b"AIVDM,%d,%d,%b,A,%b,%d" % (len(parts), k, number, part, fill if k == len(parts) else 0)
        lines.append(b"!%b*%02X" % (body, checksum(body)))
    return lines


def anything(rng: Random) -> str:
    """Bits of a message of any type, each field empty, full, or anything; a tenth cut short."""
    kind = rng.choice((*POSITIONS, 5, 240, 241, *MESSAGES))
    if kind in MESSAGES:
        length = rng.choice((64, 72, 88, 96, 112, 144, 160, 168, 256, 360, 600))
        return f"{kind:06b}{rng.getrandbits(length):0{length}b}"
    cls = {240: MessageType24PartA, 241: MessageType24PartB}.get(kind) or MSG_CLASS[kind]
    bits = ""
    for name, _, width, *_ in cls.decoder_plan():
        full = (1 << width) - 1
        value = rng.choice((0, full, full >> 1, 1 << (width - 1), rng.randint(0, full), rng.randint(0, full)))
        if name in ("lon", "lat") and rng.random() < 0.3:
            value = rng.choice((90, 91, 180, 181)) * (600 if kind == 27 else 600_000) & full
        elif name == "mmsi" and rng.random() < 0.1:
            value = 982_350_001
        elif name == "msg_type":
            value = min(kind, 24)
        elif name == "partno":
            value = kind - 240
        elif name == "name":
            value |= int("1" + "000001" * 20, 2) >> 1  # none that ends early, see below
        bits += f"{value:0{width}b}"
    return bits[: rng.randint(6, len(bits))] if rng.random() < 0.1 else bits


def of_seed(seed: int) -> Counter[str]:
    rng = Random(seed)
    return compared(b"\n".join(line for _ in range(300) for line in armoured(anything(rng))) + b"\n")[2]


@settings(max_examples=8)
@given(st.integers(0, 2**32))
def test_generated_messages_are_as_pyais_has_them(seed: int) -> None:
    of_seed(seed)


def test_a_name_that_has_ended_has_no_extension() -> None:
    ended = "010101" + "0" * 37 + "000001" + "000000" + "000010" * 18 + "0" * 109 + "000011" * 14 + "0000"
    assert ours(b"\n".join(armoured(ended))).claims["name"].to_list() == ["A"]


def test_a_name_and_its_extension_are_one_text() -> None:
    fields = {"msg_type": 21, "mmsi": 992_471_001, "name": "SPECIAL MARK NO 1234", "name_ext": " EAST"}
    lines = [s.encode() for s in encode_dict(fields)]
    assert ours(b"\n".join(lines)).claims["name"].to_list() == ["SPECIAL MARK NO 1234 EAST"]


def test_an_extension_that_begins_with_a_space_and_ends_early_is_a_difference_that_is_meant() -> None:
    fields = "010101" + "0" * 37 + "000001" * 20 + "0" * 109 + "100000" + "000010" + "000000" + "000011" * 11
    found, _, seen = compared(b"\n".join(armoured(fields)))
    assert found.claims["name"].to_list() == ["A" * 20 + " B"]
    assert seen["a name goes on only when it is full, by 14 characters"] == 1


def natural(rng: Random) -> list[bytes]:
    """A message with values as ships send them, by pyais' encoder."""
    kind = rng.choice((1, 2, 3, 4, 5, 9, 11, 18, 19, 21, 24, 27))

    def name(length: int = 20) -> str:
        return "".join(rng.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .-/&'()", k=rng.randint(0, length)))

    fields: dict[str, Any] = {
        "msg_type": kind, "mmsi": rng.randint(200_000_000, 775_999_999), "lon": rng.uniform(-180, 180),
        "lat": rng.uniform(-90, 90),
    }  # fmt: skip
    if kind in (5, 19, 24):
        fields |= {"shipname": name(), "ship_type": rng.randint(0, 99), "to_bow": rng.randint(0, 511),
                   "to_stern": rng.randint(0, 511), "to_port": rng.randint(0, 63)}  # fmt: skip
    if kind in (5, 24):
        fields |= {"callsign": name(7), "partno": rng.randint(0, 1)}
    if kind == 5:
        fields |= {"imo": rng.randint(0, 9_999_999), "destination": name(), "draught": rng.uniform(0, 25),
                   "month": rng.randint(0, 12), "day": rng.randint(0, 31), "hour": rng.randint(0, 24),
                   "minute": rng.randint(0, 60)}  # fmt: skip
    if kind == 21:
        fields |= {"name": name(), "name_ext": rng.choice(("", "MORE", "OF IT"))}
    if kind in (1, 2, 3, 9, 18, 19, 27):
        fields |= {"course": rng.uniform(0, 359), "speed": rng.uniform(0, 60), "heading": rng.randint(0, 359),
                   "turn": rng.uniform(-700, 700), "status": rng.randint(0, 15)}  # fmt: skip
    if kind in (4, 11):
        fields |= {"year": rng.randint(2000, 2030), "month": 5, "day": 6, "hour": 7, "minute": 8, "second": 9}
    return [s.encode() for s in encode_dict(fields, talker_id="AI", sentence_type="VDM", seq_id=3)]


@settings(max_examples=5)
@given(st.integers(0, 2**32))
def test_what_pyais_encodes_is_as_pyais_has_it(seed: int) -> None:
    rng = Random(seed)
    messages = [natural(rng) for _ in range(100)]
    found, told, _ = compared(b"\r\n".join(line for m in messages for line in m))
    assert found.stats["messages"] == len(told) == len(messages)
    assert found.rejects.is_empty()


def test_differences_that_are_meant_do_occur(data_dir: Path) -> None:
    seen: Counter[str] = Counter()
    for name in LOGS:
        seen += of_log(data_dir / "nmea" / name)[2]
    for seed in range(6):
        seen += of_seed(seed)
    assert set(MEANT) == set(seen), "a reason that explains nothing is no reason"
