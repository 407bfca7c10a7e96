"""ASTERIX categories 010 and 048: against bytes made here, the answers of a GPL decoder, and hostile bytes."""

from __future__ import annotations

import json
import random
from pathlib import Path

import numpy as np
import pytest
from asterix_made import VARIABLE, block, drawn, number, polar_048, record, source, tod, velocity, wgs84
from hypothesis import given, settings
from hypothesis import strategies as st

from makara.base import geo
from makara.sensors.radar import cartesian_place, decode, polar_place
from makara.sensors.radar.asterix import FAULTS

ANSWERS = Path(__file__).with_name("asterix_answers.json")
PLOT_048 = {"010": source(25, 10), "140": tod(86399.5), "020": b"\x20", "040": polar_048(12, 90)}


def test_a_plot_and_a_track_of_category_048() -> None:
    track = {"161": number(0xF000 | 77, 2), "042": number(-3 * 128, 2) + number(4 * 128, 2), "200": velocity(12, 181)}
    found = decode(block(48, record(48, PLOT_048), record(48, {"010": source(1, 2), **track}))).frame
    a, b = found.to_dicts()
    assert (a["sac"], a["sic"], a["tod_s"], a["range_m"], a["bearing_deg"]) == (25, 10, 86399.5, 22224.0, 90.0)
    assert (a["simulated"], a["fixed"], a["airborne"], a["track"]) == (False, False, False, None)
    assert (b["track"], b["east_m"], b["north_m"]) == (77, -5556.0, 7408.0)
    assert (b["sog_kn"], b["cog_deg"]) == (pytest.approx(12, abs=0.2), pytest.approx(181, abs=0.01))
    assert (b["range_m"], b["tod_s"]) == (None, None)


def test_a_target_of_category_010() -> None:
    items = {
        "010": source(25, 11), "000": b"\x01", "020": b"\x61\x00", "140": tod(10.5), "041": wgs84(-179.99, -17.5),
        "202": number(10 / 0.25, 2) + number(-5 / 0.25, 2), "161": number(9, 2),
        "270": bytes([(90 << 1) | 1, (16 << 1) | 1, 14 << 1]), "500": bytes([80, 40]) + number(-100, 2),
    }  # fmt: skip
    [row] = decode(block(10, record(10, items))).frame.to_dicts()
    assert (row["lon_deg"], row["lat_deg"]) == (pytest.approx(-179.99, abs=1e-7), pytest.approx(-17.5, abs=1e-7))
    assert (row["sog_kn"], row["cog_deg"]) == (pytest.approx(21.733, abs=1e-3), pytest.approx(116.565, abs=1e-3))
    assert (row["length_m"], row["axis_deg"], row["width_m"], row["track"]) == (90, 45.0, 14, 9)
    assert (row["xx_m2"], row["yy_m2"], row["xy_m2"]) == (400.0, 100.0, -25.0)


@pytest.mark.parametrize(
    ("category", "octets", "flag"),
    [
        (48, b"\x30", "simulated"), (48, b"\x21\x80", "simulated"), (48, b"\x22", "fixed"), (48, b"\xa0", "airborne"),
        (10, b"\x61\x80", "simulated"), (10, b"\x61\x40", "simulated"), (10, b"\x61\x20", "fixed"),
        (10, b"\x61\x02", "airborne"), (10, b"\x20", "airborne"),
    ],
)  # fmt: skip
def test_what_is_no_vessel_says_so(category: int, octets: bytes, flag: str) -> None:
    [row] = decode(block(category, record(category, {"010": source(1, 1), "020": octets}))).frame.to_dicts()
    assert {n for n in ("simulated", "fixed", "airborne") if row[n]} == {flag}


@pytest.mark.parametrize("category", [10, 48])
def test_every_item_is_skipped_by_its_length(category: int) -> None:
    mixed = random.Random(category)
    blocks = [[record(category, drawn(mixed, category)) for _ in range(5)] for _ in range(200)]
    marked = {"161": number(0x123, 2), "010": source(1, 2)}
    data = b"".join(block(category, *rows, record(category, marked)) for rows in blocks)
    found = decode(data)
    assert (len(found.frame), found.faults, found.used) == (1200, [], len(data))
    last = found.frame[5::6]
    assert last["track"].to_list() == [0x123] * 200
    assert last["sac"].to_list() == [1] * 200


