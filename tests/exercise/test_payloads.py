"""The encoder, held field by field against pyais, an independent decoder."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pyais
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from makara.exercise import payloads as pay
from makara.exercise.sentences import dirty, joined, sentences

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 -./+'()&"
mmsis = st.integers(0, 999_999_999)
lons = st.none() | st.floats(-180, 180)
lats = st.none() | st.floats(-90, 90)
speeds = st.none() | st.floats(0, 110)
angles = st.none() | st.floats(0, 360)
words = st.text(ALPHABET, max_size=20)
kinds = st.sampled_from([0, 20, 30, 31, 36, 37, 50, 52, 55, 60, 70, 79, 80, 89, 99])
metres = st.integers(0, 400)
NAN = math.nan


def lines(bits: pay.Bits) -> list[str]:
    n = len(bits)
    rows = sentences(bits, ["AA-BBB", "S-1"], np.arange(n) % 2, np.full(n, 1_773_500_000), np.arange(n) + 1)
    return joined(rows).decode().splitlines()


def decoded(bits: pay.Bits) -> Any:
    return pyais.decode(*(line.encode() for line in lines(bits)))


def nan(value: float | None) -> float:
    return NAN if value is None else value


def same_place(m: Any, lon: float | None, lat: float | None, step: float = 1 / 600_000) -> None:
    if lon is None:
        assert m.lon == 181.0
    else:
        assert abs((m.lon - lon + 180.0) % 360.0 - 180.0) <= 0.51 * step + 1e-6
        assert -180.0 <= m.lon <= 180.0
    assert m.lat == pytest.approx(91.0 if lat is None else lat, abs=0.51 * step + 1e-6)


def same_angle(stated: float, value: float | None, missing: float, step: float) -> None:
    if value is None:
        assert stated == missing
    else:
        assert abs((stated - value + 180.0) % 360.0 - 180.0) <= 0.51 * step
        assert 0.0 <= stated < 360.0


@settings(max_examples=60)
@given(
    kind=st.sampled_from([1, 2, 3]), mmsi=mmsis, status=st.integers(0, 15), rot=st.none() | st.floats(-708, 708),
    sog=speeds, lon=lons, lat=lats, cog=angles, heading=angles, second=st.integers(0, 63),
)  # fmt: skip
def test_class_a_position(
    kind: int, mmsi: int, status: int, rot: float | None, sog: float | None, lon: float | None, lat: float | None,
    cog: float | None, heading: float | None, second: int,
) -> None:  # fmt: skip
    bits = pay.position_a(
        kind, [mmsi], [status], [nan(rot)], [nan(sog)], [nan(lon)], [nan(lat)], [nan(cog)], [nan(heading)], [second], 1
    )
    assert bits.shape == (1, 168)
    m = decoded(bits)
    assert (m.msg_type, m.mmsi, m.status, m.second, m.accuracy) == (kind, mmsi, status, second, True)
    same_place(m, lon, lat)
    assert m.speed == pytest.approx(102.3 if sog is None else min(sog, 102.2), abs=0.051)
    same_angle(m.course, cog, 360.0, 0.1)
    same_angle(m.heading, heading, 511, 1.0)
    field = int(pay.rate_of_turn(nan(rot)))
    assert float(m.turn) == (
        -128.0 if rot is None else pytest.approx(math.copysign((field / 4.733) ** 2, field), abs=0.51)
    )


@given(st.floats(-708, 708))
def test_rate_of_turn(rot: float) -> None:
    field = int(pay.rate_of_turn(rot))
    assert abs(field) == pytest.approx(min(126.0, 4.733 * math.sqrt(abs(rot))), abs=0.501)
    assert field * rot >= 0.0


@settings(max_examples=40)
@given(mmsi=mmsis, sog=speeds, lon=lons, lat=lats, cog=angles, heading=angles, second=st.integers(0, 63))
def test_class_b_position(
    mmsi: int, sog: float | None, lon: float | None, lat: float | None, cog: float | None, heading: float | None,
    second: int,
) -> None:  # fmt: skip
    bits = pay.position_b([mmsi], [nan(sog)], [nan(lon)], [nan(lat)], [nan(cog)], [nan(heading)], [second])
    assert bits.shape == (1, 168)
    m = decoded(bits)
    assert (m.msg_type, m.mmsi, m.second, m.cs, m.dsc) == (18, mmsi, second, True, True)
    same_place(m, lon, lat)
    assert m.speed == pytest.approx(102.3 if sog is None else min(sog, 102.2), abs=0.051)
    same_angle(m.course, cog, 360.0, 0.1)
    same_angle(m.heading, heading, 511, 1.0)


@settings(max_examples=40)
@given(mmsi=mmsis, status=st.integers(0, 15), lon=lons, lat=lats, sog=speeds, cog=angles)
def test_long_range(
    mmsi: int, status: int, lon: float | None, lat: float | None, sog: float | None, cog: float | None
) -> None:
    bits = pay.position_long_range([mmsi], [status], [nan(lon)], [nan(lat)], [nan(sog)], [nan(cog)])
    assert bits.shape == (1, 96)
    m = decoded(bits)
    assert (m.msg_type, m.mmsi, m.status) == (27, mmsi, status)
    same_place(m, lon, lat, 1 / 600)
    assert m.speed == pytest.approx(63 if sog is None else min(sog, 62), abs=0.51)
    same_angle(m.course, cog, 511, 1.0)


@settings(max_examples=40)
@given(
    mmsi=mmsis, imo=st.integers(0, 2**30 - 1), call=st.text(ALPHABET, max_size=7), name=words, kind=kinds,
    length=metres, width=st.integers(0, 126), draught=st.floats(0, 25), destination=words,
)  # fmt: skip
def test_class_a_static(
    mmsi: int, imo: int, call: str, name: str, kind: int, length: int, width: int, draught: float, destination: str
) -> None:
    bits = pay.static_a([mmsi], [imo], [call], [name], [kind], [length], [width], [draught], [destination])
    assert bits.shape == (1, 424)
    assert len(lines(bits)) == 2
    m = decoded(bits)
    assert (m.msg_type, m.mmsi, m.imo, m.ship_type) == (5, mmsi, imo, kind)
    assert (m.callsign, m.shipname, m.destination) == (call.strip(), name.strip(), destination.strip())
    assert (m.to_bow + m.to_stern, m.to_port + m.to_starboard) == (length, width)
    assert m.draught == pytest.approx(draught, abs=0.051)
    assert (m.month, m.day, m.hour, m.minute) == (0, 0, 24, 60)


@settings(max_examples=40)
@given(mmsi=mmsis, call=st.text(ALPHABET, max_size=7), name=words, kind=kinds, length=metres)
def test_class_b_static(mmsi: int, call: str, name: str, kind: int, length: int) -> None:
    a, b = decoded(pay.static_b_name([mmsi], [name])), decoded(pay.static_b_hull([mmsi], [kind], [call], [length], [9]))
    assert (a.msg_type, a.partno, a.mmsi, a.shipname) == (24, 0, mmsi, name.strip())
    assert (b.msg_type, b.partno, b.mmsi, b.ship_type, b.callsign) == (24, 1, mmsi, kind, call.strip())
    assert (b.to_bow + b.to_stern, b.to_port + b.to_starboard) == (length, 9)


@settings(max_examples=40)
@given(when=st.integers(946_684_800, 2_145_916_799), lon=lons, lat=lats)
def test_base_station(when: int, lon: float | None, lat: float | None) -> None:
    stamp = np.array([when], "datetime64[s]")
    m = decoded(pay.base_station([5_250_001], stamp, [nan(lon)], [nan(lat)]))
    assert (m.msg_type, m.mmsi) == (4, 5_250_001)
    t = stamp[0].item()
    assert (m.year, m.month, m.day, m.hour, m.minute, m.second) == (t.year, t.month, t.day, t.hour, t.minute, t.second)
    same_place(m, lon, lat)


def test_aid_to_navigation() -> None:
    m = decoded(pay.aid([995_331_001], [3], ["ONE FATHOM BANK"], [-179.5], [-17.25], [41]))
    assert (m.msg_type, m.mmsi, m.aid_type, m.name, m.second) == (21, 995_331_001, 3, "ONE FATHOM BANK", 41)
    same_place(m, -179.5, -17.25)


def test_longitudes_past_180_wrap() -> None:
    m = decoded(pay.position_b([1], [1.0], [180.25], [-18.0], [0.0], [0.0], [0]))
    assert m.lon == pytest.approx(-179.75, abs=1e-6)


def test_many_at_once_equal_one_by_one() -> None:
    rng = np.random.default_rng(3)
    n = 50
    fields = (rng.integers(2e8, 7e8, n), rng.uniform(0, 30, n), rng.uniform(-180, 180, n), rng.uniform(-80, 80, n),
              rng.uniform(0, 360, n), rng.uniform(0, 360, n), rng.integers(0, 60, n))  # fmt: skip
    together = pay.position_b(*fields)
    alone = np.vstack([pay.position_b(*(f[k : k + 1] for f in fields)) for k in range(n)])
    assert (together == alone).all()


def test_tag_block_and_checksums() -> None:
    (line,) = lines(pay.static_b_name([123_456_789], ["X"]))
    assert line.startswith("\\s:AA-BBB,c:1773500000*")
    tag, body = line[1:].split("\\")
    for text in (tag, body[1:]):
        content, stated = text.split("*")
        total = 0
        for c in content.encode():
            total ^= c
        assert f"{total:02X}" == stated


def test_dirt_breaks_lines() -> None:
    bits = pay.position_b(np.arange(200) + 1, np.ones(200), np.ones(200), np.ones(200), np.ones(200), np.ones(200), [1])
    rows = sentences(bits, ["A"], np.zeros(200, np.int64), np.full(200, 1_773_500_000), np.arange(200))
    which, copies = dirty(np.random.default_rng(1), rows, 0.3)
    assert 20 < len(which) == len(copies) < 120
    for line in joined(copies).decode().splitlines():
        body = line.split("!", 1)[1]
        total = 0
        for c in body.rsplit("*", 1)[0].encode():
            total ^= c
        assert "*" not in body or body.rsplit("*", 1)[1] != f"{total:02X}"
