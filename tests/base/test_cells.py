"""H3 cells: the same parents as H3's own, outlines that tile the globe across 180 and over the poles."""

from __future__ import annotations

import h3
import numpy as np
import polars as pl
import shapely

from makara.base.cell_at import cells
from makara.base.cells import children, in_box, outline, parents, ring

WORLD = [c for base in sorted(h3.get_res0_cells()) for c in h3.cell_to_children(base, 2)]


def test_parents_are_those_of_h3() -> None:
    rng = np.random.default_rng(1)
    fine = cells(pl.Series(rng.uniform(-180, 180, 300)), pl.Series(rng.uniform(-90, 90, 300)), 3).to_list()
    for r in (0, 1, 2, 3):
        assert parents(fine, r).tolist() == [h3.str_to_int(h3.cell_to_parent(h3.int_to_str(c), r)) for c in fine]


def test_outlines_tile_the_globe_without_leaving_it() -> None:
    shapes = shapely.from_wkb([outline(h3.str_to_int(c)) for c in WORLD])
    assert shapely.is_valid(shapes).all()
    assert shapely.area(shapes).sum() == 360.0 * 180.0
    west, south, east, north = shapely.bounds(shapes).T
    assert (west.min(), south.min(), east.max(), north.max()) == (-180.0, -90.0, 180.0, 90.0)
    assert (shapely.get_type_id(shapes) == 6).any()
    for pole in (90.0, -90.0):
        at = WORLD.index(h3.latlng_to_cell(pole, 0.0, 2))
        assert shapely.intersects(shapes[at], shapely.points([-180.0, 0.0, 123.0, 180.0], pole)).all()


def test_an_outline_holds_the_points_of_its_cell() -> None:
    rng = np.random.default_rng(2)
    lon = (np.concatenate([rng.uniform(-180, 180, 200), rng.uniform(179, 181, 50)]) + 180.0) % 360.0 - 180.0
    lat = rng.uniform(-80, 80, lon.size)
    found = cells(pl.Series(lon), pl.Series(lat), 3).to_list()
    held = [shapely.from_wkb(outline(c)).buffer(0.05).intersects(shapely.Point(x, y))
            for c, x, y in zip(found, lon, lat, strict=True)]  # fmt: skip
    assert all(held)


def test_a_box_across_180_finds_the_cells_on_both_sides() -> None:
    both = set(in_box(178.0, -19.0, -178.0, -16.0, 3).tolist())
    parts = set(in_box(178.0, -19.0, 180.0, -16.0, 3).tolist()) | set(in_box(-180.0, -19.0, -178.0, -16.0, 3).tolist())
    assert both == parts
    centres = {c: h3.cell_to_latlng(h3.int_to_str(c)) for c in both}
    assert {lon > 0 for _, lon in centres.values()} == {True, False}
    assert len(in_box(10.0, 1.0, 10.0, 1.0, 3)) == 1


def test_ring_and_children() -> None:
    one = np.array([h3.str_to_int(h3.latlng_to_cell(-17.0, 180.0, 3))], np.int64)
    assert set(one.tolist()) < set(ring(one).tolist()) and len(ring(one)) == 7
    assert ring(one[:0]).size == 0
    row, lon, lat = children(one, 5)
    assert row.tolist() == [0] * 49
    own = [c == one[0] for c in cells(pl.Series(lon), pl.Series(lat), 3).to_list()]  # H3's children overlap the edge
    assert sum(own) > 40
