"""One-to-one assignment on a sparse graph, and marginal probabilities by loopy belief propagation.

Williams and Lau 2014, "Approximate evaluation of marginal association probabilities with belief propagation".
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from makara.fusion._states import Floats, Ints

_ROUNDS = 200
_TOLERANCE = 1e-9
_RATIO_MAX = 50.0


def marginals(i: Ints, j: Ints, llr: Floats, n: int, m: int) -> tuple[Floats, Floats]:
    """Probability of each pair, and of "no track" for each of m detections.

    Args:
        i: track of each pair, in [0, n).
        j: detection of each pair, in [0, m).
        llr: log-likelihood ratio of "this made that" against "that is unexplained and this was missed".
        n: number of tracks.
        m: number of detections.
    """
    w = np.exp(np.minimum(llr, _RATIO_MAX))
    nu = np.ones(i.size)
    mu = w
    for _ in range(_ROUNDS):
        wn = w * nu
        mu = w / np.maximum(1.0 + np.bincount(i, wn, n)[i] - wn, 1e-12)
        new = 1.0 / np.maximum(1.0 + np.bincount(j, mu, m)[j] - mu, 1e-12)
        done = new.size == 0 or float(np.abs(new - nu).max()) < _TOLERANCE
        nu = new
        if done:
            break
    total = (1.0 + np.bincount(j, mu, m)).astype(np.float64)
    return mu / total[j], 1.0 / total


def assign(i: Ints, j: Ints, llr: Floats, n: int, m: int) -> Ints:
    """The likeliest one-to-one assignment: the pair of each detection, -1 for none."""
    out = np.full(m, -1, np.int64)
    worth = np.flatnonzero(llr > 0.0)
    if worth.size == 0:
        return out
    graph = coo_matrix((np.ones(worth.size), (i[worth], j[worth] + n)), (n + m, n + m))
    part = connected_components(graph, directed=False)[1][i[worth]]
    order = worth[np.argsort(part, kind="stable")]
    cuts = np.flatnonzero(np.diff(np.sort(part, kind="stable"))) + 1
    for pairs in np.split(order, cuts):
        if pairs.size == 1:
            out[j[pairs[0]]] = pairs[0]
            continue
        rows, a = np.unique(i[pairs], return_inverse=True)
        columns, b = np.unique(j[pairs], return_inverse=True)
        # A track may stay single at no cost in a column of its own.
        cost = np.zeros((rows.size, columns.size + rows.size))
        cost[a, b] = -llr[pairs]
        at = np.full((rows.size, columns.size), -1, np.int64)
        at[a, b] = pairs
        r, c = linear_sum_assignment(cost)
        taken = c < columns.size
        found = at[r[taken], c[taken]]
        found = found[found >= 0]
        out[j[found]] = found
    return out
