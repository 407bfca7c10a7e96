"""No input crashes the decoder, makes it lose a line, or matters by how it comes in pieces.

``tools/fuzz_ais.py`` keeps the same laws for as long as it is let, with every read of the kernels checked.
"""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
from ais_fuzz import EPOCH, accounted, closed, hostile, laws, same, sentences, split
from hypothesis import given, settings
from hypothesis import strategies as st

from makara.sensors.ais import Decoded, decode, decode_chunks

SENTENCE = b"!" + closed(b"AIVDM,1,1,,A,15M67FC000G?ufbE`FepT@3n00Sa,0")
FIRST, SECOND = (
    b"!" + closed(b"AIVDM,2,1,3,B,55?MbV02;H;s<HtKR20EHE:0@T4@Dn2222222216L961O5Gf0NSQEp6ClRp8,0"),
    b"!" + closed(b"AIVDM,2,2,3,B,88888888880,2"),
)
SMALL = b"\r\n".join([
    b"\\" + closed(b"g:1-2-9,s:A,c:%d" % EPOCH) + b"\\" + FIRST,
    b"$" + closed(b"PGHP,1,2024,3,1,12,0,0,0,219,2,2190047,1," + SENTENCE[-2:]), SENTENCE,
    b"\\" + closed(b"g:2-2-9") + b"\\" + SECOND, b"", b"# told", b"\\" + closed(b"c:%d000" % EPOCH) + b"\\",
    b"\0" + SENTENCE + b",r003669945,1709294400", b"2024-03-01T12:00:00Z " + SENTENCE, b"hello", SENTENCE[:-1] + b"Z",
    SECOND,
])  # fmt: skip
"""One of each."""


@settings(max_examples=80)
@given(st.integers(0, 2**32))
def test_laws_hold_on_hostile_input(seed: int) -> None:
    laws(seed)


@settings(max_examples=30)
@given(st.integers(0, 2**32))
def test_laws_hold_on_spoilt_logs(data_dir: Path, seed: int) -> None:
    rng = Random(seed)
    log = rng.choice(sorted((data_dir / "nmea").glob("[adlnp]*")))
    laws(seed, log.read_bytes())


@settings(max_examples=40)
@given(st.binary(max_size=600))
def test_laws_hold_on_anything(data: bytes) -> None:
    whole = decode(data)
    accounted(data, whole)
    same(whole, split(data, lambda: 7, 5))


@settings(max_examples=20)
@given(st.integers(0, 2**32))
def test_a_broken_line_costs_itself_alone(seed: int) -> None:
    rng = Random(seed)
    lines = [b"\\" + closed(b"s:A,c:%d" % (EPOCH + n)) + b"\\" + s for n in range(9) for s in sentences(rng)]
    lines += [s for _ in range(5) for s in sentences(rng)]
    broken = b"\\" + closed(b"g:1-2-3,s:B,c:%d" % (EPOCH + 50)) + b"\\"
    spoilt = list(lines)
    for _ in range(6):
        cut = rng.choice((SENTENCE[: rng.randint(1, 40)], SENTENCE[:-1] + b"0", b"!AIVDM,1,1,,A,,0*26", b"hello"))
        spoilt.insert(rng.randint(0, len(spoilt)), broken + cut)
    whole, found = decode(b"\n".join(lines) + b"\n"), decode(b"\n".join(spoilt) + b"\n")
    assert found.reports.equals(whole.reports)
    assert found.claims.equals(whole.claims)


def test_a_file_may_end_anywhere() -> None:
    for end in range(0, len(SMALL) + 1, 2):
        accounted(SMALL[:end], decode(SMALL[:end]))


def test_pieces_may_end_anywhere() -> None:
    whole = decode(SMALL)
    assert (len(whole.reports), len(whole.claims), len(whole.rejects)) == (3, 1, 3)
    for at in range(1, len(SMALL), 2):
        pieces = [SMALL[:at], SMALL[at:]]
        same(whole, Decoded.concat(decode_chunks(pieces, chunk_bytes=at)))


@pytest.mark.parametrize("size", [1, 13, 64, 100, 1000])
def test_blocks_may_have_any_size(size: int) -> None:
    same(decode(SMALL), split(SMALL, lambda: 10, size))


@pytest.mark.parametrize(
    "data",
    [
        b"!AIVDM,1,1,,A," + b"w" * 500_000 + b",0*00\n" + SENTENCE,
        b"\\s:" + b"x" * 100_000 + b"\\" + SENTENCE + b"\n" + SENTENCE,
        b"\\" * 70_000 + b"\n" + SENTENCE,
        b"!" * 70_000 + b"\n" + SENTENCE,
        b"\n" * 50_000 + SENTENCE,
        b"\0" * 50_000 + SENTENCE + b"\n" + SENTENCE,
        b"," * 70_000 + b"\n" + SENTENCE,
        b"!" + closed(b"AIVDM,1,1,,A," + b"w" * 3000 + b",0") + b"\n" + SENTENCE,
    ],
    ids=["payload", "station", "backslashes", "bangs", "blank", "nul", "commas", "long and right"],
)
def test_monsters_cost_their_line_only(data: bytes) -> None:
    found = decode(data)
    accounted(data, found)
    assert len(found.reports) >= 1


def test_many_open_messages_are_given_up_and_told() -> None:
    rng = Random(1)
    parts = []
    while len(parts) < 5000:
        first, *rest = sentences(rng)
        if rest:
            parts.append(b"\\" + closed(b"g:1-2-%d" % len(parts)) + b"\\" + first)
    data = b"\n".join([*parts, *[SENTENCE] * 11_000, b"\\" + closed(b"g:2-2-0") + b"\\" + SECOND])
    found = decode(data)
    accounted(data, found)
    assert found.stats["rejects"] == {"lost_part": 5001}


def test_hostile_input_is_not_all_rejected() -> None:
    found = [decode(hostile(Random(seed))) for seed in range(60)]
    assert sum(len(f.reports) for f in found) > 100
    assert sum(len(f.claims) for f in found) > 20
    assert len({r for f in found for r in f.stats["rejects"]}) >= 6
