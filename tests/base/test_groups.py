"""Rows numbered by a pair of numbers, and what ranges over each group."""

from __future__ import annotations

import numpy as np

from makara.base import groups


def test_groups_are_numbered_as_they_first_come_however_many() -> None:
    rng = np.random.default_rng(4)
    a, b = rng.integers(0, 3, 30_000), rng.integers(-(2**62), 2**62, 9_000)[rng.integers(0, 9_000, 30_000)]
    number, first = groups.numbered(a, b)
    known: dict[tuple[int, int], int] = {}
    want = [known.setdefault(pair, len(known)) for pair in zip(a.tolist(), b.tolist(), strict=True)]
    assert number.tolist() == want
    assert list(zip(a[first].tolist(), b[first].tolist(), strict=True)) == list(known)


def test_no_value_is_left_out_of_the_ends_of_a_group() -> None:
    number = np.array([0, 1, 0, 1, 2, 0], np.int32)
    low, high = groups.ends(number, np.array([np.nan, 5.0, -3.0, np.nan, np.nan, 2.0]), 3)
    assert np.array_equal(low, [-3.0, 5.0, np.nan], equal_nan=True)
    assert np.array_equal(high, [2.0, 5.0, np.nan], equal_nan=True)
