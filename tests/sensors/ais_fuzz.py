"""Hostile AIS input, and the laws that decoding keeps on any input: used by a test and by ``tools/fuzz_ais.py``."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import reduce
from operator import xor
from random import Random

import polars as pl

from makara.sensors.ais import Decoded, decode, decode_chunks

EPOCH = 1709294400
_PAYLOADS = (
    (b"15M67FC000G?ufbE`FepT@3n00Sa", 0), (b"B52K>;h00Fc>jpUlNV@ikwpUoP06", 0), (b"402=acAuho;N>qt<J`>hKW100D22", 0),
    (b"K5E2b@U19PFdLbMu", 0), (b"H42O55i18tMET00000000000000", 2), (b"<02:oP0kKcv0@<51C5PB5@?BDPD?P:?2", 0), (b"", 0),
)  # fmt: skip
_LONG = ((b"55?MbV02;H;s<HtKR20EHE:0@T4@Dn2222222216L961O5Gf0NSQEp6ClRp8", 0), (b"88888888880", 2))
_ODD = (
    b"999999999999999999999999999999", b"18446744073709551616", b"-1", b"0", b"4294967296", b"\xff" * 9, b"\0", b"",
    b"\\", b"!", b"*", b",", b"\r", b"9-9-9", b"g:", b"c:", b"s:", b"!AIVDM,", b"$PGHP,", b"*00", b"1" * 300,
    b"w" * 2000,
)  # fmt: skip
_CHUNKS = (1, 60, 120, 300, 1000, 1 << 24)


def closed(body: bytes) -> bytes:
    """A body with its checksum."""
    return b"%b*%02X" % (body, reduce(xor, body, 0))


def sentences(rng: Random) -> Iterator[bytes]:
    """The sentences of one good message."""
    channel, talker = rng.choice((b"A", b"B", b"", b"1")), rng.choice((b"AIVDM", b"AIVDO", b"BSVDM", b"--VDM"))
    if rng.random() < 0.3:
        seq = rng.randint(0, 9)
        for k, (payload, fill) in enumerate(_LONG, 1):
            yield b"!" + closed(b"%b,2,%d,%d,%b,%b,%d" % (talker, k, seq, channel, payload, fill))
    else:
        payload, fill = rng.choice(_PAYLOADS)
        yield b"!" + closed(b"%b,1,1,,%b,%b,%d" % (talker, channel, payload, fill))


def line(rng: Random, sentence: bytes, group: bytes) -> bytes:
    """A sentence in one of the dialects."""
    t = EPOCH + rng.randint(0, 100)
    return rng.choice((
        sentence,
        b"\\" + closed(b"s:ST%d,c:%d" % (rng.randint(0, 3), t)) + b"\\" + sentence,
        b"\\" + closed(b"%b,s:ST,c:%d000" % (group, t)) + b"\\" + sentence,
        b"\\" + closed(b"c:%d" % t) + b"\\\n" + sentence,
        b"$" + closed(b"PGHP,1,2024,3,1,12,0,0,0,219,2,2190047,1,%b" % sentence[-2:]) + b"\n" + sentence,
        b"%b,s29101,d-090,T51.15,x26003,r003669945,%d" % (sentence, t),
        b"%b,%d000" % (sentence, t),
        b"2024-03-01T12:00:00Z " + sentence,
        b"%d %b" % (t, sentence),
        b"# " + sentence,
        b"\0" + sentence,
        b"",
    ))  # fmt: skip


def mutated(rng: Random, data: bytes, other: bytes) -> bytes:
    """Some bytes flipped, dropped, doubled, exchanged, or replaced by odd ones or a piece of something else."""
    out = bytearray(data)
    for _ in range(rng.randint(1, 6)):
        at = rng.randint(0, len(out))
        end = min(len(out), at + rng.choice((1, 1, 2, 5, 20, 80)))
        piece: bytes = rng.choice((
            b"", bytes(out[at:end]) * 2, rng.randbytes(end - at), rng.choice(_ODD), bytes([rng.randint(0, 255)]),
            other[(start := rng.randint(0, len(other))) : start + rng.randint(0, 100)],
        ))  # fmt: skip
        out[at:end] = piece
    return bytes(out)


def hostile(rng: Random, logs: bytes = b"") -> bytes:
    """Up to some forty lines: good ones in all dialects, pieces of logs, mutations of both, and noise."""
    lines: list[bytes] = []
    for n in range(rng.randint(1, 20)):
        parts = list(sentences(rng))
        lines += [line(rng, s, b"g:%d-%d-%d" % (k, len(parts), n)) for k, s in enumerate(parts, 1)]
    if rng.random() < 0.5:
        at = rng.randint(0, len(lines) - 1)
        lines.insert(rng.randint(0, len(lines)), lines.pop(at))
    end = rng.choice((b"\n", b"\r\n"))
    data = end.join(lines) + rng.choice((b"", end, end + end))
    if logs:
        at = rng.randint(0, max(0, len(logs) - 1000))
        data += logs[at : at + rng.randint(0, 1000)]
    kind = rng.random()
    if kind < 0.7:
        return mutated(rng, data, logs or data)
    return data if kind < 0.8 else rng.randbytes(rng.randint(0, 400)) + data


HEAD = re.compile(rb"!..VD[MO],", re.DOTALL)


def accounted(data: bytes, found: Decoded) -> None:
    """Every line is blank, a comment, a tag block of its own, part of a message, or a reject."""
    s = found.stats
    lines = data.count(b"\n") + (not data.endswith(b"\n") and bool(data))
    assert s["lines"] == lines
    # Sentences that ran into the line before them are told, too: at most one more each than there are lines.
    more = sum(max(0, len(HEAD.findall(line)) - 1) for line in data.replace(b"\0", b"").split(b"\n"))
    assert len(found.rejects) == sum(s["rejects"].values())
    assert 0 <= len(found.rejects) - found.rejects["line"].n_unique() <= more
    assert found.rejects.is_empty() or (found.rejects["line"].min() >= 1 and found.rejects["line"].max() <= lines)
    left = lines - s["blank"] - s["comments"] - s["meta"] - len(found.rejects)
    detail, reason = pl.col("detail"), pl.col("reason")
    spoilt = found.rejects.filter(
        reason.is_in(["bad_payload", "lost_part"]) | ((reason == "bad_row") & detail.str.starts_with("part "))
    )
    read = s["sentences"] - len(spoilt)
    assert 0 <= read - left <= more, "a line is lost, or told twice"
    assert s["messages"] == sum(s["types"].values()) <= read
    assert (read == 0) == (s["messages"] == 0)
    claims = found.claims.filter(~pl.col("msg_type").is_in([19, 21]))
    assert len(found.reports) + len(claims) + len(found.messages) == s["messages"]


def same(a: Decoded, b: Decoded) -> None:
    """The same frames; lost parts may be told earlier or later."""
    assert a.stats == b.stats
    assert a.reports.equals(b.reports)
    assert a.claims.equals(b.claims)
    assert a.messages.equals(b.messages)
    assert a.rejects.sort("line", "offset").equals(b.rejects.sort("line", "offset"))


def split(data: bytes, at: Callable[[], int], chunk_bytes: int) -> Decoded:
    """Decode in pieces of the sizes that ``at`` gives."""

    def pieces() -> Iterator[bytes]:
        rest = data
        while rest:
            n = max(0, at())
            yield rest[:n]
            rest = rest[n:]

    return Decoded.concat(decode_chunks(pieces(), chunk_bytes=chunk_bytes))


def laws(seed: int, logs: bytes = b"") -> None:
    """One hostile input, and all that must hold of it.

    Raises:
        AssertionError: something does not.
    """
    rng = Random(seed)
    data = hostile(rng, logs)
    whole = decode(data)
    accounted(data, whole)
    longest = rng.choice((1, 3, 30, 200, 5000))
    same(whole, split(data, lambda: rng.randint(0 if longest > 1 else 1, longest), rng.choice(_CHUNKS)))
