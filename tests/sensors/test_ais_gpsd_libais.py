"""What gpsd and libais expect of their own test files: gpsd's check file field by field, libais' examples of types."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ais_oracle import MESSAGES, POSITIONS, checksum, ours
from pyais import encode_dict

from makara.sensors.ais import Decoded, decode

Row = dict[str, Any]
_MOVES = ("speed", "accuracy", "lon", "lat", "course", "heading")
DUMP = {
    **dict.fromkeys((1, 2, 3), ("status", "turn", *_MOVES)),
    **dict.fromkeys((4, 11), ("timestamp", "accuracy", "lon", "lat")),
    5: ("imo", "", "callsign", "name", "ship_type", "bow", "stern", "port", "starboard", "", "eta", "draught",
        "destination"),
    6: ("", "to", "", "dac", "fi"), **dict.fromkeys((7, 10, 13, 15, 16), ("to",)), 8: ("dac", "fi"),
    9: ("", "speed", "accuracy", "lon", "lat", "course"), 12: ("", "to", "", "text"), 14: ("text",),
    18: ("", *_MOVES),
    19: ("", *_MOVES, "", "", "name", "ship_type", "bow", "stern", "port", "starboard"),
    21: ("", "name", "accuracy", "lon", "lat", "bow", "stern", "port", "starboard"),
    24: ("name", "ship_type", "", "", "", "callsign", "bow", "stern", "port", "starboard"),
    **dict.fromkeys((25, 26), ("addressed", "structured", "to", "app")),
    27: ("status", "accuracy", "lon", "lat", "speed", "course"),
}  # fmt: skip
"""Columns of gpsd's unscaled dump after type, repeat indicator and MMSI; those without a name are not ours."""


def number(row: Row, name: str, *nothing: int) -> int | None:
    value = int(row[name]) if name in row else None
    return None if value in nothing else value


def told(line: str) -> Row:
    """A line of gpsd's check file."""
    kind, _, mmsi, *values = line.split("|")
    names = DUMP.get(int(kind), ())
    row: Row = {n: v for n, v in zip(names, values, strict=False) if n}
    if int(kind) == 22 and len(values) == 10:  # addressed: two MMSIs where the area would be
        row["to"] = values[4]
    for flag, name in (("addressed", "to"), ("structured", "app")):  # it dumps 0 for what is not there
        if row.get(flag) == "0":
            del row[name]
    return {"msg_type": int(kind), "mmsi": int(mmsi), **row}


def report(row: Row) -> Row:
    """Our report of gpsd's values: scaled, and unknown is null (ITU-R M.1371-5, table 48)."""
    scale, tenth = (600, 1) if row["msg_type"] == 27 else (600_000, 10)
    lon, lat = int(row["lon"]) / scale, int(row["lat"]) / scale
    placed = abs(lon) <= 180 and abs(lat) <= 90 and (lon, lat) != (0, 0)
    speed = number(row, "speed", 1023, *((63,) if row["msg_type"] == 27 else ()))
    course = number(row, "course")
    heading = number(row, "heading", *range(360, 512))
    turn = number(row, "turn", -128, -127, 127)
    return {
        "lon_deg": lon if placed else None, "lat_deg": lat if placed else None, "accurate": row["accuracy"] == "1",
        "sog_kn": None if speed is None else speed / (1 if row["msg_type"] == 9 else tenth),
        "cog_deg": None if course is None or course >= 360 * tenth else course / tenth, "heading_deg": heading,
        "rot_deg_min": None if turn is None else (turn / 4.733) ** 2 * (1 if turn > 0 else -1),
        "nav_status": number(row, "status", 15),
    }  # fmt: skip


