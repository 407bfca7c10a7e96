"""The fast path of CSV archives gives what the slow path gives, whatever the rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from makara.sources import _plain_rows, source

HEADER = {
    "marinecadastre": "MMSI,BaseDateTime,LAT,LON,SOG,COG,Heading,VesselName,IMO,CallSign,VesselType,Status,Length,"
    "Width,Draft,Cargo,TransceiverClass",
    "danish": "# Timestamp,Type of mobile,MMSI,Latitude,Longitude,Navigational status,ROT,SOG,COG,Heading,IMO,Callsign,"
    "Name,Ship type,Width,Length,Draught,Destination,ETA",
}
MMSI = st.sampled_from(["338000001", "338000002", "970123456", "", "0", "12345678901", "x", "338000001.0"])
TIME = {
    "marinecadastre": ["2023-02-02T00:00:18", "2023-02-02 01:59:59", "2024-02-29T23:59:59", "2023-02-29T00:00:00"],
    "danish": ["01/11/2023 00:00:18", "29/02/2024 23:00:00", "31/02/2024 23:00:00", "01/11/2023 25:00:00"],
}
ODD_TIME = ["", "2023-02-02T00:00:18.250", "2023-02-02T00:00:18Z", "1675296018", "yesterday", "2023-02-02T00:00:1"]
PLACE = st.sampled_from(
    [
        "33.3843",
        "-77.90511",
        "0",
        "91.0",
        "181.0",
        "180",
        "-180.0",
        "95",
        "",
        "abc",
        "12.123456789",
        "1e1",
        "-0.00000004",
    ]
)
NUMBER = st.sampled_from(
    [
        "11.6",
        "0",
        "102.3",
        "-51.26",
        "360.0",
        "359.96",
        "511",
        "",
        " 12.3 ",
        "3.",
        ".5",
        "--1",
        "9999999999.9999999",
        "12.25",
    ]
)
TEXT = st.sampled_from(
    ["", "HERON", '"HERON, THE"', 'HE"RON', "NÅME", " B ", "A", "B", "Unknown", "Class A", "Fishing", "70"]
)
END = st.sampled_from(["", "", "", "\r", ",x", ",,,"])


def rows_of(name: str) -> st.SearchStrategy[str]:
    """Lines of an archive, good, bad and broken."""

    def cell(column: str) -> st.SearchStrategy[str]:
        low = column.lower()
        if low == "mmsi":
            return MMSI
        if "time" in low:
            return st.sampled_from([*TIME[name] * 4, *ODD_TIME])
        if low in ("lat", "lon", "latitude", "longitude"):
            return PLACE
        if low in ("sog", "cog", "heading", "rot", "status", "length", "width", "draft", "draught"):
            return NUMBER
        return TEXT

    whole = st.tuples(*(cell(c) for c in HEADER[name].split(","))).map(",".join)
    line = st.tuples(whole, END).map("".join)
    return st.one_of(line, line, line, st.sampled_from(["", "\r", " ", ",,,,,,,,,,,,,,,,", "338000001", '"']))


def read(name: str, path: Path) -> dict[str, Any]:
    """All that a source gives of a file, claims once each."""
    batches = list(source(name).read(path, {}))
    out = {k: pl.concat([b.frames[k] for b in batches]) for k in ("reports", "claims")}
    out["claims"] = out["claims"].unique("claim", keep="first", maintain_order=True)
    return out | {"rejects": pl.concat([b.rejects for b in batches]).sort("line"), "rows": sum(b.rows for b in batches)}


@pytest.mark.parametrize("name", ["marinecadastre", "danish"])
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_fast_and_slow_path_agree(name: str, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    lines = data.draw(st.lists(rows_of(name), min_size=1, max_size=25))
    path = tmp_path_factory.getbasetemp() / f"{name}.csv"
    path.write_bytes("\n".join([HEADER[name], *lines]).encode())
    fast = read(name, path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_plain_rows.PlainRows, "_usable", lambda self: self.good & False)
        slow = read(name, path)
    assert fast.pop("rows") == slow.pop("rows")
    for table, expected in slow.items():
        assert fast[table].to_dicts() == expected.to_dicts(), table


def test_plain_rows_take_the_fast_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a clean file nothing goes the slow way but one row for each vessel's static values of the hour."""
    path = tmp_path / "clean.csv"
    place, static = "33.38430,-77.90511,11.6,93.3,86.0", "HERON,IMO9000003,EX01,70,0,185,23,10.4,70,A"
    line = "33800000{},2023-02-02T00:{:02}:18," + f"{place},{static}"
    path.write_text("\n".join([HEADER["marinecadastre"], *(line.format(k % 3 + 1, k % 60) for k in range(300))]))
    taken: list[int] = []
    lines = _plain_rows.PlainRows.lines

    def counted(self: _plain_rows.PlainRows, which: Any, of: Path) -> Any:
        taken.append(int(which.sum()))
        return lines(self, which, of)

    monkeypatch.setattr(_plain_rows.PlainRows, "lines", counted)
    found = read("marinecadastre", path)
    assert taken == [3]
    assert (len(found["reports"]), len(found["claims"])) == (300, 3)
    assert found["reports"].row(0, named=True)["sog_kn"] == pytest.approx(11.6)
