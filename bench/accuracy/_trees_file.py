"""A fitted HistGradientBoostingClassifier as the file of arrays that makara reads (makara.behaviours._trees)."""

from __future__ import annotations

import io
import json
from typing import Any

import numpy as np


def exported(model: Any, classes: tuple[str, ...], features: tuple[str, ...], temperature: float) -> bytes:
    """The model as arrays (see makara.behaviours._trees). Thresholds lie between rounded features, never on one."""
    parts, roots, size = [], [], 0
    for tree in model._predictors:
        roots.append([])
        for one in tree:
            roots[-1].append(size)
            parts.append(_adjacent(one.nodes, size))
            size += len(parts[-1])
    nodes = np.concatenate(parts)
    leaf = nodes["is_leaf"].astype(bool)
    arrays = {
        "feature": np.where(leaf, -1, nodes["feature_idx"]).astype(np.int8),
        "threshold": (np.floor(np.clip(nodes["num_threshold"], -1e6, 1e6) * 1000) / 1000 + 0.0005).astype(np.float32),
        "left": nodes["left"].astype(np.int32),
        "missing": nodes["missing_go_to_left"].astype(bool),
        "value": nodes["value"].astype(np.float32),
        "roots": np.array(roots, np.int32),
        "base": model._baseline_prediction.ravel().astype(np.float32),
    }
    about = {"classes": classes, "features": features, "temperature": temperature, "version": "1"}
    out = io.BytesIO()
    text = np.frombuffer(json.dumps(about, sort_keys=True).encode(), np.uint8)
    np.savez_compressed(out, about=text, **arrays)
    return out.getvalue()


def _adjacent(nodes: Any, at: int) -> Any:
    """The nodes of a tree level by level, a right child next to its left one; children counted from ``at`` on."""
    order = [0]
    for k in order:
        if not nodes[k]["is_leaf"]:
            order += [int(nodes[k]["left"]), int(nodes[k]["right"])]
    out = nodes[order].copy()
    place = np.empty(len(nodes), np.int64)
    place[order] = np.arange(len(order))
    out["left"] = place[out["left"]] + at
    return out
