"""Assignment and marginals, against enumeration of all assignments."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from makara.fusion._assign import assign, marginals


def every(i, j, llr, n, m):
    """All one-to-one assignments: (log weight, pairs)."""
    found = []

    def go(k, used_i, used_j, total, chosen):
        if k == len(i):
            found.append((total, chosen))
            return
        go(k + 1, used_i, used_j, total, chosen)
        if i[k] not in used_i and j[k] not in used_j:
            go(k + 1, used_i | {i[k]}, used_j | {j[k]}, total + llr[k], [*chosen, k])

    go(0, frozenset(), frozenset(), 0.0, [])
    return found


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.integers(0, 100_000))
def test_against_enumeration(seed):
    rng = np.random.default_rng(seed)
    n, m = rng.integers(1, 4, 2)
    a, b = np.meshgrid(np.arange(n), np.arange(m))
    kept = rng.random(a.size) < 0.8
    i, j = a.ravel()[kept], b.ravel()[kept]
    llr = rng.normal(0, 2, i.size)
    worlds = every(i, j, llr, n, m)
    weight = np.exp([w for w, _ in worlds])
    exact = np.array([sum(w for w, (_, c) in zip(weight, worlds, strict=True) if k in c) for k in range(i.size)])
    p, none = marginals(i, j, llr, n, m)
    assert p == pytest.approx(exact / weight.sum(), abs=0.12)
    assert np.bincount(j, p, m) + none == pytest.approx(1.0)
    chosen = assign(i, j, llr, n, m)
    got = chosen[chosen >= 0]
    assert llr[got].sum() == pytest.approx(max(w for w, _ in worlds))
    assert len(set(i[got])) == len(got)


def test_no_pairs():
    none = np.zeros(0, np.int64)
    p, p_none = marginals(none, none, np.zeros(0), 0, 3)
    assert p.size == 0
    assert p_none.tolist() == [1.0] * 3
    assert assign(none, none, np.zeros(0), 0, 2).tolist() == [-1, -1]
