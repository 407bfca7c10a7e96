"""JSON from outside: any cut, any wrapping, and hostile objects cost themselves alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from source_reading import SAMPLES, read, reasons

from makara.base.errors import InputError
from makara.sources import _json

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
