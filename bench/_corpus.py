"""AIS sentences by the million for the decoders' benchmark: one seed, one corpus, in two forms.

``plain.nmea`` holds bare sentences, ``tagged.nmea`` the same in the same order with IEC 62320-1 tag blocks (station and
time; sentences of one message grouped). Two thirds are class A positions; the rest are class B, base stations, static
data, long range, and a twentieth of the rarer types: real sentences of the data folder's logs where it is there, else
our own. Three tenths of the messages of several sentences are interleaved with others, 0.2 % of the single ones have a
wrong checksum, 0.1 % are cut short, 2 % of the others have lost their last sentence.
"""

from __future__ import annotations

import gzip
import os
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
from bench._peer_counts import LOGS, may_be_good
from numpy.typing import NDArray

from makara.exercise import payloads, sentences
from makara.exercise.payloads import Bits

SHARES: Final = {
    "1": 0.52, "2": 0.01, "3": 0.13, "18": 0.13, "4": 0.04, "5": 0.05, "24A": 0.02, "24B": 0.02, "19": 0.003,
    "27": 0.012, "rare": 0.045, "long": 0.01, "common": 0.01,
}  # fmt: skip
"""Of the messages. ``rare``, ``common``: one sentence from the logs, of rarer types or not; ``long``: several."""
EPOCH: Final = 1_767_225_600
RATE: Final = 100
"""Messages a second."""
FLEET: Final = 20_000
STATIONS: Final = tuple(f"r{i:05d}" for i in range(60))
WIDTH: Final = 144
SENTENCES_A_MESSAGE: Final = 1.061
BLOCK: Final = 100_000
_COMMON: Final = frozenset({1, 2, 3, 18, 24})
_SENTENCE: Final = re.compile(rb"!..VDM,(\d),(\d),(\d*),([^,]*),([^,*]{1,80}),(\d)\*[0-9A-Fa-f]{2}")

Chars = NDArray[np.uint8]
Ints = NDArray[np.int64]
Parts = tuple[tuple[bytes, int], ...]
"""Payload and fill bits of each sentence of a message."""


@dataclass
class _Lines:
    """Rows of bytes of both forms with the place of each in the file."""

    keys: list[NDArray[np.float64]] = field(default_factory=list)
    rows: list[Chars] = field(default_factory=list)

    def add(self, keys: NDArray[np.float64], rows: Chars) -> None:
        self.keys.append(keys)
        self.rows.append(np.pad(rows, ((0, 0), (0, WIDTH - rows.shape[1]))))