def claim(row: Row) -> Row:
    """Our claim of gpsd's values."""

    def total(one: str, other: str) -> int | None:
        return int(row[one]) + int(row[other]) or None

    eta = row.get("eta", "").removesuffix("Z")
    if eta.startswith("00-00") or not eta:
        eta = None
    draught = number(row, "draught", 0)
    return {
        "name": row["name"] or None, "callsign": row.get("callsign") or None, "imo": number(row, "imo", 0),
        "ship_type": number(row, "ship_type", 0), "length_m": total("bow", "stern"),
        "width_m": total("port", "starboard"), "draught_m": None if draught is None else draught / 10,
        "destination": row.get("destination") or None, "eta_text": eta,
    }  # fmt: skip


def message(row: Row) -> Row:
    """Our message of gpsd's values."""
    app = number(row, "app")
    if app is not None:
        row |= {"dac": app >> 6, "fi": app & 63}
    return {
        "dac": number(row, "dac"), "fi": number(row, "fi"), "to_mmsi": number(row, "to"),
        "text": row.get("text") or None,
    }  # fmt: skip


def in_turn(rows: list[Row]) -> dict[tuple[int, int], Iterator[Row]]:
    """Rows by type and MMSI, one after the other."""
    found = defaultdict(list)
    for row in rows:
        found[row["msg_type"], row["mmsi"]].append(row)
    return {key: iter(some) for key, some in found.items()}


def check(row: Row, expected: Row) -> None:
    for column, value in expected.items():
        if isinstance(value, float):
            assert row[column] == pytest.approx(value, abs=0.051 if column == "rot_deg_min" else 1e-5), (column, row)
        else:
            assert row[column] == value, (column, row)


def both_parts(claims: list[Row]) -> list[Row]:
    """Parts A and B of type 24 as one row, as gpsd gives them: when B follows A."""
    names: dict[int, str] = {}
    rows = []
    for row in claims:
        if row["part"] == "A":
            names[row["mmsi"]] = row["name"]
        elif row["part"] == "B":
            if row["mmsi"] in names:
                rows.append(row | {"name": names.pop(row["mmsi"])})
        else:
            rows.append(row)
    return rows


def test_gpsd_s_sample_is_as_its_check_file_has_it(data_dir: Path) -> None:
    found = ours((data_dir / "nmea" / "gpsd__sample.aivdm").read_bytes())
    reports = in_turn(found.reports.to_dicts())
    claims = in_turn(both_parts(found.claims.to_dicts()))
    messages = in_turn(found.messages.to_dicts())
    lines = (data_dir / "nmea" / "gpsd__sample.aivdm.chk").read_text(errors="replace").splitlines()
    for line in lines:
        row = told(line)
        key = row["msg_type"], row["mmsi"]
        if key[0] in POSITIONS:
            check(next(reports[key]), report(row))
        if key[0] in (5, 19, 21, 24):
            check(next(claims[key]), claim(row))
        if key[0] in MESSAGES:
            check(next(messages[key]), message(row))
    assert [row for rest in (*reports.values(), *claims.values(), *messages.values()) for row in rest] == []
    counts = found.stats["types"]
    assert len(lines) == sum(counts.values()) - counts[24] + 2


def test_libais_sections_hold_their_types(data_dir: Path) -> None:
    """Comments such as "# 4 - Base station report" name the type of what follows."""
    sections: dict[int, list[bytes]] = defaultdict(list)
    kind = 1
    for line in (data_dir / "nmea" / "libais__test.aivdm").read_bytes().splitlines():
        if named := re.match(rb"# (\d+) - ", line):
            kind = int(named[1])
        sections[kind].append(line)
    assert set(sections) >= set(range(2, 28))
    for kind, lines in sections.items():
        types = set(decode(b"\n".join(lines)).stats["types"])
        assert types <= {kind} if kind < 28 else not types, kind


SAME_NAMES = (
    "type", "mmsi", "repeat", "lon", "lat", "speed", "course", "heading", "status", "second", "shipname", "callsign",
    "destination", "to_bow", "to_stern", "to_port", "to_starboard", "draught", "dest_mmsi", "dac", "fid", "text",
    "mmsi1", "month", "day", "hour", "minute",
)  # fmt: skip


