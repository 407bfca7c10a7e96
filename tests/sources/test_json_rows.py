"""JSON from outside: any cut, any wrapping, and hostile objects cost themselves alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from source_reading import SAMPLES, read, reasons

from makara.base.errors import InputError
from makara.sources import _json
from makara.sources import source as source_of

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
records = st.lists(st.dictionaries(st.text(max_size=5), values, max_size=4), max_size=6)


def pieces(data: bytes, size: int) -> list[bytes]:
    return [data[i : i + size] for i in range(0, len(data), size)]


@given(records, st.integers(1, 40), st.sampled_from(["lines", "array", "nested", "run"]))
def test_objects_come_back_whatever_the_wrapping_and_the_cut(found: list[Any], size: int, form: str) -> None:
    text = {
        "lines": "".join(json.dumps(r) + "\n" for r in found),
        "array": json.dumps(found, indent=1),
        "nested": json.dumps([[r] for r in found]),
        "run": "".join(json.dumps(r, ensure_ascii=False) for r in found),
    }[form]
    back = [r for _, r, _, _ in _json.objects(pieces(text.encode(), size))]
    assert back == found


@pytest.mark.parametrize(
    "answer",
    [
        {"data": [{"a": 1}, {"a": 2}]},
        {"paging": {"limit": 2, "total": {"value": 2}}, "data": [{"a": 1}, {"a": 2}], "next": {"since": "x"}},
        {"data": {"vessels": {"pageInfo": {"endCursor": "}"}, "nodes": [{"a": 1}, {"a": 2}]}}},
        {
            "type": "FeatureCollection",
            "crs": {"properties": {"name": "x"}},
            "bbox": [1, 2],
            "features": [{"a": 1}, {"a": 2}],
        },
    ],
)
def test_answers_that_hold_rows_are_opened_however_many_follow(answer: dict[str, Any]) -> None:
    for text in (json.dumps(answer), json.dumps(answer, indent=2)):
        for n in (1, 3):
            found = [r for _, r, _, _ in _json.objects([((text + "\n") * n).encode()])]
            assert found == [{"a": 1}, {"a": 2}] * n


def test_a_row_with_a_list_of_its_own_is_a_row() -> None:
    row = {"id": "x", "position": {"lat": 1.5}, "vessels": [{"ssvid": "1"}, {"ssvid": "2"}]}
    assert [r for _, r, _, _ in _json.objects([(json.dumps(row) + "\n").encode() * 2])] == [row, row]


@given(st.lists(st.binary(max_size=30) | st.sampled_from([b'{"a":1}', b"{", b"}", b"[", b"]", b",", b'"', b"\n"])))
def test_noise_never_stops_the_reader(parts: list[bytes]) -> None:
    data = b"".join(parts)
    numbers = [n for n, _, _, _ in _json.objects([data])]
    assert numbers == sorted(set(numbers)), "each has a number of its own"


def test_hostile_objects_cost_themselves(tmp_path: Path) -> None:
    good = (SAMPLES / "aisstream.ndjson").read_text().splitlines()[0]
    bad = [
        "[" * 100 + '{"a":' * 50_000,
        '{"MessageType":' + "9" * 6000 + "}",
        '{"MessageType":"PositionReport","MetaData":[],"Message":7}',
        good.replace("259000001", "1e999"),
        good.replace("259000001", '"\\ud800"'),
        good.replace('"Sog":0.3', '"Sog":{"x":1}').replace("66.02695", "true"),
        good.replace("-179.9", "1" + "0" * 400),
        '{"x":"' + "y" * 1_200_000 + '"}',
        "\x00\xff",
    ]
    path = tmp_path / "hostile.ndjson"
    path.write_text("\n".join([good, *bad, good.replace("259000001", "259000009")]) + "\n", encoding="utf-8")
    frames, rejects = read("aisstream", path)
    kept = frames["reports"]["mmsi"].to_list()
    assert kept[0] == 259000001 and kept[-1] == 259000009
    assert len(kept) + len(rejects) >= 10
    assert {"bad_row", "missing_value", "bad_value"} >= set(rejects["reason"]) - {"bad_place"}
    assert all(len(r) <= 1024 for r in rejects["raw"])


def test_what_holds_no_object_is_an_error_and_cut_files_keep_theirs(tmp_path: Path) -> None:
    for name, text in {"empty": "", "number": "42", "words": "hello\nworld\n", "list": "[]"}.items():
        (tmp_path / name).write_text(text)
        with pytest.raises(InputError, match=name):
            read("aisstream", tmp_path / name)
    whole = (SAMPLES / "aisstream.ndjson").read_bytes()
    (tmp_path / "cut.json").write_bytes(whole[:1500])
    frames, rejects = read("aisstream", tmp_path / "cut.json")
    assert len(frames["reports"]) + len(frames["claims"]) == whole[:1500].count(b"\n")
    assert reasons(rejects) == [(whole[:1500].count(b"\n") + 1, "bad_row")]


strange = (
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=6)
    | st.sampled_from(["2024-03-01T12:00:00Z", "1709294400", 257000001, 181, 91, "0", "A", "-128", "AIS.5", {}, []])
)


@pytest.mark.parametrize("name", ["norwegian", "spire", "gfw", "digitraffic", "aishub", "aisstream"])
def test_any_value_at_any_place_costs_its_row_at_most(name: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    source = source_of(name).SOURCE
    paths = sorted({n for names in source.columns.values() for n in names})
    row = st.fixed_dictionaries({}, optional=dict.fromkeys(paths, strange))
    room = tmp_path_factory.mktemp("any")

    @settings(max_examples=20, database=None)
    @given(st.lists(row, min_size=1, max_size=8))
    def check(found: list[dict[str, Any]]) -> None:
        records = [nested(r) for r in found]
        if name == "aishub":
            records = [{"MMSI": None, **r} for r in records]
        if name == "aisstream":
            records = [
                {"MessageType": "PositionReport", "Message": {"PositionReport": r}, "MetaData": r.get("MetaData", {})}
                for r in records
            ]
        path = room / "any.ndjson"
        path.write_text("".join(json.dumps(r) + "\n" for r in records))
        frames, rejects = read(name, path)
        used = set(frames["reports"]["line"]) | set(frames["claims"]["line"]) | set(rejects["line"])
        silent = len(found) - len(used)
        assert silent == 0 or name in ("aisstream", "norwegian", "spire", "gfw"), "only other message types are silent"

    check()


def nested(row: dict[str, Any]) -> dict[str, Any]:
    """Dotted paths as objects."""
    out: dict[str, Any] = {}
    for path, value in row.items():
        *before, last = path.split(".")
        at = out
        for step in before:
            inner = at.get(step)
            at[step] = inner if isinstance(inner, dict) else {}
            at = at[step]
        at[last] = value
    return out
