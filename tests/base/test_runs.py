"""Rows in order by the runs in which they stand: as sorting gives them."""

from __future__ import annotations

import itertools

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from makara.base import runs

KEY = ["a", "b"]
numbers = st.lists(st.tuples(st.integers(-3, 3), st.integers(-50, 50)), max_size=60)


def rows(pairs: list[tuple[int, int]]) -> pl.DataFrame:
    return pl.DataFrame(pairs, schema={"a": pl.Int64, "b": pl.Int64}, orient="row").with_row_index("at")


@given(numbers, st.lists(st.integers(0, 60), max_size=4))
def test_ordered_is_a_stable_sort(pairs: list[tuple[int, int]], cuts: list[int]) -> None:
    """Of anything, and of sorted pieces."""
    edges = [0, *sorted(cuts), len(pairs)]
    pieces = [p for a, b in itertools.pairwise(edges) for p in sorted(pairs[a:b])]
    for given_ in (rows(pairs), rows(pieces)):
        assert_frame_equal(runs.ordered(given_, KEY), given_.sort(KEY, maintain_order=True))


def test_runs_that_follow_each_other_are_not_sorted_row_by_row() -> None:
    block = np.repeat([3, 1, 2], 100)
    within = np.tile(np.arange(100), 3)
    order = runs.index([block, within])
    assert order is not None
    assert order.tolist() == [*range(100, 200), *range(200, 300), *range(100)]
    assert runs.index([block, within[::-1]]) is None  # each row a run of its own
    few = runs.index(
        [np.repeat([2, 1, 2], [10, 300, 10]), np.concatenate([np.arange(10), np.arange(300), np.arange(10)])]
    )
    assert few is not None  # of two runs that overlap the rows come in turn
    assert few.tolist() == [*range(10, 310), *(k for n in range(10) for k in (n, n + 310))]
    assert runs.index([np.repeat([2, 1, 2], 100), np.tile(np.arange(100), 3)]) is None  # most of them overlap
    turns = np.repeat([1, 9, 2, 5], 50)  # the second block stands between two that follow each other
    found = runs.index([turns, np.arange(200)])
    assert found is not None
    assert turns[found].tolist() == np.sort(turns).tolist()
    assert runs.ascends([np.sort(block), within])
    assert not runs.ascends([block, within])


@given(numbers)
def test_gathered_is_a_stable_sort_by_one_key(pairs: list[tuple[int, int]]) -> None:
    given_ = rows(pairs)
    found = given_[runs.gathered(given_["a"].to_numpy())]
    assert_frame_equal(found, given_.sort("a", maintain_order=True))
