"""The set of bulk keys says what a Python set says."""

from __future__ import annotations

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from makara.base.keyset import KeySet

KEYS = st.integers(-5, 5) | st.integers(-(2**63), 2**63 - 1)


@given(st.lists(st.lists(KEYS, max_size=30), max_size=6))
def test_new_is_what_was_not_there_before(batches: list[list[int]]) -> None:
    known, seen = KeySet(), set[int]()
    for batch in batches:
        expected = []
        for key in batch:
            expected.append(key not in seen)
            seen.add(key)
        assert known.add(pl.Series(batch, dtype=pl.Int64)).to_list() == expected


def test_it_grows() -> None:
    known = KeySet()
    many = pl.Series(range(-100_000, 200_000), dtype=pl.Int64)
    assert known.add(many).all()
    assert not known.add(many.reverse()).any()
    assert known.add(pl.Series([200_000, 0, 200_000], dtype=pl.Int64)).to_list() == [True, False, False]