def logs() -> Path | None:
    """The folder of real logs, or None: MAKARA_DATA, else ../shared/data beside the repository."""
    data = Path(os.environ.get("MAKARA_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))
    return data / "nmea" if (data / "nmea").is_dir() else None


def make(directory: Path, wanted: int) -> dict[str, int]:
    """Write both forms of about so many sentences; what they hold: sentences, messages (good ones), bytes."""
    rng = np.random.default_rng(42)
    n = round(wanted / SENTENCES_A_MESSAGE)
    names = list(SHARES)
    shares = np.array(list(SHARES.values()))
    kind = rng.choice(len(names), n, p=shares / shares.sum()).astype(np.int8)
    several = np.flatnonzero(np.isin(kind, [names.index("5"), names.index("long")]))
    group = np.zeros(n, np.int64)
    group[several] = np.arange(len(several)) % 10_000
    station = rng.integers(0, len(STATIONS), n)
    fleet = _fleet(rng)
    rare, common, long = _sampled()
    lines = _Lines()
    lost = 0
    for k, name in enumerate(names):
        every = np.flatnonzero(kind == k)
        for at in range(0, len(every), BLOCK):
            which = every[at : at + BLOCK]
            when = EPOCH + which // RATE
            if name in ("rare", "common", "long"):
                pool = {"rare": rare, "common": common, "long": long}[name]
                drawn = [pool[i] for i in rng.integers(0, len(pool), len(which))]
                lost += _sampled_lines(rng, lines, drawn, which, station[which], when, group[which])
            else:
                rows = sentences.sentences(
                    fleet[name](rng, when), STATIONS, station[which], when, group[which]
                )  # fmt: skip
                if len(rows) == len(which):
                    lines.add(which.astype(np.float64), rows)
                else:
                    lost += _parted(rng, lines, which, rows)
    broken = _write(rng, directory, lines)
    size = sum(len(k) for k in lines.keys)
    written = sum((directory / f).stat().st_size for f in ("plain.nmea", "tagged.nmea"))
    return {"sentences": size, "good messages": n - lost - broken, "bytes plain and tagged": written}


def _parted(rng: np.random.Generator, lines: _Lines, which: Ints, rows: Chars) -> int:
    """Both sentences of messages: the second later, or lost. How many are lost."""
    gone = rng.random(len(which)) < 0.02
    lines.add(which.astype(np.float64), rows[0::2])
    lines.add((which + _delay(rng, len(which)) + 0.01)[~gone], rows[1::2][~gone])
    return int(gone.sum())


def _delay(rng: np.random.Generator, n: int) -> Ints:
    return np.where(rng.random(n) < 0.3, rng.integers(1, 4, n), 0)


def _sampled_lines(
    rng: np.random.Generator, lines: _Lines, drawn: list[Parts], which: Ints, station: Ints, when: Ints, group: Ints
) -> int:
    """Sentences of drawn messages under new times, stations and numbers. How many messages lost their last one."""
    gone = rng.random(len(drawn)) < 0.02
    delay = _delay(rng, len(drawn) * 9).reshape(-1, 9)
    keys, tags, bodies = [], [], []
    lost = 0
    for i, parts in enumerate(drawn):
        of = len(parts)
        source = f"s:{STATIONS[station[i]]},c:{when[i]}"
        lost += of > 1 and bool(gone[i])
        for k, (payload, fill) in enumerate(parts):
            if of > 1 and k == of - 1 and gone[i]:
                continue
            tag = source if of == 1 else f"g:{k + 1}-{of}-{group[i]}" + (f",{source}" if k == 0 else "")
            number = b"" if of == 1 else b"%d" % (group[i] % 10)
            keys.append(which[i] + (delay[i, k] if k else 0) + k * 0.01)
            tags.append(tag.encode())
            bodies.append(b"AIVDM,%d,%d,%b,%c,%b,%d" % (of, k + 1, number, b"AB"[when[i] % 2], payload, fill))
    lines.add(np.array(keys), _rows(tags, bodies))
    return lost


def _rows(tags: list[bytes], bodies: list[bytes]) -> Chars:
    """Lines of tag blocks and sentences, a row a line."""
    tag, body = _matrix(tags), _matrix(bodies)
    n = len(tags)

    def const(text: bytes) -> Chars:
        return np.tile(np.frombuffer(text, np.uint8), (n, 1))

    return np.hstack([
        const(b"\\"), tag, const(b"*"), _hex(tag), const(b"\\!"), body, const(b"*"), _hex(body), const(b"\n"),
    ])  # fmt: skip


def _matrix(texts: list[bytes]) -> Chars:
    width = max(map(len, texts))
    return np.array(texts, f"S{width}").view(np.uint8).reshape(len(texts), width)


def _hex(body: Chars) -> Chars:
    total = np.bitwise_xor.reduce(body, axis=1)
    digits = np.frombuffer(b"0123456789ABCDEF", np.uint8)
    return np.column_stack([digits[total >> 4], digits[total & 15]])


def _write(rng: np.random.Generator, directory: Path, lines: _Lines) -> int:
    """Both files, in the order of the keys, some single sentences broken. How many messages that costs."""
    order = np.argsort(np.concatenate(lines.keys), kind="stable")
    rows = np.concatenate(lines.rows)[order]
    end = WIDTH - 1 - np.argmax(rows[:, ::-1] != 0, axis=1)
    columns = np.arange(WIDTH)
    bang = np.argmax(rows == ord("!"), axis=1)
    single = rows[np.arange(len(rows)), bang + 7] == ord("1")
    dice = rng.random(len(rows))
    wrong = np.flatnonzero(single & (dice < 0.002))
    at = wrong, end[wrong] - 1
    rows[at] = np.where(rows[at] == ord("0"), ord("1"), ord("0"))
    cut = np.flatnonzero(single & (dice >= 0.002) & (dice < 0.003))
    for i in cut:
        rows[i, end[i] - 11 : end[i]] = 0
    (directory / "tagged.nmea").write_bytes(rows[rows != 0].tobytes())
    plain = rows[(rows != 0) & (columns >= bang[:, None])]
    (directory / "plain.nmea").write_bytes(plain.tobytes())
    return len(wrong) + len(cut)


def _fleet(rng: np.random.Generator) -> dict[str, Callable[[np.random.Generator, Ints], Bits]]:
    """Makers of messages of each type for the instants given, by ships of one fleet."""
    mmsi = rng.integers(2, 8, FLEET) * 100_000_000 + rng.integers(0, 100_000_000, FLEET)
    names = [f"VESSEL {i:05d}" for i in range(FLEET)]
    calls = [f"CS{i:05d}" for i in range(FLEET)]
    hull = rng.choice([30, 52, 60, 70, 71, 80, 36, 37, 99], FLEET)
    length, width = rng.integers(8, 300, FLEET), rng.integers(3, 45, FLEET)
    text = payloads.static_a(
        mmsi, 9_000_000 + mmsi % 999_999, calls, names, hull, length, width, rng.integers(30, 150, FLEET) / 10,
        ["SOUTHAMPTON"] * FLEET, (11, 24, 6, 30),
    )  # fmt: skip
    part_a, part_b = payloads.static_b_name(mmsi, names), payloads.static_b_hull(mmsi, hull, calls, length, width)

    def moving(r: np.random.Generator, n: int) -> dict[str, Any]:
        return {
            "mmsi": mmsi[r.integers(0, FLEET, n)], "sog_kn": r.gamma(2.0, 4.0, n), "lon_deg": r.uniform(-180, 180, n),
            "lat_deg": r.uniform(-75, 80, n), "cog_deg": r.uniform(0, 360, n),
        }  # fmt: skip

    def class_a(kind: int) -> Callable[[np.random.Generator, Ints], Bits]:
        def bits(r: np.random.Generator, when: Ints) -> Bits:
            n = len(when)
            told = moving(r, n)
            heading = np.where(r.random(n) < 0.1, np.nan, told["cog_deg"])
            status, turn = r.choice([0, 0, 0, 5, 7, 8, 15], n), r.uniform(-30, 30, n)
            return payloads.position_a(
                kind, status=status, rot_deg_min=turn, heading_deg=heading, second=when % 60,
                accurate=r.random(n) < 0.6, **told,
            )  # fmt: skip

        return bits

    def class_b(r: np.random.Generator, when: Ints) -> Bits:
        return payloads.position_b(heading_deg=np.full(len(when), np.nan), second=when % 60, **moving(r, len(when)))

    def extended(r: np.random.Generator, when: Ints) -> Bits:
        ship = r.integers(0, FLEET, len(when))
        place = payloads.position_b(
            mmsi[ship], np.full(len(when), 4.5), r.uniform(-180, 180, len(when)), r.uniform(-75, 80, len(when)),
            np.full(len(when), 90.0), np.full(len(when), np.nan), when % 60,
        )  # fmt: skip
        head = payloads.pack([(6, np.full(len(when), 19))])
        hulls = payloads.pack([(8, hull[ship]), (9, 10), (9, 8), (6, 2), (6, 2), (4, 1), (3, 0), (4, 0)])
        four = payloads.pack([(4, np.zeros(len(when), np.int64))])
        return np.hstack([head, place[:, 6:139], four, part_a[ship, 40:160], hulls])

    def base(r: np.random.Generator, when: Ints) -> Bits:
        n = len(when)
        place = r.uniform(-180, 180, n), r.uniform(-75, 80, n)
        return payloads.base_station(2_320_000 + r.integers(0, 999, n), when.astype("datetime64[s]"), *place)

    def far(r: np.random.Generator, when: Ints) -> Bits:
        return payloads.position_long_range(status=np.zeros(len(when), np.int64), **moving(r, len(when)))

    def told_once(bits: Bits) -> Callable[[np.random.Generator, Ints], Bits]:
        return lambda r, when: bits[r.integers(0, FLEET, len(when))]

    return {
        "1": class_a(1), "2": class_a(2), "3": class_a(3), "18": class_b, "19": extended, "4": base, "27": far,
        "5": told_once(text), "24A": told_once(part_a), "24B": told_once(part_b),
    }  # fmt: skip


def _sampled() -> tuple[list[Parts], list[Parts], list[Parts]]:
    """Messages of rarer types, of common ones, and of several sentences: real ones, else our own."""
    folder = logs()
    rare, common, long = _real(sorted(folder.iterdir())) if folder else ([], [], [])
    if not (rare and common and long):
        rare, long = _own()
        common = rare
    return rare, common, long


def _real(files: Iterable[Path]) -> tuple[list[Parts], list[Parts], list[Parts]]:
    rare: list[Parts] = []
    common: list[Parts] = []
    long: list[Parts] = []
    for file in files:
        if not file.name.endswith(LOGS):
            continue
        data = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
        waiting: dict[tuple[bytes, bytes], list[tuple[bytes, int]]] = {}
        for line in data.split(b"\n"):
            found = _SENTENCE.search(line)
            if found is None or not may_be_good(line):
                continue
            of, part = int(found[1]), int(found[2])
            here = found[5], int(found[6])
            key = found[3], found[4]
            if of == 1:
                kind = here[0][0] - 48 if here[0][0] < 88 else here[0][0] - 56
                (common if kind in _COMMON else rare).append((here,))
            elif part == 1:
                waiting[key] = [here]
            elif len(waiting.get(key, ())) == part - 1:
                waiting[key].append(here)
                if part == of:
                    long.append(tuple(waiting.pop(key)))
    return rare, common, long


def _own() -> tuple[list[Parts], list[Parts]]:
    """Rarer messages by our own encoder: types 9, 11, 14, 21 and binary broadcasts, short and of two sentences."""
    rng = np.random.default_rng(7)
    n = 200
    mmsi = 200_000_000 + rng.integers(0, 1_000_000, n)
    binary = [(6, np.full(n, 8)), (2, 0), (30, mmsi), (2, 0), (10, 1), (6, 31)]
    noise = [(1, rng.integers(0, 2, n)) for _ in range(500)]
    told = payloads.text(["TEST OF A SAFETY RELATED TEXT"] * n, 30)
    aid = payloads.aid(990_000_000 + mmsi % 9_999_999, np.ones(n, np.int64), ["A BUOY"] * n, mmsi % 360 - 180.0,
                       mmsi % 150 - 75.0, mmsi % 60)  # fmt: skip
    plane = payloads.position_a(9, mmsi, 0, 0.0, 100.0, mmsi % 360 - 180.0, mmsi % 150 - 75.0, 90.0, 90.0, 30)
    short = [plane, aid, payloads.pack([(6, np.full(n, 14)), (2, 0), (30, mmsi), (2, 0), *told]),
             payloads.pack([*binary, *noise[:240]])]  # fmt: skip
    rare = [((bytes(row), fill),) for chars, fill in map(payloads.armour, short) for row in chars]
    chars, fill = payloads.armour(payloads.pack([*binary, *noise]))
    return rare, [((bytes(row[:60]), 0), (bytes(row[60:]), fill)) for row in chars]