def sent(expected: Row) -> Decoded:
    """A message with libais' expected values, by pyais' encoder."""
    fields = {n: expected[n] for n in SAME_NAMES if expected.get(n) is not None}
    fields |= {n: round(fields[n], 1) for n in ("speed", "course", "draught") if n in fields}  # it had 32 bits
    fields["msg_type"] = fields.pop("type")
    for ours_, libais in (("ship_type", "shiptype"), ("partno", "part_num"), ("accuracy", "accuracy"), ("imo", "imo")):
        if libais in expected:
            fields[ours_] = int(expected[libais])
    if expected["type"] in (25, 26) and "dest_mmsi" in expected:
        fields |= {"addressed": 1}
        if "dac" in expected:
            fields |= {"structured": 1, "app_id": expected["dac"] << 6 | expected["fid"]}
    if "turn" in expected:
        fields["turn"] = -128 if expected["turn"] is None else expected["turn"]
    return decode("\n".join(encode_dict(fields, talker_id="AI", sentence_type="VDM", seq_id=0)).encode())


def test_libais_examples_come_back(data_dir: Path) -> None:
    lines = (data_dir / "nmea" / "libais__typeexamples.json").read_text().splitlines()
    kinds = set()
    for line in lines:
        expected = json.loads(line)
        if expected["type"] == 9:  # libais takes tenths of a knot; the standard has whole knots (message 9)
            expected["speed"] = round(expected["speed"] * 10)
        found, kind = sent(expected), expected["type"]
        assert found.stats["types"] == {kind: 1}, expected
        kinds.add(kind)
        known = expected.get
        if kind in POSITIONS:
            row = found.reports.row(0, named=True)
            lon, lat = known("lon"), known("lat")
            placed = abs(lon) <= 180 and abs(lat) <= 90
            nothing = {"speed": (102.3, 63 if kind == 27 else 102.3), "course": (360, 511), "heading": range(360, 512)}
            check(row, {"mmsi": known("mmsi"), "accurate": known("accuracy")})
            for column, name in (("sog_kn", "speed"), ("cog_deg", "course"), ("heading_deg", "heading")):
                value = None if known(name) in nothing[name] else known(name)
                assert row[column] == (None if value is None else pytest.approx(value, abs=1e-4)), (column, expected)
            for column, value in (("lon_deg", lon), ("lat_deg", lat)):
                assert row[column] == (pytest.approx(value, abs=1e-4 if kind != 27 else 2e-3) if placed else None)
        if kind in (5, 21, 24):
            row = found.claims.row(0, named=True)
            assert row["mmsi"] == known("mmsi")
            assert row["name"] == known("shipname", known("name")) or kind == 21
            assert row["callsign"] == known("callsign")
            assert row["destination"] == known("destination")
            assert row["imo"] == (int(known("imo")) if known("imo") else None)
        if kind in MESSAGES:
            row = found.messages.row(0, named=True)
            dac, fi = (known("dac"), known("fid")) if kind in (6, 8, 26) else (None, None)
            text = (known("text") or "").split("@")[0] or None if kind in (12, 14) else None
            check(row, {"mmsi": known("mmsi"), "dac": dac, "fi": fi, "text": text,
                        "to_mmsi": known("dest_mmsi", known("mmsi1"))})  # fmt: skip
    assert kinds == set(range(1, 28)) - {19}


def test_the_sample_is_not_read_by_luck() -> None:
    """A check that could not fail would be none: a wrong value in the dump is found."""
    body = b"AIVDM,1,1,,A,15M67FC000G?ufbE`FepT@3n00Sa,0"
    row = decode(b"!%b*%02X" % (body, checksum(body))).reports.row(0, named=True)
    line = "1|0|366053209|3|0|0|0|-73404970|22681198|513|1|59|0x0|0|0x8e9"
    check(row, {**report(told(line)), "lon_deg": row["lon_deg"], "lat_deg": row["lat_deg"], "cog_deg": row["cog_deg"]})
    with pytest.raises(AssertionError):
        check(row, report(told(line.replace("|3|", "|4|"))))
