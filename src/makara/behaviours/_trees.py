"""Boosted decision trees as plain arrays: read from bytes that hold no code, asked in Numba.

No tree is walked: each of its nodes crosses out the leaves that a row cannot reach, as bits, many rows at a time
(QuickScorer: Lucchese et al. 2015). So a tree has at most 32 leaves.
"""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numba import njit
from numpy.typing import NDArray

from makara.base.errors import InputError

_ARRAYS = ("feature", "threshold", "left", "missing", "value", "roots", "base", "about")
_BLOCK = 64
_LEAVES = 32
_PLACE = np.uint32(0x077CB531)
"""A de Bruijn sequence: its product with a single bit has a number of its own in the five highest bits."""


@dataclass(frozen=True)
class Trees:
    """A classifier: for each class the sum of its trees, and softmax over the classes.

    Attributes:
        classes: names, in the order of the probabilities.
        features: names, in the order of the columns.
        about: what else the file says of itself (version, temperature, thresholds).
        parts: of the nodes that are no leaves, in the order of their trees: feature (those where unknown goes right
            count on from the number of features), threshold (what is above goes right), the bits of the leaves left
            of it crossed out; where each tree's nodes begin; the values of its leaves; base of each class. The trees
            of a round, one a class, follow each other. Bit k is the k-th leaf from the left; its value stands where
            ``_PLACE`` puts the bit.
    """

    classes: tuple[str, ...]
    features: tuple[str, ...]
    about: dict[str, Any]
    parts: tuple[Any, ...]

    def p(self, rows: NDArray[np.float32]) -> NDArray[np.float64]:
        """Probability of each class (columns) for each row of features; NaN is unknown."""
        out = np.empty((len(rows), len(self.classes)))
        _sums(np.ascontiguousarray(rows), *self.parts, float(self.about.get("temperature", 1.0)), out)
        return out


def trees_from(npz: bytes, name: str) -> Trees:
    """A classifier of the bytes of a model file (package data).

    Raises:
        InputError: the bytes are no such file.
    """
    try:
        with np.load(io.BytesIO(npz)) as file:
            got = {k: file[k] for k in _ARRAYS}
        about = json.loads(bytes(got.pop("about")).decode())
    except (ValueError, KeyError, OSError, BadZipFile) as e:
        raise InputError(f"the model {name} cannot be read ({e}); install makara again") from e
    known = got["feature"] + np.where(got["missing"], 0, len(about["features"]))
    inner: list[tuple[int, int]] = []
    begins, values = [0], np.zeros((got["roots"].size, _LEAVES))
    for tree, root in enumerate(got["roots"].ravel().tolist()):
        leaves = _leaves(root, got["feature"], got["left"], inner)
        if len(leaves) > _LEAVES:
            raise InputError(f"the model {name} has a tree with over {_LEAVES} leaves; install makara again")
        values[tree, _PLACE * (np.uint32(1) << np.arange(len(leaves), dtype=np.uint32)) >> 27] = got["value"][leaves]
        begins.append(len(inner))
    nodes = np.array([node for node, _ in inner], np.int64)
    parts = (
        known[nodes].astype(np.uint32),
        got["threshold"][nodes].astype(np.float32),
        np.array([mask & 0xFFFFFFFF for _, mask in inner], np.uint32),
        np.array(begins),
        values,
        got["base"].astype(np.float64),
    )
    return Trees(tuple(about["classes"]), tuple(about["features"]), about, parts)


def _leaves(node: int, feature: Any, left: Any, inner: list[tuple[int, int]], first: int = 0) -> list[int]:
    """The leaves below a node from left to right, of which the first has a number; the other nodes go to ``inner``."""
    if feature[node] < 0:
        return [node]
    below = _leaves(left[node], feature, left, inner, first)
    inner.append((node, ~(((1 << len(below)) - 1) << first)))
    return below + _leaves(left[node] + 1, feature, left, inner, first + len(below))


@njit(cache=True)
def _sums(
    rows: Any, feature: Any, threshold: Any, mask: Any, begins: Any, value: Any, base: Any, temperature: float, out: Any
) -> None:
    """Sums of leaves, block by block, so that a tree stays in the cache; then softmax.

    A block holds each feature twice: what is unknown lies below all thresholds in one copy, above them in the other.
    """
    classes = base.size
    many = rows.shape[1]
    may = np.zeros(_BLOCK, np.uint32)
    block = np.zeros((2 * many, _BLOCK), np.float32)
    for a in range(0, rows.shape[0], _BLOCK):
        b = min(a + _BLOCK, rows.shape[0])
        for i in range(b - a):
            for f in range(many):
                v = rows[a + i, f]
                block[f, i] = v if v == v else -np.inf
                block[many + f, i] = v if v == v else np.inf
            for c in range(classes):
                out[a + i, c] = base[c]
        for tree in range(value.shape[0]):
            may[:] = np.uint32(0xFFFFFFFF)
            for node in range(begins[tree], begins[tree + 1]):
                column, limit, rest = block[feature[node]], threshold[node], mask[node]
                for i in range(_BLOCK):
                    may[i] &= rest if column[i] > limit else np.uint32(0xFFFFFFFF)
            c = tree % classes
            for i in range(b - a):
                lowest = may[i] & (~may[i] + np.uint32(1))
                out[a + i, c] += value[tree, np.uint32(lowest * _PLACE) >> np.uint32(27)]
        for i in range(a, b):
            top = -np.inf
            for c in range(classes):
                out[i, c] /= temperature
                top = max(top, out[i, c])
            total = 0.0
            for c in range(classes):
                out[i, c] = np.exp(out[i, c] - top)
                total += out[i, c]
            for c in range(classes):
                out[i, c] /= total


__all__ = ["Trees", "trees_from"]
