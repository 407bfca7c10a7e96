"""What is known of a data file is what its rows say, however they are cut into row groups and batches."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely

from makara.lake import held, prepare
from makara.lake.held import Footer, Held


@pytest.mark.parametrize(("group_rows", "at_once"), [(7, 5), (5, 7), (100, 1000), (1000, 3), (4, 1)])
def test_movers_are_found_in_their_row_groups(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, group_rows: int, at_once: int
) -> None:
    monkeypatch.setattr(held, "INDEX_ROWS", at_once)
    rng = np.random.default_rng(1)
    mover = np.repeat(rng.permutation(np.arange(-20, 20)), rng.integers(1, 12, 40))  # in runs, in no order
    mover = np.concatenate([mover, mover[:9]])  # and some again, far off
    path = tmp_path / "part.parquet"
    pq.write_table(pa.table({"mover": mover}), path, row_group_size=group_rows)
    group = np.arange(len(mover)) // group_rows
    footer = Footer(path)
    assert not footer.indexed
    for asked in ([3], [-20, 19, 0], [99], [99, -7]):
        found = footer.groups_of(np.array(asked, np.int64))
        assert found.tolist() == np.unique(group[np.isin(mover, asked)]).tolist()
    assert footer.indexed


def test_a_file_without_rows_has_no_movers(tmp_path: Path) -> None:
    path = tmp_path / "part.parquet"
    pq.write_table(pa.table({"mover": np.zeros(0, np.int64)}), path)
    assert Footer(path).groups_of(np.array([0], np.int64)).tolist() == []


def test_a_file_is_described_once(tmp_path: Path) -> None:
    path = tmp_path / "part.parquet"
    pq.write_table(pa.table({"mover": [1, 2]}), path)
    known = Held()
    assert not known.knows(path, False)
    first = known.footer(path)
    assert known.knows(path, False)
    assert not known.knows(path, True)
    assert known.footer(path, True) is first
    assert known.knows(path, True)


def test_a_prepared_shape_may_be_asked_by_several_threads_at_once() -> None:
    rng = np.random.default_rng(2)
    angle = np.linspace(0, 2 * np.pi, 3000, endpoint=False)
    x, y = rng.uniform(-2, 2, (2, 500))
    for k in range(20):
        far = 1 + 0.5 * np.sin(9 * angle + k)
        shape = shapely.Polygon(np.column_stack([far * np.cos(angle), far * np.sin(angle)]))
        expected = shapely.intersects_xy(shape, x, y)
        prepare(shape)
        with ThreadPoolExecutor(4) as pool:
            for found in pool.map(lambda _, s=shape: shapely.intersects_xy(s, x, y), range(8)):
                assert (found == expected).all()
