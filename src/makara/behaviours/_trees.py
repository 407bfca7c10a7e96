"""Boosted decision trees as plain arrays: read from bytes that hold no code, walked in Numba."""

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


@dataclass(frozen=True)
class Trees:
    """A classifier: for each class the sum of its trees, and softmax over the classes.

    Attributes:
        classes: names, in the order of the probabilities.
        features: names, in the order of the columns.
        about: what else the file says of itself (version, temperature, thresholds).
        parts: arrays of the nodes: feature (those where unknown goes right count on from the number of features),
            threshold, left child (the right one is the next), value; per tree and class the root and the depth; per
            class the base. A leaf is its own left child and sends everything there, so that each tree is walked by
            its depth without a branch.
    """

    classes: tuple[str, ...]
    features: tuple[str, ...]
    about: dict[str, Any]
    parts: tuple[Any, ...]

    def p(self, rows: NDArray[np.float32]) -> NDArray[np.float64]:
        """Probability of each class (columns) for each row of features; NaN is unknown."""
        out = np.empty((len(rows), len(self.classes)))
        feature, *rest = self.parts
        _walk(
            np.ascontiguousarray(rows),
            feature * np.uint32(_BLOCK),
            *rest,
            float(self.about.get("temperature", 1.0)),
            out,
        )
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
    leaf = got["feature"] < 0
    at = np.arange(leaf.size)
    left = np.where(leaf, at, got["left"])
    reached, depth = got["roots"].ravel(), np.zeros(got["roots"].size, np.int64)
    below = [np.array([r]) for r in reached]
    for k, nodes in enumerate(below):
        while len(inner := nodes[~leaf[nodes]]):
            nodes, depth[k] = np.concatenate([left[inner], left[inner] + 1]), depth[k] + 1
    known = np.where(leaf, 0, got["feature"]) + np.where(got["missing"] | leaf, 0, len(about["features"]))
    parts = (
        known.astype(np.uint32),
        np.where(leaf, np.inf, got["threshold"]).astype(np.float32),
        left.astype(np.uint32),
        got["value"].astype(np.float64),
        got["roots"].astype(np.uint32),
        depth.reshape(got["roots"].shape),
        got["base"].astype(np.float64),
    )
    return Trees(tuple(about["classes"]), tuple(about["features"]), about, parts)


@njit(cache=True)
def _walk(
    rows: Any, feature: Any, threshold: Any, left: Any, value: Any, roots: Any, depth: Any, base: Any,
    temperature: float, out: Any,
) -> None:  # fmt: skip
    """Sums of leaves, block by block, so that a tree stays in the cache; then softmax.

    A block holds each feature twice: what is unknown lies below all thresholds in one copy, above them in the other.
    """
    trees, classes = roots.shape
    many = rows.shape[1]
    at = np.zeros(_BLOCK, np.uint32)
    block = np.zeros(2 * many * _BLOCK, np.float32)
    for a in range(0, rows.shape[0], _BLOCK):
        b = min(a + _BLOCK, rows.shape[0])
        for i in range(b - a):
            for f in range(many):
                v = rows[a + i, f]
                block[f * _BLOCK + i] = v if v == v else -np.inf
                block[(many + f) * _BLOCK + i] = v if v == v else np.inf
            for c in range(classes):
                out[a + i, c] = base[c]
        for tree in range(trees):
            for c in range(classes):
                at[:] = roots[tree, c]
                for _ in range(depth[tree, c]):
                    for i in range(_BLOCK):
                        node = at[i]
                        at[i] = left[node] + np.uint32(block[feature[node] + np.uint32(i)] > threshold[node])
                for i in range(b - a):
                    out[a + i, c] += value[at[i]]
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
