"""Boosted decision trees as plain arrays: read from bytes that hold no code, walked in Numba."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from makara.base.errors import InputError

_ARRAYS = ("feature", "threshold", "left", "right", "missing", "value", "roots", "base", "about")


@dataclass(frozen=True)
class Trees:
    """A classifier: for each class the sum of its trees, and softmax over the classes.

    Attributes:
        classes: names, in the order of the probabilities.
        features: names, in the order of the columns.
        about: what else the file says of itself (version, temperature, thresholds).
        parts: arrays of the nodes: feature (-1: leaf), threshold, left, right, whether unknown goes left, value; and
            per tree and class the root, and per class the base.
    """

    classes: tuple[str, ...]
    features: tuple[str, ...]
    about: dict[str, Any]
    parts: tuple[Any, ...]

    def p(self, rows: NDArray[np.float32]) -> NDArray[np.float64]:
        """Probability of each class (columns) for each row of features; NaN is unknown."""
        out = np.empty((len(rows), len(self.classes)))
        _walk(np.ascontiguousarray(rows), *self.parts, float(self.about.get("temperature", 1.0)), out)
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
    except (ValueError, KeyError, OSError) as e:
        raise InputError(f"the model {name} cannot be read ({e}); install makara again") from e
    parts = tuple(np.ascontiguousarray(got[k]) for k in _ARRAYS if k != "about")
    return Trees(tuple(about["classes"]), tuple(about["features"]), about, parts)


@njit(cache=True)
def _walk(
    rows: Any, feature: Any, threshold: Any, left: Any, right: Any, missing: Any, value: Any, roots: Any, base: Any,
    temperature: float, out: Any,
) -> None:  # fmt: skip
    trees, classes = roots.shape
    for i in range(rows.shape[0]):
        top = -np.inf
        for c in range(classes):
            total = base[c]
            for tree in range(trees):
                node = roots[tree, c]
                while feature[node] >= 0:
                    v = rows[i, feature[node]]
                    if (v <= threshold[node]) or (v != v and missing[node]):
                        node = left[node]
                    else:
                        node = right[node]
                total += value[node]
            out[i, c] = total / temperature
            top = max(top, out[i, c])
        total = 0.0
        for c in range(classes):
            out[i, c] = np.exp(out[i, c] - top)
            total += out[i, c]
        for c in range(classes):
            out[i, c] /= total


__all__ = ["Trees", "trees_from"]
