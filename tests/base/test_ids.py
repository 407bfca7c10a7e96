"""Ids are the same on every node: golden vectors, and XXH64 against its reference implementation."""

from __future__ import annotations

import struct

import numpy as np
import polars as pl
import pytest
import rfc8785
import xxhash
from hypothesis import given
from hypothesis import strategies as st

from makara.base import ids


def reference(*fields: int | str | bytes | None) -> int:
    """The key as the contract says it, through the reference XXH64."""
    out = b""
    for f in fields:
        if f is None:
            out += struct.pack("<I", 0xFFFFFFFF)
            continue
        raw = struct.pack("<q", f) if isinstance(f, int) else f.encode() if isinstance(f, str) else f
        out += struct.pack("<I", len(raw)) + raw
    return int(np.uint64(xxhash.xxh64(out, seed=0).intdigest()).astype(np.int64))


@given(
    st.lists(
        st.tuples(
            st.one_of(st.none(), st.text(max_size=50)),
            st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1)),
            st.one_of(st.none(), st.binary(max_size=80)),
        ),
        max_size=8,
    )
)
def test_bulk_keys_are_xxh64_of_length_prefixed_fields(rows: list[tuple[str | None, int | None, bytes | None]]) -> None:
    columns = list(zip(*rows, strict=True)) if rows else [(), (), ()]
    types = (pl.String(), pl.Int64(), pl.Binary())
    series = [pl.Series(str(k), list(c), dtype=t) for k, (c, t) in enumerate(zip(columns, types, strict=True))]
    assert ids.bulk(*series).to_list() == [reference(*r) for r in rows]


@given(st.lists(st.tuples(*(st.none() | st.integers(-(2**63) + 1, 2**63 - 1) for _ in range(3))), max_size=8))
def test_decimals_are_a_text_of_integers(rows: list[tuple[int | None, ...]]) -> None:
    columns = [pl.Series([r[c] for r in rows], dtype=pl.Int64()) for c in range(3)]
    expected = [reference("mmsi", r[0], ",".join("" if v is None else str(v) for v in r)) for r in rows]
    assert ids.bulk("mmsi", columns[0], ids.Decimals(*columns)).to_list() == expected


def test_numbers_are_scaled_to_a_text_of_integers() -> None:
    lon, sog = pl.Series([103.8512345, -0.0000001, None]), pl.Series([0.1, 102.2, None], dtype=pl.Float32)
    made = ids.bulk("mmsi", pl.Series([1, 2, 3]), ids.Decimals.scaled((lon, 1e7), (sog, 10.0)))
    assert made.to_list() == [reference("mmsi", k, t) for k, t in ((1, "1038512345,1"), (2, "-1,1022"), (3, ","))]


def test_golden_vectors() -> None:
    key = ids.bulk(pl.Series(["mmsi"]), pl.Series([563000001]), pl.Series(["!x"]))
    assert key.to_list() == [reference("mmsi", 563000001, "!x")]
    assert ids.bulk(pl.Series(["mmsi", None]), pl.Series([5, -7])).to_list() == [
        2463497039070043884,
        -8438401955862420635,
    ]
    assert ids.ident("ev", "gap", [1, 2]) == "evuxyzpwcg24phtofgrgkdivbhoq"
    assert ids.mover("vms", "FJI:0042") == -2506611159415035456
    assert ids.mover("mmsi", 563000001) == 563000001


def test_times_are_hashed_as_microseconds_whatever_their_unit() -> None:
    us = pl.Series([1_700_000_000_000_000]).cast(pl.Datetime("us", "UTC"))
    ms = us.cast(pl.Datetime("ms", "UTC"))
    assert ids.bulk(us).to_list() == ids.bulk(ms).to_list() == [reference(1_700_000_000_000_000)]


def test_floats_are_refused() -> None:
    with pytest.raises(TypeError, match="scale it"):
        ids.bulk(pl.Series("lon", [1.5]))


@given(st.text(max_size=30))
def test_movers_of_other_schemes_are_negative_and_fit_62_bits(own: str) -> None:
    n = ids.mover("vms", own)
    assert -(2**62) < n <= 0
    assert ids.movers("vms", pl.Series([own])).to_list() == [n]


TEXT = st.text(st.characters(codec="utf-8"))
PLAIN = st.recursive(TEXT | st.integers(1 - 2**53, 2**53 - 1) | st.booleans() | st.none(), st.lists, max_leaves=12)


@given(st.lists(PLAIN | st.floats(allow_nan=False, allow_infinity=False) | st.dictionaries(TEXT, PLAIN)))
def test_canonical_json_is_that_of_rfc_8785(value: list[object]) -> None:
    assert ids.canonical(value) == rfc8785.dumps(value)  # type: ignore[arg-type]


def test_idents_have_their_form() -> None:
    assert ids.is_ident(ids.ident("ev", "x"), "ev")
    assert not ids.is_ident("ev'; drop table", "ev")