def test_new_subfields_of_plot_characteristics_are_skipped() -> None:
    items = {"010": source(1, 2), "130": b"\x01\xf0" + bytes(1 + 2 + 2 + 2), "161": number(5, 2)}
    assert decode(block(48, record(48, items))).frame["track"].to_list() == [5]


FACTOR = {"range_m": 1852, "east_m": 1852, "north_m": 1852}
"""Our unit of what the decoder gives for category 048, in nautical miles."""


def test_a_gpl_decoder_reads_the_same() -> None:
    """Its answers were written by tools/asterix_answers.py, where that decoder has an environment of its own."""
    told = json.loads(ANSWERS.read_text())
    ours = decode(bytes.fromhex(told["data"])).frame.to_dicts()
    assert len(ours) == len(told["rows"])
    n = 0
    for row, (category, present, values) in zip(ours, told["rows"], strict=True):
        assert row["category"] == category
        for name, want in values.items():
            if want is None:
                assert row[name] is None or name == "kind" or name in present, (name, row)
                continue
            factor = FACTOR.get(name, 1) if category == 48 else 1
            assert row[name] == pytest.approx(want * factor, rel=1e-3, abs=1e-6), (name, row)
            n += 1
    assert n > 1000


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200), st.integers(0, 60))
def test_hostile_bytes_never_crash(noise: bytes, at: int) -> None:
    whole = block(48, record(48, PLOT_048), record(48, VARIABLE[48])) + block(10, record(10, VARIABLE[10]))
    for data in (noise, whole[:at], whole[:at] + noise + whole[at:], b"\x30\x00" + noise, b"\x0a" + noise):
        found = decode(data)
        assert found.used == len(data)
        assert all(f.what in FAULTS and 0 <= f.offset < len(data) for f in found.faults)
        assert found.frame["offset"].is_sorted()


def test_a_broken_record_costs_its_block_alone() -> None:
    good = block(48, record(48, PLOT_048))
    broken = block(48, record(48, PLOT_048), b"\xff\xff\xff\xff")
    spare = block(10, record(10, {"010": source(1, 1)}), b"\x01\x01\x01\x08")
    endless, empty = block(48, b"\x01" * 9), block(48, b"\x00")
    found = decode(good + broken + good + spare + endless + empty + good + good[:-2])
    assert len(found.frame) == 5
    assert [f.what for f in found.faults] == [4, 3, 4, 5, 1]
    assert decode(good + b"\x30\x00\x02" + good).faults[0].what == 2


def test_any_cut_into_pieces_gives_the_same() -> None:
    mixed = random.Random(2)
    data = b"".join(block(c, record(c, drawn(mixed, c))) + block(34, b"xyz") for _ in range(8) for c in (10, 48))
    whole = decode(data)
    for size in (1, 7, 64, 1000):
        held, offsets, other, at = b"", [], 0, 0
        for k in range(0, len(data), size):
            held += data[k : k + size]
            found = decode(held, final=False)
            offsets += [o + at for o in found.frame["offset"].to_list()]
            other += found.other
            held, at = held[found.used :], at + found.used
        assert held == b""
        assert offsets == whole.frame["offset"].to_list()
        assert other == whole.other == 16


def test_places_from_measurements() -> None:
    lon, _ = polar_place([179.95, 10.0], [-17.4, 89.0], [18_520.0, 300_000.0], [90.0, 0.0])
    assert lon[0] == pytest.approx(-179.8757, abs=1e-4)
    assert lon[1] == pytest.approx(-170.0, abs=1e-6)  # over the pole
    east, north = cartesian_place(179.95, -17.4, [3000.0, 0.0], [-4000.0, 0.0])
    assert geo.distance_m(179.95, -17.4, east, north) == pytest.approx([5000.0, 0.0], abs=0.01)
    assert np.isnan(polar_place(np.nan, 1.0, 5.0, 5.0)[0])
