"""Which places lie in an area: a grid answers for most, and never otherwise than the polygons themselves."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest
import shapely

from makara.lake import Area, inside
from makara.lake.areas import FEW
from makara.lake.find import _order
from makara.lake.order import one_valued

BURR = shapely.Polygon(
    [(60 + r * np.cos(a), 10 + r * np.sin(a)) for a, r in zip(np.linspace(0, 6.2, 90), [3.0, 9.0] * 45, strict=True)]
)
SHAPES = {
    "box": shapely.box(0, 0, 10, 10),
    "burr": BURR,
    "with a hole": shapely.box(-5, -5, 5, 5).difference(shapely.Point(0, 0).buffer(2)),
    "across 180": shapely.MultiPolygon([shapely.box(178, -20, 180, -15), shapely.Point(-178, -17).buffer(1.5)]),
    "two seas": shapely.MultiPolygon([shapely.box(-60, 0, -50, 10), shapely.Point(80, 5).buffer(4)]),
    "all": shapely.box(-180, -90, 180, 90),
    "thin": shapely.Polygon([(0, 0), (10, 1e-9), (20, 0)]),
}


@pytest.mark.parametrize("name", SHAPES)
def test_the_grid_answers_as_the_polygons_do(name: str) -> None:
    shape = SHAPES[name]
    rng = np.random.default_rng(3)
    w, s, e, n = shape.bounds
    corners = shapely.get_coordinates(shape)
    lattice = np.array([(x, y) for x in np.linspace(w, e, 65) for y in np.linspace(s, n, 65)])
    near = corners[rng.integers(0, len(corners), 3000)] + rng.normal(0, 1e-9, (3000, 2))
    free = np.column_stack([rng.uniform(w - 1, e + 1, 4 * FEW), rng.uniform(s - 1, n + 1, 4 * FEW)])
    places = np.concatenate([free, corners, near, lattice, [(np.nan, np.nan), (np.nan, 0.0)]])
    shapely.prepare(shape)
    assert inside([Area(shape)], *places.T, None).tolist() == shapely.intersects_xy(shape, *places.T).tolist()


def test_an_area_counts_in_its_time_alone() -> None:
    area = Area(SHAPES["box"], datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC), datetime(1970, 1, 1, 0, 0, 2, tzinfo=UTC))
    t = np.array([999_999, 1_000_000, 1_999_999, 2_000_000] * FEW)
    held = inside([area], np.full(len(t), 5.0), np.full(len(t), 5.0), t)
    assert held.tolist() == [False, True, True, False] * FEW


def test_keys_are_put_in_order_even_where_only_their_last_bits_differ() -> None:
    rng = np.random.default_rng(5)
    keys = np.concatenate([rng.integers(-(2**63), 2**63 - 1, 5000), rng.integers(-40_000, 40_000, 5000)])
    assert _order(keys).tolist() == np.argsort(keys, kind="stable").tolist()
    assert _order(keys[:0]).tolist() == []


def test_columns_with_one_value_are_told() -> None:
    rows = pl.DataFrame(
        {"a": [1, 1, 1], "b": [1, 2, 1], "c": [None] * 3, "d": [None, 1, 1], "e": [[], [], []], "f": [[], [1], []],
         "g": ["x"] * 3, "h": [b"x"] * 3}
    )  # fmt: skip
    assert one_valued(rows) == {"a", "c", "e", "g"}
    assert one_valued(rows.clear()) == set(rows.columns)
